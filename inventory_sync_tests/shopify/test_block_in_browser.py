"""The availability block on a product page, in a real browser: what a buyer reads is true."""

import json
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, expect

from inventory_sync.domain.profile import Profile
from inventory_sync_tests.shopify.storefront_page import (
    CLOCK,
    CUTOFF,
    NOW,
    Storefront,
    chromium,
    place,
    published,
    storefront,
)

pytestmark = pytest.mark.xdist_group("browser")  # one browser at a time

ON_REQUEST = {"en": "Date on request", "de": "Termin auf Anfrage"}
SHIPS = {
    ("en", date(2026, 12, 3)): "Ships by Dec 3",
    ("en", date(2026, 12, 20)): "Ships by Dec 20",
    ("de", date(2026, 12, 3)): "Versand bis 3. Dez.",
    ("de", date(2026, 12, 20)): "Versand bis 20. Dez.",
}
NOT_PROFILES = [
    "",
    "{",
    "null",
    '"NYC"',
    "{}",
    *map(
        json.dumps,
        [
            {"v": 2, "places": [place(CLOCK)]},
            {"v": 1, "places": {"NYC": place(CLOCK)}},
            published({**place(CLOCK), "name": None}),
            published({**place(CLOCK), "until": "soon"}),
            published({**place(CLOCK), "until": None}),
            published({**place(CLOCK), "steps": [["12", "2026-12-03"]]}),
            published({**place(CLOCK), "steps": [[12, "2026-02-31"]]}),
            published({**place(CLOCK), "steps": [[12, "today"]]}),
            published({**place(CLOCK), "steps": [[12, None]]}),
            published({**place(CLOCK), "steps": [[52, "2026-12-20"], [12, "2026-12-03"]]}),
            published({**place(CLOCK), "steps": []}),
            published(),
        ],
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def shop(browser: Browser) -> Iterator[Storefront]:
    with storefront(browser) as opened:
        yield opened


@pytest.mark.parametrize("locale", ["en", "de"])
def test_the_page_shows_the_date_that_the_erp_promises_for_each_quantity(
    shop: Storefront, locale: str
) -> None:
    shop.publish("RETRO-CLOCK", published(place(CLOCK)))
    shop.open(f"locale={locale}")
    for quantity in (1, 12, 13, 52, 53):
        day = CLOCK.ships_on(quantity)
        shop.order(quantity)
        wanted = SHIPS[locale, day] if day else ON_REQUEST[locale]
        more = {"en": "; 40 more by Dec 20", "de": "; 40 weitere bis 20. Dez."}[locale]
        expect(shop.answer).to_have_text(wanted + (more if quantity <= 12 else ""))


@pytest.fixture(scope="module")
def profile_script(browser: Browser) -> Iterator[Page]:
    """A page in which the script's functions can be called."""
    with storefront(browser) as opened:
        opened.open()
        opened.page.evaluate(
            "import('/cdn/availability-block/profile.js').then((found) => (window.script = found))"
        )
        yield opened.page


def date_by_script(page: Page, metafield: str, quantity: int) -> date | None:
    found = page.evaluate(
        "([text, quantity, now]) => script.shipsOn(script.read(text), quantity, new Date(now))",
        [metafield, quantity, NOW.isoformat()],
    )
    return date.fromisoformat(found) if found else None


@settings(deadline=None)
@given(data=st.data())
def test_script_and_profile_find_the_same_date_for_any_steps(
    profile_script: Page, data: st.DataObject
) -> None:
    units = sorted(data.draw(st.sets(st.integers(1, 200), max_size=8)))
    days = sorted(data.draw(st.sets(st.dates(), min_size=len(units), max_size=len(units))))
    profile = Profile(tuple(zip(units, days, strict=True)), CUTOFF)
    quantity = data.draw(st.integers(1, 210) | st.sampled_from(units or [1]))
    metafield = json.dumps(published(place(profile)))
    assert date_by_script(profile_script, metafield, quantity) == profile.ships_on(quantity)


@pytest.mark.parametrize("metafield", NOT_PROFILES)
def test_what_is_no_profile_has_no_date(profile_script: Page, metafield: str) -> None:
    assert date_by_script(profile_script, metafield, 1) is None


def test_an_unknown_version_is_shown_as_on_request(shop: Storefront) -> None:
    shop.publish("RETRO-CLOCK", {"v": 2, "places": [place(CLOCK)]})
    shop.open()
    expect(shop.answer).to_have_text(ON_REQUEST["en"])


def test_a_variant_without_a_metafield_has_no_date(shop: Storefront) -> None:
    shop.open()
    expect(shop.answer).to_have_text(ON_REQUEST["en"])


def test_after_its_last_instant_a_profile_shows_no_date(shop: Storefront) -> None:
    shop.publish("RETRO-CLOCK", published(place(CLOCK)))
    shop.open(now=CUTOFF + timedelta(seconds=1))
    expect(shop.answer).to_have_text(ON_REQUEST["en"])


def test_a_page_that_stays_open_withdraws_its_date_when_the_profile_ends(shop: Storefront) -> None:
    shop.publish("RETRO-CLOCK", published(place(CLOCK)))
    shop.open(now=CUTOFF - timedelta(minutes=5))
    expect(shop.answer).to_contain_text("Ships by Dec 3")
    shop.page.clock.fast_forward("05:01")
    expect(shop.answer).to_have_text(ON_REQUEST["en"])


def test_a_place_name_with_markup_stays_text(shop: Storefront) -> None:
    name = "<b>NYC</b></script><img src=x onerror=alert(1)> {date} & $& co"
    shop.publish("RETRO-CLOCK", published(place(CLOCK, name)))
    shop.open("show_places=true")
    expect(shop.answer).to_have_text(f"Ships from {name} by Dec 3; 40 more by Dec 20")
    assert shop.page.locator("inventory-availability :is(b, img)").count() == 0


def test_the_best_place_comes_first_and_one_without_a_date_last(shop: Storefront) -> None:
    later = Profile(((500, date(2027, 1, 7)),), CUTOFF)
    ended = Profile(CLOCK.steps, NOW - timedelta(minutes=1))
    shop.publish(
        "RETRO-CLOCK",
        published(place(ended, "EWR"), place(later, "LAX"), place(CLOCK), place(CLOCK, "PLANT-1")),
    )
    shop.open("show_places=true")
    expect(shop.sentences).to_have_text(
        [
            "Ships from NYC by Dec 3; 40 more by Dec 20",
            "Ships from PLANT-1 by Dec 3; 40 more by Dec 20",
            "Ships from LAX by Jan 7, 2027",
            "From EWR: date on request",
        ]
    )
    shop.order(53)
    expect(shop.sentences.first).to_have_text("Ships from LAX by Jan 7, 2027")
    shop.order(501)
    expect(shop.sentences).to_have_text(["Date on request"])


def test_another_variant_shows_its_own_dates(shop: Storefront) -> None:
    shop.publish("RETRO-CLOCK-XL", published(place(CLOCK)))
    shop.open()
    expect(shop.answer).to_have_text(ON_REQUEST["en"])
    shop.page.get_by_label("Variant").select_option(label="RETRO-CLOCK-XL")
    expect(shop.answer).to_contain_text("Ships by Dec 3")


def test_the_buttons_beside_the_quantity_are_heard(shop: Storefront) -> None:
    shop.publish("RETRO-CLOCK", published(place(CLOCK)))
    shop.open()
    shop.order(12)
    expect(shop.answer).to_contain_text("Ships by Dec 3")
    shop.page.get_by_role("button", name="One more").click()
    expect(shop.answer).to_have_text("Ships by Dec 20")


def test_nothing_is_said_while_the_quantity_is_none(shop: Storefront) -> None:
    shop.publish("RETRO-CLOCK", published(place(CLOCK)))
    shop.open()
    for typed in ("", "0", "-3", "1.5"):
        shop.order(1)
        expect(shop.answer).to_contain_text("Ships by Dec 3")
        shop.order(typed)
        expect(shop.answer).to_be_empty()


def test_the_block_can_be_silent_about_what_ships_today(shop: Storefront) -> None:
    shop.publish("RETRO-CLOCK", published(place(CLOCK)))
    shop.open("hide_when_today=true", now=CUTOFF - timedelta(hours=5))
    expect(shop.answer).to_be_empty()
    expect(shop.page.get_by_role("heading", name="Availability")).to_be_hidden()
    shop.order(13)
    expect(shop.answer).to_have_text("Ships by Dec 20")
    expect(shop.page.get_by_role("heading", name="Availability")).to_be_visible()


def test_a_block_that_the_theme_inserts_later_comes_to_life(shop: Storefront) -> None:
    shop.publish("RETRO-CLOCK", published(place(CLOCK)))
    shop.open()
    block = shop.page.locator("inventory-availability")
    expect(shop.answer).not_to_be_empty()
    block.evaluate("(block) => { block.querySelector('p').remove(); block.outerHTML += ''; }")
    expect(shop.answer).to_contain_text("Ships by Dec 3")


@pytest.mark.parametrize("lang", ["en_US", ""])
def test_a_theme_without_a_proper_language_still_gets_dates(shop: Storefront, lang: str) -> None:
    shop.publish("RETRO-CLOCK", published(place(CLOCK)))
    shop.open(f"locale={lang}")
    expect(shop.answer).to_contain_text("Ships by Dec 3")
