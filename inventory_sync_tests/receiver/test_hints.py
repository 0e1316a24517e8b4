"""Of a body only ids remain, whatever it is and whatever its headers say."""

import json
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.domain.webhooks import TOPICS, Hint
from inventory_sync.receiver.hints import to_hint
from inventory_sync_tests.receiver.deliveries import NOW, ORDER, encoded, order

REFUND = {
    "id": 890088186047892319,
    "order_id": 820982911946154508,
    "admin_graphql_api_id": "gid://shopify/Refund/890088186047892319",
    "note": "broken in transit",
}
EDIT = {
    "order_edit": {
        "id": 78912328793123782,
        "order_id": 820982911946154508,
        "line_items": {"additions": [{"id": 78643924236718239, "delta": 1}], "removals": []},
    }
}
DRAFT_GID = "gid://shopify/DraftOrder/890612572568261625"
DRAFT = {"id": 890612572568261625, "admin_graphql_api_id": DRAFT_GID}
LEVEL = {"inventory_item_id": 271878346596884015, "location_id": 1001, "available": 7}
HELD = {"fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/1", "status": "on_hold"}}
MOVED = {
    "original_fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/1"},
    "moved_fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/2"},
    "destination_location_id": "gid://shopify/Location/1002",
}
SHOP = {"id": 548380009, "myshopify_domain": "acme-b2b.myshopify.com", "shop_owner": "John Smith"}
ITEM_AT = "gid://shopify/InventoryItem/271878346596884015@gid://shopify/Location/1001"


def hint(topic: str, body: Any, **headers: str) -> Hint:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    told = {"x-shopify-topic": topic, "x-shopify-webhook-id": "w1", **given}
    return to_hint("b2b-us", told, encoded(body), received_at=NOW)


@pytest.mark.parametrize(
    ("topic", "body", "subject", "ids"),
    [
        *((topic, order(), "order", [ORDER]) for topic in TOPICS if topic.startswith("orders/")),
        ("orders/create", {"id": 820982911946154508}, "order", [ORDER]),
        ("orders/edited", EDIT, "order", [ORDER]),
        ("refunds/create", REFUND, "order", [ORDER]),
        ("fulfillment_orders/placed_on_hold", HELD, "order", ["gid://shopify/FulfillmentOrder/1"]),
        ("fulfillment_orders/hold_released", HELD, "order", ["gid://shopify/FulfillmentOrder/1"]),
        ("fulfillment_orders/moved", MOVED, "order",
         ["gid://shopify/FulfillmentOrder/1", "gid://shopify/FulfillmentOrder/2"]),
        ("inventory_levels/update", LEVEL, "inventory_level", [ITEM_AT]),
        ("draft_orders/create", DRAFT, "draft_order", [DRAFT_GID]),
        ("draft_orders/update", DRAFT | {"order_id": 820982911946154508}, "draft_order",
         [DRAFT_GID]),
        ("draft_orders/delete", {"id": 7}, "draft_order", ["gid://shopify/DraftOrder/7"]),
        ("app/uninstalled", SHOP, "store", []),
        ("customers/redact", {"shop_id": 1, "orders_to_redact": [299938]}, "compliance", []),
        ("customers/data_request", {"customer": {"email": "a@b.example"}}, "compliance", []),
        ("shop/redact", {"shop_id": 1}, "compliance", []),
    ],
)  # fmt: skip
def test_each_topic_is_about_the_ids_of_its_body(
    topic: str, body: Any, subject: str, ids: list[str]
) -> None:
    told = hint(topic, body)
    assert (told.subject, list(told.ids), told.dead_reason) == (subject, ids, None)


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("orders/create", DRAFT),
        ("orders/create", LEVEL),
        ("orders/create", {"admin_graphql_api_id": "gid://shopify/Order/0"}),
        ("orders/create", {"admin_graphql_api_id": "gid://shopify/Order/1?x=gid://shopify/Order/2"}),
        ("orders/create", {"id": 2**63}),
        ("inventory_levels/update", LEVEL | {"location_id": None}),
        ("inventory_levels/update", DRAFT),
        ("draft_orders/create", LEVEL),
        ("fulfillment_orders/moved", {"moved_fulfillment_order": "gid://shopify/FulfillmentOrder/2"}),
        ("app/uninstalled", order()),
        ("orders/updated", {}),
    ],
)  # fmt: skip
def test_a_body_that_does_not_fit_its_topic_names_nothing(topic: str, body: Any) -> None:
    told = hint(topic, body)
    assert told.ids == ()
    assert told.dead_reason


