"""A storefront reads from the profile the very date that the promise function gives."""

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.domain.profile import Profile, profile
from inventory_sync.domain.promise import Departures, Place, ladder, promise
from inventory_sync_tests.domain.dated_oracles import looked_up
from inventory_sync_tests.domain.promises import (
    INSTANTS,
    MONDAY,
    MORNING,
    WEEKS,
    calendar_of,
    curve,
    curves,
    ladder_of,
    place,
    says,
)

ENOUGH_BYTES = 10_000
ERP_SAYS = st.lists(st.tuples(st.integers(1, 40), st.integers(-3, 30)), max_size=4)


def profile_of(*steps, most_bytes=ENOUGH_BYTES, **changes):
    found = ladder_of(*steps, **changes)
    asked_at = changes.get("asked_at", MORNING)
    return profile(found, Departures(found.place, asked_at), most_bytes=most_bytes)


@settings(max_examples=200, deadline=None)
@given(curves(), ERP_SAYS, WEEKS, INSTANTS)
def test_every_quantity_has_the_date_of_its_promise(found, promised, week, asked_at):
    departures = Departures(Place("NYC", calendar_of(week)), asked_at)
    rungs = ladder("RETRO-CLOCK", departures, found, says(*promised))
    made = profile(rungs, departures, most_bytes=ENOUGH_BYTES)
    for units in range(1, 45):
        expected = promise(rungs, units).ships_on
        assert made.ships_on(units) == expected
        text = None if expected is None else expected.isoformat()
        assert looked_up(json.loads(made.as_json()), units) == text


@settings(max_examples=200, deadline=None)
@given(curves(), ERP_SAYS, st.integers(2, 140))
def test_a_profile_that_is_cut_never_promises_earlier_or_what_has_no_date(found, said, most_bytes):
    departures = Departures(place(), MORNING)
    rungs = ladder("RETRO-CLOCK", departures, found, says(*said))
    whole = profile(rungs, departures, most_bytes=ENOUGH_BYTES)
    cut = profile(rungs, departures, most_bytes=most_bytes)
    assert len(cut.as_json()) <= most_bytes
    for units in range(1, 45):
        shown, true = cut.ships_on(units), whole.ships_on(units)
        assert shown is None or (true is not None and shown >= true)
    if cut.steps:
        assert cut.steps[-1] == whole.steps[-1]


def test_a_profile_is_a_list_of_quantities_and_dates():
    made = profile_of((0, 12.5), (2, 40), (4, 40.4))
    assert made.as_json() == '[[12,"2026-11-23"],[40,"2026-11-25"]]'


def test_quantities_of_one_ship_date_are_one_step():
    """Saturday's, Sunday's and Monday's supply all leave on Monday."""
    made = profile_of((0, 12), (5, 20), (6, 30), (7, 40))
    assert made.steps == ((12, MONDAY), (40, date(2026, 11, 30)))


def test_the_last_steps_are_merged_first_and_the_highest_quantity_stays():
    steps = ((0, 1), (1, 2), (2, 3), (3, 4))
    whole = profile_of(*steps).as_json()
    assert profile_of(*steps, most_bytes=len(whole) - 1).as_json() == (
        '[[1,"2026-11-23"],[2,"2026-11-24"],[4,"2026-11-26"]]'
    )
    assert profile_of(*steps, most_bytes=40).as_json() == '[[1,"2026-11-23"],[4,"2026-11-26"]]'
    assert profile_of(*steps, most_bytes=18).as_json() == '[[4,"2026-11-26"]]'
    assert profile_of(*steps, most_bytes=17) == Profile((), None)


def test_nothing_to_promise_is_an_empty_profile():
    assert profile_of().as_json() == "[]"
    assert profile_of().ships_on(1) is None
    assert profile_of().valid_until is None


@settings(max_examples=100, deadline=None)
@given(curves(), ERP_SAYS, WEEKS, INSTANTS, st.floats(0, 0.99))
def test_until_it_ends_a_profile_gives_the_dates_of_a_new_question(
    found, said, week, asked_at, share
):
    at = Place("NYC", calendar_of(week))

    def made(instant):
        departures = Departures(at, instant)
        rungs = ladder("RETRO-CLOCK", departures, found, says(*said))
        return profile(rungs, departures, most_bytes=ENOUGH_BYTES)

    first = made(asked_at)
    if first.valid_until is not None:
        assert first.valid_until >= asked_at
        later = asked_at + (first.valid_until - asked_at) * share
        assert made(later).steps == first.steps


@pytest.mark.parametrize(
    ("changes", "ends"),
    [
        ({}, datetime(2026, 11, 23, 20, tzinfo=UTC)),
        ({"promised": [(40, 3)]}, datetime(2026, 11, 23, 20, tzinfo=UTC)),
        ({"at": Place("MARS", None), "promised": [(5, 3)]}, datetime(2026, 11, 27, tzinfo=UTC)),
    ],
)
def test_a_profile_ends_with_the_cutoff_or_with_its_first_date(changes, ends):
    assert profile_of((0, 12), **changes).valid_until == ends


def test_a_profile_of_the_weekend_ends_with_an_erp_date_before_monday():
    saturday = datetime(2026, 11, 28, 14, tzinfo=UTC)
    made = profile_of((0, 12), promised=[(5, 5)], asked_at=saturday)
    assert made.valid_until == datetime(2026, 11, 29, 5, tzinfo=UTC)


def test_steps_of_a_curve_are_not_needed_below_zero():
    assert profile_of((0, -3), (2, 0.5), (3, 2)).steps == ((2, date(2026, 11, 26)),)
    assert curve((0, -3)).first_day(1) is None
