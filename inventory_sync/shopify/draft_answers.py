"""The shapes of Shopify's answers about draft orders, checked before anything believes them.

Put one model per object that a draft operation selects here. Keep what a draft amounts to out: that
is ``draft_reader.py``. No field here holds a buyer's data.
"""

from typing import Any, Literal

from inventory_sync.shopify.answers import Connection, Gid, Ref, Shape
from inventory_sync.shopify.order_answers import Instant, Units, VariantNode


class DraftLineNode(Shape):
    """One line; a custom line has no variant."""

    id: Gid
    sku: str | None
    quantity: Units
    variant: VariantNode | None


class DraftNode(Shape):
    """A draft order with the beginning of its lines."""

    id: Gid
    name: str
    status: Literal["OPEN", "INVOICE_SENT", "COMPLETED"]
    updated_at: Instant
    reserve_inventory_until: Instant | None
    order: Ref | None
    line_items: Connection[DraftLineNode]


class DraftsAnswer(Shape):
    """What ``DRAFTS`` asks for; the drafts are checked one by one, so that a bad one is named."""

    draft_orders: Connection[dict[str, Any]]


class DraftLinesAnswer(Shape):
    """What ``DRAFT_LINES`` asks for."""

    draft_order: DraftNode
