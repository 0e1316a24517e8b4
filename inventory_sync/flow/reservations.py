"""Reservations: a large order takes its stock before anybody else can, and gives it back.

Put the life of a reservation here: asked for by a person or by a draft order, held, then confirmed,
released or expired. It is an order line of our ledger until the ERP has it, so every store follows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from inventory_sync.domain.dirty import DirtySku
from inventory_sync.domain.errors import ContractBroken, ErpUnavailable, InventorySyncError
from inventory_sync.domain.extract import OrderRequest
from inventory_sync.domain.few.decide import FewPlan
from inventory_sync.domain.reservations import (
    OUR_ORDERS,
    Draft,
    DraftLine,
    Reservation,
    ReservationState,
)
from inventory_sync.domain.units import SCALE
from inventory_sync.flow.event_pass import EventPasses
from inventory_sync.flow.gather import placed
from inventory_sync.flow.parts import Parts

DRAFT_LOOK_BACK: Final = timedelta(days=7)


class ReservationRefused(InventorySyncError):
    """The stock is not there, or the reservation cannot be decided any more."""


def reserve(parts: Parts, wanted: Reservation) -> Reservation:
    """Take the units out of every store's offer, and only then say that they are reserved.

    The line is written down first and the stores are lowered; what they still sold meanwhile is
    then known, so the stock is counted once more. Raises ``ReservationRefused`` when it is short.
    """
    passes = EventPasses(parts)
    try:
        _demand_stock(passes.plan({wanted.sku}), wanted, of_it_reserved=0)
        held = replace(wanted, state="held")
        _save(parts, held)
        passes.run([_work(parts, held.sku)])
        try:
            _demand_stock(passes.plan({held.sku}), held, of_it_reserved=held.quantity_units)
        except ReservationRefused as short:
            _end(parts, held, "refused", str(short))
            passes.run([_work(parts, held.sku)])
            raise
    finally:
        passes.close()
    return _ask(parts, held, "reserve")


def confirm(parts: Parts, reservation: Reservation) -> Reservation:
    """The order is on: the ERP turns the reservation into an order, and nothing is given back.

    Of a draft order that is decided in Shopify: complete it there.
    """
    _demand_held(reservation)
    if not reservation.order_id.startswith(OUR_ORDERS):
        raise ReservationRefused(
            f"Reservation {reservation.reservation_id} belongs to {reservation.order_id}: complete "
            "or delete that draft order in Shopify."
        )
    decided = replace(reservation, state="confirmed", decided_at=parts.now())
    _save(parts, decided)
    return _ask(parts, decided, "confirm")


def release(parts: Parts, reservation: Reservation, reason: str) -> Reservation:
    """The order is off: the units are everybody's again, as soon as the ERP has let go of them."""
    _demand_held(reservation)
    return _ask(parts, _end(parts, reservation, "released", reason), "release")


def expire(parts: Parts) -> datetime | None:
    """End the reservations whose time is over; returns when the next of them is over."""
    now = parts.now()
    held = parts.ledger.reservations(held_only=True)
    ends = {each: each.expires_at for each in held if each.expires_at}
    for each, end in ends.items():
        if end <= now:
            _ask(parts, _end(parts, each, "expired", "its time is over"), "release")
    return min((end for end in ends.values() if end > now), default=None)


def hear_drafts(parts: Parts, store: str, asked: Iterable[str], drafts: Sequence[Draft]) -> None:
    """Bring the reservations of these draft orders to what the drafts say now.

    A draft that is gone or called off gives its stock back; one that has become an order hands it
    over: the order is written down before the reservation ends.
    """
    threshold = parts.policies[store].large_order_units
    told = {draft.draft_id: draft for draft in drafts}
    held = {
        (each.order_id, each.line_id): each
        for each in parts.ledger.reservations(held_only=True)
        if each.store == store
    }
    for draft_id in asked:
        draft = told.get(draft_id)
        mine = {line: each for (order, line), each in held.items() if order == draft_id}
        if draft is None or not draft.is_open:
            _finish(parts, store, draft, list(mine.values()))
        elif threshold is not None:
            for line in draft.lines:
                _follow(parts, store, draft, line, mine.get(line.line_id), threshold)
            for line_id in mine.keys() - {line.line_id for line in draft.lines}:
                release(parts, mine[line_id], "the line was taken out of the draft order")


def poll_drafts(parts: Parts, store: str) -> None:
    """Find what webhooks about draft orders missed."""
    if parts.policies[store].large_order_units is None:
        return
    held = [r.order_id for r in parts.ledger.reservations(held_only=True) if r.store == store]
    known = [order_id for order_id in dict.fromkeys(held) if not order_id.startswith(OUR_ORDERS)]
    front = parts.storefronts[store]
    if known:
        hear_drafts(parts, store, known, front.drafts_of(known))
    for drafts in front.drafts_since(parts.now() - DRAFT_LOOK_BACK):
        new = [draft for draft in drafts if draft.draft_id not in known and draft.is_open]
        hear_drafts(parts, store, [draft.draft_id for draft in new], new)


