"""Webhook subscriptions of a shop, and the deliveries that it owes them.

Put here who wants to hear of what. What a delivery says is in ``payloads.py``, how it travels and
what becomes of a subscription that does not answer in ``delivery.py``. Texts and rules are
Shopify's (https://shopify.dev/docs/apps/build/webhooks), with one difference: an address of this
machine, ``http://127.0.0.1`` or ``http://localhost``, is allowed here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from inventory_sync.sandbox.standin.stock import gid

TOPICS = (
    "app/uninstalled",
    "draft_orders/create",
    "draft_orders/delete",
    "draft_orders/update",
    "fulfillment_orders/hold_released",
    "fulfillment_orders/moved",
    "fulfillment_orders/placed_on_hold",
    "inventory_levels/update",
    "orders/cancelled",
    "orders/create",
    "orders/edited",
    "orders/fulfilled",
    "orders/paid",
    "orders/partially_fulfilled",
    "orders/updated",
    "refunds/create",
)
# GraphQL calls orders/create ORDERS_CREATE.
TOPIC_OF_NAME = {topic.upper().replace("/", "_"): topic for topic in TOPICS}
NAME_OF_TOPIC = {topic: name for name, topic in TOPIC_OF_NAME.items()}

_LOOPBACK = {"127.0.0.1", "localhost"}


@dataclass(slots=True)
class Subscription:
    """Deliveries of one topic to one address; without ``include_fields`` with the whole body."""

    id: int
    topic: str
    uri: str
    include_fields: tuple[str, ...]
    created_at: datetime
    updated_at: datetime

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("WebhookSubscription", self.id)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Something that happened, for one subscription.

    ``subject`` is the order, draft, level or shop that it happened to: its state at the moment of
    sending is what the body tells. ``detail`` holds what would be forgotten until then.
    ``webhook_id`` stays the same when it is sent again, ``event_id`` is shared by all that one
    happening led to.
    """

    subscription: Subscription
    subject: Any
    detail: Mapping[str, Any]
    webhook_id: str
    event_id: str
    happened_at: datetime

    @property
    def topic(self) -> str:
        """What happened, such as ``orders/create``."""
        return self.subscription.topic


def address_problem(topic: str, uri: str | None, known: Sequence[Subscription]) -> str | None:
    """Why an address cannot be subscribed to a topic; ``None`` when it can.

    Whether anybody answers there is not asked.
    """
    if not uri:
        return "Address can't be blank"
    parts = urlsplit(uri)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or (parts.scheme == "http" and host not in _LOOPBACK):
        return f"Address protocol {parts.scheme}:// is not supported"
    if not host:
        return "Address is invalid"
    if host == "myshopify.com" or host.endswith(".myshopify.com"):
        return "Address cannot be a Shopify or an internal domain"
    if any((each.topic, each.uri) == (topic, uri) for each in known):
        return "Address for this topic has already been taken."
    return None
