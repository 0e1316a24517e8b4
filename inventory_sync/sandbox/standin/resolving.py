"""What all resolvers share: the context, and the objects that the model does not have as such.

Put a helper here when two of the ``resolve_*`` modules need it. Resolvers are plain functions that
never wait, which is what keeps a page of 250 nodes fast.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLResolveInfo

from inventory_sync.sandbox.standin.faults import Fault
from inventory_sync.sandbox.standin.orders import Order
from inventory_sync.sandbox.standin.paging import Paging
from inventory_sync.sandbox.standin.shop import Shop
from inventory_sync.sandbox.standin.stock import Item, gid

Info = GraphQLResolveInfo
Resolver = Callable[..., Any]

# A variant's number is not its item's, so that a client which takes one for the other is noticed.
_VARIANT_NUMBER_OFFSET = 400_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """The GraphQL context: which shop is asked, the fault that its mutations shall meet, and where
    the shop's files are found (a URL).
    """

    shop: Shop
    fault: Fault | None = None
    files: str = ""


@dataclass(frozen=True, slots=True)
class Variant:
    """The product variant that sells an item."""

    item: Item

    @property
    def id(self) -> int:
        """Its number."""
        return self.item.id + _VARIANT_NUMBER_OFFSET

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("ProductVariant", self.id)


def item_of_variant(shop: Shop, number: int) -> Item | None:
    """The item that a variant sells."""
    return shop.stock.items.get(number - _VARIANT_NUMBER_OFFSET)


class InOrder:
    """A line, shipment or refund together with the order it belongs to."""

    __slots__ = ("order", "row")

    def __init__(self, order: Order, row: Any) -> None:
        self.order = order
        self.row = row

    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


def shop_of(info: Info) -> Shop:
    """The shop that is asked."""
    asked: Asked = info.context
    return asked.shop


def by_id(row: Any) -> tuple[int]:
    """The sort key of lists by id."""
    return (row.id,)


def paging_of(first: int | None = None, after: str | None = None, reverse: bool = False) -> Paging:
    """The page that a connection's arguments ask for."""
    return Paging(first, after, reverse)
