"""Reads a whole store as one bulk operation, where pages would take minutes.

A page of 250 levels costs hundreds of points, a bulk operation costs those of one mutation however
much it finds. It has a price of its own: it takes a while, and what it tells is of some instant
since it was begun. What follows from that is for the flow (``flow/store_reading.py``).

Put here when an export is worth it, how it is begun, awaited and believed. An export that fails is
no error: the pages tell the same, so the reason is logged and they are read instead. One export is
under way at a time, because a store is read under its lock.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final

import structlog
from pydantic import ValidationError

from inventory_sync.domain.errors import StoreStopped, StoreUnreachable
from inventory_sync.domain.publication import CatalogItem, Export, Level
from inventory_sync.shopify import operations
from inventory_sync.shopify.answers import ItemNode, LeveledItem, LocationState, fault_of
from inventory_sync.shopify.client import ShopifyClient
from inventory_sync.shopify.downloads import NoFile
from inventory_sync.shopify.export_answers import (
    BeginExportAnswer,
    ExportState,
    ExportStateAnswer,
    StoreSizeAnswer,
)
from inventory_sync.shopify.protocol import Answer
from inventory_sync.shopify.reader import Reader
from inventory_sync.shopify.stock_reader import level_at
from inventory_sync.shopify.text import loads, shown

WORTH_SECONDS: Final = 120.0
"""Pages that would take longer than this are not read: about 2,800 items at one location on the
smallest plan, ten times as many on Plus.
"""

PATIENCE_SECONDS: Final = 600.0
"""No export is awaited longer: figures of the ERP are too old to be written after 15 minutes."""

_MOST_LOCATIONS: Final = 250  # entries of a list in an input (facts 1.3)
_FIRST_LOOK_SECONDS: Final = 1.0
_LONGEST_LOOK_SECONDS: Final = 15.0
_UNDER_WAY: Final = frozenset({"CREATED", "RUNNING"})

_log = structlog.get_logger(__name__)


class NoExport(Exception):
    """There is no export that can be believed; the message says why."""


class Exports:
    """The exports of one store. Pages that take up to ``worth_seconds`` are left to the pages."""

    def __init__(
        self, client: ShopifyClient, reader: Reader, *, worth_seconds: float = WORTH_SECONDS
    ) -> None:
        self._client = client
        self._reader = reader
        self._worth_seconds = worth_seconds

    def export(self, location_ids: Sequence[str]) -> Export | None:
        """Everything at these locations; ``None`` when the pages have to be read."""
        if len(location_ids) > _MOST_LOCATIONS:
            return None
        try:
            return self._exported(location_ids)
        except (NoExport, NoFile, StoreStopped, StoreUnreachable) as error:
            # What really is the matter with the store, the pages will run into and report.
            _log.warning("shopify.no_export", store=self._client.store, because=shown(str(error)))
            return None

    def _exported(self, location_ids: Sequence[str]) -> Export | None:
        size = self._reader.read(
            operations.STORE_SIZE, StoreSizeAnswer, locationIds=list(location_ids)
        )
        places = [place for place in size.nodes if place is not None]
        if [place.id for place in places] != list(location_ids):
            raise NoExport("the store lacks a location")
        seconds = self._seconds_of_pages(size.product_variants_count.count, len(places))
        if seconds <= self._worth_seconds:
            return None
        patience_seconds = min(math.ceil(seconds), PATIENCE_SECONDS)
        state = self._awaited(self._begun(location_ids), patience_seconds)
        if state.url is None:
            raise NoExport("it tells no address of its file")
        lines = self._client.download(state.url).splitlines()
        if len(lines) != int(state.root_object_count):
            raise NoExport(f"its file has {len(lines)} lines for {state.root_object_count} items")
        return read_lines(lines, places)

    def _seconds_of_pages(self, items: int, locations: int) -> float:
        """How long the pages would take at the store's restore rate."""
        page = operations.CATALOG.sizes["pageSize"]
        points = operations.CATALOG.estimate_points
        points += locations * operations.LEVELS_AT_LOCATION.estimate_points
        return math.ceil(items / page) * points / self._client.restore_points_per_second

    def _begun(self, location_ids: Sequence[str]) -> str:
        """Begin the operation. One whose answer is lost runs for nobody, which harms nobody."""
        query = operations.export_query(location_ids)
        answer = self._client.command(operations.BEGIN_EXPORT, {"query": query})
        if not isinstance(answer, Answer):
            raise NoExport(f"it could not be begun ({shown(answer)})")
        payload = self._reader.check(BeginExportAnswer, answer.data).bulk_operation_run_query
        if payload.bulk_operation is None or payload.user_errors:
            told = "; ".join(error.message for error in payload.user_errors)
            raise NoExport(f"it was refused ({shown(told)})")
        return payload.bulk_operation.id

    def _awaited(self, operation_id: str, patience_seconds: float) -> ExportState:
        """The operation when it is done, looked at ever more seldom.

        We wait as long as the pages would have taken, but for ``PATIENCE_SECONDS`` at most; then it
        is canceled, to free its place.
        """
        timing = self._client.timing
        give_up_at, pause = timing.clock() + patience_seconds, _FIRST_LOOK_SECONDS
        while True:
            timing.sleep(max(0.0, min(pause, give_up_at - timing.clock())))
            pause = min(pause * 1.5, _LONGEST_LOOK_SECONDS)
            answer = self._reader.read(operations.EXPORT_STATE, ExportStateAnswer, id=operation_id)
            state = answer.bulk_operation
            if state is None:
                raise NoExport("Shopify does not know it any more")
            if state.status == "COMPLETED":
                return state
            if state.status not in _UNDER_WAY:
                # What a failed one has found so far is not looked at: half a store is none.
                raise NoExport(f"it ended as {shown(state.status)} ({shown(state.error_code)})")
            if timing.clock() >= give_up_at:
                self._client.command(operations.CANCEL_EXPORT, {"id": operation_id})
                raise NoExport(f"it was not done after {patience_seconds:g} s")


def read_lines(lines: Sequence[bytes], places: Sequence[LocationState]) -> Export:
    """The items and levels of a file. Raises ``NoExport`` unless every line is good."""
    items: list[CatalogItem] = []
    levels: list[Level] = []
    for number, line in enumerate(lines, start=1):
        try:
            row = loads(line)
            item = ItemNode.model_validate(row)
            levels += _levels(row, places)
        except ValidationError as error:
            raise NoExport(f"line {number} is malformed ({fault_of(error)})") from None
        except ValueError as error:
            raise NoExport(f"line {number} is no JSON ({error})") from None
        items.append(CatalogItem(item.id, item.sku or None, item.tracked))
    if len({item.inventory_item_id for item in items}) != len(items):
        raise NoExport("it lists an item twice")
    return Export(items, levels)


def _levels(row: dict[str, Any], places: Sequence[LocationState]) -> Iterator[Level]:
    """The levels of a line, as the pages tell them; an item without one at a location has none."""
    for number, place in enumerate(places):
        name = operations.level_name(number)
        level = {"inventoryLevel": row[name]} if name in row else {}
        node = LeveledItem.model_validate({"id": row["id"], "tracked": row["tracked"], **level})
        if node.inventory_level is not None:
            yield level_at(node, place.id, place.is_active)
