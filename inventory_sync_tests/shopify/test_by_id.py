"""Orders and draft orders by their ids, and drafts by their update, over a scripted shop."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from inventory_sync.domain.errors import StoreStopped, StoreUnreachable
from inventory_sync.domain.reservations import Draft, DraftLine
from inventory_sync.shopify.storefront import ShopifyStorefront
from inventory_sync_tests.shopify.order_samples import NYC, line, order_node, page, ships
from inventory_sync_tests.shopify.shop_double import Reply, answering, client_of, data, too_costly

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SHOP = {
    "shop": {"myshopifyDomain": "acme-b2b.myshopify.com", "plan": {"publicDisplayName": "Basic"}},
    "currentAppInstallation": {"accessScopes": [{"handle": "read_draft_orders"}]},
    "publicApiVersions": [],
}


def order_gid(number: int) -> str:
    return f"gid://shopify/Order/{number}"


def draft_gid(number: int) -> str:
    return f"gid://shopify/DraftOrder/{number}"


def an_order(number: int, **others: Any) -> dict[str, Any]:
    return order_node([line(2)], [ships(NYC, 2)], id=order_gid(number), name=f"#{number}") | others


def a_draft(number: int, **others: Any) -> dict[str, Any]:
    return {
        "id": draft_gid(number),
        "name": f"#D{number}",
        "status": "OPEN",
        "updatedAt": "2026-11-23T09:00:00Z",
        "reserveInventoryUntil": None,
        "order": None,
        "lineItems": page([a_line(1)]),
    } | others


def a_line(number: int, **others: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/DraftOrderLineItem/{number}",
        "sku": "OAK-TABLE",
        "quantity": 40,
        "variant": {"inventoryItem": {"id": "gid://shopify/InventoryItem/502", "sku": "OAK-TABLE"}},
    } | others


class ShopWith:
    """A shop that knows objects by their gid; ``asked`` keeps what was asked for."""

    def __init__(self, *objects: dict[str, Any], **scopes: Any) -> None:
        self.objects = {each["id"]: each for each in objects}
        self.shop = SHOP | scopes
        self.asked: list[tuple[str, Any]] = []
        self.largest = 1000

    def __call__(self, body: dict[str, Any]) -> Reply:
        name = body["operationName"].removeprefix("InventorySync")
        variables = body["variables"]
        if name == "Shop":
            self.asked.append((name, None))
            return data(self.shop)
        if name == "Drafts":
            self.asked.append((name, variables["query"]))
            return data({"draftOrders": page(list(self.objects.values()))})
        if name == "DraftLines":
            return data({"draftOrder": next(self.pages)})
        ids = variables["ids"]
        self.asked.append((name, len(ids)))
        if len(ids) > self.largest:
            return too_costly()
        return data({"nodes": [self.objects.get(gid) for gid in ids]})

    pages: Iterator[dict[str, Any]] = iter(())

    @property
    def store(self) -> ShopifyStorefront:
        return ShopifyStorefront(client_of(answering(self)))


def names(store: ShopifyStorefront, *ids: str) -> list[list[str]]:
    return [[each.order_name for each in value] for value in store.orders_of(ids)]


class TestOrders:
    def test_each_order_comes_once_and_whole_in_the_order_asked(self) -> None:
        shop = ShopWith(an_order(1), an_order(2))
        found = names(shop.store, order_gid(2), order_gid(1), order_gid(2))
        assert found == [["#2", "#1"]]

    def test_an_order_that_does_not_exist_is_left_out(self) -> None:
        assert names(ShopWith(an_order(1)).store, order_gid(7), order_gid(1)) == [["#1"]]

    def test_many_are_asked_in_pages_that_shrink_when_too_costly(self) -> None:
        shop = ShopWith(*(an_order(number) for number in range(1, 13)))
        shop.largest = 5
        found = names(shop.store, *(order_gid(number) for number in range(1, 13)))
        assert [len(value) for value in found] == [5, 5, 2]
        assert shop.asked == [("OrdersById", size) for size in (10, 5, 5, 2)]

    def test_a_fulfillment_order_stands_for_its_order(self) -> None:
        work = {"id": "gid://shopify/FulfillmentOrder/71", "order": {"id": order_gid(1)}}
        shop = ShopWith(an_order(1), an_order(2), work)
        found = names(shop.store, work["id"], order_gid(2), order_gid(1))
        assert found == [["#1", "#2"]]
        assert shop.asked == [("OrdersOfFulfillmentOrders", 1), ("OrdersById", 2)]

    def test_a_fulfillment_order_that_is_gone_is_left_out(self) -> None:
        assert names(ShopWith().store, "gid://shopify/FulfillmentOrder/71") == []

    @pytest.mark.parametrize(
        "gid",
        [
            "gid://shopify/Customer/1",
            "gid://shopify/Order/1?x=1",
            "gid://shopify/Order/",
            "gid://shopify/Order/1\n",
            "gid://shopify/Order/" + "9" * 21,
            "1",
            "",
        ],
    )
    def test_what_names_no_order_is_not_asked_for(self, gid: str) -> None:
        shop = ShopWith()
        assert names(shop.store, gid) == []
        assert shop.asked == []

    def test_nothing_asked_needs_no_call(self) -> None:
        store = ShopifyStorefront(client_of(answering(lambda body: httpx.Response(500))))
        assert list(store.orders_of([])) == []

    @pytest.mark.parametrize(
        "nodes", [[], [an_order(2)], [an_order(1), an_order(1)]], ids=["none", "other", "more"]
    )
    def test_an_answer_about_something_else_is_not_believed(
        self, nodes: list[dict[str, Any]]
    ) -> None:
        store = ShopifyStorefront(client_of(answering(lambda body: data({"nodes": nodes}))))
        with pytest.raises(StoreUnreachable, match=r"objects? than asked"):
            list(store.orders_of([order_gid(1)]))

    def test_a_malformed_order_stops_the_store_and_is_named(self) -> None:
        shop = ShopWith(an_order(1, updatedAt="soon"))
        with pytest.raises(StoreStopped, match="order #1 cannot be understood"):
            list(shop.store.orders_of([order_gid(1)]))


def read_draft(**others: Any) -> Draft:
    (draft,) = ShopWith(a_draft(1, **others)).store.drafts_of([draft_gid(1)])
    return draft


class TestDrafts:
    def test_an_open_draft_tells_what_it_asks_for(self) -> None:
        item = "gid://shopify/InventoryItem/502"
        (wanted,) = [DraftLine("gid://shopify/DraftOrderLineItem/1", "OAK-TABLE", item, 40)]
        assert read_draft() == Draft(
            draft_id=draft_gid(1),
            name="#D1",
            is_open=True,
            order_id=None,
            reserves_until=None,
            updated_at=MONDAY,
            lines=(wanted,),
        )

    def test_a_draft_with_an_invoice_is_still_open(self) -> None:
        assert read_draft(status="INVOICE_SENT").is_open

    def test_a_completed_draft_names_its_order(self) -> None:
        draft = read_draft(status="COMPLETED", order={"id": order_gid(8)})
        assert (draft.is_open, draft.order_id) == (False, order_gid(8))

    def test_shopifys_own_reservation_has_an_end(self) -> None:
        draft = read_draft(reserveInventoryUntil="2026-11-24T09:00:00-05:00")
        assert draft.reserves_until == datetime(2026, 11, 24, 14, 0, tzinfo=UTC)

    def test_only_lines_of_stocked_items_under_a_sku_count(self) -> None:
        lines = [
            a_line(1, variant=None),
            a_line(2, sku=None, variant={"inventoryItem": {"id": NYC, "sku": None}}),
            a_line(3, sku="OLD-NAME"),
            a_line(4, variant={"inventoryItem": {"id": NYC, "sku": None}}),
        ]
        found = read_draft(lineItems=page(lines)).lines
        assert [(each.line_id[-1], each.sku) for each in found] == [
            ("3", "OAK-TABLE"),
            ("4", "OAK-TABLE"),
        ]

    def test_each_comes_once_and_what_is_gone_or_no_draft_is_left_out(self) -> None:
        shop = ShopWith(a_draft(1), a_draft(2))
        ids = [draft_gid(2), draft_gid(9), draft_gid(2), order_gid(1), draft_gid(1)]
        assert [each.name for each in shop.store.drafts_of(ids)] == ["#D2", "#D1"]

    @pytest.mark.parametrize("damage", [{"status": "SHREDDED"}, {"lineItems": page([{"id": 1}])}])
    def test_a_malformed_draft_stops_the_store_and_is_named(self, damage: dict[str, Any]) -> None:
        with pytest.raises(StoreStopped, match="draft order #D1 cannot be understood"):
            read_draft(**damage)

    def test_drafts_are_found_by_the_second_of_their_update(self) -> None:
        shop = ShopWith(a_draft(1), a_draft(2))
        pages = list(shop.store.drafts_since(MONDAY + timedelta(milliseconds=7)))
        assert [[each.name for each in value] for value in pages] == [["#D1", "#D2"]]
        assert shop.asked[-1] == ("Drafts", "updated_at:>='2026-11-23T09:00:00Z'")

    def test_a_time_without_a_zone_is_a_mistake_of_the_caller(self) -> None:
        with pytest.raises(ValueError, match="time zone"):
            list(ShopWith().store.drafts_since(datetime(2026, 11, 23)))  # noqa: DTZ001


class TestDraftScope:
    READS: tuple[Callable[[ShopifyStorefront], list[Any]], ...] = (
        lambda store: list(store.drafts_of([draft_gid(1)])),
        lambda store: list(store.drafts_since(MONDAY)),
    )

    @pytest.mark.parametrize("read", READS)
    def test_without_the_scope_there_are_none_and_the_store_goes_on(
        self, read: Callable[[ShopifyStorefront], list[Any]]
    ) -> None:
        shop = ShopWith(a_draft(1), currentAppInstallation={"accessScopes": []})
        with capture_logs() as logs:
            assert read(shop.store) == []
        assert shop.asked == [("Shop", None)]
        assert [log["scope"] for log in logs] == ["read_draft_orders"]

    def test_a_scope_that_is_granted_later_is_noticed_and_then_not_asked_for_again(self) -> None:
        shop = ShopWith(a_draft(1), currentAppInstallation={"accessScopes": []})
        store = shop.store
        assert store.drafts_of([draft_gid(1)]) == []
        shop.shop = SHOP
        assert len(store.drafts_of([draft_gid(1)])) == 1
        assert len(store.drafts_of([draft_gid(1)])) == 1
        assert [name for name, _ in shop.asked] == ["Shop", "Shop", "DraftsById", "DraftsById"]

    def test_the_right_to_write_drafts_is_enough(self) -> None:
        scopes = {"accessScopes": [{"handle": "write_draft_orders"}]}
        shop = ShopWith(a_draft(1), currentAppInstallation=scopes)
        assert len(shop.store.drafts_of([draft_gid(1)])) == 1


class TestLargeDrafts:
    def read(self, *pages: dict[str, Any]) -> Draft:
        begun = {"nodes": [a_line(1)], "pageInfo": {"hasNextPage": True}}
        shop = ShopWith(a_draft(1, lineItems=begun))
        shop.pages = iter(pages)
        (draft,) = shop.store.drafts_of([draft_gid(1)])
        return draft

    def part(self, number: int, *, last: bool = False, **others: Any) -> dict[str, Any]:
        info = {"hasNextPage": not last, "endCursor": str(number)}
        lines = {"nodes": [a_line(number)], "pageInfo": info}
        return a_draft(1, lineItems=lines) | others

    def test_the_lines_of_all_pages_count(self) -> None:
        draft = self.read(self.part(1), self.part(2), self.part(3, last=True))
        assert [each.line_id[-1] for each in draft.lines] == ["1", "2", "3"]

    def test_a_draft_that_changes_in_between_is_read_again(self) -> None:
        later = {"updatedAt": "2026-11-23T09:00:01Z"}
        draft = self.read(
            self.part(1),
            self.part(2, last=True, **later),
            self.part(3, **later),
            self.part(4, last=True, **later),
        )
        assert [each.line_id[-1] for each in draft.lines] == ["3", "4"]
        assert draft.updated_at == MONDAY + timedelta(seconds=1)

    def test_a_draft_that_never_rests_is_left_to_the_next_pass(self) -> None:
        moments = [f"2026-11-23T09:00:{second:02}Z" for second in range(6)]
        pages = [
            self.part(at, last=bool(at % 2), updatedAt=moment) for at, moment in enumerate(moments)
        ]
        with pytest.raises(StoreUnreachable, match="draft order #D1 keeps changing"):
            self.read(*pages)

    def test_a_page_of_another_draft_is_not_believed(self) -> None:
        with pytest.raises(StoreUnreachable, match="another draft"):
            self.read(self.part(1), self.part(2, last=True, id=draft_gid(2)))
