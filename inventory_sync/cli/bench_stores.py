"""Stores to measure with: Shopify stand-ins of several plans, in a process of their own.

Put here how they are filled, started and asked. What is measured is ``bench/publish.py``.
"""

import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from inventory_sync.bench.publish import ERP_LOCATION, StoreCount, sku_of
from inventory_sync.cli.processes import HOST, await_answer, child
from inventory_sync.sandbox.standin.seed import (
    ItemSeed,
    LevelSeed,
    LocationSeed,
    Plan,
    ShopSeed,
    shops_to_json,
)
from inventory_sync.settings import Settings

_LOCATION: Final = 1001
_TOKEN: Final = "bench-only"
_PATIENCE_SECONDS: Final = 60


@dataclass(frozen=True)
class BenchStores:
    """Running stores, one per plan and named like it, and the settings that lead to them."""

    settings: Settings
    url: str

    def count(self, store: str) -> StoreCount:
        """What the store has counted so far."""
        answer = httpx.get(f"{self.url}/control/{store}/statistics", trust_env=False)
        counted: dict[str, Any] = answer.raise_for_status().json()
        return StoreCount(
            calls=sum(counted["requests"].values()),
            points_spent=counted["points_spent"],
            throttled=counted["throttled"],
            throttled_in_a_row=counted["max_throttled_in_a_row"],
            bucket_points=counted["bucket"]["maximumAvailable"],
            restore_points_per_second=counted["bucket"]["restoreRate"],
        )


@contextmanager
def bench_stores(plans: Sequence[Plan], levels: int) -> Iterator[BenchStores]:
    """Stores that show 1 of each SKU at one location; stopped afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        seeds, log = folder / "seeds.json", folder / "standin.log"
        seeds.write_text(shops_to_json([_seed(plan, levels) for plan in plans]), encoding="utf-8")
        command = ["-m", "inventory_sync.sandbox.standin", "--port", str(port)]
        command += ["--seed", str(seeds)]
        url = f"http://{HOST}:{port}"
        with log.open("wb") as output, child(command, {}, output.fileno()) as process:
            await_answer(f"{url}/healthz", process, log, patience_seconds=_PATIENCE_SECONDS)
            yield BenchStores(_settings(plans, url), url)


def _seed(plan: Plan, levels: int) -> ShopSeed:
    return ShopSeed(
        handle=plan,
        myshopify_domain=f"{plan}.myshopify.com",
        access_token=_TOKEN,
        plan=plan,
        locations=(LocationSeed(_LOCATION, "Web"),),
        items=tuple(
            ItemSeed(sku_of(number), levels=(LevelSeed(_LOCATION, 1),)) for number in range(levels)
        ),
    )


def _settings(plans: Sequence[Plan], url: str) -> Settings:
    stores = {
        plan: {
            "shop": f"{plan}.myshopify.com",
            "admin_url": f"{url}/{plan}",
            "access_token": _TOKEN,
            "mode": "live",
            "locations": {f"gid://shopify/Location/{_LOCATION}": [ERP_LOCATION]},
        }
        for plan in plans
    }
    # The ERP is made up by the bench; this one is never asked.
    return Settings.model_validate({"erp": {"url": "sqlite://"}, "stores": stores})


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
