"""Dates that stores were told after an event are kept, as the hourly renewal would keep them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from inventory_sync.domain.promise import Place
from inventory_sync.flow.parts import PromisePolicy
from inventory_sync.flow.promise_ledger import Kept, keep_promises
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync_tests.domain.dated_worlds import supply
from inventory_sync_tests.domain.promises import calendar
from inventory_sync_tests.erp.rows import location, stock
from inventory_sync_tests.flow.dates import LATER, Dates
from inventory_sync_tests.flow.lanes import SET, sales_order
from inventory_sync_tests.flow.readings import reading_of
from inventory_sync_tests.flow.world import B2C, build_world

ALL_TIME = date(2026, 1, 1)
PUT_OFF = supply("S-7", sku="OAK-TABLE", quantity="30", due_date="2026-12-15")


class Killed(BaseException):
    """The code server is killed."""


@pytest.fixture
def dates() -> Iterator[Dates]:
    it = Dates(build_world(MemoryLedger()))
    keep(it)
    yield it
    it.lanes.close()


def keep(dates: Dates, **older: Any) -> Kept:
    """What the hourly job writes down."""
    dates.world.erp.taken_at = dates.world.now
    parts = dates.world.parts
    return keep_promises(parts, replace(reading_of(parts), **older), pass_id="hour")


def open_rows(dates: Dates) -> dict[tuple[str, str, int], tuple[str, str]]:
    """Every promise that stands (SKU, location, units): when it ships, and from which supply."""
    ledger = dates.world.ledger
    assert isinstance(ledger, MemoryLedger)
    rows = [each.row for each in ledger.given_promises if each.ended_at is None]
    found = {row[:3]: (row[3], row[5]) for row in rows}
    assert len(found) == len(rows), "nothing stands twice"
    return found


def slipped(dates: Dates) -> list[tuple[str, str, str]]:
    rows = dates.world.ledger.slipped_promises(since=ALL_TIME)
    return list(rows[["sku", "ships_on", "now_on"]].itertuples(index=False, name=None))


def sell(dates: Dates, *, sku: str = "OAK-TABLE") -> None:
    dates.lanes.commit(sales_order("5", sku))
    dates.event(sku)
    dates.renew()


def put_off(dates: Dates) -> None:
    dates.world.erp.rows = {**dates.world.erp.rows, "supply": [PUT_OFF]}
    dates.event()


def test_what_an_event_changed_is_kept_as_the_hour_would_keep_it(dates: Dates) -> None:
    before = open_rows(dates)
    assert before["OAK-TABLE", "NYC", 50] == ("2026-12-02", "S-7")
    sell(dates)
    after = open_rows(dates)
    assert after.keys() - before.keys() == {("OAK-TABLE", "NYC", 15), ("OAK-TABLE", "NYC", 45)}
    assert after["OAK-TABLE", "NYC", 45] == ("2026-12-02", "S-7")
    assert keep(dates).slipped.empty
    assert open_rows(dates) == after
    assert slipped(dates) == []


def test_a_part_that_is_sold_changes_the_promises_of_its_kit_too(dates: Dates) -> None:
    dates.lanes.commit(sales_order("14", "RETRO-CLOCK"))
    dates.event("RETRO-CLOCK")
    dates.renew()
    assert (SET, "NYC", 3) in open_rows(dates)


def test_supply_that_is_put_off_is_listed_with_its_event(dates: Dates) -> None:
    put_off(dates)
    dates.renew()
    assert slipped(dates) == [("OAK-TABLE", "2026-12-02", "2026-12-16")]
    (reason,) = dates.world.ledger.slipped_promises(since=ALL_TIME)["slip_reason"]
    assert reason == "S-7 comes on 2026-12-16 instead of 2026-12-02"


def test_the_hour_from_older_figures_neither_ends_nor_replaces_nor_calls_slipped(
    dates: Dates,
) -> None:
    """The supply was put off when the hourly job read it, and is back when it records that."""
    put_off(dates)
    old = reading_of(dates.world.parts)
    dates.world.erp.rows = {**dates.world.erp.rows, "supply": [LATER]}
    sell(dates)
    after = open_rows(dates)
    assert keep_promises(dates.world.parts, old, pass_id="late").slipped.empty
    assert open_rows(dates) == after
    assert slipped(dates) == []


def test_an_older_run_that_ends_after_a_newer_one_records_nothing(dates: Dates) -> None:
    old = reading_of(dates.world.parts)
    dates.lanes.later(60)
    dates.world.erp.rows = {**dates.world.erp.rows, "supply": [PUT_OFF]}
    keep(dates)
    after, found = open_rows(dates), slipped(dates)
    assert keep_promises(dates.world.parts, old, pass_id="late").is_late
    assert (open_rows(dates), slipped(dates)) == (after, found)


@pytest.mark.parametrize("step", ["record_promises", "clear"])
def test_a_kill_once_stores_were_told_loses_no_promise(
    dates: Dates, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def killed(*what: object, **how: object) -> None:
        raise Killed

    put_off(dates)
    with monkeypatch.context() as dying, pytest.raises(Killed):
        dying.setattr(dates.world.ledger, step, killed)
        dates.renew()
    assert dates.steps() == [[20, "2026-11-23"], [50, "2026-12-16"]], "the store was told"
    assert dates.renew(after=1).variants == {"keep": 6}
    assert slipped(dates) == [("OAK-TABLE", "2026-12-02", "2026-12-16")]
    assert dates.lanes.dirty() == {}


def test_what_no_store_was_told_is_no_promise_until_it_is(dates: Dates) -> None:
    before = open_rows(dates)
    for front in dates.fronts.values():
        front.lost_answers = 1
    sell(dates)
    assert open_rows(dates) == before, "nobody knows whether it was told"
    dates.fronts["b2b"].unreachable_after_calls = len(dates.fronts["b2b"].calls)
    dates.renew(after=61)
    assert ("OAK-TABLE", "NYC", 45) in open_rows(dates), "one of the stores tells it"


def test_of_places_that_no_store_that_was_told_sells_from_nothing_is_kept() -> None:
    world = build_world(MemoryLedger())
    world.erp.rows = {
        **world.erp.rows,
        "locations": [location("NYC"), location("LAX")],
        "stock": [stock("OAK-TABLE", "20", location=place) for place in ("NYC", "LAX")],
    }
    world.policies["b2c"] = replace(world.policies["b2c"], locations={B2C: ["LAX"]})
    dates = Dates(world)
    both = {name: Place(name, calendar()) for name in ("NYC", "LAX")}
    world.promises = PromisePolicy(places=both)
    dates.hour()
    keep(dates)
    dates.fronts["b2c"].unreachable_after_calls = len(dates.fronts["b2c"].calls)
    world.erp.rows = {
        **world.erp.rows,
        "stock": [stock("OAK-TABLE", "7", location=place) for place in ("NYC", "LAX")],
    }
    dates.event()
    dates.renew()
    tables = {key for key in open_rows(dates) if key[0] == "OAK-TABLE" and key[2] < 30}
    assert tables == {("OAK-TABLE", "NYC", 7), ("OAK-TABLE", "LAX", 20)}
    dates.lanes.close()
