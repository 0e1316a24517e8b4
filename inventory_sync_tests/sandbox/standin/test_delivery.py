"""Webhooks on a real wire: signed, sent again, lost, doubled, late and overtaken."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inventory_sync.sandbox.standin import (
    Fault,
    LineUnits,
    RefundUnits,
    Shop,
    StandIn,
    Wanted,
    cancel_order,
    complete_draft,
    delete_draft,
    edit_order,
    fulfill_order,
    hold_order,
    move_order,
    pay_order,
    place_draft,
    place_order,
    refund_order,
    release_order,
    running,
)
from inventory_sync.sandbox.standin.seed import WEBHOOK_SECRET
from inventory_sync.sandbox.standin.state_file import load_shops, save_shops
from inventory_sync.sandbox.standin.subscriptions import NAME_OF_TOPIC, TOPICS
from inventory_sync_tests.sandbox.standin.receiver import Delivered, Receiver, receiving
from inventory_sync_tests.sandbox.standin.shops import (
    ACME,
    EWR,
    NYC,
    data,
    row,
    set_quantities,
)

CREATE = """
mutation Subscribe($topic: WebhookSubscriptionTopic!, $hook: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $hook) {
    webhookSubscription { id } userErrors { message }
  }
}
"""
CLOCK = [Wanted("RETRO-CLOCK", 2)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with running([ACME], retry_seconds=(0.01, 0.01)) as stand_in:
        yield stand_in


@pytest.fixture
def shop(stand_in: StandIn, receiver: Receiver) -> Shop:
    """The shop, with a subscription of the receiver to every topic."""
    shop = stand_in.shops[ACME.handle]
    subscribe(shop, receiver.uri, *TOPICS)
    return shop


def subscribe(shop: Shop, uri: str, *topics: str, fields: list[str] | None = None) -> None:
    hook = {"uri": uri, "includeFields": fields}
    for topic in topics:
        made = data(shop, CREATE, topic=NAME_OF_TOPIC[topic], hook=hook)
        assert made["webhookSubscriptionCreate"]["userErrors"] == []


def _ended(shop: Shop) -> None:
    """Wait until nothing is under way."""
    gone, patience = threading.Event(), 2000
    while shop.deliveries_under_way and patience:
        gone.wait(0.01)
        patience -= 1
    assert not shop.deliveries_under_way


def test_an_order_is_told_with_shopifys_headers_and_the_shops_signature(
    shop: Shop, receiver: Receiver
) -> None:
    order = place_order(shop, CLOCK)
    told = receiver.topics("orders/create", "orders/paid")["orders/create"]
    assert told.is_signed_with(WEBHOOK_SECRET)
    assert not told.is_signed_with("another-secret")
    assert told.headers["x-shopify-shop-domain"] == "acme-b2b.myshopify.com"
    assert told.headers["x-shopify-api-version"] == "2026-10"
    assert told.headers["x-shopify-triggered-at"].endswith("Z")
    assert told.content["admin_graphql_api_id"] == order.gid
    assert [line["sku"] for line in told.content["line_items"]] == ["RETRO-CLOCK"]


def test_what_one_happening_leads_to_shares_its_event_id(shop: Shop, receiver: Receiver) -> None:
    place_order(shop, CLOCK)
    told = receiver.topics("orders/create", "orders/paid", "inventory_levels/update")
    events = {topic: each.headers["x-shopify-event-id"] for topic, each in told.items()}
    assert events["orders/create"] == events["orders/paid"] != events["inventory_levels/update"]
    assert len({each.headers["x-shopify-webhook-id"] for each in told.values()}) == len(told)


LIVES: dict[str, tuple[Callable[[Shop], object], set[str]]] = {
    "pay": (
        lambda shop: pay_order(shop, place_order(shop, CLOCK, paid=False).id),
        {"orders/paid", "orders/updated"},
    ),
    "edit": (
        lambda shop: edit_order(shop, place_order(shop, CLOCK).id, [LineUnits("RETRO-CLOCK", 1)]),
        {"orders/edited", "orders/updated"},
    ),
    "cancel": (
        lambda shop: cancel_order(shop, place_order(shop, CLOCK).id, restock_units=True),
        {"orders/cancelled", "refunds/create", "orders/updated"},
    ),
    "ship a part": (
        lambda shop: fulfill_order(
            shop, place_order(shop, CLOCK).id, [LineUnits("RETRO-CLOCK", 1)]
        ),
        {"orders/partially_fulfilled", "orders/updated"},
    ),
    "ship": (
        lambda shop: fulfill_order(shop, place_order(shop, CLOCK).id),
        {"orders/fulfilled", "orders/updated"},
    ),
    "refund": (
        lambda shop: refund_order(
            shop, place_order(shop, CLOCK).id, [RefundUnits("RETRO-CLOCK", 1, "NO_RESTOCK")]
        ),
        {"refunds/create", "orders/updated"},
    ),
    "move": (
        lambda shop: move_order(shop, place_order(shop, CLOCK).id, EWR),
        {"fulfillment_orders/moved", "orders/updated"},
    ),
    "hold": (
        lambda shop: release_order(shop, hold_order(shop, place_order(shop, CLOCK).id).id),
        {
            "fulfillment_orders/placed_on_hold",
            "fulfillment_orders/hold_released",
            "orders/updated",
        },
    ),
}
ALWAYS = {"orders/create", "orders/paid", "inventory_levels/update"}


@pytest.mark.parametrize("life", LIVES)
def test_every_change_of_an_order_is_told(shop: Shop, receiver: Receiver, life: str) -> None:
    act, wanted = LIVES[life]
    act(shop)
    told = receiver.topics(*ALWAYS, *wanted)
    _ended(shop)
    assert {*told} == ALWAYS | wanted


def test_an_edit_tells_only_line_numbers_and_deltas(shop: Shop, receiver: Receiver) -> None:
    order = place_order(shop, CLOCK)
    edit_order(shop, order.id, [LineUnits("RETRO-CLOCK", 1), LineUnits("OAK-TABLE", 1)])
    edit = receiver.topics("orders/edited")["orders/edited"].content["order_edit"]
    assert edit["order_id"] == order.id
    assert edit["line_items"] == {
        "additions": [{"id": order.lines[1].id, "delta": 1}],
        "removals": [{"id": order.lines[0].id, "delta": 1}],
    }


def test_a_hold_names_the_fulfillment_order_and_not_the_order(
    shop: Shop, receiver: Receiver
) -> None:
    order = hold_order(shop, place_order(shop, CLOCK).id, "HIGH_RISK_OF_FRAUD")
    told = receiver.topics("fulfillment_orders/placed_on_hold")
    held = told["fulfillment_orders/placed_on_hold"]
    assert held.content["fulfillment_order"]["id"] == order.fulfillment_orders[0].gid
    assert held.content["fulfillment_order"]["status"] == "on_hold"
    assert str(order.id) not in held.body.decode()


def test_every_change_of_a_draft_is_told(shop: Shop, receiver: Receiver) -> None:
    completed, deleted = place_draft(shop, CLOCK), place_draft(shop, CLOCK)
    order = complete_draft(shop, completed.id)
    delete_draft(shop, deleted.id)
    told = receiver.topics("draft_orders/create", "draft_orders/update", "draft_orders/delete")
    assert told["draft_orders/update"].content["order_id"] == order.id
    assert told["draft_orders/delete"].content == {"id": deleted.id}


def test_a_write_of_the_app_itself_is_told_like_any_other(shop: Shop, receiver: Receiver) -> None:
    set_quantities(shop, row(shop, "RETRO-CLOCK", 4, 5))
    told = receiver.topics("inventory_levels/update")["inventory_levels/update"].content
    assert (told["location_id"], told["available"]) == (NYC, 4)
    assert "sku" not in told


def test_a_delivery_tells_the_state_at_the_moment_of_sending(
    shop: Shop, receiver: Receiver
) -> None:
    with shop.lock:  # nothing is sent before both have happened
        for expected in (5, 4):
            set_quantities(shop, row(shop, "RETRO-CLOCK", expected - 1, expected))
    told = receiver.wait(lambda came: len(came) == 2)
    assert [each.content["available"] for each in told] == [3, 3]


def test_personal_data_come_along(shop: Shop, receiver: Receiver) -> None:
    place_order(shop, CLOCK)
    order = receiver.topics("orders/create")["orders/create"].content
    assert order["customer"]["first_name"] == "Ada"
    assert order["shipping_address"]["phone"].startswith("+1-212-555-01")


def test_only_the_fields_asked_for_are_included(stand_in: StandIn, receiver: Receiver) -> None:
    shop = stand_in.shops[ACME.handle]
    subscribe(shop, receiver.uri, "orders/create", fields=["id", "line_items.id"])
    place_order(shop, CLOCK)
    order = receiver.topics("orders/create")["orders/create"].content
    assert {*order} == {"id", "line_items"}


def test_what_is_not_accepted_is_sent_again_the_same_to_the_byte(
    stand_in: StandIn, receiver: Receiver
) -> None:
    shop = stand_in.shops[ACME.handle]
    subscribe(shop, receiver.uri, "orders/create")
    receiver.refusals = 2
    place_order(shop, CLOCK)
    first, *again = receiver.wait(lambda came: len(came) == 3)
    _ended(shop)
    assert again == [first, first]
    counted = shop.statistics
    assert (counted.deliveries, counted.delivery_failures) == (1, 2)
    assert counted.last_delivery_seconds is not None


def test_a_subscription_that_never_answers_is_removed(
    stand_in: StandIn, receiver: Receiver
) -> None:
    shop = stand_in.shops[ACME.handle]
    subscribe(shop, receiver.uri, "orders/create", "orders/updated")
    receiver.refusals = 3
    place_order(shop, CLOCK)
    receiver.wait(lambda came: len(came) == 3)
    _ended(shop)
    assert [each.topic for each in shop.subscriptions.values()] == ["orders/updated"]


def test_nobody_there_is_a_failure_like_any_other(stand_in: StandIn) -> None:
    shop = stand_in.shops[ACME.handle]
    subscribe(shop, "http://127.0.0.1:1/webhooks", "orders/create")
    place_order(shop, CLOCK)
    _ended(shop)
    assert (shop.statistics.delivery_failures, shop.subscriptions) == (3, {})


def _creates(came: list[Delivered]) -> list[Delivered]:
    return [each for each in came if each.topic == "orders/create"]


def test_a_lost_webhook_never_comes(shop: Shop, receiver: Receiver) -> None:
    shop.faults.add([Fault("webhook_lost", operation="orders/create")])
    place_order(shop, CLOCK)
    second = place_order(shop, CLOCK)
    _ended(shop)
    assert [each.content["id"] for each in _creates(receiver.came)] == [second.id]
    assert shop.statistics.webhooks_lost == 1


def test_a_doubled_webhook_comes_twice_with_one_webhook_id(shop: Shop, receiver: Receiver) -> None:
    shop.faults.add([Fault("webhook_doubled", operation="orders/create")])
    place_order(shop, CLOCK)
    first, second = receiver.wait(lambda came: len(_creates(came)) == 2) and _creates(receiver.came)
    assert first == second


def test_a_delayed_webhook_is_overtaken_and_tells_the_later_state(
    shop: Shop, receiver: Receiver
) -> None:
    shop.faults.add([Fault("webhook_delayed", operation="orders/create", seconds=0.5)])
    order = place_order(shop, CLOCK)
    cancel_order(shop, order.id, restock_units=True)
    came = receiver.wait(lambda came: len(_creates(came)) == 1)
    assert "orders/cancelled" in [each.topic for each in came]
    assert _creates(came)[0].content["cancelled_at"] is not None


def test_reordering_draws_from_the_seeded_generator(shop: Shop, receiver: Receiver) -> None:
    shop.faults.add([Fault("webhook_reordered", count=None, seconds=0.3)])
    orders = [place_order(shop, [Wanted("OAK-TABLE", 1)]).id for _ in range(12)]
    came = receiver.wait(lambda came: len(_creates(came)) == len(orders))
    ids = [each.content["id"] for each in _creates(came)]
    assert Counter(ids) == Counter(orders)
    assert ids != orders


def test_faults_of_webhooks_do_not_strike_requests(shop: Shop) -> None:
    shop.faults.add([Fault("webhook_lost"), Fault("http_503")])
    assert shop.faults.strike("Facts", mutation=False) == Fault("http_503")
    assert shop.faults.strike("Facts", mutation=False) is None
    assert shop.faults.befall("orders/paid") == Fault("webhook_lost")


def test_subscriptions_survive_a_restart(shop: Shop, tmp_path: Path) -> None:
    save_shops([shop], tmp_path / "shops.json")
    (again,) = load_shops(tmp_path / "shops.json", Shop)
    assert again.subscriptions == shop.subscriptions
    assert again.webhook_secret == shop.webhook_secret
