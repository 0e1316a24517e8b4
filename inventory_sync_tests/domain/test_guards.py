"""A pass that looks like an accident is stopped whole; business as usual is not."""

from decimal import Decimal

import pandas as pd
import pytest

from inventory_sync.domain.guards import (
    FEW,
    GuardLimits,
    plan_objections,
    snapshot_objections,
)

LIMITS = GuardLimits()
USUAL = {
    "locations": 4,
    "products": 500,
    "stock": 1_000,
    "components": 40,
    "commitments": 300,
    "acknowledged_orders": 200,
}


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
        ([(5, 1)] * 20, []),
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
    everything = GuardLimits(Decimal(1), Decimal(1), Decimal(1))
    assert plan_objections(plan(*[(5, 0)] * 20), everything) == []
    assert snapshot_objections(USUAL | {"stock": 1}, USUAL, everything) == []
    nothing = GuardLimits(Decimal(0), Decimal(0), Decimal(0))
    assert len(plan_objections(plan((5, 0), *[(5, 5)] * 20), nothing)) == 1
    assert len(snapshot_objections(USUAL | {"stock": 998}, USUAL, nothing)) == 1
