"""The frames that a contract is held against, in the words of the contract.

Put here how a dataset is laid out for judging: columns by their ERP names, quantities in micros and
null where they cannot be read, and every row of the source, also those in quarantine. Keep out what
is wrong with a row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd

from inventory_sync.contracts.terms import ERP, Contract
from inventory_sync.domain.frames import DATASETS, SNAPSHOT_DATASETS, Dataset, ErpSnapshot
from inventory_sync.domain.quarantine import judge
from inventory_sync.domain.rules import Rules
from inventory_sync.domain.set_aside import restored

Lists = Mapping[tuple[str, str], pd.Index]
"""(dataset, column) -> the values that others may refer to."""


@dataclass(frozen=True)
class Given:
    """A dataset as it is judged: its rows, when they were read, and what they may refer to.

    ``read_at`` is the instant that the figures show (``None``: nobody noted it), ``now`` when they
    are judged; both aware.
    """

    rows: pd.DataFrame
    read_at: datetime | None
    now: datetime
    lists: Lists = field(default_factory=dict)


def whole_dataset(dataset: Dataset, believed: pd.DataFrame, aside: pd.DataFrame) -> pd.DataFrame:
    """Every row of a dataset of the ERP, numbered by its position in the source's reading."""
    wrong = restored(dataset, aside)
    kept = believed.loc[~believed.index.isin(wrong.index)]
    columns = {}
    for column in dataset.columns:
        cells = pd.concat([_plain(kept[column.field]), _plain(wrong[column.field])])
        columns[column.name] = cells
    return pd.DataFrame(columns).sort_index()


def _plain(cells: "pd.Series[Any]") -> "pd.Series[Any]":
    """Without categories, and whole numbers that can be null."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return cells.astype("str")
    if cells.dtype == "int64":
        return cells.astype("Int64")
    return cells.astype("boolean") if cells.dtype == "bool" else cells


def lists_of(frames: Mapping[str, pd.DataFrame]) -> dict[tuple[str, str], pd.Index]:
    """What may be referred to: the keys of the believed locations and products."""
    return {
        (name, column): pd.Index(frame[column].dropna().astype("object"))
        for name, frame in frames.items()
        for column in DATASETS[name].key
    }


def givens(snapshot: ErpSnapshot, rules: Rules, now: datetime) -> dict[str, Given]:
    """Every dataset of a reading of the ERP but the events, by name."""
    judged = judge(snapshot, rules)
    believed = judged.snapshot
    lists = lists_of({"locations": believed.locations, "products": believed.products})
    return {
        dataset.name: Given(
            whole_dataset(dataset, getattr(believed, dataset.name), judged.aside),
            snapshot.taken_at,
            now,
            lists,
        )
        for dataset in SNAPSHOT_DATASETS
    }


def dataset_of(contract: Contract) -> Dataset | None:
    """The ERP's dataset that a contract is about; ``None`` for a table of our own."""
    return DATASETS[contract.asset.removeprefix(ERP)] if contract.is_of_erp else None
