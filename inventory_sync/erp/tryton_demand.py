"""Open demand in Tryton: stock moves that leave an area, and sale lines that have no moves yet.

Put here what of Tryton's documents commits stock, and of which kind it is. Where Tryton's own
forecast forgets demand (facts 1.2: drafts whose date has passed, promises of a later day, sales not
processed), it counts here: ATP is what is left when everything is delivered that was promised.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Final, Literal
from zoneinfo import ZoneInfo

from inventory_sync.erp.api_rows import CommitmentRecord
from inventory_sync.erp.tryton_client import (
    Domain,
    Record,
    TrytonRest,
    changed_at,
    day,
    quantity,
    within,
)
from inventory_sync.erp.tryton_layout import Layout, Warehouse
from inventory_sync.erp.tryton_lines import (
    document_of,
    identity,
    identity_fields,
    in_stock_units,
    sale_document,
)

Drafts = Literal["ignore", "pending"]

OPEN_MOVES: Final = ["state", "in", ["draft", "assigned"]]
"""Moves that are still to be made. Tryton's ``staging`` moves wait for a purchase or a production
of their own, and commit nothing that is there.
"""

_MOVE: Final = (
    "product.code",
    "internal_quantity",
    "state",
    "planned_date",
    "from_location",
    "to_location",
    "origin",
    "shipment",
    "write_date",
    "create_date",
)
_SALE: Final = ("number", "state", "write_date", "create_date")
_LINE: Final = (
    "quantity",
    "unit.factor",
    "product.code",
    "product.default_uom.factor",
    "warehouse",
    "moves.internal_quantity",
    "write_date",
    "create_date",
    "sale.shipping_date",
    "sale.quotation_expire",
    *(f"sale.{name}" for name in _SALE),
)
_KINDS: Final[Mapping[str, str]] = {
    "draft": "pending",
    "quotation": "hold",
    "confirmed": "order",
    "processing": "order",
}
_PRODUCTIONS: Final = ("production_input", "production_output")
_OUT: Final = "stock.shipment.out,"
_UNDER_WAY: Final = ["waiting", "assigned", "picked", "packed"]


def open_moves(rest: TrytonRest, layout: Layout, skus: Collection[str] | None) -> list[Record]:
    """The moves of goods that are still to be made."""
    optional = [
        path
        for name in _PRODUCTIONS
        if f"stock.move.{name}" in layout.has
        for path in (name, f"{name}.state")
    ]
    domain = [OPEN_MOVES, *of_goods(layout)]
    return rest.rows_naming(
        "stock.move", domain, [*_MOVE, *optional], key="product.code", values=skus
    )


def of_goods(layout: Layout) -> Domain:
    """The condition of a move that it is about goods with a SKU."""
    return [
        ["company", "=", layout.company],
        ["product.template.type", "=", "goods"],
        ["product.code", "!=", None],
    ]


def commitments(
    rest: TrytonRest,
    layout: Layout,
    lines: Iterable[Record],
    moves: Sequence[Record],
    skus: Collection[str] | None,
) -> Iterator[CommitmentRecord]:
    """The rows of ``commitments``, out of ``uncovered_lines`` and then ``open_moves`` of the SKUs.

    In this order: a sale that is processed in between is then counted twice for a moment.
    """
    yield from _of_lines(layout, lines)
    leaving = list(_leaving(layout, moves))
    picked = _picked(rest, layout, skus) if any(at_output for *_, at_output in leaving) else {}
    sold = _sold(rest, layout, (move["origin"] for move, *_ in leaving))
    for move, warehouse, at_output in leaving:
        left = quantity(move["internal_quantity"])
        if at_output:
            key = (move["shipment"], move["product."]["code"])
            gone = min(left, picked.get(key, Decimal(0)))
            picked[key] = picked.get(key, Decimal(0)) - gone
            left -= gone
        if left:
            yield _of_move(layout, move, warehouse, left, sold.get(move["origin"]))


def _leaving(layout: Layout, moves: Iterable[Record]) -> Iterator[tuple[Record, Warehouse, bool]]:
    """Moves that take from what can be promised, with their warehouse; and whether they leave from
    an output zone outside of the area, where what was picked for them has left it already.
    """
    for move in moves:
        start, end = move["from_location"], move["to_location"]
        warehouse = layout.area.get(start)
        if warehouse is None:
            if start in layout.outputs and end not in layout.inside:
                yield move, layout.inside[start], True
        elif layout.area.get(end) is not warehouse:
            is_picking = end == warehouse.output and str(move["shipment"]).startswith(_OUT)
            if not is_picking:  # counted by the move from the output zone to the customer
                yield move, warehouse, False


def _picked(
    rest: TrytonRest, layout: Layout, skus: Collection[str] | None
) -> dict[tuple[str, str], Decimal]:
    """What lies in output zones for shipments that have not left: (shipment, SKU) -> quantity."""
    domain = [
        ["state", "=", "done"],
        ["company", "=", layout.company],
        ["to_location", "in", layout.outputs],
        ["shipment.state", "in", _UNDER_WAY, "stock.shipment.out"],
    ]
    fields = ["shipment", "product.code", "internal_quantity"]
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for move in rest.rows_naming("stock.move", domain, fields, key="product.code", values=skus):
        key = (move["shipment"], move["product."]["code"])
        found[key] += quantity(move["internal_quantity"])
    return found


def _sold(rest: TrytonRest, layout: Layout, origins: Iterable[str | None]) -> dict[str, Record]:
    """The sale lines behind moves, by the moves' origins."""
    ids: dict[str, set[int]] = defaultdict(set)
    for origin in origins:
        model, _, record_id = (origin or "").partition(",")
        ids[model].add(int(record_id or 0))
    found: dict[str, Record] = {}
    paths = {"sale.line": "", "sale.line.component": "line."}
    for model, path in paths.items():
        if model in ids:
            names = [f"{path}{name}" for name in identity_fields(layout)]
            rows = rest.rows_naming(model, [], names, key="id", values=ids[model])
            found |= {f"{model},{row['id']}": row["line."] if path else row for row in rows}
    return found


