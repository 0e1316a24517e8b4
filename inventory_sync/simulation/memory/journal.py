"""The journal in memory: passes, snapshots, findings, states of stores.

Put the rules of ``ledger/journal.py`` here, as far as a pass relies on them.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

import pandas as pd

from inventory_sync.domain.findings import FINDING_COLUMNS
from inventory_sync.simulation.memory.frames import INSTANT, TEXT, typed

_STATES: Final = {"store": TEXT, "status": TEXT, "reason": TEXT, "way_out": TEXT, "since": INSTANT}


@dataclass(frozen=True, slots=True)
class StoreState:
    """Whether a store is served, and why not."""

    status: Literal["ok", "stopped"]
    reason: str | None
    way_out: str | None
    since: datetime


class MemoryJournal:
    """The part of the ledger that a person reads; only what is now, not what was."""

    def __init__(self) -> None:
        super().__init__()
        self.passes: Counter[str] = Counter()
        self._done: set[str] = set()
        self._snapshots: dict[str, tuple[datetime, dict[str, int]]] = {}
        self._findings: dict[str, pd.DataFrame] = {}
        self._states: dict[str, StoreState] = {}

    def begin_pass(
        self,
        pass_id: str,
        kind: str,
        *,
        started_at: datetime,
        code_version: str,
        dagster_run_id: str | None = None,
    ) -> None:
        """As ``Ledger.begin_pass``; counts passes by kind."""
        self.passes[kind] += 1
        self._done.discard(pass_id)

    def finish_pass(
        self,
        pass_id: str,
        *,
        status: Literal["done", "refused", "failed"],
        finished_at: datetime,
        counts: Mapping[str, int],
        reason: str | None = None,
    ) -> None:
        """As ``Ledger.finish_pass``."""
        if status == "done":
            self._done.add(pass_id)

    def note_pass(
        self,
        pass_id: str,
        kind: str,
        *,
        started_at: datetime,
        finished_at: datetime,
        code_version: str,
        counts: Mapping[str, int],
    ) -> None:
        """As ``Ledger.note_pass``; counts passes by kind."""
        self.passes[kind] += 1
        self._done.add(pass_id)

    def last_good_counts(self) -> dict[str, int]:
        """As ``Ledger.last_good_counts``."""
        good = [found for name, found in self._snapshots.items() if name in self._done]
        return dict(max(good, key=lambda found: found[0])[1]) if good else {}

    def record_snapshot(
        self, pass_id: str, counts: Mapping[str, int], *, taken_at: datetime
    ) -> None:
        """As ``Ledger.record_snapshot``."""
        self._snapshots[pass_id] = (taken_at, dict(counts))

    def record_findings(
        self,
        scope: str,
        findings: pd.DataFrame,
        *,
        pass_id: str,
        at: datetime,
        subjects: Collection[str] | None = None,
    ) -> None:
        """As ``Ledger.record_findings``."""
        before = self._findings.get(scope)
        if subjects is not None and before is not None:
            findings = pd.concat([before[~before["subject"].isin(set(subjects))], findings])
        self._findings[scope] = findings.drop_duplicates(["subject", "kind", "reason"])

    def open_findings(self, scope: str | None = None) -> pd.DataFrame:
        """As ``Ledger.open_findings``, without when they were seen."""
        found = [
            rows.assign(scope=name)
            for name, rows in self._findings.items()
            if scope in {None, name} and len(rows)
        ]
        return pd.concat(found) if found else pd.DataFrame(columns=[*FINDING_COLUMNS, "scope"])

    def store_states(self) -> pd.DataFrame:
        """As ``Ledger.store_states``."""
        rows = (
            (store, state.status, state.reason, state.way_out, state.since)
            for store, state in sorted(self._states.items())
        )
        return typed(rows, _STATES)

    def set_store_state(
        self,
        store: str,
        status: Literal["ok", "stopped"],
        *,
        at: datetime,
        pass_id: str,
        reason: str | None = None,
        way_out: str | None = None,
    ) -> None:
        """As ``Ledger.set_store_state``."""
        known = self._states.get(store)
        state = StoreState(status, reason, way_out, at)
        same = known is not None and known.status == status
        self._states[store] = replace(state, since=known.since) if known and same else state
