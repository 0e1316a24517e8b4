"""Reservations: stock that a large order holds while somebody decides about it.

Put the words and the life of a reservation here. A reservation is deducted like an order in flight
until the ERP has it (as a line of the order ledger, see ``orders.py``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from inventory_sync.domain.orders import OrderLine

ReservationState = Literal["held", "confirmed", "released", "expired", "refused"]

OUR_ORDERS: Final = "inventory-sync:"
"""Orders of this prefix stand for reservations that a person asked for."""

ENDS: Final[frozenset[ReservationState]] = frozenset(
    {"confirmed", "released", "expired", "refused"}
)
"""States that a reservation does not leave; only ``held`` waits for a decision."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """Units of one SKU kept for one order at one store location.

    ``order_id`` is the Shopify draft order (gid), or ``inventory-sync:<id>`` when a person asked;
    with ``line_id`` it is also what the ERP calls it (external_order_id, external_line_id).
    ``taken_units``: what Shopify itself keeps out of ``available`` of the item meanwhile.
    """

    reservation_id: str
    store: str
    order_id: str
    line_id: str
    sku: str
    store_location_id: str
    erp_location: str
    quantity_units: int
    state: ReservationState
    expires_at: datetime | None
    created_at: datetime
    decided_at: datetime | None = None
    reason: str | None = None
    inventory_item_id: str | None = None
    taken_units: int = 0

    @property
    def owed_units(self) -> int:
        """What the reservation takes from all stores: nothing once it is over, or an order."""
        stays = self.state == "confirmed" and self.order_id.startswith(OUR_ORDERS)
        return self.quantity_units if self.state == "held" or stays else 0

    def as_order_line(self, at: datetime) -> OrderLine:
        """The line of our order ledger that takes these units from every store."""
        return OrderLine(
            order_id=self.order_id,
            order_name=self.reservation_id,
            line_id=self.line_id,
            sku=self.sku,
            inventory_item_id=self.inventory_item_id,
            store_location_id=self.store_location_id,
            current_units=self.owed_units,
            taken_units=self.taken_units,
            updated_at=at,
        )


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line of a draft order that is about a stocked item."""

    line_id: str
    sku: str
    inventory_item_id: str
    quantity_units: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft order as Shopify tells it. ``order_id`` is set once it has become an order;
    ``reserves_until``: Shopify itself keeps the units out of ``available`` until then.
    """

    draft_id: str
    name: str
    is_open: bool
    order_id: str | None
    reserves_until: datetime | None
    updated_at: datetime
    lines: Sequence[DraftLine]
