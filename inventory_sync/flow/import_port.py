"""What the import of orders needs from our own memory, as a Protocol.

Put a method here when ``imports.py`` calls it. The ledger fits by shape.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from inventory_sync.domain.imports import LineToImport, OrderImport


class ImportMemory(Protocol):
    """The part of the ledger that remembers what was brought into the ERP."""

    def import_lock(self, *, patience_seconds: float) -> AbstractContextManager[bool]:
        """Keep every other importer away; yields false when one is still at work then."""
        ...

    def lines_to_import(
        self,
        stores: Sequence[str],
        *,
        since: datetime,
        quiet_since: datetime,
        now: datetime,
        limit: int,
    ) -> list[LineToImport]:
        """Lines of these stores that have to be looked at: new ones of orders placed at or after
        ``since``, of which nothing new was heard after ``quiet_since``, and those whose import is
        due or whose order has changed.
        """
        ...

    def save_import(self, new: OrderImport) -> OrderImport | None:
        """Write an import that was read or made with ``changes`` as they are in the ledger.

        Returns it with its new ``changes``; ``None``: somebody else has written it since.
        """
        ...

    def imports(self, *, parked_only: bool = False) -> list[OrderImport]:
        """The imports that may still change, oldest change first."""
        ...
