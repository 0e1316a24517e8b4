"""A storefront asks for a date: ``GET /promise``, forwarded and signed by Shopify's app proxy.

Put here how a question is verified, read and refused. The answer is computed by whoever is handed
in, in threads of its own, so that no question keeps a webhook waiting. Keep out what is promised.

The signature is that of shopify.dev, "Authenticate app proxies": hex of the HMAC-SHA256, with the
client secret of the app, of all other parameters as ``name=value``, several values of one name
joined by commas, sorted and written one after the other without anything between them.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from inventory_sync.domain.errors import InventorySyncError, PromiseRefused, UnknownSku
from inventory_sync.receiver.metrics import Metrics
from inventory_sync.receiver.verify import StoreSecrets

PROMISE_PATH: Final = "/promise"
MOST_AGE_SECONDS: Final = 90
"""An older question may be one that somebody has kept; a store's clock may be as far ahead."""
MOST_WAITING: Final = 64
"""Questions of all stores together; above that they are turned away."""
THREADS: Final = 4
PATIENCE_SECONDS: Final = 4.0

_MOST_LETTERS: Final = 255
_QUANTITY = re.compile(r"[1-9][0-9]{0,8}")
_SECONDS = re.compile(r"[0-9]{1,12}")
_ADDED: Final = frozenset(
    {"shop", "timestamp", "signature", "path_prefix", "logged_in_customer_id"}
)
_ASKED: Final = frozenset({"sku", "quantity", "ship_to"})

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A verified question of one store; ``region`` is one of the settings' ``transit_days``."""

    store: str
    sku: str
    quantity_units: int
    region: str | None


Ask = Callable[[Inquiry], str]
"""Answers with JSON; called from other threads. Raises ``PromiseRefused`` for a question without
sense, and other ``InventorySyncError`` when it cannot answer now.
"""


class Refused(Exception):
    """The question is not answered: an HTTP status and a sentence for whoever asked."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


class Inquiries:
    """Answers questions, few at a time."""

    def __init__(
        self,
        stores: Mapping[str, StoreSecrets],
        ask: Ask,
        *,
        now: Callable[[], datetime],
        metrics: Metrics,
    ) -> None:
        self._stores = stores
        self._ask = ask
        self._now = now
        self._metrics = metrics
        self._waiting = 0
        self._threads: ThreadPoolExecutor | None = None

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Hold the threads; whoever still computes at the end is not waited for."""
        self._threads = ThreadPoolExecutor(THREADS, "promise")
        try:
            yield
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def respond(self, request: Request) -> Response:
        """The answer to a request, or what is wrong with it."""
        try:
            inquiry = inquiry_of(request.query_params, self._stores, self._now())
            content, status = await self._answer(inquiry), 200
        except Refused as refusal:
            answer: Response = JSONResponse({"error": str(refusal)}, refusal.status)
            status = refusal.status
        else:
            answer = Response(content, media_type="application/json")
        self._metrics.inquiry(status)
        answer.headers["cache-control"] = "no-store"
        return answer

    async def _answer(self, inquiry: Inquiry) -> str:
        if self._waiting >= MOST_WAITING:
            raise Refused(429, "Too many questions at once; ask again in a second.")
        self._waiting += 1
        answer = asyncio.get_running_loop().run_in_executor(self._threads, self._ask, inquiry)
        answer.add_done_callback(self._done)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await asyncio.shield(answer)
        except UnknownSku as refusal:
            raise Refused(404, str(refusal)) from None
        except PromiseRefused as refusal:
            raise Refused(422, str(refusal)) from None
        except (InventorySyncError, TimeoutError) as reason:
            # What is wrong inside is for the log, not for a shop's visitor.
            _log.error("no_promise", store=inquiry.store, cause=str(reason) or "it takes too long")
            raise Refused(503, "There is no answer now; ask again later.") from None

    def _done(self, answer: "asyncio.Future[str]") -> None:
        self._waiting -= 1
        if not answer.cancelled():
            answer.exception()  # it was told to whoever asked, or nobody waits any more


def inquiry_of(query: QueryParams, stores: Mapping[str, StoreSecrets], now: datetime) -> Inquiry:
    """The question that a query asks. Raises ``Refused``; nothing is read before it is verified."""
    store = _verified(query, stores, now)
    strange = sorted(set(query) - _ADDED - _ASKED)
    if strange:
        raise Refused(400, "Only sku, quantity and ship_to can be asked with.")
    sku, quantity = _one(query, "sku"), _one(query, "quantity")
    if not 0 < len(sku) <= _MOST_LETTERS or not sku.isprintable():
        raise Refused(400, f"sku must be a SKU of 1 to {_MOST_LETTERS} letters.")
    if not _QUANTITY.fullmatch(quantity):
        raise Refused(400, "quantity must be a whole number from 1 to 999999999.")
    region = _one(query, "ship_to") if "ship_to" in query else None
    if region is not None and not 0 < len(region) <= _MOST_LETTERS:
        raise Refused(400, "ship_to must be a region, or be left out.")
    return Inquiry(store, sku, int(quantity), region)


def _verified(query: QueryParams, stores: Mapping[str, StoreSecrets], now: datetime) -> str:
    """The store that signed the query just now."""
    shop, signature = query.get("shop", ""), query.get("signature", "")
    store = next((name for name, each in stores.items() if each.shop == shop), None)
    if store is None or not stores[store].signed_query(message_of(query), signature.encode()):
        raise Refused(401, "The signature of the question is not right.")
    at = query.get("timestamp", "")
    if not _SECONDS.fullmatch(at) or abs(now.timestamp() - int(at)) > MOST_AGE_SECONDS:
        raise Refused(401, "The question is too old; ask again.")
    return store


def message_of(query: QueryParams) -> bytes:
    """What Shopify signs of a query."""
    values: dict[str, list[str]] = defaultdict(list)
    for name, value in query.multi_items():
        if name != "signature":
            values[name].append(value)
    parts = sorted(f"{name}={','.join(several)}" for name, several in values.items())
    return "".join(parts).encode("utf-8", "surrogateescape")


def _one(query: QueryParams, name: str) -> str:
    values: Collection[str] = query.getlist(name)
    if len(values) != 1:
        raise Refused(400, f"{name} must be given once.")
    return next(iter(values))
