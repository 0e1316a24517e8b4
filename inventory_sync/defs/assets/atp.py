"""Available to promise, as an asset with every term in a column of its own.

Put computed ERP-side figures here; what a store shows is ``stores.py``.
"""

from datetime import datetime

import dagster as dg
import pandas as pd

from inventory_sync.defs.assets.framed import frame_asset
from inventory_sync.defs.metadata import table
from inventory_sync.domain.atp import available_to_promise
from inventory_sync.domain.findings import FINDING_COLUMNS, joined
from inventory_sync.domain.frames import ErpSnapshot
from inventory_sync.domain.position import KINDS
from inventory_sync.domain.quarantine import Judged

_FRAMES = ("locations", "products", "components", "stock", "commitments", "quarantine")


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
        "atp_micros": "int64: physical - unavailable - commitments; may be negative",
        "certainty": "int8: 0 exact, 1 at most this, 2 unknown",
        "is_kit": "boolean: computed from its parts",
        "limited_by": "text: the part that limits a kit",
    },
)
def available_to_promise_asset(
    locations: pd.DataFrame,
    products: pd.DataFrame,
    components: pd.DataFrame,
    stock: pd.DataFrame,
    commitments: pd.DataFrame,
    quarantine: pd.DataFrame,
) -> dg.Output[pd.DataFrame]:
    """ATP = physical - unavailable - all open commitments: pending to outgoing transfers.

    Per SKU and location, as of the snapshot. A kit has the ATP that its parts allow there.
    """
    instants = {frame.attrs["taken_at"] for frame in (products, components, stock, commitments)}
    if len(instants) != 1:
        raise dg.Failure(
            "The ERP frames are of different snapshots; run the job full_sync.", allow_retries=False
        )
    taken_at = datetime.fromisoformat(instants.pop())
    nothing = pd.DataFrame()
    snapshot = ErpSnapshot(
        taken_at, locations, products, components, stock, commitments, nothing, nothing, nothing, {}
    )
    judged = Judged(snapshot, joined([], FINDING_COLUMNS), quarantine)
    rows = available_to_promise(judged, taken_at).rows
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
