"""The sandbox as running things: the demo ERP's database and the Shopify stand-in's process.

Put here how it is set up and started; with a real Tryton that is ``tryton_sandbox.py``. What the
demo companies and their shops are stands in ``sandbox`` itself.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from sqlalchemy import create_engine

from inventory_sync.cli.processes import HOST, await_answer, child, free_port_or_fail
from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.sandbox.company import database as company
from inventory_sync.sandbox.company.demo_orders import DEMO_ORDERS, DemoOrder
from inventory_sync.sandbox.company.office import AcmeOffice
from inventory_sync.sandbox.company.seed import DEMO_SEED
from inventory_sync.sandbox.company.shops import shops
from inventory_sync.sandbox.market import Market, demo_market
from inventory_sync.sandbox.office import Line, Office
from inventory_sync.sandbox.standin.seed import ShopSeed, shops_to_json
from inventory_sync.settings import Settings, load_settings
from inventory_sync.settings.load import SANDBOX_FILE
from inventory_sync.wiring import EMBEDDED, Databases

_PATIENCE_SECONDS: Final = 30


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox: its settings, the databases of the product in it, and its people.

    ``environment``: what programs have to be told besides the settings file, to find it.
    """

    settings_file: Path
    databases: Databases
    market: Market
    office: Office
    stories_per_minute: float
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where its files and logs are."""
        return self.databases.home / "sandbox"


@contextmanager
def sandbox() -> Iterator[Sandbox]:
    """The demo ERP and the three shops, ready to be synchronised; stopped afterwards.

    What exists is used again: the ERP's database and the shops' state are kept under the home
    folder, so that the second start goes on where the first one ended.
    """
    databases = Databases.of()
    settings = load_settings(SANDBOX_FILE)
    database = settings.erp.url.get_secret_value().removeprefix(EMBEDDED)
    port = stand_in_port(settings)
    with databases.embedded_url(database) as erp_url:
        engine = create_engine(erp_url)
        here = Sandbox(SANDBOX_FILE, databases, demo_market(), AcmeOffice(engine), 30)
        try:
            if not company.exists(erp_url):
                now = datetime.now(UTC)
                open_shops(here.folder, shops(DEMO_SEED, now))
                company.create(erp_url, seed=DEMO_SEED, now=now)
            with stand_in(port, here.folder):
                place_orders(control_url(port), here.office, DEMO_ORDERS)
                yield here
        finally:
            engine.dispose()


def open_shops(folder: Path, seeds: Iterable[ShopSeed]) -> None:
    """The stand-in begins with these shops, whatever it had before."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "seeds.json").write_text(shops_to_json([*seeds]), encoding="utf-8")
    (folder / "shops.json").unlink(missing_ok=True)


@contextmanager
def stand_in(port: int, folder: Path) -> Iterator[None]:
    """The Shopify stand-in with the shops of ``open_shops``, as they were left."""
    way_out = "stop what listens there, for example another demo"
    free_port_or_fail(port, "the sandbox's Shopify stand-in", way_out)
    command = ["-m", "inventory_sync.sandbox.standin", "--port", str(port)]
    command += ["--seed", str(folder / "seeds.json"), "--state", str(folder / "shops.json")]
    log = folder / "standin.log"
    with log.open("wb") as output, child(command, {}, output.fileno()) as process:
        url = f"http://{HOST}:{port}/healthz"
        await_answer(url, process, log, patience_seconds=_PATIENCE_SECONDS)
        yield


def control_url(port: int) -> str:
    """Where the stand-in takes orders from outside."""
    return f"http://{HOST}:{port}/control"


def stand_in_port(settings: Settings) -> int:
    """The port on which all stores of the sandbox are reached."""
    ports = {urlsplit(store.origin).port for store in settings.stores.values()}
    port = ports.pop()
    if ports or port is None:
        raise InventorySyncError(f"{SANDBOX_FILE} must name one port for all stores.")
    return port


def place_orders(control_url: str, office: Office, orders: Iterable[DemoOrder]) -> None:
    """Sell a little online, once. The ERP imports some of the orders; the others are in flight."""
    for order in orders:
        shop_orders = f"{control_url}/{order.shop}/orders"
        placed = _placed(shop_orders, order) or _place(shop_orders, order)
        if order.acknowledged_by_erp:
            lines = [
                Line(sku, order.warehouse, units, line["gid"])
                for (sku, units), line in zip(order.lines, placed["lines"], strict=True)
            ]
            office.import_web_order(placed["gid"], lines, channel=order.store)


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
