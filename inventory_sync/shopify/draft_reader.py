"""Reads draft orders: what they ask for, and until when Shopify itself keeps it.

Put the reading of a draft's pages here. What a draft reserves is decided by the flow; the values
are in ``domain/reservations.py``. Nothing here asks for or shows a buyer's data.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import structlog
from pydantic import ValidationError

from inventory_sync.domain.errors import StoreStopped
from inventory_sync.domain.reservations import Draft, DraftLine
from inventory_sync.domain.scopes import DRAFTS_SCOPE, is_granted
from inventory_sync.shopify import operations
from inventory_sync.shopify.answers import ShopAnswer, fault_of
from inventory_sync.shopify.client import ShopifyClient
from inventory_sync.shopify.draft_answers import (
    DraftLineNode,
    DraftLinesAnswer,
    DraftNode,
    DraftsAnswer,
)
from inventory_sync.shopify.reader import Reader, of_kind, updated_query
from inventory_sync.shopify.text import shown

_MAX_READS_OF_ONE_DRAFT = 3

_log = structlog.get_logger(__name__)


class DraftReader:
    """Draft orders of one store. The scope for them is optional: without it there are none."""

    def __init__(self, client: ShopifyClient, reader: Reader) -> None:
        self._client = client
        self._reader = reader
        self._is_allowed = False

    def drafts_of(self, ids: Sequence[str]) -> list[Draft]:
        """The drafts with these gids, each once; one that does not exist (any more) is left out.

        A malformed draft raises ``StoreStopped`` with its name: what it holds back is unknown.
        """
        wanted = of_kind(ids, "DraftOrder")
        if not wanted or not self._may_read():
            return []
        pages = self._reader.nodes(operations.DRAFTS_BY_ID, wanted)
        return [self._draft(node) for nodes in pages for node in nodes]

    def drafts_since(self, updated_since: datetime) -> Iterator[Sequence[Draft]]:
        """Drafts updated since, oldest update first, one value per page."""
        query = updated_query(updated_since)
        if not self._may_read():
            return
        for page in self._reader.pages(
            operations.DRAFTS, DraftsAnswer, lambda page: page.draft_orders, query=query
        ):
            yield tuple(self._draft(node) for node in page.draft_orders.nodes)

    def _may_read(self) -> bool:
        """Whether the app has the scope; a no is asked again next time, a yes is remembered."""
        if not self._is_allowed:
            scopes = self._reader.read(operations.SHOP, ShopAnswer).scopes
            self._is_allowed = is_granted(DRAFTS_SCOPE, scopes)
        if not self._is_allowed:
            _log.warning("shopify.drafts_unread", store=self._client.store, scope=DRAFTS_SCOPE)
        return self._is_allowed

    def _draft(self, raw: dict[str, Any]) -> Draft:
        try:
            node = DraftNode.model_validate(raw)
        except ValidationError as error:
            name = raw.get("name") or raw.get("id") or "without name"
            raise StoreStopped(
                store=self._client.store,
                reason=f"draft order {shown(name, 60)} cannot be understood ({fault_of(error)}), "
                "so what it reserves is not known",
                way_out="look at it in the Shopify admin, and report it if it looks right there",
            ) from None
        if node.line_items.page_info.has_next_page:
            return self._in_pages(node)
        return _draft(node, node.line_items.nodes)

    def _in_pages(self, draft: DraftNode) -> Draft:
        """Read a large draft page by page, until no change came in between."""
        for _ in range(_MAX_READS_OF_ONE_DRAFT):
            pages = [
                page.draft_order
                for page in self._reader.pages(
                    operations.DRAFT_LINES,
                    DraftLinesAnswer,
                    lambda page: page.draft_order.line_items,
                    id=draft.id,
                )
            ]
            if {page.id for page in pages} != {draft.id}:
                raise self._client.unreachable("it answered about another draft than asked")
            if len({page.updated_at for page in pages}) == 1:
                return _draft(pages[0], (line for page in pages for line in page.line_items.nodes))
        raise self._client.unreachable(f"draft order {draft.name} keeps changing while it is read")


def _draft(node: DraftNode, lines: Iterable[DraftLineNode]) -> Draft:
    """The draft with the lines that are about a stocked item under a SKU."""
    return Draft(
        draft_id=node.id,
        name=node.name,
        is_open=node.status != "COMPLETED",
        order_id=node.order.id if node.order else None,
        reserves_until=node.reserve_inventory_until,
        updated_at=node.updated_at,
        lines=tuple(line for each in lines for line in _lines(each)),
    )


def _lines(node: DraftLineNode) -> Iterator[DraftLine]:
    if node.variant is None:
        return
    item = node.variant.inventory_item
    sku = item.sku or node.sku
    if sku:
        yield DraftLine(node.id, sku, item.id, node.quantity)
