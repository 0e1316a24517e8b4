"""``inventory-sync reserve``, ``confirm``, ``release`` and ``holds``.

Put here what these commands ask and print. The life of a reservation is ``flow/reservations.py``.
"""

import uuid
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from inventory_sync.cli.show import console, print_json, print_table, records
from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.domain.holds import held, phantom_holds
from inventory_sync.domain.reservations import OUR_ORDERS, Reservation, refusals
from inventory_sync.domain.units import micros_to_decimal
from inventory_sync.flow.reservations import confirm, release, reserve
from inventory_sync.flow.securing import place
from inventory_sync.settings import load_settings
from inventory_sync.wiring import open_parts

SHOWN_HOLDS = 50

REFUSED_WITHIN = timedelta(days=7)
"""A draft order that was refused longer ago is not listed."""

_TO_BE_DONE: dict[str | None, str] = {
    "secure": "make sure that the stock is there",
    "reserve": "tell the ERP to reserve",
    "confirm": "tell the ERP to confirm",
    "release": "tell the ERP to release",
}


def reserve_stock(
    sku: str, quantity_units: int, *, store: str, location: str | None, hours: float, as_json: bool
) -> int:
    """Reserve units in every store's offer at once; 1 when the stock is short."""
    with open_parts(load_settings()) as parts:
        if store not in parts.policies:
            raise InventorySyncError(
                f"There is no store {store}; the settings have {', '.join(parts.policies)}."
            )
        if location is not None and location not in parts.policies[store].locations:
            raise InventorySyncError(
                f"{store} has no location {location}; it has "
                f"{', '.join(parts.policies[store].locations)}."
            )
        now = datetime.now(UTC)
        name = str(uuid.uuid4())
        wanted = Reservation(
            reservation_id=name,
            store=store,
            order_id=f"{OUR_ORDERS}{name}",
            line_id=f"{OUR_ORDERS}{name}/1",
            sku=sku,
            store_location_id=location or "",
            erp_location="",
            quantity_units=quantity_units,
            state="held",
            expires_at=now + timedelta(hours=hours),
            created_at=now,
        )
        _show(reserve(parts, place(parts, wanted)), as_json=as_json)
    return 0


def decide(reservation_id: str, *, is_on: bool, as_json: bool) -> int:
    """Confirm or release a reservation."""
    with open_parts(load_settings()) as parts:
        found = parts.ledger.reservation(reservation_id)
        if found is None:
            raise InventorySyncError(
                f"There is no reservation {reservation_id}; `inventory-sync holds` lists them."
            )
        decided = confirm(parts, found) if is_on else release(parts, found, "released by a person")
        _show(decided, as_json=as_json)
    return 0


def show_holds(*, as_json: bool) -> int:
    """List what is held, oldest first, and the holds that only one side knows (then 1)."""
    with open_parts(load_settings()) as parts:
        snapshot = parts.erp.snapshot()
        in_erp = held(snapshot.commitments, snapshot.taken_at)
        lines = parts.ledger.order_lines()
        phantoms = phantom_holds(snapshot.commitments, lines, snapshot.taken_at)
        told = parts.ledger.reservations()
        refused = refusals(told, since=datetime.now(UTC) - REFUSED_WITHIN)
        ours = [each for each in told if each.state == "held" or each.next_step]
    if as_json:
        listing = {
            "erp": records(in_erp),
            "reservations": [asdict(each) for each in ours],
            "refused": [asdict(each) for each in refused],
            "phantoms": records(phantoms),
        }
        print_json(listing)
        return 1 if len(phantoms) else 0
    columns = ["kind", "document", "SKU", "location", "units", "age (h)", "expires (UTC)"]
    rows = [
        [r["kind"], r["document"], r["sku"], r["location"],
         f"{micros_to_decimal(r['units_micros']):f}", r["age_hours"], r["expires_at"]]
        for r in records(in_erp.head(SHOWN_HOLDS))
    ]  # fmt: skip
    print_table(f"Held in the ERP ({len(in_erp)}), oldest first", columns, rows)
    print_table(
        "Our reservations",
        ["reservation", "store", "SKU", "units", "location", "expires (UTC)", "state", "open"],
        [
            [each.reservation_id, each.store, each.sku, each.quantity_units,
             each.store_location_id, each.expires_at, each.state, _TO_BE_DONE.get(each.next_step)]
            for each in ours
        ],
    )  # fmt: skip
    print_table(
        "Refused draft orders: not reserved, tried again every minute while they are open",
        ["draft order", "store", "SKU", "units", "since (UTC)", "why"],
        [
            [each.order_id, each.store, each.sku, each.quantity_units, each.decided_at, each.reason]
            for each in refused
        ],
    )
    print_table(
        "Phantom holds: one side only",
        ["held by", "order", "store", "ERP document", "what is wrong"],
        phantoms.to_numpy().tolist(),
    )
    return 1 if len(phantoms) else 0


def _show(reservation: Reservation, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(reservation))
        return
    console.print(
        f"{reservation.quantity_units} of {reservation.sku} are {reservation.state} for "
        f"{reservation.store} (reservation {reservation.reservation_id})."
    )
    if reservation.reason:
        console.print(reservation.reason)
