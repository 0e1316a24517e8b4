"""The demo in motion: a receiver, webhooks, seeded traffic, and what comes of it, live.

Put here what runs while the UI is open, and the figures that are shown of it. The traffic itself is
``sandbox/traffic.py``.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
import numpy as np
from rich.live import Live
from rich.table import Table

from inventory_sync.cli.bench_receiver import SERVE
from inventory_sync.cli.processes import await_answer, child, free_port_or_fail
from inventory_sync.cli.sandbox import Sandbox
from inventory_sync.cli.show import console
from inventory_sync.domain.publication import LEVEL
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.subscriptions import install
from inventory_sync.ledger import Ledger
from inventory_sync.sandbox.company.demo_orders import SHOP_OF_STORE
from inventory_sync.sandbox.traffic import Traffic
from inventory_sync.settings import Settings

CONTAINER_AFTER_SECONDS: Final = 60
_SEED: Final = 7
_SHOW_EVERY_SECONDS: Final = 2.0
_DRIFT_AFTER_SECONDS: Final = 20.0
"""A level that shows something else than explained for so long has drifted; before, a webhook or a
write may be under way."""
_PATIENCE_SECONDS: Final = 60


@contextmanager
def receiver(
    settings: Settings, environment: Mapping[str, str], folder: Path, parts: Parts
) -> Iterator[None]:
    """The receiver of webhooks in a process of its own, with every store subscribed to it."""
    place, log = settings.receiver, folder / "serve.log"
    free_port_or_fail(place.port, "the receiver of webhooks", "stop what listens there")
    with (
        log.open("wb") as output,
        child(["-c", SERVE, "serve"], environment, output.fileno()) as process,
    ):
        url = f"http://{place.host}:{place.port}/healthz"
        await_answer(url, process, log, patience_seconds=_PATIENCE_SECONDS)
        for storefront in parts.storefronts.values():
            install(storefront, place.public_url or f"http://{place.host}:{place.port}")
        yield


def show_traffic(
    parts: Parts, ledger: Ledger, sandbox: Sandbox, control_url: str, stop: threading.Event
) -> None:
    """Let the traffic run and show what comes of it, until ``stop`` is set or Ctrl-C."""
    began_at = datetime.now(UTC)
    traffic = Traffic(
        _SEED,
        sandbox.stories_per_minute,
        market=sandbox.market,
        control_url=control_url,
        office=sandbox.office,
    )
    traffic.order_container(after_seconds=CONTAINER_AFTER_SECONDS)
    thread = threading.Thread(target=traffic.run, args=(stop,), name="traffic", daemon=True)
    drift = _Drift(parts, control_url)
    with ExitStack() as stack:
        stack.callback(thread.join)
        stack.callback(stop.set)
        live = stack.enter_context(Live(console=console, auto_refresh=False))
        thread.start()
        while not stop.wait(_SHOW_EVERY_SECONDS):
            oversold = sum(each.units for each in traffic.oversold())
            live.update(
                _table(ledger, began_at, dict(traffic.counts), oversold, drift.count()),
                refresh=True,
            )


def _table(
    ledger: Ledger, began_at: datetime, counts: Mapping[str, int], oversold: float, drifted: int
) -> Table:
    passes = ledger.last_passes(500)
    mine = passes[(passes["kind"] == "event") & (passes["started_at"] >= began_at)]
    told = [found["latency_ms"] for found in mine["counts"].dropna() if "latency_ms" in found]
    table = Table(title="Live: event passes since the traffic began", title_justify="left")
    for name in ("event passes", "p50 ms", "p95 ms", "max ms", "online orders", "refused",
                 "oversold units", "levels adrift"):  # fmt: skip
        table.add_column(name, justify="right")
    shares = [f"{np.percentile(told, share):.0f}" for share in (50, 95, 100)] if told else ["-"] * 3
    orders = [str(counts.get(f"online {what}", 0)) for what in ("accepted", "refused")]
    table.add_row(str(len(mine)), *shares, *orders, f"{oversold:g}", str(drifted))
    return table


class _Drift:
    """Counts levels that show something unexplained for longer than a message needs."""

    def __init__(self, parts: Parts, control_url: str) -> None:
        self._parts = parts
        self._control_url = control_url
        self._since: dict[tuple[str, str, str], float] = {}

    def count(self) -> int:
        """How many levels have drifted now."""
        now = time.monotonic()
        strange = set().union(*(self._unexplained(store) for store in self._parts.policies))
        self._since = {level: self._since.get(level, now) for level in strange}
        return sum(now - since > _DRIFT_AFTER_SECONDS for since in self._since.values())

    def _unexplained(self, store: str) -> set[tuple[str, str, str]]:
        shown = self._shown(store)
        rows = self._parts.ledger.publications(store)
        taken = self._parts.ledger.taken_units(store)
        rows = rows.merge(
            taken.rename(columns={"taken_units": "taken_now_units"}), how="left", on=LEVEL
        )
        since = rows["taken_now_units"].fillna(0) - rows["taken_units"]
        explained = (rows["quantity_units"] - since).tolist()
        keys = zip(rows[LEVEL[0]], rows[LEVEL[1]], explained, strict=True)
        return {
            (store, item, location)
            for item, location, units in keys
            if (item, location) in shown and shown[item, location] != units
        }

    def _shown(self, store: str) -> dict[tuple[str, str], int]:
        url = f"{self._control_url}/{SHOP_OF_STORE[store]}/state"
        items = httpx.get(url, trust_env=False, timeout=30).raise_for_status().json()["items"]
        return {
            (item["gid"], f"gid://shopify/Location/{level['location_id']}"): level["available"]
            for item in items
            for level in item["levels"]
        }
