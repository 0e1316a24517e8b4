"""The full circle: the product publishes, the page shows, and a buyer reads the date of the ERP."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date

import pandas as pd
import pytest
from playwright.sync_api import expect

from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.guards import GuardLimits
from inventory_sync.domain.projection import Curve
from inventory_sync.domain.promise import Departures, ladder, promise
from inventory_sync.domain.units import SCALE
from inventory_sync.flow.parts import Parts, StorePolicy
from inventory_sync.flow.promise_publishing import PromiseBasis, publish_availability
from inventory_sync.shopify.client import ShopifyClient
from inventory_sync.shopify.requests import Endpoint
from inventory_sync.shopify.storefront import ShopifyStorefront
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync_tests.domain.promises import place
from inventory_sync_tests.erp.fake import FakeErp
from inventory_sync_tests.erp.rows import dataset_rows
from inventory_sync_tests.shopify.storefront_page import (
    NOW,
    SHOP,
    Storefront,
    chromium,
    storefront,
)

pytestmark = pytest.mark.xdist_group("browser")  # one browser at a time

AT = "gid://shopify/Location/1001"
STOCK_THEN_SUPPLY = Curve(
    (date(2026, 12, 1), date(2026, 12, 3), date(2026, 12, 19)),
    tuple(units * SCALE for units in (7, 12, 52)),
)
WORDS = {
    date(2026, 12, 1): "Ships by Dec 1",
    date(2026, 12, 3): "Ships by Dec 3",
    date(2026, 12, 21): "Ships by Dec 21",  # the 19th is a Saturday
    None: "Date on request",
}


@pytest.fixture
def shop() -> Iterator[Storefront]:
    with chromium() as browser, storefront(browser) as opened:
        yield opened


def publish(shop: Storefront, basis: PromiseBasis) -> None:
    """Publish over HTTP, as the asset does."""
    endpoint = Endpoint("b2b-us", shop.stand_in.shop_url(SHOP.handle), "2026-10", SHOP.access_token)
    with closing(ShopifyStorefront(ShopifyClient(endpoint))) as front:
        parts = Parts(
            erp=FakeErp(dataset_rows()),
            ledger=MemoryLedger(),
            storefronts={"b2b-us": front},
            promise_fronts={"b2b-us": front.promises},
            policies={"b2b-us": StorePolicy({AT: ["NYC"]}, OfferRules(), live=True)},
            limits=GuardLimits(),
            now=lambda: NOW,
            sleep=lambda seconds: None,
            new_id=lambda: "id-1",
            code_version="test",
        )
        items = [(each.inventory_item_id, AT, each.sku) for each in front.catalog()]
        levels = pd.DataFrame(items, columns=["inventory_item_id", "store_location_id", "sku"])
        report = publish_availability(parts, "b2b-us", basis, levels, pass_id="1", live=True)
        assert len(report.sent.digests) == len(items)


def test_a_buyer_reads_for_every_quantity_the_date_that_the_erp_promises(shop: Storefront) -> None:
    departures = Departures(place("NYC"), NOW)
    erp = ladder("RETRO-CLOCK", departures, STOCK_THEN_SUPPLY)
    rows = [
        ("RETRO-CLOCK", "NYC", rung.micros // SCALE, pd.Timestamp(rung.ships_on), "computed")
        for rung in erp.rungs
    ]
    table = pd.DataFrame(rows, columns=["sku", "location", "units", "ships_on", "source"])
    skus = frozenset({"RETRO-CLOCK"})
    publish(shop, PromiseBasis(table, {"NYC": departures}, NOW, skus, NOW))
    shop.open()
    for quantity in (1, 7, 8, 12, 13, 52, 53):
        shop.order(quantity)
        words = WORDS[promise(erp, quantity).ships_on]
        expect(shop.answer).to_contain_text(words)
