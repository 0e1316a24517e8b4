"""Shopify orders that the ERP does not know yet.

Put assets here that are read from the stores' orders.
"""

import dagster as dg
import pandas as pd

from inventory_sync.defs.assets.framed import frame_asset
from inventory_sync.defs.metadata import table
from inventory_sync.defs.resources import InventorySync
from inventory_sync.domain.orders import in_flight
from inventory_sync.flow.full_pass import each_store
from inventory_sync.flow.gather import read_orders


@frame_asset(
    "orders",
    "in_flight",
    made_from={"acknowledged_orders": "erp/acknowledged_orders"},
    has={
        "store": "text: the store that took the order",
        "order_name": "text: the order as the shop shows it",
        "sku": "text: what was ordered",
        "store_location_id": "text: where Shopify takes it from (gid)",
        "current_units": "int64: what the buyer still wants",
        "taken_units": "int64: what Shopify took out of available for it",
        "acknowledged_micros": "int64: what the ERP has of it, in millionths",
        "in_flight_micros": "int64: what is deducted from every store, in millionths",
    },
    kinds=frozenset({"shopify", "postgres"}),
)
def orders_in_flight(
    context: dg.AssetExecutionContext,
    inventory_sync: InventorySync,
    acknowledged_orders: pd.DataFrame,
) -> dg.Output[pd.DataFrame]:
    """Order lines whose effect the ERP's stock and commitments do not hold yet.

    Read from every store; deducted once from every store location that shares their stock. A store
    whose orders cannot be read is stopped, the others go on.
    """
    with inventory_sync.parts(context.log) as parts:
        read, failed = each_store(
            parts, context.run.run_id, list(parts.policies), lambda store: read_orders(parts, store)
        )
        lines = in_flight(parts.ledger.order_lines(), acknowledged_orders)
    for reason in failed.values():
        context.log.warning(reason)
    return dg.Output(
        lines,
        metadata={
            "lines in flight": len(lines),
            "units in flight": float(lines["in_flight_micros"].sum() / 1e6),
            "lines read": sum(read.values()),
            "stores not read": len(failed),
            "lines": table(lines.drop(columns=["updated_at"], errors="ignore")),
        },
    )
