"""Orders as they are placed, and which location will ship them.

Put what happens up to the moment an order exists here; what happens to it afterwards is in
``order_changes.py``, and drafts are in ``drafts.py``.

Which location ships a line is simplified to the first one that fulfils online orders, has an
active level and enough units; a line is never split when it is placed. Under DENY a line is
refused when no single location has enough; under CONTINUE the first one goes negative.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict

from inventory_sync.sandbox.standin.order_units import assign
from inventory_sync.sandbox.standin.orders import Order, OrderLine, OrderRefused
from inventory_sync.sandbox.standin.seed import STRICT, Policy
from inventory_sync.sandbox.standin.shop import Shop
from inventory_sync.sandbox.standin.stock import Item, Location


@dataclass(frozen=True, slots=True)
class Wanted:
    """A line to sell. Without a SKU it is a custom line, which has no stock.

    ``location_id`` says which location ships it, whether or not it fulfils online orders.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    sku: str | None
    quantity: int
    location_id: int | None = None


def place_order(
    shop: Shop,
    lines: Sequence[Wanted],
    *,
    policy: Policy | None = None,
    ignore_policy: bool = False,
    test: bool = False,
    paid: bool = True,
) -> Order:
    """Sell all lines or none, and commit their units, paid or not.

    ``policy`` stands in for each item's own; ``ignore_policy`` sells on below zero, as an admin or
    a completed draft may. Raises ``OrderRefused`` when a line cannot be sold.
    """
    if not lines:
        raise OrderRefused("an order needs at least one line")
    with shop.lock:
        allowed = "CONTINUE" if ignore_policy else policy
        sold = choose_places(shop, lines, allowed)
        now = shop.now()
        name = f"#{1001 + len(shop.orders)}"
        order = Order(shop.next_id(), name, now, now, test=test, paid=paid)
        for wanted, item, location in sold:
            add_line(shop, order, item, (location.id, wanted.quantity))
        shop.orders[order.id] = order
        shop.tell(order, "orders/create", *(["orders/paid"] if paid else []))
        return order


def add_line(shop: Shop, order: Order, item: Item | None, piece: tuple[int, int]) -> None:
    """Add a line of (location number, units) to an order."""
    line = OrderLine(
        id=shop.next_id(),
        item_id=item.id if item else None,
        sku=item.sku if item else None,
        quantity=piece[1],
        current_quantity=piece[1],
        moves_stock=item is not None and item.tracked,
    )
    order.lines.append(line)
    assign(shop, order, line, piece)


def choose_places(
    shop: Shop, lines: Sequence[Wanted], policy: Policy | None
) -> list[tuple[Wanted, Item | None, Location]]:
    """Give every line its item and location; lines of one order compete for the same units."""
    taken: Counter[tuple[int, int]] = Counter()
    chosen = []
    check_quantities(lines)
    for wanted in lines:
        item = None if wanted.sku is None else item_of_sku(shop, wanted.sku)
        places = selling_locations(shop, item, wanted.location_id)
        location = places[0]
        if item is not None and item.tracked:
            left = {
                place.id: shop.level_or_hidden(item.id, place.id).quantity("available")
                - taken[item.id, place.id]
                for place in places
            }
            location = _first_with_enough(item, places, left, wanted.quantity, policy)
            taken[item.id, location.id] += wanted.quantity
        chosen.append((wanted, item, location))
    return chosen


def check_quantities(lines: Sequence[Wanted]) -> None:
    """Refuse a line of no units."""
    for wanted in lines:
        if wanted.quantity < 1:
            raise OrderRefused(f"{wanted.sku!r}: the quantity must be at least 1")


def _first_with_enough(
    item: Item,
    places: Sequence[Location],
    left: Mapping[int, int],
    quantity: int,
    policy: Policy | None,
) -> Location:
    """``left``: what is available by location number, after the earlier lines of the order."""
    for place in places:
        if left[place.id] >= quantity:
            return place
    if (policy or item.policy) == "DENY":
        raise OrderRefused(
            f"{item.sku!r}: {quantity} wanted but only {max(left.values())} available at one"
            " location, and the inventory policy is DENY"
        )
    return places[0]


def item_of_sku(shop: Shop, sku: str) -> Item:
    """The item that a SKU sells; the oldest if several share it."""
    items = shop.stock.with_sku(sku)
    if not items:
        raise OrderRefused(f"shop {shop.handle!r} has no item with SKU {sku!r}")
    return items[0]


def selling_locations(shop: Shop, item: Item | None, location_id: int | None) -> list[Location]:
    """Where an order line can ship from: the location asked for, else all that fulfil online."""
    asked = [
        place
        for place in shop.stock.locations.values()
        if (place.fulfills_online_orders if location_id is None else place.id == location_id)
    ]
    places = [place for place in asked if place.is_active and _stocks(shop, item, place)]
    if not places:
        where = "that fulfils online orders" if location_id is None else f"{location_id}"
        sku = item.sku if item else None
        raise OrderRefused(f"{sku!r}: no active location {where} stocks it")
    return places


def _stocks(shop: Shop, item: Item | None, place: Location) -> bool:
    level = shop.stock.level(item.id, place.id) if item else None
    return item is None or (level is not None and level.is_active)
