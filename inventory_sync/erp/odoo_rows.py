"""From Odoo's records to rows of the contract: stock, commitments, supply, acknowledgements.

Put here what is open, what it takes and what it brings; pure. Keep out how a cell is understood
(``odoo_records.py``) and which records are read (``odoo.py``).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from inventory_sync.erp.api_rows import (
    AcknowledgedRecord,
    CommitmentRecord,
    StockRecord,
    SupplyRecord,
)
from inventory_sync.erp.odoo_records import (
    Places,
    Products,
    Record,
    Units,
    instant,
    label,
    one,
    quantity,
    text,
)
from inventory_sync.erp.odoo_references import References

OPEN_MOVES: Final = ("waiting", "confirmed", "assigned", "partially_available")
"""States of a stock move that is planned and not done: a draft binds nobody."""

QUOTATIONS: Final = ("draft", "sent")
"""States of a sales order that is not confirmed: Odoo itself makes no move for it."""

QUANT_FIELDS: Final = ("product_id", "location_id", "quantity", "write_date")
MOVE_FIELDS: Final = (
    "product_id",
    "location_id",
    "location_dest_id",
    "location_final_id",
    "product_qty",
    "date",
    "origin",
    "sale_line_id",
    "purchase_line_id",
    "raw_material_production_id",
    "production_id",
    "picking_id",
    "write_date",
)


@dataclass(frozen=True, slots=True)
class Rules:
    """How the settings want Odoo to be read. ``quotations``: state of a quotation -> kind of its
    commitments; a state that is not named takes nothing. ``zone`` is that of dates.
    """

    zone: ZoneInfo
    quotations: Mapping[str, str] = field(default_factory=dict)


# --- stock ---


def stock_of(quants: Iterable[Record], products: Products, places: Places) -> Iterator[StockRecord]:
    """Stock by product and warehouse. Each product has a row of its own, also where two share a
    SKU, so that this is seen.
    """
    physical: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    unavailable: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    newest: dict[tuple[int, str], datetime] = {}
    for quant in quants:
        warehouse = places.stock(quant["location_id"])
        product = products.get(one(quant["product_id"]) or 0)
        if warehouse is None or product is None:
            continue
        key = product.id, warehouse
        physical[key] += quantity(quant["quantity"])
        if places.is_unavailable(quant["location_id"]):
            unavailable[key] += quantity(quant["quantity"])
        written = instant(quant["write_date"])
        newest[key] = max(written, newest.get(key, written))
    for key, amount in physical.items():
        product_id, warehouse = key
        out = max(unavailable[key], Decimal(0))
        yield StockRecord(products[product_id].sku, warehouse, amount, out, newest[key])


# --- moves ---


@dataclass(frozen=True)
class Sales:
    """The sales order lines and orders that rows refer to, by id."""

    lines: Mapping[int, Record]
    orders: Mapping[int, Record]
    references: References

    def order_of(self, line_id: int | None) -> Record | None:
        """The order of a line, if it is among those that were read."""
        line = self.lines.get(line_id or 0)
        return self.orders.get(one(line["order_id"]) or 0) if line else None

    def names(self, line_id: int | None) -> tuple[str | None, str | None]:
        """The Shopify order and line that a line stands for, if any."""
        line, order = self.lines.get(line_id or 0), self.order_of(line_id)
        if line is None or order is None:
            return None, None
        return self.references.order_id(order), self.references.line_id(order, line)


def destination(move: Record) -> object:
    """Where a move ends up: from version 18 on one step of several knows the last one."""
    return move.get("location_final_id") or move["location_dest_id"]


def ends(move: Record, places: Places) -> tuple[str | None, str | None]:
    """The warehouses that promise the goods before and after the move."""
    return places.available(move["location_id"]), places.available(destination(move))


def moves_out(
    moves: Iterable[Record], products: Products, places: Places, sales: Sales, rules: Rules
) -> Iterator[CommitmentRecord]:
    """The open demand that moves are: all that leaves what a warehouse can promise from, however
    late it is, and whether it is reserved or not.
    """
    for move in moves:
        product = products.get(one(move["product_id"]) or 0)
        source, target = ends(move, places)
        if product is None or source is None or source == target:
            continue
        line_id = one(move.get("sale_line_id"))
        order = sales.order_of(line_id)
        external = sales.names(line_id)
        yield CommitmentRecord(
            commitment_id=f"move/{move['id']}",
            order_id=str(order["name"]) if order else document_of(move),
            sku=product.sku,
            location=source,
            quantity=quantity(move["product_qty"]),
            kind=kind_out(move, places),
            due_date=_day(move["date"], rules.zone),
            expires_at=None,
            channel=label(order.get("team_id")) if order else None,
            external_order_id=external[0],
            external_line_id=external[1],
            updated_at=instant(move["write_date"]),
        )


def kind_out(move: Record, places: Places) -> str:
    """The kind of commitment that a move out of a warehouse is."""
    if move.get("raw_material_production_id"):
        return "work"
    if move.get("sale_line_id"):
        return "order"
    end = destination(move)
    stays_ours = places.stock(end) is not None or places.is_used_for(end, "transit")
    return "transfer" if stays_ours else "order"


def moves_in(
    moves: Iterable[Record], products: Products, places: Places, rules: Rules
) -> Iterator[SupplyRecord]:
    """What open moves bring to where a warehouse can promise from, overdue or not.

    A return of a customer is no more than announced: it is not confirmed.
    """
    for move in moves:
        product = products.get(one(move["product_id"]) or 0)
        source, target = ends(move, places)
        if product is None or target is None or source == target:
            continue
        kind = kind_in(move, places)
        is_bought = places.is_used_for(move["location_id"], "supplier")
        yield SupplyRecord(
            supply_id=f"move/{move['id']}",
            sku=product.sku,
            location=target,
            quantity=quantity(move["product_qty"]),
            kind=kind,
            due_date=_day(move["date"], rules.zone),
            confirmed=kind != "purchase" or is_bought or bool(move.get("purchase_line_id")),
            updated_at=instant(move["write_date"]),
        )


def kind_in(move: Record, places: Places) -> str:
    """The kind of supply that a move into a warehouse is."""
    if move.get("production_id"):
        return "production"
    start = move["location_id"]
    was_ours = places.stock(start) is not None or places.is_used_for(start, "transit")
    return "transfer" if was_ours else "purchase"


def document_of(move: Record) -> str:
    """The name of the document that a move belongs to."""
    for name in ("raw_material_production_id", "production_id"):
        if label(move.get(name)):
            return str(label(move[name]))
    return text(move.get("origin")) or label(move.get("picking_id")) or f"move/{move['id']}"


# --- quotations ---


def quotations_out(
    sales: Sales, products: Products, places: Places, units: Units, rules: Rules
) -> Iterator[CommitmentRecord]:
    """What the lines of orders take that nobody has confirmed, by the rules.

    Of orders that name the same Shopify order only the one that counts takes anything.
    """
    for line in sales.lines.values():
        order = sales.order_of(line["id"])
        product = products.get(one(line["product_id"]) or 0)
        # The line's own state: that of an order confirmed meanwhile is not in the moves either.
        if order is None or product is None or line["state"] not in QUOTATIONS:
            continue
        kind = sales.references.kind(order) or rules.quotations.get(line["state"])
        if kind is None or not sales.references.counts(order):
            continue
        amount = ordered_units(line, products, units)
        if amount <= 0:
            continue
        warehouse = one(line.get("warehouse_id")) or one(order.get("warehouse_id"))
        external = sales.names(line["id"])
        is_shopify_order = kind == "pending" and external[0] is not None
        yield CommitmentRecord(
            commitment_id=f"line/{line['id']}",
            order_id=str(order["name"]),
            sku=product.sku,
            location=places.codes.get(warehouse or 0) or next(iter(places.names), None),
            quantity=amount,
            kind=kind,
            due_date=_day(order.get("commitment_date"), rules.zone),
            # A paid order does not end by itself, whatever its quotation says.
            expires_at=None if is_shopify_order else _end_of(order, rules.zone),
            channel=label(order.get("team_id")),
            external_order_id=external[0],
            external_line_id=external[1],
            updated_at=max(instant(line["write_date"]), instant(order["write_date"])),
        )


def ordered_units(line: Record, products: Products, units: Units) -> Decimal:
    """What a sales order line asks for, in units of the product's stock."""
    product = products.get(one(line["product_id"]) or 0)
    unit = line.get("product_uom_id") or line.get("product_uom")
    amount = quantity(line["product_uom_qty"])
    return units.convert(amount, unit, product.unit_id) if product else amount


