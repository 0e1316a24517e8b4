"""The sensors that work: each waits for events inside its tick and serves them at once.

Put here how a tick spends its time and what becomes a run. The daemon ticks every five seconds, and
a sensor that waits for work until shortly before the next tick is almost always there (design 3).
What an event leads to is ``flow/lane.py``.
"""

from datetime import UTC, datetime
from typing import Final

import dagster as dg

from inventory_sync.defs.beat import Beat
from inventory_sync.defs.jobs import event_sync
from inventory_sync.defs.reporting import Reporter
from inventory_sync.defs.resources import InventorySync
from inventory_sync.defs.warm import WARM
from inventory_sync.domain.dirty import Lane

_NOT_STARTED: Final = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
]

_DESCRIPTIONS: Final[dict[Lane, str]] = {
    "order_events": "Orders, stock and supply as the ERP changes them: the SKUs of each event are "
    "brought to what they should show in every store, within the tick.",
    "hold_events": "Holds that are placed, confirmed, cancelled in the ERP, and those that expire.",
    "store_orders": "Orders of the stores, from webhooks and by polling: fetched again, kept in "
    "the ledger, deducted in every store.",
}


def event_sensors() -> list[dg.SensorDefinition]:
    """One sensor per fast lane."""
    return [_sensor(name, text) for name, text in _DESCRIPTIONS.items()]


def _sensor(name: Lane, description: str) -> dg.SensorDefinition:
    beat = Beat()

    @dg.sensor(
        name=name,
        job=event_sync,
        minimum_interval_seconds=1,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=description,
    )
    def evaluate(
        context: dg.SensorEvaluationContext, inventory_sync: InventorySync
    ) -> dg.SensorResult | dg.SkipReason:
        now = datetime.now(UTC)
        until = now + beat.begin(now)
        try:
            lane = WARM.lane(name, inventory_sync)
            reporter = Reporter(WARM.instance(context.instance), WARM.parts(inventory_sync), name)
            with reporter.running():
                handover = lane.run(until, reporter.take)
        except Exception:
            WARM.drop()
            raise
        if handover is None:
            return dg.SkipReason(f"{reporter.reported} passes, reported without a run")
        waiting = context.instance.get_runs_count(
            dg.RunsFilter(job_name=event_sync.name, statuses=_NOT_STARTED)
        )
        if waiting:
            return dg.SkipReason(f"{handover.reason}; a run that will do it is about to start")
        context.log.info(handover.reason)
        return dg.SensorResult(run_requests=[dg.RunRequest(tags={"inventory_sync/why": name})])

    return evaluate
