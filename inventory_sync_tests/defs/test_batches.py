"""Batches as Dagster runs them: when, how often after a rest, and what a past day means."""

import logging
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.test_utils import freeze_time
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster._scheduler.scheduler import launch_scheduled_runs
from dagster._utils.schedules import schedule_execution_time_iterator

from inventory_sync.contracts.load import shipped_folder
from inventory_sync.defs.batches import batch_definitions
from inventory_sync.defs.contract_checks import CONTRACT_CHECK
from inventory_sync.domain.batches import BatchName
from inventory_sync.settings import Settings
from inventory_sync.settings.load import CONFIG_VARIABLE
from inventory_sync_tests.defs.play import Run, definitions_of, run_full_sync
from inventory_sync_tests.defs.test_graph import settings_of
from inventory_sync_tests.defs.ticks import acme_of
from inventory_sync_tests.endtoend.stage import Stage

NEW_YORK = ZoneInfo("America/New_York")
CLOCK = "RETRO-CLOCK-RED"
JUDGED = True
"""These runs are held against the data contracts."""


def settings_with(**changes: object) -> Settings:
    plain = settings_of("b2b-us").model_dump(mode="json", by_alias=True, exclude_defaults=True)
    plain["erp"] = {"url": "postgresql://nobody@erp.invalid/acme"}
    return Settings.model_validate(plain | changes)


def hours_of(batch: BatchName, day: datetime, **changes: object) -> list[str]:
    """When the batch begins on a day in New York, as clocks there show it; with the UTC offset."""
    places = {"NYC": {"time_zone": "America/New_York"}, "LAX": {"time_zone": "America/Los_Angeles"}}
    settings = settings_with(promise={"locations": places}, **changes)
    schedule = batch_definitions(settings)[batch].schedule
    ends_at = (day + timedelta(days=1)).timestamp()
    found: list[str] = []
    for tick in schedule_execution_time_iterator(
        day.timestamp(), schedule.cron_schedule, schedule.execution_timezone
    ):
        if tick.timestamp() >= ends_at:
            return found
        found.append(tick.astimezone(NEW_YORK).strftime("%H:%M %z"))
    raise AssertionError("a schedule has no end")


class TestWhen:
    def test_the_day_that_has_23_hours_keeps_the_hours_of_the_shifts(self) -> None:
        assert hours_of("manufacturing", datetime(2026, 3, 8, tzinfo=NEW_YORK)) == [
            "06:00 -0400",
            "14:00 -0400",
            "22:00 -0400",
        ]

    def test_the_day_that_has_25_hours_keeps_them_too(self) -> None:
        assert hours_of("manufacturing", datetime(2026, 11, 1, tzinfo=NEW_YORK)) == [
            "06:00 -0500",
            "14:00 -0500",
            "22:00 -0500",
        ]

    @pytest.mark.parametrize(
        ("day", "batches"),
        [
            (datetime(2026, 3, 8, tzinfo=NEW_YORK), 46),
            (datetime(2026, 11, 1, tzinfo=NEW_YORK), 50),
            (datetime(2026, 11, 23, tzinfo=NEW_YORK), 48),
        ],
    )
    def test_half_hours_are_neither_left_out_nor_taken_twice(
        self, day: datetime, batches: int
    ) -> None:
        found = hours_of("replenishment", day)
        assert len(found) == len(set(found)) == batches

    def test_an_hour_that_does_not_exist_is_not_left_out(self) -> None:
        in_the_gap = {"manufacturing": "30 2 * * *"}
        spring = datetime(2026, 3, 8, tzinfo=NEW_YORK)
        assert len(hours_of("manufacturing", spring, schedules=in_the_gap)) == 1

    def test_an_hour_that_exists_twice_is_one_batch(self) -> None:
        twice = {"manufacturing": "30 1 * * *"}
        autumn = datetime(2026, 11, 1, tzinfo=NEW_YORK)
        assert len(hours_of("manufacturing", autumn, schedules=twice)) == 1

    def test_the_time_zone_is_that_of_the_first_location_unless_it_is_set(self) -> None:
        places = {"LAX": {"time_zone": "America/Los_Angeles"}, "NYC": {"time_zone": "Asia/Tokyo"}}
        promise = {"locations": places}
        schedules = {"time_zone": "Europe/Berlin"}
        assert settings_with(promise=promise).schedule_zone == "America/Los_Angeles"
        assert settings_with(promise=promise, schedules=schedules).schedule_zone == "Europe/Berlin"
        assert settings_with().schedule_zone == "UTC"


