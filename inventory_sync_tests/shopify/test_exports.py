"""The export of a large store over HTTP, against the stand-in, and all that can go wrong."""

import gzip
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from inventory_sync.sandbox.standin import ItemSeed, LevelSeed
from inventory_sync.sandbox.standin.bulk import FILE_DOWNLOAD
from inventory_sync.shopify import downloads
from inventory_sync.shopify.answers import LocationState
from inventory_sync.shopify.client import ShopifyClient
from inventory_sync.shopify.downloads import ATTEMPTS, NoFile, download
from inventory_sync.shopify.exports import NoExport, read_lines
from inventory_sync.shopify.pacing import Timing
from inventory_sync.shopify.requests import Endpoint
from inventory_sync_tests.shopify.sample_shop import LAX, NYC, SAMPLE
from inventory_sync_tests.shopify.shop_double import FakeTime, Script
from inventory_sync_tests.shopify.test_storefront_on_standin import RealShop, number, sample_shop

BEGIN, LOOK = "InventorySyncBeginExport", "InventorySyncExportState"


@pytest.fixture
def shop() -> Iterator[RealShop]:
    with sample_shop() as shop:
        shop.grow_large()
        yield shop


class TestOperation:
    @pytest.mark.parametrize(
        ("kind", "operation", "count"),
        [
            ("http_503", FILE_DOWNLOAD, ATTEMPTS - 1),
            ("truncated", FILE_DOWNLOAD, 1),
            ("reset", FILE_DOWNLOAD, 1),
            ("http_503", LOOK, 2),
            ("throttled", BEGIN, 2),
        ],
    )
    def test_an_export_outlives_a_passing_fault(
        self, shop: RealShop, kind: str, operation: str, count: int
    ) -> None:
        shop.strike(kind, operation=operation, count=count)
        export = shop.storefront.export([NYC])
        assert export is not None
        assert len(export.items) == len(SAMPLE)

    @pytest.mark.parametrize(
        ("kind", "operation", "because"),
        [
            ("bulk_failed", BEGIN, "ended as FAILED"),
            ("bulk_expired", BEGIN, "HTTP 404"),
            ("bulk_stuck", BEGIN, "was not done"),
            ("http_503", FILE_DOWNLOAD, "HTTP 503"),
            ("truncated", FILE_DOWNLOAD, "could not be fetched"),
            ("http_500", BEGIN, "could not be begun"),
            ("http_503", LOOK, "HTTP 503"),
        ],
    )
    def test_an_export_that_fails_leaves_the_store_to_its_pages(
        self, shop: RealShop, kind: str, operation: str, because: str
    ) -> None:
        shop.strike(kind, operation=operation, count=None)
        with capture_logs() as logs:
            assert shop.storefront.export([NYC]) is None
        (told,) = [line for line in logs if line["event"] == "shopify.no_export"]
        assert because in told["because"]
        assert "/bulk/" not in str(logs)  # the address of the file is a secret
        shop.shop.faults.clear()
        assert len(list(shop.storefront.levels(NYC))) == len(SAMPLE)

    def test_a_file_that_ends_too_soon_is_not_believed(
        self, shop: RealShop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = ShopifyClient.download

        def cut(client: ShopifyClient, url: str) -> bytes:
            return b"".join(whole(client, url).splitlines(keepends=True)[:-1])

        monkeypatch.setattr(ShopifyClient, "download", cut)
        with capture_logs() as logs:
            assert shop.storefront.export([NYC]) is None
        assert f"{len(SAMPLE) - 1} lines for {len(SAMPLE)} items" in logs[-1]["because"]

    def test_one_that_is_never_done_is_canceled_when_pages_would_be_through(
        self, shop: RealShop
    ) -> None:
        shop.strike("bulk_stuck", operation=BEGIN)
        assert shop.storefront.export([NYC]) is None
        assert shop.time.passed <= 11  # one page each of items and levels, on the smallest plan
        (operation,) = shop.shop.bulk_operations.values()
        assert operation.status == "CANCELED"

    def test_a_shop_with_no_place_left_refuses_the_sixth(self, shop: RealShop) -> None:
        shop.strike("bulk_stuck", operation=BEGIN, count=None)
        shop.strike("http_503", operation=LOOK, count=None)
        for _ in range(5):
            assert shop.storefront.export([NYC]) is None
        shop.shop.faults.clear()
        with capture_logs() as logs:
            assert shop.storefront.export([NYC]) is None
        assert "already in progress" in logs[-1]["because"]

    def test_without_the_scope_to_count_the_pages_are_read(self, shop: RealShop) -> None:
        shop.take_scope("read_products")
        shop.take_scope("write_products")
        assert shop.storefront.export([NYC]) is None

    def test_the_size_decides_and_an_export_costs_a_hundredth(self) -> None:
        """3,000 items at one location: pages take over two minutes of the smallest plan."""
        levels = (LevelSeed(number(NYC), 5),)
        items = tuple(ItemSeed(f"SKU-{n:04}", levels=levels) for n in range(3000))
        with sample_shop(items=items) as shop:
            export = shop.storefront.export([NYC])
            assert export is not None
            exported = shop.shop.statistics.points_spent
            assert len(export.levels) == len(list(shop.storefront.levels(NYC)))
            assert len(export.items) == len(list(shop.storefront.catalog()))
            assert exported * 100 <= shop.shop.statistics.points_spent - exported


class TestFile:
    PLACES = (LocationState(id=NYC, isActive=True), LocationState(id=LAX, isActive=True))
    GOOD = (
        b'{"id":"gid://shopify/InventoryItem/1","sku":"OAK-TABLE","tracked":true,"level0":'
        b'{"isActive":true,"quantities":[{"name":"available","quantity":5}]},"level1":null}'
    )

    def test_a_line_is_an_item_with_its_levels(self) -> None:
        export = read_lines([self.GOOD], self.PLACES)
        assert [item.sku for item in export.items] == ["OAK-TABLE"]
        assert [(each.key.store_location_id, each.available_units) for each in export.levels] == [
            (NYC, 5)
        ]

    @pytest.mark.parametrize(
        ("line", "because"),
        [
            (GOOD[:-1], "line 2 is no JSON"),
            (b"", "line 2 is no JSON"),
            (b"[]", "line 2 is malformed"),
            (GOOD.replace(b"Item/1", b"Item/2").replace(b'"level1":null', b'"x":1'), "malformed"),
            (GOOD.replace(b"Item/1", b"Item/2").replace(b":5}", b":5.5}"), "malformed"),
            (GOOD.replace(b"Item/1", b"Item/2").replace(b":true,", b':"yes",'), "malformed"),
            (GOOD, "lists an item twice"),
        ],
    )
    def test_one_bad_line_spoils_the_file(self, line: bytes, because: str) -> None:
        with pytest.raises(NoExport, match=because):
            read_lines([self.GOOD, line], self.PLACES)


class TestDownload:
    URL = "https://storage.example/bulk/secret.jsonl?signature=canary"

    def fetch(self, *replies: Any, url: str = URL) -> tuple[bytes, Script, FakeTime]:
        script, time = Script(replies), FakeTime()
        timing = Timing(clock=lambda: time.now, sleep=time.sleep)
        endpoint = Endpoint("b2b-us", "https://acme-b2b.myshopify.com", "2026-10", "canary-token")
        client = ShopifyClient(endpoint, transport=script, timing=timing)
        return client.download(url), script, time

    def test_the_file_is_fetched_without_the_token(self) -> None:
        content, script, _ = self.fetch(httpx.Response(200, content=b"{}\n"))
        assert content == b"{}\n"
        (request,) = script.requests
        assert "x-shopify-access-token" not in request.headers
        assert "canary-token" not in str(request.headers)

    def test_what_passes_is_waited_for_and_what_is_gone_is_not(self) -> None:
        broken = httpx.ReadError("broken")
        content, _, time = self.fetch(
            broken, httpx.Response(503), httpx.Response(200, content=b"x")
        )
        assert (content, len(time.slept)) == (b"x", 2)
        for gone in (403, 404, 302):
            with pytest.raises(NoFile, match=str(gone)):
                self.fetch(httpx.Response(gone))

    def test_no_log_of_any_library_shows_the_address(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        self.fetch(httpx.Response(200, content=b""))
        assert "canary" not in caplog.text

    @pytest.mark.parametrize(
        ("name", "limit", "because"),
        [("MOST_BYTES", 8, "larger than 8 bytes"), ("LONGEST_SECONDS", -1.0, "did not come")],
    )
    def test_a_file_without_end_is_left(
        self, monkeypatch: pytest.MonkeyPatch, name: str, limit: float, because: str
    ) -> None:
        """A hundred bytes of zeros are packed into twenty: what counts is what they become."""
        monkeypatch.setattr(downloads, name, limit)
        packed = gzip.compress(bytes(100))
        with pytest.raises(NoFile, match=because):
            self.fetch(httpx.Response(200, headers={"content-encoding": "gzip"}, content=packed))

    @pytest.mark.parametrize(
        "url",
        [
            "http://storage.example/a.jsonl",
            "ftp://storage.example/a",
            "https://me@x.example/",
            "http://[",
        ],
    )
    def test_an_address_that_others_can_read_along_is_not_asked(self, url: str) -> None:
        with pytest.raises(NoFile, match="https"):
            download(httpx.Client(transport=Script([])), url, Timing())
