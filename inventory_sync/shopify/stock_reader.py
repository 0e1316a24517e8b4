"""Reads what a store shows: its items and their levels.

Put the reading of items and levels here, and what of it is not believed. The other reads are in
``order_reader.py`` and ``draft_reader.py``.
"""

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import TypeVar

from inventory_sync.domain.errors import StoreStopped
from inventory_sync.domain.publication import CatalogItem, Level, LevelKey
from inventory_sync.shopify import operations
from inventory_sync.shopify.answers import (
    CatalogAnswer,
    LeveledItem,
    LevelsAnswer,
    LocationState,
    ReadBackAnswer,
)
from inventory_sync.shopify.client import ShopifyClient
from inventory_sync.shopify.operations import Operation
from inventory_sync.shopify.reader import Reader

ItemPage = TypeVar("ItemPage", CatalogAnswer, LevelsAnswer)


class StockReader:
    """Items and levels of one store."""

    def __init__(self, client: ShopifyClient, reader: Reader) -> None:
        self._client = client
        self._reader = reader

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
                    yield level_at(node, store_location_id, location_is_active)

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
                    yield level_at(node, store_location_id, location_is_active)
            remaining = remaining[len(page.nodes) :]

    def _item_pages(
        self, operation: Operation, shape: type[ItemPage], **fixed: str
    ) -> Iterator[ItemPage]:
        items = attrgetter("inventory_items")
        return self._reader.pages_by_id(operation, shape, items, **fixed)

    def _is_active(self, store_location_id: str, location: LocationState | None) -> bool:
        """Whether the location that was asked about is active."""
        if location is None:
            raise StoreStopped(
                store=self._client.store,
                reason=f"it has no location {store_location_id}",
                way_out="correct the store's locations in the settings; doctor lists what it has",
            )
        if location.id != store_location_id:
            raise self._client.unreachable("it answered about another location than asked")
        return location.is_active


def level_at(node: LeveledItem, store_location_id: str, location_is_active: bool) -> Level:
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
