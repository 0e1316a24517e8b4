"""One pass at a time on a store, in whatever program it runs."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import NullPool, create_engine, text

from inventory_sync.domain.errors import StoreUnreachable
from inventory_sync.ledger import Ledger, connect

AT_ONCE = 0.01
"""The patience of who comes too late, in seconds: only a held lock makes it matter."""

HOLDER = """
import sys
from inventory_sync.ledger import connect

with connect(sys.argv[1]).store_lock("b2b"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(database: str) -> Iterator[Ledger]:
    """The ledger as another program opens it."""
    opened = connect(database)
    yield opened
    opened.close()


@pytest.fixture
def asked(database: str) -> Iterator[Callable[[str], list[int]]]:
    """Ask the server; gives the numbers of the first column."""
    engine = create_engine(database, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        yield lambda query: list(connection.scalars(text(query)))


def locks(*, granted: bool) -> str:
    """Who holds our lock, or waits for one."""
    return (
        "select pid from pg_locks join pg_database as d on d.oid = database "
        f"where locktype = 'advisory' and granted = {granted} and datname = current_database()"
    )


def is_held(ledger: Ledger, store: str = "b2b") -> bool:
    try:
        with ledger.store_lock(store, patience_seconds=AT_ONCE):
            return False
    except StoreUnreachable:
        return True


def test_a_store_is_held_until_its_pass_ends(ledger: Ledger, other: Ledger) -> None:
    with ledger.store_lock("b2b"):
        assert is_held(other)
    assert not is_held(other)


def test_the_passes_of_one_program_keep_each_other_away_too(ledger: Ledger) -> None:
    with ledger.store_lock("b2b"):
        assert is_held(ledger)


def test_a_pass_that_fails_leaves_no_lock_behind(ledger: Ledger, other: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), ledger.store_lock("b2b"):
        raise ZeroDivisionError
    assert not is_held(other)


def test_passes_on_different_stores_do_not_meet(ledger: Ledger, other: Ledger) -> None:
    with ledger.store_lock("b2b"):
        assert not is_held(other, "b2c")


def test_who_waits_in_vain_is_told_so_in_a_sentence(ledger: Ledger, other: Ledger) -> None:
    late = other.store_lock("b2b", patience_seconds=AT_ONCE)
    with (
        ledger.store_lock("b2b"),
        pytest.raises(StoreUnreachable, match="another pass has been working on it"),
        late,
    ):
        pass
    with other.store_lock("b2b"):
        assert is_held(ledger)


def test_the_second_pass_waits_until_the_first_has_ended(
    ledger: Ledger, other: Ledger, asked: Callable[[str], list[int]]
) -> None:
    happened: list[str] = []

    def second() -> None:
        with other.store_lock("b2b"):
            happened.append("second begins")

    with ThreadPoolExecutor(1) as pool:
        with ledger.store_lock("b2b"):
            waiting = pool.submit(second)
            while not asked(locks(granted=False)):
                assert not waiting.done()
            happened.append("first ends")
        waiting.result()
    assert happened == ["first ends", "second begins"]


def test_the_lock_ends_with_the_connection_of_its_holder(
    ledger: Ledger, other: Ledger, asked: Callable[[str], list[int]]
) -> None:
    with ledger.store_lock("b2b"):
        (pid,) = asked(locks(granted=True))
        asked(f"select pg_terminate_backend({pid}, 10000)::int")
        assert not is_held(other)


@contextmanager
def holding_program(database: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program that holds the store until its input ends."""
    command = [sys.executable, "-c", HOLDER, database]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"held\n"
            yield process
        finally:
            process.kill()


def test_a_killed_program_leaves_no_lock_behind(ledger: Ledger, database: str) -> None:
    with holding_program(database) as process:
        assert is_held(ledger)
        process.kill()
        process.wait()
        with ledger.store_lock("b2b", patience_seconds=60):
            pass


def test_a_program_with_many_stores_may_hold_them_all_and_still_work(ledger: Ledger) -> None:
    """A pass holds one connection for each store's lock, and its work needs others."""
    stores = [f"store-{number}" for number in range(20)]

    def work(store: str) -> bool:
        with ledger.store_lock(store):
            return ledger.publications(store).empty

    with ThreadPoolExecutor(len(stores)) as pool:
        assert all(pool.map(work, stores))


def test_the_dates_of_a_store_are_written_by_one_and_its_quantities_meanwhile(
    ledger: Ledger, other: Ledger
) -> None:
    with ledger.promise_lock("b2b", patience_seconds=AT_ONCE):
        with (
            pytest.raises(StoreUnreachable, match="under renewal"),
            other.promise_lock("b2b", patience_seconds=AT_ONCE),
        ):
            pass
        with other.store_lock("b2b"), other.promise_lock("b2c", patience_seconds=AT_ONCE):
            pass
    with other.promise_lock("b2b", patience_seconds=AT_ONCE):
        pass


def test_a_lane_has_one_evaluation_at_a_time(ledger: Ledger, other: Ledger) -> None:
    with ledger.lane_lock("order_events", patience_seconds=AT_ONCE) as first:
        with other.lane_lock("order_events", patience_seconds=AT_ONCE) as second:
            assert (first, second) == (True, False)
        with other.lane_lock("hold_events", patience_seconds=AT_ONCE) as another_lane:
            assert another_lane

    with other.lane_lock("order_events", patience_seconds=AT_ONCE) as later:
        assert later


def test_an_evaluation_that_did_not_get_the_lane_does_not_free_it(
    ledger: Ledger, other: Ledger
) -> None:
    with ledger.lane_lock("order_events", patience_seconds=AT_ONCE):
        for _ in range(2):
            with other.lane_lock("order_events", patience_seconds=AT_ONCE) as is_ours:
                assert not is_ours


def test_a_lane_and_a_store_of_one_name_are_two_locks(ledger: Ledger, other: Ledger) -> None:
    with (
        ledger.store_lock("repair"),
        other.lane_lock("repair", patience_seconds=AT_ONCE) as is_ours,
    ):
        assert is_ours


def test_an_evaluation_that_fails_frees_its_lane(ledger: Ledger, other: Ledger) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        ledger.lane_lock("order_events", patience_seconds=AT_ONCE),
    ):
        raise ZeroDivisionError
    with other.lane_lock("order_events", patience_seconds=AT_ONCE) as is_ours:
        assert is_ours


def test_a_lane_is_free_once_the_session_of_its_holder_has_ended(
    ledger: Ledger, other: Ledger, asked: Callable[[str], list[int]]
) -> None:
    with ledger.lane_lock("order_events", patience_seconds=AT_ONCE) as orphaned:
        assert orphaned
        (pid,) = asked(locks(granted=True))
        asked(f"select pg_terminate_backend({pid}, 10000)::int")
        with other.lane_lock("order_events", patience_seconds=AT_ONCE) as successor:
            assert successor


def test_a_successor_waits_for_the_evaluation_before_it(
    ledger: Ledger, other: Ledger, asked: Callable[[str], list[int]]
) -> None:
    def wait() -> bool:
        with other.lane_lock("order_events", patience_seconds=60) as is_ours:
            return is_ours

    with ThreadPoolExecutor(1) as pool:
        with ledger.lane_lock("order_events", patience_seconds=AT_ONCE):
            successor = pool.submit(wait)
            while not asked(locks(granted=False)):
                assert not successor.done()
        assert successor.result()
