"""The rows of a random company as an extract and as what the ledger knows.

Put here what turns the small worlds of the domain tests into the words of an event pass.
"""

from datetime import datetime
from decimal import Decimal, InvalidOperation

from inventory_sync.domain.extract import (
    AcknowledgedRow,
    CommitmentRow,
    ComponentRow,
    ErpExtract,
    ProductRow,
    StockRow,
)
from inventory_sync.domain.known import Known, KnownLevel, KnownLine
from inventory_sync.domain.publication import LevelKey
from inventory_sync_tests.domain.samples import NOW
from inventory_sync_tests.domain.worlds import STORES


def number(text: str | None) -> object:
    """As a driver gives it: an exact number, or whatever a careless view holds."""
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return text


def whole_extract(rows, acknowledged) -> ErpExtract:
    """An extract of everything that the rows hold."""
    products = [ProductRow(row["sku"], row["tracked"] == "1") for row in rows["products"]]
    return ErpExtract(
        taken_at=NOW,
        skus=frozenset(str(row.sku) for row in products),
        locations=frozenset(row["location"] for row in rows["locations"]),
        products=products,
        components=[
            ComponentRow(row["kit_sku"], row["component_sku"], number(row["quantity"]))
            for row in rows["components"]
        ],
        stock=[
            StockRow(
                row["sku"], row["location"], number(row["physical"]), number(row["unavailable"])
            )
            for row in rows["stock"]
        ],
        commitments=[
            CommitmentRow(
                commitment_id=row["commitment_id"],
                order_id=row["order_id"],
                sku=row["sku"],
                location=row["location"],
                quantity=number(row["quantity"]),
                kind=row["kind"],
                expires_at=datetime.fromisoformat(row["expires_at"]) if row["expires_at"] else None,
                external_order_id=row["external_order_id"],
            )
            for row in rows["commitments"]
        ],
        acknowledged=[
            AcknowledgedRow("O-1", line_id, units) for line_id, units in acknowledged.items()
        ],
    )


def item_of(sku: str) -> str:
    return f"gid://shopify/InventoryItem/{sku}"


def known_lines(lines) -> list[KnownLine]:
    """The lines of a random order ledger; all of them belong to one order."""
    return [
        KnownLine(
            store=line.store,
            order_id="O-1",
            line_id=line.line_id,
            sku=line.sku,
            inventory_item_id=item_of(line.sku),
            store_location_id=line.place,
            current_units=line.current,
            taken_units=line.taken,
            first_seen_at=NOW,
        )
        for line in lines
    ]


def known_with(lines, base_units: int, skus) -> Known:
    """Every level of every store was set to ``base_units`` before any of the orders."""
    levels = [
        KnownLevel(store, LevelKey(item_of(sku), place), sku, base_units, 0, 3, False, 0, None)
        for store, places in STORES.items()
        for place in places
        for sku in skus
    ]
    return Known(levels, known_lines(lines), frozenset())
