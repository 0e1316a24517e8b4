"""A small company whose programs are killed: one warehouse, many SKUs, shops under watch.

Put here what the crash tests need: real ``inventory-sync sync`` processes, shops that call back
when a request arrives, and a watch over every write that a shop accepts.
"""

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import yaml
from sqlalchemy import create_engine, text

from inventory_sync.ledger import connect
from inventory_sync.sandbox.standin import ItemSeed, LevelSeed, LocationSeed, ShopSeed, running
from inventory_sync.sandbox.standin.faults import Fault, FaultKind, Faults
from inventory_sync.sandbox.standin.seed import IdempotencyMode
from inventory_sync.sandbox.standin.shop import Adjustment, Shop
from inventory_sync_tests.endtoend.stage import Stage, quick
from inventory_sync_tests.erp.databases import build
from inventory_sync_tests.erp.rows import dataset_rows, location

PATIENCE_SECONDS = 60
LOCATIONS = {"b2b-us": 1001, "b2c-us": 2001}
# The command line itself, but for one constant: how long it waits until a call without an answer
# cannot arrive any more. Here that is known, for ``await_silence`` has seen it.
IMPATIENT = """
from datetime import timedelta
from inventory_sync.cli.app import main
from inventory_sync.flow import gather
gather.SETTLE_AFTER = timedelta(seconds=0.1)
main()
"""

OnRequest = Callable[[Shop, str], None]


class Lookout(Faults):
    """Faults that first tell that a request is here: nothing has been done yet."""

    def __init__(self, workshop: "Workshop", store: str) -> None:
        super().__init__()
        self._workshop, self._store = workshop, store

    def strike(self, operation: str, *, mutation: bool) -> Fault | None:
        shop = self._workshop.shops[self._store]
        self._workshop.on_request(shop, operation)
        return super().strike(operation, mutation=mutation)


class WatchedHistory(deque[Adjustment]):
    """Notes each accepted write that shows more than there is."""

    def __init__(self, workshop: "Workshop", store: str) -> None:
        super().__init__()
        self._workshop, self._store = workshop, store

    def append(self, group: Adjustment) -> None:
        super().append(group)
        shop = self._workshop.shops[self._store]
        for change in group.changes:
            if change.name == "available":
                self._workshop.judge(self._store, shop, change.item_id)


