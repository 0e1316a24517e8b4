"""``inventory-sync webhooks install|check`` against stand-in stores."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inventory_sync.domain.webhooks import SUBSCRIBED
from inventory_sync.sandbox.standin import LocationSeed, ShopSeed, StandIn, running
from inventory_sync.sandbox.standin.subscriptions import Subscription
from inventory_sync_tests.cli.conftest import Ended

Command = Callable[..., Ended]
PUBLIC = "http://127.0.0.1:8788"


def store(name: str, stand_in: StandIn, mode: str) -> str:
    return f"""
  {name}:
    shop: {name}.myshopify.com
    admin_url: {stand_in.shop_url(name)}
    access_token: shpat_x
    mode: {mode}
    locations: {{"gid://shopify/Location/1001": [NYC]}}"""


@pytest.fixture
def shops(folder: Path) -> Iterator[StandIn]:
    """Two stores: b2b is live, b2c is computed only."""
    seeds = [
        ShopSeed(
            handle=name,
            myshopify_domain=f"{name}.myshopify.com",
            access_token="shpat_x",
            locations=(LocationSeed(1001, "New York"),),
            items=(),
        )
        for name in ("b2b", "b2c")
    ]
    with running(seeds) as stand_in:
        text = 'erp: {url: "postgresql://reader@erp.invalid/erp"}\nstores:'
        text += store("b2b", stand_in, "live") + store("b2c", stand_in, "dry_run")
        (folder / "inventory_sync.yaml").write_text(f"{text}\nreceiver: {{public_url: {PUBLIC}}}\n")
        yield stand_in


def held(shops: StandIn, name: str) -> list[tuple[str, str]]:
    return [(each.topic, each.uri) for each in shops.shops[name].subscriptions.values()]


def states(ended: Ended, name: str) -> dict[str, str]:
    return {each["topic"]: each["state"] for each in json.loads(ended.out) if each["store"] == name}


def add(shops: StandIn, name: str, uri: str) -> None:
    shop = shops.shops[name]
    number, now = shop.next_id(), shop.now()
    shop.subscriptions[number] = Subscription(number, "orders/create", uri, (), now, now)


def test_install_serves_live_stores_and_says_what_it_would_do_in_others(
    shops: StandIn, command: Command
) -> None:
    ended = command("webhooks", "install", "--json")
    assert ended.code == 0
    assert states(ended, "b2b") == dict.fromkeys(SUBSCRIBED, "created")
    assert states(ended, "b2c") == dict.fromkeys(SUBSCRIBED, "would create")
    assert held(shops, "b2b") == [(t, f"{PUBLIC}/webhooks/shopify/b2b") for t in SUBSCRIBED]
    assert held(shops, "b2c") == []


def test_installing_again_changes_nothing(shops: StandIn, command: Command) -> None:
    command("webhooks", "install")
    before = held(shops, "b2b")
    ended = command("webhooks", "install", "--json")
    assert states(ended, "b2b") == dict.fromkeys(SUBSCRIBED, "subscribed")
    assert held(shops, "b2b") == before


def test_stale_subscriptions_are_removed_and_those_of_others_stay(
    shops: StandIn, command: Command
) -> None:
    stale, other = f"{PUBLIC}/webhooks/shopify/b2b-old", "https://crm.acme.example/shopify"
    add(shops, "b2b", stale)
    add(shops, "b2b", other)
    rows = json.loads(command("webhooks", "install", "--json").out)
    removed = [each for each in rows if each["state"] == "removed"]
    assert [each["detail"] for each in removed] == [stale]
    assert ("orders/create", other) in held(shops, "b2b")
    assert ("orders/create", stale) not in held(shops, "b2b")


def test_check_fails_while_a_topic_of_a_live_store_is_missing(
    shops: StandIn, command: Command
) -> None:
    ended = command("webhooks", "check", "--json")
    assert ended.code == 1
    assert states(ended, "b2b") == dict.fromkeys(SUBSCRIBED, "missing")
    command("webhooks", "install")
    assert command("webhooks", "check").code == 0
    (first, *_) = shops.shops["b2b"].subscriptions
    gone = shops.shops["b2b"].subscriptions.pop(first)
    ended = command("webhooks", "check", "--json")
    assert ended.code == 1
    assert [t for t, state in states(ended, "b2b").items() if state == "missing"] == [gone.topic]


def test_check_changes_nothing_and_names_what_is_stale(shops: StandIn, command: Command) -> None:
    add(shops, "b2b", f"{PUBLIC}/webhooks/shopify/b2b-old")
    before = held(shops, "b2b")
    rows = json.loads(command("webhooks", "check", "--json").out)
    assert [each["topic"] for each in rows if each["state"] == "stale"] == ["orders/create"]
    assert held(shops, "b2b") == before


def test_a_store_that_cannot_be_asked_is_named_and_the_others_are_served(
    shops: StandIn, command: Command
) -> None:
    shops.shops["b2c"].access_token = None
    ended = command("webhooks", "install", "--json")
    assert ended.code == 1
    assert states(ended, "b2c") == {"": "failed"}
    assert len(held(shops, "b2b")) == len(SUBSCRIBED)


def test_a_refusal_of_shopify_is_told_with_its_topic(shops: StandIn, command: Command) -> None:
    settings = Path("inventory_sync.yaml")
    settings.write_text(settings.read_text().replace(PUBLIC, "https://acme.myshopify.com"))
    ended = command("webhooks", "install", "--json")
    assert ended.code == 1
    details = {each["detail"] for each in json.loads(ended.out) if each["state"] == "missing"}
    assert details == {"Address cannot be a Shopify or an internal domain"}


@pytest.mark.parametrize("action", ["install", "check"])
def test_without_a_public_address_nothing_is_done(
    shops: StandIn, command: Command, action: str
) -> None:
    settings = Path("inventory_sync.yaml")
    settings.write_text(settings.read_text().replace(PUBLIC, "null"))
    ended = command("webhooks", action)
    assert ended.code == 2
    assert "receiver.public_url" in ended.err
    assert held(shops, "b2b") == []


def test_the_table_shows_each_store_and_topic(shops: StandIn, command: Command) -> None:
    ended = command("webhooks", "check")
    assert PUBLIC in ended.out
    assert "refunds/create" in ended.out
    assert "the store is in dry_run" in ended.out
