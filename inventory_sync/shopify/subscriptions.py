"""The webhook subscriptions of our app in one store.

Put here how topics are spelled and which fields of a delivery we let Shopify send. Which
subscriptions there should be is ``domain/subscriptions.py``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from inventory_sync.domain.webhooks import SUBSCRIBED, TOPICS, Subscription
from inventory_sync.shopify import operations
from inventory_sync.shopify.answers import (
    SubscribeAnswer,
    SubscriptionsAnswer,
    UnsubscribeAnswer,
    UserError,
)
from inventory_sync.shopify.client import ShopifyClient
from inventory_sync.shopify.operations import Operation
from inventory_sync.shopify.protocol import Answer, Rejected
from inventory_sync.shopify.reader import Reader
from inventory_sync.shopify.text import shown

# Ids and time stamps, so that no buyer's data ever leave Shopify. A time stamp keeps deliveries
# apart that Shopify would drop as repeated; a dot names a field within an object
# (https://shopify.dev/docs/apps/build/webhooks/customize/modify-payloads).
_FIELDS = ("id", "admin_graphql_api_id", "updated_at")
_OTHER_FIELDS: Mapping[str, Sequence[str]] = {
    "orders/edited": ("order_edit.id", "order_edit.order_id", "order_edit.committed_at"),
    "refunds/create": ("id", "admin_graphql_api_id", "order_id", "created_at"),
    "fulfillment_orders/placed_on_hold": ("fulfillment_order.id", "fulfillment_order.status"),
    "fulfillment_orders/hold_released": ("fulfillment_order.id", "fulfillment_order.status"),
    "fulfillment_orders/moved": ("original_fulfillment_order.id", "moved_fulfillment_order.id"),
    "inventory_levels/update": (
        "admin_graphql_api_id",
        "inventory_item_id",
        "location_id",
        "available",
        "updated_at",
    ),
    "app/uninstalled": ("id", "myshopify_domain", "updated_at"),
}


def fields_of(topic: str) -> list[str]:
    """What a delivery of the topic holds."""
    return list(_OTHER_FIELDS.get(topic, _FIELDS))


def enum_of(topic: str) -> str:
    """A topic as Shopify's enum spells it: ``orders/create`` is ``ORDERS_CREATE``."""
    return topic.replace("/", "_").upper()


# The enum does not tell where the slash was, so only topics that we know have their own spelling.
_TOPIC_OF = {enum_of(topic): topic for topic in TOPICS}


class Subscriptions:
    """Lists, creates and deletes subscriptions."""

    def __init__(self, client: ShopifyClient, reader: Reader) -> None:
        self._client = client
        self._reader = reader

    def all(self) -> list[Subscription]:
        """Every subscription that our app has in this store, whoever made it."""
        pages = self._reader.pages(
            operations.SUBSCRIPTIONS, SubscriptionsAnswer, lambda page: page.webhook_subscriptions
        )
        nodes = [node for page in pages for node in page.webhook_subscriptions.nodes]
        return [
            Subscription(each.id, _TOPIC_OF.get(each.topic, each.topic), each.uri) for each in nodes
        ]

    def add(self, topic: str, uri: str) -> str | None:
        """Subscribe; the reason when Shopify refuses, as it does for what exists already."""
        if topic not in SUBSCRIBED:
            raise ValueError(f"{shown(topic, 60)} is no topic that we subscribe to")
        wanted = {"uri": uri, "format": "JSON", "includeFields": fields_of(topic)}
        variables = {"topic": enum_of(topic), "subscription": wanted}
        result = self._send(operations.SUBSCRIBE, variables)
        if isinstance(result, Rejected):
            return result.message
        payload = self._reader.check(SubscribeAnswer, result.data).webhook_subscription_create
        return _reason(payload.user_errors, done=payload.webhook_subscription is not None)

    def remove(self, subscription_id: str) -> str | None:
        """Delete a subscription; the reason when Shopify refuses, as it does for a missing one."""
        result = self._send(operations.UNSUBSCRIBE, {"id": subscription_id})
        if isinstance(result, Rejected):
            return result.message
        payload = self._reader.check(UnsubscribeAnswer, result.data).webhook_subscription_delete
        return _reason(
            payload.user_errors, done=payload.deleted_webhook_subscription_id is not None
        )

    def _send(self, operation: Operation, variables: Mapping[str, Any]) -> Answer | Rejected:
        """An unknown outcome counts as unreachable: doing it again is harmless."""
        result = self._client.command(operation, variables)
        if isinstance(result, Answer | Rejected):
            return result
        raise self._client.unreachable(result.cause)


def _reason(errors: Sequence[UserError], *, done: bool) -> str | None:
    if errors:
        return "; ".join(shown(error.message) for error in errors)
    return None if done else "Shopify accepted the request but did nothing"
