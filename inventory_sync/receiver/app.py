"""The receiver's addresses, as an ASGI application.

Put here the order in which a delivery is judged and how each outcome is answered. The order is a
rule: nothing of a body is parsed before its signature is right, nothing is answered with 200
before it is on disk. Keep out what a hint is made of (``hints``) and where it is written.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import structlog
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.domain.webhooks import Hint
from inventory_sync.receiver.group_commit import Inbox, InboxUnavailable, Receive
from inventory_sync.receiver.hints import TOPIC_HEADER, to_hint
from inventory_sync.receiver.metrics import Metrics, Outcome
from inventory_sync.receiver.promise import PROMISE_PATH, Ask, Inquiries
from inventory_sync.receiver.verify import StoreSecrets

WEBHOOK_PATH: Final = "/webhooks/shopify/{store}"
MAX_BODY_BYTES: Final = 2_000_000
PATIENCE_SECONDS: Final = 4.0
"""Shopify waits five seconds for an answer (facts 4)."""

_log = structlog.get_logger(__name__)


def build_app(
    stores: Mapping[str, StoreSecrets],
    receive: Receive,
    *,
    now: Callable[[], datetime],
    check: Callable[[], object],
    ask: Ask,
    pages: Sequence[Route] = (),
) -> Starlette:
    """The application. ``stores`` are those with a secret: the routes of others do not exist.

    ``receive`` writes hints on disk, ``check`` raises when it could not, ``ask`` answers questions
    for dates. All are called from other threads.
    """
    metrics = Metrics(stores)
    inquiries = Inquiries(stores, ask, now=now, metrics=metrics)
    inbox = Inbox(receive, metrics, patience_seconds=PATIENCE_SECONDS)
    door = _Door(stores, inbox, now)

    async def webhook(request: Request) -> Response:
        with metrics.seconds.time():
            outcome = await door.outcome(request)
        topic = request.headers.get(TOPIC_HEADER, "")
        metrics.delivery(request.path_params["store"], topic, outcome)
        return Response(status_code=outcome.status)

    async def health(request: Request) -> Response:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await asyncio.to_thread(check)
        except (InventorySyncError, TimeoutError) as reason:
            _log.error("ledger_away", cause=str(reason) or "it does not answer in time")
            return PlainTextResponse("the ledger does not answer\n", 503)
        return PlainTextResponse("ok\n")

    async def figures(request: Request) -> Response:
        return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        with inquiries.answering():
            async with inbox.writing():
                yield

    routes = [
        Route(WEBHOOK_PATH, webhook, methods=["POST"]),
        Route(PROMISE_PATH, inquiries.respond, methods=["GET"]),
        Route("/healthz", health),
        Route("/metrics", figures),
        *pages,
    ]
    return Starlette(routes=routes, lifespan=lifespan)


class _Refused(Exception):
    """The delivery goes no further."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.label)
        self.outcome = outcome


class _Door:
    """Judges deliveries one by one."""

    def __init__(
        self, stores: Mapping[str, StoreSecrets], inbox: Inbox, now: Callable[[], datetime]
    ) -> None:
        self._stores = stores
        self._inbox = inbox
        self._now = now

    async def outcome(self, request: Request) -> Outcome:
        """Take a delivery in, or find the reason why not."""
        try:
            hint = await self._verified(request)
            await self._inbox.put(hint)
        except _Refused as refusal:
            return refusal.outcome
        except InboxUnavailable:
            return Outcome.INBOX_UNAVAILABLE
        _tell(hint)
        return Outcome.DEAD_LETTER if hint.dead_reason else Outcome.STORED

    async def _verified(self, request: Request) -> Hint:
        store, headers = request.path_params["store"], request.headers
        if store not in self._stores:
            raise _Refused(Outcome.UNKNOWN_STORE)
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise _Refused(Outcome.ENCODED)  # Shopify compresses nothing; a bomb is never unpacked
        # Not ASCII is possible: headers are bytes, of which Starlette makes Latin-1 text.
        signature = headers.get("x-shopify-hmac-sha256", "").encode("latin-1")
        if not signature:
            raise _Refused(Outcome.WRONG_SIGNATURE)
        body = await _body(request)
        if not self._stores[store].signed(body, signature):
            raise _Refused(Outcome.WRONG_SIGNATURE)
        shop = headers.get("x-shopify-shop-domain")
        if shop is not None and shop.lower() != self._stores[store].shop:
            _log.warning("wrong_shop", store=store)
            raise _Refused(Outcome.WRONG_SHOP)
        return to_hint(store, headers, body, received_at=self._now())


async def _body(request: Request) -> bytes:
    """All of the body, of which never more than the limit is held."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > MAX_BODY_BYTES:
        raise _Refused(Outcome.TOO_LARGE)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise _Refused(Outcome.TOO_LARGE)
    except ClientDisconnect:
        raise _Refused(Outcome.CUT_SHORT) from None
    return bytes(body)


def _tell(hint: Hint) -> None:
    """Log what a person should know of."""
    about = {"store": hint.store, "topic": hint.topic, "webhook_id": hint.webhook_id}
    if hint.dead_reason:
        _log.warning("dead_letter", **about, reason=hint.dead_reason)
    elif hint.subject == "compliance":
        # No row of the ledger holds personal data, so there is nothing to hand out or delete.
        _log.warning("compliance_request", **about, rows_deleted=0)
    elif hint.subject == "store":
        _log.warning("app_uninstalled", **about)
