"""A shop's product page as it leaves the stand-in; what a browser makes of it is tested there."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from inventory_sync.sandbox.standin import StandIn, running
from inventory_sync.sandbox.standin.liquid_pages import Language, ThemeExtension, render
from inventory_sync.sandbox.standin.resolving import Variant
from inventory_sync.sandbox.standin.shop import Shop
from inventory_sync.sandbox.standin.state_file import load_shops, save_shops
from inventory_sync_tests.sandbox.standin.shops import ACME, open_shop

PROFILE = {"v": 1, "places": []}
METAFIELD = "$app:inventory_sync.availability"


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with running([ACME]) as opened:
        yield opened


def ask(stand_in: StandIn, path: str, **query: str) -> httpx.Response:
    url = f"{stand_in.url}/{path}"
    return httpx.get(url, params=query, trust_env=False)


def publish(shop: Shop, sku: str, value: Any) -> str:
    """Returns the variant's gid."""
    owner = Variant(shop.stock.with_sku(sku)[0]).gid
    with shop.lock:
        shop.metafields[owner] = {METAFIELD: ("json", json.dumps(value))}
    return owner


class Scripts(HTMLParser):
    """The JSON of the page's data scripts, by variant number."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.profiles: dict[str, Any] = {}
        self._open: str | None = None
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = dict(attrs).get("data-profile-of") if tag == "script" else None

    def handle_data(self, data: str) -> None:
        if self._open:
            self.profiles[self._open] = json.loads(data)
            self._open = None


def test_the_page_carries_the_metafield_of_each_variant(stand_in: StandIn) -> None:
    shop = stand_in.shops[ACME.handle]
    hostile = {"v": 1, "places": [{"name": "</script><script>alert(1)</script>"}]}
    clock = publish(shop, "RETRO-CLOCK", hostile)
    found = ask(stand_in, f"{ACME.handle}/products/retro-clock")
    assert found.status_code == 200
    assert Scripts(found.text).profiles == {clock.rpartition("/")[2]: hostile}


def test_a_variant_without_a_metafield_carries_null(stand_in: StandIn) -> None:
    found = ask(stand_in, f"{ACME.handle}/products/OAK-TABLE")
    assert [*Scripts(found.text).profiles.values()] == [None]


def test_variants_of_a_product_share_the_beginning_of_their_skus(stand_in: StandIn) -> None:
    seed = stand_in.shops[ACME.handle]
    assert len(Scripts(ask(stand_in, f"{seed.handle}/products/retro").text).profiles) == 1
    assert ask(stand_in, f"{seed.handle}/products/ret").status_code == 404


def test_what_is_not_there_is_a_404(stand_in: StandIn) -> None:
    assert ask(stand_in, f"{ACME.handle}/products/GREY-CHAIR").status_code == 404
    assert ask(stand_in, "nowhere/products/RETRO-CLOCK").status_code == 404
    assert ask(stand_in, "cdn/availability-block/..%2Fshopify.extension.toml").status_code == 404


def test_the_page_speaks_the_language_that_is_asked_for(stand_in: StandIn) -> None:
    path = f"{ACME.handle}/products/RETRO-CLOCK"
    french = ask(stand_in, path, locale="fr").text
    assert '<html lang="fr">' in french
    assert "Quantité" in french
    assert "Disponibilité" in french
    unknown = ask(stand_in, path, locale='"><b>').text
    assert "Quantity" in unknown
    assert "Availability" in unknown
    assert "<b>" not in unknown


def test_the_switches_of_the_block_can_be_set(stand_in: StandIn) -> None:
    path = f"{ACME.handle}/products/RETRO-CLOCK"
    block = re.compile(r"<inventory-availability.*?>", re.DOTALL)
    (plain,) = block.findall(ask(stand_in, path).text)
    (chosen,) = block.findall(ask(stand_in, path, show_places="true", heading="x").text)
    assert "show-places" not in plain
    assert "show-places" in chosen
    assert "hide-when-today" not in chosen


def test_the_page_loads_only_what_the_stand_in_serves(stand_in: StandIn) -> None:
    page = ask(stand_in, f"{ACME.handle}/products/RETRO-CLOCK").text
    loaded = re.findall(r'(?:src|href)="(/[^"]+)"', page)
    assert len(loaded) == 4
    assert {ask(stand_in, path.removeprefix("/")).status_code for path in loaded} == {200}


def test_metafields_survive_a_restart(tmp_path: Path) -> None:
    shop = open_shop()
    publish(shop, "RETRO-CLOCK", PROFILE)
    save_shops([shop], tmp_path / "shops.json")
    (again,) = load_shops(tmp_path / "shops.json", Shop)
    assert again.metafields == shop.metafields


def test_a_text_escapes_what_is_filled_in_as_shopify_does() -> None:
    language = Language({"block": {"ships": "Ships by {{ date }}"}})
    markup = "{{ 'block.ships' | t: date: day }}"
    assert render(markup, {"day": "<3 Dec>"}, language=language, assets_url="") == (
        "Ships by &lt;3 Dec&gt;"
    )


def test_a_block_without_its_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks/lamp.liquid").write_text("<p>")
    with pytest.raises(ValueError, match="'lamp' does not end with its schema"):
        ThemeExtension(tmp_path, "").render("lamp", {}, locale="en")
