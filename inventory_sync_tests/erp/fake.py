"""An ERP in memory, held to the same contract suite as the real connectors."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pyarrow as pa

from inventory_sync.domain.errors import ContractBroken, InventorySyncError
from inventory_sync.domain.frames import SNAPSHOT_DATASETS, Dataset, ErpSnapshot, no_faults
from inventory_sync.erp.conversion import typed_frame
from inventory_sync_tests.erp.rows import Rows

TAKEN_AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


class FakeErp:
    """Delivers the rows it holds, given as texts; change ``rows`` or ``failure`` at any time."""

    def __init__(self, rows: Rows, *, taken_at: datetime = TAKEN_AT) -> None:
        self.rows = rows
        self.taken_at = taken_at
        self.failure: InventorySyncError | None = None

    def snapshot(self) -> ErpSnapshot:
        """The rows as they are now, or the failure that was set."""
        if self.failure is not None:
            raise self.failure
        frames, faults = {}, {}
        for dataset in SNAPSHOT_DATASETS:
            frames[dataset.name], faults[dataset.name] = self._read(dataset)
        return ErpSnapshot(taken_at=self.taken_at, faults=faults, **frames)

    def _read(self, dataset: Dataset):
        if dataset.name in self.rows:
            return typed_frame(dataset, self._chunks(dataset))
        if dataset.optional:
            return dataset.empty_frame(), no_faults()
        raise ContractBroken(f"Dataset {dataset.name} is missing in the fake ERP.")

    def _chunks(self, dataset: Dataset) -> Iterator[pa.Table]:
        rows = self.rows[dataset.name]
        for column in dataset.columns:
            if any(column.name not in row for row in rows):
                raise ContractBroken(f"Dataset {dataset.name} has no column {column.name}.")
        yield pa.table(
            {c.name: pa.array([row[c.name] for row in rows], pa.string()) for c in dataset.columns}
        )
