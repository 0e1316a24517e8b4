"""What is to come in Tryton, and what there is: stock, supply, and the orders that it knows.

Put here stock by area, moves that enter one, and acknowledgements. What leaves an area is
``tryton_demand.py``. Where Tryton's forecast counts a purchase due today as if it were there, or
forgets one whose date has passed (facts 1.2, 1.5), it is supply here, with its own date.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Final

from inventory_sync.erp.api_rows import AcknowledgedRecord, StockRecord, SupplyRecord
from inventory_sync.erp.tryton_client import (
    NAMES_AT_ONCE,
    PAGE_ROWS,
    Domain,
    Record,
    TrytonRest,
    changed_at,
    day,
    parts,
    quantity,
    within,
)
from inventory_sync.erp.tryton_demand import Drafts
from inventory_sync.erp.tryton_layout import Layout, Warehouse
from inventory_sync.erp.tryton_lines import identity, identity_fields, in_stock_units

GOODS: Final[Domain] = [
    ["active", "in", [True, False]],
    ["code", "!=", None],
    ["template.type", "=", "goods"],
]
_ORDERS_AT_ONCE: Final = 100
_RECEIPT: Final = "stock.shipment.in,"


def stock(
    rest: TrytonRest, layout: Layout, skus: Collection[str] | None, read_at: datetime
) -> Iterator[StockRecord]:
    """The rows of ``stock``, one per SKU and warehouse: done moves, as Tryton adds them up."""
    places = [
        (warehouse, ids, is_shut)
        for warehouse in layout.warehouses
        for ids, is_shut in (((warehouse.counted,), False), (warehouse.unavailable, True))
        if ids
    ]
    found: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for zone, sku, units in figures_of_goods(rest, layout, skus, [ids for _, ids, _ in places]):
        warehouse, _, is_shut = places[zone]
        found[sku, warehouse.name][is_shut] += units
    for (sku, place), (physical, unavailable) in sorted(found.items()):
        yield StockRecord(sku, place, physical, unavailable, read_at)


def figures_of_goods(
    rest: TrytonRest,
    layout: Layout,
    skus: Collection[str] | None,
    zones: Sequence[Sequence[int]],
    *,
    field: str = "quantity",
    context: Mapping[str, object] = MappingProxyType({}),
) -> Iterator[tuple[int, str, Decimal]]:
    """A figure that Tryton computes, of goods in zones (locations with all that lies below them):
    the zone's number, SKU and quantity. Calls run in parallel.
    """
    asked = [(domain, zone) for domain in _pages_of_goods(rest, skus) for zone in range(len(zones))]
    always = {"company": layout.company, "with_childs": True, **context}
    answers = rest.client.together(
        partial(
            rest.page,
            "product.product",
            domain,
            ["code", field],
            {**always, "locations": zones[zone]},
        )
        for domain, zone in asked
    )
    for (_, zone), rows in zip(asked, answers, strict=True):
        for row in rows:
            yield zone, row["code"], quantity(row[field])


def _pages_of_goods(rest: TrytonRest, skus: Collection[str] | None) -> list[Domain]:
    """The goods in pieces that fit on a page."""
    if skus is not None:
        return [[GOODS, ["code", "in", part]] for part in parts(sorted(skus), NAMES_AT_ONCE)]
    ids = rest.ids("product.product", GOODS)
    return [[GOODS, ["id", "in", part]] for part in parts(ids, PAGE_ROWS)]


def supply(rest: TrytonRest, layout: Layout, moves: Sequence[Record]) -> Iterator[SupplyRecord]:
    """The rows of ``supply``, out of the open moves."""
    entering = list(_entering(layout, moves))
    dates = _purchase_dates(rest, [move["origin"] for move, _ in entering if _is_undated(move)])
    for move, warehouse in entering:
        state = within(move, "production_output.state")
        yield SupplyRecord(
            supply_id=f"stock.move,{move['id']}",
            sku=move["product."]["code"],
            location=warehouse.name,
            quantity=quantity(move["internal_quantity"]),
            kind=_kind(layout, move),
            due_date=day(move["planned_date"]) or dates.get(move["origin"]),
            confirmed=state != "draft",
            updated_at=changed_at(move),
        )


def _entering(layout: Layout, moves: Iterable[Record]) -> Iterator[tuple[Record, Warehouse]]:
    """Moves into what can be promised. What a customer sends back is none before it is there."""
    for move in moves:
        start, end = move["from_location"], move["to_location"]
        warehouse = layout.area.get(end)
        if warehouse is not None:
            comes = layout.area.get(start) is not warehouse
        else:
            comes = end in layout.inputs and start not in layout.inside
            warehouse = layout.inside.get(end)
        if comes and warehouse is not None and layout.types.get(start) != "customer":
            yield move, warehouse


def _kind(layout: Layout, move: Record) -> str:
    start = layout.types.get(move["from_location"])
    if move.get("production_output") or start == "production":
        return "production"
    is_received = str(move["shipment"]).startswith(_RECEIPT)
    return "purchase" if start == "supplier" or is_received else "transfer"


def _is_undated(move: Record) -> bool:
    return not move["planned_date"] and str(move["origin"]).startswith("purchase.line,")


def _purchase_dates(rest: TrytonRest, origins: Sequence[str]) -> dict[str, date | None]:
    """The dates that were agreed on: Tryton takes them off a move once they have passed."""
    if not origins:
        return {}
    ids = {int(origin.partition(",")[2]) for origin in origins}
    rows = rest.rows_naming("purchase.line", [], ["delivery_date_store"], key="id", values=ids)
    return {f"purchase.line,{row['id']}": day(row["delivery_date_store"]) for row in rows}


def acknowledged(
    rest: TrytonRest, layout: Layout, order_ids: Collection[str] | None, drafts: Drafts
) -> Iterator[AcknowledgedRecord]:
    """The rows of ``acknowledged_orders``.

    A draft sale that commits nothing acknowledges nothing: its order stays deducted by us.
    """
    if "sale.sale.web_id" not in layout.has:
        return
    domain: Domain = [
        ["sale.company", "=", layout.company],
        ["sale.web_id", "!=", None],
        ["type", "=", "line"],
        *([["sale.state", "!=", "draft"]] if drafts == "ignore" else []),
    ]
    names = ["quantity", "unit.factor", "product.default_uom.factor", "write_date", "create_date"]
    names += ["sale.state", "sale.write_date", "sale.create_date", *identity_fields(layout)]
    domains = [domain]
    if order_ids is not None:
        pieces = parts(sorted(order_ids), _ORDERS_AT_ONCE)
        domains = [[domain, _about(piece)] for piece in pieces]
    for line in (row for each in domains for row in rest.rows("sale.line", each, names)):
        order, external_line = identity(line)
        is_asked_for = order_ids is None or order in order_ids
        if order and external_line and is_asked_for:
            is_off = line["sale."]["state"] == "cancelled"
            yield AcknowledgedRecord(
                order,
                external_line,
                Decimal(0) if is_off else in_stock_units(line),
                max(changed_at(line), changed_at(line["sale."])),
            )


def _about(order_ids: Sequence[str]) -> Domain:
    """Sales of these orders: Shopify's module knows them by number, ours by gid and line."""
    numbers = [order_id.rpartition("/")[2] for order_id in order_ids]
    return [
        "OR",
        ["sale.web_id", "in", numbers],
        *(["sale.web_id", "like", f"{order_id} %"] for order_id in order_ids),
    ]
