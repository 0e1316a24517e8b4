"""Planted secrets and customers, searched for in everything that the product leaves behind.

After runs that go well and runs that fail: both schemas of the database (the ledger's and
Dagster's, with event log and run config), all files of the home folder (compute logs, frames,
settings of Dagster), the terminal, and the pages of the receiver.
"""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import dagster as dg
import httpx
import pandas as pd
import pytest

from inventory_sync.cli.serve import answer, explained, pages, store_secrets
from inventory_sync.receiver.app import build_app
from inventory_sync.receiver.verify import sign
from inventory_sync.settings import load_settings
from inventory_sync.settings.load import CONFIG_VARIABLE
from inventory_sync.wiring import (
    DATABASE_VARIABLE,
    HOME_VARIABLE,
    Databases,
    open_ledger,
    open_parts,
)
from inventory_sync_tests.defs.play import run_full_sync
from inventory_sync_tests.endtoend.stage import run_sql
from inventory_sync_tests.endtoend.test_secrets import (
    SECRETS,
    WEBHOOK_SECRET,
    WRONG_TOKEN,
    Scene,
    guarded_server,
    scene,
)
from inventory_sync_tests.receiver.deliveries import TestClient

__all__ = ["guarded_server", "scene"]

PERSON = {
    "first_name": "Canary",
    "email": "canary@example.com",
    "phone": "+1-555-CANARY",
    "address1": "1 Canary Row",
}
SHOP = "b2b-us.myshopify.com"
PUBLISHED = "stores/b2b-us/published_quantities"


@pytest.fixture
def at_home(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[Databases]:
    """The scene with Dagster's own memory on disk and in the database, as in production."""
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda policy, attempt: 0)
    home = scene.it.folder / "home"
    monkeypatch.setenv(CONFIG_VARIABLE, str(scene.it.settings_file))
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    monkeypatch.setenv(DATABASE_VARIABLE, scene.ledger_url)
    databases = Databases.of()
    with databases.dagster_environment() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield databases


def plant_customers(scene: Scene) -> None:
    """The ERP's tables hold more than the contract asks for; one row of them cannot be right."""
    for column, value in PERSON.items():
        scene.it.erp(
            f"ALTER TABLE erp_contract.commitments ADD COLUMN {column} text DEFAULT '{value}'"
        )
    for number, quantity in enumerate((2, -1)):
        scene.it.erp(
            "INSERT INTO erp_contract.commitments (commitment_id, order_id, sku, location,"
            " quantity, kind, updated_at) VALUES (:id, 'SO-1', 'SKU-0001', 'NYC', :quantity,"
            " 'order', now())",
            id=f"C-{number}",
            quantity=quantity,
        )


def read_pages(databases: Databases) -> str:
    """Deliver webhooks about a customer, then read every page of the receiver."""
    settings, now = load_settings(), lambda: datetime.now(UTC)
    with open_parts(settings, databases) as parts, open_ledger(databases) as ledger:
        app = build_app(
            store_secrets(settings.stores),
            ledger.receive,
            now=now,
            check=lambda: None,
            ask=partial(answer, parts),
            pages=pages(settings.receiver, partial(explained, parts, ledger)),
        )
        with TestClient(app, client=("127.0.0.1", 1)) as client:
            answers = [deliver(client, "w1"), deliver(client, "w2", cut=10)]
            paths = ("/metrics", "/healthz", "/explain/SKU-0001", "/explain/NOT-A-SKU")
            answers += [client.get(path, headers={"host": "127.0.0.1"}) for path in paths]
    assert [each.status_code for each in answers[:5]] == [200] * 5
    assert "SKU-0001" in answers[4].text
    return "\n".join(each.text for each in answers)


def deliver(client: TestClient, webhook_id: str, *, cut: int = 0) -> httpx.Response:
    """A signed delivery full of personal data; cut short, it is kept as a dead letter."""
    order = {"admin_graphql_api_id": "gid://shopify/Order/1", "customer": PERSON, "note": "canary"}
    body = json.dumps(order | PERSON).encode()
    body = body[: len(body) - cut]
    headers = {
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Shop-Domain": SHOP,
        "X-Shopify-Webhook-Id": webhook_id,
        "X-Shopify-Hmac-Sha256": sign(body, WEBHOOK_SECRET.encode()).decode(),
    }
    return client.post("/webhooks/shopify/b2b-us", content=body, headers=headers)


def dump(url: str) -> dict[str, str]:
    """Every row of every table of the database as text, by table."""
    tables = run_sql(
        url,
        "SELECT table_schema || '.' || table_name FROM information_schema.tables"
        " WHERE table_schema IN ('public', 'inventory_sync') AND table_type = 'BASE TABLE'",
    )
    return {
        table: "\n".join(row for (row,) in run_sql(url, f"SELECT to_jsonb(t)::text FROM {table} t"))
        for (table,) in tables
    }


def files(folder: Path, *, but: Path) -> dict[str, str]:
    """Every file that was written there as text; frames as the values that they hold."""
    return {
        str(file.relative_to(folder)): pd.read_parquet(file).to_csv()
        if file.suffix == ".parquet"
        else file.read_text(errors="replace")
        for file in folder.rglob("*")
        if file.is_file() and file != but
    }


def test_planted_secrets_and_customers_are_nowhere(
    scene: Scene, at_home: Databases, capfd: pytest.CaptureFixture[str]
) -> None:
    plant_customers(scene)
    with dg.DagsterInstance.get() as instance:
        assert run_full_sync(scene.it, instance=instance).result.success
        told = {"go-live": scene.command("doctor", "--go-live")[1]}
        told["pages"] = read_pages(at_home)
        scene.settings(token=WRONG_TOKEN)
        failed = run_full_sync(scene.it, assets=[PUBLISHED], instance=instance)
        assert not failed.result.success
        told["status"] = scene.command("status")[1]
    told["terminal"] = "".join(capfd.readouterr())

    found = told | dump(scene.it.ledger_url) | files(scene.it.folder, but=scene.it.settings_file)

    assert {name for name, text in found.items() if SECRETS.search(text)} == set()
    assert "SKU-0001" in found["inventory_sync.publications"]
    assert "go_live.owners.holds" in "".join(told["go-live"].split())
    assert "PIPELINE_FAILURE" in found["public.event_logs"]
    assert "run_config" in found["public.runs"]
    assert "dead_reason" in found["inventory_sync.inbox"]
    assert any("quarantined_rows" in name for name in found), "the wrong row was kept"
    assert any(name.endswith(".err") and text for name, text in found.items()), "compute logs"


def test_what_the_search_would_find() -> None:
    assert SECRETS.search(os.linesep.join(PERSON.values()))
