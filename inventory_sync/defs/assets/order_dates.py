"""When placed orders ship, as an asset: the date of each open line of every store.

Put dates of orders here; what can be promised to who has not ordered yet is ``promises.py``.
"""

import dagster as dg
import pandas as pd

from inventory_sync.defs.assets.framed import frame_asset
from inventory_sync.defs.metadata import table
from inventory_sync.defs.resources import InventorySync
from inventory_sync.flow.order_dates import Ordered, order_date_table
from inventory_sync.flow.promising import places_of


@frame_asset(
    "orders",
    "promise_dates",
    made_from={
        "in_flight": "orders/in_flight",
        "commitments": "erp/commitments",
        "said": "erp/promise_dates",
        "locations": "erp/locations",
        "projected": "atp/projected",
    },
    has={
        "store": "text: the store that took the order",
        "order_id": "text: Shopify's order (gid)",
        "line_id": "text: its line (gid)",
        "sku": "text: what was ordered",
        "ships_on": "date: the whole line ships on this day; null: on request",
        "ships_by": "timestamp: the end of that day at the location it ships from",
        "source": "text: erp (its own date, unchanged) or computed",
        "reason": "text: why there is no date",
    },
)
def order_dates_asset(
    context: dg.AssetExecutionContext,
    inventory_sync: InventorySync,
    in_flight: pd.DataFrame,
    commitments: pd.DataFrame,
    said: pd.DataFrame,
    locations: pd.DataFrame,
    projected: pd.DataFrame,
) -> dg.Output[pd.DataFrame]:
    """When each open line of every Shopify order ships.

    What the ERP has is relayed: the due date of the commitment, unchanged. A line that it does not
    know yet has the date that its buyer was told. What waits for a decision has none.
    """
    with inventory_sync.parts(context.log) as parts:
        ordered = Ordered(in_flight, commitments, said, projected)
        rows = order_date_table(parts, ordered, places_of(parts, locations))
    undated = rows[rows["ships_on"].isna()]
    return dg.Output(
        rows,
        metadata={
            "open lines": len(rows),
            "dated by the ERP": int((rows["source"] == "erp").sum()),
            "computed": int((rows["source"] == "computed").sum()),
            "on request": len(undated),
            "without a date": table(undated[["store", "order_id", "sku", "reason"]]),
        },
    )
