"""What the tests of the shell share: a scripted transport and a clock that only sleeping moves."""

import json
import random
from collections.abc import Callable, Iterable
from typing import Any

import httpx

from inventory_sync.shopify.client import ShopifyClient
from inventory_sync.shopify.pacing import Timing
from inventory_sync.shopify.requests import Endpoint

TOKEN = "canary-token-7f3a"
ENDPOINT = Endpoint(
    store="b2b-us",
    origin="https://acme-b2b.myshopify.com",
    api_version="2026-10",
    token=TOKEN,
)

Reply = httpx.Response | Exception
Handler = Callable[[dict[str, Any]], Reply]


class FakeTime:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.now += seconds

    @property
    def passed(self) -> float:
        return self.now - 1000.0


class Script(httpx.BaseTransport):
    """Gives one reply after the other, and keeps what was asked."""

    def __init__(self, replies: Iterable[Reply]) -> None:
        self._replies = iter(replies)
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        reply = next(self._replies)
        if isinstance(reply, Exception):
            raise reply
        return reply

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(request.content) for request in self.requests]


def answering(handler: Handler) -> httpx.MockTransport:
    """A transport that answers each GraphQL body with what ``handler`` makes of it."""

    def handle(request: httpx.Request) -> httpx.Response:
        reply = handler(json.loads(request.content))
        if isinstance(reply, Exception):
            raise reply
        return reply

    return httpx.MockTransport(handle)


def client_of(transport: httpx.BaseTransport, time: FakeTime | None = None) -> ShopifyClient:
    time = time or FakeTime()
    timing = Timing(clock=lambda: time.now, sleep=time.sleep, rng=random.Random(1))
    return ShopifyClient(ENDPOINT, transport=transport, timing=timing)


def data(
    document: dict[str, Any], *, version: str = "2026-10", available: int = 1900
) -> httpx.Response:
    """A good answer."""
    cost = {
        "requestedQueryCost": 10,
        "actualQueryCost": 10,
        "throttleStatus": {
            "maximumAvailable": 2000.0,
            "currentlyAvailable": available,
            "restoreRate": 100.0,
        },
    }
    return httpx.Response(
        200,
        json={"data": document, "extensions": {"cost": cost}},
        headers={"X-Shopify-API-Version": version},
    )


def too_costly() -> httpx.Response:
    """The answer to a query whose requested cost exceeds the limit of one query."""
    error = {"message": "Query cost is 2753", "extensions": {"code": "MAX_COST_EXCEEDED"}}
    return httpx.Response(200, json={"errors": [error]})


def throttled(*, available: int = 0, requested: int = 10) -> httpx.Response:
    """THROTTLED inside a 200."""
    cost = {
        "requestedQueryCost": requested,
        "actualQueryCost": None,
        "throttleStatus": {
            "maximumAvailable": 2000.0,
            "currentlyAvailable": available,
            "restoreRate": 100.0,
        },
    }
    error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    return httpx.Response(200, json={"errors": [error], "extensions": {"cost": cost}})
