"""The batches: for each of them a job and the schedule that launches it.

Put here when a batch runs and what people see of it. What it does is ``flow/batch.py``.

A schedule that was missed, because the machine was off, catches up once: of the missed ticks,
Dagster launches the newest alone, and its run notes everything since the last batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import dagster as dg
import pandas as pd

from inventory_sync.contracts import load_contracts
from inventory_sync.defs.contract_checks import CONTRACT_CHECK, evaluation_of, judge_reading
from inventory_sync.defs.metadata import table
from inventory_sync.defs.resources import InventorySync
from inventory_sync.domain.batches import BatchName
from inventory_sync.domain.errors import ErpUnavailable, InventorySyncError
from inventory_sync.flow.batch import BatchReport, Day, run_batch
from inventory_sync.settings import Settings

RESERVE_SHARE: Final = 0.5
"""Of each store's rate limit, so much is left to event passes while a batch publishes."""

FIRST_DAY: Final = "2026-01-01"

LONGEST: Final = timedelta(hours=12)
"""A batch may take so long; the runs of other jobs may not."""

_WHAT: Final[Mapping[BatchName, str]] = {
    "replenishment": "receipts, put-aways, counts, transfers and changed purchases",
    "manufacturing": "completed production, its materials, and changed production orders",
}


@dataclass(frozen=True)
class BatchDefinitions:
    """What Dagster loads of one batch."""

    job: dg.JobDefinition
    schedule: dg.ScheduleDefinition


def batch_definitions(settings: Settings) -> dict[BatchName, BatchDefinitions]:
    """A job and a schedule for each batch, with their times from the settings."""
    zone = settings.schedule_zone
    found: dict[BatchName, BatchDefinitions] = {}
    for batch in _WHAT:
        job = _job(batch, zone)
        schedule = dg.ScheduleDefinition(
            name=batch,
            job=job,
            cron_schedule=getattr(settings.schedules, batch),
            execution_timezone=zone,
            default_status=dg.DefaultScheduleStatus.RUNNING,
            tags={"inventory_sync/why": "schedule"},
            description=f"Publishes {_WHAT[batch]} since the last batch (times of {zone}).",
        )
        found[batch] = BatchDefinitions(job, schedule)
    return found


def _job(batch: BatchName, zone: str) -> dg.JobDefinition:
    @dg.op(
        name=f"check_before_{batch}",
        description="Hold what the ERP says against the data contracts. Where a critical term is "
        "broken, nothing is published.",
        out=dg.Out(dg.Nothing),
        retry_policy=dg.RetryPolicy(max_retries=2, delay=30, backoff=dg.Backoff.EXPONENTIAL),
    )
    def check(context: dg.OpExecutionContext, inventory_sync: InventorySync) -> None:
        _hold_contracts(context, inventory_sync)

    @dg.op(
        name=f"publish_{batch}",
        ins={"contracts_are_kept": dg.In(dg.Nothing)},
        description=f"Note the SKUs of {_WHAT[batch]}, and publish all that waits, in portions.",
        retry_policy=dg.RetryPolicy(max_retries=2, delay=30, backoff=dg.Backoff.EXPONENTIAL),
    )
    def publish(context: dg.OpExecutionContext, inventory_sync: InventorySync) -> None:
        try:
            with inventory_sync.parts(context.log, reserve_share=RESERVE_SHARE) as parts:
                report = run_batch(parts, batch, day=_day(context))
        except InventorySyncError as error:
            passing = isinstance(error, ErpUnavailable)
            raise dg.Failure(str(error), allow_retries=passing) from None
        _show(context, report)

    @dg.job(
        name=f"{batch}_sync",
        description=f"Publish {_WHAT[batch]} to all stores in one batch: what changed since the "
        "last one, and what a wave of events has left. Safe to run at any time, and to kill: the "
        "next run goes on where it stopped. Without a partition it is the batch of now. With one, "
        "for instance from `Launch backfill`, every SKU that changed on that day is looked at "
        "again; it is brought to today's figures, never to those of that day.",
        executor_def=dg.in_process_executor,
        partitions_def=dg.DailyPartitionsDefinition(FIRST_DAY, timezone=zone, end_offset=1),
        tags={
            "inventory_sync/kind": "batch",
            "dagster/max_runtime": str(round(LONGEST.total_seconds())),
        },
    )
    def batch_job() -> None:
        publish(check())

    return batch_job


def _hold_contracts(context: dg.OpExecutionContext, inventory_sync: InventorySync) -> None:
    """Report the check of every dataset of the ERP, and fail where a critical term is broken."""
    contracts = load_contracts(inventory_sync.settings().data_contracts)
    try:
        with inventory_sync.parts(context.log) as parts:
            snapshot, rules, now = parts.erp.snapshot(), parts.rules, parts.now()
    except InventorySyncError as error:
        raise dg.Failure(str(error), allow_retries=isinstance(error, ErpUnavailable)) from None
    critical: list[str] = []
    for judgement in judge_reading(contracts, snapshot, rules, now=now):
        context.instance.report_runless_asset_event(evaluation_of(judgement))
        if judgement.severity == "critical":
            critical.append(judgement.contract.asset)
    if critical:
        raise dg.Failure(
            f"A critical term of the data contracts is broken, so nothing is published: see the "
            f"check {CONTRACT_CHECK} of {', '.join(critical)}.",
            allow_retries=False,
        )


def _day(context: dg.OpExecutionContext) -> Day | None:
    if not context.has_partition_key:
        return None
    window = context.partition_time_window
    return Day(window.start, window.end)


def _show(context: dg.OpExecutionContext, report: BatchReport) -> None:
    """The size of the batch on each asset that it touched, so that the UI draws it over time."""
    size = {
        "batch": report.batch,
        "SKUs changed": report.noted,
        "SKUs in batch": report.served,
        "batch seconds": round(report.seconds, 1),
        "changed since": report.since.isoformat(),
    }
    context.add_output_metadata({**size, "levels written": report.written})
    if not report.served:
        return
    context.log_event(
        dg.AssetMaterialization(
            ["atp", "available_to_promise"], metadata={**size, "levels written": report.written}
        )
    )
    for store, counts in report.stores.items():
        about: dict[str, Any] = {
            **size,
            "levels written": counts.written,
            "kept": counts.kept,
            "refused": counts.refused,
            "unknown": counts.unknown,
            "left to a careful pass": counts.left,
            "biggest changes": table(
                pd.DataFrame([row for row in report.biggest if row["store"] == store])
            ),
        }
        context.log_event(
            dg.AssetMaterialization(["stores", store, "published_quantities"], metadata=about)
        )
