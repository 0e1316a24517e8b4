"""Available to promise, as an asset with every term in a column of its own.

Put computed ERP-side figures here; what a store shows is ``stores.py``.
"""

from datetime import datetime

import dagster as dg
import pandas as pd

from inventory_sync.defs.assets.framed import frame_asset
from inventory_sync.defs.metadata import table
from inventory_sync.defs.resources import InventorySync
from inventory_sync.domain.findings import FINDING_COLUMNS, joined
from inventory_sync.domain.frames import ErpSnapshot
from inventory_sync.domain.position import KINDS
from inventory_sync.domain.quarantine import Judged
from inventory_sync.flow.days import atp_of

_FRAMES = (
    "locations",
    "products",
    "components",
    "stock",
    "commitments",
    "supply",
    "quarantine",
)


@frame_asset(
    "atp",
    "available_to_promise",
    made_from={name: f"erp/{name}" for name in _FRAMES},
    has={
        "sku": "text: the ERP's item code",
        "location": "text: the ERP's warehouse, plant or zone",
        "physical_micros": "int64: on hand, in millionths of a unit",
        "unavailable_micros": "int64: of that damaged, in quarantine or in QC",
        **{f"{kind}_micros": f"int64: open commitments of kind {kind}" for kind in KINDS},
        "covered_micros": "int64: later commitments that supply covers (atp_method: projected)",
        "atp_micros": "int64: physical - unavailable - commitments + covered; may be negative",
        "certainty": "int8: 0 exact, 1 at most this, 2 unknown",
        "is_kit": "boolean: computed from its parts",
        "limited_by": "text: the part that limits a kit",
        "covered_by": "text: which supply covers them, and until when they are not needed",
    },
)
def available_to_promise_asset(
    context: dg.AssetExecutionContext,
    inventory_sync: InventorySync,
    locations: pd.DataFrame,
    products: pd.DataFrame,
    components: pd.DataFrame,
    stock: pd.DataFrame,
    commitments: pd.DataFrame,
    supply: pd.DataFrame,
    quarantine: pd.DataFrame,
) -> dg.Output[pd.DataFrame]:
    """ATP = physical - unavailable - all open commitments: pending to outgoing transfers.

    Per SKU and location, as of the snapshot. A kit has the ATP that its parts allow there. With
    `pooling.atp_method: projected` it is today's projection: commitments that supply covers before
    they are due take no stock.
    """
    read = (products, components, stock, commitments, supply)
    instants = {frame.attrs["taken_at"] for frame in read}
    if len(instants) != 1:
        raise dg.Failure(
            "The ERP frames are of different snapshots; run the job full_sync.", allow_retries=False
        )
    taken_at = datetime.fromisoformat(instants.pop())
    nothing = pd.DataFrame()
    snapshot = ErpSnapshot(
        taken_at, locations, products, components, stock, commitments, supply, nothing, nothing, {}
    )
    judged = Judged(snapshot, joined([], FINDING_COLUMNS), quarantine)
    with inventory_sync.parts(context.log) as parts:
        rows = atp_of(parts, judged).rows
    rows.attrs.update(stock.attrs)
    lowest = rows.sort_values("atp_micros")
    return dg.Output(
        rows,
        metadata={
            "SKU-locations": len(rows),
            "SKUs": int(rows["sku"].nunique()),
            "ATP units": float(rows.loc[~rows["is_kit"], "atp_micros"].sum() / 1e6),
            "negative": int((rows["atp_micros"] < 0).sum()),
            "uncertain": int((rows["certainty"] > 0).sum()),
            "lowest ATP": table(lowest),
            "taken at": taken_at.isoformat(),
        },
    )
