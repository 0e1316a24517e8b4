"""How webhook subscriptions are answered, made and deleted.

Put the fields and mutations of subscriptions here. Which addresses are allowed is in
``subscriptions.py``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from inventory_sync.sandbox.standin.paging import Key, Page, page
from inventory_sync.sandbox.standin.resolving import Info, Resolver, by_id, paging_of, shop_of
from inventory_sync.sandbox.standin.stock import gid_number
from inventory_sync.sandbox.standin.subscriptions import (
    NAME_OF_TOPIC,
    TOPIC_OF_NAME,
    Subscription,
    address_problem,
)
from inventory_sync.sandbox.standin.writes import UserError

_KEYS: dict[str, Callable[[Subscription], Key]] = {
    "ID": by_id,
    "CREATED_AT": lambda each: (each.created_at.isoformat(), each.id),
}


def _subscriptions(
    _: Any,
    info: Info,
    sortKey: str,
    topics: Sequence[str] | None = None,
    uri: str | None = None,
    **paging: Any,
) -> Page[Subscription]:
    key = _KEYS[sortKey]

    def wanted(each: Subscription) -> bool:
        return (topics is None or NAME_OF_TOPIC[each.topic] in topics) and uri in {None, each.uri}

    rows = sorted(shop_of(info).subscriptions.values(), key=key)
    return page(rows, key, paging_of(**paging), keep=wanted)


def _subscription(_: Any, info: Info, id: str) -> Subscription | None:
    return shop_of(info).subscriptions.get(gid_number(id, "WebhookSubscription") or 0)


def _create(
    _: Any, info: Info, topic: str, webhookSubscription: Mapping[str, Any]
) -> dict[str, Any]:
    shop = shop_of(info)
    topic, uri = TOPIC_OF_NAME[topic], webhookSubscription.get("uri")
    if problem := address_problem(topic, uri, [*shop.subscriptions.values()]):
        # The field has kept the name that the address once had.
        error = UserError(("webhookSubscription", "callbackUrl"), problem)
        return {"webhook_subscription": None, "user_errors": [error]}
    now = shop.now()
    fields = tuple(webhookSubscription.get("includeFields") or ())
    created = Subscription(shop.next_id(), topic, str(uri), fields, now, now)
    shop.subscriptions[created.id] = created
    return {"webhook_subscription": created, "user_errors": []}


def _delete(_: Any, info: Info, id: str) -> dict[str, Any]:
    shop = shop_of(info)
    deleted = shop.subscriptions.pop(gid_number(id, "WebhookSubscription") or 0, None)
    if deleted is None:
        error = UserError(("id",), "Webhook subscription does not exist")
        return {"deleted_webhook_subscription_id": None, "user_errors": [error]}
    return {"deleted_webhook_subscription_id": deleted.gid, "user_errors": []}


def _version(_: Any, info: Info) -> dict[str, Any]:
    """The version that the app has chosen for its webhooks: the newest."""
    version = max(shop_of(info).api_versions)
    return {"handle": version, "display_name": version, "supported": True}


RESOLVERS: dict[str, Resolver] = {
    "QueryRoot.webhookSubscriptions": _subscriptions,
    "QueryRoot.webhookSubscription": _subscription,
    "Mutation.webhookSubscriptionCreate": _create,
    "Mutation.webhookSubscriptionDelete": _delete,
    "WebhookSubscription.topic": lambda each, info: NAME_OF_TOPIC[each.topic],
    "WebhookSubscription.format": lambda each, info: "JSON",
    "WebhookSubscription.filter": lambda each, info: None,
    "WebhookSubscription.apiVersion": _version,
}
