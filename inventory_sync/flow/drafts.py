"""Draft orders: a large one, or one that Shopify keeps back, reserves its stock in every store.

Put here what a draft order wants of reservations, and how drafts are heard of. The life of a
reservation is ``reservations.py``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from inventory_sync.domain.errors import (
    ContractBroken,
    ErpUnavailable,
    ReservationRefused,
    StoreStopped,
    StoreUnreachable,
)
from inventory_sync.domain.reservations import (
    MAY_CHANGE,
    OUR_ORDERS,
    Draft,
    DraftLine,
    Reservation,
)
from inventory_sync.flow.gather import placed
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.reservations import hand_over, release, reserve, secure
from inventory_sync.flow.securing import place

DRAFT_LOOK_BACK: Final = timedelta(days=7)

NOT_ITS_FAULT: Final = (
    StoreStopped,
    StoreUnreachable,
    ErpUnavailable,
    ContractBroken,
    AssertionError,
)
"""What stops anything alike: the store, the ERP, or a mistake of ours."""


def hear_draft(parts: Parts, store: str, draft_id: str, draft: Draft | None) -> None:
    """Bring the reservations of a draft order to what it says now (``None``: it is gone).

    A draft that is gone or called off gives its stock back; one that has become an order hands it
    over: the order is written down before the reservation ends.
    """
    known = parts.ledger.reservations(held_only=True, order_id=draft_id)
    held = [each for each in known if each.store == store]
    if draft is None or not draft.is_open:
        _finish(parts, store, draft, held)
        return
    if parts.policies[store].large_order_units is None:
        return
    for line in draft.lines:
        mine = [each for each in held if each.line_id == line.line_id]
        _follow(parts, _wanted(parts, store, draft, line), mine)
    left = {line.line_id for line in draft.lines}
    for each in held:
        if each.line_id not in left:
            release(parts, each, "the line was taken out of the draft order")


def poll_drafts(parts: Parts, store: str) -> None:
    """Find what webhooks about draft orders missed, and try again what was refused.

    A draft that cannot be heard is told of, and does not keep the others from being heard.
    """
    for draft_id, draft in _drafts(parts, store):
        try:
            hear_draft(parts, store, draft_id, draft)
        except NOT_ITS_FAULT:
            raise
        except Exception as error:
            parts.tell(f"{store}: {draft_id} is not heard, the next poll tries again: {error!r}")


def _drafts(parts: Parts, store: str) -> Iterator[tuple[str, Draft | None]]:
    """The drafts of reservations that are held, whatever became of them; then all that are open."""
    front = parts.storefronts[store]
    held = [r.order_id for r in parts.ledger.reservations(held_only=True) if r.store == store]
    known = [order_id for order_id in dict.fromkeys(held) if not order_id.startswith(OUR_ORDERS)]
    told = {draft.draft_id: draft for draft in front.drafts_of(known)} if known else {}
    for draft_id in known:
        yield draft_id, told.get(draft_id)
    if parts.policies[store].large_order_units is None:
        return
    for drafts in front.drafts_since(parts.now() - DRAFT_LOOK_BACK):
        for draft in drafts:
            if draft.draft_id not in known and draft.is_open:
                yield draft.draft_id, draft


def _follow(parts: Parts, wanted: Reservation, held: Sequence[Reservation]) -> None:
    """One line of an open draft order: reserve it, or reserve anew what has changed.

    What Shopify itself keeps back is reserved however small it is: other stores sell it as well.
    What is ``held`` for the line, oldest first, stays when more than that is refused.
    """
    least = parts.policies[wanted.store].large_order_units or 0
    if not wanted.taken_units and wanted.quantity_units < least:
        for each in held:
            release(parts, each, "the draft order has become small")
        return
    is_held = bool(held) and _is_same(held[-1], wanted)
    if is_held and held[-1].next_step != "secure":
        return
    known = parts.ledger.reservation(wanted.reservation_id)
    if known is not None and known.state not in MAY_CHANGE:
        return  # decided already for this state of the draft
    try:
        if is_held:
            secure(parts, held[-1])  # whoever reserved it has died
        else:
            here = _beside(wanted, held[-1]) if held else place(parts, wanted)
            reserve(parts, here, look_first=known is not None)
    except ReservationRefused as short:
        _keep_refusal(parts, wanted, known, str(short))


def _wanted(parts: Parts, store: str, draft: Draft, line: DraftLine) -> Reservation:
    """What a line of a draft order asks for in the state that the draft is in."""
    by_shopify = draft.reserves_until is not None and draft.reserves_until > parts.now()
    state = f"{draft.updated_at.isoformat()}/{line.quantity_units}"
    return Reservation(
        reservation_id=f"{draft.draft_id}/{line.line_id}/{state}",
        store=store,
        order_id=draft.draft_id,
        line_id=line.line_id,
        sku=line.sku,
        store_location_id="",
        erp_location="",
        quantity_units=line.quantity_units,
        state="held",
        expires_at=draft.reserves_until,
        created_at=parts.now(),
        inventory_item_id=line.inventory_item_id,
        taken_units=line.quantity_units if by_shopify else 0,
    )


def _is_same(held: Reservation, wanted: Reservation) -> bool:
    return (held.quantity_units, held.expires_at) == (wanted.quantity_units, wanted.expires_at)


def _beside(wanted: Reservation, held: Reservation) -> Reservation:
    return replace(wanted, store_location_id=held.store_location_id, erp_location=held.erp_location)


def _keep_refusal(
    parts: Parts, wanted: Reservation, before: Reservation | None, reason: str
) -> None:
    """Keep why a draft is not reserved; it is told once, however often it is tried."""
    if before is not None and (before.state, before.reason) == ("refused", reason):
        return
    parts.tell(f"{wanted.store}: {wanted.order_id} is not reserved: {reason}")
    kept = parts.ledger.reservation(wanted.reservation_id) or wanted
    refused = replace(kept, state="refused", decided_at=parts.now(), reason=reason, taken_units=0)
    parts.ledger.save_reservations([replace(refused, next_step=None)])


def _finish(parts: Parts, store: str, draft: Draft | None, held: Sequence[Reservation]) -> None:
    """A draft order that is no longer open."""
    if not held:
        return
    if draft is None or draft.order_id is None:
        for each in held:
            release(parts, each, "the draft order was called off")
        return
    read_at = parts.now()
    for lines in parts.storefronts[store].orders_of([draft.order_id]):
        mine = placed(parts, store, lines)
        parts.ledger.record_order_lines(store, mine, read_at=read_at)
    for each in held:
        hand_over(parts, each, draft.order_id)
