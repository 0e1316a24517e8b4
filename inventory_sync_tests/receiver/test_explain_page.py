"""The page that explains a number: who sees it, that it says all, and that it holds no traps."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, expect
from starlette.applications import Starlette

from inventory_sync.cli.serve import pages
from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.behind import CommitmentBehind, LineBehind, kept_rows
from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.domain.explain import steps_of
from inventory_sync.domain.explain_changes import changes
from inventory_sync.domain.explained import (
    Explanation,
    LevelExplained,
    Number,
    PassNote,
    Published,
    Sold,
    Supply,
    Write,
)
from inventory_sync.domain.publication import LevelKey
from inventory_sync.domain.units import SCALE
from inventory_sync.receiver.explain_page import Asked, explain_route
from inventory_sync.settings.model import Receiver
from inventory_sync_tests.receiver.deliveries import TestClient, listening
from inventory_sync_tests.shopify.storefront_page import chromium

pytestmark = pytest.mark.xdist_group("browser")  # one browser at a time

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NYC = "gid://shopify/Location/1001"
EVIL = "<script>document.title='caught'</script>"
ORDERS = {"O-1": "#1042"}


def waterfall(*lines: LineBehind) -> dict:
    """A hundred clocks, three of them bad, on three commitments; two more are kept back."""
    rows = [
        CommitmentBehind("SO-17/1", "order", "NYC", 40 * SCALE, "SO-17"),
        CommitmentBehind("HOLD-3", "hold", "EWR", 12 * SCALE, "SO-18"),
    ]
    flying = sum(line.micros for line in lines)
    return {
        "physical_micros": 100 * SCALE,
        "unavailable_micros": 3 * SCALE,
        "order_micros": 40 * SCALE,
        "hold_micros": 12 * SCALE,
        "atp_micros": 45 * SCALE,
        "in_flight_micros": flying,
        "pool_micros": 45 * SCALE - flying,
        "offer_units": 43 - flying // SCALE,
        "rules": OfferRules(buffer_units=2).told(),
        "code_version": "0.4.0",
        **kept_rows(rows, lines),
    }


def explanation(asked: Asked) -> Explanation:
    """What the corridor would say, now or of a past moment."""
    if asked.sku == "NO-SUCH":
        raise InventorySyncError(f"The ERP has no SKU {asked.sku}.")
    before, after = waterfall(), waterfall(LineBehind("b2c-us", "O-1", "L-1", 2 * SCALE))
    write = Write(
        LevelKey("gid://shopify/InventoryItem/1", NYC), "b2b-us", asked.sku, "pass-7", 3, 50, 43, 0,
        False, NOON, before, "applied", None, None, NOON, NOON, "answer",
    )  # fmt: skip
    published = Number(43, NOON, steps_of(before, 43))
    now = Number(41, NOON, steps_of(after, 41, ORDERS))
    level = LevelExplained(
        "b2b-us",
        NYC,
        ("NYC", "EWR"),
        True,
        Published(write, PassNote("pass-7", "full_sync", "run-9"), (), None, published),
        now=now,
        changes=changes(published.steps, now.steps, since="the pass"),
        sold=(Sold("#1042", 2),),
        explained_units=41,
        observed_units=44,
        observed_at=NOON,
    )
    if asked.at:
        level = replace(level, now=None, changes=(), observed_units=None, observed_at=None)
    coming = Supply("PO-9", "purchase", "NYC", 30 * SCALE, None, True)
    return Explanation(asked.sku, NOON, asked.at, None, (level,), (coming,))


def app(*, everyone: bool = False) -> Starlette:
    return Starlette(routes=[explain_route(explanation, now=lambda: NOON, everyone=everyone)])


def get(path: str, *, host: str = "127.0.0.1", client: str = "127.0.0.1", **headers: str):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with TestClient(app(), base_url=f"http://{host}:8788", client=(client, 5000)) as browser:
        return browser.get(path, headers=named)


class TestWhoSeesIt:
    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
    def test_a_browser_of_this_machine(self, host: str) -> None:
        assert get("/explain/RETRO-CLOCK", host=host).status_code == 200

    @pytest.mark.parametrize(
        "asked",
        [
            {"client": "10.0.0.7"},
            {"host": "shop.example.com"},
            {"x_forwarded_for": "203.0.113.9"},
            {"forwarded": "for=203.0.113.9"},
            {"via": "1.1 proxy"},
        ],
    )
    def test_nobody_from_elsewhere(self, asked: dict[str, str]) -> None:
        assert get("/explain/RETRO-CLOCK", **asked).status_code == 404

    @pytest.mark.parametrize(
        ("settings", "count"),
        [
            ({}, 1),
            ({"explain": "off"}, 0),
            ({"public_url": "https://hooks.example.com"}, 0),
            ({"public_url": "http://127.0.0.1:8788"}, 1),
            ({"public_url": "https://hooks.example.com", "explain": "loopback"}, 1),
            ({"explain": "everyone", "host": "0.0.0.0"}, 1),
        ],
    )
    def test_a_receiver_with_a_public_url_has_no_page_unless_it_is_asked_for(
        self, settings: dict[str, str], count: int
    ) -> None:
        assert len(pages(Receiver(**settings), explanation)) == count

    def test_everyone_only_when_the_settings_say_so(self) -> None:
        with TestClient(app(everyone=True), client=("10.0.0.7", 1)) as browser:
            assert browser.get("/explain/RETRO-CLOCK").status_code == 200

    def test_it_is_read_only(self) -> None:
        with TestClient(app(everyone=True)) as browser:
            assert browser.post("/explain/RETRO-CLOCK").status_code == 405


class TestWhatItSays:
    def test_a_sku_that_is_a_script_is_shown_and_not_run(self) -> None:
        answer = get(f"/explain/{EVIL}")
        assert answer.status_code == 200
        assert "<script" not in answer.text
        assert "&lt;script&gt;" in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")

    def test_an_unknown_sku_is_a_sentence(self) -> None:
        answer = get("/explain/NO-SUCH")
        assert answer.status_code == 404
        assert "The ERP has no SKU NO-SUCH." in answer.text

    @pytest.mark.parametrize("query", ["at=yesterday", "then=now"])
    def test_a_moment_that_is_none_is_a_sentence(self, query: str) -> None:
        assert get(f"/explain/RETRO-CLOCK?{query}").status_code == 400

    def test_a_past_moment_and_a_sku_with_a_slash_are_understood(self) -> None:
        answer = get("/explain/OAK%2FTABLE?at=2026-11-20T10:00&store=b2b-us")
        assert "OAK/TABLE" in answer.text
        assert "Now: 41" not in answer.text


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


class TestInABrowser:
    def test_the_waterfall_reads_at_a_glance(self, browser: Browser) -> None:
        problems: list[str] = []
        with (
            listening(app()) as port,
            browser.new_context(viewport={"width": 1100, "height": 1400}) as seen,
        ):
            page = seen.new_page()
            page.on("console", lambda said: problems.append(said.text))
            page.on(
                "request",
                lambda sent: problems.append(sent.url) if "/explain/" not in sent.url else None,
            )
            page.goto(f"http://127.0.0.1:{port}/explain/RETRO-CLOCK")
            published, now = page.get_by_role("img").all()
            told = published.get_attribute("aria-label") or ""
            assert told.startswith("Published: 43. physical stock: +100; ")
            expect(published).to_contain_text("confirmed orders")
            bars = [bar.bounding_box() for bar in published.locator("rect").all()]
            assert len(bars) == 10
            # Each change begins where the one before has ended, and all stay inside the drawing.
            physical, unavailable = bars[0], bars[1]
            assert (
                abs(physical["x"] + physical["width"] - unavailable["x"] - unavailable["width"]) < 2
            )
            drawing = published.bounding_box()
            assert all(b["x"] + b["width"] <= drawing["x"] + drawing["width"] for b in bars)
            assert [b["y"] for b in bars] == sorted(b["y"] for b in bars)
            for label in published.locator("text").all():
                box = label.bounding_box()
                assert drawing["x"] <= box["x"]
                assert box["x"] + box["width"] <= drawing["x"] + drawing["width"] + 1
            expect(page.get_by_text("order #1042 of b2c-us came after the pass")).to_be_visible()
            expect(
                page.get_by_text("by full_sync pass pass-7 (Dagster run run-9, code 0.4.0)")
            ).to_be_visible()
            row = page.get_by_role("row", name="HOLD-3").first
            expect(row).to_be_hidden()
            page.get_by_text("Behind it, one by one").first.click()
            expect(row).to_be_visible()
            assert now.is_visible()
            expect(page.locator(".differs")).to_have_text("last seen44")
        assert problems == []

    def test_another_moment_is_asked_for_by_the_form(self, browser: Browser) -> None:
        with listening(app()) as port, browser.new_context() as seen:
            page = seen.new_page()
            page.goto(f"http://127.0.0.1:{port}/explain/{EVIL.replace('/', '%2F')}?store=b2b-us")
            page.get_by_label("As it was at").fill("2026-11-20T10:00")
            page.get_by_role("button", name="Explain").click()
            page.wait_for_url("**at=2026-11-20T10*")
            assert "store=b2b-us" in page.url
            assert page.get_by_role("img").count() == 1
            assert page.title() == f"{EVIL}: why this number"
