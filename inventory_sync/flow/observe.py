"""What a store shows now, beside what we last set: reading only.

Put observation without publishing here.
"""

import pandas as pd

from inventory_sync.domain.publication import LEVEL
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.store_reading import read_store


def observe_store(parts: Parts, store: str) -> pd.DataFrame:
    """Read every level that we manage: ids, sku, observed_, published_ and explained_units.

    Orders are read after the levels, so an order that came in between explains what is shown.
    """
    with parts.ledger.store_lock(store):
        view, _ = read_store(parts, store)
    ours = view.publications[[*LEVEL, "sku", "quantity_units", "taken_units"]]
    rows = ours.merge(view.levels, on=LEVEL).dropna(subset=["available_units"])
    now = view.taken[[*LEVEL, "taken_units"]].rename(columns={"taken_units": "taken_now_units"})
    rows = rows.merge(now, how="left", on=LEVEL)
    since = rows["taken_now_units"].fillna(0) - rows["taken_units"]
    rows = rows.assign(
        observed_units=rows["available_units"].astype("int64"),
        published_units=rows["quantity_units"],
        explained_units=(rows["quantity_units"] - since).astype("int64"),
    )[[*LEVEL, "sku", "observed_units", "published_units", "explained_units"]]
    parts.ledger.record_observed(store, rows, at=view.read_at or parts.now())
    return rows
