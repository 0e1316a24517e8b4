"""The checkout extension, run as it is written, with a small double of the checkout around it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from inventory_sync_tests.shopify.storefront_page import (
    CLOCK,
    EXTENSIONS,
    NOW,
    chromium,
    place,
    published,
    storefront,
)

pytestmark = pytest.mark.xdist_group("browser")  # one browser at a time

ORIGIN = "http://checkout.test"
SCRIPT = f"{ORIGIN}/checkout-availability/src/Checkout.js"
VARIANT = "gid://shopify/ProductVariant/7"

# Of Preact only what the extension calls: elements of a name, and components.
PREACT = """
export const h = (type, props, ...children) => ({ type, props, children });
const made = (node) => {
  if (typeof node === "string") return document.createTextNode(node);
  if (typeof node.type === "function") return made(node.type(node.props));
  const element = document.createElement(node.type);
  element.append(...node.children.map(made));
  return element;
};
export const render = (node, parent) => parent.replaceChildren(made(node));
"""
PAGE = """
<!doctype html>
<script type="importmap">
{"imports": {"preact": "/preact.js", "@shopify/ui-extensions/preact": "/nothing.js"}}
</script>
"""
# What an extension of this target finds in `shopify`; texts come from the extension's locale file.
RUN = """
async ({ script, line, metafields, texts, locale, settings }) => {
  const fill = (text, values) => text.replace(/\\{\\{(\\w+)\\}\\}/g, (_, name) => values[name]);
  globalThis.shopify = {
    target: { value: line },
    appMetafields: { value: metafields },
    settings: { value: settings },
    localization: { extensionLanguage: { value: { isoCode: locale } } },
    i18n: {
      translate: (key, values = {}) =>
        fill(key.split(".").reduce((found, part) => found[part], texts), values),
    },
  };
  (await import(script)).default();
}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def checkout(browser: Browser) -> Iterator[Page]:
    def serve(route: Route) -> None:
        path = route.request.url.removeprefix(f"{ORIGIN}/")
        given = {"": PAGE, "preact.js": PREACT, "nothing.js": ""}
        body = given.get(path) if path in given else (EXTENSIONS / path).read_text("utf-8")
        kind = "text/javascript" if path.endswith(".js") else "text/html"
        route.fulfill(body=body, content_type=f"{kind}; charset=utf-8")

    with browser.new_context() as context:
        page = context.new_page()
        page.route(f"{ORIGIN}/**", serve)
        page.clock.install(time=NOW)
        page.goto(f"{ORIGIN}/")
        yield page


def run(page: Page, quantity: int, metafields: list[Any], **chosen: Any) -> None:
    locale = chosen.get("locale", "en")
    name = "en.default" if locale == "en" else locale
    texts = (EXTENSIONS / f"checkout-availability/locales/{name}.json").read_text("utf-8")
    page.evaluate(
        RUN,
        {
            "script": SCRIPT,
            "line": {"quantity": quantity, "merchandise": {"id": VARIANT}},
            "metafields": metafields,
            "texts": json.loads(texts),
            "locale": locale,
            "settings": {"show_places": chosen.get("show_places", False)},
        },
    )


def metafield(value: Any, *, owner: str = VARIANT, key: str = "availability") -> dict[str, Any]:
    content = {"namespace": "$app:inventory_sync", "key": key, "value": json.dumps(value)}
    return {"target": {"type": "variant", "id": owner}, "metafield": content}


@contextmanager
def product_page(browser: Browser, locale: str) -> Iterator[Any]:
    with storefront(browser) as shop:
        shop.publish("RETRO-CLOCK", published(place(CLOCK), place(CLOCK, "LAX")))
        shop.open(f"locale={locale}&show_places=true")
        yield shop


@pytest.mark.parametrize("locale", ["en", "de", "fr"])
def test_the_checkout_says_what_the_product_page_says(
    browser: Browser, checkout: Page, locale: str
) -> None:
    value = published(place(CLOCK), place(CLOCK, "LAX"))
    with product_page(browser, locale) as shop:
        for quantity in (1, 12, 13, 52, 53):
            run(checkout, quantity, [metafield(value)], locale=locale, show_places=True)
            shop.order(quantity)
            expect(shop.sentences).to_have_text(checkout.locator("s-text").all_text_contents())


def test_a_line_shows_the_profile_of_its_own_variant(checkout: Page) -> None:
    other = metafield(published(place(CLOCK)), owner="gid://shopify/ProductVariant/77")
    run(checkout, 1, [other, metafield(published(place(CLOCK)), key="something_else")])
    expect(checkout.locator("s-text")).to_have_text("Date on request")
    run(checkout, 13, [other, metafield(published(place(CLOCK)), owner="7")])
    expect(checkout.locator("s-text")).to_have_text("Ships by Dec 20")


def test_a_place_name_with_markup_stays_text(checkout: Page) -> None:
    value = published(place(CLOCK, "<b>NYC</b>"))
    run(checkout, 13, [metafield(value)], show_places=True)
    expect(checkout.locator("s-text")).to_have_text("Ships from <b>NYC</b> by Dec 20")
