"""Which webhook subscriptions are missing, which are of no use any more, and which are not ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_sync.domain.scopes import is_granted
from inventory_sync.domain.subscriptions import SubscriptionPlan, plan_subscriptions, wanted_topics
from inventory_sync.domain.webhooks import SUBSCRIBED, Subscription

PUBLIC = "https://sync.acme.example"
HERE = f"{PUBLIC}/webhooks/shopify/b2b-us"
WANTED = ("orders/create", "orders/updated", "app/uninstalled")


def plan(*existing: Subscription, wanted: tuple[str, ...] = WANTED) -> SubscriptionPlan:
    return plan_subscriptions(existing, public_url=PUBLIC, store="b2b-us", wanted=wanted)


def at(uri: str, topic: str = "orders/create") -> Subscription:
    return Subscription("gid://shopify/WebhookSubscription/7", topic, uri)


def test_a_new_store_lacks_every_topic() -> None:
    assert plan() == SubscriptionPlan(HERE, kept=(), missing=WANTED, stale=())


def test_a_store_that_has_all_lacks_nothing() -> None:
    found = plan(*(at(HERE, topic) for topic in reversed(WANTED)))
    assert found == SubscriptionPlan(HERE, kept=WANTED, missing=(), stale=())


def test_a_slash_at_the_end_of_the_public_url_changes_nothing() -> None:
    found = plan_subscriptions([], public_url=f"{PUBLIC}/", store="b2b-us", wanted=WANTED)
    assert found.address == HERE


@pytest.mark.parametrize(
    "stale",
    [
        at(f"{PUBLIC}/webhooks/shopify/b2b"),
        at(f"{HERE}-old"),
        at(f"{HERE}?x=1"),
        at(HERE, "products/update"),
        at(HERE, "PRODUCTS_UPDATE"),
    ],
)
def test_what_comes_to_us_for_nothing_is_stale(stale: Subscription) -> None:
    assert plan(stale).stale == (stale,)
    assert plan(stale).missing == WANTED


@pytest.mark.parametrize(
    "uri",
    [
        "https://crm.acme.example/webhooks/shopify/b2b-us",
        f"{PUBLIC}/hooks/b2b-us",
        f"{PUBLIC}.evil.example/webhooks/shopify/b2b-us",
        f"{PUBLIC}:8443/webhooks/shopify/b2b-us",
        "http://sync.acme.example/webhooks/shopify/b2b-us",
        "pubsub://acme:orders",
        "arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/1/acme",
    ],
)
def test_what_goes_elsewhere_is_never_touched_and_serves_us_nothing(uri: str) -> None:
    assert plan(at(uri)) == SubscriptionPlan(HERE, kept=(), missing=WANTED, stale=())


@given(
    st.lists(
        st.builds(
            Subscription,
            st.integers(1, 99).map(str),
            st.sampled_from([*SUBSCRIBED, "products/update"]),
            st.sampled_from([HERE, f"{PUBLIC}/webhooks/shopify/old", "https://crm.acme.example/"]),
        ),
        unique_by=lambda each: (each.topic, each.uri),
    )
)
def test_carrying_out_a_plan_leaves_nothing_to_do_and_what_is_not_ours_as_it_was(
    existing: list[Subscription],
) -> None:
    first = plan(*existing, wanted=SUBSCRIBED)
    new = [at(first.address, topic) for topic in first.missing]
    after = [each for each in existing if each not in first.stale] + new
    again = plan(*after, wanted=SUBSCRIBED)
    assert (again.missing, again.stale) == ((), ())
    assert again.kept == SUBSCRIBED
    assert [each for each in after if "crm" in each.uri] == [
        each for each in existing if "crm" in each.uri
    ]


def test_topics_of_draft_orders_are_wanted_only_where_they_may_be_read() -> None:
    drafts = {"draft_orders/create", "draft_orders/update", "draft_orders/delete"}
    assert set(SUBSCRIBED) - set(wanted_topics({"read_orders"})) == drafts
    assert wanted_topics({"read_draft_orders"}) == SUBSCRIBED
    assert wanted_topics({"write_draft_orders"}) == SUBSCRIBED


def test_the_right_to_write_brings_the_right_to_read_and_not_the_reverse() -> None:
    assert is_granted("read_inventory", {"write_inventory"})
    assert not is_granted("write_inventory", {"read_inventory"})
