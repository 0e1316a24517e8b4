"""Running the real graph on a stage, and asking a run what it did.

Put here how tests execute definitions. What a stage is stands in ``endtoend/stage.py``.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from inventory_sync.definitions import build_definitions
from inventory_sync.defs.resources import FrameIOManager, InventorySync
from inventory_sync.settings import load_settings
from inventory_sync_tests.endtoend.stage import Stage


def shown(value: dg.MetadataValue[Any]) -> Any:
    """A metadata value as plain data; a table as its rows."""
    if isinstance(value, dg.TableMetadataValue):
        return [dict(record.data) for record in value.records]
    return value.value


@dataclass(frozen=True)
class Run:
    """A run that has ended."""

    result: dg.ExecuteInProcessResult

    @property
    def made(self) -> dict[str, dict[str, Any]]:
        """Each materialized asset with its metadata."""
        return {
            event.materialization.asset_key.to_user_string(): {
                name: shown(value) for name, value in event.materialization.metadata.items()
            }
            for event in self.result.get_asset_materialization_events()
        }

    @property
    def failures(self) -> dict[str, str]:
        """Each step that failed, with what it said."""
        found = {}
        for event in self.result.all_events:
            if event.event_type == dg.DagsterEventType.STEP_FAILURE:
                data = event.step_failure_data
                said = data.user_failure_data.description if data.user_failure_data else None
                found[str(event.step_key)] = said or data.error_display_string
        return found

    def check(self, asset: str, name: str) -> dg.AssetCheckEvaluation:
        """What a check found."""
        (found,) = [
            evaluation
            for evaluation in self.result.get_asset_check_evaluations()
            if (evaluation.asset_key.to_user_string(), evaluation.check_name) == (asset, name)
        ]
        return found


def definitions_of(stage: Stage, settings_file: Path | None = None) -> dg.Definitions:
    """The real graph, with the real parts, on this stage."""
    file = settings_file or stage.settings_file
    return build_definitions(
        load_settings(file),
        resources={
            "inventory_sync": InventorySync(settings_file=str(file)),
            "frames": FrameIOManager(folder=str(stage.folder / "frames")),
        },
    )


def run_full_sync(
    stage: Stage,
    *,
    settings_file: Path | None = None,
    assets: Sequence[str] | None = None,
    config: dict[str, Any] | None = None,
    instance: dg.DagsterInstance | None = None,
) -> Run:
    """Execute the job, or the part of it that makes some assets, in this process."""
    definitions = definitions_of(stage, settings_file)
    job = definitions.resolve_job_def("full_sync")
    keys = [dg.AssetKey(key.split("/")) for key in assets or ()]
    together = dg.AssetSelection.assets(*keys).required_multi_asset_neighbors()
    selected = together.resolve(definitions.resolve_asset_graph()) if keys else None
    with nullcontext(instance) if instance else dg.DagsterInstance.ephemeral() as memory:
        return Run(
            job.execute_in_process(
                instance=memory,
                raise_on_error=False,
                run_config={"ops": config} if config else None,
                asset_selection=sorted(selected) if selected else None,
            )
        )
