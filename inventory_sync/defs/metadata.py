"""What people see beside an asset: tables, counts and column descriptions.

Put ways of showing a frame here. Keep out which figures matter: each asset says that itself.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import pandas as pd

from inventory_sync.domain.units import SCALE

SHOWN_ROWS = 25


def table(frame: pd.DataFrame, rows: int = SHOWN_ROWS) -> dg.MetadataValue[Any]:
    """The first rows of a frame as a table in the UI."""
    head = in_units(frame.head(rows))
    if head.empty:
        return dg.MetadataValue.md("_none_")
    records = [
        dg.TableRecord({str(name): _plain(value) for name, value in row.items()})
        for row in head.to_dict("records")
    ]
    return dg.MetadataValue.table(records)


def in_units(frame: pd.DataFrame) -> pd.DataFrame:
    """Micros as units under their plain name: ``atp_micros`` becomes ``atp``."""
    micros = [name for name in frame.columns if str(name).endswith("_micros")]
    shown = frame.assign(**{name: frame[name] / SCALE for name in micros})
    return shown.rename(columns={name: str(name).removesuffix("_micros") for name in micros})


def columns(descriptions: Mapping[str, str]) -> dict[str, Any]:
    """The column schema of an asset: name -> type and meaning, as ``"int64: units on hand"``."""
    found = []
    for name, description in descriptions.items():
        kind, _, meaning = description.partition(": ")
        found.append(dg.TableColumn(name, kind, description=meaning))
    return {"dagster/column_schema": dg.TableSchema(columns=found)}


def _plain(value: Any) -> str | int | float | bool | None:
    if pd.isna(value):
        return None
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    return str(value)
