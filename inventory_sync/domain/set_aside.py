"""Rows in quarantine, kept whole: what the source said, and why it is not believed.

Put here how such a row is written down, and how it becomes a row of a frame again. Keep out why a
row is not believed: ``quarantine.py`` says that.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pandas as pd

from inventory_sync.domain.findings import names
from inventory_sync.domain.frames import DATASETS, Dataset, ErpSnapshot
from inventory_sync.domain.units import FINE, micros_to_decimal, text_to_micros

ASIDE_COLUMNS: Final = ("dataset", "row", "subject", "reasons", "content")
"""``row`` is the position in the source's reading, ``subject`` the key, ``content`` JSON: the
columns by their ERP names, quantities in units, and what could not be read as the source's text."""


def no_rows_aside() -> pd.DataFrame:
    """An empty frame of rows in quarantine."""
    frame = pd.DataFrame({name: pd.Series([], dtype="str") for name in ASIDE_COLUMNS})
    return frame.astype({"row": "int64"})


def rows_aside(snapshot: ErpSnapshot, wrong: Sequence[tuple[str, pd.Index, str]]) -> pd.DataFrame:
    """The rows named in ``wrong`` (dataset, positions, reason), once each, with all reasons."""
    reasons: dict[tuple[str, int], list[str]] = {}
    for dataset, positions, reason in wrong:
        for position in positions:
            reasons.setdefault((dataset, int(position)), []).append(reason)
    if not reasons:
        return no_rows_aside()
    found: list[tuple[str, int, str, str, str]] = []
    for dataset in dict.fromkeys(name for name, _ in reasons):
        numbers = sorted(row for name, row in reasons if name == dataset)
        rows: pd.DataFrame = getattr(snapshot, dataset).loc[numbers]
        told = zip(numbers, names(dataset, rows), _contents(snapshot, dataset, rows), strict=True)
        for row, subject, content in told:
            why = "; ".join(dict.fromkeys(reasons[dataset, row]))
            found.append((dataset, row, subject, why, content))
    return pd.DataFrame(found, columns=list(ASIDE_COLUMNS)).astype(no_rows_aside().dtypes)


def _contents(snapshot: ErpSnapshot, dataset: str, rows: pd.DataFrame) -> Iterator[str]:
    faults = snapshot.faults.get(dataset)
    unread: dict[tuple[int, str], Any] = {}
    if faults is not None:
        mine = faults[faults["row"].isin(rows.index)]
        unread = {
            (int(row), column): None if pd.isna(value) else str(value)
            for row, column, value in mine[["row", "column", "value"]].itertuples(index=False)
        }
    columns = DATASETS[dataset].columns
    for row, cells in zip(rows.index, rows.itertuples(index=False), strict=True):
        said = dict(zip(rows.columns, cells, strict=True))
        content = {
            column.name: unread.get((int(row), column.name), _text(said[column.field], column.kind))
            for column in columns
        }
        yield json.dumps(content, ensure_ascii=False)


def _text(value: Any, kind: str) -> str | bool | None:
    if pd.isna(value):
        return None
    if kind == "quantity":
        return f"{micros_to_decimal(value):f}"
    return bool(value) if kind == "boolean" else str(value)


def restored(dataset: Dataset, aside: pd.DataFrame) -> pd.DataFrame:
    """The rows of a dataset in quarantine as a frame again, numbered by their old positions.

    A quantity that cannot be read is null here, so its column is ``Int64``.
    """
    mine = aside[aside["dataset"] == dataset.name]
    said = [json.loads(content) for content in mine["content"]]
    frame = pd.DataFrame(index=pd.Index(mine["row"].to_numpy(), dtype="int64"))
    for column in dataset.columns:
        cells = [row[column.name] for row in said]
        if column.kind == "quantity":
            frame[column.field] = pd.array([_micros(cell) for cell in cells], dtype="Int64")
        elif column.kind in ("timestamp", "date"):
            times = pd.Series([_time(cell) for cell in cells], dtype=column.dtype)
            frame[column.field] = times.array
        else:
            kept = [cell if isinstance(cell, bool) or column.kind == "text" else None
                    for cell in cells]  # fmt: skip
            frame[column.field] = pd.Series(kept, dtype=column.dtype).array
    return frame


def shared_supply(aside: pd.DataFrame) -> frozenset[str]:
    """The SKUs in quarantine because one supply id stands at several of them, or without SKU as
    well: who reads only one of them does not see it.
    """
    rows = restored(DATASETS["supply"], aside)[["supply_id", "sku"]].drop_duplicates()
    named = rows.dropna(subset=["supply_id"])
    shared = named["supply_id"].duplicated(keep=False)
    return frozenset(named.loc[shared, "sku"].dropna().astype(str))


def _time(text: str | None) -> pd.Timestamp | None:
    """A time as it was written down; ``None`` when the source held something else."""
    try:
        return None if text is None else pd.Timestamp(text)
    except ValueError:
        return None


def _micros(text: str | None) -> int | None:
    micros, reason = text_to_micros(text)
    return micros if reason == FINE else None
