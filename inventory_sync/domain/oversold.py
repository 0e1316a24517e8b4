"""The pool of a level as it counts for what was sold, not for what may be offered.

An offer is on the safe side: a line in flight is deducted wherever it might be delivered from, and
what a buyer has cancelled stays committed until the ERP has let go of it. Neither means that a unit
was sold twice. Put here what is given back before a pool below zero is called oversold.
"""

import pandas as pd

from inventory_sync.domain.evidence import Evidence
from inventory_sync.domain.kits import explode
from inventory_sync.domain.orders import erp_locations_of, in_flight, in_flight_effect
from inventory_sync.domain.units import SCALE

_LEVEL = ["store_location_id", "sku"]


def pools_of_the_sold(evidence: Evidence) -> pd.DataFrame:
    """What the rules offer of (``evidence.offered``), with what is surely left in ``pool_micros``.

    A pool below zero is oversold whoever delivers what.
    """
    back = pd.concat([_delivered_elsewhere(evidence), _let_go_of(evidence)], ignore_index=True)
    sums = back.groupby(_LEVEL)["back_micros"].sum().reset_index()
    rows = evidence.offered.merge(sums, how="left", on=_LEVEL)
    given = rows.pop("back_micros").fillna(0).astype("int64")
    return rows.assign(pool_micros=rows["pool_micros"] + given)


def _delivered_elsewhere(evidence: Evidence) -> pd.DataFrame:
    """Lines in flight that may be taken from an ERP location that is not behind the level."""
    flying = in_flight(evidence.lines, evidence.acknowledged)
    reaches = [
        erp_locations_of(evidence.locations.get(str(store), {}), at)
        for store, at in flying[["store", "store_location_id"]].itertuples(index=False)
    ]
    found = []
    for gid, behind in evidence.locations[evidence.store].items():
        elsewhere = pd.Series([not reach <= set(behind) for reach in reaches], flying.index, bool)
        effect = in_flight_effect(flying[elsewhere], evidence.kits, evidence.locations)
        is_here = effect["store"].eq(evidence.store) & effect["store_location_id"].eq(gid)
        found.append(effect[is_here])
    effects = pd.concat(found, ignore_index=True)
    return effects.rename(columns={"in_flight_micros": "back_micros"})[[*_LEVEL, "back_micros"]]


def _let_go_of(evidence: Evidence) -> pd.DataFrame:
    """What the ERP still commits to orders of stores whose buyers want less by now."""
    key = ["external_order_id", "sku"]
    booked = evidence.commitments[[*key, "location", "quantity_micros"]].dropna(subset=[key[0]])
    booked = booked.astype(dict.fromkeys([*key, "location"], "object"))
    lines = evidence.lines.rename(columns={"order_id": key[0]})
    wanted = lines.groupby(key)["current_units"].sum().mul(SCALE).rename("wanted_micros")
    rows = booked.merge(wanted.reset_index(), on=key)
    over = rows.groupby(key)["quantity_micros"].transform("sum") - rows["wanted_micros"]
    rows["quantity_micros"] = rows["quantity_micros"].clip(upper=over.clip(lower=0))
    freed = explode(rows, evidence.kits)
    places = pd.DataFrame(
        [(gid, at) for gid, behind in evidence.locations[evidence.store].items() for at in behind],
        columns=["store_location_id", "location"],
    )
    return freed.merge(places, on="location").rename(columns={"quantity_micros": "back_micros"})[
        [*_LEVEL, "back_micros"]
    ]
