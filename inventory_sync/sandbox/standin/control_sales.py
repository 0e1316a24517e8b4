"""The control requests about orders and drafts; see ``control_requests.py`` for what one is.

Put what shoppers and clerks can be made to do here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pydantic import ConfigDict

from inventory_sync.sandbox.standin.drafts import (
    DraftEdit,
    complete_draft,
    delete_draft,
    place_draft,
    update_draft,
)
from inventory_sync.sandbox.standin.holds import HoldReason, hold_order, release_order
from inventory_sync.sandbox.standin.order_changes import (
    LineUnits,
    RefundUnits,
    cancel_order,
    edit_order,
    fulfill_order,
    move_order,
    pay_order,
    refund_order,
)
from inventory_sync.sandbox.standin.placing import Wanted, place_order
from inventory_sync.sandbox.standin.seed import STRICT, Policy
from inventory_sync.sandbox.standin.shop import Shop
from inventory_sync.sandbox.standin.views import View, draft_view, order_view


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Sell lines; see ``place_order``."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    lines: tuple[Wanted, ...]
    policy: Policy | None = None
    ignore_policy: bool = False
    test: bool = False
    paid: bool = True

    def perform(self, shop: Shop, number: int) -> View:
        """Place it."""
        order = place_order(
            shop,
            self.lines,
            policy=self.policy,
            ignore_policy=self.ignore_policy,
            test=self.test,
            paid=self.paid,
        )
        return order_view(order)


@dataclass(frozen=True, slots=True)
class EditOrder:
    """Set lines to other quantities."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    lines: tuple[LineUnits, ...]
    restock: bool = True

    def perform(self, shop: Shop, number: int) -> View:
        """Edit it."""
        return order_view(edit_order(shop, number, self.lines, restock_units=self.restock))


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Cancel an order; ``restock`` says whether its units go back on the shelf."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    restock: bool = True

    def perform(self, shop: Shop, number: int) -> View:
        """Cancel it."""
        return order_view(cancel_order(shop, number, restock_units=self.restock))


@dataclass(frozen=True, slots=True)
class FulfillOrder:
    """Ship units; without lines all that remain."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    lines: tuple[LineUnits, ...] | None = None

    def perform(self, shop: Shop, number: int) -> View:
        """Ship them."""
        return order_view(fulfill_order(shop, number, self.lines))


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """Refund units."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    lines: tuple[RefundUnits, ...]

    def perform(self, shop: Shop, number: int) -> View:
        """Refund them."""
        return order_view(refund_order(shop, number, self.lines))


@dataclass(frozen=True, slots=True)
class MoveOrder:
    """Let another location ship what remains."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    location_id: int

    def perform(self, shop: Shop, number: int) -> View:
        """Move it."""
        return order_view(move_order(shop, number, self.location_id))


@dataclass(frozen=True, slots=True)
class PayOrder:
    """The buyer pays."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    def perform(self, shop: Shop, number: int) -> View:
        """Take the money."""
        return order_view(pay_order(shop, number))


@dataclass(frozen=True, slots=True)
class HoldOrder:
    """Put what is still to ship on hold."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    reason: HoldReason = "OTHER"
    notes: str | None = None

    def perform(self, shop: Shop, number: int) -> View:
        """Hold it."""
        return order_view(hold_order(shop, number, self.reason, self.notes))


@dataclass(frozen=True, slots=True)
class ReleaseOrder:
    """Let work on an order go on."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    def perform(self, shop: Shop, number: int) -> View:
        """Release it."""
        return order_view(release_order(shop, number))


@dataclass(frozen=True, slots=True)
class PlaceDraft:
    """Write down a draft order, which may reserve inventory until an instant."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    lines: tuple[Wanted, ...]
    reserve_until: datetime | None = None

    def perform(self, shop: Shop, number: int) -> View:
        """Write it down."""
        return draft_view(place_draft(shop, self.lines, reserve_until=self.reserve_until))


@dataclass(frozen=True, slots=True)
class UpdateDraft(DraftEdit):
    """Change a draft."""

    def perform(self, shop: Shop, number: int) -> View:
        """Change it."""
        return draft_view(update_draft(shop, number, self))


@dataclass(frozen=True, slots=True)
class DeleteDraft:
    """Throw a draft away."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    def perform(self, shop: Shop, number: int) -> View:
        """Delete it; says the draft as it was, with nothing reserved."""
        return draft_view(delete_draft(shop, number))


@dataclass(frozen=True, slots=True)
class CompleteDraft:
    """Turn a draft into an order."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    def perform(self, shop: Shop, number: int) -> View:
        """Complete it; says the order."""
        return order_view(complete_draft(shop, number))
