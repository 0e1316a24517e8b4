"""Several places behind one store location ship between them what each has by a day."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.domain.profile import Profile, together
from inventory_sync_tests.domain.promises import MONDAY, MORNING

ENOUGH_BYTES = 10_000


def profile(*steps, until=MORNING):
    """Steps as (units, days from Monday)."""
    dated = tuple((units, MONDAY + timedelta(days=day)) for units, day in steps)
    return Profile(dated, until if dated else None)


def by(found, day):
    """What a profile has by a day, in units."""
    return max((units for units, at in found.steps if at <= day), default=0)


@st.composite
def profiles(draw):
    count = draw(st.integers(0, 4))
    units = sorted(draw(st.sets(st.integers(1, 50), min_size=count, max_size=count)))
    days = sorted(draw(st.sets(st.integers(0, 20), min_size=count, max_size=count)))
    return profile(*zip(units, days, strict=True))


@settings(max_examples=200, deadline=None)
@given(st.lists(profiles(), max_size=4))
def test_a_quantity_ships_on_the_first_day_by_which_all_places_have_it(found):
    whole = together(found, most_bytes=ENOUGH_BYTES)
    days = [MONDAY + timedelta(days=n) for n in range(22)]
    for units in range(1, 210, 3):
        enough = [day for day in days if sum(by(each, day) for each in found) >= units]
        assert whole.ships_on(units) == (enough[0] if enough else None)
    units_of_steps = [units for units, _ in whole.steps]
    assert units_of_steps == sorted(set(units_of_steps))


def test_it_is_valid_as_long_as_each_of_its_parts():
    early, late = MORNING, MORNING + timedelta(hours=5)
    parts = [profile((3, 0), until=late), profile((2, 1), until=early), profile()]
    assert together(parts, most_bytes=ENOUGH_BYTES).valid_until == early


def test_places_without_a_date_promise_nothing_together():
    assert together([profile(), profile()], most_bytes=ENOUGH_BYTES) == Profile((), None)
    assert together([], most_bytes=ENOUGH_BYTES) == Profile((), None)


def test_what_does_not_fit_gets_a_later_date_and_never_an_earlier_one():
    parts = [profile(*((units, units) for units in range(1, 15))), profile((7, 3))]
    whole = together(parts, most_bytes=ENOUGH_BYTES)
    cut = together(parts, most_bytes=60)
    assert len(cut.as_json()) <= 60
    for units in range(1, 22):
        assert cut.ships_on(units) >= whole.ships_on(units)
