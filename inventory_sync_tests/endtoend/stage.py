"""A stage on which the whole product plays: an ERP, a ledger, shops and a settings file.

Put here what tests of whole runs have to build. What must come of a run is in ``truth.py``.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text

from inventory_sync.sandbox.company import database as company
from inventory_sync.sandbox.company.acme import Acme, Line
from inventory_sync.sandbox.company.demo_orders import DEMO_ORDERS, SHOP_OF_STORE
from inventory_sync.sandbox.company.seed import DEMO_SEED
from inventory_sync.sandbox.company.shops import shops as acme_shops
from inventory_sync.sandbox.standin import Shop, StandIn, Wanted, place_order, running
from inventory_sync.settings.load import CONFIG_VARIABLE, SANDBOX_FILE
from inventory_sync.wiring import DATABASE_VARIABLE, HOME_VARIABLE
from inventory_sync_tests.endtoend.truth import Allowed, Key, Shown, should_show, shown, wrong

SANDBOX_ORIGIN = "http://127.0.0.1:8790"
SANDBOX_ERP = "embedded:///acme_erp"
SET_QUANTITIES = "InventorySyncSetQuantities"


def quick() -> float:
    """Seconds for cost buckets that fill up a thousand times as fast: nobody waits for points."""
    return 1000 * time.monotonic()


@dataclass
class Stage:
    """Everything that a run touches. ``shops`` are the stand-in's, by the store's name."""

    folder: Path
    erp_url: str
    ledger_url: str
    stand_in: StandIn
    shops: dict[str, Shop]
    settings_file: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a program finds this stage."""
        return {
            **os.environ,
            CONFIG_VARIABLE: str(self.settings_file),
            HOME_VARIABLE: str(self.folder / "home"),
            DATABASE_VARIABLE: self.ledger_url,
        }

    def shown(self) -> Shown:
        """What the stores show."""
        return shown(self.shops)

    def should_show(self) -> Allowed:
        """What they must show, by brute force."""
        return should_show(self.erp_url, self.settings_file, self.shops)

    def wrong(self) -> dict[Key, tuple[int, range]]:
        """Levels that do not show what they must, with what is allowed."""
        return wrong(self.shown(), self.should_show())

    def writes(self) -> dict[str, int]:
        """How many times each shop was asked to set quantities."""
        return {
            store: shop.statistics.requests[SET_QUANTITIES] for store, shop in self.shops.items()
        }

    def settings_with(self, old: str, new: str) -> Path:
        """A settings file that differs in one text, beside the one in use."""
        before = self.settings_file.read_text()
        assert before.count(old) == 1, f"{old!r} must stand once in the settings"
        file = self.folder / "other_settings.yaml"
        file.write_text(before.replace(old, new))
        return file

    def erp(self, statement: str, **parameters: Any) -> list[Any]:
        """Run one statement in the ERP's database; its rows."""
        return run_sql(self.erp_url, statement, **parameters)

    def ledger(self, statement: str, **parameters: Any) -> list[Any]:
        """Run one statement in the ledger's database; its rows."""
        return run_sql(self.ledger_url, statement, **parameters)


def run_sql(url: str, statement: str, **parameters: Any) -> list[Any]:
    """Run one statement, commit it, and return its rows if it has any."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            result = connection.execute(text(statement), parameters)
            return list(result.all()) if result.returns_rows else []
    finally:
        engine.dispose()


@contextmanager
def acme_stage(folder: Path, erp_url: str, ledger_url: str) -> Iterator[Stage]:
    """The demo company with its three shops and the orders of the demo, not yet synchronised."""
    now = datetime.now(UTC)
    company.create(erp_url, seed=DEMO_SEED, now=now)
    seeds = [replace(seed, plan="enterprise") for seed in acme_shops(DEMO_SEED, now)]
    with running(seeds, clock=quick) as stand_in:
        shops = {store: stand_in.shops[handle] for store, handle in SHOP_OF_STORE.items()}
        engine = create_engine(erp_url)
        _sell(Acme(engine), engine, shops)
        file = folder / "inventory_sync.yaml"
        sandbox = SANDBOX_FILE.read_text()
        file.write_text(sandbox.replace(SANDBOX_ERP, erp_url).replace(SANDBOX_ORIGIN, stand_in.url))
        yield Stage(folder, erp_url, ledger_url, stand_in, shops, file)


def _sell(acme: Acme, engine: Engine, shops: dict[str, Shop]) -> None:
    """Place the orders of the demo; the ERP learns of some of them."""
    for demo in DEMO_ORDERS:
        wanted = [Wanted(sku, units, demo.location_id) for sku, units in demo.lines]
        order = place_order(shops[demo.store], wanted)
        if demo.acknowledged_by_erp:
            lines = [
                Line(sku, demo.warehouse, units, line.gid)
                for (sku, units), line in zip(demo.lines, order.lines, strict=True)
            ]
            acme.import_web_order(order.gid, lines, channel=demo.store)
    engine.dispose()
