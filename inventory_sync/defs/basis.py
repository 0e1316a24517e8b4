"""What stores are decided and judged from, as assets of one run.

Put here the inputs that such an asset or check has in common. The decision is ``flow/plan.py``.
"""

from datetime import datetime
from typing import Final

import dagster as dg
import pandas as pd

from inventory_sync.domain.atp import Atp, open_commitments
from inventory_sync.flow.plan import Basis

BASIS_INS: Final = {
    "atp": dg.AssetIn(["atp", "available_to_promise"]),
    **{
        name: dg.AssetIn(["erp", name])
        for name in ("components", "products", "locations", "acknowledged_orders", "commitments")
    },
}
"""The assets that ``basis_of`` takes, by its names for them."""


def basis_of(
    *,
    atp: pd.DataFrame,
    components: pd.DataFrame,
    products: pd.DataFrame,
    locations: pd.DataFrame,
    acknowledged_orders: pd.DataFrame,
    commitments: pd.DataFrame,
) -> Basis:
    """The basis of one run's frames: as of the instant that the ATP shows."""
    taken_at = datetime.fromisoformat(atp.attrs["taken_at"])
    return Basis(
        Atp.of(atp, components, products),
        acknowledged_orders,
        frozenset(locations["location"].astype(str)),
        taken_at,
        datetime.fromisoformat(atp.attrs["read_at"]),
        open_commitments(commitments, taken_at),
    )
