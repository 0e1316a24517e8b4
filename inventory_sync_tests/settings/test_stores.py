"""Which stores and addresses the settings accept: a token goes to no other host than the shop's."""

from pathlib import Path

import pytest

from inventory_sync.settings import Store
from inventory_sync_tests.settings.samples import MINIMAL, STORE, load, refusal, store_with

FOREIGN_SHOPS = [
    "evil.com",
    "acme.myshopify.com.evil.com",
    "evil.com/acme.myshopify.com",
    "evil.com#.myshopify.com",
    "acme.evil.com?.myshopify.com",
    "ACME.myshopify.com",
    "acme.myshopify.com/admin",
    "acme.myshopify.com:8443",
    "user@acme.myshopify.com",
    "https://acme.myshopify.com",
    "acme.myshopify.com.",
    "acme.sub.myshopify.com",
    ".myshopify.com",
    "-acme.myshopify.com",
    "acmemyshopify.com",
    "acme.myshopify.com\\n",
    " acme.myshopify.com",
    "\\uFF41cme.myshopify.com",
    "127.0.0.1",
    "",
]


@pytest.mark.parametrize("shop", FOREIGN_SHOPS)
def test_only_a_plain_myshopify_domain_is_a_shop(tmp_path: Path, shop: str) -> None:
    content = MINIMAL.replace("shop: acme-b2b.myshopify.com", f'shop: "{shop}"')
    expected = "  stores.b2b-us.shop: is not of the form name.myshopify.com, in lower case"
    assert refusal(tmp_path, content).splitlines()[1:] == [expected]


REFUSED_ADMIN_URLS = [
    "http://acme-b2b.myshopify.com",
    "http://127.0.0.1.evil.com",
    "http://127.0.0.1@evil.com",
    "http://127.0.0.1:80@evil.com",
    "http://localhost.evil.com",
    "http://0.0.0.0",
    "http://2130706433",
    "http://169.254.169.254",
    "http://[::1",
    "http://127.0.0.1:99999",
    "http://127.0.0.1:abc",
    "http://127.0.0.1?x=1",
    "http://127.0.0.1#x",
    "http://127.0.0.1\\n",
    "http://user:word@127.0.0.1",
    "https://user:word@proxy.example",
    "https://:word@proxy.example",
    "https://user@proxy.example",
    "https://proxy.example:99999",
    "https://proxy.example?key=1",
    "https://proxy.example#part",
    "https://proxy.example/ a",
    "https://proxy.example\\\\@evil.com",
    "https://proxy.example\\r\\nHost: evil.com",
    "https://",
    "https:///path",
    "//proxy.example",
    "ftp://127.0.0.1",
    "file:///etc/passwd",
    "",
]


@pytest.mark.parametrize("url", REFUSED_ADMIN_URLS)
def test_a_token_is_never_sent_in_plain_text_or_to_a_disguised_host(
    tmp_path: Path, url: str
) -> None:
    said = refusal(tmp_path, store_with(f'admin_url: "{url}"'))
    assert said.splitlines()[1].startswith("  stores.b2b-us.admin_url: ")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://proxy.example", "https://proxy.example"),
        ("https://proxy.example:8443/", "https://proxy.example:8443"),
        ("https://proxy.example/shops/acme", "https://proxy.example/shops/acme"),
        ("http://127.0.0.1:8790/acme-b2b", "http://127.0.0.1:8790/acme-b2b"),
        ("http://localhost:8790", "http://localhost:8790"),
        ("http://[::1]:8790", "http://[::1]:8790"),
    ],
)
def test_an_admin_url_is_https_or_on_this_machine(tmp_path: Path, url: str, origin: str) -> None:
    settings = load(tmp_path, store_with(f'admin_url: "{url}"'))
    assert settings.stores["b2b-us"].origin == origin


WRONG_LOCATIONS = [
    "{}",
    "[]",
    "[NYC]",
    '{"1001": [NYC]}',
    '{"gid://shopify/Location/": [NYC]}',
    '{"gid://shopify/Location/01001": [NYC]}',
    '{"gid://shopify/Location/1001?a=b": [NYC]}',
    '{"gid://shopify/Location/1001\\n": [NYC]}',
    '{"gid://shopify/Location/\\u0663": [NYC]}',
    '{"gid://shopify/Product/1001": [NYC]}',
    '{"GID://shopify/Location/1001": [NYC]}',
    '{"gid://shopify/Location/1001": []}',
    '{"gid://shopify/Location/1001": [""]}',
    '{"gid://shopify/Location/1001": [NYC, NYC]}',
    '{"gid://shopify/Location/1001": NYC}',
    '{"gid://shopify/Location/1001": [12]}',
    '{"gid://shopify/Location/1001": [2026-12-25]}',
    '{"gid://shopify/Location/1001": [true]}',
    '{"gid://shopify/Location/1001": null}',
]


@pytest.mark.parametrize("locations", WRONG_LOCATIONS)
def test_a_mapping_names_shopify_locations_and_erp_locations(
    tmp_path: Path, locations: str
) -> None:
    content = MINIMAL.replace('{"gid://shopify/Location/1001": [NYC, EWR]}', locations)
    said = refusal(tmp_path, content)
    assert said.splitlines()[1].startswith("  stores.b2b-us.locations")


def test_a_location_keeps_the_text_that_yaml_would_change(tmp_path: Path) -> None:
    """Norway is not false, warehouse 012 is not ten, and dock 12:30 is not 750."""
    written = ["NO", "yes", "on", "Off", "y", "012", "0x1F", "1_000", "12:30", "1e5", "0.1.2"]
    content = MINIMAL.replace("[NYC, EWR]", f"[{', '.join(written)}]")
    locations = load(tmp_path, content).stores["b2b-us"].locations
    assert locations["gid://shopify/Location/1001"] == written


NO_ASSET_NAMES = ["B2B", "b2b us", "a/b", "..", "b2b.us", "_b2b", "-b2b", "é", "b\\n", "", "a" * 64]


@pytest.mark.parametrize("name", NO_ASSET_NAMES)
def test_a_store_name_must_be_able_to_name_an_asset(tmp_path: Path, name: str) -> None:
    said = refusal(tmp_path, MINIMAL.replace("b2b-us:", f'"{name}":'))
    assert said.splitlines()[1].startswith("  stores: ")
    assert "must be lower-case letters" in said


def test_two_store_names_must_not_become_one_asset(tmp_path: Path) -> None:
    other = STORE.replace("acme-b2b", "acme-shop")
    said = refusal(tmp_path, f"{MINIMAL}  b2b_us:\n{other}")
    assert "stores: two names differ only in '-' and '_'; they would name one asset" in said


def test_one_shop_is_not_written_by_two_stores(tmp_path: Path) -> None:
    said = refusal(tmp_path, f"{MINIMAL}  b2c-us:\n{STORE}")
    assert "stores.b2c-us and stores.b2b-us are the same shop" in said


def test_two_shops_may_share_everything_else(tmp_path: Path) -> None:
    other = STORE.replace("acme-b2b", "acme-shop")
    stores = load(tmp_path, f"{MINIMAL}  b2c-us:\n{other}").stores
    assert [type(store) for store in stores.values()] == [Store, Store]
