"""How webhooks travel: signed POSTs in the background, sent again until they are accepted.

Put the journey here: headers, faults on the way, retries, and the end of a subscription that never
answers (https://shopify.dev/docs/apps/build/webhooks/troubleshooting-webhooks). What a delivery
says is in ``payloads.py``. Shopify sends again for four hours; here the pauses are seconds.
"""

import asyncio
import base64
import hashlib
import hmac
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import httpx

from inventory_sync.sandbox.standin.drafts import lapse_drafts
from inventory_sync.sandbox.standin.faults import Fault
from inventory_sync.sandbox.standin.payloads import payload
from inventory_sync.sandbox.standin.shop import Shop
from inventory_sync.sandbox.standin.subscriptions import Delivery

ANSWER_SECONDS = 5.0
RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
# As many deliveries travel at once; the client slows down when it has to queue requests itself.
CONNECTIONS = 16

# How often drafts are looked at whose reservation may have lapsed.
_LAPSE_SECONDS = 1.0

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Letter:
    """A delivery as it goes out; sent again, it is the same to the byte."""

    delivery: Delivery
    body: bytes
    headers: Mapping[str, str]


class Courier:
    """Delivers what the shops owe to their subscriptions, each delivery on its own.

    ``retry_seconds`` are the pauses before each further attempt; after the last one the delivery
    is dropped and its subscription removed.
    """

    def __init__(self, retry_seconds: Sequence[float] = RETRY_SECONDS) -> None:
        self._retry_seconds = retry_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        self._lanes = asyncio.Semaphore(CONNECTIONS)
        self._under_way: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Say that something is owed; from any thread, also while nobody delivers."""
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop has just been closed
                loop.call_soon_threadsafe(self._woken.set)

    async def run(self, shops: Mapping[str, Shop]) -> None:
        """Deliver until cancelled; shops may come and go meanwhile."""
        self._loop = asyncio.get_running_loop()
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        try:
            async with httpx.AsyncClient(
                timeout=ANSWER_SECONDS, limits=limits, trust_env=False
            ) as client:
                while True:
                    self._woken.clear()
                    for shop in tuple(shops.values()):
                        self._send_off(client, shop)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._woken.wait(), _LAPSE_SECONDS)
        finally:
            self._loop = None
            for task in self._under_way:
                task.cancel()

    def _send_off(self, client: httpx.AsyncClient, shop: Shop) -> None:
        """Set everything that a shop owes on its way, and decide what befalls it there."""
        with shop.lock:
            lapse_drafts(shop)
            journeys = [(each, shop.faults.befall(each.topic)) for each in shop.take_deliveries()]
        for delivery, fault in journeys:
            task = asyncio.create_task(self._journey(client, shop, delivery, fault))
            self._under_way.add(task)
            task.add_done_callback(self._arrived)

    def _arrived(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _LOG.error("the stand-in failed to deliver a webhook", exc_info=error)

    async def _journey(
        self, client: httpx.AsyncClient, shop: Shop, delivery: Delivery, fault: Fault | None
    ) -> None:
        kind = fault.kind if fault else None
        try:
            if kind == "webhook_lost":
                shop.statistics.webhooks_lost += 1
                return
            if fault and kind in {"webhook_delayed", "webhook_reordered"}:
                await asyncio.sleep(fault.seconds)
            letter = _sealed(shop, delivery)
            for _ in range(2 if kind == "webhook_doubled" else 1):
                await self._deliver(client, shop, letter)
        finally:
            shop.deliveries_under_way -= 1

    async def _deliver(self, client: httpx.AsyncClient, shop: Shop, letter: _Letter) -> None:
        subscription = letter.delivery.subscription
        for pause in (*self._retry_seconds, None):
            async with self._lanes:
                is_accepted = await _accepted(client, letter)
            if is_accepted:
                took = shop.instant() - letter.delivery.happened_at
                shop.statistics.count_delivered(took.total_seconds())
                return
            shop.statistics.delivery_failures += 1
            if pause is None:
                break
            await asyncio.sleep(pause)
            if subscription.id not in shop.subscriptions:
                return
        if shop.subscriptions.pop(subscription.id, None):
            shop.revision += 1


def _sealed(shop: Shop, delivery: Delivery) -> _Letter:
    with shop.lock:
        body = payload(shop, delivery)
    digest = hmac.digest(shop.webhook_secret.encode(), body, hashlib.sha256)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Shopify-Captain-Hook",
        "X-Shopify-Topic": delivery.topic,
        "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
        "X-Shopify-Shop-Domain": shop.domain,
        "X-Shopify-API-Version": max(shop.api_versions),
        "X-Shopify-Webhook-Id": delivery.webhook_id,
        "X-Shopify-Event-Id": delivery.event_id,
        "X-Shopify-Triggered-At": delivery.happened_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    return _Letter(delivery, body, headers)


async def _accepted(client: httpx.AsyncClient, letter: _Letter) -> bool:
    """Whether it was answered with a 2xx in time; a redirect is a failure."""
    try:
        uri = letter.delivery.subscription.uri
        answer = await client.post(uri, content=letter.body, headers=dict(letter.headers))
    except (httpx.HTTPError, httpx.InvalidURL):
        return False
    return answer.is_success
