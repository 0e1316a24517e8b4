"""What became of a write whose answer never came: settled by reading and explaining.

Put the rule here that decides between "it was applied" and "it was not" (protocol, condition on
C4). Nothing is ever sent again to find out.
"""

from typing import Final, Literal

import numpy as np
import pandas as pd

Settled = Literal["applied", "not_applied"]
SETTLED: Final[tuple[Settled, ...]] = ("applied", "not_applied")
"""The verdicts that end an intent; the third one is ``open``."""

LEVEL = ["inventory_item_id", "store_location_id"]


def settle_by_reading(
    intents: pd.DataFrame, levels: pd.DataFrame, taken: pd.DataFrame
) -> pd.DataFrame:
    """Judge open intents against what the store shows now.

    ``intents``: inventory_item_id, store_location_id, expected_units, quantity_units, taken_units
    (of the level when the write was computed). ``levels``: available_units as read after the call
    can no longer arrive. ``taken``: taken_units now. Returns the intents with ``verdict``.

    Each hypothesis explains one quantity: what would be shown had the write been applied, or not,
    less what orders took since. When neither fits, the one that explains more is taken, so that
    the difference counts as demand: the lower offer. A level that cannot be read stays open.
    """
    rows = intents.merge(levels[[*LEVEL, "available_units"]], how="left", on=LEVEL)
    now = taken[[*LEVEL, "taken_units"]].rename(columns={"taken_units": "taken_now_units"})
    rows = rows.merge(now, how="left", on=LEVEL)
    since = rows["taken_now_units"].fillna(0) - rows["taken_units"]
    applied = rows["quantity_units"] - since
    untouched = rows["expected_units"] - since
    shown = rows["available_units"].astype("Float64")
    verdict = np.select(
        [
            shown.isna().to_numpy(bool),
            (shown == applied).fillna(False).to_numpy(bool),
            (shown == untouched).fillna(False).to_numpy(bool),
            (applied > untouched).to_numpy(bool),
        ],
        ["open", "applied", "not_applied", "applied"],
        "not_applied",
    )
    return intents.assign(verdict=verdict)
