"""The job reconcile on the real graph: what is injected turns its check red, a repair green."""

from typing import Any

import dagster as dg
import pytest
from sqlalchemy import create_engine

from inventory_sync.domain.evidence import Limits
from inventory_sync.domain.failures import JUDGES
from inventory_sync.flow import reconciling
from inventory_sync.flow.gather import read_erp
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.plan import Basis
from inventory_sync.flow.promise_publishing import publish_availability
from inventory_sync.flow.promises_now import promise_basis
from inventory_sync.sandbox.importer import Shops
from inventory_sync.sandbox.mishaps import Failure, Mishaps
from inventory_sync.sandbox.standin.foreign import LevelEdit, edit_level
from inventory_sync.settings import load_settings
from inventory_sync.wiring import open_parts
from inventory_sync_tests.defs.conftest import Premiere
from inventory_sync_tests.defs.play import Run, definitions_of, shown
from inventory_sync_tests.endtoend.stage import Stage

pytestmark = pytest.mark.xdist_group("acme-reconcile")

CLOCK, NYC = "RETRO-CLOCK-RED", 1001
SEVEN = {judge.__name__ for judge in JUDGES}


def reconcile(stage: Stage, *, repair: bool = False) -> tuple[dict[str, set[str]], list[Any]]:
    """Run the job: the checks that are red now, by store, and the differences of b2b-us."""
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
        if not evaluation.passed:
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
    assert failed == set()


def test_a_raise_by_hand_is_red_within_one_reconcile_and_green_after_repair(stage: Stage) -> None:
    stage.ledger("DELETE FROM inventory_sync.dirty_skus")  # as the lanes would have by now
    edit_level(stage.shops["b2b-us"], LevelEdit(CLOCK, NYC, available=9000))
    red, differences = reconcile(stage, repair=True)
    assert red == {"b2b-us": {"customer_confusion"}}
    (row,) = [each for each in differences if each["sku"] == CLOCK]
    assert (row["cause"], row["owner"], row["shown_units"]) == ("foreign_edit", "store staff", 9000)
    assert reconcile(stage)[0] == {}
    assert stage.wrong() == {}


def look(parts: Parts) -> set[tuple[str, str]]:
    """Reconcile with repair: the store and name of each check that was red before it."""
    found = reconciling.reconcile(parts, repair=True, limits=Limits())
    assert found.failures == {}
    return {
        (store, each.name)
        for store, verdicts in found.verdicts.items()
        for each in verdicts
        if not each.passed
    }


def renew_dates(parts: Parts) -> None:
    """What the job promises_sync does for the store that promises too early."""
    read_at = parts.now()
    judged = read_erp(parts, "dates")
    basis = promise_basis(parts, judged.snapshot, Basis.of(parts, judged), read_at=read_at)
    levels = parts.ledger.publications("b2c-us")[["inventory_item_id", "store_location_id", "sku"]]
    publish_availability(parts, "b2c-us", basis, levels, pass_id="dates", live=True)


def an_hour_passes(stage: Stage) -> None:
    """What was changed in the ERP just now, and the levels decided before it, are older."""
    statement = "UPDATE inventory_sync.publications SET {0} = {0} - interval '2 hours'"
    for column in ("as_of", "published_at"):
        stage.ledger(statement.format(column))
    stage.erp(
        "UPDATE acme.stock_balances SET changed_at = changed_at - interval '1 hour'"
        " WHERE changed_at > now() - interval '5 minutes'"
    )


WHERE = {
    Failure.OVERSELLING: {"b2c-us"},
    Failure.ORDER_CANCELLATIONS: {"b2c-eu"},
    Failure.OUTDATED_STOCK_DATA: {"b2b-us"},
    Failure.INVENTORY_FRAGMENTATION: {"b2c-us"},
    Failure.CUSTOMER_CONFUSION: {"b2c-us"},
    Failure.HOLD_DRIFT: {"b2b-us", "b2c-us"},  # both sell what is held at LAX
    Failure.PROMISE_DATE_MISMATCH: {"b2c-us"},
}


def test_each_failure_turns_its_own_check_red_alone_and_is_green_after_repair(stage: Stage) -> None:
    """Each is mended before the next: a red check is that of the newest mishap, or of a bad
    repair.
    """
    stage.ledger("DELETE FROM inventory_sync.dirty_skus")
    engine = create_engine(stage.erp_url)
    shops = Shops(f"{stage.stand_in.url}/control")
    mishaps = Mishaps(engine, shops)
    with open_parts(load_settings(stage.settings_file)) as parts:
        for failure in Failure:
            mishaps.happen(failure)
            if failure is Failure.OUTDATED_STOCK_DATA:
                an_hour_passes(stage)
            assert look(parts) == {(store, failure) for store in WHERE[failure]}
            mishaps.mend(failure)
        renew_dates(parts)
        assert look(parts) == set()
    shops.close()
    engine.dispose()
