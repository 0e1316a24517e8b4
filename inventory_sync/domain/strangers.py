"""SKUs and locations in rows that the ERP's own lists do not have, and whose rows they may be.

Put here how a stranger is found and whom it doubts. Keep out what follows for the numbers
(``quarantine.py``) and how likeness is measured (``spelling.py``).
"""

import pandas as pd

from inventory_sync.domain.findings import Notebook
from inventory_sync.domain.spelling import misspelt


def perhaps_nameless(
    stock: pd.DataFrame, skus: pd.Index, nameless: "pd.Series[bool]"
) -> pd.DataFrame:
    """Whose row a stock row without a SKU may be: every SKU that has none at its location."""
    places = stock.loc[nameless, ["location"]].dropna().drop_duplicates().astype("object")
    every = pd.DataFrame({"sku": skus}).merge(places, how="cross")
    named = stock.loc[~nameless, ["sku", "location"]].astype("object").drop_duplicates()
    marked = every.merge(named, how="left", on=["sku", "location"], indicator=True)
    return marked.loc[marked["_merge"] == "left_only", ["sku", "location"]]


def is_stranger(values: "pd.Series[str]", known: pd.Index) -> "pd.Series[bool]":
    """Which values are given but not known; judged per category, not per row."""
    column = values.astype("category")
    unknown = column.cat.categories[~column.cat.categories.isin(known)]
    return column.isin(unknown)


def unknown_skus(
    dataset: str, frame: pd.DataFrame, skus: pd.Index, notes: Notebook
) -> pd.DataFrame:
    """Report SKUs that are not in products; return the rows under the SKU that they likely mean.

    A demand on ``oak-table`` is most likely one on ``OAK-TABLE``: that SKU becomes doubtful.
    """
    unknown = frame[is_stranger(frame["sku"], skus)]
    if unknown.empty:
        return unknown
    meant = unknown["sku"].astype("object").map(misspelt(set(unknown["sku"]), skus))
    notes.find(dataset, unknown[meant.isna()], "unknown-sku", "sku is not in products")
    for sku, rows in unknown.groupby(meant):
        notes.find(dataset, rows, "unknown-sku", f"sku differs from {sku} only in case or blanks")
    return unknown.assign(sku=meant)
