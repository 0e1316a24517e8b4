"""What a webhook is once its personal data are gone: a hint where to look, and nothing more.

Put the values that travel from the receiver through the inbox to the lane here. Only the body of a
delivery is signed, so no number in it is ever used (bad inputs C.1); orders are fetched again.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

Subject = Literal["order", "draft_order", "inventory_level", "store", "compliance"]


@dataclass(frozen=True, slots=True)
class Hint:
    """One accepted delivery. ``store`` comes from the route whose secret verified it.

    ``digest`` tells deliveries of one body apart from others (sha256 of topic, shop and body).
    ``ids`` are gids: the orders, draft orders, or ``item@location`` of a level; empty when the
    body tells none. ``told_units`` is what a level is said to show: a level that should show it is
    not looked at, for our own writes are told too. ``dead_reason`` is why a delivery cannot be
    understood: it is kept for a person.
    """

    store: str
    topic: str
    subject: Subject
    webhook_id: str
    event_id: str | None
    digest: str
    ids: tuple[str, ...]
    triggered_at: datetime | None
    received_at: datetime
    dead_reason: str | None = None
    told_units: int | None = None


@dataclass(frozen=True, slots=True)
class InboxEntry:
    """A hint as the lane takes it from the inbox."""

    inbox_id: int
    hint: Hint


TOPICS: Final[dict[str, Subject]] = {
    "orders/create": "order",
    "orders/updated": "order",
    "orders/edited": "order",
    "orders/cancelled": "order",
    "orders/paid": "order",
    "orders/fulfilled": "order",
    "orders/partially_fulfilled": "order",
    "refunds/create": "order",
    "fulfillment_orders/placed_on_hold": "order",
    "fulfillment_orders/hold_released": "order",
    "fulfillment_orders/moved": "order",
    "inventory_levels/update": "inventory_level",
    "draft_orders/create": "draft_order",
    "draft_orders/update": "draft_order",
    "draft_orders/delete": "draft_order",
    "app/uninstalled": "store",
    "customers/data_request": "compliance",
    "customers/redact": "compliance",
    "shop/redact": "compliance",
}
"""The topics that we subscribe to or must answer (facts 4), and what each is about."""

SUBSCRIBED: Final = tuple(topic for topic, subject in TOPICS.items() if subject != "compliance")
"""Compliance topics are set in the app's own configuration, not by subscription."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook subscription of a store. ``topic`` is spelled as in ``TOPICS`` when it is known."""

    subscription_id: str
    topic: str
    uri: str
