"""What a pass needs from the outside, as small Protocols.

Put a method here when a pass calls it. Adapters do not import this module: they fit by shape, and
each port has one contract suite in the tests that its real adapter and its fake both pass.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from inventory_sync.domain.frames import ErpSnapshot
from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import (
    CatalogItem,
    Level,
    LevelKey,
    Outcome,
    SetQuantities,
    StoreFacts,
)


class ErpSource(Protocol):
    """Where supply and demand come from."""

    def snapshot(self) -> ErpSnapshot:
        """Read all contract datasets as of one instant.

        Raises ``ErpUnavailable`` when the source cannot be read and ``ContractBroken`` when a
        dataset or column is missing: then nothing is published.
        """
        ...


class Storefront(Protocol):
    """One Shopify store. Every method may raise ``StoreStopped`` (do not go on with this store:
    revoked token, missing scope, frozen shop) or ``StoreUnreachable`` (try later)."""

    @property
    def store(self) -> str:
        """The name of the store in the settings."""
        ...

    @property
    def parallel_calls(self) -> int:
        """How many calls may usefully be under way at once at this store's restore rate."""
        ...

    def facts(self) -> StoreFacts:
        """What the store says about itself."""
        ...

    def catalog(self) -> Iterator[CatalogItem]:
        """Every inventory item, also those without SKU and those that share one."""
        ...

    def levels(self, store_location_id: str) -> Iterator[Level]:
        """Every level at one location, inactive ones included. ``tracked`` is not told here and
        reads true; the catalogue knows it."""
        ...

    def levels_of(
        self, store_location_id: str, inventory_item_ids: Sequence[str]
    ) -> Iterator[Level]:
        """The levels of the given items at one location; an unconnected one says so."""
        ...

    def order_lines(self, updated_since: datetime) -> Iterator[Sequence[OrderLine]]:
        """Lines of all orders updated since, oldest update first; each value holds whole orders."""
        ...

    def set_quantities(self, call: SetQuantities) -> Outcome:
        """Send one call. Waits for the rate limit; sends again only what provably did not run."""
        ...

    def connect(self, key: LevelKey, idempotency_key: str) -> str | None:
        """Connect or activate a level with 0 available. Returns the reason when refused."""
        ...
