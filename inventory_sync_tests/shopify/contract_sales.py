"""What every storefront must tell of orders, holds and draft orders (see ``contract.py``)."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.reservations import Draft
from inventory_sync_tests.shopify.sample_shop import EVER, NYC, SampleShop

NEXT_CENTURY = datetime(2100, 1, 1, tzinfo=UTC)
GHOST = "gid://shopify/Order/999999999"


def asked(shop: SampleShop, *ids: str) -> list[OrderLine]:
    return [line for value in shop.storefront.orders_of(ids) for line in value]


def drafts(shop: SampleShop, since: datetime = EVER) -> list[Draft]:
    return [draft for value in shop.storefront.drafts_since(since) for draft in value]


class SalesContract:
    """The law of reading orders and drafts. ``shop`` is provided by the subclass."""

    @pytest.fixture
    def shop(self) -> Iterator[SampleShop]:
        raise NotImplementedError

    # --- orders by their update ---

    def test_an_order_shows_as_lines_with_what_they_took(self, shop: SampleShop) -> None:
        shop.buy("RETRO-CLOCK", 3, NYC)
        shop.buy("OAK-TABLE", 2, NYC)
        newest = max(line.updated_at for line in shop.lines())
        lines = shop.lines(newest - timedelta(hours=1))
        assert [(each.sku, each.current_units, each.taken_units) for each in lines] == [
            ("RETRO-CLOCK", 3, 3),
            ("OAK-TABLE", 2, 2),
        ]
        assert [each.store_location_id for each in lines] == [NYC, NYC]
        assert [each.inventory_item_id for each in lines] == [
            shop.item("RETRO-CLOCK"),
            shop.item("OAK-TABLE"),
        ]
        assert len({each.order_id for each in lines}) == 2
        assert all(each.updated_at.tzinfo is not None for each in lines)
        assert shop.level("RETRO-CLOCK").available_units == 7

    @pytest.mark.parametrize(("new", "counts_for"), [("CLOCK-2", "CLOCK-2"), (None, "RETRO-CLOCK")])
    def test_a_line_counts_for_the_sku_that_its_item_has_now(
        self, shop: SampleShop, new: str | None, counts_for: str
    ) -> None:
        item = shop.item("RETRO-CLOCK")
        shop.buy("RETRO-CLOCK", 3, NYC)
        shop.rename("RETRO-CLOCK", new)
        (line,) = shop.lines()
        assert (line.sku, line.inventory_item_id) == (counts_for, item)

    def test_orders_updated_before_the_time_asked_are_left_out(self, shop: SampleShop) -> None:
        shop.buy("RETRO-CLOCK", 3, NYC)
        newest = max(line.updated_at for line in shop.lines())
        assert shop.lines(newest + timedelta(days=1)) == []

    # --- orders by their ids ---

    def test_an_order_by_its_id_is_what_the_list_of_orders_says(self, shop: SampleShop) -> None:
        orders = [shop.buy("RETRO-CLOCK", 3, NYC), shop.buy("OAK-TABLE", 2, NYC)]
        assert asked(shop, *orders) == shop.lines()

    def test_orders_come_once_and_those_that_do_not_exist_are_left_out(
        self, shop: SampleShop
    ) -> None:
        order = shop.buy("RETRO-CLOCK", 3, NYC)
        shop.buy("OAK-TABLE", 2, NYC)
        assert [line.order_id for line in asked(shop, order, GHOST, order)] == [order]
        assert asked(shop, GHOST) == asked(shop) == []

    def test_a_fulfillment_order_stands_for_its_order(self, shop: SampleShop) -> None:
        order = shop.buy("RETRO-CLOCK", 3, NYC)
        work = shop.hold(order)
        assert [line.order_id for line in asked(shop, work)] == [order]
        assert [line.order_id for line in asked(shop, order, work)] == [order]

    def test_a_hold_shows_on_the_lines_until_it_is_let_go(self, shop: SampleShop) -> None:
        order, other = shop.buy("RETRO-CLOCK", 3, NYC), shop.buy("OAK-TABLE", 2, NYC)
        assert [line.is_on_hold for line in asked(shop, order, other)] == [False, False]
        shop.hold(order)
        assert [line.is_on_hold for line in asked(shop, order, other)] == [True, False]
        assert {line.order_id: line.is_on_hold for line in shop.lines()} == {
            order: True,
            other: False,
        }
        shop.let_go(order)
        assert [line.is_on_hold for line in asked(shop, order)] == [False]
        assert shop.level("RETRO-CLOCK").available_units == 7

    # --- draft orders ---

    def test_a_draft_tells_what_it_would_order_and_takes_nothing(self, shop: SampleShop) -> None:
        (draft,) = self.read(shop, shop.draft("RETRO-CLOCK", 4))
        assert draft.is_open
        assert draft.order_id is None
        assert draft.reserves_until is None
        assert draft.updated_at.tzinfo is not None
        (line,) = draft.lines
        assert (line.sku, line.quantity_units) == ("RETRO-CLOCK", 4)
        assert line.inventory_item_id == shop.item("RETRO-CLOCK")
        assert shop.level("RETRO-CLOCK").available_units == 10

    def test_a_draft_that_reserves_takes_its_units_and_says_until_when(
        self, shop: SampleShop
    ) -> None:
        (draft,) = self.read(shop, shop.draft("RETRO-CLOCK", 4, NEXT_CENTURY))
        assert draft.reserves_until == NEXT_CENTURY
        assert shop.level("RETRO-CLOCK").available_units == 6

    @pytest.mark.parametrize("until", [None, NEXT_CENTURY])
    def test_a_completed_draft_names_its_order_which_takes_the_units(
        self, shop: SampleShop, until: datetime | None
    ) -> None:
        draft_id = shop.draft("RETRO-CLOCK", 4, until)
        order = shop.complete(draft_id)
        (draft,) = self.read(shop, draft_id)
        assert (draft.is_open, draft.order_id) == (False, order)
        assert [line.taken_units for line in asked(shop, order)] == [4]
        assert shop.level("RETRO-CLOCK").available_units == 6

    def test_a_deleted_draft_is_left_out_and_gives_back_what_it_reserved(
        self, shop: SampleShop
    ) -> None:
        gone = shop.draft("RETRO-CLOCK", 4, NEXT_CENTURY)
        kept = shop.draft("OAK-TABLE", 1)
        shop.discard(gone)
        assert [draft.draft_id for draft in self.read(shop, gone, kept, kept)] == [kept]
        assert self.read(shop, gone) == self.read(shop) == []
        assert shop.level("RETRO-CLOCK").available_units == 10

    def test_drafts_are_found_by_their_update_also_completed_ones(self, shop: SampleShop) -> None:
        first, second = shop.draft("RETRO-CLOCK", 4), shop.draft("OAK-TABLE", 1)
        shop.complete(first)
        found = drafts(shop)
        assert {draft.draft_id: draft.is_open for draft in found} == {first: False, second: True}
        assert found == sorted(found, key=lambda draft: draft.updated_at)
        newest = found[-1].updated_at
        assert found[-1] in drafts(shop, newest)
        assert drafts(shop, newest + timedelta(days=1)) == []

    def test_without_the_scope_for_drafts_there_are_none(self, shop: SampleShop) -> None:
        draft = shop.draft("RETRO-CLOCK", 4)
        shop.take_scope("read_draft_orders")
        assert self.read(shop, draft) == []
        assert drafts(shop) == []

    def read(self, shop: SampleShop, *ids: str) -> Sequence[Draft]:
        return list(shop.storefront.drafts_of(ids))
