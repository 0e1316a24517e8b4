from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory_sync.sandbox.standin import ItemSeed, Wanted, cancel_order, place_order
from inventory_sync.sandbox.standin.paging import Paging, page
from inventory_sync_tests.sandbox.standin.shops import (
    EWR,
    NYC,
    Clock,
    ask,
    data,
    item_gid,
    location_gid,
    open_shop,
)


def _skus(shop: Any, query: str | None) -> list[str]:
    document = """query ($q: String) {
      inventoryItems(first: 50, query: $q) { nodes { sku } } }"""
    return [node["sku"] for node in data(shop, document, q=query)["inventoryItems"]["nodes"]]


@pytest.mark.parametrize(
    ("query", "skus"),
    [
        (None, ["RETRO-CLOCK", "OAK-TABLE", "GIFT-CARD", "ATTIC-LAMP"]),
        ("sku:OAK-TABLE", ["OAK-TABLE"]),
        ("sku:'OAK-TABLE' OR sku:\"GIFT-CARD\"", ["OAK-TABLE", "GIFT-CARD"]),
        ("sku:oak-table", ["OAK-TABLE"]),
        ("sku:OAK*", ["OAK-TABLE"]),
        ("OAK-TABLE", ["OAK-TABLE"]),
        ("sku:OAK", []),
        ("-sku:OAK-TABLE tracked:true", ["RETRO-CLOCK", "ATTIC-LAMP"]),
        ("(sku:OAK* OR sku:GIFT*) AND NOT tracked:false", ["OAK-TABLE"]),
    ],
)
def test_items_are_found_by_search(query: str | None, skus: list[str]) -> None:
    assert _skus(open_shop(), query) == skus


def test_items_are_found_by_the_number_of_their_gid() -> None:
    shop = open_shop()
    number = item_gid(shop, "OAK-TABLE").rpartition("/")[2]
    assert _skus(shop, f"id:{number}") == ["OAK-TABLE"]
    assert _skus(shop, f"id:>{number}") == ["GIFT-CARD", "ATTIC-LAMP"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("colour:red", "Unknown search field 'colour'"),
        ("(sku:A", "'(' without a ')'"),
        ("sku:A)", "')' without a '('"),
        ("id:many", "'many' where a number belongs"),
        ("NOT", "ends after a NOT"),
        ("updated_at:>yesterday", "'yesterday' where a time belongs"),
    ],
)
def test_a_query_that_makes_no_sense_is_an_error(query: str, sentence: str) -> None:
    document = "query ($q: String) { inventoryItems(first: 5, query: $q) { nodes { sku } } }"
    (error,) = ask(open_shop(), document, q=query)["errors"]
    assert sentence in error["message"]


def _orders(shop: Any, query: str, sort: str = "UPDATED_AT", reverse: bool = False) -> list[str]:
    document = """query ($q: String, $sort: OrderSortKeys, $reverse: Boolean) {
      orders(first: 50, query: $q, sortKey: $sort, reverse: $reverse) { nodes { name } } }"""
    found = data(shop, document, q=query, sort=sort, reverse=reverse)
    return [node["name"] for node in found["orders"]["nodes"]]


def _shop_with_orders(clock: Clock) -> Any:
    shop = open_shop(clock)
    for _ in range(3):
        clock.seconds += 60
        place_order(shop, [Wanted("OAK-TABLE", 1)])
    clock.seconds += 60
    cancel_order(shop, next(iter(shop.orders)), restock_units=True)
    return shop


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("updated_at:>='2026-11-23T10:03:00Z'", ["#1003", "#1001"]),
        ("updated_at:>'2026-11-23T10:03:00Z'", ["#1001"]),
        ("updated_at:<='2026-11-23T10:02:00Z'", ["#1002"]),
        ("created_at:<2026-11-23T10:02:00Z", ["#1001"]),
        ("updated_at:>='2026-11-23T05:03:00-05:00'", ["#1003", "#1001"]),
        ("status:cancelled", ["#1001"]),
        ("-status:cancelled", ["#1002", "#1003"]),
        ("name:#1002", ["#1002"]),
        ("test:true", []),
    ],
)
def test_orders_are_found_by_search_and_sorted_by_their_last_change(
    query: str, names: list[str]
) -> None:
    assert _orders(_shop_with_orders(Clock()), query) == names


def test_orders_can_be_sorted_by_age_and_backwards() -> None:
    shop = _shop_with_orders(Clock())
    assert _orders(shop, "", sort="CREATED_AT") == ["#1001", "#1002", "#1003"]
    assert _orders(shop, "", sort="ID", reverse=True) == ["#1003", "#1002", "#1001"]


def _by_number(number: int) -> tuple[int]:
    return (number,)


