"""SKUs and locations as numbers: the keys of all hot arithmetic.

Put here how the rows of several frames are numbered alike. Keep out what is done with the numbers.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def code_pairs(*parts: pd.DataFrame) -> tuple[pd.DataFrame, list[NDArray[np.int64]]]:
    """Number the pairs of SKU and location that occur: the pairs, and the key of every row."""
    skus = _union([part["sku"] for part in parts])
    places = _union([part["location"] for part in parts])
    packed = [
        _codes(part["sku"], skus) * len(places) + _codes(part["location"], places) for part in parts
    ]
    keys, distinct = pd.factorize(np.concatenate(packed), sort=True)
    pairs = pd.DataFrame(
        {
            "sku": skus.take(distinct // max(len(places), 1)),
            "location": places.take(distinct % max(len(places), 1)),
        }
    )
    return pairs, np.split(keys, np.cumsum([len(part) for part in packed])[:-1])


def _union(columns: "list[pd.Series[str]]") -> pd.Index:
    """All values that occur, sorted; gathered from categories, not from rows."""
    values: set[str] = set()
    for column in columns:
        values.update(column.astype("category").cat.categories)
    return pd.Index(sorted(values), dtype="object")


def _codes(column: "pd.Series[str]", index: pd.Index) -> NDArray[np.int64]:
    coded = column.astype("category")
    positions = index.get_indexer(coded.cat.categories.astype("object"))
    return positions.astype(np.int64)[coded.cat.codes.to_numpy()]
