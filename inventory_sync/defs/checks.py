"""Asset checks, each named as the sentence that it asserts.

Put a check here that shows what a guard in the path has already judged, or compares what two
assets say. Keep rules out: they live where they protect every path.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pandas as pd

from inventory_sync.defs.metadata import table
from inventory_sync.defs.resources import InventorySync
from inventory_sync.domain.atp import sum_of_terms
from inventory_sync.domain.holds import held, overdue_orders, phantom_holds
from inventory_sync.flow.subscriptions import missing_topics

JUDGED = ("locations", "products", "components", "stock", "commitments", "acknowledged_orders")


def quarantine_checks() -> list[dg.AssetChecksDefinition]:
    """One check per ERP dataset: every row is believed."""
    return [_quarantine_check(name) for name in JUDGED]


def _quarantine_check(dataset: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=["erp", dataset],
        name="every_row_is_believed",
        description="Rows that cannot be right are put aside with their reason; offers that depend "
        "on them are never raised.",
    )
    def every_row_is_believed(
        context: dg.AssetCheckExecutionContext, inventory_sync: InventorySync
    ) -> dg.AssetCheckResult:
        with inventory_sync.parts(context.log) as parts:
            found = parts.ledger.open_findings("erp")
        mine = found[found["subject"].str.startswith(f"{dataset} ")]
        wrong = mine[mine["severity"] == "error"]
        return dg.AssetCheckResult(
            passed=wrong.empty,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"rows in quarantine": len(wrong), "rows": table(_readable(mine))},
        )

    return every_row_is_believed


@dg.asset_check(
    asset=["atp", "available_to_promise"],
    name="atp_is_the_sum_of_its_terms",
    blocking=True,
    description="Physical less unavailable less every kind of commitment gives the ATP of a row.",
)
def atp_is_the_sum_of_its_terms(
    available_to_promise: pd.DataFrame,
) -> dg.AssetCheckResult:
    """Adds up the columns again; kits are left out, for their ATP comes from their parts."""
    rows = available_to_promise[~available_to_promise["is_kit"]]
    wrong = rows[rows["atp_micros"] != sum_of_terms(rows)]
    return dg.AssetCheckResult(
        passed=wrong.empty, metadata={"rows": len(rows), "wrong rows": table(wrong)}
    )


OLDEST_HOLD_HOURS = 7 * 24


@dg.asset_check(
    asset=["erp", "commitments"],
    name="no_hold_is_forgotten",
    description="Holds and reservations wait for a decision; one that nobody has touched for a "
    "week keeps stock from every store.",
)
def no_hold_is_forgotten(commitments: pd.DataFrame) -> dg.AssetCheckResult:
    """Shows what is held, oldest first; fails when one is older than a week."""
    holds = held(commitments, datetime.fromisoformat(commitments.attrs["taken_at"]))
    old = holds[holds["age_hours"] > OLDEST_HOLD_HOURS]
    return dg.AssetCheckResult(
        passed=old.empty,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"held": len(holds), "older than a week": len(old), "oldest": table(holds)},
    )


@dg.asset_check(
    asset=["erp", "commitments"],
    name="holds_are_the_same_in_the_erp_and_in_shopify",
    description="An order that only one side holds back: the other would ship it, or forget it; a "
    "reservation that is over and that the ERP still holds.",
)
def holds_are_the_same(
    context: dg.AssetCheckExecutionContext,
    inventory_sync: InventorySync,
    commitments: pd.DataFrame,
) -> dg.AssetCheckResult:
    """Compares the ERP's holds with the fulfillment holds of the order ledger."""
    with inventory_sync.parts(context.log) as parts:
        lines = parts.ledger.order_lines()
    phantoms = phantom_holds(
        commitments, lines, datetime.fromisoformat(commitments.attrs["taken_at"])
    )
    return dg.AssetCheckResult(
        passed=phantoms.empty,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"phantom holds": len(phantoms), "orders": table(phantoms)},
    )


