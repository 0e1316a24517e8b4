"""What people see beside an asset: tables, counts and column descriptions.

Put ways of showing a frame here. Keep out which figures matter: each asset says that itself.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote

import dagster as dg
import pandas as pd

from inventory_sync.domain.units import SCALE
from inventory_sync.flow.parts import Parts

SHOWN_ROWS = 25
SHOWN_LINKS = 10

_MARKUP: Final = re.compile(r"[\\`*_{}\[\]()<>#+!|&~-]")
_ESCAPED: Final = r"\\\g<0>"


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


def explained_by(parts: Parts, skus: Iterable[str]) -> dg.MetadataValue[Any]:
    """Links to the pages that explain these SKUs, or the command that does."""
    some = list(dict.fromkeys(skus))[:SHOWN_LINKS]
    if parts.explain_url is None or not some:
        return dg.MetadataValue.text("inventory-sync explain SKU")
    links = [f"[{_MARKUP.sub(_ESCAPED, s)}]({parts.explain_url}{quote(s, safe='')})" for s in some]
    return dg.MetadataValue.md(", ".join(links))


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
