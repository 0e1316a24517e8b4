"""The job reconcile on the real graph: what is injected turns its check red, a repair green."""

from typing import Any

import dagster as dg
import pytest

from inventory_sync.domain.failures import JUDGES
from inventory_sync.sandbox.standin.foreign import LevelEdit, edit_level
from inventory_sync_tests.defs.conftest import Premiere
from inventory_sync_tests.defs.play import Run, definitions_of, shown
from inventory_sync_tests.endtoend.stage import Stage

pytestmark = pytest.mark.xdist_group("acme-reconcile")

CLOCK, NYC = "RETRO-CLOCK-RED", 1001
SEVEN = {judge.__name__ for judge in JUDGES}


def reconcile(stage: Stage, *, repair: bool = False) -> tuple[dict[str, set[str]], list[Any]]:
    """Run the job: the checks that are red now, by store, and the differences of b2b-us.

    Holds of the demo company are as old as its seed: how long they wait is not looked at here.
    """
    definitions = definitions_of(stage)
    with dg.DagsterInstance.ephemeral() as instance:
        job = definitions.resolve_job_def("reconcile")
        config = {"ops": {"compare_stores": {"config": {"repair": repair}}}}
        result = job.execute_in_process(instance=instance, run_config=config)
        keys = definitions.resolve_asset_graph().asset_check_keys
        records = instance.event_log_storage.get_latest_asset_check_execution_by_key(list(keys))
        told = {key: record.evaluation for key, record in records.items()}
    assert {key.name for key in told} == SEVEN
    red: dict[str, set[str]] = {}
    for key, evaluation in told.items():
        if not evaluation.passed and key.name != "hold_drift":
            red.setdefault(key.asset_key.path[1], set()).add(key.name)
    (about,) = [
        event.asset_observation_data.asset_observation
        for event in result.all_events
        if event.is_asset_observation and event.asset_key.path[1] == "b2b-us"
    ]
    return red, shown(about.metadata["differences"])


def test_the_full_job_judges_the_seven_failures_of_every_store(premiere: Premiere) -> None:
    run: Run = premiere.run
    found = [e for e in run.result.get_asset_check_evaluations() if e.check_name in SEVEN]
    assert {(e.asset_key.path[1], e.check_name) for e in found} == {
        (store, name) for store in ("b2b-us", "b2c-us", "b2c-eu") for name in SEVEN
    }
    failed = {(e.asset_key.path[1], e.check_name, e.description) for e in found if not e.passed}
    assert {name for _, name, _ in failed} <= {"hold_drift"}, failed


def test_a_raise_by_hand_is_red_within_one_reconcile_and_green_after_repair(stage: Stage) -> None:
    stage.ledger("DELETE FROM inventory_sync.dirty_skus")  # as the lanes would have by now
    edit_level(stage.shops["b2b-us"], LevelEdit(CLOCK, NYC, available=9000))
    red, differences = reconcile(stage, repair=True)
    assert red == {"b2b-us": {"customer_confusion"}}
    (row,) = [each for each in differences if each["sku"] == CLOCK]
    assert (row["cause"], row["owner"], row["shown_units"]) == ("foreign_edit", "store staff", 9000)
    assert reconcile(stage)[0] == {}
    assert stage.wrong() == {}
