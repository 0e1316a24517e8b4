"""What becomes of new dates when a store, or the process, is away while they are told."""

import threading
from collections.abc import Collection, Iterator

import pytest

from inventory_sync.domain.errors import InventorySyncError, StoreStopped, StoreUnreachable
from inventory_sync.domain.metafields import StoreVariant
from inventory_sync.flow.away import STOPPED_FOR, UNREACHABLE_FOR
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync_tests.flow.dates import Dates
from inventory_sync_tests.flow.lanes import sales_order
from inventory_sync_tests.flow.world import build_world


@pytest.fixture
def dates() -> Iterator[Dates]:
    it = Dates(build_world(MemoryLedger()))
    yield it
    it.lanes.close()


class Killed(BaseException):
    """The code server is killed."""


@pytest.mark.parametrize("step", ["postpone", "clear"])
def test_a_kill_at_any_step_loses_no_sku_that_a_store_was_not_told(
    dates: Dates, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    dates.event()
    dates.lanes.commit(sales_order("5"))
    dates.fronts["b2b"].unreachable_after_calls = 0
    do = getattr(dates.world.ledger, step)

    def killed_after(*work: object, **how: object) -> None:
        do(*work, **how)
        raise Killed

    with monkeypatch.context() as dying, pytest.raises(Killed):
        dying.setattr(dates.world.ledger, step, killed_after)
        dates.renew()
    assert list(dates.lanes.dirty("event_dates")) == ["OAK-TABLE"]


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (StoreUnreachable(store="b2b", cause="it does not answer"), UNREACHABLE_FOR),
        (StoreStopped(store="b2b", reason="no token", way_out="renew it"), STOPPED_FOR),
    ],
)
def test_a_store_that_is_away_is_not_asked_for_every_portion(
    dates: Dates, monkeypatch: pytest.MonkeyPatch, error: InventorySyncError, pause: object
) -> None:
    asked = []
    dates.lanes.commit(sales_order("5"), sales_order("5", "RETRO-CLOCK"))

    def away(variant_ids: Collection[str]) -> Iterator[StoreVariant]:
        asked.append(dates.world.now)
        raise error

    with monkeypatch.context() as without:
        without.setattr(dates.fronts["b2b"], "variants_of", away)
        for sku in ("OAK-TABLE", "RETRO-CLOCK"):
            dates.event(sku)
            dates.renew()
            assert dates.steps(sku, "b2c")[0][0] == 15
    assert len(asked) == 1
    while dates.world.now < asked[0] + pause:
        dates.renew(after=70)
    dates.renew(after=70)
    assert dates.steps()[0] == dates.steps("RETRO-CLOCK")[0] == [15, "2026-11-23"]
    assert dates.lanes.dirty() == {}


def test_stores_are_asked_at_once_so_that_one_which_hangs_keeps_no_other_waiting(
    dates: Dates, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(len(dates.fronts), timeout=20)
    for front in dates.fronts.values():
        ask = front.variants_of

        def asked(ids: Collection[str], ask=ask) -> Iterator[StoreVariant]:
            together.wait()
            return ask(ids)

        monkeypatch.setattr(front, "variants_of", asked)
    dates.lanes.commit(sales_order("5"))
    dates.event()
    dates.renew()
    assert dates.steps()[0] == dates.steps(store="b2c")[0] == [15, "2026-11-23"]


def test_what_an_event_told_while_the_hourly_renewal_read_the_store_stays(
    dates: Dates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reading may take minutes, and what it has read is old by then."""
    old, front = dates.basis(), dates.fronts["b2b"]
    read_all = front.variants

    def slowly() -> Iterator[StoreVariant]:
        read = list(read_all())
        dates.lanes.commit(sales_order("5"))
        dates.event()
        dates.renew()
        return iter(read)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(front, "variants", slowly)
        report = dates.hour(old)["b2b"]
    assert dates.steps()[0] == [15, "2026-11-23"]
    assert report.rows.set_index("sku").loc["OAK-TABLE", "action"] == "leave"
    assert report.findings.empty
    assert not report.sent.refused
    dates.renew()
    assert dates.lanes.dirty() == {}
    assert dates.world.findings("b2b promises").empty, "we know what we have told"


def test_an_answer_that_was_lost_does_not_let_older_figures_win(dates: Dates) -> None:
    old = dates.basis()
    dates.lanes.commit(sales_order("5"))
    dates.event()
    dates.fronts["b2b"].lost_answers = 1
    dates.renew()
    dates.hour(old)
    assert dates.steps()[0] == [15, "2026-11-23"]
    dates.renew(after=70)
    assert dates.lanes.dirty() == {}


def test_what_somebody_else_changes_after_an_event_is_found_behind_older_figures_too(
    dates: Dates,
) -> None:
    old = dates.basis()
    dates.lanes.commit(sales_order("5"))
    dates.event()
    dates.renew()
    dates.fronts["b2b"].held[dates.owner()] = '{"v":1,"places":[]}'
    dates.hour(old)
    dates.renew()
    assert list(dates.world.findings("b2b promises")["kind"]) == ["foreign-promise"]
    assert dates.steps()[0] == [15, "2026-11-23"]
    assert dates.lanes.dirty() == {}
