"""What Tryton itself would offer today: ``forecast_quantity``, as its own web shops send it.

Put here that figure, and which of our rows it has in it (facts 1.2, 1.5). It is for comparing
alone: what it forgets and what it counts too early is why our figure is another one.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from inventory_sync.erp.api_rows import OwnFigures
from inventory_sync.erp.tryton_client import Record, TrytonRest, as_day, day, quantity
from inventory_sync.erp.tryton_demand import open_moves
from inventory_sync.erp.tryton_layout import Layout
from inventory_sync.erp.tryton_supply import figures_of_goods

NAME: Final = "Tryton's forecast_quantity of today, with what is assigned"
_OUT: Final = "stock.shipment.out,"


def forecast(rest: TrytonRest, layout: Layout, today: date) -> OwnFigures:
    """The figure of all goods in all warehouses. The ``layout`` is one in which nothing is
    unavailable, for Tryton knows no such locations.
    """
    zones = [(warehouse.counted,) for warehouse in layout.warehouses]
    context = {"stock_date_end": as_day(today), "stock_assign": True}
    quantities: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    figures = figures_of_goods(
        rest, layout, None, zones, field="forecast_quantity", context=context
    )
    for zone, sku, units in figures:
        quantities[sku, layout.warehouses[zone].name] += units
    counted = _counted(layout, open_moves(rest, layout, None), today)
    return OwnFigures(NAME, dict(quantities), counted, early=counted, besides={})


def _counted(layout: Layout, moves: Sequence[Record], today: date) -> dict[str, Decimal]:
    """How much Tryton counts as made of each open move: all of those of today and of what is
    assigned, nothing of others.

    Where an output zone is no part of what counts, Tryton counts the pickings of a delivery and we
    its moves to the customer; what is picked already is taken off the first of these.
    """
    counted: dict[str, Decimal] = {}
    picking: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for move in moves:
        start, end = (layout.area.get(move[each]) for each in ("from_location", "to_location"))
        is_of_today = move["state"] == "assigned" or day(move["planned_date"]) == today
        if is_of_today and start is not end:
            counted[_name(move)] = quantity(move["internal_quantity"])
            if str(move["shipment"]).startswith(_OUT):
                picking[_delivery(move)] += counted[_name(move)]
    for move in reversed(moves):
        if move["from_location"] in layout.outputs and move["to_location"] not in layout.area:
            taken = min(quantity(move["internal_quantity"]), picking[_delivery(move)])
            picking[_delivery(move)] -= taken
            counted[_name(move)] = taken
    return counted


def _name(move: Record) -> str:
    return f"stock.move,{move['id']}"


def _delivery(move: Record) -> tuple[str, str]:
    return str(move["shipment"]), move["product."]["code"]
