"""What every storefront must do, whatever it is made of.

Subclass ``StorefrontContract`` and provide the ``shop`` fixture: a store that holds ``SAMPLE``.
The fake and the real adapter (on the stand-in) both pass, so a test above them may use the fake.
Orders and drafts are in ``contract_sales.py``, subscriptions in ``contract_webhooks.py``.
"""

from collections.abc import Iterator

import pytest

from inventory_sync.domain.errors import StoreStopped
from inventory_sync.domain.publication import (
    Applied,
    LevelKey,
    QuantityChange,
    Refused,
)
from inventory_sync_tests.shopify.contract_sales import SalesContract
from inventory_sync_tests.shopify.contract_webhooks import WebhooksContract
from inventory_sync_tests.shopify.sample_shop import LAX, LOCATIONS, NYC, SAMPLE, SampleShop


class StorefrontContract(SalesContract, WebhooksContract):
    """The law of the port. ``shop`` is provided by the subclass, fresh for each test."""

    @pytest.fixture
    def shop(self) -> Iterator[SampleShop]:
        raise NotImplementedError

    # --- reading ---

    def test_it_names_itself_and_its_width(self, shop: SampleShop) -> None:
        assert shop.storefront.store == "b2b-us"
        assert shop.storefront.parallel_calls >= 1

    def test_the_facts_name_locations_version_and_scopes(self, shop: SampleShop) -> None:
        facts = shop.storefront.facts()
        assert set(facts.locations) == set(LOCATIONS)
        assert facts.api_version == "2026-10"
        assert "2026-10" in facts.supported_versions
        assert {"read_inventory", "write_inventory", "read_orders"} <= facts.scopes
        assert facts.myshopify_domain.endswith(".myshopify.com")

    def test_the_catalogue_holds_every_item_also_without_or_with_a_shared_sku(
        self, shop: SampleShop
    ) -> None:
        items = list(shop.storefront.catalog())
        assert [(each.sku, each.tracked) for each in items] == [
            (each.sku, each.tracked) for each in SAMPLE
        ]
        assert len({each.inventory_item_id for each in items}) == len(SAMPLE)

    def test_the_levels_of_a_location_are_those_that_are_connected(self, shop: SampleShop) -> None:
        at_lax = {each.key.inventory_item_id: each for each in shop.storefront.levels(LAX)}
        assert set(at_lax) == {shop.item("RETRO-CLOCK"), shop.item("SLEEPY-LAMP")}
        assert at_lax[shop.item("RETRO-CLOCK")].available_units == 4
        assert all(each.is_connected and each.is_active for each in at_lax.values())
        assert len(list(shop.storefront.levels(NYC))) == len(SAMPLE)

    def test_an_inactive_level_shows_and_is_not_believed(self, shop: SampleShop) -> None:
        (level,) = (
            each
            for each in shop.storefront.levels(NYC)
            if each.key.inventory_item_id == shop.item("SLEEPY-LAMP")
        )
        assert level.is_connected
        assert not level.is_active
        assert level.available_units is None
        assert shop.level("SLEEPY-LAMP") == level

    def test_an_untracked_level_is_not_believed(self, shop: SampleShop) -> None:
        level = shop.level("GIFT-BOX")
        assert not level.tracked
        assert level.available_units is None

    def test_an_unconnected_level_says_so(self, shop: SampleShop) -> None:
        level = shop.level("OAK-TABLE", LAX)
        assert not level.is_connected
        assert not level.is_active
        assert level.available_units is None

    def test_an_unknown_item_is_unconnected(self, shop: SampleShop) -> None:
        (level,) = shop.storefront.levels_of(NYC, ["gid://shopify/InventoryItem/999999999"])
        assert not level.is_connected
        assert level.available_units is None

    def test_levels_come_in_the_order_asked(self, shop: SampleShop) -> None:
        wanted = [shop.item("SLEEPY-LAMP"), shop.item("RETRO-CLOCK"), shop.item("OAK-TABLE")]
        found = [each.key.inventory_item_id for each in shop.storefront.levels_of(NYC, wanted)]
        assert found == wanted
        assert list(shop.storefront.levels_of(NYC, [])) == []

    def test_a_location_that_the_store_lacks_is_named(self, shop: SampleShop) -> None:
        nowhere = "gid://shopify/Location/4711"
        with pytest.raises(StoreStopped, match="4711"):
            list(shop.storefront.levels(nowhere))
        with pytest.raises(StoreStopped, match="4711"):
            list(shop.storefront.levels_of(nowhere, [shop.item("OAK-TABLE")]))

    def test_a_small_store_has_no_export(self, shop: SampleShop) -> None:
        assert shop.storefront.export([NYC, LAX]) is None

    def test_the_export_of_a_large_store_tells_what_its_pages_tell(self, shop: SampleShop) -> None:
        shop.grow_large()
        shop.buy("RETRO-CLOCK", 3, NYC)
        for places in ([NYC, LAX], [LAX]):
            export = shop.storefront.export(places)
            assert export is not None
            assert list(export.items) == list(shop.storefront.catalog())
            pages = [level for place in places for level in shop.storefront.levels(place)]
            assert len(export.levels) == len(pages)
            assert set(export.levels) == set(pages)

    def test_no_export_is_believed_about_a_location_that_the_store_lacks(
        self, shop: SampleShop
    ) -> None:
        shop.grow_large()
        assert shop.storefront.export([NYC, "gid://shopify/Location/4711"]) is None

    # --- writing ---

    def test_an_expected_quantity_that_holds_is_replaced(self, shop: SampleShop) -> None:
        outcome = shop.set(
            shop.change("RETRO-CLOCK", 10, 7),
            shop.change("RETRO-CLOCK", 4, 0, LAX),
            shop.change("OAK-TABLE", 5, 25),
        )
        assert outcome == Applied()
        assert shop.level("RETRO-CLOCK").available_units == 7
        assert shop.level("RETRO-CLOCK", LAX).available_units == 0
        assert shop.level("OAK-TABLE").available_units == 25

    def test_setting_what_is_already_there_is_applied(self, shop: SampleShop) -> None:
        assert shop.set(shop.change("RETRO-CLOCK", 10, 10)) == Applied()
        assert shop.level("RETRO-CLOCK").available_units == 10

    def test_one_stale_row_refuses_the_whole_call_and_is_named(self, shop: SampleShop) -> None:
        outcome = shop.set(shop.change("OAK-TABLE", 5, 25), shop.change("RETRO-CLOCK", 9, 7))
        assert isinstance(outcome, Refused)
        assert {row: refusal.code for row, refusal in outcome.rows.items()} == {
            1: "CHANGE_FROM_QUANTITY_STALE"
        }
        assert shop.level("OAK-TABLE").available_units == 5
        assert shop.level("RETRO-CLOCK").available_units == 10

    def test_a_sale_in_between_makes_the_expectation_stale(self, shop: SampleShop) -> None:
        shop.buy("RETRO-CLOCK", 3, NYC)
        outcome = shop.set(shop.change("RETRO-CLOCK", 10, 12))
        assert isinstance(outcome, Refused)
        assert shop.level("RETRO-CLOCK").available_units == 7

    def test_an_unknown_item_or_location_is_named_by_its_row(self, shop: SampleShop) -> None:
        nothing = LevelKey("gid://shopify/InventoryItem/999999999", NYC)
        outcome = shop.set(
            shop.change("OAK-TABLE", 5, 6),
            QuantityChange("GHOST", nothing, 0, 1),
            shop.change("RETRO-CLOCK", 0, 1, "gid://shopify/Location/4711"),
        )
        assert isinstance(outcome, Refused)
        assert outcome.rows[1].code == "INVALID_INVENTORY_ITEM"
        assert outcome.rows[2].code == "INVALID_LOCATION"
        assert shop.level("OAK-TABLE").available_units == 5

    def test_a_level_named_twice_in_one_call_is_refused(self, shop: SampleShop) -> None:
        outcome = shop.set(shop.change("OAK-TABLE", 5, 6), shop.change("OAK-TABLE", 5, 7))
        assert isinstance(outcome, Refused)
        assert set(outcome.rows) <= {0, 1}
        assert shop.level("OAK-TABLE").available_units == 5

    def test_an_untracked_item_accepts_a_write_without_any_effect(self, shop: SampleShop) -> None:
        assert shop.set(shop.change("GIFT-BOX", 0, 50)) == Applied()
        assert shop.level("GIFT-BOX").available_units is None

    def test_the_same_call_again_under_the_same_key_changes_nothing_more(
        self, shop: SampleShop
    ) -> None:
        change = shop.change("RETRO-CLOCK", 10, 7)
        assert shop.set(change, key="8d1f5b1e-0002") == Applied()
        assert isinstance(shop.set(change, key="8d1f5b1e-0002"), Applied | Refused)
        assert shop.level("RETRO-CLOCK").available_units == 7

    # --- writing relatively ---

    def test_a_relative_call_changes_by_the_difference_whatever_is_shown(
        self, shop: SampleShop
    ) -> None:
        shop.buy("RETRO-CLOCK", 3, NYC)
        outcome = shop.adjust(
            shop.change("RETRO-CLOCK", 10, 12),
            shop.change("RETRO-CLOCK", 100, 98, LAX),
            shop.change("OAK-TABLE", 5, 5),
        )
        assert outcome == Applied()
        assert shop.level("RETRO-CLOCK").available_units == 9
        assert shop.level("RETRO-CLOCK", LAX).available_units == 2
        assert shop.level("OAK-TABLE").available_units == 5

    def test_a_relative_call_may_go_below_nothing(self, shop: SampleShop) -> None:
        assert shop.adjust(shop.change("OAK-TABLE", 9, 1)) == Applied()
        assert shop.level("OAK-TABLE").available_units == -3

    def test_a_relative_call_that_changes_nothing_is_applied(self, shop: SampleShop) -> None:
        assert shop.adjust(shop.change("RETRO-CLOCK", 3, 3)) == Applied()
        assert shop.level("RETRO-CLOCK").available_units == 10

    def test_an_unknown_level_refuses_the_whole_relative_call(self, shop: SampleShop) -> None:
        nothing = LevelKey("gid://shopify/InventoryItem/999999999", NYC)
        outcome = shop.adjust(
            shop.change("OAK-TABLE", 5, 6),
            QuantityChange("GHOST", nothing, 0, 1),
            shop.change("RETRO-CLOCK", 0, 1, "gid://shopify/Location/4711"),
        )
        assert isinstance(outcome, Refused)
        assert outcome.rows[1].code == "INVALID_INVENTORY_ITEM"
        assert outcome.rows[2].code == "INVALID_LOCATION"
        assert shop.level("OAK-TABLE").available_units == 5

    def test_a_relative_call_that_names_a_level_twice_is_a_mistake_of_the_caller(
        self, shop: SampleShop
    ) -> None:
        with pytest.raises(ValueError, match="twice"):
            shop.adjust(shop.change("OAK-TABLE", 5, 6), shop.change("OAK-TABLE", 5, 7))
        assert shop.level("OAK-TABLE").available_units == 5

    def test_awaiting_a_turn_changes_nothing(self, shop: SampleShop) -> None:
        shop.storefront.await_turn()
        assert shop.set(shop.change("RETRO-CLOCK", 10, 7)) == Applied()

    # --- connecting ---

    def test_an_unconnected_level_is_connected_with_nothing_available(
        self, shop: SampleShop
    ) -> None:
        assert shop.storefront.connect(shop.key("OAK-TABLE", LAX), "8d1f5b1e-0003") is None
        level = shop.level("OAK-TABLE", LAX)
        assert level.is_connected
        assert level.is_active
        assert level.available_units == 0
        assert shop.set(shop.change("OAK-TABLE", 0, 8, LAX)) == Applied()
        assert shop.level("OAK-TABLE", LAX).available_units == 8

    def test_an_inactive_level_wakes_with_nothing_available(self, shop: SampleShop) -> None:
        assert shop.storefront.connect(shop.key("SLEEPY-LAMP"), "8d1f5b1e-0004") is None
        assert shop.level("SLEEPY-LAMP").is_active
        assert shop.level("SLEEPY-LAMP").available_units == 0

    def test_connecting_an_active_level_is_refused_with_a_reason(self, shop: SampleShop) -> None:
        assert shop.storefront.connect(shop.key("RETRO-CLOCK"), "8d1f5b1e-0005")
        assert shop.level("RETRO-CLOCK").available_units == 10
