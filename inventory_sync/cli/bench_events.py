"""``inventory-sync bench events``: from the commit of an ERP event to the mutation in each store.

Put here how the company, the stores and a stock Dagster are started, and how commits are matched
with what the stores were told. Nothing of the product's own clock is used: the ERP's client notes
the commits, the stand-in notes the writes.
"""

import os
import random
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
import yaml
from sqlalchemy import Engine, create_engine, text

from inventory_sync.cli.bench_stores import free_port
from inventory_sync.cli.dagster_ui import dagster_ui
from inventory_sync.cli.processes import HOST, await_answer, child
from inventory_sync.flow.full_pass import full_pass
from inventory_sync.flow.publish import Wishes
from inventory_sync.sandbox.company.bulk import (
    BULK_STORES,
    bulk_location,
    bulk_shops,
    bulk_sku,
    create_bulk,
)
from inventory_sync.sandbox.standin.seed import shops_to_json
from inventory_sync.settings import load_settings
from inventory_sync.settings.load import CONFIG_VARIABLE
from inventory_sync.wiring import Databases, open_parts

LOCATIONS: Final = 10
CARRIED_SKUS: Final = 500
"""Items that the stores sell; each is changed again only after all others."""

_SHARED_LOCATION: Final = bulk_location(2)  # offered by the first three stores
_DRAIN_SECONDS: Final = 15
_PATIENCE_SECONDS: Final = 90
_MOVE: Final = text(
    "insert into acme.stock_moves (kind, sku, warehouse, on_hand, document)"
    " values ('stock_adjusted', :sku, :warehouse, :units, 'BENCH')"
)


@dataclass(frozen=True)
class Latencies:
    """Seconds from each commit to the write in the last store that had to follow, sorted.

    ``missing`` counts commits that a store never followed.
    """

    seconds: list[float]
    missing: int
    commits: int

    def at(self, share: float) -> float:
        """The latency that this share of the events stays within."""
        return self.seconds[min(len(self.seconds) - 1, int(share * len(self.seconds)))]


def measure(*, sku_locations: int, per_second: float, seconds: float, mode: str) -> Latencies:
    """Build everything anew, send events at a steady rate, and match them with the writes."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        databases = Databases(folder / "home", None)
        stack.enter_context(databases.ledger_url())  # the server runs for the whole measurement
        erp_url = stack.enter_context(databases.embedded_url("bench_erp"))
        create_bulk(erp_url, skus=sku_locations // LOCATIONS, locations=LOCATIONS)
        url = stack.enter_context(_stores(folder))
        settings_file = folder / "inventory_sync.yaml"
        settings_file.write_text(yaml.safe_dump(_settings(url, mode)), encoding="utf-8")
        with open_parts(load_settings(settings_file), databases) as parts:
            full_pass(parts, Wishes(override_guard=True))
        environment = stack.enter_context(databases.dagster_environment())
        environment = {**environment, CONFIG_VARIABLE: str(settings_file)}
        stack.enter_context(dagster_ui(free_port(), environment))
        engine = create_engine(erp_url)
        stack.callback(engine.dispose)
        _await_lanes(engine, url)
        began_at = time.time()
        commits = _drive(engine, per_second=per_second, seconds=seconds)
        threading.Event().wait(_DRAIN_SECONDS)
        return _matched(commits, _writes(url, began_at))


@contextmanager
def _stores(folder: Path) -> Iterator[str]:
    port, seeds, log = free_port(), folder / "seeds.json", folder / "standin.log"
    seeds.write_text(shops_to_json(list(bulk_shops(CARRIED_SKUS))), encoding="utf-8")
    command = ["-m", "inventory_sync.sandbox.standin", "--port", str(port), "--seed", str(seeds)]
    url = f"http://{HOST}:{port}"
    with log.open("wb") as output, child(command, {}, output.fileno()) as process:
        await_answer(f"{url}/healthz", process, log, patience_seconds=_PATIENCE_SECONDS)
        yield url


def _settings(url: str, mode: str) -> dict[str, object]:
    stores = {
        store: {
            "shop": f"acme-{store}.myshopify.com",
            "admin_url": f"{url}/{store}",
            "access_token": f"sandbox-{store}",
            "mode": "live",
            # Every store offers the shared location, so each event changes all four.
            "locations": {f"gid://shopify/Location/{gid}": [_SHARED_LOCATION]},
        }
        for store, (gid, _) in BULK_STORES.items()
    }
    erp = {"url": "embedded:///bench_erp"}
    return {"erp": erp, "stores": stores, "event_mode": mode}


def _await_lanes(engine: Engine, url: str) -> None:
    """Send single events until the stores follow: then the sensors are at work."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    units = -1
    while time.monotonic() < deadline:
        began_at = time.time()
        _move(engine, CARRIED_SKUS, units)
        units = -units
        threading.Event().wait(2)
        if len(_writes(url, began_at)) == len(BULK_STORES):
            return
    raise TimeoutError("the stores do not follow the ERP; look at Dagster's log")


def _drive(engine: Engine, *, per_second: float, seconds: float) -> list[tuple[str, float]]:
    """One event after the other, each due at its time whatever became of those before."""
    rng = random.Random(7)
    order = rng.sample(range(1, CARRIED_SKUS), CARRIED_SKUS - 1)
    commits, began_at = [], time.monotonic()
    for number in range(int(per_second * seconds)):
        due_seconds = began_at + number / per_second - time.monotonic()
        if due_seconds > 0:
            threading.Event().wait(due_seconds)
        sku = order[number % len(order)]
        units = -1 if (number // len(order)) % 2 == 0 else 1
        commits.append((bulk_sku(sku), _move(engine, sku, units)))
    return commits


def _move(engine: Engine, number: int, units: int) -> float:
    """Adjust the stock of an item; the time right after the commit."""
    with engine.begin() as connection:
        connection.execute(
            _MOVE, {"sku": bulk_sku(number), "warehouse": _SHARED_LOCATION, "units": units}
        )
    return time.time()


def _writes(url: str, since: float) -> dict[str, dict[str, list[float]]]:
    """Store -> SKU -> when the store was told a new quantity, oldest first."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for store in BULK_STORES:
        history = httpx.get(f"{url}/control/{store}/history", trust_env=False, timeout=60).json()
        for group in history["history"]:
            at = datetime.fromisoformat(group["created_at"]).astimezone(UTC).timestamp()
            if at >= since:
                for change in group["changes"]:
                    if change["name"] == "available":
                        found[store][change["sku"]].append(at)
    return found


def _matched(
    commits: list[tuple[str, float]], writes: dict[str, dict[str, list[float]]]
) -> Latencies:
    """Each commit with the next write of its SKU in every store; the slowest store counts."""
    found, missing = [], 0
    for sku, committed_at in commits:
        followed = [
            next((at for at in writes[store][sku] if at >= committed_at), None)
            for store in BULK_STORES
        ]
        if None in followed:
            missing += 1
        else:
            found.append(max(at for at in followed if at is not None) - committed_at)
    return Latencies(sorted(found), missing, len(commits))


def conditions() -> str:
    """What the figures depend on."""
    return (
        f"{len(BULK_STORES)} stores, a stock Dagster daemon, stand-in and ERP on the same "
        f"{os.cpu_count()} cores, load before: {os.getloadavg()[0]:.1f}"
    )
