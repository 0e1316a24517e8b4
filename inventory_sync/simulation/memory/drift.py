"""Drift in memory: only what is open now. Put the rules of ``ledger/drift.py`` here."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from inventory_sync.domain.drift import differences
from inventory_sync.domain.publication import LevelKey


class MemoryDrift:
    """The part of the ledger that remembers differences."""

    def __init__(self) -> None:
        super().__init__()
        self._open: dict[str, pd.DataFrame] = {}

    def waterfalls(self, store: str, skus: Collection[str]) -> dict[LevelKey, Mapping[str, Any]]:
        """As ``Ledger.waterfalls``; the simulation keeps none."""
        return {}

    def record_drift(
        self, store: str, found: pd.DataFrame, *, levels: int, pass_id: str, at: datetime
    ) -> None:
        """As ``Ledger.record_drift``; a difference that stays keeps when it was found."""
        before = self._open.get(store)
        rows = found.assign(store=store, found_at=pd.Timestamp(at))
        if before is not None:
            known = before[["subject", "cause", "found_at"]]
            again = rows.merge(known, how="left", on=["subject", "cause"], suffixes=("", "_then"))
            rows["found_at"] = again["found_at_then"].fillna(again["found_at"]).to_numpy()
        self._open[store] = rows

    def mend_drift(self, store: str, subjects: Collection[str], *, at: datetime) -> None:
        """As ``Ledger.mend_drift``."""
        rows = self._open.get(store)
        if rows is not None:
            self._open[store] = rows[~rows["subject"].isin(set(subjects))]

    def drift(self, *, open_only: bool = False, since: datetime | None = None) -> pd.DataFrame:
        """As ``Ledger.drift``, without what is over."""
        rows = [frame for frame in self._open.values() if len(frame)]
        if not rows:
            return differences(subject=[], cause=[]).assign(store=[], found_at=[])
        return pd.concat(rows, ignore_index=True)