def _of_move(
    layout: Layout, move: Record, warehouse: Warehouse, left: Decimal, line: Record | None
) -> CommitmentRecord:
    order, external_line = identity(line) if line else (None, None)
    return CommitmentRecord(
        commitment_id=f"stock.move,{move['id']}",
        order_id=document_of(move, line),
        sku=move["product."]["code"],
        location=warehouse.name,
        quantity=left,
        kind=_kind(layout, move),
        due_date=day(move["planned_date"]),
        expires_at=None,
        channel=within(line or {}, "sale.web_shop.name"),
        external_order_id=order,
        external_line_id=external_line,
        updated_at=changed_at(move),
    )


def _kind(layout: Layout, move: Record) -> str:
    end = layout.types.get(move["to_location"])
    if move.get("production_input") or end == "production":
        return "work"
    return "order" if end in {"customer", "supplier"} else "transfer"


def uncovered_lines(
    rest: TrytonRest, layout: Layout, skus: Collection[str] | None, drafts: Drafts
) -> list[Record]:
    """The lines of sales that no moves stand for, or perhaps not of all."""
    return rest.rows_naming(
        "sale.line",
        _uncovered(layout, drafts),
        [*_LINE, *identity_fields(layout)],
        key="product.code",
        values=skus,
    )


def _of_lines(layout: Layout, lines: Iterable[Record]) -> Iterator[CommitmentRecord]:
    """What of these lines no move stands for."""
    by_id = {warehouse.id: warehouse.name for warehouse in layout.warehouses}
    for line in lines:
        sale = line["sale."]
        left = in_stock_units(line)
        if sale["state"] == "processing":
            left -= sum(quantity(move["internal_quantity"]) for move in line["moves."])
        if left <= 0:
            continue
        order, external_line = identity(line)
        kind = _KINDS[sale["state"]]
        yield CommitmentRecord(
            commitment_id=f"sale.line,{line['id']}",
            order_id=sale_document(sale),
            sku=line["product."]["code"],
            location=by_id.get(line["warehouse"]),
            quantity=left,
            kind=kind,
            due_date=day(sale["shipping_date"]),
            expires_at=_expires_at(layout, sale) if kind == "hold" else None,
            channel=within(line, "sale.web_shop.name"),
            external_order_id=order,
            external_line_id=external_line,
            updated_at=max(changed_at(line), changed_at(sale)),
        )


def _uncovered(layout: Layout, drafts: Drafts) -> Domain:
    without_moves: Domain = [["moves", "=", None]]
    if "sale.line.components" in layout.has:
        kit_without = [["components", "!=", None], ["components.moves", "=", None]]
        without_moves = ["OR", [["components", "=", None], ["moves", "=", None]], kit_without]
    states = ["quotation", "confirmed", *(["draft"] if drafts == "pending" else [])]
    return [
        ["sale.company", "=", layout.company],
        ["type", "=", "line"],
        ["quantity", ">", 0],
        ["product.code", "!=", None],
        ["product.template.type", "in", ["goods", "kit"]],
        [
            "OR",
            ["sale.state", "in", states],
            [["sale.state", "=", "processing"], without_moves],
            # Moves come with the payment of an invoice, so there may be some of a part.
            [
                ["sale.state", "=", "processing"],
                ["sale.shipment_method", "=", "invoice"],
                ["product.template.type", "=", "goods"],
            ],
        ],
    ]


def _expires_at(layout: Layout, sale: Record) -> datetime | None:
    """A quotation is valid to the end of the day that it names."""
    last_day = day(sale["quotation_expire"])
    if last_day is None:
        return None
    zone = ZoneInfo(layout.time_zone or "UTC")
    return datetime.combine(last_day + timedelta(days=1), time(), zone)
