import json

import pytest

from inventory_sync.sandbox.standin.admin_api import answer
from inventory_sync_tests.sandbox.standin.shops import (
    SET,
    TOKEN,
    ask,
    data,
    fresh_key,
    open_shop,
    post,
    row,
    set_input,
    units,
)

SHOP = "{ shop { myshopifyDomain } }"


def _body(document: str) -> bytes:
    return json.dumps({"query": document}).encode()


@pytest.mark.parametrize("token", [None, "", "shpat_wrong"])
def test_a_wrong_token_is_refused(token: str | None) -> None:
    reply = answer(open_shop(), version="2026-10", access_token=token, body=_body(SHOP))
    assert reply.status == 401
    assert json.loads(reply.body) == {
        "errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"
    }


def test_a_revoked_token_is_refused() -> None:
    shop = open_shop()
    shop.access_token = None
    assert post(shop, SHOP).status == 401


def test_a_locked_shop_answers_423() -> None:
    shop = open_shop()
    shop.locked = True
    assert post(shop, SHOP).status == 423


@pytest.mark.parametrize(
    ("asked", "served"),
    [("2026-10", "2026-10"), ("2026-01", "2026-01"), ("2024-01", "2026-01"), ("x", "2026-01")],
)
def test_a_version_out_of_support_falls_forward_to_the_oldest(asked: str, served: str) -> None:
    reply = answer(open_shop(), version=asked, access_token=TOKEN, body=_body(SHOP))
    assert reply.headers["x-shopify-api-version"] == served
    assert json.loads(reply.body)["data"]["shop"]["myshopifyDomain"] == "acme-b2b.myshopify.com"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"query { shop { name } }",
        b"[]",
        b"{}",
        b'{"query": 1}',
        b'{"query":"x","variables":1}',
    ],
)
def test_what_is_no_graphql_request_is_a_bad_request(body: bytes) -> None:
    reply = answer(open_shop(), version="2026-10", access_token=TOKEN, body=body)
    assert reply.status == 400


@pytest.mark.parametrize(
    ("scope", "document", "field"),
    [
        ("read_orders", "{ orders(first: 1) { nodes { id } } }", "orders"),
        ("read_products", "{ productVariants(first: 1) { nodes { id } } }", "productVariants"),
        ("read_draft_orders", "{ draftOrders(first: 1) { nodes { id } } }", "draftOrders"),
        ("read_orders", '{ node(id: "gid://shopify/Order/1") { id } }', "order"),
    ],
)
def test_a_missing_scope_is_named(scope: str, document: str, field: str) -> None:
    shop = open_shop()
    shop.scopes -= {scope, scope.replace("read_", "write_")}
    content = ask(shop, document)
    (error,) = content["errors"]
    assert error["message"] == (
        f"Access denied for {field} field. Required access: `{scope}` access scope."
    )
    assert error["extensions"]["code"] == "ACCESS_DENIED"


def test_without_the_write_scope_nothing_is_written() -> None:
    shop = open_shop()
    shop.scopes -= {"write_inventory"}
    (error,) = ask(shop, SET, input=set_input(row(shop, "OAK-TABLE", 9)), key=fresh_key())["errors"]
    assert error["message"] == (
        "Access denied for inventorySetQuantities field."
        " Required access: `write_inventory` access scope."
    )
    assert units(shop, "OAK-TABLE", 1001) == (3, 0, 3)


def test_a_write_scope_brings_the_read_scope_with_it() -> None:
    shop = open_shop()
    shop.scopes = {"write_inventory"}
    assert data(shop, "{ inventoryItems(first: 9) { nodes { sku } } }")


def test_an_app_sees_its_scopes_and_the_supported_versions() -> None:
    shop = open_shop(scopes=("read_orders",))
    seen = data(
        shop,
        "{ currentAppInstallation { accessScopes { handle } } publicApiVersions { handle supported"
        " } shop { plan { publicDisplayName } currencyCode ianaTimezone resourceLimits {"
        " maxProductVariants } } }",
    )
    assert seen["currentAppInstallation"] == {"accessScopes": [{"handle": "read_orders"}]}
    assert [version["handle"] for version in seen["publicApiVersions"]] == [
        "2026-01",
        "2026-04",
        "2026-07",
        "2026-10",
    ]
    assert seen["shop"]["plan"] == {"publicDisplayName": "Basic"}


def test_an_unknown_field_is_refused_in_shopifys_words() -> None:
    (error,) = ask(open_shop(), "{ shop { colour } }")["errors"]
    assert error["message"] == "Field 'colour' doesn't exist on type 'Shop'"
    assert error["extensions"] == {"code": "undefinedField"}


def test_a_syntax_error_is_an_error_without_data() -> None:
    content = ask(open_shop(), "{ shop ")
    assert "Syntax Error" in content["errors"][0]["message"]
    assert "data" not in content


def test_two_operations_need_a_name() -> None:
    content = ask(open_shop(), "query A { shop { id } } query B { shop { name } }")
    assert content["errors"] == [{"message": "An operation name is required"}]
