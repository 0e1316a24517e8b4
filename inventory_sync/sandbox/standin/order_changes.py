"""What clerks do with an order that exists: take money, edit, ship, cancel, refund, move it.

Put a new thing that can happen to an order here. Each function checks everything before it
changes anything, so a refused call leaves no trace. How units move is in ``order_units.py``, holds
are in ``holds.py``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict

from inventory_sync.sandbox.standin.order_units import Piece, assign, release, restock, ship
from inventory_sync.sandbox.standin.orders import (
    Fulfillment,
    FulfillmentLine,
    FulfillmentOrder,
    Order,
    OrderLine,
    OrderRefused,
    Refund,
    RefundLine,
    RestockType,
)
from inventory_sync.sandbox.standin.placing import (
    Wanted,
    add_line,
    choose_places,
    selling_locations,
)
from inventory_sync.sandbox.standin.seed import STRICT
from inventory_sync.sandbox.standin.shop import Shop


@dataclass(frozen=True, slots=True)
class LineUnits:
    """Units of the line that sells a SKU (``None``: the custom line)."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    sku: str | None
    quantity: int


@dataclass(frozen=True, slots=True)
class RefundUnits:
    """Units of a line to refund. CANCEL and RETURN put them back, at ``location_id`` if given."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    sku: str | None
    quantity: int
    restock_type: RestockType
    location_id: int | None = None


def pay_order(shop: Shop, order_id: int) -> Order:
    """The buyer's money has come."""
    with shop.lock:
        order = open_order(shop, order_id)
        if order.paid:
            raise OrderRefused(f"order {order.name} is paid")
        order.paid = True
        order.updated_at = shop.now()
        shop.tell(order, "orders/paid", "orders/updated")
        return order


def edit_order(
    shop: Shop, order_id: int, lines: Sequence[LineUnits], *, restock_units: bool = True
) -> Order:
    """Set the current quantity of lines; a SKU that the order lacks becomes a new line.

    A raise commits units at the line's location whatever the policy, as an admin may.
    """
    with shop.lock:
        order = open_order(shop, order_id)
        _named_once(lines)
        known = [(_find(order, wanted.sku), wanted.quantity) for wanted in lines]
        for line, quantity in known:
            if line and quantity < order.returnable(line):
                raise OrderRefused(f"{line.sku!r}: units that have shipped can only be refunded")
        new = [wanted for wanted in lines if _find(order, wanted.sku) is None]
        placed = choose_places(shop, [Wanted(w.sku, w.quantity) for w in new], "CONTINUE")
        before = {line.id: line.current_quantity for line in order.lines}
        places = {line.id: _place_of(shop, order, line) for line, _ in known if line}
        for line, quantity in known:
            if line and quantity > line.current_quantity:
                _raise(shop, order, line, (places[line.id], quantity - line.current_quantity))
            elif line:
                _lower(shop, order, line, line.current_quantity - quantity, restock_units)
        for wanted, item, place in placed:
            add_line(shop, order, item, (place.id, wanted.quantity))
        order.edited = True
        order.updated_at = shop.now()
        deltas = {line.id: line.current_quantity - before.get(line.id, 0) for line in order.lines}
        shop.tell(order, "orders/edited", "orders/updated", detail={"deltas": deltas})
        return order


def _place_of(shop: Shop, order: Order, line: OrderLine) -> int:
    """The location that ships a line, or that would if nothing of it has been left to ship."""
    for work, _ in order.parts(line):
        return work.location_id
    return choose_places(shop, [Wanted(line.sku, 1)], "CONTINUE")[0][2].id


def _raise(shop: Shop, order: Order, line: OrderLine, piece: Piece) -> None:
    line.quantity += piece[1]
    line.current_quantity += piece[1]
    assign(shop, order, line, piece)


def _lower(shop: Shop, order: Order, line: OrderLine, units: int, restock_units: bool) -> None:
    line.current_quantity -= units
    pieces = release(shop, order, line, units)
    if restock_units:
        restock(shop, line, pieces)


def cancel_order(shop: Shop, order_id: int, *, restock_units: bool) -> Order:
    """Cancel an order of which nothing has shipped. It records a refund of every line."""
    with shop.lock:
        order = open_order(shop, order_id)
        if order.fulfillments:
            raise OrderRefused(f"order {order.name} has shipped units, so it cannot be cancelled")
        restock_type: RestockType = "CANCEL" if restock_units else "NO_RESTOCK"
        lines = [
            refund_line
            for line in order.lines
            if line.current_quantity
            for refund_line in _refund(
                shop, order, line, RefundUnits(line.sku, line.current_quantity, restock_type)
            )
        ]
        now = shop.now()
        refund = Refund(shop.next_id(), now, lines)
        order.refunds.append(refund)
        order.cancelled_at = order.updated_at = now
        topics = ("orders/cancelled", "refunds/create", "orders/updated")
        shop.tell(order, *topics, detail={"refund": refund})
        return order


