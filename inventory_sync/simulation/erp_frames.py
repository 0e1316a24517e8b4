"""Plain rows of the simulated ERP as the frames of a snapshot.

Put the making of frames here; the rows are ``erp.py``. All of them are right: the simulation is
about messages that get lost, not about rows that are wrong.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from inventory_sync.domain.extract import ErpExtract
from inventory_sync.domain.frames import SNAPSHOT_DATASETS, Column, ErpSnapshot, no_faults
from inventory_sync.domain.units import SCALE


@dataclass(frozen=True)
class Instants:
    """When rows changed: stock by (sku, location), commitments by id, acknowledgements by line."""

    stock: Mapping[tuple[str, str], datetime]
    commitments: Mapping[str, datetime]
    acknowledged: Mapping[tuple[str, str], datetime]


def snapshot_of(extract: ErpExtract, changed: Instants) -> ErpSnapshot:
    """The frames of these rows; datasets that a pass does not count are empty."""
    at = extract.taken_at
    rows: dict[str, list[dict[str, Any]]] = {
        "locations": [
            {"location": place, "name": place, "time_zone": None}
            for place in sorted(extract.locations)
        ],
        "products": [
            {"sku": row.sku, "name": row.sku, "tracked": row.tracked} for row in extract.products
        ],
        "components": _records(extract.components, ("kit_sku", "component_sku", "quantity")),
        "stock": [
            {**row, "updated_at": changed.stock[row["sku"], row["location"]]}
            for row in _records(extract.stock, ("sku", "location", "physical", "unavailable"))
        ],
        "commitments": [
            {
                **row,
                "due_date": None,
                "channel": None,
                "external_line_id": None,
                "updated_at": changed.commitments[row["commitment_id"]],
            }
            for row in _records(
                extract.commitments,
                (
                    "commitment_id",
                    "order_id",
                    "sku",
                    "location",
                    "quantity",
                    "kind",
                    "expires_at",
                    "external_order_id",
                ),
            )
        ],
        "acknowledged_orders": [
            {
                **row,
                "updated_at": changed.acknowledged[
                    row["external_order_id"], row["external_line_id"]
                ],
            }
            for row in _records(
                extract.acknowledged, ("external_order_id", "external_line_id", "quantity")
            )
        ],
    }
    frames = {
        dataset.name: _frame(dataset.columns, rows.get(dataset.name, []))
        for dataset in SNAPSHOT_DATASETS
    }
    faults = {dataset.name: no_faults() for dataset in SNAPSHOT_DATASETS}
    return ErpSnapshot(taken_at=at, faults=faults, **frames)


def _records(rows: Iterable[Any], names: Sequence[str]) -> list[dict[str, Any]]:
    return [{name: getattr(row, name) for name in names} for row in rows]


def _frame(columns: Sequence[Column], rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame({column.field: _series(column, rows) for column in columns})


def _series(column: Column, rows: Sequence[dict[str, Any]]) -> "pd.Series[Any]":
    values: Any = [row[column.name] for row in rows]
    dtype: Any = column.dtype
    if column.kind == "quantity":
        return pd.Series([value * SCALE for value in values], dtype="int64")
    if column.dtype == "category":
        known = sorted({value for value in values if value is not None})
        return pd.Series(pd.Categorical(values, categories=pd.Index(known, dtype="str")))
    return pd.Series(pd.array(values, dtype=dtype))
