"""A thousand simulated hours with crashes, lost messages, rushes: nothing that never may happen.

What must never happen is checked after every event (``simulation/checks.py``) and at rest. A seed
that fails here is repeated by ``inventory-sync simulate --seed N --hours 50``.
"""

import os
import subprocess
import sys
from dataclasses import asdict, replace
from typing import Any

import pytest
from typer.testing import CliRunner

from inventory_sync.cli.app import app
from inventory_sync.simulation import run as run_module
from inventory_sync.simulation import world
from inventory_sync.simulation.checks import Violation
from inventory_sync.simulation.company import TWO_STORES
from inventory_sync.simulation.erp import SimErp
from inventory_sync.simulation.faults import FaultRates
from inventory_sync.simulation.run import ALONE, Report, Scenario, episode
from inventory_sync.simulation.scenario import faultless_of, scenario_of
from inventory_sync.simulation.shop_model import ShopTerms
from inventory_sync.simulation.traffic import Mix
from inventory_sync.simulation.world import World

HOURS = 50.0
SEEDS = (*range(1, 20), 24)  # 20 repairs so much that it takes a minute: left to the long run


def fifty_hours(seed: int) -> Report:
    return episode(seed, replace(scenario_of(seed), hours=HOURS))


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_happens_that_must_never_happen(seed: int) -> None:
    report = fifty_hours(seed)
    assert report.violation is None, report.violation
    assert report.hours >= HOURS
    assert report.events > HOURS
    assert report.passes > 0
    assert report.faults["crash"] > 0
    assert sum(report.faults[f"webhook {fate}"] for fate in ("lost", "doubled", "late")) > 0


def test_one_store_alone_never_sells_a_unit_twice() -> None:
    """Nothing is measured as unpreventable either: here everything is preventable."""
    report = episode(1, replace(ALONE, hours=20.0))
    assert report.violation is None, report.violation
    assert report.calls > 0
    assert report.measured["oversold units within the window"] == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_without_a_fault_no_check_of_the_seven_failures_is_ever_red(seed: int) -> None:
    """A thousand such hours: ``inventory-sync simulate --faultless --hours 1000``."""
    report = episode(seed, replace(faultless_of(seed), hours=6.0))
    assert report.violation is None, report.violation
    assert (report.reconciles, report.passes > 10) == (6, True)


def test_stock_that_the_erp_changes_in_silence_is_an_alarm_within_the_hour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def silent(self: SimErp, kind: str, *about: object, **how: object) -> None:
        if kind != "stock_received":
            tell(self, kind, *about, **how)

    tell = SimErp.tell
    monkeypatch.setattr(SimErp, "tell", silent)
    receipts = Mix(receipt=300, edit_by_hand=0, draft=0)
    report = episode(1, replace(faultless_of(1), mix=receipts, hours=4.0))
    assert "A1: outdated_stock_data" in str(report.violation)


def test_edits_by_hand_are_true_alarms() -> None:
    report = episode(1, replace(faultless_of(1), mix=Mix(edit_by_hand=30), hours=3.0))
    assert report.violation is None, report.violation
    assert any(kind.startswith("true alarms") for kind in report.measured)


@pytest.mark.parametrize("replays", [True, False], ids=["replayed", "executed again"])
def test_a_repeated_idempotency_key_does_no_harm(
    monkeypatch: pytest.MonkeyPatch, replays: bool
) -> None:
    def terms(**chosen: Any) -> ShopTerms:
        return ShopTerms(**chosen | {"replays": replays})

    monkeypatch.setattr(world, "ShopTerms", terms)
    unsure = FaultRates().but(answer_lost=0.1, request_late=0.1, crash=0.005)
    report = episode(1, Scenario(hours=12.0, company=TWO_STORES, rates=unsure))
    assert report.violation is None, report.violation
    assert report.faults["answer lost"] > 0


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_a_seed_repeats_a_run_exactly_in_any_process(hash_seed: str) -> None:
    """The order of sets differs from one process to the next."""
    code = (
        "from dataclasses import asdict, replace\n"
        "from inventory_sync.simulation.run import episode\n"
        "from inventory_sync.simulation.scenario import scenario_of\n"
        "print(asdict(episode(8, replace(scenario_of(8), hours=3.0))))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == str(asdict(episode(8, replace(scenario_of(8), hours=3.0))))


def test_a_seed_repeats_a_run_exactly() -> None:
    first, again = (episode(7, replace(scenario_of(7), hours=10.0)) for _ in range(2))
    assert asdict(first) == asdict(again)


def test_another_seed_is_another_run() -> None:
    first, other = (episode(seed, replace(scenario_of(7), hours=10.0)) for seed in (7, 11))
    assert asdict(first) != asdict(other)


def test_the_command_tells_what_happened_and_how_to_repeat_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runner = CliRunner()
    good = runner.invoke(app, ["simulate", "--hours", "2", "--seed", "3"])
    assert good.exit_code == 0, good.output
    assert "Nothing happened that must never happen." in good.output

    def oversell(world: World) -> None:
        if world.events > 3:
            raise Violation("S1: sold twice")
        look(world)

    look = World.look
    monkeypatch.setattr(World, "look", oversell)
    bad = runner.invoke(app, ["simulate", "--hours", "2", "--seed", "3"])
    assert bad.exit_code == 1
    assert "S1: sold twice" in bad.output
    assert "simulate --seed 3 --hours 2" in bad.output


def test_a_run_ends_with_its_hours_or_with_the_first_violation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def one(seed: int, scenario: object) -> Report:
        return Report(hours=4.0, episodes=1, violation="S1" if seed == 12 else None, seed=seed)

    monkeypatch.setattr(run_module, "episode", one)
    scenarios = iter([scenario_of(0)] * 9)
    assert run_module.run(10.0, 1, scenarios).episodes == 3
    ended = run_module.run(40.0, 10, scenarios)
    assert (ended.episodes, ended.seed, ended.violation) == (3, 12, "S1")
