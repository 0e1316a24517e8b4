"""How units of an order line move between states.

Put the moves that several happenings share here. The states, as far as Shopify documents them
(https://shopify.dev/docs/apps/build/orders-fulfillment/inventory-management-apps):

- ``assign`` (placed, raised, moved here): ``available`` -> ``committed``, whether paid or not;
- ``release`` (lowered, cancelled, refunded, moved away): out of ``committed``. Without restock
  ``available`` stays, and ``on_hand`` falls as the sum of the states (Shopify does not say);
- ``restock``: into ``available``;
- ``ship``: out of ``committed``, so ``on_hand`` falls and ``available`` stays.

Lines without stock (custom, or untracked when sold) pass through the same steps and move nothing.
"""

from collections.abc import Iterable

from inventory_sync.sandbox.standin.orders import (
    FulfillmentOrder,
    FulfillmentOrderLine,
    Order,
    OrderLine,
)
from inventory_sync.sandbox.standin.shop import Shop

# Units at a location: (location number, units).
Piece = tuple[int, int]


def assign(shop: Shop, order: Order, line: OrderLine, piece: Piece) -> None:
    """Have a location ship units of a line, and commit them there."""
    location_id, units = piece
    part = _part(shop, _work(shop, order, location_id), line)
    part.total_quantity += units
    part.remaining_quantity += units
    _move(shop, line, "available", (location_id, -units))
    _move(shop, line, "committed", piece)


def _work(shop: Shop, order: Order, location_id: int) -> FulfillmentOrder:
    """The order's work at a location that has not begun, new if need be."""
    for work in order.fulfillment_orders:
        if work.location_id == location_id and work.status != "CLOSED":
            return work
    now = shop.now()
    work = FulfillmentOrder(shop.next_id(), location_id, now, now)
    order.fulfillment_orders.append(work)
    return work


def _part(shop: Shop, work: FulfillmentOrder, line: OrderLine) -> FulfillmentOrderLine:
    for part in work.lines:
        if part.line_id == line.id:
            return part
    part = FulfillmentOrderLine(shop.next_id(), line.id, 0, 0)
    work.lines.append(part)
    return part


def release(shop: Shop, order: Order, line: OrderLine, units: int) -> list[Piece]:
    """Take unfulfilled units off the locations that were to ship them; says where they were."""
    pieces = _take_remaining(shop, order, line, units)
    for work, part, taken in pieces:
        part.total_quantity -= taken
        work.updated_at = shop.now()
    return [(work.location_id, taken) for work, _, taken in pieces]


def ship(shop: Shop, order: Order, line: OrderLine, units: int) -> list[Piece]:
    """Send unfulfilled units out of the door; says from where."""
    pieces = _take_remaining(shop, order, line, units)
    for work, _, _ in pieces:
        work.started = True
        work.updated_at = shop.now()
    return [(work.location_id, taken) for work, _, taken in pieces]


def _take_remaining(
    shop: Shop, order: Order, line: OrderLine, units: int
) -> list[tuple[FulfillmentOrder, FulfillmentOrderLine, int]]:
    pieces = []
    for work, part in order.parts(line):
        taken = min(units, part.remaining_quantity)
        if taken:
            part.remaining_quantity -= taken
            _move(shop, line, "committed", (work.location_id, -taken))
            pieces.append((work, part, taken))
            units -= taken
    return pieces


def restock(shop: Shop, line: OrderLine, pieces: Iterable[Piece]) -> None:
    """Put units back on the shelf."""
    for piece in pieces:
        _move(shop, line, "available", piece)


def _move(shop: Shop, line: OrderLine, state: str, piece: Piece) -> None:
    location_id, units = piece
    if line.moves_stock and line.item_id is not None:
        level = shop.level_or_hidden(line.item_id, location_id)
        shop.add_units(level, state, units)
