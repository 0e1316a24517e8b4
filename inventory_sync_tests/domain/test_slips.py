"""A promise slips when its date is put off, and is broken silently when nobody has said so."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_sync.domain.calendar import LocalToday, zone_named
from inventory_sync.domain.given_promises import GIVEN_COLUMNS
from inventory_sync.domain.promise_score import scores
from inventory_sync.domain.slips import (
    LATER,
    NO_DATE,
    OVERDUE,
    UNCOVERED,
    Ended,
    OpenLine,
    follow,
    published_slips,
    settle,
)

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = timedelta(days=1)
LINE = OpenLine("b2b-us", "O-1", "L-1", "RETRO-CLOCK", "NYC", TODAY + 10 * DAY, "erp")


def seen(line, known=None, *, today=TODAY, basis=("PO-7", "purchase")):
    now = NOW + (today - TODAY)
    return follow(known, line, basis, today=today, now=now, pass_id="pass-1")


PROMISED = seen(LINE)


def noon(day):
    return LocalToday(datetime.combine(day, time(12), UTC), {})


def test_the_first_date_is_the_promise_with_what_it_rests_on():
    assert (PROMISED.promised_on, PROMISED.expected_on) == (LINE.ships_on, LINE.ships_on)
    assert (PROMISED.supply_ids, PROMISED.supply_kind) == ("PO-7", "purchase")
    assert (PROMISED.made_at, PROMISED.slipped_at, PROMISED.reason) == (NOW, None, "")


def test_without_a_date_nothing_is_promised():
    assert seen(replace(LINE, ships_on=None)) is None


def test_a_promise_stays_as_it_was_made_while_its_date_holds_or_comes_earlier():
    assert seen(LINE, PROMISED, basis=("PO-9", "production")) == PROMISED
    earlier = seen(replace(LINE, ships_on=TODAY + DAY), PROMISED)
    assert (earlier.promised_on, earlier.slipped_at) == (LINE.ships_on, None)


SHORT = replace(LINE, is_short=True)


@pytest.mark.parametrize(
    ("line", "today", "expected", "reason"),
    [
        (replace(LINE, ships_on=TODAY + 12 * DAY), TODAY, TODAY + 12 * DAY, LATER),
        (replace(LINE, ships_on=None), TODAY, None, NO_DATE),
        (SHORT, TODAY, None, UNCOVERED),
        (replace(SHORT, covered_on=TODAY + 20 * DAY), TODAY, TODAY + 20 * DAY, UNCOVERED),
        (LINE, TODAY + 11 * DAY, TODAY + 11 * DAY, OVERDUE),
    ],
)
def test_a_later_date_is_a_slip_with_its_reason(line, today, expected, reason):
    found = seen(line, PROMISED, today=today)
    assert (found.promised_on, found.expected_on, found.reason) == (LINE.ships_on, expected, reason)
    assert found.slipped_at == NOW + (today - TODAY)


@pytest.mark.parametrize(("covered_in_days", "slips"), [(None, True), (4, False), (11, True)])
def test_an_erp_that_gives_no_date_leaves_the_promise_standing_while_it_can_be_met(
    covered_in_days, slips
):
    unsaid = replace(LINE, ships_on=None, is_unsaid=True)
    assert seen(unsaid) is None
    assert seen(unsaid, PROMISED) == PROMISED
    covered_on = None if covered_in_days is None else TODAY + covered_in_days * DAY
    short = seen(replace(unsaid, is_short=True, covered_on=covered_on), PROMISED)
    assert (short.slipped_at is not None) == slips


def test_when_it_was_first_noticed_is_remembered_until_the_date_holds_again():
    late = seen(replace(LINE, ships_on=TODAY + 12 * DAY), PROMISED)
    later = seen(replace(LINE, ships_on=TODAY + 14 * DAY), late, today=TODAY + DAY)
    assert later.slipped_at == NOW
    assert seen(LINE, later, today=TODAY + 2 * DAY).slipped_at is None


def test_a_date_that_passes_unlisted_is_broken_silently():
    after = LINE.ships_on + DAY
    assert not PROMISED.broken_silently(noon(LINE.ships_on))
    assert PROMISED.broken_silently(noon(after))
    overdue = seen(LINE, PROMISED, today=after)
    assert overdue.broken_silently(noon(after)), "noticed only afterwards"
    listed = seen(replace(LINE, ships_on=TODAY + 12 * DAY), PROMISED)
    assert not listed.broken_silently(noon(after))


def test_a_line_that_comes_back_has_the_promise_that_it_had():
    gone = settle(PROMISED, Ended("shipped", TODAY + DAY))
    assert seen(LINE, gone) == PROMISED
    later = seen(replace(LINE, ships_on=LINE.ships_on + 17 * DAY), gone)
    assert (later.promised_on, later.outcome, later.settled_on) == (LINE.ships_on, None, None)
    assert later.slipped_at == NOW


def test_a_date_passes_with_its_day_at_the_location():
    new_york = {"NYC": zone_named("America/New_York")}
    midnight = datetime.combine(LINE.ships_on + DAY, time(5), UTC)
    assert not PROMISED.broken_silently(LocalToday(midnight - timedelta(minutes=1), new_york))
    assert PROMISED.broken_silently(LocalToday(midnight, new_york))
    in_the_evening = replace(PROMISED, slipped_at=midnight - timedelta(hours=2))
    assert not in_the_evening.broken_silently(LocalToday(midnight, new_york))


def test_what_shipped_late_without_a_word_stays_broken_and_what_was_cancelled_is_not():
    late = settle(PROMISED, Ended("shipped", LINE.ships_on + DAY))
    assert late.broken_silently(noon(TODAY))
    assert late.days_late == 1
    assert not settle(PROMISED, Ended("shipped", LINE.ships_on)).broken_silently(noon(TODAY))
    cancelled = settle(PROMISED, Ended("cancelled", LINE.ships_on + DAY))
    assert (cancelled.broken_silently(noon(TODAY)), cancelled.days_late) == (False, None)


DATES = st.none() | st.integers(-5, 30).map(lambda days: TODAY + days * DAY)
LINES = st.builds(
    lambda **changes: replace(LINE, **changes),
    ships_on=DATES,
    is_short=st.booleans(),
    covered_on=DATES,
)


@given(st.lists(LINES, min_size=1, max_size=5))
def test_a_promise_never_changes_and_slips_exactly_when_it_is_expected_later(lines):
    known = None
    for number, line in enumerate(lines):
        found = seen(line, known, today=TODAY + number * DAY)
        if known is not None:
            assert found.promised_on == known.promised_on
        if found is not None:
            late = found.expected_on is None or found.expected_on > found.promised_on
            assert (found.slipped_at is not None) == late == bool(found.reason)
        known = found


def promised(units, ships_on, supply_ids="PO-7", arrives_on="2026-12-01", sku="RETRO-CLOCK"):
    return (sku, "NYC", units, ships_on, "computed", supply_ids, "purchase", arrives_on)


def given_rows(*rows):
    return pd.DataFrame(rows, columns=list(GIVEN_COLUMNS))


def coming(**arrives):
    rows = [("RETRO-CLOCK", "NYC", name.replace("_", "-"), "purchase", pd.Timestamp(day))
            for name, day in arrives.items()]  # fmt: skip
    names = ["sku", "location", "supply_id", "kind", "arrives_on"]
    return pd.DataFrame(rows, columns=names).astype({"arrives_on": "datetime64[s]"})


def slips(before, now, arrives):
    table = given_rows(*before)
    found = published_slips(table.assign(promise_id=range(len(table))), given_rows(*now), arrives)
    return list(found.itertuples(index=False, name=None))


BEFORE = [promised(40, "2026-12-02")]


def test_a_published_promise_slips_with_its_supply():
    now = [promised(12, "", "", ""), promised(40, "2026-12-16", arrives_on="2026-12-15")]
    expected = [(0, "2026-12-16", "PO-7 comes on 2026-12-15 instead of 2026-12-01")]
    assert slips(BEFORE, now, coming(PO_7="2026-12-15")) == expected


def test_it_slips_when_its_supply_is_gone_and_nothing_else_covers_it():
    assert slips(BEFORE, [], coming()) == [(0, "", "PO-7 does not count any more")]


def test_units_that_are_sold_are_no_slip():
    assert slips(BEFORE, [promised(30, "2026-12-02")], coming(PO_7="2026-12-01")) == []


def test_supply_that_has_come_is_no_slip():
    assert slips(BEFORE, [promised(52, "", "", "")], coming()) == []


def test_a_later_supply_that_others_make_up_for_is_no_slip():
    now = [promised(40, "2026-12-02", "PO-8")]
    assert slips(BEFORE, now, coming(PO_7="2026-12-15", PO_8="2026-12-01")) == []


def test_promises_are_scored_by_location_and_supply():
    def shipped(days, **changes):
        return settle(replace(PROMISED, **changes), Ended("shipped", LINE.ships_on + days * DAY))

    found = scores(
        [
            PROMISED,
            settle(PROMISED, Ended("cancelled", TODAY)),
            shipped(-2),
            shipped(4),
            shipped(2, slipped_at=NOW),
            shipped(0, location="", supply_kind=""),
        ],
        noon(TODAY),
    )
    told = [(each.location, each.supply_kind, each.shipped, each.on_time) for each in found]
    assert told == [("NYC", "purchase", 3, 1), ("unknown", "unknown", 1, 1)]
    assert (found[0].mean_days_late, found[0].worst_days_late, found[0].silent) == (2, 4, 1)
    assert found[0].on_time_share == pytest.approx(1 / 3)
