"""What a batch needs from our own memory, as a Protocol.

Put a method here when a batch alone calls it.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from inventory_sync.domain.batches import BatchName
from inventory_sync.domain.dirty import Mark


class BatchMemory(Protocol):
    """The part of the ledger that knows up to when each batch has looked."""

    def batch_until(self, batch: BatchName) -> datetime | None:
        """Up to which instant (ERP's clock) the batch has noted changes; ``None`` before any."""
        ...

    def note_changes(
        self, batch: BatchName, marks: Collection[Mark], *, until: datetime | None
    ) -> None:
        """Put SKUs on the list of lane ``batch``, and note that all changes up to then are on it.

        One transaction; the instant never moves back. ``until`` is ``None`` for a look at the past.
        """
        ...
