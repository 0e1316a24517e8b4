"""Ticks of the sensors on a stage, and what a Dagster instance holds afterwards.

Put here how tests evaluate sensors as the daemon does. What is asserted belongs into the tests.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import dagster as dg
from sqlalchemy import create_engine

from inventory_sync.defs.resources import InventorySync
from inventory_sync.defs.warm import WARM
from inventory_sync.domain.dirty import Lane
from inventory_sync.sandbox.company.acme import Acme
from inventory_sync_tests.defs.play import definitions_of, shown
from inventory_sync_tests.endtoend.stage import Stage


@dataclass(frozen=True)
class Ticks:
    """The sensors of a stage with an instance that keeps what they report."""

    stage: Stage
    instance: dg.DagsterInstance

    def tick(self, sensor: Lane) -> Any:
        """Evaluate a sensor once, as the daemon does."""
        definitions = definitions_of(self.stage)
        found = definitions.resolve_sensor_def(sensor)
        resource = InventorySync(settings_file=str(self.stage.settings_file))
        with dg.build_sensor_context(
            instance=self.instance,
            definitions=definitions,
            resources={"inventory_sync": resource},
            sensor_name=sensor,
        ) as context:
            evaluation = found.evaluate_tick(context)
        for post in WARM._posts.values():
            post.shift.stop()  # a test changes one thing after the other
        return evaluation

    def run_job(self) -> dg.ExecuteInProcessResult:
        """What a run request of a sensor leads to."""
        job = definitions_of(self.stage).resolve_job_def("event_sync")
        return job.execute_in_process(instance=self.instance, raise_on_error=False)

    def made(self, *key: str) -> dict[str, Any] | None:
        """The metadata of an asset's newest materialization, if there is one."""
        event = self.instance.get_latest_materialization_event(dg.AssetKey(list(key)))
        made = event.asset_materialization if event else None
        return {name: shown(value) for name, value in made.metadata.items()} if made else None

    def runs_behind(self, *key: str) -> str:
        """The run id of the newest materialization; empty when no run made it."""
        event = self.instance.get_latest_materialization_event(dg.AssetKey(list(key)))
        assert event is not None
        return event.run_id

    def checked(self, asset: list[str], name: str) -> list[bool]:
        """The results of a check, newest first."""
        records = self.instance.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(dg.AssetKey(asset), name), limit=100
        )
        return [
            bool(record.event.dagster_event.asset_check_evaluation_data.passed)
            for record in records
            if record.event and record.event.dagster_event
        ]


@contextmanager
def acme_of(stage: Stage) -> Iterator[Acme]:
    """The ERP of a stage, as its people use it."""
    engine = create_engine(stage.erp_url)
    try:
        yield Acme(engine)
    finally:
        engine.dispose()
