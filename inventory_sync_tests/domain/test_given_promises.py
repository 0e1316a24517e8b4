"""Every promise says what it rests on: stock, or the supply that covers it first."""

import pandas as pd
from hypothesis import given, settings

from inventory_sync.domain.atp import available_to_promise
from inventory_sync.domain.given_promises import GIVEN_COLUMNS, arrivals, given_promises
from inventory_sync.domain.projection import project
from inventory_sync.domain.promise import Departures, Place
from inventory_sync.domain.promise_table import promise_table
from inventory_sync.domain.quarantine import judge
from inventory_sync.domain.shortages import known_to_erp, shortages
from inventory_sync_tests.domain.dated_worlds import (
    CLOCKS,
    TERMS,
    TODAY,
    dated,
    dated_erps,
    rules_of,
    supply,
)
from inventory_sync_tests.domain.promises import calendar
from inventory_sync_tests.domain.samples import NOW, erp_rows, part
from inventory_sync_tests.domain.test_projection import DEMAND_FIRST, SUPPLY_FIRST
from inventory_sync_tests.erp.fake import FakeErp
from inventory_sync_tests.erp.rows import commitment, product, stock


def read(rows, rules):
    """A judged snapshot, its ATP and its projection."""
    judged = judge(FakeErp(rows).snapshot())
    atp = available_to_promise(judged, NOW)
    steps = project(atp, judged.snapshot, CLOCKS, rules).steps
    return judged.snapshot, atp, steps


def told(rows, rules=SUPPLY_FIRST):
    """The rows of the promise ledger, every day a working day."""
    snapshot, atp, steps = read(rows, rules)
    everyday = calendar(working_days=frozenset(range(7)))
    departures = [Departures(Place(name, everyday), NOW) for name in ("NYC", "EWR", "LAX")]
    table, _ = promise_table(steps, departures, snapshot.promise_dates)
    coming = arrivals(snapshot.supply, known_to_erp(atp, snapshot), atp.kits, CLOCKS, rules)
    return given_promises(table, steps, coming)


def clocks(*supplies, promise_dates=()):
    return erp_rows(
        products=[product()],
        stock=[stock(physical="10")],
        supply=supplies,
        promise_dates=promise_dates,
    )


def plain(found):
    names = ["units", "ships_on", "supply_ids", "supply_kind", "arrives_on"]
    return list(found[names].itertuples(index=False, name=None))


def test_stock_ships_with_the_next_departure_and_supply_on_its_date():
    found = told(clocks(supply("PO-7", due_date=dated(3)), supply("PO-8", due_date=dated(5))))
    assert list(found) == list(GIVEN_COLUMNS)
    assert plain(found) == [
        (10, "", "", "stock", ""),
        (12, dated(3), "PO-7", "purchase", dated(3)),
        (14, dated(5), "PO-8", "purchase", dated(5)),
    ]


def test_with_demand_first_supply_can_leave_on_the_day_after():
    found = told(clocks(supply("PO-7", due_date=dated(3))), DEMAND_FIRST)
    assert plain(found)[1] == (12, dated(4), "PO-7", "purchase", dated(4))


def test_supplies_of_one_day_are_named_together():
    both = supply("PO-7", due_date=dated(3)), supply("WO-1", due_date=dated(3), kind="production")
    assert plain(told(clocks(*both)))[1] == (14, dated(3), "PO-7\nWO-1", "several", dated(3))


def test_a_date_of_the_erp_rests_on_what_only_the_erp_knows():
    said = {"sku": "RETRO-CLOCK", "location": "NYC", "quantity": "11", "promise_date": dated(2)}
    found = told(clocks(supply("PO-7", due_date=dated(3)), promise_dates=[said]))
    assert plain(found)[0] == (11, dated(2), "", "", "")
    assert list(found["source"]) == ["erp", "computed"]
    assert plain(found)[1][2] == "PO-7"


