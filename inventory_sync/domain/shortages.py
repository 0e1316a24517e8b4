"""Which commitments cannot be met on their dates, and from when on they can.

Put here the running balance that a date of the ERP is checked with: the ERP may date an order and
then let the supply slip. What can still be promised to others is ``projection.py``.
"""

from typing import Final

import pandas as pd

from inventory_sync.domain.atp import Atp
from inventory_sync.domain.calendar import LocalToday
from inventory_sync.domain.dated_rows import (
    Known,
    ProjectionRules,
    Report,
    dated_demand,
    dated_supply,
)
from inventory_sync.domain.frames import ErpSnapshot
from inventory_sync.domain.kits import explode

SHORT_COLUMNS: Final = ("commitment_id", "covered_in_days")

_PAIR: Final = ["sku", "location"]
_CELL: Final = [*_PAIR, "day"]


def known_to_erp(atp: Atp, snapshot: ErpSnapshot) -> Known:
    """What the ERP lists, as ``dated_supply`` wants to know it."""
    return Known(
        atp.tracked_skus | atp.untracked_skus,
        frozenset(snapshot.locations["location"].astype(str)),
        frozenset(atp.kits.parts),
    )


def shortages(
    atp: Atp, snapshot: ErpSnapshot, steps: pd.DataFrame, today: LocalToday, rules: ProjectionRules
) -> pd.DataFrame:
    """The commitments on whose day more has to leave than will have come (``SHORT_COLUMNS``).

    ``covered_in_days`` counts from today; it is null when nothing within the horizon ends the
    shortage. ``steps``: the projection, which tells where to look. All commitments of a day are
    short together: nobody has said who comes first.
    """
    first = steps.drop_duplicates(_PAIR)
    short = first.loc[first["atp_micros"] < 0, _PAIR].astype("object")
    demand = dated_demand(snapshot.commitments, today.now, today, rules, Report())
    demand = explode(demand[["commitment_id", *_CELL, "quantity_micros"]], atp.kits)
    demand = demand.astype(dict.fromkeys(_PAIR, "object")).merge(short, on=_PAIR)
    supply = dated_supply(snapshot.supply, known_to_erp(atp, snapshot), today, rules, Report())
    stock = atp.rows.assign(
        day=0, quantity_micros=atp.rows["physical_micros"] - atp.rows["unavailable_micros"]
    )
    rows = [
        stock[[*_CELL, "quantity_micros"]],
        supply[[*_CELL, "quantity_micros"]],
        demand[_CELL].assign(quantity_micros=-demand["quantity_micros"]),
    ]
    together = pd.concat([each.astype(dict.fromkeys(_PAIR, "object")) for each in rows])
    change = together.merge(short, on=_PAIR).groupby(_CELL)["quantity_micros"].sum()
    balance = change.groupby(level=_PAIR).cumsum().rename("balance").reset_index()
    enough = balance["day"].where(balance["balance"] >= 0)
    balance["covered_in_days"] = enough.groupby([balance[name] for name in _PAIR]).bfill()
    found = demand.merge(balance[balance["balance"] < 0], on=_CELL)
    # A kit is short when one of its parts is, until the last of them is there.
    worst = found.assign(covered_in_days=found["covered_in_days"].fillna(float("inf")))
    last = worst.groupby("commitment_id", sort=False)["covered_in_days"].max().reset_index()
    within = last["covered_in_days"] <= rules.horizon_days
    return last.assign(covered_in_days=last["covered_in_days"].where(within))
