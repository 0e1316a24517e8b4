"""The receiver as a process on its embedded PostgreSQL: what it has answered is on disk."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy import create_engine, text

from inventory_sync.receiver.verify import sign
from inventory_sync.settings.load import CONFIG_VARIABLE
from inventory_sync.wiring import DATABASE_VARIABLE, HOME_VARIABLE, Databases
from inventory_sync_tests.endtoend.stage import run_sql

COMMAND = Path(sys.executable).with_name("inventory-sync")
SECRET = b"canary-secret-of-the-app"
SHOP = "acme-b2b.myshopify.com"
SETTINGS = {
    "erp": {"url": "sqlite://"},
    "stores": {
        "b2b-us": {
            "shop": SHOP,
            "access_token": "canary-token",
            "webhook_secret": SECRET.decode(),
            "locations": {"gid://shopify/Location/1001": ["NYC"]},
        },
        "b2c-us": {
            "shop": "acme-shop.myshopify.com",
            "access_token": "canary-token-2",
            "locations": {"gid://shopify/Location/2001": ["NYC"]},
        },
    },
}
FIRST_ORDER = 5_000_000_000_001
PATIENCE_SECONDS = 60


@dataclass
class Serving:
    """A running ``inventory-sync serve``."""

    process: subprocess.Popen[str]
    announced: list[str]
    client: httpx.Client

    @property
    def url(self) -> str:
        return self.announced[0].split()[1]

    def deliver(self, body: bytes, webhook_id: str, topic: str = "orders/create") -> int:
        """Send one signed delivery; the status of its answer."""
        headers = {
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": SHOP,
            "X-Shopify-Webhook-Id": webhook_id,
            "X-Shopify-Hmac-Sha256": sign(body, SECRET).decode(),
        }
        url = f"{self.url}/webhooks/shopify/b2b-us"
        return self.client.post(url, content=body, headers=headers).status_code


@dataclass
class Home:
    """A folder with settings, an embedded PostgreSQL, and the log of what ran there."""

    folder: Path
    ledger_url: str

    @contextmanager
    def serving(self) -> Iterator[Serving]:
        """The receiver, listening; killed at the end if it still runs."""
        environment = {
            CONFIG_VARIABLE: str(self.folder / "inventory_sync.yaml"),
            HOME_VARIABLE: str(self.folder / "home"),
            DATABASE_VARIABLE: "",
        }
        with (self.folder / "serve.log").open("a") as log:
            process = subprocess.Popen(
                [COMMAND, "serve", "--port", "0"],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert process.stdout is not None
        try:
            with httpx.Client(trust_env=False, timeout=PATIENCE_SECONDS) as client:
                announced = [process.stdout.readline() for _ in range(3)]
                yield Serving(process, announced, client)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    def inbox(self) -> dict[str, list[str]]:
        """The ids of each delivery, by its webhook id."""
        rows = run_sql(self.ledger_url, "SELECT webhook_id, ids FROM inventory_sync.inbox")
        assert len(dict(rows)) == len(rows)
        return {webhook_id: list(ids) for webhook_id, ids in rows}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    (tmp_path / "inventory_sync.yaml").write_text(yaml.safe_dump(SETTINGS))
    with Databases(tmp_path / "home", None).ledger_url() as ledger_url:
        yield Home(tmp_path, ledger_url)


def order(number: int, **other: Any) -> bytes:
    gid = f"gid://shopify/Order/{FIRST_ORDER + number}"
    return json.dumps({"admin_graphql_api_id": gid, "name": f"#{number}"} | other).encode()


def test_it_says_where_it_listens_and_for_whom(home: Home) -> None:
    with home.serving() as it:
        assert it.url.startswith("http://127.0.0.1:")
        assert it.announced[1:] == [
            f"b2b-us: {it.url}/webhooks/shopify/b2b-us\n",
            "b2c-us: not served, for it has no webhook_secret\n",
        ]
        assert it.client.get(f"{it.url}/healthz").text == "ok\n"
        unserved = f"{it.url}/webhooks/shopify/b2c-us"
        assert it.client.post(unserved, content=b"{}").status_code == 404


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_good_order(home: Home, ending: signal.Signals) -> None:
    with home.serving() as it:
        assert it.deliver(order(1), "w1") == 200
        it.process.send_signal(ending)
        assert it.process.wait(PATIENCE_SECONDS) == 0
    assert list(home.inbox()) == ["w1"]
    assert (home.folder / "serve.log").read_text() == ""


@pytest.mark.parametrize("answers", [1, 60])
def test_whatever_was_answered_is_in_the_inbox_after_kill_9(home: Home, answers: int) -> None:
    """Sixteen senders at once; the receiver is killed at some answer, in the middle of others."""
    answered: list[int] = []
    with home.serving() as it:

        def deliver(number: int) -> None:
            try:
                status = it.deliver(order(number), f"w{number}")
            except httpx.TransportError:
                return  # it was killed meanwhile: whoever sends does not know
            assert status == 200
            answered.append(number)
            if len(answered) == answers:
                it.process.kill()

        with ThreadPoolExecutor(16) as senders:
            list(senders.map(deliver, range(200)))
    kept = home.inbox()
    assert len(answered) >= answers
    assert {f"w{number}" for number in answered} <= set(kept)
    for webhook_id, ids in kept.items():
        assert ids == [f"gid://shopify/Order/{FIRST_ORDER + int(webhook_id[1:])}"]


def test_what_was_not_answered_is_sent_again_and_there_once(home: Home) -> None:
    with home.serving() as it, ThreadPoolExecutor(8) as senders:
        killer = threading.Timer(0, it.process.kill)
        sent = [senders.submit(it.deliver, order(n), f"w{n}") for n in range(40)]
        killer.start()
    unknown = [n for n, one in enumerate(sent) if one.exception() or one.result() != 200]
    with home.serving() as it:
        assert [it.deliver(order(n), f"w{n}") for n in unknown] == [200] * len(unknown)
    assert sorted(home.inbox()) == sorted(f"w{n}" for n in range(40))


def test_planted_personal_data_and_secrets_are_nowhere(home: Home) -> None:
    person = {
        "first_name": "Canary",
        "phone": "+1-555-CANARY",
        "address1": "1 Canary Row",
        "email": "canary@example.com",
    }
    body = order(1, email=person["email"], note="canary", customer=person, billing_address=person)
    with home.serving() as it:
        assert it.deliver(body, "w1") == 200
        assert it.deliver(body[:-10], "w2") == 200
        assert it.deliver(body, "w3", topic="customers/teleported") == 200
        assert it.deliver(body, "w4", topic="customers/redact") == 200
        metrics = it.client.get(f"{it.url}/metrics").text
        it.process.terminate()
        assert it.process.stdout is not None
        said = it.process.stdout.read()
    log = (home.folder / "serve.log").read_text()
    assert log.count("dead_letter") == 2
    dump = _dump(home.ledger_url)
    assert "w1" in dump
    assert "canary" not in (dump + log + said + metrics).lower()


def _dump(url: str) -> str:
    """Every row of every table of the ledger, as text."""
    engine = create_engine(url)
    with engine.connect() as connection:
        tables = connection.scalars(
            text(
                "SELECT table_name FROM information_schema.tables"
                " WHERE table_schema = 'inventory_sync'"
            )
        )
        queries = [f"SELECT to_jsonb(t)::text FROM inventory_sync.{table} t" for table in tables]
        rows = [row for query in queries for row in connection.scalars(text(query))]
    engine.dispose()
    return "\n".join(rows)
