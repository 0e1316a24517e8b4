"""The order ledger, the ERP's commitments and the projection together date every open line."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from inventory_sync.domain.orders import OrderLine, in_flight
from inventory_sync.flow.order_dates import Ordered, order_date_table
from inventory_sync_tests.domain.promises import MORNING, place
from inventory_sync_tests.flow.test_promise_publishing import NYC, Stage

PLACES = (place("NYC"), place("EWR", priority=1))
NONE = pd.DataFrame(columns=["sku", "location", "quantity_micros", "promise_date"])
LINE = OrderLine(
    order_id="gid://shopify/Order/1",
    order_name="#1001",
    line_id="gid://shopify/LineItem/1",
    sku="OAK-TABLE",
    inventory_item_id="gid://shopify/InventoryItem/501",
    store_location_id=NYC,
    current_units=4,
    taken_units=4,
    updated_at=MORNING,
)


def commitments(*rows: tuple[str | None, str | None, date | None, str]) -> pd.DataFrame:
    """The ERP's rows as (order, line, due date, kind)."""
    frame = pd.DataFrame(
        [("SO-1", *row[:2], "NYC", row[2], row[3]) for row in rows],
        columns=[
            "order_id", "external_order_id", "external_line_id", "location", "due_date", "kind"
        ],
    )  # fmt: skip
    return frame.assign(due_date=pd.to_datetime(frame["due_date"]).astype("datetime64[s]"))


def steps(*rows: tuple[str, int, int]) -> pd.DataFrame:
    """The projection of tables as (location, days from now, units), the order deducted."""
    frame = pd.DataFrame(
        [("OAK-TABLE", at, date(2026, 11, 23 + day), units * 1_000_000, 0)
         for at, day, units in rows],
        columns=["sku", "location", "day", "atp_micros", "certainty"],
    )  # fmt: skip
    return frame.assign(day=pd.to_datetime(frame["day"]).astype("datetime64[s]"))


def dated(
    lines: list[OrderLine], known: pd.DataFrame, projected: pd.DataFrame
) -> list[tuple[str, date | None, str]]:
    """Line number, date and source of each open line."""
    stage = Stage()
    stage.ledger.record_order_lines("b2b-us", lines, read_at=MORNING)
    acknowledged = known[["external_order_id", "external_line_id"]].dropna()
    acknowledged = acknowledged.assign(quantity_micros=4_000_000)
    flight = in_flight(stage.ledger.order_lines(), acknowledged)
    rows = order_date_table(stage.parts, Ordered(flight, known, NONE, projected), PLACES)
    assert rows["ships_by"].dtype == "datetime64[us, UTC]"
    return [
        (
            row["line_id"].rpartition("/")[2],
            None if pd.isna(row["ships_on"]) else row["ships_on"].date(),
            "" if pd.isna(row["source"]) else str(row["source"]),
        )
        for row in rows.to_dict("records")
    ]


def test_a_line_that_the_erp_knows_has_its_due_date() -> None:
    known = commitments((LINE.order_id, LINE.line_id, date(2026, 12, 3), "order"))
    assert dated([LINE], known, steps()) == [("1", date(2026, 12, 3), "erp")]


def test_a_line_in_flight_has_the_date_of_the_projection_without_it() -> None:
    found = dated([LINE], commitments(), steps(("NYC", 0, -2), ("NYC", 2, 0), ("EWR", 4, 9)))
    assert found == [("1", date(2026, 11, 25), "computed")]


def test_offline_orders_shipped_lines_and_reservations_are_not_told_of() -> None:
    reserved = replace(LINE, order_id="inventory-sync:5f", line_id="inventory-sync:5f/1")
    cancelled = replace(LINE, order_id="gid://shopify/Order/2", current_units=0, taken_units=0)
    known = commitments((None, None, date(2026, 12, 3), "order"))
    assert dated([reserved, cancelled], known, steps(("NYC", 0, 50))) == []


def test_of_nothing_there_is_an_empty_table() -> None:
    assert dated([], commitments(), steps()) == []


@pytest.mark.parametrize("gid", [NYC, None])
def test_a_line_without_a_location_may_come_from_any_of_its_store(gid: str | None) -> None:
    line = replace(LINE, store_location_id=gid)
    found = dated([line], commitments(), steps(("EWR", 3, 1)))
    assert found == [("1", date(2026, 11, 26), "computed")]


def test_an_order_after_the_cut_off_ships_a_day_later() -> None:
    stage = Stage()
    late = datetime(2026, 11, 23, 21, tzinfo=UTC)
    stage.ledger.record_order_lines("b2b-us", [LINE], read_at=late)
    flight = in_flight(
        stage.ledger.order_lines(),
        pd.DataFrame(columns=["external_order_id", "external_line_id", "quantity_micros"]),
    )
    ordered = Ordered(flight, commitments(), NONE, steps(("NYC", 0, 5)))
    rows = order_date_table(stage.parts, ordered, PLACES)
    assert rows["ships_on"].dt.date.tolist() == [(late + timedelta(days=1)).date()]
