"""Reads orders, the large ones piece by piece.

Put the reading of an order's pages here. What an order amounts to is in ``orders.py``. Nothing
here asks for or shows a buyer's data: an order is named by its number.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from inventory_sync.domain.errors import StoreStopped
from inventory_sync.domain.orders import OrderLine
from inventory_sync.shopify import operations
from inventory_sync.shopify.answers import fault_of
from inventory_sync.shopify.client import ShopifyClient
from inventory_sync.shopify.order_answers import (
    FulfillmentOrderNode,
    LineNode,
    OrderHead,
    OrderLinesAnswer,
    OrderLinesPage,
    OrderNode,
    OrderOfFulfillmentOrder,
    OrderPortionsAnswer,
    OrdersAnswer,
    RefundLineNode,
    RefundLinesAnswer,
    RefundNode,
)
from inventory_sync.shopify.orders import WholeOrder, order_lines
from inventory_sync.shopify.reader import Reader, of_kind, updated_query
from inventory_sync.shopify.text import shown

_MAX_READS_OF_ONE_ORDER = 3


class OrderReader:
    """Orders of one store as order lines."""

    def __init__(self, client: ShopifyClient, reader: Reader) -> None:
        self._client = client
        self._reader = reader

    def lines_since(self, updated_since: datetime) -> Iterator[Sequence[OrderLine]]:
        """One value per page of orders, oldest update first.

        A malformed order raises ``StoreStopped`` with its name: its demand is unknown, and what is
        unknown must never raise an offer.
        """
        pages = self._reader.pages(
            operations.ORDERS,
            OrdersAnswer,
            lambda page: page.orders,
            query=updated_query(updated_since),
        )
        for page in pages:
            yield self._lines_of_whole(page.orders.nodes)

    def lines_of(self, ids: Sequence[str]) -> Iterator[Sequence[OrderLine]]:
        """The same for these orders, also named by their fulfillment orders, each order once."""
        for nodes in self._reader.nodes(operations.ORDERS_BY_ID, self._order_ids(ids)):
            yield self._lines_of_whole(nodes)

    def _order_ids(self, ids: Sequence[str]) -> list[str]:
        """The orders that are meant, in their order, each once."""
        named = of_kind(ids, "Order", "FulfillmentOrder")
        pages = self._reader.nodes(
            operations.ORDERS_OF_FULFILLMENT_ORDERS, of_kind(named, "FulfillmentOrder")
        )
        found = [
            self._reader.check(OrderOfFulfillmentOrder, node) for nodes in pages for node in nodes
        ]
        order_of = {each.id: each.order.id for each in found}
        return of_kind((order_of.get(each, each) for each in named), "Order")

    def _lines_of_whole(self, nodes: Sequence[dict[str, Any]]) -> tuple[OrderLine, ...]:
        orders = [self._whole(node) for node in nodes]
        return tuple(line for order in orders for line in order_lines(order))

    def _whole(self, raw: dict[str, Any]) -> WholeOrder:
        try:
            order = OrderNode.model_validate(raw)
        except ValidationError as error:
            raise self._malformed(raw, error) from None
        if not order.is_whole:
            return self._in_pieces(order)
        refund_lines = [line for each in order.refunds for line in each.refund_line_items.nodes]
        return WholeOrder(
            head=order,
            lines=order.line_items.nodes,
            fulfillment_orders=order.fulfillment_orders.nodes,
            refund_lines=refund_lines,
        )

    def _malformed(self, raw: dict[str, Any], error: ValidationError) -> StoreStopped:
        name = raw.get("name") or raw.get("id") or "without name"
        return StoreStopped(
            store=self._client.store,
            reason=f"order {shown(name, 60)} cannot be understood ({fault_of(error)}), "
            "so its demand is not known",
            way_out="look at it in the Shopify admin, and report it if it looks right there",
        )

    def _in_pieces(self, order: OrderHead) -> WholeOrder:
        """Read a large order list by list, until no change came in between."""
        for _ in range(_MAX_READS_OF_ONE_ORDER):
            heads, lines = self._lines(order.id)
            last_head = heads[-1]
            moments, fulfillment_orders = self._fulfillment_orders(order.id)
            refund_lines = [line for each in last_head.refunds for line in self._refund_lines(each)]
            if {head.updated_at for head in heads} | moments == {last_head.updated_at}:
                return WholeOrder(last_head, lines, fulfillment_orders, refund_lines)
        raise self._client.unreachable(f"order {order.name} keeps changing while it is read")

    def _lines(self, order_id: str) -> tuple[list[OrderLinesPage], list[LineNode]]:
        pages = [
            page.order
            for page in self._reader.pages(
                operations.ORDER_LINES,
                OrderLinesAnswer,
                lambda page: page.order.line_items,
                id=order_id,
            )
        ]
        self._same(order_id, {page.id for page in pages})
        return pages, [line for page in pages for line in page.line_items.nodes]

    def _fulfillment_orders(
        self, order_id: str
    ) -> tuple[set[datetime], list[FulfillmentOrderNode]]:
        """All fulfillment orders, each with all its lines, and when the order was updated."""
        found: list[FulfillmentOrderNode] = []
        moments: set[datetime] = set()
        previous: str | None = None
        while True:
            pages = [
                page.order
                for page in self._reader.pages(
                    operations.ORDER_PORTIONS,
                    OrderPortionsAnswer,
                    lambda page: page.order.portions,
                    id=order_id,
                    previous=previous,
                )
            ]
            self._same(order_id, {page.id for page in pages})
            moments |= {page.updated_at for page in pages}
            parts = [node for page in pages for node in page.fulfillment_orders.nodes]
            if parts:
                portions = [each for part in parts for each in part.line_items.nodes]
                found.append(parts[0].with_portions(portions))
            info = pages[-1].fulfillment_orders.page_info
            if not info.has_next_page:
                return moments, found
            if info.end_cursor is None or info.end_cursor == previous:
                raise self._client.unreachable("the fulfillment orders of an order do not go on")
            previous = info.end_cursor

    def _refund_lines(self, refund: RefundNode) -> list[RefundLineNode]:
        if not refund.refund_line_items.page_info.has_next_page:
            return refund.refund_line_items.nodes
        pages = self._reader.pages(
            operations.REFUND_LINES,
            RefundLinesAnswer,
            lambda page: page.node.refund_line_items,
            id=refund.id,
        )
        return [line for page in pages for line in page.node.refund_line_items.nodes]

    def _same(self, asked_id: str, answered_ids: set[str]) -> None:
        if answered_ids != {asked_id}:
            raise self._client.unreachable("it answered about another order than the one asked for")
