"""A receiver to measure: ``inventory-sync serve`` in a process and a home of its own.

Put here how it is started and what is found in its inbox. What is sent to it is
``bench/webhooks.py``.
"""

import json
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import create_engine, text

from inventory_sync.bench.webhooks import Target
from inventory_sync.cli.bench_stores import free_port
from inventory_sync.cli.processes import HOST, await_answer, child
from inventory_sync.receiver.app import WEBHOOK_PATH
from inventory_sync.settings.load import CONFIG_VARIABLE
from inventory_sync.wiring import DATABASE_VARIABLE, HOME_VARIABLE, Databases

SERVE: Final = "from inventory_sync.cli.app import main; main()"
_STORE: Final = "b2b-us"
_SHOP: Final = "acme-b2b.myshopify.com"
_PATIENCE_SECONDS: Final = 60


@dataclass(frozen=True)
class BenchReceiver:
    """A running receiver and the database of its inbox."""

    target: Target
    ledger_url: str

    def rows_in_inbox(self) -> int:
        """How many deliveries are on record."""
        return int(self._asked("SELECT count(*) FROM inventory_sync.inbox"))

    def fsync(self) -> str:
        """Whether PostgreSQL waits for the disk, in its own words."""
        return str(self._asked("SHOW fsync"))

    def _asked(self, query: str) -> Any:
        engine = create_engine(self.ledger_url)
        try:
            with engine.connect() as connection:
                return connection.scalar(text(query))
        finally:
            engine.dispose()


@contextmanager
def bench_receiver() -> Iterator[BenchReceiver]:
    """A receiver of one store on an embedded PostgreSQL; both are gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder, port, secret = Path(name), free_port(), secrets.token_hex(16)
        settings, log = folder / "inventory_sync.yaml", folder / "serve.log"
        settings.write_text(json.dumps(_settings(secret)), encoding="utf-8")
        environment = {
            CONFIG_VARIABLE: str(settings),
            HOME_VARIABLE: str(folder / "home"),
            DATABASE_VARIABLE: "",
        }
        command = ["-c", SERVE, "serve", "--host", HOST, "--port", str(port)]
        path = WEBHOOK_PATH.format(store=_STORE)
        with (
            Databases.of(environment).ledger_url() as ledger_url,
            log.open("wb") as output,
            child(command, environment, output.fileno()) as process,
        ):
            url = f"http://{HOST}:{port}/healthz"
            await_answer(url, process, log, patience_seconds=_PATIENCE_SECONDS)
            yield BenchReceiver(Target(HOST, port, path, _SHOP, secret.encode()), ledger_url)


def _settings(secret: str) -> dict[str, Any]:
    store = {
        "shop": _SHOP,
        "access_token": "bench-only",
        "webhook_secret": secret,
        "locations": {"gid://shopify/Location/1001": ["NYC"]},
    }
    # The ERP is never asked.
    return {"erp": {"url": "sqlite://"}, "stores": {_STORE: store}}
