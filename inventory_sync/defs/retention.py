"""The job that forgets: nothing that is written every few seconds may grow for ever.

Put here what is deleted when. How long things are kept is in the settings (``retention``), what may
be deleted of the ledger in ``ledger/retention.py``; Dagster purges its ticks by itself
(``ledger/dagster_home.py``).
"""

from datetime import UTC, datetime, timedelta
from typing import Final

import dagster as dg

from inventory_sync.defs.resources import InventorySync

_RUNS_AT_ONCE: Final = 100
_ENDED: Final = [
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
]


@dg.op(description="Delete what is older than anybody asks for, and tell how much it was.")
def forget(context: dg.OpExecutionContext, inventory_sync: InventorySync) -> None:
    """Deletes in small transactions; it may be interrupted and run again at any time."""
    now, kept = datetime.now(UTC), inventory_sync.settings().retention
    with inventory_sync.ledger() as ledger:
        deleted = ledger.forget(before=now - timedelta(days=kept.ledger_days))
        reports = ledger.forget_dagster_events(before=now - timedelta(days=kept.reports_days))
    runs = _delete_runs(context.instance, now - timedelta(days=kept.runs_days))
    deleted |= {**reports, "runs": runs}
    context.add_output_metadata({name: dg.MetadataValue.int(n) for name, n in deleted.items()})


def _delete_runs(instance: dg.DagsterInstance, before: datetime) -> int:
    old = dg.RunsFilter(statuses=_ENDED, updated_before=before)
    deleted = 0
    while runs := instance.get_runs(old, limit=_RUNS_AT_ONCE):
        for run in runs:
            instance.delete_run(run.run_id)
        deleted += len(runs)
    return deleted


@dg.job(
    description="Delete old runs, reports and journal entries. Safe to run at any time.",
    executor_def=dg.in_process_executor,
    tags={"inventory_sync/kind": "retention"},
)
def retention() -> None:
    """A single step."""
    forget()


every_night = dg.ScheduleDefinition(
    name="retention",
    job=retention,
    cron_schedule="30 3 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
