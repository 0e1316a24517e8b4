"""Metafields and deadlines, in the words of the real server where they are known."""

from pathlib import Path
from typing import Any

import pytest

from inventory_sync.sandbox.standin import Wanted, place_order
from inventory_sync.sandbox.standin.resolving import Variant
from inventory_sync.sandbox.standin.shop import Shop
from inventory_sync.sandbox.standin.state_file import load_shops, save_shops
from inventory_sync_tests.sandbox.standin.shops import ask, data, open_shop

SET = """mutation($rows: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $rows) {
  metafields { id namespace key type value compareDigest sizeInBytes ownerType owner {
    ... on ProductVariant { sku } ... on Order { name } } }
  userErrors { code elementIndex field message } } }"""
DEFINE = """mutation($definition: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $definition) {
    createdDefinition { id name ownerType } userErrors { code field message } } }"""
DEADLINE = """mutation($ids: [ID!]!, $at: DateTime!) {
  fulfillmentOrdersSetFulfillmentDeadline(fulfillmentOrderIds: $ids, fulfillmentDeadline: $at) {
    success userErrors { code field message } } }"""


@pytest.fixture
def shop() -> Shop:
    return open_shop()


def variant(shop: Shop, sku: str = "OAK-TABLE") -> str:
    return Variant(shop.stock.with_sku(sku)[0]).gid


def row(owner: str, value: str = "{}", **others: Any) -> dict[str, Any]:
    name = {"namespace": "$app:sync", "key": "availability", "type": "json"}
    return {"ownerId": owner, "value": value, **name, **others}


def put(shop: Shop, *rows: dict[str, Any]) -> Any:
    return data(shop, SET, rows=list(rows))["metafieldsSet"]


def test_a_metafield_is_set_and_read_back(shop: Shop) -> None:
    (made,) = put(shop, row(variant(shop), '{"é": 1}'))["metafields"]
    assert (made["owner"], made["ownerType"]) == ({"sku": "OAK-TABLE"}, "PRODUCTVARIANT")
    assert (made["value"], made["sizeInBytes"]) == ('{"é": 1}', 9)
    query = """query($id: ID!) { productVariant(id: $id) {
      mine: metafield(namespace: "$app:sync", key: "availability") { compareDigest }
      other: metafield(namespace: "theirs", key: "availability") { value } } }"""
    found = data(shop, query, id=variant(shop))["productVariant"]
    assert found == {"mine": {"compareDigest": made["compareDigest"]}, "other": None}


def test_more_than_25_are_refused_as_such(shop: Shop) -> None:
    payload = put(shop, *[row(variant(shop))] * 26)
    assert payload["metafields"] is None
    assert payload["userErrors"] == [
        {
            "code": "LESS_THAN_OR_EQUAL_TO",
            "elementIndex": None,
            "field": ["metafields"],
            "message": "Exceeded the maximum metafields input limit of 25.",
        }
    ]


def test_a_stale_digest_names_the_row_and_nothing_is_written(shop: Shop) -> None:
    put(shop, row(variant(shop)))
    clock = variant(shop, "RETRO-CLOCK")
    payload = put(shop, row(clock), row(variant(shop), "[1]", compareDigest="old"))
    (error,) = payload["userErrors"]
    assert (error["code"], error["elementIndex"]) == ("STALE_OBJECT", 1)
    assert error["field"] == ["metafields", "1"]
    assert payload["metafields"] == []
    assert clock not in shop.metafields


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"ownerId": "gid://shopify/ProductVariant/1"}, "INVALID_VALUE", "ownerId"),
        ({"ownerId": "gid://shopify/Order/1"}, "INVALID_VALUE", "ownerId"),
        ({"value": "{"}, "INVALID_VALUE", "value"),
        ({"value": ""}, "BLANK", "value"),
        ({"type": None}, "BLANK", "type"),
        ({"value": '"' + "x" * 131_072 + '"'}, "TOO_LONG", "value"),
    ],
)
def test_what_is_wrong_with_a_row_is_named(
    shop: Shop, change: dict[str, Any], code: str, field: str
) -> None:
    payload = put(shop, row(variant(shop)) | change)
    (error,) = payload["userErrors"]
    assert (error["code"], error["field"]) == (code, ["metafields", "0", field])


