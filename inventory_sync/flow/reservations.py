"""Reservations: a large order takes its stock before anybody else can, and gives it back.

Put the life of a reservation here: asked for, made sure of, then confirmed, released or expired. It
is an order line of our ledger until the ERP has it, so every store follows. Whether the stock is
there is ``securing.py``; what draft orders want is ``drafts.py``.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from inventory_sync.domain.errors import ContractBroken, ErpUnavailable, ReservationRefused
from inventory_sync.domain.extract import OrderRequest
from inventory_sync.domain.reservations import (
    OUR_ORDERS,
    NextStep,
    Reservation,
    ReservationState,
)
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.securing import demand_stock, make_sure, planning

SECURE_WITHIN: Final = timedelta(minutes=10)
"""Whoever reserves has died when that is not done after so long."""

ERP_IS_ASKED_FOR: Final = timedelta(days=7)
"""An ERP that has taken no request about an ended reservation for so long takes none."""


def reserve(parts: Parts, wanted: Reservation, *, look_first: bool = False) -> Reservation:
    """Take the units out of every store's offer, and only then say that they are reserved.

    It may take the place of a held one for the same line, whose units count as its own. Raises
    ``ReservationRefused`` when the stock is short or a store cannot be made sure of; what was held
    before is held then as it was. ``look_first``: look at the stores before they are lowered too,
    so that they do not fall and rise at each new attempt.
    """
    before = _held_for(parts, wanted)[-1:]
    own = sum(each.quantity_units for each in before if _same_place(each, wanted))
    with planning(parts) as passes:
        demand_stock(passes.plan({wanted.sku}), wanted, of_it_reserved=own)
        if look_first:
            make_sure(parts, passes, wanted, of_it_reserved=own)
    held = replace(wanted, state="held", decided_at=None, reason=None, next_step="secure")
    return secure(parts, _save(parts, held))


def secure(parts: Parts, held: Reservation) -> Reservation:
    """Lower every store and look at what it shows; what is sold by then is known by then.

    Raises ``ReservationRefused`` as ``reserve`` does. Ends what it took the place of, for the ERP
    knows both by one name and has to let go of the old one first.
    """
    try:
        with planning(parts) as passes:
            make_sure(parts, passes, held, of_it_reserved=held.quantity_units)
    except ReservationRefused as short:
        _end(parts, held, "refused", str(short))
        raise
    for old in _held_for(parts, held):
        if old.reservation_id != held.reservation_id:
            _end(parts, old, "released", f"{held.reservation_id} has taken its place")
    return _ask(parts, _save(parts, replace(held, next_step="reserve")))


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
    if reservation.next_step == "secure":
        raise ReservationRefused(
            f"Nobody knows yet whether the stock of reservation {reservation.reservation_id} is "
            "there: confirm it in a few minutes, or release it."
        )
    decided = replace(reservation, state="confirmed", decided_at=parts.now(), next_step="confirm")
    return _ask(parts, _save(parts, decided))


def release(parts: Parts, reservation: Reservation, reason: str) -> Reservation:
    """The order is off: the units are everybody's again, as soon as the ERP has let go of them."""
    _demand_held(reservation)
    return _ask(parts, _end(parts, reservation, "released", reason))


def hand_over(parts: Parts, reservation: Reservation, order_id: str) -> Reservation:
    """The draft order has become an order, which is written down: the ERP hears of that one."""
    return _ask(parts, _end(parts, reservation, "confirmed", f"became {order_id}"))


def expire(parts: Parts) -> datetime | None:
    """End the reservations whose time is over; returns when the next of them is over."""
    now = parts.now()
    held = parts.ledger.reservations(held_only=True)
    ends = {each: each.expires_at for each in held if each.expires_at}
    for each, end in ends.items():
        if end <= now:
            _ask(parts, _end(parts, each, "expired", "its time is over"))
    return min((end for end in ends.values() if end > now), default=None)