def test_a_kit_rests_on_the_supply_of_its_parts():
    rows = erp_rows(
        components=[part("TABLE-SET", "OAK-TABLE"), part("TABLE-SET", "RETRO-CLOCK", "2")],
        stock=[stock("OAK-TABLE", "9"), stock("RETRO-CLOCK", "2")],
        supply=[supply("PO-7", quantity="4", due_date=dated(3))],
    )
    found = told(rows)
    kits = found[found["sku"] == "TABLE-SET"]
    assert plain(kits) == [
        (1, "", "", "stock", ""),
        (3, dated(3), "PO-7", "purchase", dated(3)),
    ]


@settings(deadline=None, max_examples=40)
@given(dated_erps(), TERMS)
def test_whatever_does_not_come_from_stock_rests_on_supply(rows, terms):
    found = told(rows, rules_of(terms))
    assert ((found["supply_kind"] == "stock") == (found["ships_on"] == "")).all()
    assert ((found["supply_kind"] == "stock") == (found["supply_ids"] == "")).all()


def short(rows, rules=SUPPLY_FIRST):
    snapshot, atp, steps = read(rows, rules)
    found = shortages(atp, snapshot, steps, CLOCKS, rules)
    days = found["covered_in_days"].astype("object").where(found["covered_in_days"].notna(), None)
    return dict(zip(found["commitment_id"], days, strict=True))


def sold(name, quantity, days, sku="RETRO-CLOCK"):
    changes = {"sku": sku, "quantity": quantity, "due_date": dated(days), "expires_at": None}
    return commitment(name, kind="order", **changes)


def company(*orders, supplies=(), on_hand="10"):
    return erp_rows(
        products=[product()], stock=[stock(physical=on_hand)], commitments=orders, supply=supplies
    )


def test_nothing_is_short_while_stock_and_supply_come_in_time():
    come = [supply("PO-7", quantity="8", due_date=dated(4))]
    assert short(company(sold("C-1", "10", 2), sold("C-2", "8", 5), supplies=come)) == {}


def test_an_order_is_short_when_its_supply_comes_after_it():
    come = [supply("PO-7", quantity="8", due_date=dated(7))]
    rows = company(sold("C-1", "10", 2), sold("C-2", "8", 5), supplies=come)
    assert short(rows) == {"C-2": 7}
    assert short(rows, DEMAND_FIRST) == {"C-2": 8}


def test_an_earlier_order_is_not_short_because_a_later_one_is():
    assert short(company(sold("C-1", "10", 2), sold("C-2", "1", 5))) == {"C-2": None}


def test_an_order_of_a_kit_is_short_when_one_of_its_parts_is():
    rows = erp_rows(
        components=[part("TABLE-SET", "OAK-TABLE"), part("TABLE-SET", "RETRO-CLOCK", "2")],
        stock=[stock("OAK-TABLE", "9"), stock("RETRO-CLOCK", "2")],
        commitments=[sold("C-1", "2", 1, sku="TABLE-SET")],
        supply=[supply("PO-7", quantity="2", due_date=dated(3))],
    )
    assert short(rows) == {"C-1": 3}


@settings(deadline=None, max_examples=60)
@given(dated_erps(), TERMS)
def test_what_is_short_has_a_place_where_less_than_nothing_can_be_promised(rows, terms):
    rules = rules_of(terms)
    _, _, steps = read(rows, rules)
    lowest = steps.groupby(["sku", "location"])["atp_micros"].first()
    negative = {pair for pair, micros in lowest.items() if micros < 0}
    by_id = {row["commitment_id"]: row for row in rows["commitments"]}
    for name, days in short(rows, rules).items():
        row = by_id[name]
        assert (row["sku"], row["location"]) in negative
        due = pd.Timestamp(row["due_date"] or TODAY).date()
        day = min(max((due - CLOCKS.at(row["location"])).days, 0), rules.horizon_days + 1)
        assert days is None or day < days <= rules.horizon_days
