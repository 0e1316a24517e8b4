"""``inventory-sync serve``: the receiver of webhooks as a process, until Ctrl-C.

Put here where it listens and how it starts and ends. What it does with a delivery is ``receiver``.
"""

import gc
import json
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Final

import typer
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.domain.explained import Explanation
from inventory_sync.domain.order_promise import Wanted
from inventory_sync.flow.explain_port import ExplainMemory
from inventory_sync.flow.explanation import Question, explain
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.promising import promise_now
from inventory_sync.receiver.app import WEBHOOK_PATH, build_app
from inventory_sync.receiver.connection import PunctualHttp
from inventory_sync.receiver.explain_page import Asked, Explain, explain_route
from inventory_sync.receiver.promise import PROMISE_PATH, Inquiry
from inventory_sync.receiver.verify import StoreSecrets
from inventory_sync.settings import Store, load_settings
from inventory_sync.settings.model import Receiver
from inventory_sync.wiring import Databases, open_ledger, open_parts

MAX_CONNECTIONS: Final = 256
"""Each may hold a body of two megabytes. Above that, senders are told to come again."""
_END_SECONDS: Final = 10


def serve(host: str | None, port: int | None) -> int:
    """Receive webhooks at the address of the settings, unless told otherwise; port 0 is any."""
    settings = load_settings()
    secrets = store_secrets(settings.stores)
    if not secrets:
        raise InventorySyncError(
            "No store has a webhook_secret, so no webhook can be verified; set it to the client "
            "secret of the store's app."
        )
    place = settings.receiver
    listener = _listen(host or place.host, place.port if port is None else port)
    with listener, open_parts(settings) as parts, open_ledger(Databases.of()) as memory:
        app = build_app(
            secrets,
            parts.ledger.receive,
            now=lambda: datetime.now(UTC),
            check=lambda: parts.ledger.inbox(list(secrets), limit=1),
            ask=partial(answer, parts),
            pages=pages(settings.receiver, partial(explained, parts, memory)),
        )
        _announce(_address(listener), settings.stores)
        _be_quick()
        with suppress(KeyboardInterrupt):  # uvicorn has ended in good order when it comes through
            server(app).run(sockets=[listener])
    return 0


def explained(parts: Parts, memory: ExplainMemory, asked: Asked) -> Explanation:
    """What the page shows; the stores are not read, for a page may be loaded often."""
    question = Question(asked.sku, asked.store, asked.location, asked.at, asked.then)
    return explain(parts, memory, question)


def pages(receiver: Receiver, explain_it: Explain) -> list[Route]:
    """The pages that the settings allow: for this machine, unless the receiver is published."""
    if receiver.explain_to == "off":
        return []
    everyone = receiver.explain_to == "everyone"
    return [explain_route(explain_it, now=lambda: datetime.now(UTC), everyone=everyone)]


def answer(parts: Parts, inquiry: Inquiry) -> str:
    """The JSON of ``inventory-sync promise``, from the ERP locations behind the store alone."""
    offered = parts.policies[inquiry.store].locations.values()
    found = promise_now(
        parts,
        [Wanted(inquiry.sku, inquiry.quantity_units)],
        region=inquiry.region,
        locations={location for group in offered for location in group},
    )
    return json.dumps(asdict(found), default=str)


def store_secrets(stores: Mapping[str, Store]) -> dict[str, StoreSecrets]:
    """The stores that have a webhook secret, with the one before it while both are valid."""
    return {
        name: StoreSecrets(
            store.shop,
            [
                secret.get_secret_value().encode()
                for secret in (store.webhook_secret, store.previous_webhook_secret)
                if secret is not None
            ],
        )
        for name, store in stores.items()
        if store.webhook_secret is not None
    }


def server(app: Starlette) -> uvicorn.Server:
    """A server for the receiver: patient with nobody, and silent about who calls."""
    config = uvicorn.Config(
        app,
        http=PunctualHttp,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=_END_SECONDS,
    )
    return uvicorn.Server(config)


def _be_quick() -> None:
    """Bound the pauses of the interpreter: together worth half of the throughput."""
    gc.collect()
    gc.freeze()  # a full collection of all that is loaded would stop everything for 0.1 s
    sys.setswitchinterval(0.001)  # seconds that the inbox's thread waits for the event loop's


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise InventorySyncError(
            f"The receiver cannot listen at {host}, port {port}: {error.strerror}; choose another "
            "address with --host and --port or in the settings under receiver."
        ) from None


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _announce(address: str, stores: Mapping[str, Store]) -> None:
    typer.echo(f"Receiver: {address} (Ctrl-C stops it)")
    for name, store in stores.items():
        if store.webhook_secret is None:
            typer.echo(f"{name}: not served, for it has no webhook_secret")
        else:
            typer.echo(f"{name}: {address}{WEBHOOK_PATH.format(store=name)}")
    typer.echo(f"Questions of storefronts, by an app proxy: {address}{PROMISE_PATH}")
