"""A pass that looks like an accident is stopped whole; business as usual is not."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_sync.domain import guards
from inventory_sync.domain.guards import (
    FEW,
    GuardLimits,
    both,
    canary_objections,
    canary_skus,
    newest_changes,
    share_objections,
    stale_objections,
    tally_of,
    within,
)
from inventory_sync.domain.stops import Objection, Tally

LIMITS = GuardLimits()
NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
USUAL = {
    "locations": 4,
    "products": 500,
    "stock": 1_000,
    "components": 40,
    "commitments": 300,
    "acknowledged_orders": 200,
}


def snapshot_objections(*arguments):
    return [each.text for each in guards.snapshot_objections(*arguments)]


def plan_objections(*arguments, **named):
    return [each.text for each in guards.plan_objections(*arguments, **named)]


def plan(*changes, first=0):
    """Levels that showed and shall show these quantities; ``first`` more never published."""
    rows = [(observed, quantity, 1) for observed, quantity in changes]
    rows += [(10, 0, None)] * first
    columns = ["observed_units", "quantity_units", "explained_units"]
    return pd.DataFrame(rows, columns=columns).astype({"explained_units": "Int64"})


def test_the_usual_snapshot_is_believed():
    assert snapshot_objections(USUAL, USUAL, LIMITS) == []


def test_the_first_snapshot_is_believed_without_any_before():
    assert snapshot_objections(USUAL, {}, LIMITS) == []


@pytest.mark.parametrize("dataset", ["locations", "products", "stock"])
@pytest.mark.parametrize("before", [{}, USUAL])
def test_an_empty_table_is_never_believed(dataset, before):
    rows = USUAL | {dataset: 0}
    assert snapshot_objections(rows, before, LIMITS) == [f"{dataset} is empty"]


def test_a_missing_count_is_an_empty_table():
    assert snapshot_objections({}, {}, LIMITS) == [
        "locations is empty",
        "products is empty",
        "stock is empty",
    ]


@pytest.mark.parametrize(
    ("dataset", "now", "objects"),
    [
        ("stock", 900, False),
        ("stock", 899, True),
        ("stock", 100, True),
        ("stock", 100_000, False),
        ("products", 449, True),
        ("locations", 3, False),
        ("locations", 2, True),
        ("components", 36, False),
        ("components", 35, True),
        ("components", 0, True),
        ("commitments", 31, False),
        ("commitments", 30, True),
        ("commitments", 0, True),
        ("acknowledged_orders", 20, True),
        ("acknowledged_orders", 21, False),
    ],
)
def test_a_table_that_shrinks_too_fast_is_not_believed(dataset, now, objects):
    found = snapshot_objections(USUAL | {dataset: now}, USUAL, LIMITS)
    told = f"{dataset} has {now} rows, the last good pass read {USUAL[dataset]}"
    assert found == ([told] if objects else [])


def test_few_commitments_may_all_go_at_once():
    few = USUAL | {"commitments": FEW - 1}
    assert snapshot_objections(USUAL | {"commitments": 0}, few, LIMITS) == []


def test_one_row_of_a_small_table_may_go():
    small = USUAL | {"components": 2}
    assert snapshot_objections(USUAL | {"components": 1}, small, LIMITS) == []
    assert snapshot_objections(USUAL | {"components": 0}, small, LIMITS) != []


def test_every_objection_is_told():
    rows = USUAL | {"stock": 0, "components": 1}
    assert len(snapshot_objections(rows, USUAL, LIMITS)) == 2


@pytest.mark.parametrize(
    ("changes", "objections"),
    [
        ([(5, 0)] * 4 + [(5, 5)] * 16, []),
        (
            [(5, 0)] * 5 + [(5, 5)] * 15,
            ["it would set to zero 5 of 20 levels, more than 20%"],
        ),
        ([(5, 6)] * 10 + [(5, 5)] * 10, []),
        ([(5, 6)] * 11 + [(5, 5)] * 9, ["it would raise 11 of 20 levels, more than 50%"]),
        ([(0, 0)] * 20, []),
        ([(6, 3)] * 20, []),
        ([(5, 1)] * 10 + [(5, 5)] * 10, []),
        (
            [(5, 1)] * 11 + [(5, 5)] * 9,
            ["it would lower by more than half 11 of 20 levels, more than 50%"],
        ),
    ],
)
def test_a_plan_that_changes_too_much_at_once_is_stopped(changes, objections):
    assert plan_objections(plan(*changes), LIMITS) == objections


def test_a_plan_may_be_wrong_in_both_ways():
    both = plan(*[(5, 0)] * 8, *[(5, 6)] * 12)
    assert len(plan_objections(both, LIMITS)) == 2


def test_a_small_store_is_exempt():
    assert plan_objections(plan(*[(5, 0)] * (FEW - 1)), LIMITS) == []


def test_levels_that_were_never_published_do_not_count():
    assert plan_objections(plan(*[(5, 5)] * FEW, first=500), LIMITS) == []


def test_the_limits_are_those_of_the_settings():
    everything = GuardLimits(Decimal(1), Decimal(1), Decimal(1), Decimal(1))
    assert plan_objections(plan(*[(5, 0)] * 20), everything) == []
    assert snapshot_objections(USUAL | {"stock": 1}, USUAL, everything) == []
    nothing = GuardLimits(Decimal(0), Decimal(0), Decimal(0), Decimal(0))
    assert len(plan_objections(plan((5, 0), *[(5, 5)] * 20), nothing)) == 2  # it falls as well
    assert len(snapshot_objections(USUAL | {"stock": 998}, USUAL, nothing)) == 1


class TestSmallPasses:
    """Events about few SKUs are business, until they have become many."""

    def objections(self, planned, recent=None, levels=200):
        found = share_objections(
            planned, recent or Tally(), levels=levels, limits=LIMITS, piecemeal=True
        )
        return [(each.kind, each.count) for each in found]

    def test_what_earlier_passes_changed_counts_too(self):
        assert self.objections(Tally(zeroed=1), Tally(zeroed=39)) == []
        assert self.objections(Tally(zeroed=1), Tally(zeroed=40)) == [("zeroed", 41)]

    def test_a_pass_that_makes_no_such_move_is_not_to_blame_for_earlier_ones(self):
        assert self.objections(Tally(raised=1), Tally(zeroed=100)) == []

    def test_few_levels_may_always_move(self):
        assert self.objections(Tally(zeroed=1), Tally(zeroed=FEW - 2), levels=30) == []
        assert self.objections(Tally(zeroed=1), Tally(zeroed=FEW - 1), levels=30) != []

    def test_a_share_of_one_switches_a_limit_off_even_if_levels_are_counted_twice(self):
        limits = GuardLimits(Decimal(1), Decimal(1), max_dropped_share=Decimal(1))
        both = Tally(20, 20, 20)
        assert share_objections(both, both, levels=20, limits=limits) == []

    def test_the_earlier_ones_are_told(self):
        (found,) = share_objections(
            Tally(raised=30), Tally(raised=80), levels=200, limits=LIMITS, piecemeal=True
        )
        assert found.text == (
            "it would raise by more than half 30 of 200 levels after 80 in the last 15 minutes, "
            "more than 50%"
        )

    def test_small_raises_do_not_count_in_them(self):
        assert tally_of([(20, 30), (20, 31), (0, 1), (-3, 0)], steep=True) == Tally(raised=2)

    @given(st.lists(st.tuples(st.integers(-3, 20), st.integers(0, 20)), max_size=50))
    def test_a_tally_is_the_number_of_levels_that_make_each_move(self, changes):
        tally = tally_of(changes)
        assert tally.zeroed == sum(a > 0 and b == 0 for a, b in changes)
        assert tally.raised == sum(b > a for a, b in changes)
        assert tally.dropped == sum(a > 0 and b < a / 2 for a, b in changes)


class TestBoth:
    ZEROED, RAISED = Objection("zeroed", "", 30), Objection("raised", "", 100)

    def test_a_part_takes_nothing_back(self):
        assert both([self.ZEROED], [self.RAISED]) == (self.RAISED, self.ZEROED)

    @pytest.mark.parametrize(("found", "known", "worse"), [(40, 30, 40), (10, 30, 30)])
    def test_of_the_same_objection_the_worse_one_stays(self, found, known, worse):
        told = both([Objection("zeroed", "", found)], [Objection("zeroed", "", known), self.RAISED])
        assert told == (Objection("zeroed", "", worse), self.RAISED)

    def test_of_what_is_missing_fewer_rows_are_worse(self):
        few, none = (Objection("missing", "", n, subject="stock") for n in (50, 0))
        assert both([none], [few]) == both([few], [none]) == (none,)


class TestStaleness:
    def stale(self, newest, before, *, after_minutes=0, limits=LIMITS):
        taken_at = NINE + timedelta(minutes=after_minutes)
        found = stale_objections(newest, before, taken_at=taken_at, limits=limits)
        return [each.subject for each in found]

    def at(self, **hours):
        return {name: NINE + timedelta(hours=hour) for name, hour in hours.items()}

    def test_figures_that_go_back_in_time_are_not_believed(self):
        before = self.at(stock=0, commitments=0, acknowledged_orders=0)
        assert self.stale(self.at(stock=-8, commitments=-9, acknowledged_orders=0), before) == [
            "back in time"
        ]

    def test_one_row_that_is_gone_does_not_turn_back_the_time(self):
        before = self.at(stock=0, commitments=0)
        assert self.stale(self.at(stock=0, commitments=-9), before) == []

    def test_nor_do_rows_that_are_gone_when_another_is_newer(self):
        before = self.at(stock=0, commitments=0, acknowledged_orders=0)
        newest = self.at(stock=-8, commitments=-9, acknowledged_orders=0.1)
        assert self.stale(newest, before) == []

    def test_the_age_of_the_newest_change_counts_where_a_limit_is_set(self):
        limits = GuardLimits(max_stale_minutes=30)
        newest = self.at(stock=-5, commitments=0)
        assert self.stale(newest, {}, after_minutes=30, limits=limits) == []
        assert self.stale(newest, {}, after_minutes=31, limits=limits) == ["age"]
        assert self.stale(newest, {}, after_minutes=10_000) == []

    def test_a_dataset_without_rows_or_times_tells_nothing(self):
        frames = {
            "stock": pd.DataFrame({"updated_at": [pd.Timestamp(NINE), pd.NaT]}),
            "commitments": pd.DataFrame({"updated_at": [pd.NaT]}),
            "acknowledged_orders": pd.DataFrame({"updated_at": []}),
        }
        assert newest_changes(frames) == {"stock": NINE}


class TestCanary:
    def test_the_same_part_goes_first_whenever_it_is_asked_and_another_in_the_next_pass(self):
        skus = [f"OAK-TABLE-{number:03}" for number in range(200)]
        first = canary_skus(skus, "pass-1", Decimal("0.05"))
        assert first == canary_skus(reversed(skus), "pass-1", Decimal("0.05"))
        assert len(first) == 10
        assert first != canary_skus(skus, "pass-2", Decimal("0.05"))

    def test_at_least_one_sku_goes_first(self):
        assert len(canary_skus(["A", "B"], "pass-1", Decimal("0.001"))) == 1

    @pytest.mark.parametrize(
        ("more", "less", "unknown", "dies"),
        [(0, 0, 0, False), (1, 0, 0, True), (0, 2, 0, False), (0, 3, 0, True), (0, 0, 1, True)],
    )
    def test_sales_explain_a_little_less_but_never_more(self, more, less, unknown, dies):
        found = canary_objections(10, more=more, less=less, unknown=unknown)
        assert bool(found) == dies


class TestApproval:
    def objection(self, kind="zeroed", count=50, subject=""):
        return Objection(kind, "why", count, subject=subject)

    @pytest.mark.parametrize(("count", "is_within"), [(1, True), (55, True), (56, False)])
    def test_a_plan_may_be_a_tenth_larger_than_the_one_that_was_seen(self, count, is_within):
        assert within([self.objection(count=count)], [self.objection()]) == is_within

    def test_an_objection_that_nobody_saw_is_not_approved(self):
        assert not within([self.objection("raised", 1)], [self.objection()])
        assert not within([self.objection("missing", 9, "stock")], [self.objection()])

    @pytest.mark.parametrize(("rows", "is_within"), [(90, True), (89, False), (500, True)])
    def test_of_a_table_that_shrank_no_more_may_be_missing(self, rows, is_within):
        seen = [self.objection("missing", 100, "stock")]
        assert within([self.objection("missing", rows, "stock")], seen) == is_within

    def test_nothing_to_object_to_is_always_within(self):
        assert within([], [])
