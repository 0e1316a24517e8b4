"""What an explanation needs from our own memory, as a Protocol.

Put a method here when ``explanation.py`` calls it. No pass needs it, so it stands beside the
``Ledger`` port; the ledger fits by shape.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from inventory_sync.domain.explained import LevelMemory, PassNote


class ExplainMemory(Protocol):
    """The part of the ledger that knows why a number is what it is."""

    def levels_of_sku(self, sku: str, *, at: datetime, is_now: bool) -> list[LevelMemory]:
        """Every level published under a SKU, as it stood at an instant."""
        ...

    def passes_named(self, pass_ids: Collection[str]) -> dict[str, PassNote]:
        """What the journal still knows of these passes."""
        ...

    def order_names(self, stores: Collection[str], order_ids: Collection[str]) -> dict[str, str]:
        """Order id -> the name that people know it by, of orders that are in the order ledger."""
        ...
