"""What looks like an accident is kept for a person, on whatever path it comes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from inventory_sync.domain.dirty import DirtySku
from inventory_sync.domain.errors import PassRefused, StoreUnreachable
from inventory_sync.domain.extract import EVERYTHING
from inventory_sync.domain.guards import GuardLimits
from inventory_sync.domain.stops import EVERY_STORE, Approval, StoppedPass, Tally
from inventory_sync.flow.careful_pass import careful_pass
from inventory_sync.flow.event_pass import EventPasses
from inventory_sync.flow.full_pass import PassReport, full_pass
from inventory_sync.flow.guarded import HELD_FOR
from inventory_sync.flow.publish import Wishes
from inventory_sync.ledger.ledger import connect
from inventory_sync_tests.erp.rows import stock
from inventory_sync_tests.flow.lanes import sales_order, work_on
from inventory_sync_tests.flow.wide_world import TABLES, WideWorld, build_wide_world

MUCH_LATER = timedelta(hours=2)
ANNA = "anna"


@pytest.fixture
def world(database: str) -> Iterator[WideWorld]:
    """The store shows its 20 of each table; that was long ago."""
    ledger = connect(database)
    it = build_wide_world(ledger)
    it.run()
    it.now += MUCH_LATER
    yield it
    ledger.close()


def waiting(world: WideWorld) -> list[StoppedPass]:
    return world.ledger.stops()


def approve(world: WideWorld, stop: StoppedPass) -> PassReport:
    return world.run(approval=Approval(ANNA, stop.pass_id), stores=frozenset({"b2b"}))


def events(world: WideWorld, *skus: str, at_once: int = 5) -> None:
    """Events about these SKUs, in passes over a few of them, within a moment."""
    passes = EventPasses(world.parts)
    try:
        for at in range(0, len(skus), at_once):
            passes.run(work_on(world, *skus[at : at + at_once]))
    finally:
        passes.close()


def dirty(world: WideWorld) -> dict[str, str]:
    rows = world.ledger.dirty()
    return dict(zip(rows["sku"], rows["lane"], strict=True))


class TestFullPasses:
    def test_a_plan_that_zeroes_too_much_is_kept_with_its_largest_changes(
        self, world: WideWorld
    ) -> None:
        world.empty(30)
        world.fill(but={**dict.fromkeys(TABLES[:30], 0), TABLES[40]: 19})
        report = world.run()
        assert world.shows() == [20] * 100
        (stop,) = waiting(world)
        assert (stop.store, stop.state, stop.levels, stop.changed_levels) == (
            "b2b",
            "waiting",
            100,
            31,
        )
        assert stop.tally == Tally(zeroed=30, dropped=30)
        assert stop.reason == "it would set to zero 30 of 100 levels, more than 20%"
        first, last = stop.changes[0], stop.changes[-1]
        assert (first.shown_units, first.quantity_units) == (20, 0)
        assert (last.sku, last.quantity_units) == (TABLES[40], 19)
        assert last.waterfall["atp_micros"] == 19_000_000
        assert f"inventory-sync approve {stop.pass_id}" in report.failures["b2b"]

    def test_the_same_plan_again_is_the_same_question(self, world: WideWorld) -> None:
        world.empty(30)
        world.run()
        (stop,) = waiting(world)
        report = world.run()
        assert [each.pass_id for each in waiting(world)] == [stop.pass_id]
        assert stop.pass_id in report.failures["b2b"]

    def test_a_worse_plan_takes_its_place(self, world: WideWorld) -> None:
        world.empty(30)
        world.run()
        (first,) = waiting(world)
        world.empty(60)
        world.run()
        (second,) = waiting(world)
        assert second.tally.zeroed == 60
        (replaced,) = world.ledger.stops(first.pass_id)
        assert (replaced.state, replaced.ended_at is None) == ("expired", False)

    def test_the_question_ends_by_itself_once_the_source_is_mended(self, world: WideWorld) -> None:
        world.empty(30)
        world.run()
        world.fill()
        assert world.run().good
        assert waiting(world) == []

    def test_a_pass_over_some_skus_does_not_end_it(self, world: WideWorld) -> None:
        world.empty(30)
        world.run()
        assert world.run(skus=frozenset({TABLES[50]})).good
        assert len(waiting(world)) == 1

    def test_a_pass_over_some_skus_counts_all_levels_of_the_store(self, world: WideWorld) -> None:
        world.empty(20)
        assert world.run(skus=frozenset(TABLES[:20])).good
        assert world.zeroed() == 20
        world.empty(21)
        assert not world.run(skus=frozenset({TABLES[20]})).good
        assert world.zeroed() == 20

    def test_lowering_by_more_than_half_counts_as_well(self, world: WideWorld) -> None:
        world.empty(51, units=9)
        assert not world.run().good
        assert waiting(world)[0].tally == Tally(dropped=51)

    def test_a_dry_run_asks_nobody(self, world: WideWorld) -> None:
        world.empty(30)
        assert world.run(dry_run=True).good
        assert waiting(world) == []


class TestApproval:
    def test_the_plan_is_derived_anew_and_published(self, world: WideWorld) -> None:
        world.empty(30)
        world.run()
        (stop,) = waiting(world)
        world.fill(but={**dict.fromkeys(TABLES[:30], 0), TABLES[0]: 7})
        assert approve(world, stop).good
        assert world.zeroed() == 29
        assert world.shown("b2b", TABLES[0]) == 7
        (done,) = world.ledger.stops(stop.pass_id)
        assert (done.state, done.decided_by) == ("approved", ANNA)
        assert waiting(world) == []

    def test_more_than_was_approved_is_a_new_question(self, world: WideWorld) -> None:
        world.empty(30)
        world.run()
        (stop,) = waiting(world)
        world.empty(40)
        report = approve(world, stop)
        assert "this is more than was approved" in report.failures["b2b"]
        assert world.zeroed() == 0
        (new,) = waiting(world)
        assert new.tally.zeroed == 40

    def test_an_approval_is_good_once(self, world: WideWorld) -> None:
        world.empty(30)
        world.run()
        (stop,) = waiting(world)
        approve(world, stop)
        world.fill()
        world.run(override_guard=True, after=MUCH_LATER)
        world.empty(30)
        assert not approve(world, stop).good

    def test_a_run_whose_store_was_away_may_try_again(self, world: WideWorld) -> None:
        world.empty(30)
        world.run()
        (stop,) = waiting(world)
        parts = replace(world.parts, new_id=lambda: "the same run")
        wishes = Wishes(approval=Approval(ANNA, stop.pass_id))
        front = world.stores["b2b"]
        away = StoreUnreachable(store="b2b", cause="no answer")
        front.before_next_call = lambda: setattr(front, "unreachable", away)
        assert not full_pass(parts, wishes).good
        front.unreachable = None
        assert full_pass(parts, wishes).good
        assert world.zeroed() == 30

    def test_what_was_approved_does_not_count_against_the_events_that_follow(
        self, world: WideWorld
    ) -> None:
        world.empty(30)
        world.run()
        approve(world, waiting(world)[0])
        world.empty(31)
        events(world, TABLES[30])
        assert world.zeroed() == 31

    def test_a_refused_plan_is_not_asked_about_again_and_stays_stopped(
        self, world: WideWorld
    ) -> None:
        world.empty(30)
        world.run()
        (stop,) = waiting(world)
        world.ledger.decide_stop(stop, "refused", by=ANNA, at=world.now)
        assert not world.run().good
        (still,) = waiting(world)
        assert (still.pass_id, still.state) == (stop.pass_id, "refused")
        world.fill()
        assert world.run().good
        assert world.ledger.stops(stop.pass_id)[0].state == "refused"
        assert waiting(world) == []


class TestTheReading:
    def test_an_erp_that_suddenly_reads_empty_never_zeroes_a_shop(self, world: WideWorld) -> None:
        world.erp.rows = {**world.erp.rows, "stock": []}
        with pytest.raises(PassRefused, match="stock is empty") as refused:
            world.run()
        (stop,) = waiting(world)
        assert stop.store == EVERY_STORE
        assert f"inventory-sync approve {stop.pass_id}" in str(refused.value)
        events(world, *TABLES)
        assert world.zeroed() == 0

    def test_ordinary_lowering_goes_on_meanwhile(self, world: WideWorld) -> None:
        world.erp.rows = {**world.erp.rows, "stock": world.erp.rows["stock"][50:]}
        with pytest.raises(PassRefused):
            world.run()
        world.fill(but={TABLES[60]: 18, TABLES[61]: 0, TABLES[62]: 25})
        events(world, *TABLES[60:63])
        assert [world.shown("b2b", sku) for sku in TABLES[60:63]] == [18, 0, 20]

    def test_what_is_sold_out_elsewhere_is_zeroed_meanwhile_and_what_is_missing_is_not(
        self, world: WideWorld
    ) -> None:
        world.erp.rows = {**world.erp.rows, "stock": world.erp.rows["stock"][50:]}
        with pytest.raises(PassRefused):
            world.run()
        sold, sold_later, missing = TABLES[60], TABLES[61], TABLES[0]
        orders = [sales_order("20", sku=sku) for sku in (sold, sold_later)]
        world.erp.rows = {**world.erp.rows, "commitments": orders}
        events(world, sold, missing)
        assert [world.shown("b2b", sku) for sku in (sold, missing)] == [0, 20]
        work = [
            DirtySku("repair", x, 0, world.now, world.now, "", 1) for x in (sold_later, missing)
        ]
        careful_pass(world.parts, work)
        assert [world.shown("b2b", sku) for sku in (sold_later, missing)] == [0, 20]
        assert dirty(world) == {missing: "repair"}

    def test_it_is_approved_first_and_then_the_plan_that_follows(self, world: WideWorld) -> None:
        world.erp.rows = {**world.erp.rows, "stock": world.erp.rows["stock"][50:]}
        with pytest.raises(PassRefused):
            world.run()
        (reading,) = waiting(world)
        report = world.run(approval=Approval(ANNA, reading.pass_id))
        assert not report.good
        assert world.zeroed() == 0
        (plan,) = waiting(world)
        assert (plan.store, plan.tally.zeroed) == ("b2b", 50)
        assert approve(world, plan).good
        assert world.zeroed() == 50

    def test_a_reading_that_was_let_through_is_so_only_while_its_plan_waits(
        self, world: WideWorld
    ) -> None:
        world.erp.rows = {**world.erp.rows, "stock": world.erp.rows["stock"][50:]}
        with pytest.raises(PassRefused):
            world.run()
        world.run(approval=Approval(ANNA, waiting(world)[0].pass_id))
        (plan,) = waiting(world)
        parts = replace(world.parts, new_id=lambda: "the same run")
        wishes = Wishes(approval=Approval(ANNA, plan.pass_id))
        assert full_pass(parts, wishes).good
        assert full_pass(parts, wishes).good  # a step of it that is tried again
        world.fill()
        world.run(override_guard=True, after=MUCH_LATER)
        world.erp.rows = {**world.erp.rows, "stock": world.erp.rows["stock"][50:]}
        with pytest.raises(PassRefused, match="stock has 50 rows"):
            approve(world, plan)

    def test_nor_is_one_that_was_overridden_once(self, world: WideWorld) -> None:
        world.erp.rows = {**world.erp.rows, "stock": world.erp.rows["stock"][50:]}
        first = world.run(override_guard=True)
        world.fill()
        world.run(override_guard=True, after=MUCH_LATER)
        world.erp.rows = {**world.erp.rows, "stock": world.erp.rows["stock"][50:]}
        with pytest.raises(PassRefused, match="stock has 50 rows"):
            world.run(approval=Approval(ANNA, first.pass_id))

    def test_figures_of_yesterday_are_not_published(self, world: WideWorld) -> None:
        def dated(day: int) -> dict[str, list[object]]:
            at = f"2026-03-{day:02} 12:00:00+00"
            rows = [{**row, "updated_at": at} for row in world.erp.rows["stock"]]
            acks = [
                {
                    "external_order_id": "O-1",
                    "external_line_id": "L-1",
                    "quantity": "1",
                    "updated_at": at,
                }
            ]
            return {**world.erp.rows, "stock": rows, "acknowledged_orders": acks}

        world.erp.rows = dated(3)
        world.run()
        world.erp.rows = dated(2)
        with pytest.raises(PassRefused, match="went back in time: acknowledged_orders ends at"):
            world.run()
        world.run(approval=Approval(ANNA, waiting(world)[0].pass_id))
        assert world.run().good

    def test_a_mended_reading_ends_the_question(self, world: WideWorld) -> None:
        whole = world.erp.rows["stock"]
        world.erp.rows = {**world.erp.rows, "stock": [stock(TABLES[0], "20", location="NYC")]}
        with pytest.raises(PassRefused):
            world.run()
        world.erp.rows = {**world.erp.rows, "stock": whole}
        assert world.run().good
        assert waiting(world) == []


class TestEvents:
    def test_many_small_passes_do_not_get_round_the_guard(self, world: WideWorld) -> None:
        world.empty(100)
        events(world, *TABLES)
        assert world.zeroed() == 20
        (stop,) = waiting(world)
        assert stop.reason == (
            "it would set to zero 5 of 100 levels after 20 in the last 15 minutes, more than 20%"
        )
        assert dirty(world)[EVERYTHING] == "repair"
        assert dirty(world)[TABLES[30]] == "repair"

    def test_nor_do_those_of_several_processes(self, world: WideWorld) -> None:
        world.empty(100)
        for sku in TABLES:
            events(world, sku)
        assert world.zeroed() == 20

    def test_what_was_held_back_is_written_once_it_is_approved(self, world: WideWorld) -> None:
        world.empty(100)
        events(world, *TABLES)
        report = world.run()
        assert not report.good
        (stop,) = waiting(world)
        assert stop.changed_levels == 80
        assert approve(world, stop).good
        assert world.zeroed() == 100

    def test_what_was_held_back_is_looked_at_again(self, world: WideWorld) -> None:
        world.empty(100)
        events(world, *TABLES)
        world.fill(10)
        world.run(after=timedelta(minutes=1))
        world.fill(8)
        world.now += HELD_FOR
        careful_pass(world.parts, repairs(world))
        assert world.shown("b2b", TABLES[99]) == 8

    def test_sales_over_a_day_are_business(self, world: WideWorld) -> None:
        for count in range(10, 101, 10):
            world.empty(count)
            events(world, *TABLES[count - 10 : count])
            world.now += timedelta(minutes=30)
        assert world.zeroed() == 100
        assert waiting(world) == []

    def test_a_level_that_goes_up_and_down_counts_once(self, world: WideWorld) -> None:
        passes = EventPasses(world.parts)
        for units in (40, 20, 40, 20):
            world.fill(but=dict.fromkeys(TABLES[:40], units))
            passes.run(work_on(world, *TABLES[:40]))
            world.now += timedelta(seconds=1)
        passes.close()
        assert world.shows() == [20] * 100
        assert waiting(world) == []

    def test_a_careful_pass_holds_back_what_an_event_pass_would(self, world: WideWorld) -> None:
        world.empty(60)
        work = [DirtySku("repair", sku, 0, world.now, world.now, "", 1) for sku in TABLES[:61]]
        world.fill(but={**dict.fromkeys(TABLES[:60], 0), TABLES[60]: 18})
        report = careful_pass(world.parts, work)
        assert report.failures == {}
        assert world.zeroed() == 0
        assert world.shown("b2b", TABLES[60]) == 18
        assert len(waiting(world)) == 1
        assert dirty(world)[TABLES[0]] == "repair"


def repairs(world: WideWorld) -> list[DirtySku]:
    found = world.ledger.take(["repair"], due=world.now, limit=1000)
    return [item for item in found if item.sku != EVERYTHING]


class TestCanary:
    @pytest.fixture(autouse=True)
    def switched_on(self, world: WideWorld) -> None:
        world.limits = GuardLimits(canary_share=Decimal("0.05"))

    def test_a_part_goes_first_and_the_rest_follows(self, world: WideWorld) -> None:
        world.fill(15)
        before = world.calls("b2b")
        assert world.run().good
        assert [len(call.changes) for call in world.stores["b2b"].calls[before:]] == [5, 95]
        assert world.shows() == [15] * 100

    def test_the_rest_waits_when_the_store_shows_something_else(self, world: WideWorld) -> None:
        front = world.stores["b2b"]

        def somebody_else_writes() -> None:
            for change in front.calls[-1].changes:
                front.edit(change.key, 77)

        front.after_next_call = somebody_else_writes
        world.fill(15)
        report = world.run()
        assert "5 show more" in report.failures["b2b"]
        assert sorted(world.shows()) == [20] * 95 + [77] * 5
        (stop,) = waiting(world)
        assert (stop.objections[0].kind, stop.changed_levels) == ("canary", 95)
        assert approve(world, stop).good
        assert world.shows() == [15] * 100

    def test_an_order_in_between_does_not_kill_it(self, world: WideWorld) -> None:
        front = world.stores["b2b"]
        front.after_next_call = lambda: front.buy(front.calls[-1].changes[0].key, 2)
        world.fill(15)
        assert world.run().good
        assert sorted(world.shows()) == [13] + [15] * 99

    def test_a_few_writes_need_no_canary(self, world: WideWorld) -> None:
        before = world.calls("b2b")
        world.fill(but=dict.fromkeys(TABLES[:10], 15))
        world.run()
        assert world.calls("b2b") == before + 1


def test_a_store_that_is_not_live_is_never_stopped(world: WideWorld) -> None:
    world.policies["b2b"] = replace(world.policies["b2b"], live=False)
    world.empty(100)
    assert world.run().good
    assert waiting(world) == []
