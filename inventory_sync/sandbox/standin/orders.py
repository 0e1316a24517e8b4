"""Orders as values: lines, fulfilment orders, fulfilments, refunds, drafts.

Put what an order *is* here, with the sums that follow from it. What happens to an order, and to
the stock with it, is in ``placing.py``, ``order_changes.py`` and ``drafts.py``. No field holds
personal data.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from inventory_sync.sandbox.standin.stock import gid

RestockType = Literal["CANCEL", "RETURN", "NO_RESTOCK"]


class OrderRefused(Exception):
    """A shopper or clerk asked for what cannot be done; the message says why in one sentence."""


@dataclass(slots=True)
class OrderLine:
    """One line. ``moves_stock`` is false for custom lines and items untracked when it was sold.

    ``quantity`` is what was ever ordered; ``current_quantity`` less edits, refunds, cancellation.
    """

    id: int
    item_id: int | None
    sku: str | None
    quantity: int
    current_quantity: int
    moves_stock: bool

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("LineItem", self.id)


@dataclass(slots=True)
class FulfillmentOrderLine:
    """The part of an order line that one location has to ship."""

    id: int
    line_id: int
    total_quantity: int
    remaining_quantity: int

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("FulfillmentOrderLineItem", self.id)


@dataclass(slots=True)
class FulfillmentHold:
    """Why work on an order must wait."""

    id: int
    reason: str
    reason_notes: str | None

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("FulfillmentHold", self.id)

    @property
    def display_reason(self) -> str:
        """The reason in words."""
        return self.reason.replace("_", " ").capitalize()


@dataclass(slots=True)
class FulfillmentOrder:
    """Work of one location for one order."""

    id: int
    location_id: int
    created_at: datetime
    updated_at: datetime
    started: bool = False
    fulfill_by: datetime | None = None
    lines: list[FulfillmentOrderLine] = field(default_factory=list)
    holds: list[FulfillmentHold] = field(default_factory=list)

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("FulfillmentOrder", self.id)

    @property
    def status(self) -> str:
        """CLOSED when nothing remains, ON_HOLD, IN_PROGRESS when a part has shipped, else OPEN."""
        if not any(line.remaining_quantity for line in self.lines):
            return "CLOSED"
        if self.holds:
            return "ON_HOLD"
        return "IN_PROGRESS" if self.started else "OPEN"


@dataclass(slots=True)
class FulfillmentLine:
    """Units of an order line in one shipment."""

    id: int
    line_id: int
    quantity: int

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("FulfillmentLineItem", self.id)


@dataclass(slots=True)
class Fulfillment:
    """A shipment from one location."""

    id: int
    location_id: int
    created_at: datetime
    lines: list[FulfillmentLine]

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("Fulfillment", self.id)

    @property
    def total_quantity(self) -> int:
        """All units in it."""
        return sum(line.quantity for line in self.lines)


@dataclass(slots=True)
class RefundLine:
    """Units refunded, and whether and where they went back on the shelf."""

    id: int
    line_id: int
    quantity: int
    restock_type: RestockType
    location_id: int | None

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("RefundLineItem", self.id)

    @property
    def restocked(self) -> bool:
        """Whether the units went back to ``available``."""
        return self.restock_type != "NO_RESTOCK"


@dataclass(slots=True)
class Refund:
    """Units that the buyer no longer gets; no money here."""

    id: int
    created_at: datetime
    lines: list[RefundLine]

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("Refund", self.id)


@dataclass(slots=True)
class Order:
    """An order as it stands now."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    test: bool = False
    paid: bool = True
    edited: bool = False
    cancelled_at: datetime | None = None
    lines: list[OrderLine] = field(default_factory=list)
    fulfillment_orders: list[FulfillmentOrder] = field(default_factory=list)
    fulfillments: list[Fulfillment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("Order", self.id)

    @property
    def closed(self) -> bool:
        """Whether nothing is left to ship."""
        return self.cancelled_at is not None or not any(map(self.unfulfilled, self.lines))

    @property
    def status(self) -> str:
        """What the search field ``status`` compares with: open, closed or cancelled."""
        if self.cancelled_at:
            return "cancelled"
        return "closed" if self.closed else "open"

    @property
    def display_fulfillment_status(self) -> str:
        """How much of what the buyer still wants has shipped."""
        if not self.fulfillments:
            return "UNFULFILLED"
        return "FULFILLED" if self.closed else "PARTIALLY_FULFILLED"

    def line(self, line_id: int) -> OrderLine:
        """The line of this number."""
        return next(line for line in self.lines if line.id == line_id)

    def parts(self, line: OrderLine) -> Iterator[tuple[FulfillmentOrder, FulfillmentOrderLine]]:
        """Where the units of a line are to ship from."""
        for work in self.fulfillment_orders:
            for part in work.lines:
                if part.line_id == line.id:
                    yield work, part

    def unfulfilled(self, line: OrderLine) -> int:
        """Units of a line that are still to ship."""
        return sum(part.remaining_quantity for _, part in self.parts(line))

    def returnable(self, line: OrderLine) -> int:
        """Units of a line that have shipped and were not refunded."""
        return line.current_quantity - self.unfulfilled(line)


@dataclass(slots=True)
class DraftLine:
    """Units that a draft would order; ``reserved_at`` is the location that keeps them meanwhile."""

    id: int
    item_id: int
    sku: str
    quantity: int
    reserved_at: int | None = None

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("DraftOrderLineItem", self.id)


@dataclass(slots=True)
class DraftOrder:
    """A draft holds no stock until it is completed into an order, unless it reserves inventory."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime
    lines: list[DraftLine]
    order_id: int | None = None
    reserve_inventory_until: datetime | None = None

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("DraftOrder", self.id)

    @property
    def status(self) -> str:
        """OPEN, or COMPLETED when there is an order."""
        return "OPEN" if self.order_id is None else "COMPLETED"
