"""What became of a write whose answer never came: settled by reading and explaining.

Put the rule here that decides between "it was applied" and "it was not" (protocol, condition on
C4). Nothing is ever sent again to find out.
"""

from datetime import datetime
from typing import Final, Literal

import numpy as np
import pandas as pd

from inventory_sync.domain.publication import LEVEL

Settled = Literal["applied", "not_applied"]
SETTLED: Final[tuple[Settled, ...]] = ("applied", "not_applied")
"""The verdicts that end an intent; the third one is ``open``."""


def settle_by_reading(
    intents: pd.DataFrame, levels: pd.DataFrame, taken: pd.DataFrame, *, patient_until: datetime
) -> pd.DataFrame:
    """Judge open intents against what the store shows now.

    ``intents``: inventory_item_id, store_location_id, expected_units, quantity_units, taken_units
    (of the level when the write was computed, with the units that were missing then). ``levels``:
    available_units as read after the call can no longer arrive. ``taken``: taken_units now.
    Returns the intents with ``verdict``.

    Each hypothesis explains one quantity: what would be shown had the write been applied, or not,
    less what orders took since. When both fit, or neither, an order is missing that may still show
    up: the intent stays open. Only one that was created before ``patient_until`` is judged all the
    same, by the hypothesis that explains more, so that the difference counts as demand: the lower
    offer. A level that cannot be read stays open.
    """
    rows = intents.merge(levels[[*LEVEL, "available_units"]], how="left", on=LEVEL)
    now = taken[[*LEVEL, "taken_units"]].rename(columns={"taken_units": "taken_now_units"})
    rows = rows.merge(now, how="left", on=LEVEL)
    since = rows["taken_now_units"].fillna(0) - rows["taken_units"]
    applied, untouched = rows["quantity_units"] - since, rows["expected_units"] - since
    shown = rows["available_units"].astype("Float64")
    # Orders that were missing then and are unknown still have lowered what is shown all the same.
    unknown = np.maximum(-since, 0)
    was_applied, was_not = (
        ((shown == explained) | (shown == explained - unknown)).fillna(False).to_numpy(bool)
        for explained in (applied, untouched)
    )
    verdict = np.select(
        [
            shown.isna().to_numpy(bool),
            was_applied & ~was_not,
            was_not & ~was_applied,
            (rows["created_at"] >= pd.Timestamp(patient_until)).to_numpy(bool),
            (applied > untouched).to_numpy(bool),
        ],
        ["open", "applied", "not_applied", "open", "applied"],
        "not_applied",
    )
    return intents.assign(verdict=verdict)
