"""The sensors that work: each looks after a lane that serves events at once.

Put here how a tick spends its time and what becomes a run. The daemon ticks every five seconds; a
tick stays with its lane for most of that, so what needs a run is asked for at once, and the lane
works on until the next tick (``flow/shift.py``). What an event leads to is ``flow/lane.py``.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import dagster as dg

from inventory_sync.defs.jobs import event_sync
from inventory_sync.defs.resources import InventorySync
from inventory_sync.defs.warm import WARM
from inventory_sync.domain.dirty import Lane

STAY: Final = timedelta(seconds=4)
"""How long a tick stays: with what Dagster does around it, a beat of five seconds is not missed."""

START_WITHIN: Final = timedelta(seconds=10)
"""A run that has not started so long after its launch has died with the code server that launched
it. Dagster notices that after two minutes; its level would stay closed as long.
"""

_WAITING: Final = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED]

_DESCRIPTIONS: Final[dict[Lane, str]] = {
    "order_events": "Orders and stock as the ERP changes them: the SKUs of each event are brought "
    "to what they should show in every store, within the tick.",
    "supply_events": "Receipts, production, transfers and changed supply: some are served like "
    "orders; a wave of them is left to a batch, so that no order waits behind it.",
    "hold_events": "Holds that are placed, confirmed, cancelled in the ERP, and those that expire.",
    "store_orders": "Orders of the stores, from webhooks and by polling: fetched again, kept in "
    "the ledger, deducted in every store.",
}


def event_sensors(batch_jobs: Sequence[dg.JobDefinition]) -> list[dg.SensorDefinition]:
    """One sensor per fast lane; that of supply may also launch a batch."""
    return [
        _sensor(name, text, [event_sync, *(batch_jobs if name == "supply_events" else [])])
        for name, text in _DESCRIPTIONS.items()
    ]


def _sensor(name: Lane, description: str, jobs: Sequence[dg.JobDefinition]) -> dg.SensorDefinition:
    @dg.sensor(
        name=name,
        jobs=jobs,
        minimum_interval_seconds=1,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=description,
    )
    def evaluate(
        context: dg.SensorEvaluationContext, inventory_sync: InventorySync
    ) -> dg.SensorResult | dg.SkipReason:
        try:
            post = WARM.post(name, inventory_sync, context.instance)
            handover = post.shift.visit(STAY)
            passes = post.reporter.flush()
        except Exception:
            WARM.drop()
            raise
        if handover is None:
            return dg.SkipReason(f"{passes} passes since the last tick, reported without a run")
        job = f"{handover.batch}_sync" if handover.batch else event_sync.name
        if _is_about_to_run(context.instance, job):
            return dg.SkipReason(f"{handover.reason}; a run that will do it is about to start")
        context.log.info(handover.reason)
        request = dg.RunRequest(job_name=job, tags={"inventory_sync/why": name})
        return dg.SensorResult(run_requests=[request])

    return evaluate


def _is_about_to_run(instance: dg.DagsterInstance, job: str) -> bool:
    """Whether a run that has not looked at the dirty list yet will do so soon."""
    starting = dg.RunsFilter(
        job_name=job,
        statuses=[dg.DagsterRunStatus.STARTING],
        updated_after=datetime.now(UTC) - START_WITHIN,
    )
    waiting = dg.RunsFilter(job_name=job, statuses=_WAITING)
    return instance.get_runs_count(waiting) > 0 or instance.get_runs_count(starting) > 0
