"""Asset checks of promises, each named as the sentence that it asserts.

Put a check here that compares what was promised with what became of it. Keep rules out: when a
promise slips is ``domain/slips.py``.
"""

from dataclasses import asdict
from datetime import timedelta

import dagster as dg
import pandas as pd

from inventory_sync.defs.metadata import table
from inventory_sync.defs.resources import InventorySync
from inventory_sync.flow.days import days_of
from inventory_sync.flow.promise_review import review

LOOKED_BACK_DAYS = 30


@dg.asset_check(
    asset=["atp", "promise_dates"],
    name="no_promise_was_broken_silently",
    additional_deps=[["orders", "promise_slips"]],
    additional_ins={"locations": dg.AssetIn(["erp", "locations"])},
    description="When supply slips, the promises and orders that rest on it are listed here before "
    "their dates pass. Fails as a warning while orders are going to be late, so that their buyers "
    "can be told, and as an error when a date has passed that was never listed. The same list: "
    "`inventory-sync promises slipped`.",
)
def no_promise_was_broken_silently(
    context: dg.AssetCheckExecutionContext,
    inventory_sync: InventorySync,
    locations: pd.DataFrame,
) -> dg.AssetCheckResult:
    """Looks at the promise ledger: open orders, and those of the last thirty days."""
    with inventory_sync.parts(context.log) as parts, inventory_sync.ledger() as book:
        today, _ = days_of(parts, locations)
        since = today.now.date() - timedelta(days=LOOKED_BACK_DAYS)
        found = review(book, today=today, since=since)
    severity = dg.AssetCheckSeverity.ERROR if found.silent else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(
        passed=not found.silent and not found.late,
        severity=severity,
        metadata={
            "broken silently": len(found.silent),
            "orders that will be late": len(found.late),
            "published promises that slipped": len(found.published),
            "broken": table(pd.DataFrame(map(asdict, found.silent))),
            "late": table(pd.DataFrame(map(asdict, found.late))),
            "published": table(found.published),
        },
    )
