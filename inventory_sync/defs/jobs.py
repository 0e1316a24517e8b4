"""Jobs: which assets run together, and the run that serves what sensors hand over.

Put a job here with the sentence that says when to run it. Few jobs with broad selections; never one
per SKU or store.
"""

from collections.abc import Iterable

import dagster as dg

from inventory_sync.defs.checks import SUBSCRIBED_CHECK
from inventory_sync.defs.reporting import runless_events
from inventory_sync.defs.resources import InventorySync
from inventory_sync.domain.extract import EVERYTHING
from inventory_sync.flow.careful_pass import careful_pass
from inventory_sync.flow.event_report import EventReport
from inventory_sync.flow.full_pass import serve_everything
from inventory_sync.flow.lane import serve_dirty

full_sync = dg.define_asset_job(
    "full_sync",
    selection=dg.AssetSelection.all(),
    description="Read the whole ERP and bring every store to what it should show. Safe to run at "
    "any time: a second run that finds nothing changed writes nothing.",
    tags={"inventory_sync/kind": "full"},
)


def webhooks_check(stores: Iterable[str]) -> dg.ScheduleDefinition:
    """Ask every store each hour whether it still tells us of its orders, and nothing else."""
    keys = [
        dg.AssetCheckKey(dg.AssetKey(["stores", name, "published_quantities"]), SUBSCRIBED_CHECK)
        for name in stores
    ]
    job = dg.define_asset_job(
        "webhooks_check",
        selection=dg.AssetSelection.checks(*keys),
        description="Look whether every store still sends its webhooks. Changes nothing.",
        executor_def=dg.in_process_executor,
        tags={"inventory_sync/kind": "check"},
    )
    return dg.ScheduleDefinition(
        name="webhooks_check",
        job=job,
        cron_schedule="17 * * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


@dg.op(
    description="Serve the dirty SKUs of the ledger: event passes for those that the sensors left, "
    "a careful pass for those that need a look at the stores, a full pass when an event did not "
    "say what it is about."
)
def serve_dirty_skus(context: dg.OpExecutionContext, inventory_sync: InventorySync) -> None:
    """One run for several events; which SKUs, is read from the ledger, not from the run config."""
    reports: list[EventReport] = []
    with inventory_sync.parts(context.log) as parts:
        mode = inventory_sync.settings().event_mode
        careful = serve_dirty(parts, mode=mode, report=reports.append)
        if reports:
            for event in runless_events(parts, "repair", reports):
                if isinstance(event, dg.AssetMaterialization):
                    context.log_event(event)
                else:
                    context.instance.report_runless_asset_event(event)
        context.log.info(f"{len(reports)} event passes; {len(careful)} SKUs need a closer look")
        if any(item.sku == EVERYTHING for item in careful):
            failures = serve_everything(parts, careful)
        elif careful:
            failures = careful_pass(parts, careful).failures
        else:
            failures = {}
    for reason in failures.values():
        context.log.warning(reason)


@dg.job(
    description="Serve what the sensors handed over: many dirty SKUs, stores that need repair, or "
    "every event with event_mode: runs. Launched by the sensors; safe to run at any time.",
    executor_def=dg.in_process_executor,
    tags={"inventory_sync/kind": "event"},
)
def event_sync() -> None:
    """A single step, in the run's own process: a second one would cost seconds."""
    serve_dirty_skus()
