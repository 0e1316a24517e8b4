"""``status``: what the ledger knows, in a table and as JSON."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pandas as pd
import pytest
from sqlalchemy import create_engine, text

from inventory_sync.domain.publication import Decided, LevelKey, QuantityChange, SetQuantities
from inventory_sync.domain.stops import (
    EVERY_STORE,
    Objection,
    PlannedChange,
    StoppedPass,
    Tally,
)
from inventory_sync.flow.imports import IMPORTS_SCOPE
from inventory_sync.ledger import Ledger
from inventory_sync_tests.cli.conftest import Ended
from inventory_sync_tests.ledger.samples import hint

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


def _find(ledger: Ledger, subjects: list[str], scope: str = "erp") -> None:
    findings = pd.DataFrame(
        {
            "subject": subjects,
            "kind": "unknown-sku",
            "severity": "warning",
            "reason": "no such SKU in the ERP",
            "value": pd.Series([None] * len(subjects), dtype="str"),
        }
    )
    ledger.record_findings(scope, findings, pass_id="pass-1", at=NOON)


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
        "stopped_passes": [],
        "webhooks_set_aside": [],
    }
    assert command("status").code == 0


def test_webhooks_that_were_given_up_are_shown_with_their_reason(
    command: Command, ledger: Ledger
) -> None:
    reason = f"no order is named in {HOSTILE}"
    hints = [hint(number, dead_reason=reason) for number in range(22)]
    ledger.receive(hints)
    found = _json(command("status", "--json"))
    assert found["good"]
    assert {each["webhook_id"] for each in found["webhooks_set_aside"]} == {
        each.webhook_id for each in hints
    }
    shown = command("status").out
    assert "Webhooks set aside (22" in shown
    assert "no order is named" in shown
    assert "\x1b[31m" not in shown
    assert "... and 2 more" in shown


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


def test_orders_that_are_imported_no_longer_are_nothing_to_mend(
    command: Command, ledger: Ledger
) -> None:
    _find(ledger, ["#1007 gid://shopify/LineItem/71"], IMPORTS_SCOPE)
    assert _json(command("status", "--json"))["findings"] == []
    assert "#1007" not in command("status").out


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


def _stop(ledger: Ledger, store: str = "b2b-us") -> None:
    changes = tuple(
        PlannedChange(
            f"{HOSTILE}-{number:02}",
            "gid://shopify/Location/1001",
            500 - number,
            0,
            {"atp_micros": -1_500_000, "in_flight_micros": 0},
        )
        for number in range(25)
    )
    ledger.keep_stop(
        StoppedPass(
            "pass-7",
            store,
            NOON,
            (Objection("zeroed", "it would set to zero 25 of 90 levels, more than 20%", 25),),
            tally=Tally(zeroed=25, dropped=25),
            levels=90,
            changed_levels=25,
            changes=changes,
        )
    )


class TestAStoppedPass:
    def test_it_is_shown_as_a_diff_with_what_to_do(self, command: Command, ledger: Ledger) -> None:
        _stop(ledger)
        ended = command("status")
        assert ended.code == 1
        shown = " ".join(ended.out.split())
        assert "The plan of b2b-us in pass pass-7 waits for you: it would set to zero 25" in shown
        assert "25 of 90 levels would change: 25 to zero, 0 up, 25 down" in shown
        assert "500 0 -500 -1.5 0" in shown
        assert "... and 5 more." in shown
        assert "`inventory-sync approve pass-7`" in shown
        assert ended.out.replace("\n", "").isprintable()

    def test_json_tells_all_of_it(self, command: Command, ledger: Ledger) -> None:
        _stop(ledger)
        (stop,) = _json(command("status", "--json"))["stopped_passes"]
        assert (stop["pass_id"], stop["tally"]["zeroed"], len(stop["changes"])) == (
            "pass-7",
            25,
            25,
        )
        assert datetime.fromisoformat(stop["stopped_at"]) == NOON

    def test_it_can_be_refused_but_only_while_it_stands(
        self, command: Command, ledger: Ledger
    ) -> None:
        _stop(ledger, EVERY_STORE)
        ended = command("refuse", "pass-7", "--by", "anna")
        assert (ended.code, ended.out.startswith("the ERP: refused.")) == (0, True)
        assert "was refused and is stopped" in command("status").out
        ledger.expire_stop(EVERY_STORE, at=NOON)
        late = command("refuse", "pass-7")
        assert (late.code, "it was refused by anna" in late.err) == (1, True)

    @pytest.mark.parametrize("words", [("approve",), ("refuse",)])
    def test_a_pass_that_was_not_stopped_cannot_be_decided(
        self, command: Command, ledger: Ledger, words: tuple[str, ...]
    ) -> None:
        _stop(ledger)
        for rest in (("pass-8",), ("pass-7", "--store", "b2c-eu")):
            ended = command(*words, *rest)
            assert ended.code == 1
            assert "The guard has not stopped a pass pass-" in ended.err


class TestRollback:
    def test_a_time_that_is_none_is_refused(self, command: Command, ledger: Ledger) -> None:
        ended = command("rollback", "--to", "yesterday")
        assert ended.code == 1
        assert "yesterday is neither a time such as" in ended.err

    @pytest.mark.parametrize("to", ["pass-1", "2026-11-23T12:01", "2026-11-23T07:01-05:00"])
    def test_where_nothing_was_written_there_is_nothing_to_undo(
        self, command: Command, ledger: Ledger, to: str
    ) -> None:
        _pass(ledger, 1, "done")
        _begin_write(ledger)
        ended = command("rollback", "--to", to, "--yes")
        assert ended.code == 1
        assert f"Nothing was written since {to}" in ended.err

    def test_json_does_not_ask(self, command: Command, ledger: Ledger) -> None:
        assert command("rollback", "--json").code == 2
