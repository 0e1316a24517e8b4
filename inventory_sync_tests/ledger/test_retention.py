"""What is old and built upon by nothing goes; what the present stands on stays."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from inventory_sync.domain.imports import ImportState, OrderImport
from inventory_sync.domain.publication import Applied, LevelKey, Refusal, Refused
from inventory_sync.ledger import Ledger
from inventory_sync.ledger import retention as retention_module
from inventory_sync_tests.ledger.fence_contract import adopt
from inventory_sync_tests.ledger.samples import (
    CLOCK,
    PASS,
    STORE,
    TABLE,
    call,
    line,
    minutes,
    prepare,
)

LATER = minutes(60)


def write(ledger: Ledger, number: int, key: LevelKey) -> None:
    """A write of a level that is applied in its minute."""
    known = ledger.publications(STORE).set_index("inventory_item_id")["version"]
    version = int(known[key.inventory_item_id])
    prepare(ledger, call(f"key-{number}", key), versions={key: version})
    ledger.settle(STORE, f"key-{number}", Applied(), at=minutes(number))


def intents(database: str) -> list[tuple[str, int]]:
    with create_engine(database).connect() as connection:
        rows = connection.execute(
            text("select sku, version from inventory_sync.write_intents order by sku, version")
        )
        return [tuple(row) for row in rows]


def test_the_newest_write_of_each_level_stays_however_old_it_is(
    ledger: Ledger, database: str
) -> None:
    adopt(ledger, CLOCK, TABLE)
    write(ledger, 1, CLOCK)
    write(ledger, 2, CLOCK)
    write(ledger, 3, TABLE)

    deleted = ledger.forget(before=LATER)

    assert deleted["write_intents"] == 1
    assert intents(database) == [("OAK-TABLE", 1), ("RETRO-CLOCK", 2)]


def test_what_stood_then_or_came_later_stays(ledger: Ledger, database: str) -> None:
    adopt(ledger, CLOCK)
    for minute in (1, 2, 5, 6):
        write(ledger, minute, CLOCK)

    assert ledger.forget(before=minutes(3))["write_intents"] == 1
    assert intents(database) == [("RETRO-CLOCK", number) for number in (2, 3, 4)]


def test_writes_that_were_never_applied_go_although_none_was_since(
    ledger: Ledger, database: str
) -> None:
    adopt(ledger, CLOCK)
    refusal = Refused({0: Refusal("INVALID_LOCATION", "closed")})
    for number in (1, 2, 3):
        prepare(ledger, call(f"key-{number}", CLOCK), versions={CLOCK: 0})
        ledger.settle(STORE, f"key-{number}", refusal, at=minutes(number))

    assert ledger.forget(before=LATER)["write_intents"] == 2
    assert intents(database) == [("RETRO-CLOCK", 3)]


def test_an_open_write_stays_and_so_does_the_version_count(ledger: Ledger, database: str) -> None:
    adopt(ledger, CLOCK)
    write(ledger, 1, CLOCK)
    prepare(ledger, call("key-2", CLOCK), versions={CLOCK: 1})

    ledger.forget(before=LATER)

    assert intents(database) == [("RETRO-CLOCK", 1), ("RETRO-CLOCK", 2)], "one is the base"


def test_more_rows_than_one_transaction_deletes_all_go(
    ledger: Ledger, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention_module, "_AT_MOST", 2)
    adopt(ledger, CLOCK)
    for number in range(1, 7):
        write(ledger, number, CLOCK)

    assert ledger.forget(before=LATER)["write_intents"] == 5
    assert intents(database) == [("RETRO-CLOCK", 6)]


def test_the_newest_good_pass_stays_with_what_it_has_read(ledger: Ledger) -> None:
    for number in (1, 2, 3):
        ledger.begin_pass(f"{PASS}-{number}", "full", started_at=minutes(number), code_version="1")
        status = "failed" if number == 3 else "done"
        ledger.finish_pass(
            f"{PASS}-{number}", status=status, finished_at=minutes(number), counts={}
        )

    assert ledger.forget(before=LATER)["passes"] == 1
    assert list(ledger.last_passes(9)["pass_id"]) == [f"{PASS}-3", f"{PASS}-2"]


@pytest.mark.parametrize("state", ["theirs", "closed"])
@pytest.mark.parametrize(("to_ship", "deleted"), [(1, 0), (0, 1), (None, 1)])
def test_the_import_of_a_line_stays_while_it_is_to_be_shipped(
    ledger: Ledger, state: ImportState, to_ship: int | None, deleted: int
) -> None:
    """Without it the line would be brought into the ERP as a new one."""
    one = line(to_ship_units=to_ship)
    ledger.record_order_lines(STORE, [one], read_at=minutes(0))
    over = OrderImport(STORE, one.order_id, one.line_id, one.order_name, state, minutes(0))
    ledger.save_import(over)
    assert ledger.forget(before=minutes(0))["order_imports"] == 0
    assert ledger.forget(before=LATER)["order_imports"] == deleted


def test_of_dagster_s_reports_the_newest_of_each_asset_stays(ledger: Ledger, database: str) -> None:
    assert ledger.forget_dagster_events(before=LATER) == {}, "there is no Dagster here"
    old = datetime(2026, 1, 1, tzinfo=UTC)
    with create_engine(database).begin() as connection:
        connection.execute(
            text("""
                create table event_logs (id bigserial primary key, run_id text, asset_key text,
                    dagster_event_type text, timestamp timestamp);
                create table asset_check_executions (id bigserial primary key, run_id text,
                    asset_key text, check_name text, create_timestamp timestamp)""")
        )
        for run_id, asset, days in (("", "a", 0), ("", "a", 1), ("", "b", 0), ("run", "a", 0)):
            connection.execute(
                text("""insert into event_logs (run_id, asset_key, dagster_event_type, timestamp)
                    values (:run_id, :asset, 'ASSET_MATERIALIZATION', :at)"""),
                {"run_id": run_id, "asset": asset, "at": old + timedelta(days=days)},
            )
            connection.execute(
                text("""insert into asset_check_executions
                    (run_id, asset_key, check_name, create_timestamp)
                    values (:run_id, :asset, 'is_right', :at)"""),
                {"run_id": run_id, "asset": asset, "at": old + timedelta(days=days)},
            )

    assert ledger.forget_dagster_events(before=old + timedelta(days=30)) == {
        "event_logs": 2,
        "asset_check_executions": 2,
    }
    assert ledger.forget_dagster_events(before=old + timedelta(days=30)) == {
        "event_logs": 0,
        "asset_check_executions": 0,
    }