def fulfill_order(shop: Shop, order_id: int, lines: Sequence[LineUnits] | None = None) -> Order:
    """Ship units of lines, or all that remain. Each location makes its own shipment."""
    with shop.lock:
        order = open_order(shop, order_id)
        _named_once(lines or ())
        wanted = [(_known(order, units.sku), units.quantity) for units in lines or ()]
        if lines is None:
            wanted = [(line, order.unfulfilled(line)) for line in order.lines]
        for line, units in wanted:
            _check(line, units, order.unfulfilled(line), "are left to ship")
        _check_holds(order)
        shipments: dict[int, list[FulfillmentLine]] = {}
        for line, units in wanted:
            for location_id, taken in ship(shop, order, line, units):
                shipped = FulfillmentLine(shop.next_id(), line.id, taken)
                shipments.setdefault(location_id, []).append(shipped)
        now = shop.now()
        for location_id, parts in shipments.items():
            order.fulfillments.append(Fulfillment(shop.next_id(), location_id, now, parts))
        order.updated_at = now
        topic = "orders/fulfilled" if order.closed else "orders/partially_fulfilled"
        shop.tell(order, topic, "orders/updated")
        return order


def refund_order(shop: Shop, order_id: int, lines: Sequence[RefundUnits]) -> Order:
    """Refund units: CANCEL those that have not shipped, RETURN those that have, or NO_RESTOCK."""
    with shop.lock:
        order = _order(shop, order_id)
        _named_once(lines)
        wanted = [(_known(order, units.sku), units) for units in lines]
        for line, units in wanted:
            _check(line, units.quantity, _refundable(order, line, units), "can be refunded so")
        refunded = [each for line, units in wanted for each in _refund(shop, order, line, units)]
        now = shop.now()
        refund = Refund(shop.next_id(), now, refunded)
        order.refunds.append(refund)
        order.updated_at = now
        shop.tell(order, "refunds/create", "orders/updated", detail={"refund": refund})
        return order


def _refundable(order: Order, line: OrderLine, units: RefundUnits) -> int:
    if units.restock_type == "CANCEL":
        return order.unfulfilled(line)
    return order.returnable(line) if units.restock_type == "RETURN" else line.current_quantity


def _refund(shop: Shop, order: Order, line: OrderLine, units: RefundUnits) -> Iterator[RefundLine]:
    """Without restock, units that have not shipped go first."""
    unshipped = 0
    if units.restock_type != "RETURN":
        unshipped = min(units.quantity, order.unfulfilled(line))
    pieces = release(shop, order, line, unshipped)
    pieces += _shipped_from(order, line, units.quantity - unshipped)
    line.current_quantity -= units.quantity
    for location_id, taken in pieces:
        place = None
        if units.restock_type != "NO_RESTOCK":
            place = units.location_id or location_id
            restock(shop, line, [(place, taken)])
        yield RefundLine(shop.next_id(), line.id, taken, units.restock_type, place)


def _shipped_from(order: Order, line: OrderLine, units: int) -> list[Piece]:
    """Where returned units go back to unless somebody says otherwise: their first shipper."""
    for shipment in order.fulfillments:
        if units and any(part.line_id == line.id for part in shipment.lines):
            return [(shipment.location_id, units)]
    return []


def move_order(shop: Shop, order_id: int, location_id: int) -> Order:
    """Let another location ship what remains of an order."""
    with shop.lock:
        order = open_order(shop, order_id)
        moving = [line for line in order.lines if order.unfulfilled(line)]
        for line in moving:
            item = shop.stock.items[line.item_id] if line.item_id else None
            selling_locations(shop, item, location_id)
        _check_holds(order)
        origins = [work for work in order.fulfillment_orders if work.status != "CLOSED"]
        for line in moving:
            units = order.unfulfilled(line)
            restock(shop, line, release(shop, order, line, units))
            assign(shop, order, line, (location_id, units))
        order.fulfillment_orders = [
            work
            for work in order.fulfillment_orders
            if any(part.total_quantity for part in work.lines)
        ]
        order.updated_at = shop.now()
        _tell_moved(shop, order, origins, location_id)
        return order


def _tell_moved(
    shop: Shop, order: Order, origins: Sequence[FulfillmentOrder], location_id: int
) -> None:
    target = next(
        (w for w in order.fulfillment_orders if w.location_id == location_id and w.lines), None
    )
    for origin in origins:
        if target is not None and origin is not target:
            detail = {"origin": origin, "target": target}
            shop.tell(order, "fulfillment_orders/moved", detail=detail)
    shop.tell(order, "orders/updated")


def _check_holds(order: Order) -> None:
    if any(work.status == "ON_HOLD" for work in order.fulfillment_orders):
        raise OrderRefused(f"order {order.name} is on hold; release the hold first")


def _order(shop: Shop, order_id: int) -> Order:
    if order_id not in shop.orders:
        raise OrderRefused(f"shop {shop.handle!r} has no order {order_id}")
    return shop.orders[order_id]


def open_order(shop: Shop, order_id: int) -> Order:
    """The order of this number. Raises ``OrderRefused`` when it is cancelled or unknown."""
    order = _order(shop, order_id)
    if order.cancelled_at:
        raise OrderRefused(f"order {order.name} is cancelled")
    return order


def _named_once(lines: Sequence[LineUnits] | Sequence[RefundUnits]) -> None:
    named = [line.sku for line in lines]
    for sku in named:
        if named.count(sku) > 1:
            raise OrderRefused(f"{sku!r} is named twice; give its units once")


def _find(order: Order, sku: str | None) -> OrderLine | None:
    return next((line for line in order.lines if line.sku == sku), None)


def _known(order: Order, sku: str | None) -> OrderLine:
    line = _find(order, sku)
    if line is None:
        raise OrderRefused(f"order {order.name} has no line with SKU {sku!r}")
    return line


def _check(line: OrderLine, units: int, most: int, what: str) -> None:
    if not 0 <= units <= most:
        raise OrderRefused(f"{line.sku!r}: {units} units asked for, but {most} {what}")