def test_an_order_replayed_as_an_uninstallation_stops_no_store() -> None:
    assert hint("app/uninstalled", order()).dead_reason


@pytest.mark.parametrize(
    ("available", "told"),
    [(7, 7), (-3, -3), (0, 0), (None, None), (True, None), ("7", None), (7.0, None)],
)
def test_what_a_level_shows_is_told_as_it_is_or_not_at_all(available: Any, told: Any) -> None:
    assert hint("inventory_levels/update", LEVEL | {"available": available}).told_units == told
    assert hint("orders/create", order(available=available)).told_units is None


def test_an_id_beyond_the_precision_of_floats_is_exact() -> None:
    body = b'{"inventory_item_id": 9007199254740993, "location_id": 9223372036854775807}'
    assert hint("inventory_levels/update", body).ids == (
        "gid://shopify/InventoryItem/9007199254740993@gid://shopify/Location/9223372036854775807",
    )


@pytest.mark.parametrize("bad", ["", "with space", "ß", "x" * 201, "a\x00b"])
def test_a_delivery_without_a_usable_id_gets_one_of_its_own(bad: str) -> None:
    first = hint("orders/create", order(), x_shopify_webhook_id=bad, x_shopify_event_id=bad)
    other = hint("orders/create", order(name="#2"), x_shopify_webhook_id=bad)
    assert first.webhook_id != other.webhook_id
    assert first.webhook_id.startswith(first.digest)
    assert first.event_id is None


def test_a_digest_tells_bodies_topics_and_stores_apart_but_not_deliveries() -> None:
    one = hint("orders/create", order())
    assert one.digest == hint("orders/create", order(), x_shopify_webhook_id="w2").digest
    others = {
        hint("orders/paid", order()).digest,
        hint("orders/create", order(name="#1002")).digest,
        to_hint("b2c-us", {"x-shopify-topic": "orders/create"}, encoded(order()), received_at=NOW)
        .digest,
    }  # fmt: skip
    assert len(others) == 3
    assert one.digest not in others


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
KEYS = st.sampled_from(["id", "admin_graphql_api_id", "order_edit", "order_id", "available",
                        "inventory_item_id", "location_id", "fulfillment_order"])  # fmt: skip
OBJECTS = st.dictionaries(KEYS | st.text(), JSON)
BODIES = st.binary() | OBJECTS.map(lambda content: json.dumps(content).encode())


@settings(deadline=None)
@given(body=BODIES, topic=st.sampled_from([*TOPICS, "x/y"]) | st.text(), header=st.text())
def test_nothing_that_a_stranger_sends_makes_trouble_in_the_ledger(
    body: bytes, topic: str, header: str
) -> None:
    """PostgreSQL takes no NUL and no number beyond 64 bits."""
    names = ["webhook-id", "event-id", "triggered-at"]
    told = {"x-shopify-topic": topic} | {f"x-shopify-{name}": header for name in names}
    result = to_hint("b2b-us", told, body, received_at=NOW)
    texts = [value for value in asdict(result).values() if isinstance(value, str)]
    assert all(text.isprintable() and len(text) <= 250 for text in [*texts, *result.ids])
    assert result.told_units is None or abs(result.told_units) <= 2**63
    assert result.dead_reason or result.ids or result.subject in {"store", "compliance"}


CANARIES = ["Jane Canary", "canary@example.com", "+1-555-CANARY", "1 Canary Row", "canary note"]


@pytest.mark.parametrize("topic", [*TOPICS, "customers/create"])
def test_no_personal_data_leave_a_body(topic: str) -> None:
    name, email, phone, street, note = CANARIES
    address = {"first_name": name, "phone": phone, "address1": street}
    body = order(email=email, note=note, customer=address, shipping_address=address, contact=phone)
    assert "canary" not in repr(hint(topic, body | LEVEL | EDIT)).lower()
