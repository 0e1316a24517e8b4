"""Projected ATP is the lowest balance still to come, exactly, and no row is lost in silence."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.domain.atp import available_to_promise
from inventory_sync.domain.dated_rows import REPORT_COLUMNS, ProjectionRules
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.projection import (
    PROJECTION_COLUMNS,
    Curve,
    curves,
    project,
)
from inventory_sync.domain.quarantine import judge
from inventory_sync.domain.units import SCALE, micros_to_decimal
from inventory_sync_tests.domain import dated_oracles
from inventory_sync_tests.domain.dated_worlds import (
    CLOCKS,
    COMMITMENTS,
    HORIZON_DAYS,
    SUPPLIES,
    TERMS,
    TODAY,
    by_day,
    dated,
    dated_erps,
    projection_of,
    rules_of,
    supply,
)
from inventory_sync_tests.domain.samples import NOW, erp_rows, part
from inventory_sync_tests.domain.worlds import PLACES, SKUS
from inventory_sync_tests.erp.fake import FakeErp
from inventory_sync_tests.erp.rows import commitment, product, stock

CLOCK = ("RETRO-CLOCK", "NYC")
SUPPLY_FIRST = ProjectionRules(horizon_days=10, same_day="supply_first")
DEMAND_FIRST = ProjectionRules(horizon_days=10, same_day="demand_first")


def steps_of(rows, rules=SUPPLY_FIRST, pair=CLOCK):
    """The steps of one SKU and location as (days from today, units)."""
    steps = projection_of(rows, rules).steps
    mine = steps[(steps["sku"] == pair[0]) & (steps["location"] == pair[1])]
    return [
        ((day.date() - TODAY).days, micros_to_decimal(micros))
        for day, micros in zip(mine["day"], mine["atp_micros"], strict=True)
    ]


def clocks(*rows, physical="10"):
    """An ERP with ten clocks, and these rows of supply and demand."""
    return erp_rows(
        products=[product()],
        stock=[stock(physical=physical)],
        supply=[row for row in rows if "supply_id" in row],
        commitments=[row for row in rows if "commitment_id" in row],
    )


def comes(quantity, days, name="S-1", **changes):
    due_date = None if days is None else dated(days)
    changes = {"confirmed": "1"} | changes
    return supply(name, quantity=quantity, due_date=due_date, **changes)


def goes(quantity, days, name="C-1", **changes):
    due_date = None if days is None else dated(days)
    changes = {"expires_at": None} | changes
    return commitment(name, quantity=quantity, due_date=due_date, **changes)


@settings(max_examples=40, deadline=None)
@given(dated_erps(), TERMS)
def test_the_projection_is_what_living_through_the_days_shows(rows, terms):
    projection = projection_of(rows, rules_of(terms))
    for sku in SKUS:
        for place in PLACES:
            expected = dated_oracles.projected(rows, sku, place, NOW, CLOCKS.at(place), terms)
            assert by_day(projection, sku, place, HORIZON_DAYS) == expected, (sku, place)


@settings(max_examples=15, deadline=None)
@given(dated_erps(), TERMS)
def test_steps_begin_today_and_every_later_one_is_higher(rows, terms):
    steps = projection_of(rows, rules_of(terms)).steps
    assert list(steps) == list(PROJECTION_COLUMNS)
    for (_, place), mine in steps.groupby(["sku", "location"]):
        assert mine["day"].iloc[0].date() == CLOCKS.at(place)
        assert mine["day"].is_monotonic_increasing and mine["day"].is_unique
        assert mine["atp_micros"].is_monotonic_increasing and mine["atp_micros"].is_unique
        assert mine["day"].iloc[-1].date() <= CLOCKS.at(place) + timedelta(HORIZON_DAYS)


@settings(max_examples=15, deadline=None)
@given(dated_erps(), TERMS)
def test_without_supply_the_projection_is_the_atp_on_every_day(rows, terms):
    rows = rows | {"supply": []}
    atp = available_to_promise(judge(FakeErp(rows).snapshot()), NOW).rows
    steps = projection_of(rows, rules_of(terms)).steps
    columns = ["sku", "location", "atp_micros", "certainty"]
    key = columns[:2]
    expected = atp[columns].sort_values(key).values.tolist()
    assert steps[columns].sort_values(key).values.tolist() == expected


@settings(max_examples=15, deadline=None)
@given(dated_erps(), SUPPLIES, TERMS)
def test_more_supply_never_lowers_what_can_be_promised(rows, more, terms):
    more = [row | {"supply_id": f"MORE-{row['supply_id']}"} for row in more]
    rules = rules_of(terms)
    before = projection_of(rows, rules)
    after = projection_of(rows | {"supply": [*rows["supply"], *more]}, rules)
    for sku in SKUS:
        for place in PLACES:
            pairs = zip(
                by_day(before, sku, place, HORIZON_DAYS),
                by_day(after, sku, place, HORIZON_DAYS),
                strict=True,
            )
            assert all(less <= enough for less, enough in pairs)


@settings(max_examples=15, deadline=None)
@given(dated_erps(), COMMITMENTS, TERMS)
def test_more_demand_never_raises_what_can_be_promised(rows, more, terms):
    more = [row | {"commitment_id": f"MORE-{row['commitment_id']}"} for row in more]
    rules = rules_of(terms)
    before = projection_of(rows, rules)
    after = projection_of(rows | {"commitments": [*rows["commitments"], *more]}, rules)
    for sku in SKUS:
        for place in PLACES:
            pairs = zip(
                by_day(before, sku, place, HORIZON_DAYS),
                by_day(after, sku, place, HORIZON_DAYS),
                strict=True,
            )
            assert all(less >= enough for less, enough in pairs)


@settings(max_examples=15, deadline=None)
@given(dated_erps(), TERMS, st.sampled_from(["LEG", "TOP"]), st.integers(0, HORIZON_DAYS))
def test_promising_all_that_can_be_promised_breaks_nothing_and_one_more_does(
    rows, terms, sku, days
):
    rows = rows | {"components": []}
    rules = rules_of(terms)
    free = by_day(projection_of(rows, rules), sku, "EWR", HORIZON_DAYS)[days]
    if free < 0:
        return
    for extra, lowest in ((Decimal(0), 0), (Decimal(1), -1)):
        taken = commitment(
            "C-ALL",
            sku=sku,
            location="EWR",
            quantity=str(free + extra),
            due_date=dated(days),
            expires_at=None,
        )
        then = projection_of(rows | {"commitments": [*rows["commitments"], taken]}, rules)
        assert by_day(then, sku, "EWR", HORIZON_DAYS)[days] == lowest


def test_stock_that_tomorrows_supply_replaces_is_free_today():
    rows = clocks(comes("20", 3), goes("8", 5))
    assert steps_of(rows) == [(0, 10), (3, 22)]


def test_what_a_later_commitment_needs_is_kept_for_it():
    rows = clocks(comes("20", 6), goes("8", 5))
    assert steps_of(rows) == [(0, 2), (6, 22)]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (SUPPLY_FIRST, [(0, 10), (5, 12)]),
        (DEMAND_FIRST, [(0, 4), (6, 12)]),
    ],
)
def test_the_same_day_rule_decides_whether_todays_supply_serves_todays_demand(rules, expected):
    assert steps_of(clocks(comes("8", 5), goes("6", 5)), rules) == expected


@pytest.mark.parametrize(
    ("overdue_supply_days", "expected", "treatment"),
    [
        (None, [(0, 10)], ("left out", "its date has passed and it has not come")),
        (0, [(0, 18)], ("moved", "its date has passed: expected in 0 day(s)")),
        (4, [(0, 10), (4, 18)], ("moved", "its date has passed: expected in 4 day(s)")),
        (11, [(0, 10)], ("left out", "it comes after the horizon")),
    ],
)
def test_overdue_supply_follows_its_rule_and_is_reported(overdue_supply_days, expected, treatment):
    rules = ProjectionRules(10, "supply_first", overdue_supply_days)
    rows = clocks(comes("8", -1))
    assert steps_of(rows, rules) == expected
    assert report_of(rows, rules) == [("supply", *treatment, 1, 8, "S-1")]


@pytest.mark.parametrize(
    ("row", "treatment"),
    [
        (comes("8", None), ("left out", "it has no date")),
        (comes("8", 2, confirmed="0"), ("left out", "it is not confirmed")),
        (comes("8", 2, confirmed=None), ("left out", "it is not confirmed")),
        (comes("0", 2), ("left out", "its quantity is not above zero")),
        (comes("8", 11), ("left out", "it comes after the horizon")),
        (comes("8", 400), ("left out", "it comes after the horizon")),
        (comes("8", 2, location="MARS"), ("left out", "its location is not in locations")),
        (comes("8", 2, sku="GHOST"), ("left out", "its SKU is not in products")),
    ],
)
def test_supply_that_does_not_count_is_reported_with_its_reason(row, treatment):
    rows = clocks(row)
    assert steps_of(rows) == [(0, 10)]
    units = float(row["quantity"])
    assert report_of(rows) == [("supply", *treatment, 1, units, "S-1")]


def test_unconfirmed_supply_counts_if_the_setting_says_so():
    rules = ProjectionRules(10, "supply_first", count_unconfirmed=True)
    rows = clocks(comes("8", 2, confirmed="0"))
    assert steps_of(rows, rules) == [(0, 10), (2, 18)]
    assert report_of(rows, rules) == []


@pytest.mark.parametrize(
    ("days", "reason"),
    [
        (None, "it has no date: counts today"),
        (-1, "its date has passed: counts today"),
        (11, "it is due after the horizon: what it takes stays protected"),
    ],
)
def test_demand_is_never_left_out_and_a_moved_one_is_reported(days, reason):
    rows = clocks(goes("4", days))
    assert steps_of(rows) == [(0, 6)]
    assert report_of(rows) == [("commitments", "moved", reason, 1, 4, "C-1")]


@pytest.mark.parametrize(
    ("rules", "expected"), [(SUPPLY_FIRST, [(0, 10), (10, 12)]), (DEMAND_FIRST, [(0, 10)])]
)
def test_demand_after_the_horizon_is_served_by_the_supply_of_the_last_day(rules, expected):
    assert steps_of(clocks(comes("8", 10), goes("6", 11)), rules) == expected


def test_a_commitment_that_has_expired_is_left_out_and_reported():
    rows = clocks(goes("4", 3, expires_at=NOW.isoformat()))
    assert steps_of(rows) == [(0, 10)]
    assert report_of(rows) == [("commitments", "left out", "it has expired", 1, 4, "C-1")]


def test_rows_of_one_reason_are_counted_together():
    rows = clocks(comes("8", None), comes("2.5", None, "S-2"))
    assert report_of(rows) == [("supply", "left out", "it has no date", 2, 10.5, "S-1")]


def test_a_negative_projection_stays_visible():
    assert steps_of(clocks(goes("14.5", 2), comes("20", 4))) == [(0, Decimal("-4.5")), (4, 15.5)]


def test_what_is_in_flight_counts_today():
    judged = judge(FakeErp(clocks(comes("5", 3))).snapshot())
    atp = available_to_promise(judged, NOW)
    flight = pd.DataFrame(
        {"sku": ["RETRO-CLOCK"], "location": ["NYC"], "quantity_micros": [3 * SCALE]}
    )
    steps = project(atp, judged.snapshot, CLOCKS, SUPPLY_FIRST, flight).steps
    assert steps["atp_micros"].tolist() == [7 * SCALE, 12 * SCALE]


def test_a_kit_rises_when_the_last_of_its_parts_comes():
    rows = erp_rows(
        components=[part("TABLE", "LEG", "4"), part("TABLE", "TOP")],
        stock=[stock("LEG", "9")],
        supply=[comes("8", 2, sku="LEG"), comes("5", 4, "S-2", sku="TOP")],
    )
    assert steps_of(rows, pair=("TABLE", "NYC")) == [(0, 0), (4, 4)]
    assert steps_of(rows, pair=("LEG", "NYC")) == [(0, 9), (2, 17)]


def test_supply_of_a_kit_itself_is_left_out_and_reported():
    rows = erp_rows(
        components=[part("TABLE", "LEG", "4")],
        stock=[stock("LEG", "9")],
        supply=[comes("8", 2, sku="TABLE")],
    )
    assert steps_of(rows, pair=("TABLE", "NYC")) == [(0, 2)]
    reason = "its SKU is a kit: only its parts are counted"
    assert report_of(rows) == [("supply", "left out", reason, 1, 8, "S-1")]


def test_doubts_travel_with_the_projection_and_to_kits():
    rows = erp_rows(
        components=[part("TABLE", "LEG", "4")],
        stock=[stock("LEG", "9")],
        commitments=[goes("none", 2, sku="LEG")],
    )
    steps = projection_of(rows, SUPPLY_FIRST).steps
    known = dict(zip(steps["sku"], steps["certainty"], strict=True))
    assert known == {"LEG": Certainty.AT_MOST, "TABLE": Certainty.AT_MOST}


def test_a_kit_has_doubts_of_its_own_too():
    rows = erp_rows(
        components=[part("TABLE", "LEG", "4")], stock=[stock("LEG", "9"), stock("TABLE", "many")]
    )
    steps = projection_of(rows, SUPPLY_FIRST).steps
    known = dict(zip(steps["sku"], steps["certainty"], strict=True))
    assert known == {"LEG": Certainty.EXACT, "TABLE": Certainty.UNKNOWN}


def test_supply_of_what_was_never_there_is_as_certain_as_any():
    steps = projection_of(erp_rows(products=[product()], supply=[comes("8", 2)]), SUPPLY_FIRST)
    assert steps.steps["certainty"].tolist() == [Certainty.EXACT] * 2


def test_more_kits_than_can_be_counted_are_as_many_as_in_the_atp():
    rows = erp_rows(
        components=[part("TABLE", "LEG", "0.000001")], stock=[stock("LEG", "1000000000000")]
    )
    atp = available_to_promise(judge(FakeErp(rows).snapshot()), NOW).rows
    steps = projection_of(rows, SUPPLY_FIRST).steps
    assert sorted(steps["atp_micros"]) == sorted(atp["atp_micros"])


def test_today_is_the_day_at_the_location():
    """At noon in London it is tomorrow on Kiritimati: a supply of today is overdue there."""
    rows = erp_rows(
        products=[product()], supply=[comes("8", 0, location="LAX"), comes("8", 0, "S-2")]
    )
    steps = projection_of(rows, SUPPLY_FIRST).steps
    assert list(steps["location"]) == ["NYC"]
    assert report_of(rows)[0][2] == "its date has passed and it has not come"


def test_an_erp_without_anything_has_no_steps_and_no_report():
    projection = projection_of(erp_rows(products=[product()]), SUPPLY_FIRST)
    assert projection.steps.empty and list(projection.steps) == list(PROJECTION_COLUMNS)
    assert projection.report.empty and list(projection.report) == list(REPORT_COLUMNS)


def test_curves_are_the_steps_as_values():
    steps = projection_of(clocks(comes("20", 6), goes("8", 5)), SUPPLY_FIRST).steps
    assert curves(steps) == {
        CLOCK: Curve((TODAY, TODAY + timedelta(6)), (2 * SCALE, 22 * SCALE), Certainty.EXACT)
    }


@pytest.mark.parametrize(
    ("units", "day"), [(1, 2), (2, 2), (3, 8), (22, 8), (23, None), (10**9, None)]
)
def test_the_first_day_of_a_quantity_is_the_first_that_covers_it(units, day):
    curve = Curve((TODAY, TODAY + timedelta(6)), (2 * SCALE, 22 * SCALE))
    assert curve.first_day(units * SCALE) == (None if day is None else date(2026, 3, day))


def test_every_default_is_the_one_that_promises_less():
    rules = ProjectionRules()
    assert (rules.same_day, rules.overdue_supply_days) == ("demand_first", None)
    assert (rules.horizon_days, rules.count_unconfirmed) == (180, False)


def report_of(rows, rules=SUPPLY_FIRST):
    return list(projection_of(rows, rules).report.itertuples(index=False, name=None))


def test_a_location_without_time_zone_lives_by_utc():
    assert type(CLOCKS)(datetime(2026, 3, 2, 23, 30, tzinfo=UTC), {}).at("NYC") == TODAY
