"""The stand-in as a server: in a background thread for tests, or in the foreground.

Put what concerns HTTP, sockets and processes here. What a request leads to is in ``admin_api.py``
and ``control.py``.
"""

import asyncio
import logging
import os
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from inventory_sync.sandbox.standin.admin_api import answer
from inventory_sync.sandbox.standin.answers import Answer, not_found
from inventory_sync.sandbox.standin.bulk import file_answer
from inventory_sync.sandbox.standin.control import Shops, control_routes
from inventory_sync.sandbox.standin.delivery import RETRY_SECONDS, Courier
from inventory_sync.sandbox.standin.product_page import storefront_routes
from inventory_sync.sandbox.standin.seed import ShopSeed
from inventory_sync.sandbox.standin.shop import OpenShop, Shop, utc_now
from inventory_sync.sandbox.standin.state_file import load_shops, save_shops

HOST = "127.0.0.1"
SAVE_SECONDS = 1.0
# What goes on in the background while the server is up.
Meanwhile = AbstractAsyncContextManager[None]

_LOG = logging.getLogger(__name__)


class PortTaken(Exception):
    """The port cannot be listened on; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """A running stand-in. Hold a shop's ``lock`` while touching it directly."""

    url: str
    shops: Shops

    def shop_url(self, handle: str) -> str:
        """A shop's origin; its Admin API is at ``{origin}/admin/api/{version}/graphql.json``."""
        return f"{self.url}/{handle}"


@contextmanager
def running(
    seeds: Iterable[ShopSeed],
    *,
    port: int = 0,
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], datetime] = utc_now,
    retry_seconds: Sequence[float] = RETRY_SECONDS,
) -> Iterator[StandIn]:
    """Serve shops in a background thread. Port 0 takes a free one.

    ``clock`` (seconds) fills the cost buckets, ``now`` stamps what happens, ``retry_seconds`` are
    the pauses before a webhook is sent again. Raises ``PortTaken``.
    """
    courier = Courier(retry_seconds)
    open_shop: OpenShop = partial(Shop, clock=clock, now=now, wake=courier.wake)
    shops: Shops = {seed.handle: open_shop(seed) for seed in seeds}
    listener = _listen(port)
    server = _server(_application(shops, open_shop, _background(courier.run(shops))))
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="shopify-standin", daemon=True
    )
    thread.start()
    try:
        yield StandIn(f"http://{HOST}:{listener.getsockname()[1]}", shops)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def serve(seeds: Iterable[ShopSeed], *, port: int, state_path: Path | None = None) -> None:
    """Serve shops until a signal comes. With a state file, shops in it go on where they stopped.

    Raises ``PortTaken``, ``ValueError`` for a damaged state file, and ``OSError`` when it cannot be
    read or written.
    """
    courier = Courier()
    open_shop: OpenShop = partial(Shop, wake=courier.wake)
    shops: Shops = {seed.handle: open_shop(seed) for seed in seeds}
    if state_path is not None and state_path.exists():
        shops |= {shop.handle: shop for shop in load_shops(state_path, open_shop)}
    with _listen(port) as listener:
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        meanwhile = []
        if state_path is not None:
            save_shops(shops.values(), state_path)  # what cannot be written fails here, at once
            meanwhile.append(_keep_saving(shops, state_path))
        meanwhile.append(_background(courier.run(shops)))
        print(f"Shopify stand-in at {url} with {len(shops)} shops: {', '.join(shops)}", flush=True)
        with suppress(KeyboardInterrupt):
            _server(_application(shops, open_shop, *meanwhile)).run(sockets=[listener])


def _listen(port: int) -> socket.socket:
    """A listening socket; from here on connections wait until the server is up."""
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise PortTaken(
            f"Port {port} on {HOST} cannot be used ({os.strerror(error.errno or 0)});"
            " choose another."
        ) from None


def _server(app: Starlette) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=_BreakableConnection,
            ws="none",
            lifespan="on",
            access_log=False,
            log_config=None,
            log_level="warning",
            timeout_keep_alive=75,
            server_header=False,
            timeout_graceful_shutdown=1,
        )
    )


class _BreakableConnection(H11Protocol):
    """Gives the application its transport, so that a fault can break the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def _application(shops: Shops, open_shop: OpenShop, *meanwhile: Meanwhile) -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for each in meanwhile:
                await stack.enter_async_context(each)
            yield

    async def admin_api(request: Request) -> Response:
        shop = shops.get(request.path_params["shop"])
        if shop is None:
            return _response(not_found())
        reply = answer(
            shop,
            version=request.path_params["version"],
            access_token=request.headers.get("x-shopify-access-token"),
            body=await request.body(),
            files=f"{request.base_url!s}{shop.handle}/bulk",
        )
        return await _hand_over(reply, request)

    async def bulk_file(request: Request) -> Response:
        shop = shops.get(request.path_params["shop"])
        reply = file_answer(shop, request.path_params["name"]) if shop else not_found()
        return await _hand_over(reply, request)

    path = "/{shop}/admin/api/{version}/graphql.json"
    routes = [
        *control_routes(shops, open_shop),
        Route(path, admin_api, methods=["POST"]),
        Route("/{shop}/bulk/{name}", bulk_file),
        *storefront_routes(shops),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


async def _hand_over(reply: Answer, request: Request) -> Response:
    """The answer, when and as far as it is to arrive."""
    if reply.delay_seconds:
        await _pass(reply.delay_seconds, request)
    if reply.ending != "complete":
        _break_off(request.state.transport, reply)
    return _response(reply)


async def _pass(seconds: float, request: Request) -> None:
    """Let time pass, unless the caller hangs up first."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await request.receive())["type"] != "http.disconnect":
                pass


def _response(reply: Answer) -> Response:
    return Response(reply.body, reply.status, dict(reply.headers))


def _break_off(transport: asyncio.Transport, reply: Answer) -> None:
    """Send half of the answer, or reset the connection; what is sent afterwards goes nowhere."""
    if reply.ending == "truncated":
        head = [f"HTTP/1.1 {reply.status} OK", f"content-length: {len(reply.body)}"]
        head += [f"{name}: {value}" for name, value in reply.headers.items()]
        half = reply.body[: len(reply.body) // 2]
        transport.write("\r\n".join([*head, "", ""]).encode() + half)
        transport.close()
    else:
        # Closing without lingering makes the kernel send a reset instead of a polite end.
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


@asynccontextmanager
async def _background(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@asynccontextmanager
async def _keep_saving(shops: Shops, path: Path) -> AsyncIterator[None]:
    """Save the shops a moment after they changed, and when the server stops.

    A killed process so loses a second at most.
    """

    async def save_changes() -> None:
        saved = _revisions(shops)
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            current = _revisions(shops)
            if current != saved:
                try:
                    save_shops(shops.values(), path)
                    saved = current
                except OSError as error:
                    _LOG.error("the shops could not be saved, trying again: %s", error)

    async with _background(save_changes()):
        yield
    save_shops(shops.values(), path)


def _revisions(shops: Shops) -> dict[str, tuple[int, int]]:
    """Changes when a shop does, or is replaced by another of the same handle."""
    return {handle: (shop.number, shop.revision) for handle, shop in shops.items()}
