"""Orders count and things leave on a location's working days, also when its clocks change."""

from datetime import UTC, date, datetime, time

import pytest

from inventory_sync.domain.calendar import Calendar, weekdays, zone_named
from inventory_sync.domain.errors import CalendarRefused

NEW_YORK = zone_named("America/New_York")
MONDAY_TO_FRIDAY = weekdays(["mon", "tue", "wed", "thu", "fri"])
THANKSGIVING = date(2026, 11, 26)


def calendar(**changes):
    values = {
        "zone": NEW_YORK,
        "working_days": MONDAY_TO_FRIDAY,
        "holidays": frozenset({THANKSGIVING}),
        "cutoff": time(15),
        "handling_days": 1,
        "transit_days": {"US": 3},
    }
    return Calendar(**(values | changes))


def new_york(text):
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("asked_at", "counts_on"),
    [
        ("2026-11-23T09:00", date(2026, 11, 23)),
        ("2026-11-23T15:00", date(2026, 11, 23)),
        ("2026-11-23T15:00:00.000001", date(2026, 11, 24)),
        ("2026-11-25T16:00", date(2026, 11, 27)),
        ("2026-11-26T09:00", date(2026, 11, 27)),
        ("2026-11-27T15:01", date(2026, 11, 30)),
        ("2026-11-28T16:00", date(2026, 11, 30)),
        ("2026-11-29T23:59", date(2026, 11, 30)),
    ],
)
def test_an_order_after_the_cutoff_counts_as_the_next_working_days(asked_at, counts_on):
    assert calendar().counts_on(new_york(asked_at)) == counts_on


def test_the_cutoff_is_by_the_clock_of_the_location_not_of_the_asker():
    los_angeles = calendar(zone=zone_named("America/Los_Angeles"))
    half_past_five_pm_in_new_york = new_york("2026-11-23T17:30")
    assert calendar().counts_on(half_past_five_pm_in_new_york) == date(2026, 11, 24)
    assert los_angeles.counts_on(half_past_five_pm_in_new_york) == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("day", "in_utc"), [(date(2026, 3, 6), 20), (date(2026, 3, 9), 19), (date(2026, 11, 2), 20)]
)
def test_the_cutoff_moves_with_daylight_saving(day, in_utc):
    assert calendar().cutoff_at(day) == datetime(day.year, day.month, day.day, in_utc, tzinfo=UTC)


def test_a_cutoff_that_the_clocks_skip_falls_before_the_gap():
    night = calendar(cutoff=time(2, 30), working_days=frozenset(range(7)))
    assert night.cutoff_at(date(2026, 3, 8)) == new_york("2026-03-08T01:30").astimezone(UTC)


def test_a_cutoff_that_the_clocks_show_twice_is_the_first_of_the_two():
    night = calendar(cutoff=time(1, 30), working_days=frozenset(range(7)))
    first, again = (new_york("2026-11-01T01:15").replace(fold=fold) for fold in (0, 1))
    assert night.counts_on(first) == date(2026, 11, 1)
    assert night.counts_on(again) == date(2026, 11, 2)


@pytest.mark.parametrize(
    ("ready", "handling_days", "leaves"),
    [
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
        (date(2026, 11, 23), 1, date(2026, 11, 24)),
        (date(2026, 11, 25), 1, date(2026, 11, 27)),
        (date(2026, 11, 25), 2, date(2026, 11, 30)),
        (date(2026, 11, 28), 0, date(2026, 11, 30)),
        (date(2026, 11, 28), 1, date(2026, 12, 1)),
    ],
)
def test_handling_takes_working_days(ready, handling_days, leaves):
    assert calendar(handling_days=handling_days).ships_on(ready) == leaves


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"working_days": frozenset()}, "no working day"),
        ({"handling_days": -1}, "negative"),
        ({"transit_days": {"US": 3, "EU": -1}}, "negative"),
    ],
)
def test_a_calendar_by_which_nothing_can_be_right_is_refused(changes, message):
    with pytest.raises(CalendarRefused, match=message):
        calendar(**changes)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc", "America"])
def test_an_unknown_time_zone_is_refused_by_name(name):
    with pytest.raises(CalendarRefused, match="is not a time zone"):
        zone_named(name)


def test_an_unknown_weekday_is_refused_by_name():
    with pytest.raises(CalendarRefused, match="'monday' is not a weekday"):
        weekdays(["tue", "monday"])
