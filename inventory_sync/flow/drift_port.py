"""What reconcile needs from our own memory, as a Protocol.

Put a method here when reconcile alone calls it.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Protocol

import pandas as pd

from inventory_sync.domain.publication import LevelKey


class DriftMemory(Protocol):
    """The part of the ledger that remembers differences."""

    def waterfalls(self, store: str, skus: Collection[str]) -> dict[LevelKey, Mapping[str, Any]]:
        """How the published quantity of each level of the SKUs came about, where we wrote it."""
        ...

    def record_drift(
        self, store: str, found: pd.DataFrame, *, levels: int, pass_id: str, at: datetime
    ) -> None:
        """Note that so many levels were compared, and what differs (``DIFFERENCE_COLUMNS``)."""
        ...

    def mend_drift(self, store: str, subjects: Collection[str], *, at: datetime) -> None:
        """Note that reconcile has put these right."""
        ...

    def drift(self, *, open_only: bool = False, since: datetime | None = None) -> pd.DataFrame:
        """What was found, newest first."""
        ...
