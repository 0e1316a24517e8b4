"""What can be promised on a day is the lowest balance from that day on, for any keys and sizes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.domain import lookahead
from inventory_sync.domain.errors import ContractBroken
from inventory_sync.domain.lookahead import DatedRows, promisable

KEYS, DAYS = 4, 5
SMALL = st.integers(-9, 9)


def dated(rows):
    """Rows of (key, day, micros)."""
    key, day, micros = (np.array([row[at] for row in rows]) for at in range(3))
    return DatedRows(key.astype(np.int32), day.astype(np.int64), micros.astype(np.int64))


def steps_of(opening, rows, days=DAYS):
    """The steps as (key, day, micros)."""
    found = promisable(np.array(opening, np.int64), dated(rows), days)
    return list(zip(found.key.tolist(), found.day.tolist(), found.micros.tolist(), strict=True))


def naive(opening, rows, days=DAYS):
    """Key by key and day by day: the balance, the lowest one to come, and where that rises."""
    result = []
    for key, begins in enumerate(opening):
        balances = [
            begins + sum(micros for k, d, micros in rows if k == key and d <= day)
            for day in range(days + 1)
        ]
        lowest = [min(balances[day:]) for day in range(days)]
        for day in range(days):
            if day == 0 or lowest[day] != lowest[day - 1]:
                result.append((key, day, lowest[day]))
    return result


def some_rows(micros):
    return st.lists(st.tuples(st.integers(0, KEYS - 1), st.integers(0, DAYS), micros), max_size=16)


@settings(max_examples=300, deadline=None)
@given(st.lists(SMALL, min_size=KEYS, max_size=KEYS), some_rows(SMALL))
def test_steps_are_those_of_a_naive_walk_through_the_days(opening, rows):
    assert steps_of(opening, rows) == naive(opening, rows)


@pytest.mark.parametrize("huge", [10**9, 10**17, 2 * 10**18])
def test_keys_that_are_too_far_apart_for_64_bits_are_looked_at_one_by_one(huge):
    opening = [huge, -huge, *range(30)]
    rows = [(0, 2, -3), (0, 3, 2), (1, 1, 5), (31, 4, -7), (30, 0, 1), (30, 2, 1)]
    assert steps_of(opening, rows) == naive(opening, rows)


@settings(max_examples=100, deadline=None)
@given(some_rows(SMALL), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows, rng):
    mixed = rng.sample(rows, len(rows))
    assert steps_of([1, 2, 3, 4], mixed) == steps_of([1, 2, 3, 4], rows)


@pytest.mark.parametrize(("cells", "chunk_rows"), [(16, 3), (32, 1), (64, 1000)])
def test_no_row_is_lost_at_the_seams_of_blocks_and_chunks(monkeypatch, cells, chunk_rows):
    rng = np.random.default_rng(7)
    opening = rng.integers(-5, 20, 97).tolist()
    rows = [
        (int(key), int(day), int(micros))
        for key, day, micros in zip(
            rng.integers(0, 97, 700), rng.integers(0, 8, 700), rng.integers(-9, 9, 700), strict=True
        )
    ]
    monkeypatch.setattr(lookahead, "_CELLS", cells)
    monkeypatch.setattr(lookahead, "_CHUNK_ROWS", chunk_rows)
    assert steps_of(opening, rows, days=7) == naive(opening, rows, days=7)


def test_a_key_without_rows_keeps_what_it_begins_with():
    assert steps_of([5, -2], []) == [(0, 0, 5), (1, 0, -2)]


def test_no_keys_have_no_steps():
    assert steps_of([], []) == []


def test_a_long_horizon_has_a_few_keys_in_each_block():
    assert steps_of([1, 1, 1], [(2, 39_999, 4), (1, 40_000, -1)], days=40_000) == [
        (0, 0, 1),
        (1, 0, 0),
        (2, 0, 1),
        (2, 39_999, 5),
    ]


@pytest.mark.parametrize(
    ("row", "days"),
    [((4, 0, 1), 5), ((-1, 0, 1), 5), ((0, 6, 1), 5), ((0, -1, 1), 5), ((0, 0, 1), 0)],
)
def test_a_row_outside_of_keys_and_days_is_refused(row, days):
    with pytest.raises(ValueError, match=r"outside of|covers 1 to"):
        steps_of([0] * KEYS, [row], days)


def test_a_sum_that_could_leave_64_bits_is_refused_with_the_cause():
    with pytest.raises(ContractBroken, match="find the row with the absurd quantity"):
        steps_of([10**18], [(0, 1, 10**18)] * 4)
