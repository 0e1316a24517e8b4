"""What goes out: where, with which headers, and never the token in the open."""

import json

import pytest

from inventory_sync.domain.errors import StoreStopped
from inventory_sync.shopify.operations import CATALOG
from inventory_sync.shopify.requests import Endpoint, build_request

TOKEN = "canary-token-7f3a"


def endpoint(origin: str = "https://acme-b2b.myshopify.com", token: str = TOKEN) -> Endpoint:
    return Endpoint(store="b2b-us", origin=origin, api_version="2026-10", token=token)


def test_a_request_is_one_post_to_the_graphql_address_with_the_token_in_its_header() -> None:
    request = build_request(endpoint("https://acme-b2b.myshopify.com/"), CATALOG, {"pageSize": 5})
    assert request.url == "https://acme-b2b.myshopify.com/admin/api/2026-10/graphql.json"
    assert request.headers["X-Shopify-Access-Token"] == TOKEN
    assert json.loads(request.body) == {
        "query": CATALOG.document,
        "variables": {"pageSize": 5},
        "operationName": "InventorySyncCatalog",
    }


def test_the_same_call_gives_the_same_bytes() -> None:
    first = build_request(endpoint(), CATALOG, {"pageSize": 5, "after": None})
    again = build_request(endpoint(), CATALOG, {"pageSize": 5, "after": None})
    assert first.body == again.body


def test_the_token_is_in_no_representation() -> None:
    assert TOKEN not in repr(endpoint())
    assert TOKEN not in repr(build_request(endpoint(), CATALOG, {}))
    assert endpoint().hide_token(f"no access with {TOKEN}") == "no access with ***"


@pytest.mark.parametrize(
    "origin",
    [
        "http://acme-b2b.myshopify.com",
        "http://127.0.0.1.evil.example",
        "ftp://acme-b2b.myshopify.com",
        "https://",
        "https://user@acme-b2b.myshopify.com",
        "acme-b2b.myshopify.com",
    ],
)
def test_an_address_that_would_leak_the_token_is_refused(origin: str) -> None:
    with pytest.raises(StoreStopped, match=r"b2b-us.*not an https origin"):
        endpoint(origin)


@pytest.mark.parametrize(
    "origin", ["http://127.0.0.1:9000", "http://localhost:1", "http://[::1]:8"]
)
def test_plain_http_is_allowed_on_this_machine(origin: str) -> None:
    assert endpoint(origin).url.startswith(origin)


@pytest.mark.parametrize("token", ["", "two\nlines", "tökén"])
def test_a_token_that_no_header_can_carry_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(StoreStopped) as caught:
        endpoint(token=token)
    assert not token or token not in str(caught.value)


def test_nan_never_goes_out() -> None:
    with pytest.raises(ValueError, match="JSON"):
        build_request(endpoint(), CATALOG, {"pageSize": float("nan")})