def _end_of(order: Record, zone: ZoneInfo) -> datetime | None:
    """The end of the last day on which a quotation is valid."""
    day = text(order.get("validity_date"))
    if day is None:
        return None
    return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), zone)


def _day(cell: object, zone: ZoneInfo) -> date | None:
    return instant(cell).astimezone(zone).date() if cell else None


# --- acknowledgements ---


def acknowledged_of(
    sales: Sales, products: Products, units: Units, order_ids: Collection[str] | None
) -> Iterator[AcknowledgedRecord]:
    """How much of each Shopify order line Odoo has; nothing of a cancelled order."""
    amounts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    newest: dict[tuple[str, str], datetime] = {}
    for line in sales.lines.values():
        order = sales.order_of(line["id"])
        order_id, line_id = sales.names(line["id"])
        if order is None or order_id is None or line_id is None:
            continue
        is_wanted = order_ids is None or order_id in order_ids
        if not is_wanted or not sales.references.counts(order):
            continue
        key = order_id, line_id
        is_off = order["state"] == "cancel"
        amounts[key] += Decimal(0) if is_off else ordered_units(line, products, units)
        written = max(instant(line["write_date"]), instant(order["write_date"]))
        newest[key] = max(written, newest.get(key, written))
    for key, amount in amounts.items():
        yield AcknowledgedRecord(*key, amount, newest[key])
