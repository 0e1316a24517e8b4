"""What every store must do about metafields and deadlines: subclass it and say how to open a shop.

Put a law here that publishing of dates relies on.
"""

from abc import ABC, abstractmethod
from datetime import UTC, datetime

import pytest

from inventory_sync.domain.metafields import Metafield, MetafieldWrite, Owner, Stored
from inventory_sync.domain.publication import Refused
from inventory_sync.flow.promise_publishing_port import PromiseStorefront
from inventory_sync_tests.shopify.sample_shop import NYC, SampleShop

VALUE = '{"v":1,"places":[]}'
OTHER = '{"v":1,"places":[{"id":"x","name":"Zürich","until":null,"steps":[]}]}'
FRIDAY = datetime(2030, 11, 29, 22, 59, 59, tzinfo=UTC)


class PromiseShop(ABC):
    """The sample shop, and its port for dates."""

    sales: SampleShop
    promises: PromiseStorefront

    @abstractmethod
    def change_by_hand(self, variant_id: str, value: str) -> None:
        """Somebody else writes our metafield."""

    def variant(self, sku: str) -> str:
        return next(each.variant_id for each in self.promises.variants() if each.sku == sku)

    def held(self, variant_id: str) -> Metafield | None:
        (found,) = [x.held for x in self.promises.variants() if x.variant_id == variant_id]
        return found

    def write(self, owner_id: str, value: str, digest: str | None = None) -> object:
        return self.promises.set_promises(Owner.VARIANT, [MetafieldWrite(owner_id, value, digest)])


class PromisesContract:
    """The law of showing dates. ``shop`` is provided by the subclass."""

    @pytest.fixture
    def shop(self) -> PromiseShop:
        raise NotImplementedError

    def test_every_item_has_one_variant_also_without_a_sku(self, shop: PromiseShop) -> None:
        variants = list(shop.promises.variants())
        items = [(item.inventory_item_id, item.sku) for item in shop.sales.storefront.catalog()]
        assert [(each.inventory_item_id, each.sku) for each in variants] == items
        assert len({each.variant_id for each in variants}) == len(items)
        assert {each.held for each in variants} == {None}

    def test_some_variants_are_read_by_their_ids_with_what_they_hold(
        self, shop: PromiseShop
    ) -> None:
        clock, lamp = shop.variant("RETRO-CLOCK"), shop.variant("SLEEPY-LAMP")
        shop.write(clock, VALUE)
        gone = "gid://shopify/ProductVariant/77"
        found = {each.variant_id: each for each in shop.promises.variants_of([lamp, gone, clock])}
        listed = {each.variant_id: each for each in shop.promises.variants()}
        assert found == {name: listed[name] for name in (clock, lamp)}
        assert found[clock].held is not None
        assert list(shop.promises.variants_of([])) == []

    def test_what_was_written_is_there_with_the_digest_that_was_answered(
        self, shop: PromiseShop
    ) -> None:
        clock = shop.variant("RETRO-CLOCK")
        outcome = shop.write(clock, OTHER)
        held = shop.held(clock)
        assert held is not None
        assert held.value == OTHER
        assert outcome == Stored({clock: held.digest})

    def test_only_what_was_read_is_overwritten(self, shop: PromiseShop) -> None:
        clock = shop.variant("RETRO-CLOCK")
        shop.write(clock, VALUE)
        first = shop.held(clock)
        assert first is not None
        shop.change_by_hand(clock, OTHER)
        refused = shop.write(clock, '{"v":2}', first.digest)
        assert isinstance(refused, Refused)
        assert refused.rows[0].code == "STALE_OBJECT"
        second = shop.held(clock)
        assert second is not None
        assert second.value == OTHER
        assert second.digest != first.digest
        assert isinstance(shop.write(clock, VALUE, second.digest), Stored)

    def test_without_a_digest_there_must_be_none_yet(self, shop: PromiseShop) -> None:
        clock = shop.variant("RETRO-CLOCK")
        shop.write(clock, VALUE)
        refused = shop.write(clock, OTHER)
        assert isinstance(refused, Refused)
        assert refused.rows[0].code == "STALE_OBJECT"

    def test_the_same_value_again_is_accepted_whatever_was_read(self, shop: PromiseShop) -> None:
        clock = shop.variant("RETRO-CLOCK")
        shop.write(clock, VALUE)
        assert isinstance(shop.write(clock, VALUE, "long ago"), Stored)

    @pytest.mark.parametrize(
        ("value", "code"), [("{", "INVALID_VALUE"), (f'"{"x" * 140_000}"', "TOO_LONG")]
    )
    def test_a_call_is_all_or_nothing_and_names_the_row(
        self, shop: PromiseShop, value: str, code: str
    ) -> None:
        clock, lamp = shop.variant("RETRO-CLOCK"), shop.variant("SLEEPY-LAMP")
        writes = [MetafieldWrite(clock, VALUE, None), MetafieldWrite(lamp, value, None)]
        refused = shop.promises.set_promises(Owner.VARIANT, writes)
        assert isinstance(refused, Refused)
        assert {index: why.code for index, why in refused.rows.items()} == {1: code}
        assert shop.held(clock) is None

    def test_a_variant_that_is_gone_is_named(self, shop: PromiseShop) -> None:
        refused = shop.write("gid://shopify/ProductVariant/77", VALUE)
        assert isinstance(refused, Refused)
        assert refused.rows[0].code == "INVALID_VALUE"

    @pytest.mark.parametrize("count", [0, 26])
    def test_a_call_of_another_size_is_a_mistake_of_the_caller(
        self, shop: PromiseShop, count: int
    ) -> None:
        writes = [MetafieldWrite(shop.variant("RETRO-CLOCK"), VALUE, None)] * count
        with pytest.raises(ValueError, match="1 to 25 metafields"):
            shop.promises.set_promises(Owner.VARIANT, writes)

    @pytest.mark.parametrize("owner", list(Owner))
    def test_a_definition_may_be_there_already(self, shop: PromiseShop, owner: Owner) -> None:
        assert shop.promises.define_promises(owner) is None
        assert shop.promises.define_promises(owner) is None

    def test_an_order_holds_dates_and_its_work_a_deadline(self, shop: PromiseShop) -> None:
        order_id = shop.sales.buy("RETRO-CLOCK", 2, NYC)
        gone = "gid://shopify/Order/77"
        (before,) = shop.promises.orders_with_dates([order_id, gone])
        (work,) = before.work
        (line,) = [each for each in shop.sales.lines() if each.order_id == order_id]
        assert (before.order_id, before.held) == (order_id, None)
        assert (work.is_open, work.ships_by, set(work.line_ids)) == (True, None, {line.line_id})
        assert shop.promises.set_deadline([work.work_id], FRIDAY) is None
        writes = [MetafieldWrite(order_id, VALUE, None)]
        assert isinstance(shop.promises.set_promises(Owner.ORDER, writes), Stored)
        (after,) = shop.promises.orders_with_dates([order_id])
        assert after.held is not None
        assert after.held.value == VALUE
        assert after.work[0].ships_by == FRIDAY

    def test_a_deadline_for_work_that_is_gone_is_refused(self, shop: PromiseShop) -> None:
        assert shop.promises.set_deadline(["gid://shopify/FulfillmentOrder/77"], FRIDAY)
