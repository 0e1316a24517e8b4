"""The shapes of Shopify's answers about metafields and deadlines.

Put one model per object that an operation of ``operations/promises.py`` selects here. Keep what the
values mean out: that is ``domain/promise_value.py``.
"""

from inventory_sync.shopify.answers import Connection, Gid, Ref, Shape, UserError
from inventory_sync.shopify.order_answers import Instant


class MetafieldNode(Shape):
    """One metafield that is there."""

    value: str
    compare_digest: str


class _StockedItem(Shape):
    id: Gid
    sku: str | None


class VariantNode(Shape):
    """One product variant with the item behind it, and its availability if it holds one."""

    id: Gid
    inventory_item: _StockedItem
    metafield: MetafieldNode | None


class VariantsAnswer(Shape):
    """What ``VARIANTS`` asks for."""

    product_variants: Connection[VariantNode]


class _More(Shape):
    has_next_page: bool


class _WorkLine(Shape):
    line_item: Ref


class _WorkLines(Shape):
    nodes: list[_WorkLine]
    page_info: _More


class WorkNode(Shape):
    """One fulfilment order."""

    id: Gid
    status: str
    fulfill_by: Instant | None
    line_items: _WorkLines


class _WorkNodes(Shape):
    nodes: list[WorkNode]
    page_info: _More


class OrderNode(Shape):
    """One order with its dates, if it holds them, and the work on it."""

    id: Gid
    metafield: MetafieldNode | None
    fulfillment_orders: _WorkNodes

    @property
    def is_whole(self) -> bool:
        """Whether all of its work and lines came along."""
        work = self.fulfillment_orders
        lines_go_on = any(each.line_items.page_info.has_next_page for each in work.nodes)
        return not (work.page_info.has_next_page or lines_go_on)


class _DefinePayload(Shape):
    created_definition: Ref | None
    user_errors: list[UserError]


class DefineAnswer(Shape):
    """What ``DEFINE`` asks for."""

    metafield_definition_create: _DefinePayload


class _StoredNode(Shape):
    compare_digest: str
    owner: Ref


class MetafieldsPayload(Shape):
    """What became of a write of metafields; none where one was refused."""

    metafields: list[_StoredNode] | None
    user_errors: list[UserError]


class SetMetafieldsAnswer(Shape):
    """What ``SET_METAFIELDS`` asks for."""

    metafields_set: MetafieldsPayload


class _DeadlinePayload(Shape):
    success: bool | None
    user_errors: list[UserError]


class SetDeadlineAnswer(Shape):
    """What ``SET_DEADLINE`` asks for."""

    fulfillment_orders_set_fulfillment_deadline: _DeadlinePayload
