"""The product page of a shop, with the app's availability block on it: what a buyer sees.

``GET /{shop}/products/{handle}`` shows the items whose SKU is the handle, or begins with it and a
dash, as variants of one product. ``?locale=de`` chooses the language; the block's switches can be
set as a merchant sets them in the theme editor: ``?show_places=true``. Put here what is on the
page; the theme around the block is in ``theme/``.

The block is the app's own: its markup, texts and assets are files of the package, read as data from
where ``shopify app deploy`` takes them. No code of the product is imported.
"""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from inventory_sync.sandbox.standin.liquid_pages import Language, ThemeExtension, render
from inventory_sync.sandbox.standin.resolving import Variant
from inventory_sync.sandbox.standin.shop import Shop
from inventory_sync.sandbox.standin.stock import Item

BLOCK = "availability"

_PACKAGE = Path(str(files("inventory_sync")))
_THEME = Path(__file__).parent / "theme"
_THEME_URL = "/cdn/theme"
_EXTENSION = ThemeExtension(
    _PACKAGE / "shopify/extensions/availability-block", "/cdn/availability-block"
)


def storefront_routes(shops: dict[str, Shop]) -> list[BaseRoute]:
    """The routes of the storefronts of these shops, and of what their pages load."""

    async def product(request: Request) -> Response:
        shop = shops.get(request.path_params["shop"])
        if shop is None:
            return PlainTextResponse("There is no such shop.", 404)
        handle = request.path_params["handle"]
        drop = _product(shop, handle)
        if not drop["variants"]:
            return PlainTextResponse(f"No SKU of this shop is {handle!r} or begins with it.", 404)
        return HTMLResponse(product_page(shop, drop, dict(request.query_params)))

    return [
        Route("/{shop}/products/{handle}", product),
        Mount(_THEME_URL, StaticFiles(directory=_THEME)),
        Mount(_EXTENSION.assets_url, StaticFiles(directory=_EXTENSION.folder / "assets")),
    ]


def product_page(shop: Shop, product: dict[str, Any], query: dict[str, str]) -> str:
    """The page as HTML. ``query`` may choose ``locale`` and the block's switches."""
    locale = query.get("locale", "en")
    switches = {name: query[name] == "true" for name in _EXTENSION.switches(BLOCK) & set(query)}
    block = _EXTENSION.render(BLOCK, {"product": product, **switches}, locale=locale)
    words = json.loads((_THEME / "words.json").read_text("utf-8"))
    return render(
        (_THEME / "product.liquid").read_text("utf-8"),
        {
            "app_block": block,
            "product": product,
            "request": {"locale": {"iso_code": locale}},
            "shop": {"name": shop.domain},
            "theme_url": _THEME_URL,
        },
        language=Language(words.get(locale, words["en"])),
        assets_url=_EXTENSION.assets_url,
    )


def _product(shop: Shop, handle: str) -> dict[str, Any]:
    """The product as Liquid knows it; without variants there is none."""
    wanted = handle.lower()
    with shop.lock:
        variants = [
            _variant(shop, item)
            for item in shop.stock.item_list
            if item.sku and f"{item.sku.lower()}-".startswith(f"{wanted}-")
        ]
    first = variants[0] if variants else None
    return {"title": handle, "variants": variants, "selected_or_first_available_variant": first}


def _variant(shop: Shop, item: Item) -> dict[str, Any]:
    variant = Variant(item)
    metafields: dict[str, dict[str, Any]] = {}
    for full_name, (kind, value) in shop.metafields.get(variant.gid, {}).items():
        namespace, _, key = full_name.rpartition(".")
        content = json.loads(value) if kind == "json" else value
        metafields.setdefault(namespace, {})[key] = {"type": kind, "value": content}
    return {"id": variant.id, "title": item.sku, "metafields": metafields}
