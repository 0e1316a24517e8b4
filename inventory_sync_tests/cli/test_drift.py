"""What ``reconcile`` and ``drift`` print, and what their exit codes say."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from inventory_sync.cli import drift, reconcile
from inventory_sync.domain.drift import Cause, differences
from inventory_sync.flow.parts import Parts
from inventory_sync.ledger import Ledger, connect
from inventory_sync.settings import load_settings
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync_tests.flow.world import World, build_world


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Two stores that show 20 of everything, behind the command."""
    it = build_world(MemoryLedger())
    it.run()

    @contextmanager
    def opened(settings: object) -> Iterator[Parts]:
        it.now += timedelta(minutes=30)
        yield it.parts

    monkeypatch.setattr(reconcile, "open_parts", opened)
    monkeypatch.setattr(reconcile, "load_settings", lambda: load_settings(None))
    return it


def test_reconcile_prints_causes_checks_and_what_was_repaired(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.stores["b2b"].edit(world.key("b2b"), 90)
    assert reconcile.run_reconcile(repair=True, as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    (row,) = told["stores"]["b2b"]["differences"]
    assert (row["sku"], row["cause"], row["is_repaired"]) == ("OAK-TABLE", "foreign_edit", True)
    failed = [each["name"] for each in told["stores"]["b2b"]["checks"] if not each["passed"]]
    assert failed == ["customer_confusion"]
    assert reconcile.run_reconcile(repair=False, as_json=False) == 0
    shown = capsys.readouterr().out
    assert "b2b: 0 of 3 levels differ" in shown
    assert "The seven failures" in shown


def test_reconcile_says_what_to_do(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.stores["b2b"].edit(world.key("b2b"), 15)
    assert reconcile.run_reconcile(repair=False, as_json=False) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "unexplained_decrease" in shown
    assert "sync --trust-observed" in shown


def test_drift_shows_what_is_open_and_the_figures_of_each_store(
    database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def opened(databases: object) -> Iterator[Ledger]:
        ledger = connect(database)
        yield ledger
        ledger.close()

    monkeypatch.setattr(drift, "open_ledger", opened)
    assert drift.show_drift(7, as_json=False) == 0
    assert "run `inventory-sync reconcile`" in capsys.readouterr().out

    found = differences(
        subject=["OAK-TABLE @ gid"], sku=["OAK-TABLE"], store_location_id=["gid"],
        cause=[Cause.FOREIGN_EDIT], shown_units=[90], explained_units=[20], wanted_units=[20],
    )  # fmt: skip
    with opened(None) as ledger:
        at = datetime.now(UTC)
        ledger.record_drift("b2b-us", found, levels=500, pass_id="pass-1", at=at)
    assert drift.show_drift(7, as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["stores"][0]["found_per_1000"] == 2
    assert told["open"][0]["owner"] == "store staff"
    assert drift.show_drift(7, as_json=False) == 1
    assert "foreign_edit" in capsys.readouterr().out
