"""The job that compares: every store read back, every difference explained, failures judged.

Put here when it runs and what people see of it. What it does is ``flow/reconciling.py``.
"""

from datetime import UTC, datetime
from typing import Final

import dagster as dg
import pandas as pd

from inventory_sync.defs.failures import evaluations
from inventory_sync.defs.metadata import table
from inventory_sync.defs.resources import InventorySync
from inventory_sync.domain.drift import MEANINGS, Cause
from inventory_sync.domain.errors import ErpUnavailable, InventorySyncError
from inventory_sync.flow.reconciling import Comparison, Reconciliation, reconcile
from inventory_sync.flow.shadow import remember_shadow
from inventory_sync.settings import Settings
from inventory_sync.wiring import check_limits

RESERVE_SHARE: Final = 0.5
"""Of each store's rate limit, so much is left to event passes while every level is read."""


class Reconciling(dg.Config):
    """Whether this run repairs; where nothing is said, the settings decide."""

    repair: bool | None = None


@dg.op(
    description="Read every store back, explain each difference by cause and owner, judge the "
    "seven failures, and repair what is safe where the settings, or this run, want it.",
    retry_policy=dg.RetryPolicy(max_retries=2, delay=30, backoff=dg.Backoff.EXPONENTIAL),
)
def compare_stores(
    context: dg.OpExecutionContext, config: Reconciling, inventory_sync: InventorySync
) -> None:
    """All stores in one step: they share one reading of the ERP."""
    settings = inventory_sync.settings()
    repair = settings.reconcile.repair if config.repair is None else config.repair
    try:
        with inventory_sync.parts(context.log, reserve_share=RESERVE_SHARE) as parts:
            found = reconcile(parts, repair=repair, limits=check_limits(settings))
        if found.in_dry_run:
            with inventory_sync.ledger() as ledger:
                remember_shadow(ledger, found, at=datetime.now(UTC))
    except InventorySyncError as error:
        passing = isinstance(error, ErpUnavailable)
        raise dg.Failure(str(error), allow_retries=passing) from None
    _show(context, found)
    if found.failures:
        raise dg.Failure("; ".join(found.failures.values()), allow_retries=False)


def _show(context: dg.OpExecutionContext, found: Reconciliation) -> None:
    for store, verdicts in found.verdicts.items():
        for evaluation in evaluations(store, verdicts):
            context.instance.report_runless_asset_event(evaluation)
    for store, each in found.stores.items():
        context.log_event(
            dg.AssetObservation(
                ["stores", store, "observed_quantities"],
                metadata={
                    **each.counts,
                    "causes": table(by_cause(each)),
                    "differences": table(each.found),
                },
            )
        )
    context.add_output_metadata(
        {f"{store} drifted": len(each.drifted) for store, each in found.stores.items()}
    )


def by_cause(found: Comparison) -> pd.DataFrame:
    """How often each cause was found, whose it is, and what to do about it."""
    counts = found.found["cause"].value_counts()
    rows = [
        (cause, int(count), meaning.owner, meaning.told, meaning.way_out)
        for cause, count in counts.items()
        if (meaning := MEANINGS[Cause(str(cause))])
    ]
    return pd.DataFrame(rows, columns=["cause", "differences", "owner", "what", "way out"])


@dg.job(
    name="reconcile",
    description="Compare what every store shows with what it should. Writes nothing, unless "
    "reconcile.repair or the run's config says so. Safe to run at any time.",
    executor_def=dg.in_process_executor,
    tags={"inventory_sync/kind": "reconcile"},
)
def reconcile_job() -> None:
    """A single step."""
    compare_stores()


def reconcile_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """When it runs, by the settings."""
    return dg.ScheduleDefinition(
        name="reconcile",
        job=reconcile_job,
        cron_schedule=settings.schedules.reconcile,
        execution_timezone=settings.schedule_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        tags={"inventory_sync/why": "schedule"},
    )
