"""After an event the stores tell new dates soon: those that the hourly renewal would tell."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from inventory_sync.domain.dirty import Mark
from inventory_sync.domain.errors import ErpUnavailable, StoreUnreachable
from inventory_sync.flow.away import Away
from inventory_sync.flow.event_dates import LEFT_AFTER, PORTION_SKUS, renew_dates
from inventory_sync.flow.event_pass import EventPasses
from inventory_sync.flow.evidence import pending_changes
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync_tests.domain.dated_worlds import supply
from inventory_sync_tests.flow.dates import LATER, Dates
from inventory_sync_tests.flow.lanes import SET, sales_order, work_on
from inventory_sync_tests.flow.world import build_world


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


def test_what_an_event_found_right_is_not_set_back_though_it_is_not_told_anew(
    dates: Dates, monkeypatch: pytest.MonkeyPatch
) -> None:
    dates.lanes.commit(sales_order("5"))
    old = dates.basis()
    dates.lanes.commit()
    dates.event()
    with monkeypatch.context() as kept:
        kept.setattr(dates.world.ledger, "save_published_promises", lambda *what, **how: None)
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
    dates.event("MINIMALIST-SPOON")
    dates.renew()
    assert len(dates.world.findings("b2b promises")) == 1, "another SKU does not close it"
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
    first = renew_dates(world.parts, Away(), stay=timedelta(seconds=4))
    assert first is not None
    assert first.skus == PORTION_SKUS
    assert list(dates.lanes.dirty("event_dates")) == skus[-1:]


def test_a_tick_begins_no_portion_after_its_time(dates: Dates) -> None:
    skus = [f"CHAIR-{number:02}" for number in range(2 * PORTION_SKUS + 1)]
    now = dates.world.now
    dates.world.ledger.mark("event_dates", [Mark(sku, now, now, "order") for sku in skus])
    assert dates.renew(stay=0).skus == PORTION_SKUS
    assert dates.renew().skus == PORTION_SKUS + 1
    assert dates.lanes.dirty() == {}


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


def test_a_store_that_is_only_shown_is_not_told_beside_a_live_one(dates: Dates) -> None:
    policies = dates.world.policies
    policies["b2b"] = replace(policies["b2b"], live=False)
    dates.lanes.commit(sales_order("5"))
    dates.event()
    dates.renew()
    assert dates.written() == []
    assert dates.written("b2c") != []


def test_a_variant_that_has_another_sku_by_now_is_not_told_the_dates_of_the_old_one(
    dates: Dates,
) -> None:
    item = dates.world.key("b2b").inventory_item_id
    renamed, items = dates.owner(), dates.world.stores["b2b"].items
    items[item] = replace(items[item], sku="OAK-DESK")
    dates.lanes.commit(sales_order("5"))
    dates.event()
    dates.renew()
    assert renamed not in set().union(*dates.written())
    assert dates.written("b2c") != []


def test_only_one_renews_and_not_while_the_hourly_renewal_writes(dates: Dates) -> None:
    dates.lanes.commit(sales_order("5"))
    dates.event()
    dates.lanes.later(11)
    ledger, parts = dates.world.ledger, dates.world.parts
    with ledger.lane_lock("event_dates", patience_seconds=1):
        assert renew_dates(parts, Away(), stay=timedelta(0)) is None
    with ledger.promise_lock("b2b", patience_seconds=1):
        with pytest.raises(StoreUnreachable, match="being renewed"):
            dates.hour()
        renewed = dates.renew()
    assert dates.written() == []
    assert dates.written("b2c") != []
    assert len(renewed.reasons) == 1
    dates.renew(after=61)
    assert dates.written() == [{dates.owner()}]
