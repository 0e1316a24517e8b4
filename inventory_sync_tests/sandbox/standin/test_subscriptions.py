"""Webhook subscriptions over GraphQL, and the shape of what they bring."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from inventory_sync.sandbox.standin import (
    Shop,
    Wanted,
    cancel_order,
    place_draft,
    place_order,
    running,
)
from inventory_sync.sandbox.standin.payloads import payload
from inventory_sync.sandbox.standin.subscriptions import NAME_OF_TOPIC, TOPICS
from inventory_sync_tests.sandbox.standin.receiver import receiving
from inventory_sync_tests.sandbox.standin.shops import ACME, data, open_shop

HERE = "http://127.0.0.1:8788/webhooks/shopify/b2b-us"
SAMPLES = Path(__file__).parents[4] / "shared/shopify/webhooks-2026-07"

CREATE = """
mutation Subscribe($topic: WebhookSubscriptionTopic!, $hook: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $hook) {
    webhookSubscription { id topic uri format includeFields filter apiVersion { handle } }
    userErrors { field message }
  }
}
"""
DELETE = """
mutation Unsubscribe($id: ID!) {
  webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } }
}
"""
LIST = """
query Hooks($topics: [WebhookSubscriptionTopic!]) {
  webhookSubscriptions(first: 250, topics: $topics) { nodes { id topic uri } }
}
"""


def _create(shop: Shop, uri: str | None, topic: str = "ORDERS_CREATE") -> Any:
    hook = {"uri": uri, "format": "JSON"}
    return data(shop, CREATE, topic=topic, hook=hook)["webhookSubscriptionCreate"]


def _list(shop: Shop, **wanted: Any) -> list[str]:
    nodes = data(shop, LIST, **wanted)["webhookSubscriptions"]["nodes"]
    return [node["topic"] for node in nodes]


def test_a_subscription_is_made_listed_and_deleted() -> None:
    shop = open_shop()
    made = _create(shop, HERE)["webhookSubscription"]
    assert {**made, "id": None} == {
        "id": None,
        "topic": "ORDERS_CREATE",
        "uri": HERE,
        "format": "JSON",
        "includeFields": [],
        "filter": None,
        "apiVersion": {"handle": "2026-10"},
    }
    _create(shop, HERE, "APP_UNINSTALLED")
    assert _list(shop) == ["ORDERS_CREATE", "APP_UNINSTALLED"]
    assert _list(shop, topics=["APP_UNINSTALLED"]) == ["APP_UNINSTALLED"]
    deleted = data(shop, DELETE, id=made["id"])["webhookSubscriptionDelete"]
    assert deleted == {"deletedWebhookSubscriptionId": made["id"], "userErrors": []}
    assert _list(shop) == ["APP_UNINSTALLED"]


def test_a_subscription_that_does_not_exist_cannot_be_deleted() -> None:
    payload = data(open_shop(), DELETE, id="gid://shopify/WebhookSubscription/1")
    (error,) = payload["webhookSubscriptionDelete"]["userErrors"]
    assert error == {"field": ["id"], "message": "Webhook subscription does not exist"}


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("http://shop-sync.example.com/hooks", "Address protocol http:// is not supported"),
        ("ftp://shop-sync.example.com/hooks", "Address protocol ftp:// is not supported"),
        (
            "https://acme-b2b.myshopify.com/hooks",
            "Address cannot be a Shopify or an internal domain",
        ),
        (HERE, "Address for this topic has already been taken."),
        (None, "Address can't be blank"),
    ],
)
def test_a_refused_address_is_told_in_shopifys_words(uri: str | None, message: str) -> None:
    shop = open_shop()
    _create(shop, HERE)
    refused = _create(shop, uri)
    assert refused["webhookSubscription"] is None
    assert refused["userErrors"] == [
        {"field": ["webhookSubscription", "callbackUrl"], "message": message}
    ]


@pytest.mark.parametrize("uri", [HERE, "http://localhost:8788/x", "https://sync.example.com/x"])
def test_an_address_is_allowed_with_tls_or_on_this_machine(uri: str) -> None:
    assert _create(open_shop(), uri)["userErrors"] == []


def _body(shop: Shop, topic: str) -> dict[str, Any]:
    """What the next delivery of a topic says."""
    delivery = next(each for each in shop.take_deliveries() if each.topic == topic)
    body: dict[str, Any] = json.loads(payload(shop, delivery))
    return body


@pytest.mark.parametrize(
    "topic", ["orders/create", "draft_orders/create", "refunds/create", "inventory_levels/update"]
)
def test_bodies_have_no_key_that_shopifys_samples_lack(topic: str) -> None:
    sample = SAMPLES / f"{topic.replace('/', '_')}.json"
    if not sample.exists():
        pytest.skip("Shopify's samples are not beside the repository")
    shop = open_shop()
    _create(shop, HERE, NAME_OF_TOPIC[topic])
    order = place_order(shop, [Wanted("RETRO-CLOCK", 1)])
    place_draft(shop, [Wanted("RETRO-CLOCK", 1)])
    cancel_order(shop, order.id, restock_units=True)
    real = json.loads(sample.read_text())["response"]
    ours = _body(shop, topic)
    assert {*ours} - {*real} <= {"transactions"}
    for ours_line, real_line in zip(
        ours.get("line_items", [])[:1], real.get("line_items", [])[:1], strict=True
    ):
        assert {*ours_line} <= {*real_line}


def test_an_uninstalled_app_is_told_so_and_loses_everything() -> None:
    with receiving() as receiver, running([ACME]) as stand_in:
        shop = stand_in.shops[ACME.handle]
        _create(shop, receiver.uri, "APP_UNINSTALLED")
        control = f"{stand_in.url}/control/{ACME.handle}"
        assert httpx.post(f"{control}/uninstall", json={}).status_code == 200
        told = receiver.topics("app/uninstalled")["app/uninstalled"]
        assert told.content["myshopify_domain"] == ACME.myshopify_domain
        assert shop.access_token is None
        assert httpx.get(f"{control}/webhooks").json()["subscriptions"] == []


def test_a_subscription_can_be_lost_without_a_word() -> None:
    with running([ACME]) as stand_in:
        shop = stand_in.shops[ACME.handle]
        for topic in TOPICS:
            _create(shop, HERE, NAME_OF_TOPIC[topic])
        control = f"{stand_in.url}/control/{ACME.handle}"
        lost = httpx.post(f"{control}/webhooks/lose", json={"topic": "orders/create"}).json()
        left = [each["topic"] for each in lost["subscriptions"]]
        assert left == [topic for topic in TOPICS if topic != "orders/create"]
        assert httpx.post(f"{control}/webhooks/lose", json={}).json()["subscriptions"] == []
