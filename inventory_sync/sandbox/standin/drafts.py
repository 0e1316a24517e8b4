"""Draft orders: written down, changed, deleted, completed; and the stock that one may reserve.

Put what happens to a draft here. With ``reserve_inventory_until`` its units leave ``available`` for
``reserved`` until that instant, and come back when it lapses, is deleted or no longer reserves;
completing it hands them over to the order. Shopify does not say what happens to a draft that
reserves more than there is: here ``available`` goes below zero, as with any order that a clerk
writes. Nor does it say whether a lapse touches the draft: here it does not, so that a client has
to watch the clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Literal

from pydantic import ConfigDict

from inventory_sync.sandbox.standin.orders import DraftLine, DraftOrder, Order, OrderRefused
from inventory_sync.sandbox.standin.placing import (
    Wanted,
    check_quantities,
    choose_places,
    item_of_sku,
    place_order,
)
from inventory_sync.sandbox.standin.seed import STRICT
from inventory_sync.sandbox.standin.shop import Shop


@dataclass(frozen=True, slots=True)
class DraftEdit:
    """Changes to a draft; what is left out stays. ``reserve_until`` null ends the reservation."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    lines: tuple[Wanted, ...] | None = None
    reserve_until: datetime | Literal["keep"] | None = "keep"


def place_draft(
    shop: Shop, lines: Sequence[Wanted], *, reserve_until: datetime | None = None
) -> DraftOrder:
    """Write down a draft. It moves no stock unless it reserves inventory until some instant."""
    with shop.lock:
        _check_instant(shop, reserve_until)
        drafted = _draft_lines(shop, lines)
        _places(shop, drafted, reserve_until)  # refuses before anything has changed
        now = shop.now()
        draft = DraftOrder(shop.next_id(), f"#D{1 + len(shop.drafts)}", now, now, drafted)
        shop.drafts[draft.id] = draft
        _reserve(shop, draft, reserve_until)
        shop.tell(draft, "draft_orders/create")
        return draft


def update_draft(shop: Shop, draft_id: int, edit: DraftEdit) -> DraftOrder:
    """Change an open draft; other lines are reserved anew."""
    with shop.lock:
        draft = _open_draft(shop, draft_id)
        until = draft.reserve_inventory_until
        if edit.reserve_until != "keep":
            until = edit.reserve_until
            _check_instant(shop, until)
        lines = draft.lines if edit.lines is None else _draft_lines(shop, edit.lines)
        _places(shop, lines, until)  # refuses before anything has changed
        _end_reservation(shop, draft)
        draft.lines = lines
        _reserve(shop, draft, until)
        draft.updated_at = shop.now()
        shop.tell(draft, "draft_orders/update")
        return draft


def delete_draft(shop: Shop, draft_id: int) -> DraftOrder:
    """Throw a draft away. The order that it has become, if any, stays."""
    with shop.lock:
        draft = shop.drafts.get(draft_id)
        if draft is None:
            raise OrderRefused(f"shop {shop.handle!r} has no draft order {draft_id}")
        _end_reservation(shop, draft)
        del shop.drafts[draft_id]
        shop.tell(draft, "draft_orders/delete")
        return draft


def complete_draft(shop: Shop, draft_id: int) -> Order:
    """Turn a draft into an order, which commits its units whatever the policy."""
    with shop.lock:
        draft = _open_draft(shop, draft_id)
        lines = [Wanted(line.sku, line.quantity, line.reserved_at) for line in draft.lines]
        order = place_order(shop, lines, ignore_policy=True)
        _end_reservation(shop, draft)
        draft.order_id = order.id
        draft.updated_at = order.updated_at
        shop.tell(draft, "draft_orders/update")
        return order


def lapse_drafts(shop: Shop) -> None:
    """End the reservations whose time has come, by the shop's clock."""
    with shop.lock:
        for draft in shop.drafts.values():
            until = draft.reserve_inventory_until
            if until is not None and until <= shop.instant():
                _end_reservation(shop, draft)


def _draft_lines(shop: Shop, lines: Sequence[Wanted]) -> list[DraftLine]:
    if not lines:
        raise OrderRefused("a draft order needs at least one line")
    check_quantities(lines)
    items = [(item_of_sku(shop, wanted.sku or ""), wanted) for wanted in lines]
    return [
        DraftLine(shop.next_id(), item.id, wanted.sku or "", wanted.quantity)
        for item, wanted in items
    ]


def _check_instant(shop: Shop, until: datetime | None) -> None:
    if until is not None and until.tzinfo is None:
        raise OrderRefused(f"reserve_until {until} has no time zone; add one, such as Z")
    if until is not None and until <= shop.instant():
        raise OrderRefused("Reserve until can't be in the past")


def _open_draft(shop: Shop, draft_id: int) -> DraftOrder:
    draft = shop.drafts.get(draft_id)
    if draft is None or draft.order_id is not None:
        raise OrderRefused(f"shop {shop.handle!r} has no open draft order {draft_id}")
    return draft


def _reserve(shop: Shop, draft: DraftOrder, until: datetime | None) -> None:
    draft.reserve_inventory_until = until and until.astimezone(UTC)
    places = _places(shop, draft.lines, until)
    for line, location_id in zip(draft.lines, places, strict=False):
        if shop.stock.items[line.item_id].tracked:
            line.reserved_at = location_id
            _move(shop, line, location_id, "reserved")


def _places(shop: Shop, lines: Sequence[DraftLine], until: datetime | None) -> list[int]:
    """Where the units of each line are to be reserved; nowhere when the time has passed."""
    if until is None or until <= shop.instant():
        return []
    wanted = [Wanted(line.sku, line.quantity) for line in lines]
    return [place.id for _, _, place in choose_places(shop, wanted, "CONTINUE")]


def _end_reservation(shop: Shop, draft: DraftOrder) -> None:
    for line in draft.lines:
        if line.reserved_at is not None:
            _move(shop, line, line.reserved_at, "available")
            line.reserved_at = None


def _move(shop: Shop, line: DraftLine, location_id: int, state: str) -> None:
    level = shop.level_or_hidden(line.item_id, location_id)
    shop.add_units(level, "available" if state == "reserved" else "reserved", -line.quantity)
    shop.add_units(level, state, line.quantity)