def test_a_schedule_that_was_missed_for_days_catches_up_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By Dagster's own scheduler, on the graph as it is loaded."""
    monkeypatch.delenv(CONFIG_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    friday = datetime(2026, 11, 20, 12, 1, tzinfo=UTC)
    of_tests = "dagster._core.test_utils"
    overrides = {
        "run_launcher": {"module": of_tests, "class": "MockedRunLauncher"},
        "run_coordinator": {
            "module": "dagster._core.run_coordinator",
            "class": "DefaultRunCoordinator",
        },
    }
    graph = InProcessCodeLocationOrigin(
        LoadableTargetOrigin(module_name="inventory_sync.definitions")
    )
    with (
        dg.DagsterInstance.local_temp(str(tmp_path), overrides=overrides) as instance,
        WorkspaceProcessContext(instance, InProcessWorkspaceLoadTarget(graph)) as workspace,
    ):
        for now in (friday, friday + timedelta(days=3)):
            with freeze_time(now):
                list(launch_scheduled_runs(workspace, logging.getLogger("scheduler"), now, {}))
        for batch in ("replenishment", "manufacturing"):
            assert len(instance.get_runs(dg.RunsFilter(job_name=f"{batch}_sync"))) == 1


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as it:
        yield it


def run(stage: Stage, instance: dg.DagsterInstance, partition_key: str | None = None) -> Run:
    """Execute the job of replenishment as a run of its own does."""
    job = definitions_of(stage).resolve_job_def("replenishment_sync")
    return Run(job.execute_in_process(instance=instance, partition_key=partition_key))


class TestOnTheStage:
    @pytest.fixture(autouse=True)
    def received(self, stage: Stage) -> None:
        """A count finds three clocks, and no event pass comes: the batch alone publishes it."""
        stage.ledger("DELETE FROM inventory_sync.dirty_skus")
        with acme_of(stage) as acme:
            acme.adjust_stock(CLOCK, "NYC", 3)

    def test_what_changed_since_the_last_batch_is_published_and_its_size_shown(
        self, stage: Stage, instance: dg.DagsterInstance
    ) -> None:
        made = run(stage, instance).made
        assert stage.wrong() == {}
        about = made["stores/b2b-us/published_quantities"]
        assert about["levels written"] == 1
        assert about["biggest changes"][0]["sku"] == CLOCK
        assert made["atp/available_to_promise"]["batch"] == "replenishment"
        assert made["atp/available_to_promise"]["SKUs in batch"] >= 1

    def test_a_backfill_of_that_day_publishes_it_and_one_of_another_day_does_not(
        self, stage: Stage, instance: dg.DagsterInstance
    ) -> None:
        today = datetime.now(NEW_YORK).date()
        before = stage.writes()
        run(stage, instance, (today - timedelta(days=200)).isoformat())
        assert stage.writes() == before
        run(stage, instance, today.isoformat())
        assert stage.wrong() == {}


@pytest.fixture
def strict(stage: Stage, tmp_path: Path) -> Path:
    """Settings with a contract of their own, whose critical term the stock of Acme breaks."""
    folder = shutil.copytree(shipped_folder(), tmp_path / "data_contracts")
    stock = folder / "erp_stock.yaml"
    before, term, after = stock.read_text().partition("description: physical is above ten million")
    after = after.replace("severity: warning", "severity: critical", 1)
    stock.write_text(before + term + after.replace("max_value: 10000000", "max_value: 100", 1))
    file = tmp_path / "inventory_sync.yaml"
    file.write_text(f"{stage.settings_file.read_text()}\ndata_contracts: {folder}\n")
    return file


def test_a_broken_critical_term_stops_a_batch_and_a_full_run_before_any_store(
    stage: Stage, instance: dg.DagsterInstance, strict: Path
) -> None:
    stage.ledger("DELETE FROM inventory_sync.dirty_skus")
    before = stage.writes()
    with acme_of(stage) as acme:
        acme.adjust_stock(CLOCK, "NYC", 3)
    definitions = definitions_of(stage, strict)
    batch = definitions.resolve_job_def("replenishment_sync")
    ran = Run(batch.execute_in_process(instance=instance, raise_on_error=False))
    assert list(ran.failures) == ["check_before_replenishment"]
    assert not ran.made
    key = dg.AssetCheckKey(dg.AssetKey(["erp", "stock"]), CONTRACT_CHECK)
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key]
    assert (found.evaluation.passed, found.evaluation.severity.value) == (False, "ERROR")

    full = run_full_sync(stage, settings_file=strict)
    assert not full.check("erp/stock", CONTRACT_CHECK).passed
    assert not any(asset.startswith("stores/") for asset in full.made)
    assert stage.writes() == before
    run(stage, instance)
    assert stage.wrong() == {}
