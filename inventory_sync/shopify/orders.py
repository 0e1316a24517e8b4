"""From Shopify's order to our order lines: how many units, taken at which location. Pure.

Put the reckoning of edits, refunds, cancellations and splits here. Reading the pages is
``order_reader.py``; what of a line is in flight is ``domain/orders.py``.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from inventory_sync.domain.orders import OrderLine
from inventory_sync.shopify.order_answers import (
    FulfillmentOrderNode,
    LineNode,
    OrderHead,
    RefundLineNode,
)

# Any other type leaves the units taken: too few available is the safe mistake.
_RESTOCKED = frozenset({"CANCEL", "RETURN", "LEGACY_RESTOCK"})
_ENDED = frozenset({"CLOSED", "INCOMPLETE"})
_OVER = _ENDED | {"CANCELLED"}

# Units per store location; the first location is where units without a known place are reckoned.
_Spread = dict[str | None, int]


@dataclass(frozen=True, slots=True)
class WholeOrder:
    """An order with all its pages. Fulfillment orders are in Shopify's order, oldest first."""

    head: OrderHead
    lines: Sequence[LineNode]
    fulfillment_orders: Sequence[FulfillmentOrderNode]
    refund_lines: Sequence[RefundLineNode]


def order_lines(order: WholeOrder) -> tuple[OrderLine, ...]:
    """The state of every line that is a demand for stock, one value per location that ships it.

    A line counts for the SKU that its item has now, or had when it was sold if the item is gone:
    then it takes nothing from any level, but the goods are owed all the same. Lines with neither
    (tips, custom lines) are left out. A line that nobody wants any more stays, with zeros: that is
    how it leaves the ledger. Of a test order nothing is told to be shipped.
    """
    portions = _portions_by_line(order.fulfillment_orders)
    refunds = _refunds_by_line(order.refund_lines)
    held = _held_places(order.fulfillment_orders)
    to_ship = _to_ship(order.fulfillment_orders)
    return tuple(
        replace(
            value,
            is_on_hold=(value.line_id, value.store_location_id) in held,
            to_ship_units=None
            if order.head.test
            else min(value.current_units, to_ship.get((value.line_id, value.store_location_id), 0)),
        )
        for line in order.lines
        if line.variant is not None or line.sku
        for value in _values(order.head, line, portions.get(line.id, {}), refunds.get(line.id, ()))
    )


def _values(
    head: OrderHead, line: LineNode, portions: _Spread, refunds: Sequence[RefundLineNode]
) -> Iterator[OrderLine]:
    item = line.variant.inventory_item if line.variant else None
    current = _current(line, portions, refunds)
    taken = _taken(line, portions, refunds)
    for location in current:
        yield OrderLine(
            order_id=head.id,
            order_name=head.name,
            line_id=line.id,
            sku=(item.sku if item else None) or line.sku or None,
            inventory_item_id=item.id if item else None,
            store_location_id=location,
            current_units=0 if head.cancelled_at else current[location],
            taken_units=taken[location],
            updated_at=head.updated_at,
            created_at=head.created_at,
        )


def _current(line: LineNode, portions: _Spread, refunds: Sequence[RefundLineNode]) -> _Spread:
    """What the buyer still wants, whose sum is ``currentQuantity`` whatever the refunds say."""
    spread = _spread(line.quantity, portions)
    gone = line.quantity - line.current_quantity
    for refund in refunds:
        units = min(refund.quantity, gone)
        _remove(spread, units, _location(refund))
        gone -= units
    _remove(spread, gone, None)
    return spread


def _taken(line: LineNode, portions: _Spread, refunds: Sequence[RefundLineNode]) -> _Spread:
    """What left ``available`` and did not come back.

    Units that an edit removed are assumed restocked. If they were not, Shopify shows less than we
    explain, and that is the side on which nothing is sold twice (protocol B.6).
    """
    spread = _spread(line.quantity, portions)
    for refund in refunds:
        if refund.restock_type in _RESTOCKED:
            _remove(spread, refund.quantity, _location(refund))
    refunded = sum(refund.quantity for refund in refunds)
    edited_away = max(0, line.quantity - line.current_quantity - refunded)
    _remove(spread, edited_away, None)
    return spread


def _spread(units: int, portions: _Spread) -> _Spread:
    """Units by location: each its portion as far as they reach, the rest to the first."""
    spread: _Spread = {}
    left = units
    for location, portion in portions.items():
        spread[location] = min(portion, left)
        left -= spread[location]
    first = next(iter(spread), None)
    spread[first] = spread.get(first, 0) + left
    return spread


def _remove(spread: _Spread, units: int, location: str | None) -> None:
    """Take units away where they were restocked, else where they are; never below nothing."""
    for place in sorted(spread, key=lambda place: place != location):
        removed = min(units, spread[place])
        spread[place] -= removed
        units -= removed


def _location(refund: RefundLineNode) -> str | None:
    return refund.location.id if refund.location else None


def _portions_by_line(fulfillment_orders: Sequence[FulfillmentOrderNode]) -> dict[str, _Spread]:
    """Line id -> location -> units, best witness first.

    A cancelled fulfillment order speaks only for a line that no other holds. Open ones come before
    ended ones and newer before older, because a moved one leaves its closed original behind.
    """
    newest_first = list(reversed(fulfillment_orders))
    cancelled = [each for each in newest_first if each.status == "CANCELLED"]
    live = [each for each in newest_first if each.status != "CANCELLED"]
    live.sort(key=lambda each: each.status in _ENDED)
    return _add_portions(cancelled) | _add_portions(live)


def _add_portions(fulfillment_orders: Iterable[FulfillmentOrderNode]) -> dict[str, _Spread]:
    portions: dict[str, _Spread] = {}
    for fulfillment_order in fulfillment_orders:
        location = fulfillment_order.location_id
        for portion in fulfillment_order.line_items.nodes:
            spread = portions.setdefault(portion.line_item.id, {})
            spread[location] = spread.get(location, 0) + portion.total_quantity
    return portions


def _held_places(
    fulfillment_orders: Iterable[FulfillmentOrderNode],
) -> set[tuple[str, str | None]]:
    """The lines, each with its location, of which a fulfillment order on hold has units to ship."""
    return {
        (portion.line_item.id, each.location_id)
        for each in fulfillment_orders
        if each.status == "ON_HOLD"
        for portion in each.line_items.nodes
        if portion.remaining_quantity
    }


def _to_ship(
    fulfillment_orders: Iterable[FulfillmentOrderNode],
) -> dict[tuple[str, str | None], int]:
    """Line and location -> the units that are still to be shipped from there."""
    found: dict[tuple[str, str | None], int] = {}
    for each in fulfillment_orders:
        for portion in each.line_items.nodes if each.status not in _OVER else ():
            key = portion.line_item.id, each.location_id
            found[key] = found.get(key, 0) + portion.remaining_quantity
    return found


def _refunds_by_line(refund_lines: Iterable[RefundLineNode]) -> dict[str, list[RefundLineNode]]:
    refunds: dict[str, list[RefundLineNode]] = {}
    for refund_line in refund_lines:
        refunds.setdefault(refund_line.line_item.id, []).append(refund_line)
    return refunds
