"""What was promised is kept as it was told, and ends when it is promised no longer."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import create_engine, text

from inventory_sync.domain.given_promises import GIVEN_COLUMNS
from inventory_sync.domain.slips import SLIP_COLUMNS, OrderPromise
from inventory_sync.ledger import Ledger
from inventory_sync_tests.ledger.samples import minutes

DAY = timedelta(days=1)
NO_SLIPS = pd.DataFrame([], columns=list(SLIP_COLUMNS))
STOCK = ("RETRO-CLOCK", "NYC", 12, "", "computed", "", "stock", "")
PURCHASE = ("RETRO-CLOCK", "NYC", 40, "2026-12-03", "computed", "PO-7\nPO-8", "purchase",
            "2026-12-02")  # fmt: skip
LATER = (*PURCHASE[:3], "2026-12-17", *PURCHASE[4:7], "2026-12-16")


def record(ledger: Ledger, *rows: tuple, slips: pd.DataFrame = NO_SLIPS, at: float = 0) -> None:
    given = pd.DataFrame(rows, columns=list(GIVEN_COLUMNS))
    ledger.record_promises(given, slips, pass_id=f"pass-{at:g}", at=minutes(at))


def history(database: str) -> list[tuple]:
    with create_engine(database).connect() as connection:
        query = (
            "select units, ships_on, pass_id, ended_at from inventory_sync.promises order by 3, 1"
        )
        return [tuple(row) for row in connection.execute(text(query))]


def test_what_is_promised_again_is_not_written_again(ledger: Ledger, database: str) -> None:
    record(ledger, STOCK, PURCHASE)
    record(ledger, PURCHASE, STOCK, at=1)
    assert history(database) == [(12, "", "pass-0", None), (40, "2026-12-03", "pass-0", None)]


def test_what_is_promised_no_longer_ends_and_stays_on_record(ledger: Ledger, database: str) -> None:
    record(ledger, STOCK, PURCHASE)
    record(ledger, (*STOCK[:2], 10, *STOCK[3:]), PURCHASE, at=5)
    assert history(database) == [
        (12, "", "pass-0", minutes(5)),
        (40, "2026-12-03", "pass-0", None),
        (10, "", "pass-5", None),
    ]
    record(ledger, at=6)
    assert [ended for *_, ended in history(database)] == [minutes(5), minutes(6), minutes(6)]


def test_open_promises_that_rest_on_supply_are_found(ledger: Ledger) -> None:
    record(ledger, STOCK, PURCHASE)
    found = ledger.promises_on_supply()
    assert list(found) == ["promise_id", *GIVEN_COLUMNS]
    assert [tuple(row) for row in found[list(GIVEN_COLUMNS)].itertuples(index=False)] == [PURCHASE]
    record(ledger, STOCK)
    assert ledger.promises_on_supply().empty


def test_a_slip_is_kept_with_its_reason_and_listed_until_its_date(ledger: Ledger) -> None:
    record(ledger, PURCHASE)
    promise_id = ledger.promises_on_supply()["promise_id"].item()
    slip = (promise_id, "2026-12-17", "PO-7 comes on 2026-12-16 instead of 2026-12-02")
    record(ledger, LATER, slips=pd.DataFrame([slip], columns=list(SLIP_COLUMNS)), at=1)
    (row,) = ledger.slipped_promises(since=date(2026, 12, 3)).to_dict("records")
    assert (row["units"], row["ships_on"], row["now_on"], row["slip_reason"]) == (
        40, "2026-12-03", *slip[1:],
    )  # fmt: skip
    assert row["ended_at"] == pd.Timestamp(minutes(1))
    assert ledger.slipped_promises(since=date(2026, 12, 4)).empty


ORDER = OrderPromise(
    "b2b-us", "gid://shopify/Order/1", "gid://shopify/LineItem/11", "RETRO-CLOCK", "NYC",
    date(2026, 12, 3), "erp", "PO-7", "purchase", datetime(2026, 11, 23, 9, tzinfo=UTC), "pass-1",
    date(2026, 12, 3),
)  # fmt: skip


def test_the_promise_of_an_order_comes_back_as_it_was_saved(ledger: Ledger) -> None:
    other = replace(ORDER, line_id="gid://shopify/LineItem/12", location="", supply_ids="")
    ledger.save_order_promises([other, ORDER])
    assert ledger.order_promises(settled_since=None) == [ORDER, other]
    late = replace(ORDER, expected_on=None, reason="no date", slipped_at=minutes(3))
    ledger.save_order_promises([late])
    assert ledger.order_promises(settled_since=None) == [late, other]
    ledger.save_order_promises([])


@pytest.mark.parametrize(("since", "found"), [(0, 1), (1, 0), (None, 0)])
def test_settled_promises_are_told_as_far_back_as_is_asked(
    ledger: Ledger, since: int | None, found: int
) -> None:
    ledger.save_order_promises([replace(ORDER, outcome="shipped", settled_on=date(2026, 12, 4))])
    asked = None if since is None else date(2026, 12, 4) + since * DAY
    assert len(ledger.order_promises(settled_since=asked)) == found


def test_what_was_promised_is_never_overwritten_not_even_once_it_is_settled(
    ledger: Ledger,
) -> None:
    settled = replace(ORDER, outcome="shipped", settled_on=date(2026, 12, 4))
    ledger.save_order_promises([settled])
    other = ("b2b-us", ORDER.order_id, "gid://shopify/LineItem/99")
    assert ledger.settled_promises([ORDER.line, other]) == [settled]
    ledger.save_order_promises([replace(ORDER, promised_on=date(2026, 12, 20), made_at=minutes(9))])
    assert ledger.order_promises(settled_since=None) == [ORDER]
    assert ledger.settled_promises([ORDER.line]) == []


def test_old_promises_are_forgotten_and_open_ones_are_not(ledger: Ledger) -> None:
    record(ledger, STOCK, PURCHASE)
    record(ledger, STOCK, at=1)
    ledger.save_order_promises([replace(ORDER, outcome="shipped", settled_on=date(2026, 1, 4))])
    deleted = ledger.forget(before=minutes(5))
    assert (deleted["promises"], deleted["order_promises"]) == (1, 1)
    assert ledger.forget(before=minutes(5))["promises"] == 0
