"""One shop: its stock, its orders, who may ask, and what it remembers of the asking.

Put state that belongs to a whole shop here. Keep rules out: they are functions over a shop, in
``writes.py``, ``activation.py``, ``placing.py`` and ``order_changes.py``.
"""

import threading
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from inventory_sync.sandbox.standin.bulk_state import BulkOperation
from inventory_sync.sandbox.standin.faults import Faults
from inventory_sync.sandbox.standin.idempotency import KnownKeys
from inventory_sync.sandbox.standin.orders import DraftOrder, Order
from inventory_sync.sandbox.standin.seed import ItemSeed, LocationSeed, ShopSeed
from inventory_sync.sandbox.standin.stock import Item, Level, Location, Stock, gid
from inventory_sync.sandbox.standin.subscriptions import Delivery, Subscription
from inventory_sync.sandbox.standin.throttle import Bucket, Statistics

HISTORY_LENGTH = 1_000

_NOTHING: Mapping[str, Any] = MappingProxyType({})

OpenShop = Callable[[ShopSeed], "Shop"]


def utc_now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Change:
    """Units that a write added to (or took from) one quantity of one level."""

    name: str
    delta: int
    item_id: int
    location_id: int
    ledger_document_uri: str | None = None


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One accepted write, as the shop's inventory history shows it."""

    id: int
    created_at: datetime
    reason: str
    reference_document_uri: str | None
    changes: tuple[Change, ...]

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("InventoryAdjustmentGroup", self.id)


class Shop:
    """A shop that is open. Whoever touches it from outside the server holds ``lock`` meanwhile,
    but never while waiting for an HTTP answer of the same shop.
    """

    def __init__(
        self,
        seed: ShopSeed,
        *,
        clock: Callable[[], float] = monotonic,
        now: Callable[[], datetime] = utc_now,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """``clock`` (seconds) fills the bucket, ``now`` tells the instant, and ``wake`` is called
        when there is something to deliver.
        """
        self.lock = threading.RLock()
        self.handle = seed.handle
        self.domain = seed.myshopify_domain
        self.access_token: str | None = seed.access_token
        self.webhook_secret = seed.webhook_secret
        self.plan = seed.plan
        self.scopes = set(seed.scopes)
        self.idempotency_mode = seed.idempotency_mode
        self.api_versions = seed.api_versions
        self.locked = False
        self.instant = now
        self.clock = clock
        self._wake = wake
        self.stock = Stock()
        self.orders: dict[int, Order] = {}
        self.drafts: dict[int, DraftOrder] = {}
        self.bulk_operations: dict[int, BulkOperation] = {}
        self.history: deque[Adjustment] = deque(maxlen=HISTORY_LENGTH)
        self.bucket = Bucket(seed.plan, clock)
        self.statistics = Statistics()
        self.faults = Faults()
        self.keys = KnownKeys()
        self.subscriptions: dict[int, Subscription] = {}
        # By the owner's gid, then by "namespace.key": the type, and the value as its text.
        self.metafields: dict[str, dict[str, tuple[str, str]]] = {}
        # By "OWNERTYPE namespace.key".
        self.definitions: dict[str, Any] = {}
        self.deliveries_under_way = 0
        self._outbox: list[Delivery] = []
        self.revision = 0
        # Ids of different shops never meet, so that a client which mixes up two shops is noticed.
        self.last_id = (1000 + zlib.crc32(seed.handle.encode()) % 9000) * 1_000_000_000
        self.number = self.next_id()
        for location in seed.locations:
            self._open_location(location)
        for item in seed.items:
            self.add_item(item)

    def now(self) -> datetime:
        """The time of day; Shopify's time stamps have whole seconds."""
        return self.instant().replace(microsecond=0)

    def next_id(self) -> int:
        """A number that no object of this shop has yet."""
        self.last_id += 1
        return self.last_id

    def _open_location(self, seed: LocationSeed) -> None:
        self.stock.add_location(
            Location(seed.id, seed.name, seed.active, seed.fulfills_online_orders)
        )

    def add_item(self, seed: ItemSeed) -> Item:
        """Add an item with its levels."""
        now = self.now()
        item = Item(self.next_id(), seed.sku, seed.tracked, seed.policy, now, now)
        self.stock.add_item(item)
        for level in seed.levels:
            units = {"available": level.available}
            self.stock.add_level(Level(item.id, level.location_id, level.active, now, now, units))
        return item

    def level_or_hidden(self, item_id: int, location_id: int) -> Level:
        """The level of an item at a location.

        Where there is none an inactive one appears, as since spring 2026 a quantity can be written
        at a location that does not stock the item, without connecting it
        (https://shopify.dev/changelog/removal-of-itemnotstockedatlocation-error).
        """
        level = self.stock.level(item_id, location_id)
        if level is None:
            now = self.now()
            level = self.stock.add_level(Level(item_id, location_id, False, now, now))
        return level

    def add_units(self, level: Level, state: str, units: int) -> None:
        """Add units to (or take them from) one state of a level, and tell who wants to know."""
        level.add(state, units, now=self.now())
        if state == "available" and units:
            self.tell(level, "inventory_levels/update")

    def tell(self, subject: Any, *topics: str, detail: Mapping[str, Any] = _NOTHING) -> None:
        """Owe a delivery to every subscription to these topics; see ``Delivery``."""
        event_id = str(uuid4())
        owed = [
            Delivery(each, subject, detail, str(uuid4()), event_id, self.instant())
            for each in self.subscriptions.values()
            if each.topic in topics
        ]
        if owed:
            self._outbox += owed
            self.deliveries_under_way += len(owed)
            self._wake()

    def take_deliveries(self) -> list[Delivery]:
        """What is owed and not under way yet, oldest first; whoever takes it delivers it."""
        taken, self._outbox = self._outbox, []
        return taken
