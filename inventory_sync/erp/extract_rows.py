"""From rows of the contract to the extract of an event pass, wherever they were read.

Put here how plain rows become an ``ErpExtract`` and which SKUs belong together. Keep reading out
(``sql_extract``, ``api``) and judgement too: values are handed on as they come, numbers as
decimals.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from inventory_sync.domain.errors import ContractBroken
from inventory_sync.domain.extract import (
    AcknowledgedRow,
    CommitmentRow,
    ComponentRow,
    ErpDates,
    ErpExtract,
    ProductRow,
    PromiseDateRow,
    StockRow,
    SupplyRow,
)
from inventory_sync.domain.kits import related_skus

MOST_SKUS: Final = 5_000
"""More SKUs that share kits than this are not read for a single event."""

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "locations": ("location", "time_zone"),
    "products": ("sku", "tracked"),
    "components": ("kit_sku", "component_sku", "quantity"),
    "stock": ("sku", "location", "physical", "unavailable"),
    "commitments": (
        "commitment_id",
        "order_id",
        "sku",
        "location",
        "quantity",
        "kind",
        "expires_at",
        "external_order_id",
        "due_date",
    ),
    "acknowledged_orders": ("external_order_id", "external_line_id", "quantity"),
    "supply": ("supply_id", "sku", "location", "quantity", "due_date", "confirmed", "kind"),
    "promise_dates": ("sku", "location", "quantity", "promise_date"),
}
DATED: Final = frozenset({"supply", "promise_dates"})
"""The datasets that only a question about days needs."""

Rows = list[tuple[Any, ...]]


def related(components: Iterable[ComponentRow], skus: Collection[str]) -> frozenset[str]:
    """The SKUs and all that are connected with them by parts lists.

    A row that lacks a name connects nothing; it is handed on for others to judge.
    """
    pairs = (
        (str(row.kit_sku), str(row.component_sku))
        for row in components
        if row.kit_sku is not None and row.component_sku is not None
    )
    found = frozenset().union(*related_skus(pairs, skus))
    if len(found) > MOST_SKUS:
        raise ContractBroken(
            f"More than {MOST_SKUS} SKUs share kits with {sorted(skus)[0]}: take parts that never "
            "run out, such as packaging, out of dataset components."
        )
    return found


def components_of(rows: Rows) -> list[ComponentRow]:
    """Parts lists out of rows of ``components``."""
    return [ComponentRow(kit, part, _number(quantity)) for kit, part, quantity in rows]


def assembled(
    rows: Mapping[str, Rows], found: frozenset[str], taken_at: datetime, *, is_dated: bool
) -> ErpExtract:
    """The extract of a closure, out of rows of each dataset with the columns of ``COLUMNS``.

    Rows about SKUs outside of it are left out.
    """
    components = components_of(rows["components"])
    return ErpExtract(
        taken_at=taken_at,
        skus=found,
        locations=frozenset(str(name) for name, _ in rows["locations"] if name is not None),
        products=[ProductRow(sku, _truth(t)) for sku, t in rows["products"] if sku in found],
        components=[row for row in components if {row.kit_sku, row.component_sku} & found],
        stock=[
            StockRow(sku, place, _number(physical), _number(unavailable))
            for sku, place, physical, unavailable in rows["stock"]
            if sku in found
        ],
        commitments=[_commitment(row) for row in rows["commitments"] if row[2] in found],
        acknowledged=[
            AcknowledgedRow(order, line, _number(quantity))
            for order, line, quantity in rows["acknowledged_orders"]
        ],
        dates=_dates(rows, found) if is_dated else None,
    )


def _commitment(row: tuple[Any, ...]) -> CommitmentRow:
    name, order, sku, place, quantity, kind, ends, external_order, due = row
    return CommitmentRow(
        name, order, sku, place, _number(quantity), kind, _instant(ends), external_order, _day(due)
    )


def _dates(rows: Mapping[str, Rows], found: frozenset[str]) -> ErpDates:
    return ErpDates(
        {str(place): str(zone) for place, zone in rows["locations"] if place and zone},
        [
            SupplyRow(name, sku, place, _number(quantity), _day(due), _truth(confirmed), kind)
            for name, sku, place, quantity, due, confirmed, kind in rows.get("supply", ())
            if sku in found
        ],
        [
            PromiseDateRow(sku, place, _number(quantity), _day(day))
            for sku, place, quantity, day in rows.get("promise_dates", ())
            if sku in found
        ],
    )


def _number(value: object) -> object:
    """A float counts as the shortest decimal that denotes it, as in a snapshot."""
    if isinstance(value, float) and math.isfinite(value):
        return Decimal(repr(value))
    return value


def _truth(value: object) -> object:
    """Many databases say 1 and 0 for true and false."""
    return bool(value) if isinstance(value, int) and value in (0, 1) else value


def _instant(value: object) -> object:
    """A time that tells its zone; anything else is handed on as it is."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    return value


def _day(value: object) -> object:
    """A day; anything else is handed on as it is."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value
