"""Today's projection as the ATP: never less than stock less all demand, exactly, and told why."""

from decimal import Decimal
from math import floor

import pandas as pd
import pytest
from hypothesis import given, settings

from inventory_sync.domain.allocation import OfferRules, offers
from inventory_sync.domain.atp import available_to_promise, sum_of_terms
from inventory_sync.domain.covered import Lookahead
from inventory_sync.domain.dated_rows import ProjectionRules
from inventory_sync.domain.few.covered import few_covered
from inventory_sync.domain.few.dates import plain_dates
from inventory_sync.domain.few.offers import few_atp
from inventory_sync.domain.few.plain import plain_rows
from inventory_sync.domain.quarantine import judge
from inventory_sync.domain.units import SCALE, micros_to_decimal
from inventory_sync_tests import oracles
from inventory_sync_tests.domain import dated_oracles
from inventory_sync_tests.domain.dated_worlds import (
    CLOCKS,
    HORIZON_DAYS,
    TERMS,
    dated,
    dated_erps,
    rules_of,
    supply,
)
from inventory_sync_tests.domain.samples import NOW, erp_rows, no_flight, part
from inventory_sync_tests.domain.worlds import PLACES, SKUS
from inventory_sync_tests.erp.fake import FakeErp
from inventory_sync_tests.erp.rows import commitment, product, stock

CLOCK = ("RETRO-CLOCK", "NYC")
DEMAND_FIRST = Lookahead(CLOCKS, ProjectionRules(HORIZON_DAYS))


def by_frames(rows, lookahead=DEMAND_FIRST):
    return available_to_promise(judge(FakeErp(rows).snapshot()), NOW, lookahead)


def by_plain_rows(rows, lookahead=DEMAND_FIRST, doubtful=frozenset()):
    extract = FakeErp(rows).extract([*SKUS, "RETRO-CLOCK"], (), dated=True)
    plain = plain_rows(extract)
    dates = plain_dates(extract, plain)
    return few_atp(plain, few_covered(plain, dates, lookahead, doubtful=doubtful))


def told(atp):
    """(SKU, location) -> ATP in micros, what covers it, and what limits it."""
    columns = ["sku", "location", "atp_micros", "covered_by", "limited_by"]
    rows = atp.rows[columns].astype("object")
    return {
        (sku, place): (micros, covered_by, limited_by)
        for sku, place, micros, covered_by, limited_by in rows.where(rows.notna(), None).to_numpy()
    }


def clock(rows, lookahead=DEMAND_FIRST):
    return told(by_frames(rows, lookahead))[CLOCK][0] // SCALE


def offered(rows, sku, place, terms):
    """What can be promised today of what is here."""
    if parts := oracles.parts_of(sku, rows["components"]):
        return min(floor(offered(rows, p, place, terms) / n) for p, n in parts.items())
    here = sum(
        Decimal(row["physical"]) - Decimal(row["unavailable"])
        for row in rows["stock"]
        if (row["sku"], row["location"]) == (sku, place)
    )
    today = dated_oracles.projected(rows, sku, place, NOW, CLOCKS.at(place), terms)[0]
    return min(today, here)


@settings(max_examples=25, deadline=None)
@given(dated_erps(), TERMS)
def test_it_is_the_projection_of_what_is_here_and_never_less_than_the_stock_method(rows, terms):
    lookahead = Lookahead(CLOCKS, rules_of(terms))
    atp = by_frames(rows, lookahead)
    found = told(atp)
    for sku in SKUS:
        for place in PLACES:
            expected = offered(rows, sku, place, terms)
            micros, _, _ = found.get((sku, place), (0, None, None))
            assert micros_to_decimal(micros) == expected, (sku, place)
            assert expected >= oracles.atp(rows, sku, place, NOW)
    own = atp.rows[~atp.rows["is_kit"].astype(bool)]
    assert (own["atp_micros"] == sum_of_terms(own)).all()
    few = by_plain_rows(rows, lookahead)
    assert few.micros.keys() == found.keys()
    for pair, (micros, covered_by, limited_by) in found.items():
        assert few.micros[pair] == micros
        assert few.covered_by.get(pair) == covered_by
        assert few.limits.get(pair) == limited_by


