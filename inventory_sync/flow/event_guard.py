"""The write guard of event passes: many small passes must not do what a large one may not.

Put here how an event pass is judged without a query each time. What becomes of an objection is
``guarded.py``; the rules are ``domain/guards.py``.
"""

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from inventory_sync.domain.guards import FEW, WINDOW, share_objections, tally_of
from inventory_sync.domain.publication import QuantityChange
from inventory_sync.domain.stops import (
    KEPT_CHANGES,
    GuardMemory,
    Objection,
    PlannedChange,
    StoppedPass,
    Tally,
    moves_of,
)
from inventory_sync.flow.guarded import ask_for_all
from inventory_sync.flow.parts import Parts

LOOK_AGAIN_AFTER: Final = timedelta(seconds=10)
"""An event pass asks the ledger for what others have changed no more often than this."""

COUNTS_GOOD_FOR: Final = timedelta(seconds=30)
"""Older counts of what others have changed are made anew before anything is let through."""


@dataclass(frozen=True)
class _Counts:
    """What the ledger has counted by store: levels, and what passes moved within ``WINDOW``."""

    made_at: datetime
    levels_at: datetime
    levels: Mapping[str, int]
    recent: Mapping[str, Tally]


_NEVER: Final = datetime.min.replace(tzinfo=UTC)


class EventGuard:
    """The guard of event passes in one process. Between two looks into the ledger it counts what
    this process changes; what others change is seen at the next look. For several threads, none of
    which waits while the ledger counts beside them.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._turn = threading.Lock()
        self._pool = parts.threads(1)
        self._looked_at = _NEVER
        self._standing: Sequence[StoppedPass] = ()
        self._counts = _Counts(_NEVER, _NEVER, {}, {})
        self._next_counts: Future[_Counts] | None = None
        self._done = _no_moves()  # by this process, since the counts were begun
        self._done_meanwhile = _no_moves()  # since the next counts were begun

    def close(self) -> None:
        """End the thread."""
        self._pool.shutdown()

    def held(
        self,
        store: str,
        pass_id: str,
        changes: Sequence[QuantityChange],
        counted: Collection[tuple[str, str]],
    ) -> frozenset[QuantityChange]:
        """The changes that are to be held back; the others are taken for done.

        ``counted``: levels (store_location_id, sku) whose every stock row the ERP has.
        """
        if not changes:
            return frozenset()
        with self._turn:
            self._look()
            free = self._free(store, changes, counted)
            # In a small store one sale is a large share; what stands holds there too.
            if self._counts.levels.get(store, 0) >= FEW:
                self._judge(store, pass_id, free)
                free = self._free(store, changes, counted)
            self._done[store] += _tally(free)
            self._done_meanwhile[store] += _tally(free)
        return frozenset(changes) - frozenset(free)

    def _free(
        self,
        store: str,
        changes: Sequence[QuantityChange],
        counted: Collection[tuple[str, str]],
    ) -> Sequence[QuantityChange]:
        """The changes that make no move that is held."""
        held = self._memory(store).held

        def is_free(change: QuantityChange) -> bool:
            is_counted = (change.key.store_location_id, change.sku) in counted
            moves = moves_of(change.expected_units, change.quantity_units)
            return not moves & held.of(is_counted=is_counted)

        return [change for change in changes if is_free(change)]

    def _judge(self, store: str, pass_id: str, changes: Sequence[QuantityChange]) -> None:
        """Stop the pass if it and those before it move too large a share of the store's levels."""
        if self._objections(store, changes):
            # What was counted here may have gone up and down; the ledger knows.
            self._count_now()
        if objections := self._objections(store, changes):
            self._stop(store, pass_id, changes, objections)

    def _objections(self, store: str, changes: Sequence[QuantityChange]) -> Sequence[Objection]:
        return share_objections(
            _tally(changes),
            self._memory(store).recent,
            levels=self._counts.levels.get(store, 0),
            limits=self._parts.limits,
            piecemeal=True,
        )

    # --- what the ledger knows ---

    def _look(self) -> None:
        """See what stands; have the ledger count beside, unless what it counted is too old."""
        now = self._parts.now()
        if self._next_counts is not None and self._next_counts.done():
            counted, self._next_counts = self._next_counts, None
            self._counts = counted.result()
            self._done, self._done_meanwhile = self._done_meanwhile, _no_moves()
        age = now - self._counts.made_at
        if age >= COUNTS_GOOD_FOR:
            self._count_now()
        elif age >= LOOK_AGAIN_AFTER and self._next_counts is None:
            self._next_counts = self._pool.submit(self._count, self._counts)
            self._done_meanwhile = _no_moves()
        if now - self._looked_at >= LOOK_AGAIN_AFTER:
            self._standing, self._looked_at = self._parts.ledger.stops(), now

    def _count_now(self) -> None:
        """Count while everybody waits; what is being counted beside is not waited for."""
        self._counts = self._count(self._counts)
        self._next_counts, self._done = None, _no_moves()
        self._standing, self._looked_at = self._parts.ledger.stops(), self._parts.now()

    def _count(self, before: _Counts) -> _Counts:
        """Ask the ledger. All levels are counted once per ``WINDOW``, small stores every time: one
        that has just been filled is guarded at once.
        """
        ledger, now = self._parts.ledger, self._parts.now()
        if now - before.levels_at >= WINDOW:
            levels, levels_at = ledger.published_levels(), now
        else:
            small = [name for name in self._parts.policies if before.levels.get(name, 0) < FEW]
            new = ledger.published_levels(small) if small else {}
            levels, levels_at = {**before.levels, **new}, before.levels_at
        return _Counts(now, levels_at, levels, ledger.recent_moves(since=now - WINDOW))

    def _stop(
        self,
        store: str,
        pass_id: str,
        changes: Sequence[QuantityChange],
        objections: Sequence[Objection],
    ) -> None:
        planned = [
            PlannedChange(
                each.sku, each.key.store_location_id, each.expected_units, each.quantity_units
            )
            for each in changes
        ]
        stop = StoppedPass(
            pass_id,
            store,
            self._parts.now(),
            tuple(objections),
            tally=_tally(changes),
            levels=self._counts.levels[store],
            changed_levels=len(planned),
            changes=tuple(planned[:KEPT_CHANGES]),
        )
        ask_for_all(self._parts, self._parts.ledger.keep_stop(stop, whole=False))
        self._standing = self._parts.ledger.stops()

    def _memory(self, store: str) -> GuardMemory:
        found = GuardMemory.of(store, self._counts.recent, self._standing)
        return replace(found, recent=found.recent + self._done[store])


def _no_moves() -> defaultdict[str, Tally]:
    return defaultdict(Tally)


def _tally(changes: Iterable[QuantityChange]) -> Tally:
    return tally_of(((each.expected_units, each.quantity_units) for each in changes), steep=True)
