"""A question for a date gets the same answer from plain rows as from the frames, or none."""

from dataclasses import replace
from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.domain.atp import available_to_promise
from inventory_sync.domain.dated_rows import Report
from inventory_sync.domain.few.dates import few_curves, plain_dates
from inventory_sync.domain.few.given import few_arrivals, few_given
from inventory_sync.domain.few.plain import plain_rows
from inventory_sync.domain.given_promises import arrivals, given_promises
from inventory_sync.domain.projection import curves, project
from inventory_sync.domain.promise import Departures, Place, erp_promises, ladder
from inventory_sync.domain.promise_table import promise_table, table_of
from inventory_sync.domain.quarantine import judge
from inventory_sync.domain.shortages import known_to_erp
from inventory_sync.domain.units import SCALE
from inventory_sync_tests.domain.dated_worlds import (
    CLOCKS,
    PAIRS,
    TERMS,
    dated,
    dated_erps,
    rules_of,
    supply,
)
from inventory_sync_tests.domain.promises import calendar
from inventory_sync_tests.domain.samples import NOW, erp_rows
from inventory_sync_tests.domain.worlds import SKUS
from inventory_sync_tests.erp.fake import FakeErp
from inventory_sync_tests.erp.rows import commitment, product

FLYING = st.lists(st.tuples(*PAIRS.values(), st.integers(1, 9).map(lambda n: n * SCALE // 2)))


def by_plain_rows(rows, rules, flying=()):
    extract = FakeErp(rows).extract(SKUS, (), dated=True)
    plain = plain_rows(extract)
    dates = plain_dates(extract, plain)
    return few_curves(plain, dates, flying, CLOCKS, rules), dates, plain


def by_frames(rows, rules, flying=()):
    judged = judge(FakeErp(rows).snapshot())
    demand = pd.DataFrame(flying, columns=["sku", "location", "quantity_micros"])
    demand = demand.astype({"sku": "str", "location": "str", "quantity_micros": "int64"})
    atp = available_to_promise(judged, NOW)
    return curves(project(atp, judged.snapshot, CLOCKS, rules, demand).steps)


@settings(deadline=None)
@given(dated_erps(), TERMS, FLYING)
def test_plain_rows_are_projected_as_the_frames_project_them(rows, terms, flying):
    found, dates, plain = by_plain_rows(rows, rules_of(terms), flying)
    assert not dates.odd | plain.odd
    assert found == by_frames(rows, rules_of(terms), flying)


DEPARTURES = {
    name: Departures(Place(name, calendar(zone=zone)), NOW) for name, zone in CLOCKS.zones.items()
}
SAID = st.lists(
    st.builds(
        lambda days, **changes: promise(promise_date=dated(days), **changes),
        st.integers(-1, 8),
        **PAIRS,
        quantity=st.sampled_from(["1", "2.5", "40"]),
    ),
    max_size=3,
)


@settings(deadline=None, max_examples=25)
@given(dated_erps(), TERMS, SAID)
def test_the_promise_ledger_is_told_the_same_of_plain_rows_as_of_frames(rows, terms, said):
    rows, rules = dict(rows) | {"promise_dates": said}, rules_of(terms)
    judged = judge(FakeErp(rows).snapshot())
    atp = available_to_promise(judged, NOW)
    steps = project(atp, judged.snapshot, CLOCKS, rules).steps
    table, _ = promise_table(steps, list(DEPARTURES.values()), judged.snapshot.promise_dates)
    known = known_to_erp(atp, judged.snapshot)
    coming = arrivals(judged.snapshot.supply, known, atp.kits, CLOCKS, rules)
    found, dates, plain = by_plain_rows(rows, rules)
    ladders = [
        ladder(sku, departures, found.get((sku, place)), dates.promised.get((sku, place), ()))
        for sku in SKUS
        for place, departures in DEPARTURES.items()
    ]
    given_few, arrive = few_given(
        table_of(ladders), found, few_arrivals(plain, dates, CLOCKS, rules)
    )
    assert told(given_few) == told(given_promises(table, steps, coming))
    assert told(arrive) == told(coming[list(arrive)])


def told(rows):
    return sorted(rows.itertuples(index=False, name=None))


ODD = [
    ("supply", {"quantity": "-1"}),
    ("supply", {"quantity": "a lot"}),
    ("supply", {"due_date": "soon"}),
    ("supply", {"supply_id": "S-0"}),
    ("supply", {"confirmed": "perhaps"}),
    ("supply", {"location": None}),
    ("commitments", {"due_date": "soon"}),
    ("promise_dates", {"promise_date": None}),
    ("promise_dates", {"promise_date": "soon"}),
    ("promise_dates", {"quantity": "-1"}),
    ("promise_dates", {"location": None}),
]


@pytest.mark.parametrize(("dataset", "changes"), ODD, ids=str)
def test_a_row_about_days_that_is_not_plain_is_left_to_the_frames(dataset, changes):
    rows = company()
    assert not plain_dates(*read(rows)).odd
    rows[dataset] = [*rows[dataset][:-1], rows[dataset][-1] | changes]
    assert plain_dates(*read(rows)).odd == {"LEG"}


def test_every_sku_is_odd_that_a_supply_id_names_which_stands_twice():
    rows = company()
    rows["products"] = [product("LEG"), product("TOP")]
    rows["supply"] = [supply("S-1", sku=sku, due_date=dated(1)) for sku in ("LEG", "TOP")]
    extract = FakeErp(rows).extract({"LEG", "TOP"}, (), dated=True)
    assert plain_dates(extract, plain_rows(extract)).odd == {"LEG", "TOP"}


def test_supply_that_nobody_lists_is_not_odd_and_does_not_count():
    rows = company()
    rows["supply"] = [supply("S-1", sku="LEG", location="MOON", quantity="5", due_date=dated(1))]
    dates = plain_dates(*read(rows))
    assert (dates.odd, dates.supply) == (frozenset(), [])


def test_the_dates_of_the_erp_are_taken_over_as_the_frames_take_them():
    rows = company()
    rows["promise_dates"] = [promise(quantity=each) for each in ("3", "0", "1.5")]
    told = erp_promises(judge(FakeErp(rows).snapshot()).snapshot.promise_dates, Report())
    assert plain_dates(*read(rows)).promised == told
    assert len(told["LEG", "NYC"]) == 2


def test_without_dates_every_sku_is_odd():
    extract, plain = read(company())
    assert plain_dates(replace(extract, dates=None), plain).odd == extract.skus


def test_a_time_of_day_is_no_day():
    extract, plain = read(company())
    at_noon = datetime(2026, 3, 9, 12)  # noqa: DTZ001 - what a careless view gives
    rows = [replace(row, due_date=at_noon) for row in plain.commitments]
    assert plain_dates(extract, replace(plain, commitments=rows)).odd == {"LEG"}


def promise(**changes):
    values = {"sku": "LEG", "location": "NYC", "quantity": "3", "promise_date": dated(2)}
    return values | changes


def company():
    rows = erp_rows(
        products=[product("LEG")],
        supply=[supply(f"S-{n}", sku="LEG", due_date=dated(1)) for n in range(2)],
        commitments=[commitment(sku="LEG")],
        promise_dates=[promise()],
    )
    return dict(rows)


def read(rows):
    extract = FakeErp(rows).extract({"LEG"}, (), dated=True)
    return extract, plain_rows(extract)