def _follow(
    parts: Parts, store: str, draft: Draft, line: DraftLine, held: Reservation | None, least: int
) -> None:
    """One line of an open draft order: reserve it, or reserve anew what has changed.

    What Shopify itself keeps back is reserved however small it is: other stores sell it as well.
    """
    by_shopify = draft.reserves_until is not None and draft.reserves_until > parts.now()
    if held and held.quantity_units == line.quantity_units:
        return
    if held:
        release(parts, held, "the quantity of the draft order has changed")
    if line.quantity_units < least and not by_shopify:
        return
    identity = f"{draft.draft_id}/{line.line_id}/{draft.updated_at.isoformat()}"
    known = parts.ledger.reservation(identity)
    if known is not None:
        return  # decided already for this state of the draft
    wanted = place(
        parts,
        Reservation(
            reservation_id=identity,
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
        ),
    )
    try:
        reserve(parts, wanted)
    except ReservationRefused as short:
        refused = replace(wanted, state="refused", decided_at=parts.now(), reason=str(short))
        parts.ledger.save_reservations([replace(refused, taken_units=0)])
        parts.tell(f"{store}: {draft.name} is not reserved: {short}")


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
        _ask(parts, _end(parts, each, "confirmed", f"became {draft.order_id}"), "release")


def place(parts: Parts, wanted: Reservation) -> Reservation:
    """Choose where to take the units from: the first store location whose pool holds them, and
    there the ERP location with the most. Raises ``ReservationRefused`` for an unknown SKU.
    """
    passes = EventPasses(parts)
    try:
        plan = passes.plan({wanted.sku})
    finally:
        passes.close()
    policy = parts.policies[wanted.store]
    chosen = [wanted.store_location_id] if wanted.store_location_id else list(policy.locations)
    pools = {gid: _pool(plan, wanted.store, gid, wanted.sku) for gid in chosen}
    enough = [gid for gid, units in pools.items() if units >= wanted.quantity_units]
    best = enough[0] if enough else max(pools, key=lambda gid: pools[gid])
    places = policy.locations[best]
    erp_location = max(places, key=lambda place: plan.atp.micros.get((wanted.sku, place), 0))
    return replace(wanted, store_location_id=best, erp_location=erp_location)


def _demand_stock(plan: FewPlan, wanted: Reservation, *, of_it_reserved: int) -> None:
    pool = _pool(plan, wanted.store, wanted.store_location_id, wanted.sku)
    if pool + of_it_reserved < wanted.quantity_units:
        raise ReservationRefused(
            f"{wanted.quantity_units} of {wanted.sku} cannot be reserved: "
            f"{max(pool + of_it_reserved, 0)} can be promised at {wanted.store_location_id}."
        )


def _pool(plan: FewPlan, store: str, gid: str, sku: str) -> int:
    """Units that can be promised at a store location, before share and buffer."""
    offer = plan.offers[store].get((gid, sku))
    if offer is None:
        raise ReservationRefused(
            f"{sku} cannot be reserved: the ERP does not count it, or one of its rows is in "
            "quarantine (see `inventory-sync status`)."
        )
    return int(offer.waterfall["pool_micros"] // SCALE)


def _demand_held(reservation: Reservation) -> None:
    if reservation.state != "held":
        raise ReservationRefused(
            f"Reservation {reservation.reservation_id} is {reservation.state} already."
        )


def _end(
    parts: Parts, reservation: Reservation, state: ReservationState, reason: str
) -> Reservation:
    ended = replace(reservation, state=state, decided_at=parts.now(), reason=reason, taken_units=0)
    _save(parts, ended)
    return ended


def _save(parts: Parts, reservation: Reservation) -> None:
    """Write a reservation down together with its order line, which marks its SKUs.

    One that has ended meanwhile stays as it ended.
    """
    _record(parts, reservation)
    kept = parts.ledger.reservation(reservation.reservation_id)
    if kept is not None and kept.state != reservation.state:
        _record(parts, kept)


def _record(parts: Parts, reservation: Reservation) -> None:
    at = parts.now()
    mine = {
        each.reservation_id: each
        for each in parts.ledger.reservations()
        if (each.store, each.order_id) == (reservation.store, reservation.order_id)
    } | {reservation.reservation_id: reservation}
    newest = {each.line_id: each for each in sorted(mine.values(), key=lambda r: r.created_at)}
    lines = [each.as_order_line(at) for each in newest.values()]
    parts.ledger.record_order_lines(
        reservation.store, lines, read_at=at, reservations=[reservation]
    )


def _work(parts: Parts, sku: str) -> DirtySku:
    now = parts.now()
    return DirtySku("store_orders", sku, 0, now, now, "reservation", 1)


def _ask(parts: Parts, reservation: Reservation, action: str) -> Reservation:
    """Tell the ERP. When it cannot be told, the reservation holds in our ledger all the same."""
    request = OrderRequest(
        request_id=f"{reservation.reservation_id}:{action}",
        action=action,
        external_order_id=reservation.order_id,
        external_line_id=reservation.line_id,
        sku=reservation.sku,
        location=reservation.erp_location,
        quantity_units=reservation.quantity_units,
        expires_at=reservation.expires_at,
        requested_at=parts.now(),
    )
    try:
        parts.erp.request([request])
    except (ErpUnavailable, ContractBroken) as error:
        kept = replace(reservation, reason=f"the ERP was not told to {action}: {error}")
        parts.ledger.save_reservations([kept])
        return kept
    return reservation
