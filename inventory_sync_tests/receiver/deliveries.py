"""What a store sends, and a receiver to send it to, for the tests of this folder.

Put bodies, signatures and stand-ins for the ledger here.
"""

import json
import socket
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from starlette.applications import Starlette

from inventory_sync.cli.serve import server
from inventory_sync.domain.webhooks import Hint
from inventory_sync.receiver.app import build_app
from inventory_sync.receiver.promise import Ask, Inquiry
from inventory_sync.receiver.verify import StoreSecrets, sign

with warnings.catch_warnings():
    # It would rather have another client than the one that is locked; the product uses that one.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

SHOP, OTHER_SHOP = "acme-b2b.myshopify.com", "acme-shop.myshopify.com"
SECRET, OLD_SECRET = b"client-secret-of-b2b-us", b"the-secret-before-it"
STORES = {
    "b2b-us": StoreSecrets(SHOP, (SECRET, OLD_SECRET)),
    "b2c-us": StoreSecrets(OTHER_SHOP, (b"client-secret-of-b2c-us",)),
}
PATH = "/webhooks/shopify/b2b-us"
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
ORDER = "gid://shopify/Order/820982911946154508"


def order(**other: Any) -> dict[str, Any]:
    """An order of two retro clocks, as a body tells it, with other values where wanted."""
    body = {
        "id": 820982911946154508,
        "admin_graphql_api_id": ORDER,
        "name": "#1001",
        "email": "buyer@example.com",
        "updated_at": "2026-11-23T09:29:58Z",
        "test": False,
        "line_items": [line()],
    }
    return body | other


def line(**other: Any) -> dict[str, Any]:
    """A line of that order."""
    ids = {"id": 466157049, "variant_id": 39072856, "sku": "RETRO-CLOCK"}
    return {**ids, "quantity": 2, "current_quantity": 2, "price": "59.50"} | other


def encoded(body: Any) -> bytes:
    """A body as bytes."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def headers(body: bytes, topic: str = "orders/create", **other: str) -> dict[str, str | bytes]:
    """The headers of a delivery, rightly signed. ``other`` are in snake case; '' leaves one out."""
    usual = {
        "content_type": "application/json",
        "x_shopify_topic": topic,
        "x_shopify_shop_domain": SHOP,
        "x_shopify_webhook_id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "x_shopify_event_id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
        "x_shopify_triggered_at": "2026-11-23T09:29:59.123456789Z",
        "x_shopify_hmac_sha256": sign(body, SECRET).decode(),
    }
    given = {name.replace("_", "-"): value for name, value in (usual | other).items()}
    return {name: value.encode("latin-1") for name, value in given.items() if value}


@dataclass
class Book:
    """In place of the ledger: remembers each call, or fails as it is told."""

    calls: list[list[Hint]] = field(default_factory=list)
    failure: Exception | None = None

    def receive(self, hints: Sequence[Hint]) -> int:
        if self.failure:
            raise self.failure
        self.calls.append(list(hints))
        return len(hints)

    @property
    def hints(self) -> list[Hint]:
        """All that was written."""
        return [hint for call in self.calls for hint in call]


class Writes(Protocol):
    """What the receiver needs of a ledger."""

    def receive(self, hints: Sequence[Hint]) -> int: ...


def repeat(inquiry: Inquiry) -> str:
    """In place of an answer: what was asked."""
    return json.dumps(asdict(inquiry))


def app(ledger: Writes, ask: Ask = repeat) -> Starlette:
    """A receiver of two stores; it is well as long as it can write nothing."""
    return build_app(
        STORES, ledger.receive, now=lambda: NOW, check=lambda: ledger.receive([]), ask=ask
    )


@dataclass
class Sender:
    """Sends deliveries to a receiver in this process."""

    client: TestClient

    def send(self, body: Any, topic: str = "orders/create", **other: str) -> int:
        """Send a body with right headers but for the ``other`` ones; the status of the answer."""
        content = encoded(body)
        told = headers(content, topic, **other)
        return int(self.client.post(PATH, content=content, headers=told).status_code)

    def metrics(self) -> list[str]:
        """The lines of the metrics page."""
        return str(self.client.get("/metrics").text).splitlines()


@contextmanager
def sending(ledger: Writes, ask: Ask = repeat) -> Iterator[Sender]:
    """A sender to a receiver that writes into a ledger."""
    with TestClient(app(ledger, ask)) as client:
        yield Sender(client)


@contextmanager
def listening(built: Starlette) -> Iterator[int]:
    """The receiver behind a real socket, as ``inventory-sync serve`` runs it; its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    running = server(built)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield port
    finally:
        running.should_exit = True
        thread.join()


def head(fields: dict[str, str | bytes], path: str = PATH) -> bytes:
    """The head of a request as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1".encode(), b"Host: receiver"]
    for name, value in fields.items():
        lines.append(
            name.encode() + b": " + (value if isinstance(value, bytes) else value.encode())
        )
    return b"\r\n".join(lines) + b"\r\n\r\n"
