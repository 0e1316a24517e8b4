"""The dirty list in memory. Put the rules of ``ledger/dirty.py`` and ``ledger/clocks.py`` here."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Final

import pandas as pd

from inventory_sync.domain.dirty import Channel, Clock, DirtySku, Lane, Mark
from inventory_sync.simulation.memory.frames import INSTANT, TEXT, WHOLE, typed

_COLUMNS: Final = {
    "lane": TEXT,
    "sku": TEXT,
    "generation": WHOLE,
    "occurred_at": INSTANT,
    "due_at": INSTANT,
    "reason": TEXT,
    "marks": WHOLE,
}


class MemoryDirtyList:
    """The part of the ledger that knows what the lanes still have to do, and when."""

    def __init__(self) -> None:
        super().__init__()
        self._dirty: dict[tuple[Lane, str], DirtySku] = {}
        self._generations = count(1)
        self._clocks: dict[str, tuple[Clock, datetime]] = {}
        self._bells: dict[Channel, list[Callable[[], None]]] = defaultdict(list)

    def mark(self, lane: Lane, marks: Sequence[Mark]) -> None:
        """As ``Ledger.mark``."""
        for mark in marks:
            before = self._dirty.get((lane, mark.sku))
            self._dirty[lane, mark.sku] = DirtySku(
                lane,
                mark.sku,
                next(self._generations),
                min(mark.occurred_at, before.occurred_at) if before else mark.occurred_at,
                min(mark.due_at, before.due_at) if before else mark.due_at,
                mark.reason,
                1 + (before.marks if before else 0),
            )
        if marks:
            self._ring(lane)

    def take(
        self, lanes: Sequence[Lane], *, due: datetime, limit: int, last: Collection[str] = ()
    ) -> list[DirtySku]:
        """As ``Ledger.take``."""
        found = [one for one in self._dirty.values() if one.lane in lanes and one.due_at <= due]
        found.sort(key=lambda one: (one.reason in last, one.occurred_at, one.lane, one.sku))
        return found[:limit]

    def next_due(self, lanes: Sequence[Lane]) -> dict[Lane, datetime]:
        """As ``Ledger.next_due``."""
        due: dict[Lane, datetime] = {}
        for one in self._dirty.values():
            if one.lane in lanes:
                due[one.lane] = min(one.due_at, due.get(one.lane, one.due_at))
        return due

    def clear(self, done: Sequence[DirtySku]) -> None:
        """As ``Ledger.clear``."""
        for one in done:
            now = self._dirty.get((one.lane, one.sku))
            if now is not None and now.generation == one.generation:
                del self._dirty[one.lane, one.sku]

    def postpone(self, work: Sequence[DirtySku], *, due_at: datetime, reason: str) -> None:
        """As ``Ledger.postpone``."""
        for one in work:
            now = self._dirty.get((one.lane, one.sku))
            if now is not None and now.generation == one.generation:
                self._dirty[one.lane, one.sku] = replace(now, due_at=due_at, reason=reason)

    def is_clean(self) -> bool:
        """Whether no lane has anything to do, now or later."""
        return not self._dirty

    def dirty(self) -> pd.DataFrame:
        """As ``Ledger.dirty``."""
        listed = sorted(self._dirty.values(), key=lambda one: (one.occurred_at, one.sku))
        return typed((tuple(getattr(one, name) for name in _COLUMNS) for one in listed), _COLUMNS)

    def set_clocks(
        self, skus: Collection[str] | None, clocks: Sequence[Clock], *, at: datetime
    ) -> None:
        """As ``Ledger.set_clocks``."""
        stopped = [
            name
            for name, (clock, set_at) in self._clocks.items()
            if set_at <= at and (skus is None or clock.sku in skus)
        ]
        for name in stopped:
            del self._clocks[name]
        earliest: dict[str, Clock] = {}
        for clock in sorted(clocks, key=lambda clock: clock.rings_at):
            earliest.setdefault(clock.commitment_id, clock)
        for name, clock in earliest.items():
            if name not in self._clocks or self._clocks[name][1] <= at:
                self._clocks[name] = (clock, at)

    def next_clock(self) -> datetime | None:
        """As ``Ledger.next_clock``."""
        return min((clock.rings_at for clock, _ in self._clocks.values()), default=None)

    def ring_clocks(self, *, now: datetime) -> list[str]:
        """As ``Ledger.ring_clocks``."""
        rung = [clock for clock, _ in self._clocks.values() if clock.rings_at <= now]
        for clock in rung:
            del self._clocks[clock.commitment_id]
        self.mark("hold_events", [Mark(c.sku, c.rings_at, c.rings_at, "expired") for c in rung])
        return sorted({clock.sku for clock in rung})

    @contextmanager
    def on_work(self, channels: Sequence[Channel], ring: Callable[[], None]) -> Iterator[None]:
        """As ``Ledger.on_work``, but in the same thread."""
        for channel in channels:
            self._bells[channel].append(ring)
        try:
            yield
        finally:
            for channel in channels:
                self._bells[channel].remove(ring)

    def _ring(self, channel: Channel) -> None:
        for ring in tuple(self._bells[channel]):
            ring()
