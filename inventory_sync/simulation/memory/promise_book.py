"""The promise ledger in memory. Put the rules of ``ledger/promise_recordings.py`` and of
``ledger/promise_ledger.py`` here.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import pandas as pd

from inventory_sync.domain.given_promises import GIVEN_COLUMNS, LATEST, Pair, Recording
from inventory_sync.domain.slips import Line, OrderPromise, published_slips

_SHIPS_ON, _SUPPLY_IDS = 3, 5
_OF_SLIPPED = (*GIVEN_COLUMNS, "made_at", "ended_at", "now_on", "slip_reason")


@dataclass
class Given:
    """A published promise: its ``GIVEN_COLUMNS``, and what became of it."""

    row: tuple[Any, ...]
    pass_id: str
    made_at: datetime
    ended_at: datetime | None = None
    now_on: str | None = None
    slip_reason: str | None = None

    @property
    def pair(self) -> Pair:
        """Its SKU and location."""
        return self.row[0], self.row[1]


class MemoryPromiseBook:
    """The part of the ledger that remembers promises."""

    def __init__(self) -> None:
        super().__init__()
        self.given_promises: list[Given] = []
        self._recorded: dict[Pair | None, datetime] = {}  # None: what has no instant of its own
        self._order_promises: dict[Line, OrderPromise] = {}

    def record_promises(
        self, recording: Recording, *, pass_id: str, at: datetime
    ) -> pd.DataFrame | None:
        """As ``Ledger.record_promises``."""
        is_ours = self._claim(recording, at)
        if is_ours is None:
            return None
        rows = recording.given[list(GIVEN_COLUMNS)].itertuples(index=False, name=None)
        told = {_same(row): row for row in rows if is_ours(row[:2])}
        open_ones = {
            number: each
            for number, each in enumerate(self.given_promises)
            if each.ended_at is None and is_ours(each.pair)
        }
        ended = {name: each for name, each in open_ones.items() if _same(each.row) not in told}
        for each in ended.values():
            each.ended_at = at
        begun = told.keys() - {_same(each.row) for each in open_ones.values()}
        self.given_promises += [Given(told[name], pass_id, at) for name in sorted(begun)]
        before = pd.DataFrame(
            [(name, *each.row) for name, each in ended.items() if each.row[_SUPPLY_IDS]],
            columns=["promise_id", *GIVEN_COLUMNS],
        )
        slips = published_slips(before, recording.given, recording.coming)
        for name, now_on, reason in slips.itertuples(index=False):
            ended[name].now_on, ended[name].slip_reason = now_on, reason
        return before.merge(slips, on="promise_id")

    def slipped_promises(self, *, since: date) -> pd.DataFrame:
        """As ``Ledger.slipped_promises``."""
        rows = [
            (*each.row, each.made_at, each.ended_at, each.now_on, each.slip_reason)
            for each in self.given_promises
            if each.slip_reason is not None
            and each.row[_SHIPS_ON] >= since.isoformat()
            and not self._is_back(each)
        ]
        rows.sort(key=lambda row: (row[_SHIPS_ON], row[0], row[1]))
        return pd.DataFrame(rows, columns=list(_OF_SLIPPED))

    def order_promises(self, *, settled_since: date | None) -> list[OrderPromise]:
        """As ``Ledger.order_promises``."""
        found = [
            each
            for each in self._order_promises.values()
            if each.outcome is None
            or (settled_since and each.settled_on and each.settled_on >= settled_since)
        ]
        return sorted(found, key=lambda each: (each.promised_on, each.line))

    def settled_promises(self, lines: Collection[Line]) -> list[OrderPromise]:
        """As ``Ledger.settled_promises``."""
        known = (self._order_promises.get(line) for line in sorted(lines))
        return [each for each in known if each and each.outcome is not None]

    def save_order_promises(
        self, changed: Iterable[OrderPromise], *, figures_of: datetime, at: datetime
    ) -> None:
        """As ``Ledger.save_order_promises``."""
        if self._is_later(None, figures_of, at):
            return
        for each in changed:
            first = self._order_promises.get(each.line, each)
            self._order_promises[each.line] = replace(
                first,
                location=each.location,
                expected_on=each.expected_on,
                reason=each.reason,
                slipped_at=each.slipped_at,
                outcome=each.outcome,
                settled_on=each.settled_on,
            )

    def _claim(self, recording: Recording, at: datetime) -> Callable[[Pair], bool] | None:
        """Says of each pair whether this recording counts for it; ``None``: for none does it."""
        figures_of, recorded = recording.figures_of, self._recorded
        if self._is_later(None, figures_of, at):
            return None
        if recording.pairs is None:
            later = {pair for pair in recorded if pair and self._is_later(pair, figures_of, at)}
            self._recorded = {None: figures_of, **{pair: recorded[pair] for pair in later}}
            return lambda pair: pair not in later
        ours = {pair for pair in recording.pairs if not self._is_later(pair, figures_of, at)}
        recorded |= dict.fromkeys(ours, figures_of)
        return ours.__contains__ if ours else None

    def _is_later(self, pair: Pair | None, figures_of: datetime, at: datetime) -> bool:
        known = self._recorded.get(pair)
        return known is not None and figures_of < known <= at + LATEST

    def _is_back(self, slipped: Given) -> bool:
        """Whether its supply comes as it was promised, after all."""
        return any(
            each.ended_at is None
            and each.pair == slipped.pair
            and each.row[_SUPPLY_IDS] == slipped.row[_SUPPLY_IDS]
            and each.row[_SHIPS_ON] <= slipped.row[_SHIPS_ON]
            for each in self.given_promises
        )


def _same(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """What makes two promises the same one."""
    return row[: _SUPPLY_IDS + 1]
