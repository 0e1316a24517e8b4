"""Asks a query, page by page if need be, and hands out checked answers.

Put here what every read shares: sizes that shrink when a query is too costly, pagination that
always ends, objects by id, and shapes that are checked before use. What is read is in
``stock_reader.py``, ``order_reader.py`` and ``draft_reader.py``.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from inventory_sync.domain.errors import StoreStopped
from inventory_sync.shopify.answers import Connection, NodesAnswer, fault_of
from inventory_sync.shopify.client import ShopifyClient
from inventory_sync.shopify.operations import Operation
from inventory_sync.shopify.protocol import TooCostly
from inventory_sync.shopify.text import shown

Shape = TypeVar("Shape", bound=BaseModel)

# Shopify ends a pagination at 25,000 objects (facts 3); we start a new one by id before that.
_WINDOW_OBJECTS = 24_750


class Reader:
    """Reads of one store. Remembers the sizes that Shopify has accepted."""

    def __init__(self, client: ShopifyClient) -> None:
        self._client = client
        self._sizes: dict[str, Mapping[str, int]] = {}

    def read(self, operation: Operation, shape: type[Shape], **variables: Any) -> Shape:
        """One answer. A list among the variables is cut to its size; the caller asks on.

        Raises ``StoreStopped`` when even the smallest query is too costly, and what
        ``ShopifyClient.ask`` raises.
        """
        while True:
            sizes = self._sizes.get(operation.name, operation.sizes)
            answer = self._client.ask(operation, variables | _sized(sizes, variables))
            if isinstance(answer, TooCostly):
                self._sizes[operation.name] = self._smaller(operation, sizes, answer)
                continue
            return self.check(shape, answer.data)

    def pages(
        self,
        operation: Operation,
        shape: type[Shape],
        connection: Callable[[Shape], Connection[Any]],
        **fixed: Any,
    ) -> Iterator[Shape]:
        """Every page of one list, in order; ``connection`` finds the list in the answer."""
        after: str | None = None
        while True:
            page = self.read(operation, shape, **fixed, after=after)
            yield page
            info = connection(page).page_info
            if not info.has_next_page:
                return
            if info.end_cursor is None or info.end_cursor == after:
                raise self._client.unreachable(f"the pages of {operation.name} do not go on")
            after = info.end_cursor

    def pages_by_id(
        self,
        operation: Operation,
        shape: type[Shape],
        connection: Callable[[Shape], Connection[Any]],
        **fixed: Any,
    ) -> Iterator[Shape]:
        """All pages of a list in the order of ids; a new pagination begins before Shopify ends one.

        The operation takes its search as ``query``; the nodes of the list have an ``id``.
        """
        query: str | None = None
        last = -1
        while True:
            ids: list[str] = []
            for page in self.pages(operation, shape, connection, **fixed, query=query):
                found = [node.id for node in connection(page).nodes]
                if query and found and self._number(found[0]) <= last:
                    raise self._client.unreachable("it lists items again that were not asked for")
                yield page
                ids += found
                if len(ids) >= _WINDOW_OBJECTS:
                    break
            else:
                return
            numbers = [self._number(gid) for gid in ids]
            if numbers != sorted(numbers):
                # The next window starts after the highest id, so it would skip items.
                raise self._client.unreachable("it lists items in no order of their ids")
            last = numbers[-1]
            query = f"id:>{last}"

    def nodes(self, operation: Operation, ids: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
        """The objects with these ids in their order, page by page; what does not exist is left out.

        The operation takes them as ``ids`` and selects the ``id`` of each.
        """
        remaining = list(ids)
        while remaining:
            nodes = self.read(operation, NodesAnswer, ids=remaining).nodes
            if not 0 < len(nodes) <= len(remaining):
                raise self._client.unreachable("it answered about more or fewer objects than asked")
            for gid, node in zip(remaining, nodes, strict=False):
                if node and node.get("id") != gid:
                    raise self._client.unreachable("it answered about another object than asked")
            yield [node for node in nodes if node]
            remaining = remaining[len(nodes) :]

    def _number(self, gid: str) -> int:
        """The number at the end of a gid, which Shopify's search filters by."""
        number = gid.rpartition("/")[2]
        if not (number.isascii() and number.isdecimal() and len(number) <= 20):
            raise self._client.unreachable(f"{shown(gid, 80)} is not an id that Shopify gives")
        return int(number)

    def check(self, shape: type[Shape], data: Any) -> Shape:
        """The data in its shape, or ``StoreUnreachable``."""
        try:
            return shape.model_validate(data)
        except ValidationError as error:
            cause = f"its answer is malformed ({fault_of(error)})"
            raise self._client.unreachable(cause) from None

    def _smaller(
        self, operation: Operation, sizes: Mapping[str, int], answer: TooCostly
    ) -> dict[str, int]:
        """Halve the first size that can be halved."""
        for name, size in sizes.items():
            if size > 1:
                return {**sizes, name: size // 2}
        raise StoreStopped(
            store=self._client.store,
            reason=f"Shopify finds the smallest query {operation.name} too costly "
            f"({answer.message})",
            way_out="report this with the message above",
        )


def _sized(sizes: Mapping[str, int], variables: Mapping[str, Any]) -> dict[str, Any]:
    """The variables that say how much: a number, or the beginning of a list that was given."""
    return {
        name: variables[name][:size] if name in variables else size for name, size in sizes.items()
    }


def of_kind(ids: Iterable[str], *kinds: str) -> list[str]:
    """The gids of these kinds, each once. Anything else names nothing that could be asked for."""
    gid = re.compile(rf"gid://shopify/(?:{'|'.join(kinds)})/[0-9]{{1,20}}")
    return [each for each in dict.fromkeys(ids) if gid.fullmatch(each)]


def updated_query(updated_since: datetime) -> str:
    """The search for what was updated since, by the second, as Shopify keeps it."""
    if updated_since.tzinfo is None:
        raise ValueError("updated_since must say its time zone")
    since = updated_since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"updated_at:>='{since}'"
