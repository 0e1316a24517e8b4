"""What the write guard remembers, in memory.

Put the rules of ``ledger/guard.py`` here, as far as a pass relies on them. The simulated stores are
too small for shares, so nothing is counted and nothing of theirs is ever stopped; what is stopped
is a reading of the ERP.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

from inventory_sync.domain.guards import both, within
from inventory_sync.domain.stops import StoppedPass, Tally


class MemoryGuard:
    """The part of the ledger that the write guard works with."""

    def __init__(self) -> None:
        super().__init__()
        self._stops: dict[tuple[str, str], StoppedPass] = {}
        self._newest: dict[str, datetime] = {}

    def recent_moves(self, *, since: datetime) -> dict[str, Tally]:
        """As ``Ledger.recent_moves``; nothing is recent."""
        return {}

    def published_levels(self, stores: Collection[str] | None = None) -> dict[str, int]:
        """As ``Ledger.published_levels``; few everywhere."""
        return {}

    def keep_stop(self, stop: StoppedPass, *, whole: bool = True) -> StoppedPass:
        """As ``Ledger.keep_stop``."""
        standing = next((each for each in self.stops() if each.store == stop.store), None)
        if standing and stop.ended_at is None and within(stop.objections, standing.objections):
            return standing
        if standing and not whole:
            stop = replace(stop, objections=both(stop.objections, standing.objections))
        if whole or stop.ended_at is None:
            self.expire_stop(stop.store, at=stop.stopped_at)
        self._stops[stop.pass_id, stop.store] = stop
        return stop

    def decide_stop(
        self,
        stop: StoppedPass,
        state: Literal["approved", "refused"],
        *,
        by: str,
        at: datetime,
        carried_by: str | None = None,
    ) -> None:
        """As ``Ledger.decide_stop``."""
        decided = replace(stop, state=state, decided_by=by, decided_at=at, carried_by=carried_by)
        ended_at = at if state == "approved" else None
        self._stops[stop.pass_id, stop.store] = replace(decided, ended_at=ended_at)

    def expire_stop(self, store: str, *, at: datetime) -> None:
        """As ``Ledger.expire_stop``."""
        for stop in self.stops():
            if stop.store == store:
                state = "expired" if stop.state == "waiting" else stop.state
                self._stops[stop.pass_id, store] = replace(stop, state=state, ended_at=at)

    def stops(self, pass_id: str | None = None) -> list[StoppedPass]:
        """As ``Ledger.stops``."""
        if pass_id is None:
            return [stop for stop in self._stops.values() if stop.ended_at is None]
        return [s for s in self._stops.values() if pass_id in (s.pass_id, s.carried_by)]

    def newest_changes(self) -> dict[str, datetime]:
        """As ``Ledger.newest_changes``."""
        return dict(self._newest)

    def record_newest_changes(self, pass_id: str, newest: Mapping[str, datetime]) -> None:
        """As ``Ledger.record_newest_changes``."""
        self._newest |= newest
