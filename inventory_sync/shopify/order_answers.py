"""The shapes of Shopify's answers about orders, checked before anything believes them.

Put one model per object that an order operation selects here. Keep what an order amounts to out:
that is ``orders.py``. No field here holds a buyer's data.
"""

from typing import Annotated, Any

from pydantic import AwareDatetime, Field, model_validator

from inventory_sync.shopify.answers import Connection, Gid, Ref, Shape

Units = Annotated[int, Field(ge=0, le=1_000_000_000)]
# The only type that JSON has no word for, hence read from text.
Instant = Annotated[AwareDatetime, Field(strict=False)]


class _Item(Shape):
    id: Gid
    sku: str | None


class VariantNode(Shape):
    """What is sold, as the stocked item behind it with the SKU that it has now."""

    inventory_item: _Item


class LineNode(Shape):
    """One order line: ``quantity`` ever ordered, ``current_quantity`` still wanted."""

    id: Gid
    sku: str | None
    quantity: Units
    current_quantity: Units
    variant: VariantNode | None

    @model_validator(mode="after")
    def _wants_no_more_than_ordered(self) -> "LineNode":
        if self.current_quantity > self.quantity:
            raise ValueError("currentQuantity exceeds quantity")
        return self


class PortionNode(Shape):
    """The part of an order line that one fulfillment order ships, and what is still to ship."""

    total_quantity: Units
    remaining_quantity: Units
    line_item: Ref


class _AssignedLocation(Shape):
    location: Ref | None


class FulfillmentOrderNode(Shape):
    """The part of an order that ships from one location (``None``: a deleted location)."""

    status: str
    assigned_location: _AssignedLocation
    line_items: Connection[PortionNode]

    @property
    def location_id(self) -> str | None:
        """The gid of its location."""
        place = self.assigned_location.location
        return place.id if place else None

    def with_portions(self, portions: list[PortionNode]) -> "FulfillmentOrderNode":
        """The same fulfillment order with the lines of all its pages."""
        whole = self.line_items.model_copy(update={"nodes": portions})
        return self.model_copy(update={"line_items": whole})


class RefundLineNode(Shape):
    """Units of one line that were refunded, and whether and where they were restocked."""

    quantity: Units
    restock_type: str
    location: Ref | None
    line_item: Ref


class _Refund(Shape):
    refund_line_items: Connection[RefundLineNode]


class RefundNode(_Refund):
    """A refund that may have more lines than one page."""

    id: Gid


class OrderHead(Shape):
    """An order apart from its lines. ``test``: nobody has paid for it, and nobody will."""

    id: Gid
    name: str
    created_at: Instant
    updated_at: Instant
    cancelled_at: Instant | None
    test: bool


class OrderNode(OrderHead):
    """An order as ``ORDERS`` asks for it: whole if it is small."""

    line_items: Connection[LineNode]
    fulfillment_orders: Connection[FulfillmentOrderNode]
    refunds: list[_Refund]

    @property
    def is_whole(self) -> bool:
        """Whether every list of the order ended on this page."""
        lists = [self.line_items.page_info, self.fulfillment_orders.page_info]
        lists += [each.line_items.page_info for each in self.fulfillment_orders.nodes]
        lists += [each.refund_line_items.page_info for each in self.refunds]
        return not any(page_info.has_next_page for page_info in lists)


class OrdersAnswer(Shape):
    """What ``ORDERS`` asks for; the orders are checked one by one, so that a bad one is named."""

    orders: Connection[dict[str, Any]]


class OrderOfFulfillmentOrder(Shape):
    """What ``ORDERS_OF_FULFILLMENT_ORDERS`` asks for of each."""

    id: Gid
    order: Ref


class OrderLinesPage(OrderHead):
    """One page of the lines of a large order, and the beginning of each of its refunds."""

    line_items: Connection[LineNode]
    refunds: list[RefundNode]


class OrderLinesAnswer(Shape):
    """What ``ORDER_LINES`` asks for."""

    order: OrderLinesPage


class _PortionsPage(Shape):
    id: Gid
    updated_at: Instant
    fulfillment_orders: Connection[FulfillmentOrderNode]

    @property
    def portions(self) -> Connection[PortionNode]:
        """The lines of the one fulfillment order of this page, or nothing."""
        if self.fulfillment_orders.nodes:
            return self.fulfillment_orders.nodes[0].line_items
        return Connection[PortionNode].model_validate(
            {"nodes": [], "pageInfo": {"hasNextPage": False}}
        )


class OrderPortionsAnswer(Shape):
    """What ``ORDER_PORTIONS`` asks for."""

    order: _PortionsPage


class RefundLinesAnswer(Shape):
    """What ``REFUND_LINES`` asks for."""

    node: RefundNode
