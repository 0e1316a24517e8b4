"""The fake and the real adapter keep the same law about dates."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from inventory_sync.domain.errors import StoreStopped
from inventory_sync.domain.metafields import MetafieldWrite, Owner
from inventory_sync.domain.publication import Unknown
from inventory_sync.sandbox.standin import Wanted, place_order, running
from inventory_sync.sandbox.standin.faults import Fault
from inventory_sync.shopify.promises import ShopifyPromises
from inventory_sync.shopify.reader import Reader
from inventory_sync_tests.shopify.contract_promises import VALUE, PromisesContract, PromiseShop
from inventory_sync_tests.shopify.fake_promises import FakePromises
from inventory_sync_tests.shopify.sample_shop import EVER, NYC
from inventory_sync_tests.shopify.shop_double import FakeTime, answering, client_of, data
from inventory_sync_tests.shopify.test_fake import FakeShop
from inventory_sync_tests.shopify.test_storefront_on_standin import RealShop, sample_seed

METAFIELD = "$app:inventory_sync.availability"


class FakeSide(PromiseShop):
    """In memory."""

    def __init__(self) -> None:
        self.sales = FakeShop()
        self.fake = FakePromises(self.sales.fake)
        self.promises = self.fake

    def change_by_hand(self, variant_id: str, value: str) -> None:
        self.fake.held[variant_id] = value


class RealSide(PromiseShop):
    """Over HTTP, against the stand-in."""

    def __init__(self, sales: RealShop) -> None:
        self.sales = sales
        self.shop = sales.shop
        self.promises = sales.real.promises

    def change_by_hand(self, variant_id: str, value: str) -> None:
        with self.shop.lock:
            self.shop.metafields[variant_id] = {METAFIELD: ("json", value)}


class TestFakePromises(PromisesContract):
    @pytest.fixture
    def shop(self) -> FakeSide:
        return FakeSide()


class TestShopifyPromises(PromisesContract):
    @pytest.fixture
    def shop(self) -> Iterator[RealSide]:
        with running([sample_seed()]) as stand_in:
            sales = RealShop(stand_in, FakeTime())
            with closing(sales.real):
                yield RealSide(sales)

    def test_the_definition_lets_the_storefront_read(self, shop: RealSide) -> None:
        assert shop.promises.define_promises(Owner.VARIANT) is None
        (definition,) = shop.shop.definitions.values()
        assert (definition.namespace, definition.key) == ("$app:inventory_sync", "availability")
        assert (definition.type, definition.storefront_access) == ("json", "PUBLIC_READ")

    def test_the_product_page_reads_what_was_written(self, shop: RealSide) -> None:
        clock = shop.variant("RETRO-CLOCK")
        shop.write(clock, VALUE)
        assert shop.shop.metafields[clock] == {METAFIELD: ("json", VALUE)}

    def test_without_the_scope_nothing_is_written(self, shop: RealSide) -> None:
        shop.sales.take_scope("write_products")
        with pytest.raises(StoreStopped, match="write_products"):
            shop.write(shop.variant("RETRO-CLOCK"), VALUE)

    def test_an_answer_that_is_lost_leaves_the_outcome_unknown(self, shop: RealSide) -> None:
        clock = shop.variant("RETRO-CLOCK")
        shop.shop.faults.add([Fault("applied_answer_lost", operation="InventorySyncSetMetafields")])
        assert isinstance(shop.write(clock, VALUE), Unknown)

    def test_an_order_of_many_lines_is_read_whole(self, shop: RealSide) -> None:
        with shop.shop.lock:
            shop.shop.stock.with_sku("RETRO-CLOCK")[0].policy = "CONTINUE"
        order = place_order(shop.shop, [Wanted("RETRO-CLOCK", 1, 1001) for _ in range(30)])
        (read,) = shop.promises.orders_with_dates([order.gid])
        assert sum(len(work.line_ids) for work in read.work) == 30
        assert all(work.is_open for work in read.work)

    def test_shipped_work_is_closed(self, shop: RealSide) -> None:
        order_id = shop.sales.buy("RETRO-CLOCK", 1, NYC)
        order = shop.shop.orders[int(order_id.rpartition("/")[2])]
        for line in order.fulfillment_orders[0].lines:
            line.remaining_quantity = 0
        (read,) = shop.promises.orders_with_dates([order_id])
        assert [work.is_open for work in read.work] == [False]
        assert list(shop.sales.storefront.order_lines(EVER))


def scripted(payload: dict[str, Any]) -> ShopifyPromises:
    """The adapter in front of a store that answers every write with this."""
    client = client_of(answering(lambda body: data({"metafieldsSet": payload})))
    return ShopifyPromises(client, Reader(client))


@pytest.mark.parametrize(
    "payload",
    [
        {"metafields": [], "userErrors": []},
        {"metafields": None, "userErrors": []},
        {"metafields": [{"compareDigest": 7, "owner": {"id": "x"}}], "userErrors": []},
        {
            "metafields": [
                {"compareDigest": "d", "owner": {"id": "gid://shopify/ProductVariant/1"}}
            ],
            "userErrors": [{"code": None, "field": None, "message": "and yet"}],
        },
    ],
    ids=json.dumps,
)
def test_an_answer_that_does_not_fit_leaves_the_outcome_unknown(payload: dict[str, Any]) -> None:
    write = MetafieldWrite("gid://shopify/ProductVariant/1", VALUE, None)
    assert isinstance(scripted(payload).set_promises(Owner.VARIANT, [write]), Unknown)