@dataclass
class Workshop(Stage):
    """``units``: what stands in the ERP, by SKU. ``too_high``: writes that showed more."""

    units: dict[str, int] = field(default_factory=dict)
    too_high: list[str] = field(default_factory=list)
    on_request: OnRequest = field(default=lambda shop, operation: None)

    # --- what happens to it ---

    def restock(self, units: dict[str, int]) -> None:
        """Other quantities stand in the warehouse."""
        self.units |= units
        rows = [{"sku": sku, "units": number} for sku, number in units.items()]
        statement = "UPDATE erp_contract.stock SET physical = :units WHERE sku = :sku"
        engine = create_engine(self.erp_url)
        with engine.begin() as connection:
            connection.execute(text(statement), rows)
        engine.dispose()

    def trade(self, rng: random.Random, *, but: Sequence[str] = ()) -> None:
        """A third of the SKUs goes up or down, but not these."""
        chosen = rng.sample(sorted(set(self.units) - set(but)), len(self.units) // 3)
        self.restock({sku: max(1, self.units[sku] + rng.randint(-9, 9)) for sku in chosen})

    def expect(self, *faults: Fault) -> None:
        """Let faults lie in wait in every shop; none calls them off."""
        for shop in self.shops.values():
            with shop.lock:
                shop.faults.add(faults) if faults else shop.faults.clear()

    def await_silence(self) -> None:
        """Wait until nobody is connected to the stand-in and its last request is done."""
        port = int(self.stand_in.url.rpartition(":")[2])
        await_that(lambda: not _callers(port), "all connections are closed")
        httpx.get(f"{self.stand_in.url}/healthz", trust_env=False).raise_for_status()

    # --- what can be asked ---

    def judge(self, store: str, shop: Shop, item_id: int) -> None:
        """Compare a level with what is left of its SKU, orders of this shop deducted."""
        item = shop.stock.items[item_id]
        sold = Counter[int]()
        for order in shop.orders.values():
            for line in order.lines:
                sold[line.item_id or 0] += line.current_quantity
        left = max(0, self.units[str(item.sku)] - sold[item_id])
        level = shop.stock.level(item_id, LOCATIONS[store])
        if level is not None and level.quantity("available") > left:
            shows = level.quantity("available")
            self.too_high.append(f"{store} shows {shows} of {item.sku}, {left} are left")

    def sold(self) -> Counter[str]:
        """Units that all shops together have sold, by SKU."""
        sold = Counter[str]()
        for shop in self.shops.values():
            for order in shop.orders.values():
                for line in order.lines:
                    sold[str(line.sku)] += line.current_quantity
        return sold

    def open_intents(self) -> int:
        """Writes whose outcome the ledger does not know."""
        statement = "SELECT count(*) FROM inventory_sync.write_intents WHERE status = 'open'"
        return int(self.ledger(statement)[0][0])

    def applied(self) -> Counter[tuple[str, str]]:
        """How many writes of each level the ledger takes for applied."""
        return Counter(
            (store, item)
            for store, item in self.ledger(
                "SELECT store, inventory_item_id FROM inventory_sync.write_intents"
                " WHERE status = 'applied'"
            )
        )

    def accepted(self) -> Counter[tuple[str, str]]:
        """How many writes of each level the shops have carried out."""
        return Counter(
            (store, shop.stock.items[change.item_id].gid)
            for store, shop in self.shops.items()
            for group in shop.history
            for change in group.changes
            if change.name == "available"
        )

    # --- the program ---

    @contextmanager
    def sync(self) -> Iterator[subprocess.Popen[bytes]]:
        """A running ``inventory-sync sync``; killed at the end if it still runs."""
        with (self.folder / "sync.log").open("ab") as log:
            command = [sys.executable, "-c", IMPATIENT, "sync"]
            process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def run_sync(self) -> int:
        """Run it to its end; the exit code."""
        with self.sync() as process:
            return process.wait(PATIENCE_SECONDS)

    def run_until_quiet(self, runs: int = 4) -> None:
        """Run it until a run writes nothing. Fails when it never becomes quiet."""
        for _ in range(runs):
            self.await_silence()
            before = self.writes()
            if self.run_sync() == 0 and self.writes() == before:
                return
        raise AssertionError(f"{runs} runs were not enough; {self.folder / 'sync.log'}")

    def crash(self, operation: str, arrival: int, fault: FaultKind | None = None) -> None:
        """Kill the program when its n-th request of an operation arrives.

        That request is still carried out, unless the fault keeps it from being.
        """
        arrived, killed = Counter[str](), threading.Event()
        with self.sync() as process:

            def kill(shop: Shop, name: str) -> None:
                arrived[name] += 1
                if arrived[operation] == arrival and not killed.is_set():
                    if fault is not None:
                        shop.faults.add([Fault(fault, operation=operation)])
                    process.kill()
                    killed.set()

            self.on_request = kill
            await_that(lambda: killed.is_set() or process.poll() is not None, "the moment has come")
        self.on_request = lambda shop, name: None
        assert killed.is_set(), f"the program ended before the {arrival}. {operation}"
        self.await_silence()
        self.expect()


@contextmanager
def workshop(
    folder: Path,
    erp_url: str,
    ledger_url: str,
    *,
    skus: int,
    stores: tuple[str, ...] = ("b2b-us", "b2c-us"),
    mode: IdempotencyMode = "replay",
) -> Iterator[Workshop]:
    """A workshop whose stores share the stock of one warehouse and show 3 of each SKU at first."""
    units = {f"SKU-{number:04}": 20 + number % 40 for number in range(skus)}
    connect(ledger_url).close()
    build(erp_url, dataset_rows(locations=[location("NYC")]))
    seeds = [_shop_seed(store, units, mode) for store in stores]
    with running(seeds, clock=quick) as stand_in:
        file = folder / "inventory_sync.yaml"
        file.write_text(yaml.safe_dump(_settings(erp_url, stand_in.url, stores)))
        shops = {store: stand_in.shops[store] for store in stores}
        it = Workshop(folder, erp_url, ledger_url, stand_in, shops, file)
        for store, shop in shops.items():
            shop.faults, shop.history = Lookout(it, store), WatchedHistory(it, store)
        _fill(it, units)
        yield it


def _shop_seed(store: str, units: dict[str, int], mode: IdempotencyMode) -> ShopSeed:
    place = LOCATIONS[store]
    return ShopSeed(
        handle=store,
        myshopify_domain=f"{store}.myshopify.com",
        access_token=f"token-of-{store}",
        plan="enterprise",
        locations=(LocationSeed(place, "Web"),),
        items=tuple(ItemSeed(sku, levels=(LevelSeed(place, 3),)) for sku in units),
        idempotency_mode=mode,
    )


def _settings(erp_url: str, origin: str, stores: tuple[str, ...]) -> dict[str, Any]:
    return {
        "erp": {"url": erp_url},
        # After many crashes much is due at once.
        "guard": {"max_raised_share": 1, "max_zeroed_share": 1, "max_dropped_share": 1},
        "stores": {
            store: {
                "shop": f"{store}.myshopify.com",
                "admin_url": f"{origin}/{store}",
                "access_token": f"token-of-{store}",
                "mode": "live",
                "locations": {f"gid://shopify/Location/{LOCATIONS[store]}": ["NYC"]},
            }
            for store in stores
        },
    }


def _fill(it: Workshop, units: dict[str, int]) -> None:
    it.units = dict(units)
    given = "FROM json_to_recordset(CAST(:rows AS json)) AS given(sku text, units int)"
    rows = json.dumps([{"sku": sku, "units": number} for sku, number in units.items()])
    it.erp(f"INSERT INTO erp_contract.products SELECT sku, sku, true {given}", rows=rows)
    it.erp(f"INSERT INTO erp_contract.stock SELECT sku, 'NYC', units, 0, now() {given}", rows=rows)


def await_that(
    condition: Callable[[], bool], what: str, *, patience_seconds: float = PATIENCE_SECONDS
) -> None:
    """Return as soon as the condition holds; fail when it never does."""
    deadline = time.monotonic() + patience_seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.01)


def _callers(port: int) -> list[Any]:
    return [
        each
        for each in psutil.Process().net_connections("tcp")
        if each.laddr.port == port and each.status != psutil.CONN_LISTEN
    ]
