"""The ways of projecting that are compared give the same steps, fit to be printed."""

import numpy as np
import pytest

from inventory_sync.bench import projection
from inventory_sync.bench.projection import DAYS, OURS, measure, rows_for, ways_to_project


def test_every_way_projects_the_same_rows_to_the_same_steps():
    rows = rows_for(400)
    expected = []
    for key, begins in enumerate(rows.opening.tolist()):
        balances = np.full(DAYS + 1, begins)
        for at, day, micros in zip(rows.dated.key, rows.dated.day, rows.dated.micros, strict=True):
            if at == key:
                balances[day:] += micros
        lowest = [int(balances[day:].min()) for day in range(DAYS)]
        rises = [day for day in range(DAYS) if day == 0 or lowest[day] != lowest[day - 1]]
        expected += [(key, day, lowest[day]) for day in rises]
    for way in ways_to_project().values():
        steps = way(rows)
        found = zip(steps.key.tolist(), steps.day.tolist(), steps.micros.tolist(), strict=True)
        assert list(found) == expected


def test_the_rows_are_the_same_in_every_process():
    first, second = rows_for(100), rows_for(100)
    assert (len(first.opening), len(first.dated.key)) == (5, 100)
    assert np.array_equal(first.dated.micros, second.dated.micros)


def test_the_table_names_every_way():
    table = measure(1_000, rounds=1)
    assert [row.name for row in table] == [OURS, "pandas sort, cumsum, cummin", "duckdb windows"]
    for row in table:
        assert row.million_rows_per_second == 1_000 / row.seconds / 1e6
        assert row.extra_megabytes >= 0


def test_a_way_that_projects_wrongly_is_told_and_not_printed(monkeypatch):
    def run(name, rows, rounds):
        return projection._Run(1.0, 0, digest="wrong" if name == OURS else "right")

    monkeypatch.setattr(projection, "_in_fresh_process", run)
    with pytest.raises(RuntimeError, match="disagree"):
        measure(10)
