"""``status``: what the ledger knows, in a table and as JSON."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pandas as pd
import pytest
from sqlalchemy import create_engine, text

from inventory_sync.domain.publication import Decided, LevelKey, QuantityChange, SetQuantities
from inventory_sync.ledger import Ledger
from inventory_sync_tests.cli.conftest import Ended

Command = Callable[..., Ended]

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOSTILE = "RETRO\x1b[31m-CLOCK\n[bold]\u202e"


def _pass(ledger: Ledger, number: int, status: Literal["done", "refused", "failed"] | None) -> None:
    started = NOON + timedelta(minutes=number)
    ledger.begin_pass(f"pass-{number}", "full", started_at=started, code_version="0.1.0")
    if status:
        ledger.finish_pass(
            f"pass-{number}",
            status=status,
            finished_at=started + timedelta(seconds=2),
            counts={"levels": 3},
            reason=None if status == "done" else "the ERP is empty",
        )


def _find(ledger: Ledger, subjects: list[str]) -> None:
    findings = pd.DataFrame(
        {
            "subject": subjects,
            "kind": "unknown-sku",
            "severity": "warning",
            "reason": "no such SKU in the ERP",
            "value": pd.Series([None] * len(subjects), dtype="str"),
        }
    )
    ledger.record_findings("erp", findings, pass_id="pass-1", at=NOON)


def _begin_write(ledger: Ledger) -> None:
    level = LevelKey("gid://shopify/InventoryItem/1", "gid://shopify/Location/1001")
    change = QuantityChange(HOSTILE, level, 5, 7)
    ledger.prepare(
        "b2b-us",
        "pass-1",
        SetQuantities("key-1", "https://sync.example/passes/pass-1", (change,)),
        decided={level: Decided(taken_units=0, version=0, waterfall={})},
        as_of=NOON,
        created_at=NOON,
    )


def _json(ended: Ended) -> Any:
    assert ended.err == ""
    return json.loads(ended.out)


def test_an_empty_ledger_is_good(command: Command, ledger: Ledger) -> None:
    ended = command("status", "--json")
    assert ended.code == 0
    assert _json(ended) == {
        "good": True,
        "passes": [],
        "stores": [],
        "findings": [],
        "writes_without_outcome": [],
    }
    assert command("status").code == 0


@pytest.mark.parametrize(
    ("statuses", "good"),
    [
        (["done"], True),
        (["failed", "done"], True),
        (["done", "failed"], False),
        (["done", "refused"], False),
        (["failed", None], True),
    ],
    ids=str,
)
def test_the_newest_pass_decides_the_exit_code(
    command: Command,
    ledger: Ledger,
    statuses: list[Literal["done", "refused", "failed"] | None],
    good: bool,
) -> None:
    for number, status in enumerate(statuses, start=1):
        _pass(ledger, number, status)
    ended = command("status", "--json")
    assert (ended.code, _json(ended)["good"]) == (0 if good else 1, good)
    shown = command("status")
    assert shown.code == ended.code
    assert shown.out.index(f"pass-{len(statuses)}") <= shown.out.index("pass-1")


def test_a_stopped_store_is_not_good_and_says_the_way_out(command: Command, ledger: Ledger) -> None:
    _pass(ledger, 1, "done")
    ledger.set_store_state(
        "b2b-us",
        "stopped",
        pass_id="pass-1",
        at=NOON,
        reason="the token was revoked",
        way_out="install the app again",
    )
    ended = command("status", "--json")
    assert (ended.code, _json(ended)["good"]) == (1, False)
    [store] = _json(ended)["stores"]
    assert (store["reason"], store["way_out"]) == ("the token was revoked", "install the app again")
    assert datetime.fromisoformat(store["since"]) == NOON
    shown = command("status").out
    assert "the token was revoked" in shown and "install the app again" in shown


def test_json_tells_everything_and_the_table_neutralises_it(
    command: Command, ledger: Ledger
) -> None:
    _pass(ledger, 1, "done")
    _find(ledger, [HOSTILE])
    _begin_write(ledger)
    told = _json(command("status", "--json"))
    [finding], [write], [run] = told["findings"], told["writes_without_outcome"], told["passes"]
    assert (finding["subject"], finding["value"]) == (HOSTILE, None)
    assert (write["store"], write["sku"], write["quantity_units"]) == ("b2b-us", HOSTILE, 7)
    assert datetime.fromisoformat(write["created_at"]) == NOON
    assert (run["counts"], run["status"]) == ({"levels": 3}, "done")
    shown = command("status").out
    assert shown.replace("\n", "").isprintable()
    assert shown.count("RETRO?[31m-CLOCK?[bold]?") == 2
    assert "nan" not in shown


def test_many_findings_are_counted_in_the_table_and_all_in_json(
    command: Command, ledger: Ledger
) -> None:
    _find(ledger, [f"OAK-TABLE-{number:03}" for number in range(60)])
    assert len(_json(command("status", "--json"))["findings"]) == 60
    shown = command("status").out
    assert shown.count("OAK-TABLE-") == 50
    assert "... and 10 more; --json shows all." in shown


def test_times_are_utc_whatever_the_time_zone_of_the_server(
    command: Command, ledger: Ledger, database: str
) -> None:
    _pass(ledger, 0, "done")
    _begin_write(ledger)
    ledger.set_store_state("b2b-us", "ok", pass_id="pass-0", at=NOON)
    engine = create_engine(database)
    with engine.begin() as connection:
        name = engine.url.database
        connection.execute(text(f"ALTER DATABASE {name} SET timezone = 'America/New_York'"))
    engine.dispose()
    shown = command("status").out
    assert shown.count("2026-11-23 12:00") == 3
    told = _json(command("status", "--json"))
    assert told["passes"][0]["started_at"] == NOON.isoformat()
