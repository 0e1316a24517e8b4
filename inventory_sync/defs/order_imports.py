"""The sensor that brings orders into the ERP, and the check that tells when it cannot.

Put here how a tick spends its time and what people see. What is brought in, and when, is
``flow/imports.py``. It has parts of its own, so a slow ERP holds up no lane. Without
``erp.import_orders`` there is neither.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import dagster as dg
import pandas as pd

from inventory_sync.defs.event_dates import Desk
from inventory_sync.defs.metadata import table
from inventory_sync.defs.resources import InventorySync
from inventory_sync.domain.errors import ContractBroken, ErpUnavailable
from inventory_sync.domain.imports import OrderImport
from inventory_sync.flow.imports import import_orders, told

STAY: Final = timedelta(seconds=20)
INTERVAL_SECONDS: Final = 15

_ASSET: Final = ("orders", "in_flight")
_CHECK: Final = "no_order_import_is_parked"

DESK = Desk()
"""Of this process."""


@dg.sensor(
    name="order_imports",
    minimum_interval_seconds=INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Orders of live stores that the ERP does not know after the grace time become "
    "orders there, each line once; changes and cancellations follow. What the ERP does not take "
    "is parked with its reason, and stays deducted.",
)
def order_imports(
    context: dg.SensorEvaluationContext, inventory_sync: InventorySync
) -> dg.SensorResult | dg.SkipReason:
    """Everything is in the ledger, so a tick asks for no run."""
    try:
        with DESK.parts(inventory_sync) as parts:
            found = import_orders(parts, stay=STAY) if parts else None
    except (ErpUnavailable, ContractBroken) as error:
        context.log.warning(str(error))
        return dg.SkipReason(f"nothing was asked: {error}")
    if found is None:
        return dg.SkipReason("an earlier tick, or another process, is importing orders")
    said = "; ".join(told(each) for each in found.parked)
    changed = said != (context.cursor or "")
    return dg.SensorResult(
        skip_reason=found.sentence(),
        cursor=said,
        asset_events=[_evaluation(found.parked)] if changed else [],
    )


@dg.asset_check(
    asset=list(_ASSET),
    name=_CHECK,
    description="An order that the ERP does not take waits for a person: see "
    "`inventory-sync imports list`, and try again with `inventory-sync imports retry`. It stays "
    "deducted meanwhile.",
)
def no_order_import_is_parked(
    context: dg.AssetCheckExecutionContext, inventory_sync: InventorySync
) -> dg.AssetCheckResult:
    """Asks the ledger; the sensor tells the same whenever it changes."""
    with inventory_sync.ledger() as ledger:
        said = _evaluation(ledger.imports(parked_only=True))
    return dg.AssetCheckResult(
        passed=said.passed,
        severity=said.severity,
        description=said.description,
        metadata=said.metadata,
    )


def _evaluation(parked: Sequence[OrderImport]) -> dg.AssetCheckEvaluation:
    first = f": {told(parked[0])}" if parked else ""
    rows = [
        {"order": each.order_name, "store": each.store, "line": each.line_id, "why": each.reason}
        for each in parked
    ]
    return dg.AssetCheckEvaluation(
        asset_key=dg.AssetKey(list(_ASSET)),
        check_name=_CHECK,
        passed=not parked,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{len(parked)} order lines are parked{first}",
        metadata={"parked": len(parked), "lines": table(pd.DataFrame(rows))},
    )
