"""Webhook subscriptions: how topics are spelled, what is asked to be sent, what refusals say."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import GraphQLEnumType

from inventory_sync.domain.errors import StoreUnreachable
from inventory_sync.domain.webhooks import SUBSCRIBED, TOPICS, Subscription
from inventory_sync.shopify.storefront import ShopifyStorefront
from inventory_sync.shopify.subscriptions import enum_of, fields_of
from inventory_sync_tests.shopify.order_samples import page
from inventory_sync_tests.shopify.shop_double import Script, client_of, data
from inventory_sync_tests.shopify.test_operations import SCHEMA_FILE, admin_schema

HERE = "https://sync.acme.example/webhooks/shopify/b2b-us"
GID = "gid://shopify/WebhookSubscription/9"
SAMPLES = SCHEMA_FILE.parent / "webhooks-2026-07"
NO_SAMPLES = pytest.mark.skipif(not SAMPLES.exists(), reason="the samples are not beside it")


def store(*replies: httpx.Response | Exception) -> tuple[ShopifyStorefront, Script]:
    script = Script(replies)
    return ShopifyStorefront(client_of(script)), script


@pytest.mark.skipif(not SCHEMA_FILE.exists(), reason="the Admin schema is not beside the checkout")
@pytest.mark.parametrize("topic", SUBSCRIBED)
def test_shopify_knows_every_topic_that_we_subscribe_to(topic: str) -> None:
    known = admin_schema().type_map["WebhookSubscriptionTopic"]
    assert isinstance(known, GraphQLEnumType)
    assert enum_of(topic) in known.values


def test_every_topic_has_a_name_of_its_own() -> None:
    assert len({enum_of(topic) for topic in TOPICS}) == len(TOPICS)


def test_the_list_names_topics_as_deliveries_do_and_leaves_unknown_ones_as_they_are() -> None:
    nodes = [
        {"id": f"{GID}{index}", "topic": topic, "uri": HERE}
        for index, topic in enumerate(
            ["ORDERS_PARTIALLY_FULFILLED", "FULFILLMENT_ORDERS_PLACED_ON_HOLD", "PRODUCTS_UPDATE"]
        )
    ]
    front, _ = store(data({"webhookSubscriptions": page(nodes)}))
    assert front.webhooks() == [
        Subscription(f"{GID}0", "orders/partially_fulfilled", HERE),
        Subscription(f"{GID}1", "fulfillment_orders/placed_on_hold", HERE),
        Subscription(f"{GID}2", "PRODUCTS_UPDATE", HERE),
    ]


def created(**others: Any) -> httpx.Response:
    payload = {"webhookSubscription": {"id": GID}, "userErrors": []} | others
    return data({"webhookSubscriptionCreate": payload})


def deleted(**others: Any) -> httpx.Response:
    payload = {"deletedWebhookSubscriptionId": GID, "userErrors": []} | others
    return data({"webhookSubscriptionDelete": payload})


def test_a_subscription_names_its_address_and_the_fields_that_may_be_sent() -> None:
    front, script = store(created())
    assert front.subscribe("refunds/create", HERE) is None
    assert script.bodies[0]["variables"] == {
        "topic": "REFUNDS_CREATE",
        "subscription": {
            "uri": HERE,
            "format": "JSON",
            "includeFields": ["id", "admin_graphql_api_id", "order_id", "created_at"],
        },
    }


@pytest.mark.parametrize("topic", ["customers/redact", "carts/create", ""])
def test_a_topic_that_is_not_ours_is_a_mistake_of_the_caller(topic: str) -> None:
    with pytest.raises(ValueError, match="no topic"):
        store()[0].subscribe(topic, HERE)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (
            created(
                webhookSubscription=None,
                userErrors=[{"field": None, "message": "Address for this topic is taken."}],
            ),
            "Address for this topic is taken.",
        ),
        (created(webhookSubscription=None), "did nothing"),
        (httpx.Response(400, json={"errors": "no such topic"}), "no such topic"),
    ],
)
def test_a_refused_subscription_gives_the_reason(reply: httpx.Response, reason: str) -> None:
    refusal = store(reply)[0].subscribe("orders/create", HERE)
    assert refusal is not None
    assert reason in refusal


def test_a_subscription_is_removed_by_its_id() -> None:
    front, script = store(deleted())
    assert front.unsubscribe(GID) is None
    assert script.bodies[0]["variables"] == {"id": GID}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (
            deleted(
                deletedWebhookSubscriptionId=None,
                userErrors=[{"field": ["id"], "message": "Webhook subscription does not exist"}],
            ),
            "does not exist",
        ),
        (deleted(deletedWebhookSubscriptionId=None), "did nothing"),
    ],
)
def test_a_refused_removal_gives_the_reason(reply: httpx.Response, reason: str) -> None:
    refusal = store(reply)[0].unsubscribe(GID)
    assert refusal is not None
    assert reason in refusal


def test_an_outcome_that_is_not_known_is_for_the_next_time() -> None:
    with pytest.raises(StoreUnreachable):
        store(httpx.ReadTimeout("timed out"))[0].subscribe("orders/create", HERE)
    with pytest.raises(StoreUnreachable):
        store(httpx.ReadTimeout("timed out"))[0].unsubscribe(GID)


def sample_of(topic: str) -> Mapping[str, Any]:
    path = Path(SAMPLES / f"{topic.replace('/', '_')}.json")
    sample: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))["response"]
    return sample


def value_at(sample: Any, field: str) -> Any:
    for step in field.split("."):
        sample = sample.get(step) if isinstance(sample, dict) else None
    return sample


WITH_SAMPLE = [topic for topic in SUBSCRIBED if "hold" not in topic]


@NO_SAMPLES
@pytest.mark.parametrize("topic", WITH_SAMPLE)
def test_what_may_be_sent_names_its_object_in_shopifys_own_sample(topic: str) -> None:
    named = [field for field in fields_of(topic) if field.endswith("id")]
    assert any(value_at(sample_of(topic), field) for field in named)


@pytest.mark.parametrize("topic", SUBSCRIBED)
def test_nothing_but_ids_times_and_quantities_may_be_sent(topic: str) -> None:
    harmless = ("id", "_at", ".status", "myshopify_domain", "available")
    assert [field for field in fields_of(topic) if not field.endswith(harmless)] == []