@given(
    rows=st.lists(st.integers(0, 30), unique=True).map(sorted),
    size=st.integers(1, 7),
    reverse=st.booleans(),
)
def test_pages_in_sequence_are_the_whole_list(rows: list[int], size: int, reverse: bool) -> None:
    seen: list[int] = []
    after: str | None = None
    while True:
        found = page(rows, _by_number, Paging(size, after, reverse), keep=lambda n: n % 3 > 0)
        assert found.has_previous_page == (after is not None)
        seen += found.nodes
        if not found.has_next_page:
            break
        assert len(found.nodes) == size
        after = found.page_info["end_cursor"]
    wanted = [number for number in rows if number % 3 > 0]
    assert seen == (wanted[::-1] if reverse else wanted)


def test_a_new_row_between_two_pages_shifts_nothing() -> None:
    first = page([10, 20, 30, 40], _by_number, Paging(2))
    after = first.page_info["end_cursor"]
    assert page([5, 10, 15, 20, 25, 30, 40], _by_number, Paging(2, after)).nodes == [25, 30]


@pytest.mark.parametrize("cursor", ["nonsense", "WzFd", "bnVsbA=="])
def test_a_cursor_of_another_list_is_an_error(cursor: str) -> None:
    document = "query ($c: String) { locations(first: 2, after: $c) { nodes { name } } }"
    (error,) = ask(open_shop(), document, c=cursor)["errors"]
    assert error["message"] == "Invalid cursor for current pagination sort."


@pytest.mark.parametrize("arguments", ["", "(first: 251)", "(first: -1)"])
def test_a_page_has_from_0_to_250_rows(arguments: str) -> None:
    document = "{ inventoryItems" + arguments + " { nodes { sku } } }"
    (error,) = ask(open_shop(), document)["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"


def test_a_locations_levels_hide_inactive_ones_unless_asked_for() -> None:
    shop = open_shop()
    document = """query ($id: ID!, $all: Boolean) { location(id: $id) {
      inventoryLevels(first: 9, includeInactive: $all) { nodes { item { sku } isActive } } } }"""

    def skus(include_inactive: bool) -> list[str]:
        found = data(shop, document, id=location_gid(NYC), all=include_inactive)
        return [node["item"]["sku"] for node in found["location"]["inventoryLevels"]["nodes"]]

    assert skus(False) == ["RETRO-CLOCK", "OAK-TABLE", "GIFT-CARD"]
    assert skus(True) == ["RETRO-CLOCK", "OAK-TABLE", "GIFT-CARD", "ATTIC-LAMP"]


def test_deactivated_locations_are_listed_only_when_asked_for() -> None:
    shop = open_shop()
    shop.stock.locations[EWR].is_active = False
    document = "query ($a: Boolean) { locations(first: 9, includeInactive: $a) { nodes { name } } }"
    active = data(shop, document, a=False)["locations"]["nodes"]
    assert [node["name"] for node in active] == ["Los Angeles", "New York"]
    assert len(data(shop, document, a=True)["locations"]["nodes"]) == 3


def test_variants_are_found_by_sku_and_lead_to_their_items() -> None:
    shop = open_shop(items=(ItemSeed("TWIN"), ItemSeed("TWIN"), ItemSeed(None)))
    document = """{ productVariants(first: 5, query: "sku:TWIN") {
      nodes { id sku inventoryItem { id duplicateSkuCount } } pageInfo { hasNextPage } } }"""
    nodes = data(shop, document)["productVariants"]["nodes"]
    assert [node["inventoryItem"]["duplicateSkuCount"] for node in nodes] == [1, 1]
    assert [node["inventoryItem"]["id"] for node in nodes] == [
        item.gid for item in shop.stock.with_sku("TWIN")
    ]
    again = "query ($id: ID!) { productVariant(id: $id) { inventoryItem { id } } }"
    found = data(shop, again, id=nodes[1]["id"])["productVariant"]
    assert found["inventoryItem"]["id"] == nodes[1]["inventoryItem"]["id"]


def test_nodes_answers_null_for_what_it_does_not_know() -> None:
    shop = open_shop()
    order = place_order(shop, [Wanted("OAK-TABLE", 1)])
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    ids = [item_gid(shop, "OAK-TABLE"), "gid://shopify/InventoryItem/1", "what", order.gid]
    assert data(shop, document, ids=ids)["nodes"] == [
        {"__typename": "InventoryItem", "id": ids[0]},
        None,
        None,
        {"__typename": "Order", "id": order.gid},
    ]


def test_250_nodes_are_the_most() -> None:
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    (error,) = ask(open_shop(), document, ids=["gid://shopify/Order/1"] * 251)["errors"]
    assert error["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
