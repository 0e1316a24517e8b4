"""The ways of summing that are compared give the same ATP, and the table is fit to be printed."""

import numpy as np
import pytest

from inventory_sync.bench import atp
from inventory_sync.bench.atp import FLOOR, OURS, measure, rows_for, ways_to_sum


def test_every_way_sums_the_same_rows_to_the_same_atp():
    rows = rows_for(500)
    expected = [0] * 500
    for key, physical, unavailable in zip(
        rows.stock.key, rows.stock.physical, rows.stock.unavailable, strict=True
    ):
        expected[key] += int(physical) - int(unavailable)
    for key, quantity in zip(rows.commitments.key, rows.commitments.quantity, strict=True):
        expected[key] -= int(quantity)
    assert min(expected) < 0 < max(expected)
    for way in ways_to_sum().values():
        assert way(rows).tolist() == expected


def test_the_rows_are_the_same_in_every_process():
    first, second = rows_for(100), rows_for(100)
    assert first.count == 260
    assert np.array_equal(first.commitments.key, second.commitments.key)
    assert np.array_equal(first.commitments.quantity, second.commitments.quantity)


def test_the_table_names_the_floor_first_and_then_every_way():
    table = measure(1_000, rounds=1)
    assert [row.name for row in table] == [
        FLOOR,
        OURS,
        "pandas groupby",
        "duckdb union, group by",
    ]
    assert table[0].times_floor == 1
    for row in table:
        assert row.seconds > 0
        assert row.times_floor == row.seconds / table[0].seconds
        assert row.extra_megabytes >= 0


def test_a_way_that_sums_wrongly_is_told_and_not_printed(monkeypatch):
    def run(name, keys, rounds):
        return atp._Run(1.0, 0, 1, digest="wrong" if name == OURS else "right")

    monkeypatch.setattr(atp, "_in_fresh_process", run)
    with pytest.raises(RuntimeError, match="disagree"):
        measure(10)
