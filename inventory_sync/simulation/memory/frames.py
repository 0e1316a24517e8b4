"""Rows of the memory ledger as frames, typed as the real ledger types them.

Put the making of frames here. Keep out which rows are meant.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import pandas as pd

TEXT: Final = "str"
WHOLE: Final = "int64"
MAYBE: Final = "Int64"
INSTANT: Final = "datetime64[us, UTC]"
TRUTH: Final = "bool"


def typed(rows: Iterable[tuple[Any, ...]], columns: Mapping[str, Any]) -> pd.DataFrame:
    """A frame of tuples, with the dtype of each column even when there are no rows."""
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    return pd.DataFrame(
        {
            name: pd.array(list(told), dtype=dtype)
            for (name, dtype), told in zip(columns.items(), values, strict=True)
        }
    )
