"""The fake keeps the law of the port, and its faults do what they say."""

from datetime import datetime

import pytest

from inventory_sync.domain.errors import StoreStopped
from inventory_sync.domain.publication import Unknown
from inventory_sync_tests.shopify.contract import StorefrontContract
from inventory_sync_tests.shopify.fake import FakeStorefront
from inventory_sync_tests.shopify.sample_shop import LOCATIONS, NYC, SAMPLE, SampleShop


class FakeShop(SampleShop):
    """The sample shop in memory."""

    def __init__(self) -> None:
        self.fake = FakeStorefront(locations=LOCATIONS)
        self.storefront = self.fake
        for item in SAMPLE:
            item_id = self.fake.add_item(item.sku, tracked=item.tracked)
            for location_id, units, active in item.levels:
                self.fake.add_level(item_id, location_id, units, active=active)

    def buy(self, sku: str, units: int, location_id: str) -> str:
        return self.fake.buy(self.key(sku, location_id), units).order_id

    def hold(self, order_id: str) -> str:
        return self.fake.hold(order_id)

    def let_go(self, order_id: str) -> None:
        self.fake.hold(order_id, on=False)

    def draft(self, sku: str, units: int, reserves_until: datetime | None = None) -> str:
        return self.fake.draft(self.key(sku), units, reserves_until).draft_id

    def complete(self, draft_id: str) -> str:
        return self.fake.complete(draft_id).order_id

    def discard(self, draft_id: str) -> None:
        self.fake.discard(draft_id)

    def take_scope(self, scope: str) -> None:
        self.fake.scopes -= {scope}

    def rename(self, sku: str, new: str | None) -> None:
        self.fake.rename(self.item(sku), new)

    def grow_large(self) -> None:
        self.fake.is_large = True


class TestFakeStorefront(StorefrontContract):
    @pytest.fixture
    def shop(self) -> FakeShop:
        return FakeShop()

    @pytest.mark.parametrize(("applied", "left"), [(True, 7), (False, 10)])
    def test_a_lost_answer_is_unknown_whatever_became_of_the_call(
        self, shop: FakeShop, applied: bool, left: int
    ) -> None:
        shop.fake.lose_next_answer(applied=applied)
        assert isinstance(shop.set(shop.change("RETRO-CLOCK", 10, 7)), Unknown)
        assert shop.level("RETRO-CLOCK").available_units == left
        assert len(shop.fake.calls) == 1

    def test_a_cancelled_order_gives_its_units_back(self, shop: FakeShop) -> None:
        line = shop.fake.buy(shop.key("RETRO-CLOCK"), 3)
        shop.fake.cancel(line)
        assert shop.level("RETRO-CLOCK").available_units == 10
        ((after,),) = shop.fake.order_lines(line.updated_at)
        assert (after.current_units, after.taken_units) == (0, 0)

    def test_a_turn_comes_at_once_and_is_counted(self, shop: FakeShop) -> None:
        shop.fake.await_turn()
        assert shop.fake.turns_awaited == 1

    def test_a_stopped_store_says_so_at_every_call(self, shop: FakeShop) -> None:
        shop.fake.stopped = StoreStopped(store="b2b-us", reason="no token", way_out="get one")
        with pytest.raises(StoreStopped):
            list(shop.fake.levels(NYC))
        with pytest.raises(StoreStopped):
            shop.fake.facts()
