"""The page ``/explain/<sku>``: why a store shows what it shows, to read and nothing else.

Put here who may see the page and how an explanation becomes a page and a chart. What it says is
computed by whoever is handed in; the markup is ``templates/explain.html``, in which everything is
escaped. By default only this machine sees it: figures of stock are nobody else's business.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.domain.explain import units
from inventory_sync.domain.explain_sentences import clock, sentences
from inventory_sync.domain.explained import Explanation, LevelExplained, Number
from inventory_sync.receiver.waterfall_chart import chart

EXPLAIN_PATH: Final = "/explain/{sku:path}"
AT_ONCE: Final = 2
"""Pages are computed in so many threads at most: webhooks come first."""

# Whatever a proxy adds: then the request has come from elsewhere.
_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via",
                     "cf-connecting-ip", "x-shopify-shop-domain")  # fmt: skip
_HERE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to see; without ``at`` it is now."""

    sku: str
    store: str | None
    location: str | None
    at: datetime | None
    then: datetime | None


Explain = Callable[[Asked], Explanation]
"""Explains; called from other threads. Raises ``InventorySyncError`` with the sentence to show."""


def explain_route(explain: Explain, *, now: Callable[[], datetime], everyone: bool) -> Route:
    """The page's route. ``everyone``: whoever reaches the receiver sees it, else this machine."""
    waiting = asyncio.Semaphore(AT_ONCE)

    async def page(request: Request) -> Response:
        if not everyone and not is_local(request):
            return PlainTextResponse("Not Found", 404)
        try:
            asked = _asked(request, now())
        except ValueError as reason:
            return _page(_frame(request, now()) | {"sentence": str(reason)}, 400)
        try:
            async with waiting:
                told = await asyncio.to_thread(explain, asked)
        except InventorySyncError as reason:
            return _page(_frame(request, now()) | {"sentence": str(reason)}, 404)
        return _page(_frame(request, told.asked_at) | _content(told), 200)

    return Route(EXPLAIN_PATH, page, methods=["GET"])


def is_local(request: Request) -> bool:
    """Whether a browser of this machine asks, by an address of this machine, through no proxy.

    The name is looked at too, so that no page from elsewhere gets in by a name that it controls.
    """
    host = request.client.host if request.client else ""
    try:
        from_here = ip_address(host).is_loopback
    except ValueError:
        return False
    forwarded = any(name in request.headers for name in _FORWARDED)
    return from_here and not forwarded and request.url.hostname in _HERE


def _asked(request: Request, now: datetime) -> Asked:
    query = request.query_params
    at, then = (_moment(query.get(name), now) for name in ("at", "then"))
    if then and not at:
        raise ValueError("Name the first of two moments too.")
    sku = request.path_params["sku"]
    return Asked(sku, query.get("store") or None, query.get("location") or None, at, then)


def _moment(text: str | None, now: datetime) -> datetime | None:
    if not text or not text.strip():
        return None
    if text.strip() == "now":
        return now
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(
            f"{text[:40]!r} is no moment such as 2026-11-23T10:00 or 2026-11-23T10:00+01:00."
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _page(content: dict[str, Any], status: int) -> Response:
    html = _TEMPLATES.get_template("explain.html").render(content)
    return HTMLResponse(html, status, _HEADERS)


def _frame(request: Request, asked_at: datetime) -> dict[str, Any]:
    query = request.query_params
    asked = {name: query.get(name) for name in ("at", "then", "store", "location")}
    nothing = {"levels": (), "supply": (), "sentence": None}
    return {"sku": request.path_params["sku"], "asked_at": clock(asked_at), **asked, **nothing}


def _content(told: Explanation) -> dict[str, Any]:
    supply = [
        {
            "kind": each.kind,
            "supply_id": each.supply_id,
            "location": each.location,
            "units": units(each.micros),
            "due_date": each.due_date,
            "confirmed": each.confirmed,
        }
        for each in told.supply
    ]
    return {"levels": [_level(told, level) for level in told.levels], "supply": supply}


def _level(told: Explanation, level: LevelExplained) -> dict[str, Any]:
    first, second = level.published.number, level.later.number if level.later else level.now
    names = ("at the first moment", "at the second") if told.then else ("published", "now")
    numbers = [(name, n) for name, n in zip(names, (first, second), strict=True) if n]
    return {
        "store": level.store,
        "place": level.store_location_id.removeprefix("gid://shopify/"),
        "behind": " + ".join(level.locations),
        "figures": _figures(told, level, numbers),
        "sentences": list(sentences(level)),
        "between": " and ".join(names),
        "changes": [
            {
                "label": change.label,
                "units": units(change.change_micros),
                "because": "; ".join(change.because),
            }
            for change in level.changes
        ],
        "charts": [
            chart(f"{name.capitalize()}: {number.quantity_units}", number.steps)
            for name, number in numbers
            if number is first or first is None or number.steps != first.steps
        ],
    }


def _figures(
    told: Explanation, level: LevelExplained, numbers: list[tuple[str, Number]]
) -> list[dict[str, Any]]:
    found = [{"name": name, "value": n.quantity_units, "differs": False} for name, n in numbers]
    should = level.explained_units
    if should is not None and not told.then:
        found.append({"name": "should show", "value": should, "differs": False})
    if level.observed_units is not None:
        shown = level.observed_units
        found.append({"name": "last seen", "value": shown, "differs": shown != should})
    return found
