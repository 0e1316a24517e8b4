"""One Shopify store behind the ``Storefront`` port.

Put here how each method of the port becomes operations, and how checked answers become the values
of ``domain/publication.py``. The rules behind it are in the pure modules beside this one.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from inventory_sync.domain.errors import StoreStopped, StoreUnreachable
from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import (
    CatalogItem,
    Level,
    LevelKey,
    Outcome,
    Refusal,
    Refused,
    SetQuantities,
    StoreFacts,
    StoreLocation,
    Unknown,
)
from inventory_sync.shopify import operations
from inventory_sync.shopify.answers import (
    ActivateAnswer,
    CatalogAnswer,
    LeveledItem,
    LevelsAnswer,
    LocationsAnswer,
    LocationState,
    ReadBackAnswer,
    SetQuantitiesAnswer,
    ShopAnswer,
)
from inventory_sync.shopify.client import ShopifyClient
from inventory_sync.shopify.operations import Operation
from inventory_sync.shopify.order_reader import OrderReader
from inventory_sync.shopify.protocol import Rejected
from inventory_sync.shopify.reader import Reader
from inventory_sync.shopify.text import shown
from inventory_sync.shopify.writes import (
    activate_variables,
    set_quantities_outcome,
    set_quantities_variables,
)

# Shopify ends a pagination at 25,000 objects (facts 3); we start a new one by id before that.
_WINDOW_ITEMS = 24_750

_SET_QUANTITIES_POINTS = 13  # recorded cost of one call, whatever its rows (facts 3)
_SLOW_ANSWER_SECONDS = 2
_FEWEST_CALLS, _MOST_CALLS = 4, 32

ItemPage = TypeVar("ItemPage", CatalogAnswer, LevelsAnswer)


class ShopifyStorefront:
    """The ``Storefront`` port over one ``ShopifyClient``."""

    def __init__(self, client: ShopifyClient) -> None:
        self._client = client
        self._reader = Reader(client)
        self._orders = OrderReader(client, self._reader)

    @property
    def store(self) -> str:
        """The name of the store in the settings."""
        return self._client.store

    @property
    def parallel_calls(self) -> int:
        """Calls that spend the whole restore rate even while answers are slow."""
        calls_per_second = self._client.restore_points_per_second / _SET_QUANTITIES_POINTS
        return min(
            max(math.ceil(calls_per_second * _SLOW_ANSWER_SECONDS), _FEWEST_CALLS), _MOST_CALLS
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def facts(self) -> StoreFacts:
        """What the store says about itself; ``api_version`` is the one that really answered."""
        about = self._reader.read(operations.SHOP, ShopAnswer)
        locations = [
            StoreLocation(node.id, node.name, node.is_active)
            for page in self._reader.pages(
                operations.LOCATIONS, LocationsAnswer, lambda page: page.locations
            )
            for node in page.locations.nodes
        ]
        versions = about.public_api_versions
        return StoreFacts(
            myshopify_domain=about.shop.myshopify_domain,
            plan=about.shop.plan.public_display_name,
            api_version=self._client.served_version,
            scopes=frozenset(s.handle for s in about.current_app_installation.access_scopes),
            supported_versions=tuple(each.handle for each in versions if each.supported),
            locations=tuple(locations),
        )

    def catalog(self) -> Iterator[CatalogItem]:
        """Every inventory item, also those without SKU and those that share one."""
        for page in self._item_pages(operations.CATALOG, CatalogAnswer):
            for node in page.inventory_items.nodes:
                yield CatalogItem(node.id, node.sku or None, node.tracked)

    def levels(self, store_location_id: str) -> Iterator[Level]:
        """Every level at one location, inactive ones included."""
        for page in self._item_pages(
            operations.LEVELS_AT_LOCATION, LevelsAnswer, locationId=store_location_id
        ):
            location_is_active = self._is_active(store_location_id, page.location)
            for node in page.inventory_items.nodes:
                if node.inventory_level is not None:
                    yield _level(node, store_location_id, location_is_active)

    def levels_of(
        self, store_location_id: str, inventory_item_ids: Sequence[str]
    ) -> Iterator[Level]:
        """The levels of the given items at one location; an unconnected one says so."""
        remaining = list(inventory_item_ids)
        while remaining:
            page = self._reader.read(
                operations.LEVELS_OF_ITEMS,
                ReadBackAnswer,
                itemIds=remaining,
                locationId=store_location_id,
            )
            location_is_active = self._is_active(store_location_id, page.location)
            if not 0 < len(page.nodes) <= len(remaining):
                raise self._client.unreachable("it answered about more or fewer items than asked")
            for item_id, node in zip(remaining, page.nodes, strict=False):
                if node is not None and node.id != item_id:
                    raise self._client.unreachable("it answered about another item than asked")
                if node is None or node.inventory_level is None:
                    yield _unconnected(item_id, store_location_id, node)
                else:
                    yield _level(node, store_location_id, location_is_active)
            remaining = remaining[len(page.nodes) :]

    def order_lines(self, updated_since: datetime) -> Iterator[Sequence[OrderLine]]:
        """Lines of all orders updated since, oldest update first; each value holds whole orders."""
        return self._orders.lines_since(updated_since)

    def set_quantities(self, call: SetQuantities) -> Outcome:
        """Send one call; again only while it provably did not run."""
        result = self._client.command(operations.SET_QUANTITIES, set_quantities_variables(call))
        if isinstance(result, Unknown):
            return result
        if isinstance(result, Rejected):
            return Refused(rows={}, general=(Refusal(result.code, result.message),))
        try:
            payload = self._reader.check(SetQuantitiesAnswer, result.data).inventory_set_quantities
        except StoreUnreachable as error:
            return Unknown(error.cause)
        return set_quantities_outcome(
            has_group=payload.inventory_adjustment_group is not None,
            user_errors=payload.user_errors,
            row_count=len(call.changes),
        )

    def connect(self, key: LevelKey, idempotency_key: str) -> str | None:
        """Connect or activate a level with 0 available. Returns the reason when refused.

        Raises ``StoreUnreachable`` when the outcome is not known; connecting again is harmless.
        """
        result = self._client.command(operations.ACTIVATE, activate_variables(key, idempotency_key))
        if isinstance(result, Unknown):
            raise self._client.unreachable(result.cause)
        if isinstance(result, Rejected):
            return result.message
        payload = self._reader.check(ActivateAnswer, result.data).inventory_activate
        if payload.user_errors:
            return "; ".join(shown(error.message) for error in payload.user_errors)
        if payload.inventory_level is None or not payload.inventory_level.is_active:
            return "Shopify accepted the request but the level is still not active"
        return None

    def _item_pages(
        self, operation: Operation, shape: type[ItemPage], **fixed: str
    ) -> Iterator[ItemPage]:
        """All pages of inventory items, by id; a new pagination begins before Shopify ends one."""
        query: str | None = None
        last = -1
        while True:
            ids: list[str] = []
            for page in self._reader.pages(
                operation, shape, lambda page: page.inventory_items, **fixed, query=query
            ):
                found = [node.id for node in page.inventory_items.nodes]
                if query and found and self._number(found[0]) <= last:
                    raise self._client.unreachable("it lists items again that were not asked for")
                yield page
                ids += found
                if len(ids) >= _WINDOW_ITEMS:
                    break
            else:
                return
            numbers = [self._number(gid) for gid in ids]
            if numbers != sorted(numbers):
                # The next window starts after the highest id, so it would skip items.
                raise self._client.unreachable("it lists inventory items in no order of their ids")
            last = numbers[-1]
            query = f"id:>{last}"

    def _number(self, gid: str) -> int:
        """The number at the end of a gid, which Shopify's search filters by."""
        number = gid.rpartition("/")[2]
        if not (number.isascii() and number.isdecimal() and len(number) <= 20):
            raise self._client.unreachable(f"{shown(gid, 80)} is not an id that Shopify gives")
        return int(number)

    def _is_active(self, store_location_id: str, location: LocationState | None) -> bool:
        """Whether the location that was asked about is active."""
        if location is None:
            raise StoreStopped(
                store=self.store,
                reason=f"it has no location {store_location_id}",
                way_out="correct the store's locations in the settings; doctor lists what it has",
            )
        if location.id != store_location_id:
            raise self._client.unreachable("it answered about another location than asked")
        return location.is_active


def _level(node: LeveledItem, store_location_id: str, location_is_active: bool) -> Level:
    """A level as Shopify tells it; the quantity counts only where a write has an effect."""
    assert node.inventory_level is not None
    is_active = location_is_active and node.inventory_level.is_active
    believed = node.tracked and is_active
    return Level(
        key=LevelKey(node.id, store_location_id),
        tracked=node.tracked,
        is_connected=True,
        is_active=is_active,
        available_units=node.available_units if believed else None,
    )


def _unconnected(item_id: str, store_location_id: str, node: LeveledItem | None) -> Level:
    return Level(
        key=LevelKey(item_id, store_location_id),
        tracked=node is None or node.tracked,
        is_connected=False,
        is_active=False,
        available_units=None,
    )
