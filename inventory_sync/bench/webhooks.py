"""How many webhooks a second the receiver takes, each on disk before its answer.

Put the sender here: signed orders of a realistic size over many connections, at little cost, for it
shares the cores with what it measures. Keep out how the receiver is started.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Final

import uvloop

from inventory_sync.receiver.verify import sign

CONNECTIONS: Final = 64
_FIRST_ORDER: Final = 5_000_000_000_001
_LINES: Final = (1, 2, 3, 6)
"""Lines of an order: bodies of about three to ten kilobytes."""


@dataclass(frozen=True, slots=True)
class Target:
    """A receiver and the store to deliver for."""

    host: str
    port: int
    path: str
    shop: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """How the deliveries were answered. ``latencies_seconds`` are sorted."""

    seconds: float
    latencies_seconds: list[float]
    body_bytes: int

    @property
    def per_second(self) -> float:
        """Deliveries that were answered, per second."""
        return len(self.latencies_seconds) / self.seconds

    def latency_seconds(self, share: float) -> float:
        """The latency that this share of all deliveries did not exceed."""
        last = len(self.latencies_seconds) - 1
        return self.latencies_seconds[round(share * last)]


def measure(target: Target, deliveries: int) -> Taken:
    """Deliver that many different orders, over ``CONNECTIONS`` connections at once.

    Raises ``RuntimeError`` when one is not answered with 200: that would be no measurement.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_deliver(target, deliveries))


async def _deliver(target: Target, deliveries: int) -> Taken:
    requests = _Requests(target, deliveries)
    loop = asyncio.get_running_loop()
    senders = [_Sender(requests, loop.create_future()) for _ in range(CONNECTIONS)]
    began = perf_counter()
    for sender in senders:
        await loop.create_connection(lambda it=sender: it, target.host, target.port)  # type: ignore[misc]
    async with asyncio.timeout(60 + deliveries / 100):
        await asyncio.gather(*(sender.done for sender in senders))
    seconds = perf_counter() - began
    latencies = sorted(latency for sender in senders for latency in sender.latencies_seconds)
    return Taken(seconds, latencies, requests.body_bytes // deliveries)


class _Requests(Iterator[bytes]):
    """Requests one after the other, each with a body that no other has."""

    def __init__(self, target: Target, deliveries: int) -> None:
        self.body_bytes = 0
        self._target = target
        self._numbers = iter(range(_FIRST_ORDER, _FIRST_ORDER + deliveries))
        self._bodies = [_order(lines) for lines in _LINES]
        self._head = (
            f"POST {target.path} HTTP/1.1\r\nHost: {target.host}\r\n"
            "Content-Type: application/json\r\nX-Shopify-Topic: orders/create\r\n"
            f"X-Shopify-Shop-Domain: {target.shop}\r\nX-Shopify-Webhook-Id: webhook-%d\r\n"
            "X-Shopify-Event-Id: event-%d\r\nX-Shopify-Hmac-Sha256: %b\r\n"
            "Content-Length: %d\r\n\r\n"
        ).encode()

    def __next__(self) -> bytes:
        number = next(self._numbers)
        body = self._bodies[number % len(self._bodies)].replace(b"%ORDER%", b"%d" % number)
        self.body_bytes += len(body)
        signature = sign(body, self._target.secret)
        return self._head % (number, number, signature, len(body)) + body


class _Sender(asyncio.Protocol):
    """One connection: the next request goes out when the last one is answered."""

    def __init__(self, requests: _Requests, done: asyncio.Future[None]) -> None:
        self.done = done
        self.latencies_seconds: list[float] = []
        self._requests = requests
        self._answer = b""

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not self._answer.endswith(b"\r\n\r\n"):
            return
        self.latencies_seconds.append(perf_counter() - self._sent_at)
        if self._answer.startswith(b"HTTP/1.1 200 "):
            self._send()
        else:
            self._fail(self._answer.partition(b"\r\n")[0].decode("latin-1"))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self._fail("The receiver has closed a connection")

    def _send(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._answer = b""
        self._sent_at = perf_counter()
        self._transport.write(request)

    def _fail(self, answer: str) -> None:
        self.done.set_exception(RuntimeError(f"{answer}: no measurement."))
        self._transport.close()


def _order(lines: int) -> bytes:
    """An order as Shopify tells it, with ``%ORDER%`` for its number."""
    order: dict[str, Any] = {
        "id": 0,
        "admin_graphql_api_id": "gid://shopify/Order/%ORDER%",
        "created_at": "2026-11-23T09:00:00-05:00",
        "updated_at": "2026-11-23T09:00:00-05:00",
        "currency": "USD",
        "email": "buyer@example.com",
        "financial_status": "paid",
        "fulfillment_status": None,
        "name": "#%ORDER%",
        "note_attributes": [],
        "tags": "",
        "test": False,
        "total_price_set": _price("129.00"),
        "subtotal_price_set": _price("119.00"),
        "total_tax_set": _price("10.00"),
        "billing_address": _address(),
        "shipping_address": _address(),
        "customer": {"id": 7_000_000_001, "default_address": _address()},
        "line_items": [_line(number) for number in range(lines)],
    }
    return json.dumps(order).encode().replace(b'"id": 0', b'"id": %ORDER%', 1)


def _line(number: int) -> dict[str, Any]:
    return {
        "id": 13_000_000_000_000 + number,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{13_000_000_000_000 + number}",
        "current_quantity": 2,
        "fulfillable_quantity": 2,
        "fulfillment_service": "manual",
        "fulfillment_status": None,
        "gift_card": False,
        "grams": 1400,
        "name": "Walnut wall clock, retro, with pendulum",
        "price": "59.50",
        "price_set": _price("59.50"),
        "product_exists": True,
        "product_id": 8_000_000_001,
        "properties": [{"name": "Engraving", "value": "none"}],
        "quantity": 2,
        "requires_shipping": True,
        "sku": "RETRO-CLOCK",
        "taxable": True,
        "total_discount_set": _price("0.00"),
        "variant_id": 44_000_000_001,
        "variant_inventory_management": "shopify",
        "vendor": "Acme",
        "tax_lines": [
            {"title": title, "rate": 0.04, "price": "2.38", "price_set": _price("2.38")}
            for title in ("New York State Tax", "New York City Tax")
        ],
        "discount_allocations": [
            {"amount": "1.00", "amount_set": _price("1.00"), "discount_application_index": 0}
        ],
    }


def _price(amount: str) -> dict[str, Any]:
    return {
        "shop_money": {"amount": amount, "currency_code": "USD"},
        "presentment_money": {"amount": amount, "currency_code": "USD"},
    }


def _address() -> dict[str, Any]:
    return {
        "first_name": "A",
        "last_name": "Buyer",
        "address1": "1 Any Street",
        "address2": "",
        "city": "Anytown",
        "zip": "10001",
        "province": "New York",
        "country": "United States",
        "phone": "",
        "company": None,
        "latitude": 40.7484,
        "longitude": -73.9967,
        "country_code": "US",
        "province_code": "NY",
    }