@pytest.mark.parametrize(
    ("scope", "owner"), [("write_products", "variant"), ("write_orders", "order")]
)
def test_the_scope_of_the_owner_is_needed(shop: Shop, scope: str, owner: str) -> None:
    order = place_order(shop, [Wanted("OAK-TABLE", 1)])
    shop.scopes -= {scope}
    gid = order.gid if owner == "order" else variant(shop)
    (error,) = ask(shop, SET, rows=[row(gid)])["errors"]
    assert error["message"] == (
        f"Access denied for metafieldsSet field. Required access: `{scope}` access scope."
    )


def test_a_definition_is_made_once_and_gives_the_type(shop: Shop) -> None:
    definition = {
        "name": "Availability",
        "namespace": "$app:sync",
        "key": "availability",
        "type": "json",
        "ownerType": "PRODUCTVARIANT",
        "access": {"admin": "MERCHANT_READ", "storefront": "PUBLIC_READ"},
    }
    first = data(shop, DEFINE, definition=definition)["metafieldDefinitionCreate"]
    assert first["createdDefinition"]["name"] == "Availability"
    second = data(shop, DEFINE, definition=definition)["metafieldDefinitionCreate"]
    assert second["createdDefinition"] is None
    assert [error["code"] for error in second["userErrors"]] == ["TAKEN"]
    (made,) = put(shop, row(variant(shop), type=None))["metafields"]
    assert made["type"] == "json"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"key": "a"}, "TOO_SHORT"),
        ({"key": "a" * 65}, "TOO_LONG"),
        (
            {"namespace": "theirs", "access": {"admin": "MERCHANT_READ"}},
            "ADMIN_ACCESS_INPUT_NOT_ALLOWED",
        ),
    ],
)
def test_a_definition_that_shopify_refuses(shop: Shop, change: dict[str, Any], code: str) -> None:
    definition = {"name": "x", "key": "dates", "type": "json", "ownerType": "ORDER"} | change
    payload = data(shop, DEFINE, definition=definition)["metafieldDefinitionCreate"]
    assert [error["code"] for error in payload["userErrors"]] == [code]


def test_a_deadline_shows_on_the_work_and_survives_a_restart(shop: Shop, tmp_path: Path) -> None:
    order = place_order(shop, [Wanted("OAK-TABLE", 1)])
    (work,) = order.fulfillment_orders
    made = data(shop, DEADLINE, ids=[work.gid], at="2026-12-04T04:59:59Z")
    assert made["fulfillmentOrdersSetFulfillmentDeadline"] == {"success": True, "userErrors": []}
    save_shops([shop], tmp_path / "shops.json")
    (again,) = load_shops(tmp_path / "shops.json", Shop)
    query = "query($id: ID!) { node(id: $id) { ... on FulfillmentOrder { fulfillBy } } }"
    assert data(again, query, id=work.gid)["node"] == {"fulfillBy": "2026-12-04T04:59:59Z"}


def test_a_deadline_for_what_is_not_there_is_refused(shop: Shop) -> None:
    ids = ["gid://shopify/FulfillmentOrder/1"]
    made = data(shop, DEADLINE, ids=ids, at="2026-12-04T04:59:59Z")
    payload = made["fulfillmentOrdersSetFulfillmentDeadline"]
    assert payload["success"] is False
    assert payload["userErrors"][0]["code"] == "FULFILLMENT_ORDERS_NOT_FOUND"


def test_a_time_that_is_none_is_refused_before_anything_happens(shop: Shop) -> None:
    (error,) = ask(shop, DEADLINE, ids=[], at="soon")["errors"]
    assert error["extensions"]["code"] == "INVALID_VARIABLE"
