"""What the control interface can be asked to do: one value per request, which performs itself.

Put a new control here, as a frozen dataclass whose fields are the JSON body; its path is in
``control.py``. Those about orders and drafts are in ``control_sales.py``. What a request does to
the shop belongs to the module that knows the matter. ``number`` is that of the order or draft in
the path, 0 where the path has none.
"""

import random
from dataclasses import asdict, dataclass
from typing import ClassVar, Protocol

from pydantic import ConfigDict

from inventory_sync.sandbox.standin.faults import Fault
from inventory_sync.sandbox.standin.foreign import (
    LevelEdit,
    LocationEdit,
    MetafieldEdit,
    edit_level,
    edit_location,
    edit_metafield,
)
from inventory_sync.sandbox.standin.seed import STRICT
from inventory_sync.sandbox.standin.shop import Shop
from inventory_sync.sandbox.standin.views import (
    View,
    item_view,
    level_view,
    shop_view,
    statistics_view,
    webhooks_view,
)


class Request(Protocol):
    """A control request."""

    def perform(self, shop: Shop, number: int) -> View:
        """Do it; says what it led to. Raises ``OrderRefused`` when it cannot be done."""
        ...


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
class EditMetafield(MetafieldEdit):
    """A foreign edit of a metafield."""

    def perform(self, shop: Shop, number: int) -> View:
        """Write it."""
        written = edit_metafield(shop, self)
        return {"owner": written.owner.gid, "value": written.value}


@dataclass(frozen=True, slots=True)
class ChangeAccess:
    """Another token (null revokes it), scopes or webhook secret, or a locked shop; what is left
    out stays.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    access_token: str | None = ""
    scopes: tuple[str, ...] | None = None
    locked: bool | None = None
    webhook_secret: str | None = None

    def perform(self, shop: Shop, number: int) -> View:
        """Change who may ask; says the shop."""
        if self.access_token != "":
            shop.access_token = self.access_token
        if self.scopes is not None:
            shop.scopes = set(self.scopes)
        if self.locked is not None:
            shop.locked = self.locked
        if self.webhook_secret is not None:
            shop.webhook_secret = self.webhook_secret
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


@dataclass(frozen=True, slots=True)
class LoseSubscriptions:
    """Let subscriptions disappear without a word: those of a topic, or all."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    topic: str | None = None

    def perform(self, shop: Shop, number: int) -> View:
        """Lose them; says which are left."""
        shop.subscriptions = {
            each.id: each
            for each in shop.subscriptions.values()
            if self.topic not in {None, each.topic}
        }
        return webhooks_view(shop)


@dataclass(frozen=True, slots=True)
class Uninstall:
    """The merchant removes the app: its token and its subscriptions are gone."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    def perform(self, shop: Shop, number: int) -> View:
        """Remove it; says the shop."""
        shop.tell(shop, "app/uninstalled")
        shop.access_token = None
        shop.subscriptions = {}
        return shop_view(shop)


def faults_view(shop: Shop) -> View:
    """The faults that lie in wait, each with how often it will still strike."""
    waiting = shop.faults.waiting()
    return {"faults": [{**asdict(fault), "count": left} for fault, left in waiting]}
