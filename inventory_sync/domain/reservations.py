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

NextStep = Literal["secure", "reserve", "confirm", "release"]
"""What is still to be done: make sure that the stock is there, or ask the ERP for the rest."""

OUR_ORDERS: Final = "inventory-sync:"
"""Orders of this prefix stand for reservations that a person asked for."""

RESERVATION_ORDERS: Final = (OUR_ORDERS, "gid://shopify/DraftOrder/")
"""Order lines whose order begins so are reservations."""

MAY_CHANGE: Final[frozenset[ReservationState]] = frozenset({"held", "refused"})
"""States that a reservation may leave: one waits for a decision, the other may be tried again. The
ERP never heard of a refused one.
"""


@dataclass(frozen=True, slots=True)
class Reservation:
    """Units of one SKU kept for one order at one store location.

    ``order_id`` is the Shopify draft order (gid), or ``inventory-sync:<id>`` when a person asked;
    with ``line_id`` it is also what the ERP calls it (external_order_id, external_line_id).
    ``taken_units``: what Shopify itself keeps out of ``available`` of the item meanwhile.
    ``next_step`` is saved together with the state that asks for it, and cleared when it is done: a
    crash in between, or an ERP that is away, forgets nothing.
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
    next_step: NextStep | None = None

    @property
    def line(self) -> tuple[str, str, str]:
        """What it is for; it may take the place of an earlier reservation for the same."""
        return self.store, self.order_id, self.line_id

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


def refusals(told: Sequence[Reservation], *, since: datetime) -> list[Reservation]:
    """Draft order lines that were refused since then and have not been reserved later.

    ``told``: all reservations, oldest first.
    """
    newest = {each.line: each for each in told}
    return [
        each
        for each in newest.values()
        if each.state == "refused"
        and not each.order_id.startswith(OUR_ORDERS)
        and each.decided_at is not None
        and each.decided_at > since
    ]


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