def finish(parts: Parts) -> None:
    """Do what was left undone by whoever died, or while the ERP was away."""
    now = parts.now()
    unfinished = parts.ledger.unfinished_reservations()
    for each in unfinished:
        if each.next_step == "secure" and each.created_at + SECURE_WITHIN <= now:
            try:
                secure(parts, each)
            except ReservationRefused as short:
                parts.tell(f"{each.store}: {each.reservation_id} is not reserved: {short}")
    to_ask = [
        each
        for each in unfinished
        if each.next_step != "secure"
        and (each.decided_at is None or each.decided_at > now - ERP_IS_ASKED_FOR)
    ]
    to_ask.sort(key=lambda each: each.line)
    for _, same in groupby(to_ask, key=lambda each: each.line):
        _ask(parts, list(same)[-1])


# --- writing it down, and asking the ERP ---


def _held_for(parts: Parts, reservation: Reservation) -> list[Reservation]:
    """What is held for the same line, oldest first."""
    held = parts.ledger.reservations(held_only=True, order_id=reservation.order_id)
    return [each for each in held if each.line == reservation.line]


def _same_place(one: Reservation, other: Reservation) -> bool:
    return (one.sku, one.store_location_id) == (other.sku, other.store_location_id)


def _demand_held(reservation: Reservation) -> None:
    if reservation.state != "held":
        raise ReservationRefused(
            f"Reservation {reservation.reservation_id} is {reservation.state} already."
        )


def _end(
    parts: Parts, reservation: Reservation, state: ReservationState, reason: str
) -> Reservation:
    step: NextStep | None = None if state == "refused" else "release"
    ended = replace(
        reservation,
        state=state,
        decided_at=parts.now(),
        reason=reason,
        taken_units=0,
        next_step=step,
    )
    return _save(parts, ended)


def _save(parts: Parts, reservation: Reservation) -> Reservation:
    """Write a reservation down together with its order line, which marks its SKUs.

    One that has ended meanwhile stays as it ended; returns what is kept.
    """
    _record(parts, reservation)
    kept = parts.ledger.reservation(reservation.reservation_id)
    if kept is None or kept.state == reservation.state:
        return reservation
    _record(parts, kept)
    return kept


def _record(parts: Parts, reservation: Reservation) -> None:
    """The lines of an order are those of its newest reservations; a refused one has none."""
    at = parts.now()
    same_order = parts.ledger.reservations(order_id=reservation.order_id)
    mine = {each.reservation_id: each for each in same_order if each.store == reservation.store}
    mine[reservation.reservation_id] = reservation
    good = [each for each in mine.values() if each.state != "refused"]
    newest = {reservation.line_id: reservation}
    newest |= {each.line_id: each for each in sorted(good, key=lambda r: r.created_at)}
    lines = [each.as_order_line(at) for each in newest.values()]
    parts.ledger.record_order_lines(
        reservation.store, lines, read_at=at, reservations=[reservation]
    )


def _ask(parts: Parts, reservation: Reservation) -> Reservation:
    """Ask the ERP for what is still to be done about the line, the oldest first.

    When it cannot be asked, the reservation counts in our ledger all the same, and it is asked
    again (``finish``).
    """
    to_ask = [
        each
        for each in parts.ledger.unfinished_reservations()
        if each.line == reservation.line and each.next_step != "secure"
    ]
    try:
        parts.erp.request([_request(parts, each) for each in to_ask])
    except (ErpUnavailable, ContractBroken) as error:
        why = f"the ERP was not told to {reservation.next_step} yet: {error}"
        return replace(reservation, reason=why)
    for each in to_ask:
        if each.next_step:
            parts.ledger.step_done(each.reservation_id, each.next_step)
    return replace(reservation, next_step=None)


def _request(parts: Parts, reservation: Reservation) -> OrderRequest:
    return OrderRequest(
        request_id=f"{reservation.reservation_id}:{reservation.next_step}",
        action=str(reservation.next_step),
        external_order_id=reservation.order_id,
        external_line_id=reservation.line_id,
        sku=reservation.sku,
        location=reservation.erp_location,
        quantity_units=reservation.quantity_units,
        expires_at=reservation.expires_at,
        requested_at=parts.now(),
    )
