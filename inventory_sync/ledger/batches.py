"""Batches: up to when each has noted what changed in the ERP.

Put the memory of batches here. What they still have to do is on the dirty list (``dirty.py``).
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import Engine, select, text

from inventory_sync.domain.batches import BatchName
from inventory_sync.domain.dirty import Mark
from inventory_sync.ledger.dirty import put_on_list
from inventory_sync.ledger.tables_batches import batches

_ADVANCE: Final = text("""
    insert into inventory_sync.batches as batch (batch, noted_until) values (:batch, :until)
    on conflict (batch) do update
    set noted_until = greatest(batch.noted_until, excluded.noted_until)""")


class Batches:
    """The part of the ledger that batches work with."""

    _engine: Engine

    def batch_until(self, batch: BatchName) -> datetime | None:
        """Up to which instant (ERP's clock) the batch has noted changes; ``None`` before any."""
        query = select(batches.c.noted_until).where(batches.c.batch == batch)
        with self._engine.connect() as connection:
            return connection.scalar(query)

    def note_changes(
        self, batch: BatchName, marks: Collection[Mark], *, until: datetime | None
    ) -> None:
        """Put SKUs on the list of lane ``batch``, and note that all changes up to then are on it.

        The instant never moves back; without ``until`` it stays where it is.
        """
        with self._engine.begin() as connection:
            if marks:
                put_on_list(connection, "batch", list(marks))
            if until is not None:
                connection.execute(_ADVANCE, {"batch": batch, "until": until})