@dg.asset_check(
    asset=["orders", "in_flight"],
    name="every_order_reaches_the_erp_in_time",
    description="An order that the ERP has not acknowledged within erp.acknowledge_within_minutes "
    "is looked at by a person; it stays deducted meanwhile.",
)
def every_order_reaches_the_erp(
    context: dg.AssetCheckExecutionContext, inventory_sync: InventorySync, in_flight: pd.DataFrame
) -> dg.AssetCheckResult:
    """Fails for lines in flight whose order was first seen longer ago than that."""
    within = timedelta(minutes=inventory_sync.settings().erp.acknowledge_within_minutes)
    late = overdue_orders(in_flight, now=datetime.now(UTC), within=within)
    for order in late["order_name"].drop_duplicates():
        context.log.warning(f"order {order} is not known to the ERP; it stays deducted")
    return dg.AssetCheckResult(
        passed=late.empty,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"overdue lines": len(late), "lines": table(late)},
    )


def store_checks(name: str) -> list[dg.AssetChecksDefinition]:
    """The checks of one store."""

    @dg.asset_check(
        asset=["stores", name, "published_quantities"],
        name="nothing_in_the_store_needs_mending",
        description="Every item and location of the store can be published: SKUs are unique and "
        "known, levels are tracked, active and connected, and Shopify took every quantity.",
    )
    def nothing_in_the_store_needs_mending(
        context: dg.AssetCheckExecutionContext, inventory_sync: InventorySync
    ) -> dg.AssetCheckResult:
        with inventory_sync.parts(context.log) as parts:
            found = parts.ledger.open_findings(name)
        return dg.AssetCheckResult(
            passed=not (found["severity"] == "error").any(),
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"findings": len(found), "to mend": table(_readable(found))},
        )

    @dg.asset_check(
        asset=["stores", name, "observed_quantities"],
        name="the_store_shows_what_was_published",
        description="What Shopify shows is what we set, less the orders since.",
    )
    def the_store_shows_what_was_published(
        observed_quantities: pd.DataFrame,
    ) -> dg.AssetCheckResult:
        shown, explained = (
            observed_quantities["observed_units"],
            observed_quantities["explained_units"],
        )
        drifted = observed_quantities[shown != explained]
        return dg.AssetCheckResult(
            passed=drifted.empty,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "levels": len(shown),
                "drifted": len(drifted),
                "levels adrift": table(drifted),
            },
        )

    return [
        nothing_in_the_store_needs_mending,
        the_store_shows_what_was_published,
        _subscription_check(name),
    ]


SUBSCRIBED_CHECK = "every_topic_is_subscribed"


def _subscription_check(name: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=["stores", name, "published_quantities"],
        name=SUBSCRIBED_CHECK,
        description="The store tells the receiver of its orders. Shopify removes a subscription "
        "whose deliveries fail for hours; orders are then found by polling only, a minute later. "
        "Mend it with `inventory-sync webhooks install`.",
    )
    def every_topic_is_subscribed(
        context: dg.AssetCheckExecutionContext, inventory_sync: InventorySync
    ) -> dg.AssetCheckResult:
        """Asks the store for its subscriptions; without a receiver there is nothing to ask."""
        settings = inventory_sync.settings()
        url, is_live = settings.receiver.public_url, settings.stores[name].mode == "live"
        if url is None or not is_live:
            why = "receiver.public_url is not set" if url is None else "the store is in dry_run"
            return dg.AssetCheckResult(passed=True, metadata={"not asked": why})
        with inventory_sync.parts(context.log) as parts:
            missing = missing_topics(parts, name, url)
        return dg.AssetCheckResult(
            passed=not missing,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"missing": ", ".join(missing) or "nothing"},
        )

    return every_topic_is_subscribed


def _readable(findings: pd.DataFrame) -> pd.DataFrame:
    return findings[["subject", "kind", "severity", "reason", "value", "first_seen_at"]]
