"""The sandbox as running things: the demo ERP's database and the Shopify stand-in's process.

The only place of the product that knows the sandbox. Put here how it is set up and started; what
the demo company and its shops are stands in ``sandbox`` itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from sqlalchemy import create_engine

from inventory_sync.cli.processes import HOST, await_answer, child, free_port_or_fail
from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.sandbox.company import database as company
from inventory_sync.sandbox.company.acme import Acme, Line
from inventory_sync.sandbox.company.demo_orders import DEMO_ORDERS, DemoOrder
from inventory_sync.sandbox.company.seed import DEMO_SEED
from inventory_sync.sandbox.company.shops import shops
from inventory_sync.sandbox.standin.seed import shops_to_json
from inventory_sync.settings import Settings, load_settings
from inventory_sync.settings.load import SANDBOX_FILE
from inventory_sync.wiring import EMBEDDED, Databases

_PATIENCE_SECONDS: Final = 30


@contextmanager
def sandbox(databases: Databases) -> Iterator[None]:
    """The demo ERP and the three shops, ready to be synchronised; stopped afterwards.

    What exists is used again: the ERP's database and the shops' state are kept under the home
    folder, so that the second start goes on where the first one ended.
    """
    settings = load_settings(SANDBOX_FILE)
    database = settings.erp.url.get_secret_value().removeprefix(EMBEDDED)
    port = stand_in_port(settings)
    folder = databases.home / "sandbox"
    folder.mkdir(parents=True, exist_ok=True)
    with databases.embedded_url(database) as erp_url:
        if not company.exists(erp_url):
            now = datetime.now(UTC)
            seeds = shops_to_json(shops(DEMO_SEED, now))
            (folder / "seeds.json").write_text(seeds, encoding="utf-8")
            (folder / "shops.json").unlink(missing_ok=True)
            company.create(erp_url, seed=DEMO_SEED, now=now)
        with _stand_in(port, folder):
            _place_demo_orders(f"http://{HOST}:{port}/control", erp_url)
            yield


@contextmanager
def _stand_in(port: int, folder: Path) -> Iterator[None]:
    way_out = "stop what listens there, for example another demo"
    free_port_or_fail(port, "the sandbox's Shopify stand-in", way_out)
    command = ["-m", "inventory_sync.sandbox.standin", "--port", str(port)]
    command += ["--seed", str(folder / "seeds.json"), "--state", str(folder / "shops.json")]
    log = folder / "standin.log"
    with log.open("wb") as output, child(command, {}, output.fileno()) as process:
        url = f"http://{HOST}:{port}/healthz"
        await_answer(url, process, log, patience_seconds=_PATIENCE_SECONDS)
        yield


def stand_in_port(settings: Settings) -> int:
    """The port on which all stores of the sandbox are reached."""
    ports = {urlsplit(store.origin).port for store in settings.stores.values()}
    port = ports.pop()
    if ports or port is None:
        raise InventorySyncError(f"{SANDBOX_FILE} must name one port for all stores.")
    return port


def _place_demo_orders(control_url: str, erp_url: str) -> None:
    """Sell a little online, once. The ERP imports some of the orders; the others are in flight."""
    engine = create_engine(erp_url)
    try:
        for order in DEMO_ORDERS:
            shop_orders = f"{control_url}/{order.shop}/orders"
            placed = _placed(shop_orders, order) or _place(shop_orders, order)
            if order.acknowledged_by_erp:
                lines = [
                    Line(sku, order.warehouse, units, line["gid"])
                    for (sku, units), line in zip(order.lines, placed["lines"], strict=True)
                ]
                Acme(engine).import_web_order(placed["gid"], lines, channel=order.store)
    finally:
        engine.dispose()


def _placed(shop_orders: str, order: DemoOrder) -> dict[str, Any] | None:
    """The order, if an earlier start has placed it."""
    found: list[dict[str, Any]] = httpx.get(shop_orders, trust_env=False).json()["orders"]
    return next((each for each in found if each["name"] == order.name), None)


def _place(shop_orders: str, order: DemoOrder) -> dict[str, Any]:
    wanted = [
        {"sku": sku, "quantity": units, "location_id": order.location_id}
        for sku, units in order.lines
    ]
    answer = httpx.post(shop_orders, json={"lines": wanted}, trust_env=False)
    if not answer.is_success:
        raise InventorySyncError(f"The demo order {order.name} was refused: {answer.text}")
    placed: dict[str, Any] = answer.json()
    return placed
