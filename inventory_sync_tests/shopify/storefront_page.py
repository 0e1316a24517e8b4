"""A product page of a running stand-in in a real browser, and the profile that is shown on it.

Put here what the browser tests share. A profile is made from the domain's ``Profile``, so that the
page is compared with what the ERP promises.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Locator, Page, sync_playwright

import inventory_sync
from inventory_sync.domain.profile import Profile
from inventory_sync.sandbox.standin import ItemSeed, LocationSeed, ShopSeed, StandIn, running
from inventory_sync.sandbox.standin.resolving import Variant

EXTENSIONS = Path(inventory_sync.__file__).parent / "shopify/extensions"
METAFIELD = "$app:inventory_sync.availability"
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
CUTOFF = datetime(2026, 12, 3, 20, tzinfo=UTC)
CLOCK = Profile(((12, date(2026, 12, 3)), (52, date(2026, 12, 20))), CUTOFF)
SHOP = ShopSeed(
    handle="acme",
    myshopify_domain="acme.myshopify.com",
    access_token="any-secret",
    locations=(LocationSeed(1001, "NYC"), LocationSeed(1002, "LAX")),
    items=(ItemSeed("RETRO-CLOCK"), ItemSeed("RETRO-CLOCK-XL"), ItemSeed("OAK-TABLE")),
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium of this machine. Skips the test where none is installed."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip(f"no browser is installed: none of {', '.join(names)} is on the PATH")
    with sync_playwright() as playwright:
        # Without a sandbox of its own it also starts for root; it opens only pages of these tests.
        yield playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])


def place(profile: Profile, name: str = "NYC") -> dict[str, Any]:
    """One store location in a published profile."""
    until = profile.valid_until and profile.valid_until.isoformat().replace("+00:00", "Z")
    steps = json.loads(profile.as_json())
    return {"id": "gid://shopify/Location/1001", "name": name, "until": until, "steps": steps}


def published(*places: dict[str, Any]) -> dict[str, Any]:
    """The value of the metafield."""
    return {"v": 1, "places": list(places)}


@dataclass(frozen=True)
class Storefront:
    """A shop that is open, and a page of the browser to look at it."""

    stand_in: StandIn
    page: Page

    def publish(self, sku: str, value: Any) -> None:
        """Write the profile of a SKU's variant, as the publisher does."""
        shop = self.stand_in.shops[SHOP.handle]
        with shop.lock:
            owner = Variant(shop.stock.with_sku(sku)[0]).gid
            shop.metafields[owner] = {METAFIELD: ("json", json.dumps(value))}

    def open(self, query: str = "", *, now: datetime = NOW) -> None:
        """Look at the clock's page at an instant."""
        self.page.clock.install(time=now)
        self.page.goto(f"{self.stand_in.shop_url(SHOP.handle)}/products/retro-clock?{query}")

    def order(self, quantity: int | str) -> None:
        """Type a quantity."""
        self.page.get_by_role("spinbutton").fill(str(quantity))

    @property
    def answer(self) -> Locator:
        """What a screen reader announces."""
        return self.page.get_by_role("status")

    @property
    def sentences(self) -> Locator:
        """The same, one by one."""
        return self.answer.locator("p")


@contextmanager
def storefront(browser: Browser) -> Iterator[Storefront]:
    """The shop in a fresh page; an error in a script fails the test."""
    errors: list[Error] = []

    def keep(error: Error) -> None:
        errors.append(error)

    with running([SHOP]) as stand_in, browser.new_context(locale="en-US") as context:
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", keep)
        yield Storefront(stand_in, page)
    assert errors == []
