"""A real HTTP receiver of webhooks on a local port, which remembers what came."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE_SECONDS = 20


@dataclass(frozen=True)
class Delivered:
    headers: dict[str, str]
    body: bytes

    @property
    def topic(self) -> str:
        return self.headers["x-shopify-topic"]

    @property
    def content(self) -> Any:
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        digest = hmac.digest(secret.encode(), self.body, hashlib.sha256)
        return base64.b64encode(digest).decode() == self.headers["x-shopify-hmac-sha256"]


@dataclass
class Receiver:
    """``refusals``: how many deliveries are answered with a 500 before one is accepted."""

    uri: str
    refusals: int = 0
    came: list[Delivered] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, delivered: Delivered) -> int:
        with self.changed:
            self.came.append(delivered)
            self.changed.notify_all()
            self.refusals -= 1
            return 500 if self.refusals >= 0 else 200

    def wait(self, until: Callable[[list[Delivered]], bool]) -> list[Delivered]:
        """All that came, as soon as it is as wanted."""
        with self.changed:
            met = self.changed.wait_for(lambda: until(self.came), PATIENCE_SECONDS)
            assert met, [each.topic for each in self.came]
            return [*self.came]

    def topics(self, *wanted: str) -> dict[str, Delivered]:
        """The last delivery of each topic, as soon as all wanted have come."""
        came = self.wait(lambda came: {*wanted} <= {each.topic for each in came})
        return {each.topic: each for each in came}


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(receiver.take(Delivered(headers, body)))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/webhooks/shopify/b2b-us")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
