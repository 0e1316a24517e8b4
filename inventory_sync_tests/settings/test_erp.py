"""Which keys an ERP connector takes, and which of them it cannot do without."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from inventory_sync_tests.settings.samples import CANARY, ENVIRONMENT, MINIMAL, load, refusal

KEY = {**ENVIRONMENT, "TRYTON_KEY": f"{CANARY}-tryton"}
TRYTON = "connector: tryton, url: 'https://erp.example/company', api_key: '${TRYTON_KEY}'"


def with_erp(keys: str) -> str:
    return MINIMAL.replace("erp: {url: '${ERP_URL}'}", f"erp: {{{keys}}}")


def test_tryton_reads_storage_zones_and_writes_nothing_unless_it_is_told_to(tmp_path: Path) -> None:
    erp = load(tmp_path, with_erp(TRYTON), KEY).erp
    assert (erp.stock_of, erp.drafts, erp.write_back) == ("storage", "ignore", False)
    assert erp.api_key is not None
    assert erp.api_key.get_secret_value() == KEY["TRYTON_KEY"]
    assert CANARY not in repr(erp)
    more = "stock_of: warehouse, unavailable_locations: [QUAR]"
    write = "write_back: true, web_shop: Shop, customer: Shopify"
    erp = load(tmp_path, with_erp(f"{TRYTON}, {more}, {write}"), KEY).erp
    assert (erp.stock_of, erp.unavailable_locations) == ("warehouse", ["QUAR"])
    assert (erp.write_back, erp.web_shop, erp.customer) == (True, "Shop", "Shopify")


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (f"{TRYTON}, schema: public", "schema does not belong to the connector tryton"),
        ("url: '${ERP_URL}', web_shop: Shop", "web_shop does not belong to the connector sql"),
        ("connector: tryton, url: 'https://erp.example/company'", "api_key is needed"),
        (f"{TRYTON}, write_back: true, web_shop: Shop", "write_back needs web_shop and customer"),
        (
            f"{TRYTON}, import_orders: {{since: 2026-11-24T00:00:00Z}}",
            "import_orders needs write_back: true",
        ),
        ("url: '${ERP_URL}', import_orders: {}", "since"),
        ("url: '${ERP_URL}', import_orders: {since: 2026-11-24T00:00:00}", "timezone"),
        (TRYTON.replace("https", "http"), "must be https://host/<database>"),
        (TRYTON.replace("/company", ""), "must be https://host/<database>"),
        (TRYTON.replace("erp.example", "me:secret@erp.example"), "without a login"),
    ],
)
def test_a_key_that_does_not_fit_is_named(tmp_path: Path, keys: str, said: str) -> None:
    assert said in refusal(tmp_path, with_erp(keys), KEY)


def test_orders_are_imported_only_where_it_is_said_since_when(tmp_path: Path) -> None:
    assert load(tmp_path, MINIMAL, KEY).erp.import_orders is None
    since = "import_orders: {since: 2026-11-24T00:00:00Z}"
    write = "write_back: true, web_shop: Shop, customer: Shopify"
    for keys in (f"url: '${{ERP_URL}}', {since}", f"{TRYTON}, {write}, {since}"):
        wanted = load(tmp_path, with_erp(keys), KEY).erp.import_orders
        assert wanted is not None
        assert (wanted.since, wanted.after_minutes) == (datetime(2026, 11, 24, tzinfo=UTC), 15)


def test_a_server_on_this_machine_may_do_without_encryption(tmp_path: Path) -> None:
    local = TRYTON.replace("https://erp.example", "http://127.0.0.1:8000")
    assert load(tmp_path, with_erp(local), KEY).erp.connector == "tryton"
