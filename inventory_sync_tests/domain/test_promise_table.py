"""The table of all promises says what the promise of each single SKU says."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.domain.dated_rows import PASSED, UNKNOWN_LOCATION
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.profile import profile
from inventory_sync.domain.promise import Departures, ErpPromise, Place, ladder
from inventory_sync.domain.promise_table import PROMISE_COLUMNS, promise_table
from inventory_sync.domain.units import SCALE
from inventory_sync_tests.domain.promises import DAY, MONDAY, MORNING, curve, curves, place

PLACES = [place("NYC"), place("EWR", priority=1, handling_days=2), Place("YARD", None, 2)]
PAIRS = [("RETRO-CLOCK", "NYC"), ("RETRO-CLOCK", "EWR"), ("OAK-TABLE", "NYC"), ("SPOON", "YARD")]
SAID = st.lists(st.tuples(st.integers(1, 30), st.integers(-2, 20)), min_size=1, max_size=2)


def steps_of(found):
    rows = [
        (sku, location, pd.Timestamp(day), micros, int(each.certainty))
        for (sku, location), each in found.items()
        for day, micros in zip(each.days, each.micros, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["sku", "location", "day", "atp_micros", "certainty"])
    return frame.astype({"day": "datetime64[s]", "atp_micros": "int64", "certainty": "int8"})


def said_by_the_erp(said):
    rows = [
        (sku, location, units * SCALE, pd.Timestamp(MONDAY + days * DAY))
        for (sku, location), promises in said.items()
        for units, days in promises
    ]
    frame = pd.DataFrame(rows, columns=["sku", "location", "quantity_micros", "promise_date"])
    return frame.astype({"quantity_micros": "int64", "promise_date": "datetime64[s]"})


def one_by_one(found, said):
    """Each pair by itself, in whole units, as a storefront gets it."""
    by_name = {each.location: each for each in PLACES}
    rows = set()
    for sku, location in PAIRS:
        promised = [
            ErpPromise(units * SCALE, MONDAY + days * DAY)
            for units, days in said.get((sku, location), ())
        ]
        departures = Departures(by_name[location], MORNING)
        each = ladder(sku, departures, found.get((sku, location)), promised)
        for units, day in profile(each, departures, most_bytes=10_000).steps:
            rows.add((sku, location, units, day))
    return rows


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(PAIRS), curves()),
    st.dictionaries(st.sampled_from(PAIRS), SAID),
)
def test_it_has_the_dates_that_each_sku_has_by_itself(found, said):
    departures = [Departures(each, MORNING) for each in PLACES]
    table, report = promise_table(steps_of(found), departures, said_by_the_erp(said))
    assert list(table) == list(PROMISE_COLUMNS)
    rows = table[["sku", "location", "units", "ships_on"]].itertuples(index=False)
    assert {(sku, place, units, day.date()) for sku, place, units, day in rows} == one_by_one(
        found, said
    )
    over = sum(days < 0 for promises in said.values() for _, days in promises)
    assert report.frame()["rows"].sum() == over


def test_what_is_not_certain_has_no_date():
    doubtful = {("OAK-TABLE", "NYC"): curve((0, 5), certainty=Certainty.UNKNOWN)}
    table, _ = promise_table(
        steps_of(doubtful), [Departures(PLACES[0], MORNING)], said_by_the_erp({})
    )
    assert table.empty


def test_whose_date_it_is_stands_beside_it():
    found = {pair: curve((0, 5), (7, 9)) for pair in PAIRS[:2]}
    said = {PAIRS[0]: [(6, 3)]}
    departures = [Departures(each, MORNING) for each in PLACES]
    table, _ = promise_table(steps_of(found), departures, said_by_the_erp(said))
    sources = table.groupby("location")["source"].agg(list).to_dict()
    assert sources == {"NYC": ["erp", "computed"], "EWR": ["computed", "computed"]}


def test_a_date_of_the_erp_that_is_over_or_of_nowhere_is_reported():
    said = {("RETRO-CLOCK", "NYC"): [(6, -1), (6, 3)], ("RETRO-CLOCK", "MOON"): [(2, 4)]}
    departures = [Departures(each, MORNING) for each in PLACES]
    _, report = promise_table(steps_of({}), departures, said_by_the_erp(said))
    reasons = report.frame().set_index("reason")
    assert reasons["quantity_units"].to_dict() == {PASSED: 6.0, UNKNOWN_LOCATION: 2.0}
    assert set(reasons["treatment"]) == {"left out"}
