"""What every storefront must do about webhook subscriptions (see ``contract.py``)."""

from collections.abc import Iterator

import pytest

from inventory_sync.domain.webhooks import SUBSCRIBED
from inventory_sync.flow.subscriptions import install, subscription_plan
from inventory_sync_tests.shopify.sample_shop import SampleShop

PUBLIC = "https://sync.acme.example"
HERE = f"{PUBLIC}/webhooks/shopify/b2b-us"
ELSEWHERE = "https://crm.acme.example/shopify"


class WebhooksContract:
    """The law of subscriptions. ``shop`` is provided by the subclass."""

    @pytest.fixture
    def shop(self) -> Iterator[SampleShop]:
        raise NotImplementedError

    def held(self, shop: SampleShop) -> list[tuple[str, str]]:
        return [(each.topic, each.uri) for each in shop.storefront.webhooks()]

    def test_a_new_store_has_no_subscriptions(self, shop: SampleShop) -> None:
        assert self.held(shop) == []

    def test_a_subscription_shows_under_its_topic_until_it_is_removed(
        self, shop: SampleShop
    ) -> None:
        for topic in SUBSCRIBED:
            assert shop.storefront.subscribe(topic, HERE) is None
            assert self.held(shop) == [(topic, HERE)]
            (subscription,) = shop.storefront.webhooks()
            assert shop.storefront.unsubscribe(subscription.subscription_id) is None
            assert self.held(shop) == []

    def test_the_same_again_is_refused_with_a_reason(self, shop: SampleShop) -> None:
        assert shop.storefront.subscribe("orders/create", HERE) is None
        assert shop.storefront.subscribe("orders/create", HERE)
        assert shop.storefront.subscribe("orders/create", ELSEWHERE) is None
        assert self.held(shop) == [("orders/create", HERE), ("orders/create", ELSEWHERE)]

    def test_removing_what_is_gone_is_refused_with_a_reason(self, shop: SampleShop) -> None:
        assert shop.storefront.unsubscribe("gid://shopify/WebhookSubscription/999999999")

    def test_a_topic_that_is_not_ours_is_a_mistake_of_the_caller(self, shop: SampleShop) -> None:
        with pytest.raises(ValueError, match="no topic"):
            shop.storefront.subscribe("customers/redact", HERE)

    def test_installing_twice_does_nothing_the_second_time(self, shop: SampleShop) -> None:
        assert subscription_plan(shop.storefront, PUBLIC).missing == SUBSCRIBED
        first = install(shop.storefront, PUBLIC)
        assert (first.left.kept, first.left.missing, first.refusals) == (SUBSCRIBED, (), {})
        before = shop.storefront.webhooks()
        second = install(shop.storefront, PUBLIC)
        assert (second.plan.missing, second.plan.stale) == ((), ())
        assert shop.storefront.webhooks() == before

    def test_installing_replaces_what_is_stale_and_leaves_others_alone(
        self, shop: SampleShop
    ) -> None:
        for uri in (f"{PUBLIC}/webhooks/shopify/b2b-old", ELSEWHERE):
            assert shop.storefront.subscribe("orders/create", uri) is None
        done = install(shop.storefront, PUBLIC)
        assert [each.uri for each in done.plan.stale] == [f"{PUBLIC}/webhooks/shopify/b2b-old"]
        assert set(self.held(shop)) == {
            *((topic, HERE) for topic in SUBSCRIBED),
            ("orders/create", ELSEWHERE),
        }
