"""Who waits for work is woken when there is some, also after a lost connection."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, text

from inventory_sync.domain.dirty import Clock, Lane, Mark
from inventory_sync.domain.extract import ErpEvent
from inventory_sync.ledger import Ledger, connect
from inventory_sync_tests.ledger.samples import NOON, STORE, line, minutes
from inventory_sync_tests.ledger.test_inbox import hint

PATIENCE_SECONDS = 60
"""How long a ring may take before the test fails; one that comes is noticed at once."""

MARK = Mark("OAK-TABLE", NOON, NOON, "order_placed")
EVENT = ErpEvent(1, NOON, "order_placed", "OAK-TABLE", "NYC", "SO-1")


class Bell:
    """Counts rings; waits for the next one."""

    def __init__(self) -> None:
        self._rung = threading.Semaphore(0)

    def ring(self) -> None:
        self._rung.release()

    def has_rung(self) -> bool:
        return self._rung.acquire(timeout=PATIENCE_SECONDS)

    def is_silent(self) -> bool:
        return not self._rung.acquire(blocking=False)


def ring_the_clock(ledger: Ledger) -> None:
    ledger.set_clocks(None, [Clock("H-1", "OAK-TABLE", minutes(1))], at=NOON)
    ledger.ring_clocks(now=minutes(1))


@pytest.mark.parametrize(
    ("lane", "work"),
    [
        ("order_events", lambda ledger: ledger.mark("order_events", [MARK])),
        ("repair", lambda ledger: ledger.mark("repair", [MARK])),
        ("store_orders", lambda ledger: ledger.record_order_lines(STORE, [line()], read_at=NOON)),
        ("hold_events", ring_the_clock),
    ],
)
def test_whatever_makes_the_list_of_a_lane_longer_rings(
    ledger: Ledger, database: str, lane: Lane, work: Callable[[Ledger], None]
) -> None:
    bell = Bell()
    with ledger.on_work([lane], bell.ring):
        assert bell.has_rung()  # it is connected
        work(connect(database))
        assert bell.has_rung()


def test_a_lane_is_not_woken_by_what_it_hears_itself_nor_by_the_work_of_others(
    ledger: Ledger,
) -> None:
    bell = Bell()
    with ledger.on_work(["hold_events"], bell.ring):
        assert bell.has_rung()
        ledger.record_events("hold_events", [EVENT], [MARK], at=NOON)
        ledger.mark("order_events", [MARK])
        ledger.mark("hold_events", [MARK])
        assert bell.has_rung()
        assert bell.is_silent()


def test_a_new_delivery_rings_and_a_double_does_not(ledger: Ledger) -> None:
    bell = Bell()
    with ledger.on_work(["inbox"], bell.ring):
        assert bell.has_rung()
        ledger.receive([hint(1)])
        assert bell.has_rung()
        ledger.receive([hint(1)])
        ledger.mark("order_events", [MARK])  # of the other channel
        ledger.receive([hint(2)])
        assert bell.has_rung()
        assert bell.is_silent()


def test_work_is_there_when_the_bell_rings(ledger: Ledger) -> None:
    """A ring before the commit would send the lane to an empty list, and then to sleep."""
    seen: list[int] = []
    bell = Bell()

    def look() -> None:
        seen.append(len(ledger.take(["order_events"], due=NOON, limit=9)))
        bell.ring()

    with ledger.on_work(["order_events"], look):
        assert bell.has_rung()
        ledger.mark("order_events", [MARK])
        assert bell.has_rung()

    assert seen == [0, 1]


def test_a_lost_connection_rings_when_it_is_back_for_something_may_have_been_missed(
    ledger: Ledger, database: str
) -> None:
    bell = Bell()
    with ledger.on_work(["order_events"], bell.ring):
        assert bell.has_rung()
        with create_engine(database).connect() as connection:
            ended = connection.scalar(
                text("""
                    select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity
                    where datname = current_database() and query ilike 'listen %'""")
            )
        assert ended == 1
        assert bell.has_rung()
        ledger.mark("order_events", [MARK])
        assert bell.has_rung()


def test_nobody_listens_any_more_when_the_wait_is_over(ledger: Ledger) -> None:
    bell = Bell()
    with ledger.on_work(["order_events"], bell.ring):
        assert bell.has_rung()

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("listen")]
    ledger.mark("order_events", [MARK])
    assert bell.is_silent()


def test_two_lanes_of_one_program_are_both_woken(ledger: Ledger) -> None:
    bells = [Bell(), Bell()]
    with (
        ledger.on_work(["order_events"], bells[0].ring),
        ledger.on_work(["order_events"], bells[1].ring),
    ):
        assert all(bell.has_rung() for bell in bells)
        ledger.mark("order_events", [MARK])
        assert all(bell.has_rung() for bell in bells)