def company(*rows, physical="10"):
    """Ten clocks in New York, and what comes and goes of them."""
    return erp_rows(
        products=[product(), product("CLOCK-SET")],
        stock=[stock(physical=physical)],
        supply=[row for row in rows if "supply_id" in row],
        commitments=[row for row in rows if "commitment_id" in row],
        components=[row for row in rows if "kit_sku" in row],
    )


LATER = commitment(quantity="8", due_date=dated(5))
COMES = supply("PO-7", quantity="20", due_date=dated(3))


def test_stock_that_supply_covers_is_not_frozen_by_an_order_of_next_week():
    rows = company(LATER, COMES)
    assert clock(rows, None) == 2
    assert clock(rows) == 10
    text = told(by_frames(rows))[CLOCK][1]
    assert text == f"not needed until {dated(5)}, covered by supply PO-7 of {dated(3)}"


def test_the_latest_demand_and_the_earliest_supplies_are_named():
    orders = [commitment(f"C-{n}", quantity="2", due_date=dated(n)) for n in range(1, 6)]
    comes = [supply(f"PO-{n}", quantity="1", due_date=dated(n // 2)) for n in range(6)]
    rows = company(*orders, *comes)
    assert clock(rows) == 6
    text = told(by_frames(rows))[CLOCK][1]
    assert text == (
        f"not needed until {dated(3)}, covered by supply PO-0 of {dated(0)}, PO-1 of {dated(0)}, "
        f"PO-2 of {dated(1)}, 3 more"
    )
    assert by_plain_rows(rows).covered_by[CLOCK] == text


@pytest.mark.parametrize(
    "wrong",
    [
        {"due_date": None},
        {"due_date": dated(6)},
        {"due_date": dated(-1)},
        {"confirmed": "0"},
        {"confirmed": None},
        {"quantity": "-20"},
        {"quantity": "a lot"},
        {"location": "EWR"},
        {"location": "MOON"},
    ],
    ids=str,
)
def test_supply_that_is_late_or_not_believed_covers_nothing(wrong):
    assert clock(company(LATER, COMES | wrong)) == 2


@pytest.mark.parametrize("due_in_days", [0, -1])
def test_what_is_due_today_covers_orders_and_is_not_offered_itself(due_in_days):
    rules = ProjectionRules(HORIZON_DAYS, "supply_first", overdue_supply_days=0)
    comes = COMES | {"due_date": dated(due_in_days)}
    assert clock(company(LATER, comes), Lookahead(CLOCKS, rules)) == 10


def test_supply_that_slips_behind_the_order_lowers_todays_atp_at_once():
    slipped = COMES | {"due_date": dated(5)}
    assert clock(company(LATER, slipped)) == 2


def test_a_doubt_about_the_demand_leaves_the_stock_method():
    odd = commitment("C-2", quantity="1", kind="wish")
    rows = company(LATER, COMES, odd)
    assert clock(rows) == 1
    sure = company(LATER, COMES)
    assert by_plain_rows(sure, doubtful={"RETRO-CLOCK"}).micros[CLOCK] == 2 * SCALE


def test_where_nobody_knows_the_time_zone_no_supply_counts():
    lookahead = Lookahead(CLOCKS, ProjectionRules(HORIZON_DAYS), frozenset({"NYC"}))
    rows = company(LATER, COMES)
    assert clock(rows, lookahead) == 2
    assert by_plain_rows(rows, lookahead).micros[CLOCK] == 2 * SCALE


def test_a_store_offers_it_for_kits_and_over_several_locations():
    rows = company(LATER, COMES, part("CLOCK-SET", "RETRO-CLOCK", "4"))
    places = {"gid://shopify/Location/1": ["NYC", "EWR"]}
    table = offers(by_frames(rows), no_flight(), places, OfferRules())
    shown = table.set_index("sku")["offer_units"]
    assert shown.to_dict() == {"CLOCK-SET": 2, "RETRO-CLOCK": 10}
    said = table.set_index("sku")["covered_by"]
    assert "PO-7" in said["RETRO-CLOCK"]
    assert pd.isna(said["CLOCK-SET"])
