"""Which sales order of Odoo stands for which Shopify order, and which of several counts.

Put here how a reference is written and understood. Odoo lets two orders have one customer
reference, so duplicates are looked for, told, and never counted twice.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Record = Mapping[str, Any]

CUSTOMER_REFERENCE: Final = "client_order_ref"
CHANGING: Final = "is being changed"
"""Behind the source document of an order, while we change it in several calls."""

_OUR_ORDERS: Final = "inventory-sync:"
_DRAFT_ORDER: Final = "gid://shopify/DraftOrder/"
_ORDER: Final = "gid://shopify/Order/"
_LINE: Final = "gid://shopify/LineItem/"
_GID: Final = re.compile(r"gid://shopify/(Order|DraftOrder)/[0-9]+")
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,19}")


@dataclass(frozen=True)
class References:
    """Where the ids of Shopify stand in Odoo: ``order_field`` of a sales order, ``line_field`` of
    its lines. ``losers``: ids of the orders that name a Shopify order which another one stands for.
    """

    order_field: str = CUSTOMER_REFERENCE
    line_field: str | None = None
    losers: frozenset[int] = field(default_factory=frozenset)

    def order_id(self, order: Record) -> str | None:
        """The Shopify order, draft order or reservation that an order stands for.

        A mere number is an order's id in a field of its own; as the customer's reference it is one
        of the customer.
        """
        value = order.get(self.order_field)
        if not isinstance(value, str):
            return None
        value = value.strip()
        if _GID.fullmatch(value) or value.startswith(_OUR_ORDERS):
            return value
        if self.order_field != CUSTOMER_REFERENCE and _NUMBER.fullmatch(value):
            return _ORDER + value
        return None

    def line_id(self, order: Record, line: Record) -> str | None:
        """The line of it: in a field of the line, or behind our own orders' source document."""
        value = line.get(self.line_field) if self.line_field else None
        if isinstance(value, str) and value.strip():
            value = value.strip()
            return _LINE + value if _NUMBER.fullmatch(value) else value
        ours = asked_line(order)
        return ours[0] if ours else None

    def searched(self, order_ids: Iterable[str]) -> list[str]:
        """Every way to write these ids in the field."""
        found = list(order_ids)
        if self.order_field != CUSTOMER_REFERENCE:
            found += [each.removeprefix(_ORDER) for each in found if each.startswith(_ORDER)]
        return found

    def kind(self, order: Record) -> str | None:
        """What an unconfirmed order of Shopify or of ours takes, whatever the rules say."""
        order_id = self.order_id(order)
        if order_id is None:
            return None
        is_reservation = order_id.startswith((_OUR_ORDERS, _DRAFT_ORDER))
        return "reservation" if is_reservation else "pending"

    def counts(self, order: Record) -> bool:
        """Whether the order is the one that stands for its Shopify order."""
        return order["id"] not in self.losers


def asked_line(order: Record) -> tuple[str, str] | None:
    """The line and the request that we have written into the source document of our own order."""
    line, _, request = str(order.get("origin") or "").partition(" ")
    known = line.startswith((_OUR_ORDERS, "gid://shopify/"))
    return (line, request) if known and request else None


def source_document(line_id: str, request_id: str, *more: str) -> str:
    """The source document of an order that we create, or change."""
    return " ".join((line_id, request_id, *more))


def is_changing(order: Record) -> bool:
    """Whether we have begun to change an order, and not come to its new units."""
    ours = asked_line(order)
    return ours is not None and ours[1].endswith(f" {CHANGING}")


def duplicates(references: References, orders: Iterable[Record]) -> dict[str, list[Record]]:
    """Shopify order, and line if it is an order of ours -> the orders in force that stand for it,
    where there are several; the one that counts is first.
    """
    groups: dict[str, list[Record]] = defaultdict(list)
    for order in orders:
        order_id = references.order_id(order)
        if order_id is not None:
            ours = asked_line(order)
            groups[f"{order_id} {ours[0]}" if ours else order_id].append(order)
    return {name: sorted(group, key=_rank) for name, group in groups.items() if len(group) > 1}


def _rank(order: Record) -> tuple[int, int]:
    """A confirmed order first, a cancelled one last, then the oldest."""
    ranks = {"sale": 0, "done": 0, "cancel": 2}
    return ranks.get(order["state"], 1), order["id"]
