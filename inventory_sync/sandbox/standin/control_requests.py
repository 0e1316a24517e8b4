"""What the control interface can be asked to do: one value per request, which performs itself.

Put a new control here, as a frozen dataclass whose fields are the JSON body; its path is in
``control.py``. What it does to the shop belongs to the module that knows the matter. ``number`` is
that of the order or draft in the path, 0 where the path has none.
"""

import random
from dataclasses import asdict, dataclass
from typing import ClassVar, Protocol

from pydantic import ConfigDict

from inventory_sync.sandbox.standin.faults import Fault
from inventory_sync.sandbox.standin.foreign import (
    LevelEdit,
    LocationEdit,
    edit_level,
    edit_location,
)
from inventory_sync.sandbox.standin.order_changes import (
    LineUnits,
    RefundUnits,
    cancel_order,
    edit_order,
    fulfill_order,
    move_order,
    refund_order,
)
from inventory_sync.sandbox.standin.placing import Wanted, complete_draft, place_draft, place_order
from inventory_sync.sandbox.standin.seed import STRICT, Policy
from inventory_sync.sandbox.standin.shop import Shop
from inventory_sync.sandbox.standin.views import (
    View,
    draft_view,
    item_view,
    level_view,
    order_view,
    shop_view,
    statistics_view,
)


class Request(Protocol):
    """A control request."""

    def perform(self, shop: Shop, number: int) -> View:
        """Do it; says what it led to. Raises ``OrderRefused`` when it cannot be done."""
        ...


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Sell lines; see ``place_order``."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    lines: tuple[Wanted, ...]
    policy: Policy | None = None
    ignore_policy: bool = False
    test: bool = False

    def perform(self, shop: Shop, number: int) -> View:
        """Place it."""
        order = place_order(
            shop,
            self.lines,
            policy=self.policy,
            ignore_policy=self.ignore_policy,
            test=self.test,
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
class PlaceDraft:
    """Write down a draft order."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    lines: tuple[Wanted, ...]

    def perform(self, shop: Shop, number: int) -> View:
        """Write it down."""
        return draft_view(place_draft(shop, self.lines))


@dataclass(frozen=True, slots=True)
class CompleteDraft:
    """Turn a draft into an order."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    def perform(self, shop: Shop, number: int) -> View:
        """Complete it; says the order."""
        return order_view(complete_draft(shop, number))


@dataclass(frozen=True, slots=True)
class EditLevel(LevelEdit):
    """A foreign edit of a level."""

    def perform(self, shop: Shop, number: int) -> View:
        """Edit it."""
        item, level = edit_level(shop, self)
        return {**item_view(item), **level_view(level)}


@dataclass(frozen=True, slots=True)
class EditLocation(LocationEdit):
    """A change to a location."""

    def perform(self, shop: Shop, number: int) -> View:
        """Change it; says the shop."""
        edit_location(shop, self)
        return shop_view(shop)


@dataclass(frozen=True, slots=True)
class ChangeAccess:
    """Another token (null revokes it), other scopes, or a locked shop; what is left out stays."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    access_token: str | None = ""
    scopes: tuple[str, ...] | None = None
    locked: bool | None = None

    def perform(self, shop: Shop, number: int) -> View:
        """Change who may ask; says the shop."""
        if self.access_token != "":
            shop.access_token = self.access_token
        if self.scopes is not None:
            shop.scopes = set(self.scopes)
        if self.locked is not None:
            shop.locked = self.locked
        return shop_view(shop)


@dataclass(frozen=True, slots=True)
class DrainBucket:
    """Leave so many points, as if another client of the app had spent the rest."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    points_left: float = 0.0

    def perform(self, shop: Shop, number: int) -> View:
        """Drain it."""
        shop.bucket.drain(self.points_left)
        return statistics_view(shop)


@dataclass(frozen=True, slots=True)
class AddFaults:
    """Faults to lie in wait; ``rng_seed`` decides those with a probability."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    faults: tuple[Fault, ...]
    rng_seed: int = 0

    def perform(self, shop: Shop, number: int) -> View:
        """Let them lie in wait; says all that do."""
        shop.faults.add(self.faults, rng=random.Random(self.rng_seed))
        return faults_view(shop)


def faults_view(shop: Shop) -> View:
    """The faults that lie in wait, each with how often it will still strike."""
    waiting = shop.faults.waiting()
    return {"faults": [{**asdict(fault), "count": left} for fault, left in waiting]}
