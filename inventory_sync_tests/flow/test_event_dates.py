"""After an event the stores tell new dates soon: those that the hourly renewal would tell."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from inventory_sync.domain.dirty import Mark
from inventory_sync.domain.errors import ErpUnavailable, StoreUnreachable
from inventory_sync.domain.promise import Place
from inventory_sync.flow.event_dates import LEFT_AFTER, PORTION_SKUS, Renewed, renew_dates
from inventory_sync.flow.event_pass import EventPasses
from inventory_sync.flow.evidence import pending_changes
from inventory_sync.flow.gather import read_erp
from inventory_sync.flow.parts import PromisePolicy
from inventory_sync.flow.plan import Basis
from inventory_sync.flow.promise_publishing import (
    PromiseBasis,
    PromiseReport,
    publish_availability,
)
from inventory_sync.flow.promises_now import promise_basis
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync_tests.domain.dated_worlds import supply
from inventory_sync_tests.domain.promises import calendar
from inventory_sync_tests.flow.lanes import SET, Lanes, add_kit, sales_order, work_on
from inventory_sync_tests.flow.world import World, build_world
from inventory_sync_tests.shopify.fake_promises import FakePromises, variant_of

LATER = supply("S-7", sku="OAK-TABLE", quantity="30", due_date="2026-12-01")


class Dates:
    """The small company with its lanes, whose stores tell dates. ``hour`` is the hourly renewal."""

    def __init__(self, world: World) -> None:
        self.world = world
        add_kit(world)
        world.erp.rows = {**world.erp.rows, "supply": [LATER]}
        world.erp.taken_at = world.now
        world.promises = PromisePolicy(places={"NYC": Place("NYC", calendar())})
        self.fronts = {name: FakePromises(front) for name, front in world.stores.items()}
        for front in world.stores.values():
            front.scopes |= {"write_products"}
        world.promise_fronts = dict(self.fronts)
        world.run()
        self.lanes = Lanes(world)
        self.lanes.restart()
        self.lanes.until_quiet()
        self.hour()
        for front in self.fronts.values():
            front.calls.clear()

    def basis(self) -> PromiseBasis:
        self.world.erp.taken_at = self.world.now
        parts, read_at = self.world.parts, self.world.now
        judged = read_erp(parts, "hour")
        return promise_basis(parts, judged.snapshot, Basis.of(parts, judged), read_at=read_at)

    def hour(self, basis: PromiseBasis | None = None) -> dict[str, PromiseReport]:
        basis = basis or self.basis()
        return {
            store: publish_availability(
                self.world.parts, store, basis, self.levels(store), pass_id="hour", live=True
            )
            for store in self.fronts
        }

    def levels(self, store: str) -> pd.DataFrame:
        front = self.world.stores[store]
        at = front.locations[0].store_location_id
        rows = [(each.inventory_item_id, at, each.sku) for each in front.items.values()]
        return pd.DataFrame(rows, columns=["inventory_item_id", "store_location_id", "sku"])

    def event(self, *skus: str) -> None:
        for sku in skus or ("OAK-TABLE",):
            self.lanes.event(sku)
        self.lanes.turn()

    def renew(self, *, after: float = 11) -> Renewed:
        self.lanes.later(after)
        renewed = renew_dates(self.world.parts, stay=timedelta(seconds=4))
        assert renewed is not None
        return renewed

    def steps(self, sku: str = "OAK-TABLE", store: str = "b2b") -> Any:
        owner = self.owner(sku, store)
        (only,) = json.loads(self.fronts[store].held[owner])["places"]
        return only["steps"]

    def owner(self, sku: str = "OAK-TABLE", store: str = "b2b") -> str:
        return variant_of(self.world.key(store, sku).inventory_item_id)

    def written(self, store: str = "b2b") -> list[set[str]]:
        return [{each.owner_id for each in call} for call in self.fronts[store].calls]


@pytest.fixture
def dates() -> Iterator[Dates]:
    it = Dates(build_world(MemoryLedger()))
    yield it
    it.lanes.close()


def test_an_event_renews_what_it_changed_as_the_hour_would_and_reads_nothing_else(
    dates: Dates, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dates.steps() == [[20, "2026-11-23"], [50, "2026-12-02"]]
    dates.lanes.commit(sales_order("5"))
    with monkeypatch.context() as few:
        for front in dates.fronts.values():
            few.setattr(front, "variants", None)
        few.setattr(dates.world.erp, "snapshot", None)
        dates.event()
        renewed = dates.renew()
    assert dates.steps() == [[15, "2026-11-23"], [45, "2026-12-02"]]
    assert dates.steps(SET) == dates.steps(SET, "b2c") == [[10, "2026-11-23"]]
    assert dates.written() == [{dates.owner()}]
    assert renewed.sentence() == "dates of 1 SKUs: 4 keep, 2 write"
    assert dates.lanes.dirty() == {}
    hours = dates.hour()
    assert {action for each in hours.values() for action in each.rows["action"]} == {"keep"}


def test_a_part_renews_the_kits_that_it_limits(dates: Dates) -> None:
    dates.lanes.commit(sales_order("14", "RETRO-CLOCK"))
    dates.event("RETRO-CLOCK")
    dates.renew()
    assert dates.steps("RETRO-CLOCK") == [[6, "2026-11-23"]]
    assert dates.steps(SET) == [[3, "2026-11-23"]]
    hours = dates.hour()
    assert {action for each in hours.values() for action in each.rows["action"]} == {"keep"}


def test_quantities_come_first_and_several_events_are_one_renewal(dates: Dates) -> None:
    for units in ("1", "2", "3"):
        dates.lanes.commit(sales_order(units))
        dates.event()
        assert dates.lanes.shown() == [20 - int(units)] * 2
        assert dates.renew(after=3).skus == 0
    assert dates.written() == []
    assert pending_changes(dates.world.parts) == {}, "no quantity waits"
    dates.renew(after=3)
    assert dates.written() == [{dates.owner()}]
    assert dates.steps() == [[17, "2026-11-23"], [47, "2026-12-02"]]
    assert dates.renew().skus == 0


def test_a_store_that_is_away_is_told_later_and_the_others_at_once(dates: Dates) -> None:
    dates.lanes.commit(sales_order("5"))
    dates.event()
    dates.fronts["b2b"].unreachable_after_calls = 0
    renewed = dates.renew()
    assert len(renewed.reasons) == 1
    assert dates.steps(store="b2c")[0] == [15, "2026-11-23"]
    dates.fronts["b2b"].unreachable_after_calls = None
    assert dates.renew(after=50).skus == 0
    dates.renew()
    assert dates.steps()[0] == [15, "2026-11-23"]
    assert dates.lanes.dirty() == {}


def test_what_a_store_does_not_take_for_an_hour_is_left_to_the_hour(dates: Dates) -> None:
    dates.event()
    dates.lanes.commit(sales_order("5"))
    dates.fronts["b2b"].unreachable_after_calls = 0
    dates.renew(after=LEFT_AFTER.total_seconds())
    assert dates.lanes.dirty() == {}


def test_a_renewal_of_older_figures_does_not_overwrite_later_ones(dates: Dates) -> None:
    """The hourly one reads the whole ERP, which takes a while; an event comes in between."""
    old = dates.basis()
    dates.lanes.commit(sales_order("5"))
    dates.event()
    dates.renew()
    told = dates.steps()
    report = dates.hour(old)["b2b"]
    assert dates.steps() == told == [[15, "2026-11-23"], [45, "2026-12-02"]]
    assert report.rows.set_index("sku").loc["OAK-TABLE", "action"] == "leave"
    assert list(dates.lanes.dirty("event_dates")) == ["OAK-TABLE"]
    assert dates.renew().variants == {"keep": 6}


def test_what_an_event_found_right_is_not_set_back_either(dates: Dates) -> None:
    dates.lanes.commit(sales_order("5"))
    old = dates.basis()
    dates.lanes.commit()
    dates.event()
    dates.renew()
    dates.hour(old)
    assert dates.steps()[0] == [20, "2026-11-23"]


def test_an_odd_row_leaves_its_sku_to_the_hour_and_no_other(dates: Dates) -> None:
    odd = supply("S-8", sku="OAK-TABLE", quantity="-1", due_date="2026-12-01")
    orders = [sales_order("5"), sales_order("5", "MINIMALIST-SPOON")]
    dates.world.erp.rows = {**dates.world.erp.rows, "supply": [LATER, odd], "commitments": orders}
    dates.event("OAK-TABLE", "MINIMALIST-SPOON")
    dates.renew()
    assert dates.written() == [{dates.owner("MINIMALIST-SPOON")}]
    assert dates.lanes.dirty("event_dates") == {}


def test_what_somebody_else_wrote_is_named_and_written_anew(dates: Dates) -> None:
    dates.fronts["b2b"].held[dates.owner()] = '{"v":1,"places":[]}'
    dates.event()
    dates.renew()
    assert dates.steps()[0] == [20, "2026-11-23"]
    findings = dates.world.findings("b2b promises")
    assert list(findings["kind"]) == ["foreign-promise"]
    dates.event()
    dates.renew()
    assert dates.world.findings("b2b promises").empty


def test_many_skus_are_told_in_portions_of_which_all_but_one_let_quantities_pass(
    dates: Dates,
) -> None:
    world = dates.world
    skus = [f"CHAIR-{number:02}" for number in range(PORTION_SKUS + 1)]
    passes = EventPasses(world.parts)
    passes.run(work_on(world, *skus))
    passes.close()
    dates.lanes.later(11)
    now = world.now
    world.ledger.mark("store_orders", [Mark("OAK-TABLE", now, now, "order of a store")])
    first = renew_dates(world.parts, stay=timedelta(seconds=4))
    assert first is not None
    assert first.skus == PORTION_SKUS
    assert list(dates.lanes.dirty("event_dates")) == skus[-1:]


def test_an_erp_that_is_away_leaves_all_on_the_list(dates: Dates) -> None:
    dates.event()
    dates.world.erp.failure = ErpUnavailable("connection refused")
    with pytest.raises(ErpUnavailable):
        dates.renew()
    assert list(dates.lanes.dirty("event_dates")) == ["OAK-TABLE"]


def test_batches_and_stores_that_are_only_shown_leave_no_dates_to_renew(dates: Dates) -> None:
    world = dates.world
    batch = EventPasses(world.parts, kind="replenishment")
    batch.run(work_on(world, "OAK-TABLE"))
    batch.close()
    for store, policy in world.policies.items():
        world.policies[store] = replace(policy, live=False)
    dates.event()
    assert dates.lanes.dirty("event_dates") == {}


def test_only_one_renews_and_not_while_the_hourly_renewal_writes(dates: Dates) -> None:
    dates.lanes.commit(sales_order("5"))
    dates.event()
    dates.lanes.later(11)
    ledger, parts = dates.world.ledger, dates.world.parts
    with ledger.lane_lock("event_dates", patience_seconds=1):
        assert renew_dates(parts, stay=timedelta(0)) is None
    with ledger.promise_lock("b2b", patience_seconds=1):
        with pytest.raises(StoreUnreachable, match="being renewed"):
            dates.hour()
        renewed = dates.renew()
    assert dates.written() == []
    assert dates.written("b2c") != []
    assert len(renewed.reasons) == 1
    dates.renew(after=61)
    assert dates.written() == [{dates.owner()}]
