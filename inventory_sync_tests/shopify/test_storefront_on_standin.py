"""The real adapter end to end over HTTP, against the stand-in of the Admin API."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, Literal

import pytest

from inventory_sync.domain.errors import StoreStopped, StoreUnreachable
from inventory_sync.domain.publication import (
    Applied,
    LevelKey,
    QuantityChange,
    Refused,
    SetQuantities,
    Unknown,
)
from inventory_sync.sandbox.standin import (
    Fault,
    ItemSeed,
    LevelSeed,
    LineUnits,
    LocationEdit,
    LocationSeed,
    OrderRefused,
    RefundUnits,
    Shop,
    ShopSeed,
    StandIn,
    Wanted,
    cancel_order,
    complete_draft,
    delete_draft,
    edit_location,
    edit_order,
    fulfill_order,
    hold_order,
    move_order,
    place_draft,
    place_order,
    refund_order,
    release_order,
    running,
)
from inventory_sync.shopify.client import ShopifyClient
from inventory_sync.shopify.pacing import Timing
from inventory_sync.shopify.requests import Endpoint
from inventory_sync.shopify.storefront import ShopifyStorefront
from inventory_sync_tests.shopify.contract import StorefrontContract
from inventory_sync_tests.shopify.sample_shop import (
    EVER,
    LAX,
    LOCATIONS,
    NYC,
    SAMPLE,
    SampleShop,
)
from inventory_sync_tests.shopify.shop_double import FakeTime

TOKEN = "canary-token-7f3a"


def number(gid: str) -> int:
    return int(gid.rpartition("/")[2])


def sample_seed(**others: Any) -> ShopSeed:
    seed: dict[str, Any] = {
        "handle": "b2b-us",
        "myshopify_domain": "acme-b2b.myshopify.com",
        "access_token": TOKEN,
        "locations": tuple(
            LocationSeed(number(place.store_location_id), place.name, place.is_active)
            for place in LOCATIONS
        ),
        "items": tuple(
            ItemSeed(
                item.sku,
                tracked=item.tracked,
                levels=tuple(LevelSeed(number(at), units, on) for at, units, on in item.levels),
            )
            for item in SAMPLE
        ),
    }
    return ShopSeed(**(seed | others))


class RealShop(SampleShop):
    """The sample shop behind the real adapter. Waiting takes no real time."""

    def __init__(self, stand_in: StandIn, time: FakeTime, *, token: str = TOKEN) -> None:
        self.time = time
        self.shop: Shop = stand_in.shops["b2b-us"]
        endpoint = Endpoint("b2b-us", stand_in.shop_url("b2b-us"), "2026-10", token)
        timing = Timing(clock=lambda: time.now, sleep=time.sleep, rng=random.Random(1))
        self.client = ShopifyClient(endpoint, timing=timing)
        self.real = ShopifyStorefront(self.client)
        self.storefront = self.real

    def buy(self, sku: str, units: int, location_id: str) -> str:
        return place_order(self.shop, [Wanted(sku, units, number(location_id))]).gid

    def hold(self, order_id: str) -> str:
        return hold_order(self.shop, number(order_id)).fulfillment_orders[0].gid

    def let_go(self, order_id: str) -> None:
        release_order(self.shop, number(order_id))

    def draft(self, sku: str, units: int, reserves_until: datetime | None = None) -> str:
        return place_draft(self.shop, [Wanted(sku, units)], reserve_until=reserves_until).gid

    def complete(self, draft_id: str) -> str:
        return complete_draft(self.shop, number(draft_id)).gid

    def discard(self, draft_id: str) -> None:
        delete_draft(self.shop, number(draft_id))

    def take_scope(self, scope: str) -> None:
        self.shop.scopes -= {scope}

    def rename(self, sku: str, new: str | None) -> None:
        self.shop.stock.rename(self.shop.stock.with_sku(sku)[0], new)

    def grow_large(self) -> None:
        self.storefront = ShopifyStorefront(self.client, export_worth_seconds=0)

    def strike(self, kind: Any, **others: Any) -> None:
        self.shop.faults.add([Fault(kind, **others)])


@contextmanager
def sample_shop(*, token: str = TOKEN, **seed: Any) -> Iterator[RealShop]:
    time = FakeTime()
    with running([sample_seed(**seed)], clock=lambda: time.now) as stand_in:
        shop = RealShop(stand_in, time, token=token)
        with closing(shop.real):
            yield shop


class TestShopifyStorefront(StorefrontContract):
    @pytest.fixture(params=["replay", "reprocess"])
    def shop(self, request: pytest.FixtureRequest) -> Iterator[RealShop]:
        with sample_shop(idempotency_mode=request.param) as shop:
            yield shop


@pytest.fixture
def shop() -> Iterator[RealShop]:
    with sample_shop() as shop:
        yield shop


class TestFaults:
    @pytest.mark.parametrize(
        "kind",
        ["http_500", "http_503", "http_429", "html_200", "reset", "throttled", "data_null"],
    )
    def test_a_read_outlives_a_passing_fault(self, shop: RealShop, kind: str) -> None:
        shop.strike(kind, count=2)
        assert len(list(shop.storefront.catalog())) == len(SAMPLE)

    @pytest.mark.parametrize("kind", ["http_429", "throttled"])
    def test_a_write_that_provably_did_not_run_is_sent_again(
        self, shop: RealShop, kind: str
    ) -> None:
        change = shop.change("RETRO-CLOCK", 10, 7)
        shop.strike(kind, count=2)
        assert shop.set(change) == Applied()
        assert len(shop.shop.history) == 1

    @pytest.mark.parametrize(
        ("kind", "left"),
        [
            ("applied_answer_lost", 7),
            ("truncated", 7),
            ("reset", 10),
            ("http_500", 10),
            ("html_200", 10),
            ("data_null", 10),
            ("concurrent_request", 10),
        ],
    )
    def test_a_write_without_a_good_answer_is_unknown_and_sent_once(
        self, shop: RealShop, kind: str, left: int
    ) -> None:
        change = shop.change("RETRO-CLOCK", 10, 7)
        shop.strike(kind)
        assert isinstance(shop.set(change), Unknown)
        assert shop.level("RETRO-CLOCK").available_units == left
        assert shop.shop.statistics.requests["InventorySyncSetQuantities"] == 1

    @pytest.mark.parametrize(
        ("kind", "left"),
        [("applied_answer_lost", 7), ("truncated", 7), ("reset", 10), ("http_500", 10)],
    )
    def test_a_relative_write_is_sent_at_most_once(
        self, shop: RealShop, kind: str, left: int
    ) -> None:
        change = shop.change("RETRO-CLOCK", 3, 0)
        shop.strike(kind)
        assert isinstance(shop.adjust(change), Unknown)
        assert shop.level("RETRO-CLOCK").available_units == left
        assert shop.shop.statistics.requests["InventorySyncAdjustQuantities"] == 1

    @pytest.mark.parametrize("kind", ["http_429", "throttled"])
    def test_a_relative_write_that_provably_did_not_run_is_sent_again(
        self, shop: RealShop, kind: str
    ) -> None:
        change = shop.change("RETRO-CLOCK", 3, 0)
        shop.strike(kind, count=2)
        assert shop.adjust(change) == Applied()
        assert shop.level("RETRO-CLOCK").available_units == 7

    def test_a_failed_earlier_attempt_is_a_definite_no(self, shop: RealShop) -> None:
        change = shop.change("RETRO-CLOCK", 10, 7)
        shop.strike("previous_attempt_failed")
        outcome = shop.set(change)
        assert isinstance(outcome, Refused)
        assert [each.code for each in outcome.general] == ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]

    def test_a_store_that_stays_broken_is_left_to_the_next_pass(self, shop: RealShop) -> None:
        shop.strike("http_503", count=None)
        with pytest.raises(StoreUnreachable, match="HTTP 503"):
            shop.storefront.facts()

    def test_a_security_rejection_stops_the_store(self, shop: RealShop) -> None:
        shop.strike("http_430")
        with pytest.raises(StoreStopped, match="430"):
            list(shop.storefront.catalog())


class TestStops:
    def test_a_token_revoked_in_the_middle_stops_the_store(self, shop: RealShop) -> None:
        change = shop.change("RETRO-CLOCK", 10, 7)
        shop.shop.access_token = None
        with pytest.raises(StoreStopped, match="access_token") as caught:
            shop.set(change)
        assert TOKEN not in str(caught.value)

    def test_a_wrong_token_stops_the_store(self) -> None:
        with (
            sample_shop(token="another-token") as shop,
            pytest.raises(StoreStopped, match="Invalid API key"),
        ):
            shop.storefront.facts()

    def test_a_locked_shop_stops_the_store(self, shop: RealShop) -> None:
        shop.shop.locked = True
        with pytest.raises(StoreStopped, match="locked"):
            shop.storefront.facts()

    def test_another_shop_at_the_address_stops_the_store(self) -> None:
        with sample_shop(handle="b2b-us") as shop:
            origin = shop.real._client._endpoint.origin.replace("b2b-us", "nobody")
            endpoint = Endpoint("b2b-us", origin, "2026-10", TOKEN)
            with (
                closing(ShopifyStorefront(ShopifyClient(endpoint))) as lost,
                pytest.raises(StoreStopped, match="no such shop"),
            ):
                lost.facts()

    @pytest.mark.parametrize(
        ("missing", "act"),
        [
            ("read_orders", lambda shop: list(shop.storefront.order_lines(EVER))),
            (
                "write_inventory",
                lambda shop: shop.set(QuantityChange("A", LevelKey(NYC, NYC), 0, 1)),
            ),
        ],
    )
    def test_a_missing_scope_is_named(
        self, missing: str, act: Callable[[RealShop], object]
    ) -> None:
        kept = tuple(
            scope
            for scope in ("read_inventory", "write_inventory", "read_orders", "read_locations")
            if scope != missing
        )
        with sample_shop(scopes=kept) as shop, pytest.raises(StoreStopped, match=missing):
            act(shop)

    def test_an_old_version_falls_forward_and_the_facts_say_so(self) -> None:
        with sample_shop(api_versions=("2027-01", "2027-04")) as shop:
            assert shop.storefront.facts().api_version == "2027-01"

    def test_at_a_deactivated_location_nothing_is_believed(self, shop: RealShop) -> None:
        edit_location(shop.shop, LocationEdit(number(NYC), active=False))
        assert not any(level.is_active for level in shop.storefront.levels(NYC))


def test_the_history_of_the_shop_names_the_pass(shop: RealShop) -> None:
    shop.set(shop.change("RETRO-CLOCK", 10, 7))
    (adjustment,) = shop.shop.history
    assert adjustment.reason == "correction"
    assert adjustment.reference_document_uri == "gid://inventory-sync/Pass/7"


class TestOrderStories:
    """Whatever happens to orders: what is left is what there was less what the lines took."""

    START = 1000

    def tell(self, shop: Shop, rng: random.Random, steps: int) -> None:
        locations = [number(NYC), number(LAX)]
        for _ in range(steps):
            with suppress(OrderRefused):
                self.happen(shop, rng, locations)

    def happen(self, shop: Shop, rng: random.Random, locations: list[int]) -> None:
        skus = ["RETRO-CLOCK", "OAK-TABLE", "MINIMALIST-SPOON"]
        if not shop.orders or rng.random() < 0.4:
            wanted = [
                Wanted(sku, rng.randint(1, 9), rng.choice(locations))
                for sku in rng.sample([*skus, None], rng.randint(1, 3))
            ]
            place_order(shop, wanted)
            return
        order = rng.choice(sorted(shop.orders))
        sku, units = rng.choice(skus), rng.randint(1, 5)
        kinds: list[Literal["CANCEL", "RETURN"]] = ["CANCEL", "RETURN"]
        kind = rng.choice(kinds)
        steps: list[Callable[[], object]] = [
            lambda: edit_order(shop, order, [LineUnits(sku, rng.randint(0, 9))]),
            lambda: cancel_order(shop, order, restock_units=rng.random() < 0.5),
            lambda: fulfill_order(shop, order, [LineUnits(sku, units)]),
            lambda: fulfill_order(shop, order),
            lambda: refund_order(shop, order, [RefundUnits(sku, units, kind)]),
            lambda: move_order(shop, order, rng.choice(locations)),
        ]
        rng.choice(steps)()

    @pytest.mark.parametrize("seed", range(8))
    def test_taken_units_explain_what_is_available(self, seed: int) -> None:
        items = tuple(
            ItemSeed(
                sku,
                levels=(LevelSeed(number(NYC), self.START), LevelSeed(number(LAX), self.START)),
            )
            for sku in ("RETRO-CLOCK", "OAK-TABLE", "MINIMALIST-SPOON")
        )
        with sample_shop(items=items) as shop:
            self.tell(shop.shop, random.Random(seed), steps=60)
            taken: Counter[LevelKey] = Counter()
            wanted: Counter[str] = Counter()
            for value in shop.storefront.order_lines(EVER):
                for line in value:
                    assert line.inventory_item_id is not None
                    assert line.store_location_id is not None
                    key = LevelKey(line.inventory_item_id, line.store_location_id)
                    taken[key] += line.taken_units
                    wanted[line.line_id] += line.current_units
            for location in (NYC, LAX):
                for level in shop.storefront.levels(location):
                    assert level.available_units == self.START - taken[level.key]
            lines = [line for order in shop.shop.orders.values() for line in order.lines]
            assert +wanted == +Counter(
                {line.gid: line.current_quantity for line in lines if line.item_id}
            )

    def test_an_order_of_60_lines_with_a_refund_of_each_is_read_whole(self) -> None:
        skus = [f"SKU-{number:02}" for number in range(60)]
        items = tuple(ItemSeed(sku, levels=(LevelSeed(number(NYC), 100),)) for sku in skus)
        with sample_shop(items=items) as shop:
            order = place_order(shop.shop, [Wanted(sku, 5, number(NYC)) for sku in skus])
            refund_order(shop.shop, order.id, [RefundUnits(sku, 2, "CANCEL") for sku in skus])
            ((*lines,),) = shop.storefront.order_lines(EVER)
            assert [(line.sku, line.current_units, line.taken_units) for line in lines] == [
                (sku, 3, 3) for sku in skus
            ]
            asked = shop.shop.statistics.requests
            assert asked["InventorySyncOrderLines"] == 1
            assert asked["InventorySyncRefundLines"] == 0


class TestRateLimit:
    """Time passes only while the client sleeps, for the client and the stand-in alike."""

    ROWS = 5

    def items(self) -> tuple[ItemSeed, ...]:
        return tuple(
            ItemSeed(f"SKU-{index}", levels=(LevelSeed(number(NYC), 0),))
            for index in range(self.ROWS)
        )

    def test_a_saturated_store_is_never_throttled_and_wastes_no_points(self) -> None:
        with sample_shop(items=self.items()) as shop:
            keys = [level.key for level in shop.storefront.levels(NYC)]
            for count in range(600):
                changes = tuple(QuantityChange("A", key, count, count + 1) for key in keys)
                call = SetQuantities(f"8d1f5b1e-{count:04}", "gid://inventory-sync/P/1", changes)
                assert shop.storefront.set_quantities(call) == Applied()
            statistics = shop.shop.statistics
            assert statistics.throttled == 0
            restored = shop.time.passed * 100
            assert restored > 3000
            assert statistics.points_spent - 2000 >= 0.95 * restored

    def test_after_another_app_drained_the_bucket_one_refusal_is_enough(self) -> None:
        with sample_shop(items=self.items()) as shop:
            for _ in range(6):
                shop.shop.bucket.drain(0.0)
                list(shop.storefront.levels(NYC))
                list(shop.storefront.catalog())
            assert shop.shop.statistics.max_throttled_in_a_row == 1

    def test_calls_in_parallel_are_not_throttled_either(self) -> None:
        with sample_shop(items=self.items()) as shop, ThreadPoolExecutor(8) as pool:
            keys = [level.key for level in shop.storefront.levels(NYC)]

            def publish(index: int) -> object:
                change = QuantityChange("A", keys[index % self.ROWS], -1, 7)
                call = SetQuantities(f"8d1f5b1e-{index:04}", "gid://inventory-sync/P/1", (change,))
                return shop.storefront.set_quantities(call)

            outcomes = list(pool.map(publish, range(300)))
            assert all(isinstance(outcome, Refused) for outcome in outcomes)
            assert shop.shop.statistics.throttled == 0


def test_orders_are_found_from_the_second_they_were_updated_in(shop: RealShop) -> None:
    shop.buy("RETRO-CLOCK", 3, NYC)
    ((line,),) = shop.storefront.order_lines(EVER)
    assert [len(value) for value in shop.storefront.order_lines(line.updated_at)] == [1]
    assert list(shop.storefront.order_lines(line.updated_at + timedelta(seconds=1))) == [()]
