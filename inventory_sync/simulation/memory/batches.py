"""Batches in memory. Put the rules of ``ledger/batches.py`` here."""

from collections.abc import Collection
from datetime import datetime

from inventory_sync.domain.batches import BatchName
from inventory_sync.domain.dirty import Mark
from inventory_sync.simulation.memory.dirty import MemoryDirtyList


class MemoryBatches(MemoryDirtyList):
    """The part of the ledger that batches work with."""

    def __init__(self) -> None:
        super().__init__()
        self._noted_until: dict[BatchName, datetime] = {}

    def batch_until(self, batch: BatchName) -> datetime | None:
        """As ``Ledger.batch_until``."""
        return self._noted_until.get(batch)

    def note_changes(
        self, batch: BatchName, marks: Collection[Mark], *, until: datetime | None
    ) -> None:
        """As ``Ledger.note_changes``."""
        self.mark("batch", list(marks))
        if until is not None:
            self._noted_until[batch] = max(until, self._noted_until.get(batch, until))
