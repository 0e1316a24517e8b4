"""When a pass looks like an accident rather than like business, it is stopped.

Put a rule about shares of rows or levels here: an ERP that suddenly reads empty must never zero a
shop. Keep out rules about single rows (``quarantine.py``) and single levels (``decision.py``), and
what becomes of a stopped pass (``stops.py``).
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Final

import pandas as pd

from inventory_sync.domain.stops import (
    ALL_MOVES,
    Move,
    Objection,
    Tally,
    moves_of,
)

NEVER_EMPTY = ("locations", "products", "stock")
STEADY = ("locations", "products", "stock", "components")
DEMAND = ("commitments", "acknowledged_orders")
FEW = 20

WINDOW: Final = timedelta(minutes=15)
"""What earlier passes changed within this time counts with what a pass is about to change, so that
many small passes do not get round the guard.
"""

CHANGING: Final = ("stock", "commitments", "acknowledged_orders")
"""The datasets whose newest change tells how far the ERP's figures reach."""

BACK_IN_TIME: Final = timedelta(hours=1)
"""Newest rows that are older by more than this than those of the last good pass did not just end:
an old backup or a lagging replica is being read.
"""

_VERBS: Final[Mapping[Move, str]] = {
    "zeroed": "set to zero",
    "raised": "raise",
    "dropped": "lower by more than half",
}


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """Shares between 0 and 1; a pass beyond one of them is stopped.

    ``max_stale_minutes``: how old the ERP's newest change may be (``None``: not judged).
    ``canary_share``: the part of the SKUs that is written and read back first (0: no canary).
    """

    max_zeroed_share: Decimal = Decimal("0.2")
    max_raised_share: Decimal = Decimal("0.5")
    max_missing_share: Decimal = Decimal("0.1")
    max_dropped_share: Decimal = Decimal("0.5")
    max_stale_minutes: int | None = None
    canary_share: Decimal = Decimal(0)

    def of(self, move: Move) -> Decimal:
        """The share of a store's levels that may make this move."""
        shares = {
            "zeroed": self.max_zeroed_share,
            "raised": self.max_raised_share,
            "dropped": self.max_dropped_share,
        }
        return shares[move]


# --- the reading of the ERP ---


def snapshot_objections(
    rows: Mapping[str, int], last_good: Mapping[str, int], limits: GuardLimits
) -> list[Objection]:
    """Why this snapshot is partial, as far as counting tells; empty when it is not.

    ``rows`` and ``last_good`` count the rows of each dataset, now and in the last good pass. Stock
    data shrinks slowly, so a missing share counts; open demand comes and goes, so only its sudden
    disappearance (nine tenths of at least ``FEW`` rows) does.
    """
    objections = [
        Objection("missing", f"{name} is empty", 0, subject=name)
        for name in NEVER_EMPTY
        if not rows.get(name, 0)
    ]
    for name in (*STEADY, *DEMAND):
        before, now = last_good.get(name, 0), rows.get(name, 0)
        if (now or name not in NEVER_EMPTY) and _vanished(name, before, now, limits):
            text = f"{name} has {now} rows, the last good pass read {before}"
            objections.append(Objection("missing", text, now, subject=name))
    return objections


def _vanished(name: str, before: int, now: int, limits: GuardLimits) -> bool:
    missing = before - now
    if name in DEMAND:
        return before >= FEW and missing >= Decimal("0.9") * before
    # One row may always go: in a small table it is a large share.
    return missing > 1 and missing > limits.max_missing_share * before


def stale_objections(
    newest: Mapping[str, datetime],
    last_good: Mapping[str, datetime],
    *,
    taken_at: datetime,
    limits: GuardLimits,
) -> list[Objection]:
    """Why this snapshot is out of date, as far as its rows tell; empty when it is not.

    ``newest`` and ``last_good``: the newest ``updated_at`` of each of the datasets ``CHANGING``,
    now and in the last good pass; ``taken_at``: when the snapshot was taken, by the ERP's clock. A
    row that is gone makes one dataset look older; the time has gone back when at least two do and
    none is newer.
    """
    objections = []
    both = newest.keys() & last_good.keys()
    older = sorted(name for name in both if last_good[name] - newest[name] > BACK_IN_TIME)
    if len(older) > 1 and all(newest[name] <= last_good[name] for name in both):
        told = ", ".join(f"{name} ends at {newest[name]:%Y-%m-%d %H:%M}" for name in older)
        text = (
            f"the ERP's figures went back in time: {told} UTC, the last good pass read later ones"
        )
        objections.append(Objection("stale", text, 0, subject="back in time"))
    if limits.max_stale_minutes is not None and newest:
        age = taken_at - max(newest.values())
        if age > timedelta(minutes=limits.max_stale_minutes):
            minutes = int(age.total_seconds() // 60)
            text = (
                f"nothing in the ERP has changed for {minutes} minutes, more than "
                f"{limits.max_stale_minutes}"
            )
            objections.append(Objection("stale", text, minutes, subject="age"))
    return objections


def newest_changes(frames: Mapping[str, pd.DataFrame]) -> dict[str, datetime]:
    """The newest ``updated_at`` of each of the datasets ``CHANGING`` that has rows."""
    found = {name: frames[name]["updated_at"].max() for name in CHANGING}
    return {name: at.to_pydatetime() for name, at in found.items() if pd.notna(at)}


# --- the plan of a store ---


def tally_of(changes: Iterable[tuple[int, int]], *, steep: bool = False) -> Tally:
    """Count the moves of levels, each given by what it shows and what it shall show.

    In ``steep`` ones, small raises do not count: in a quarter of an hour a lively store has many.
    """
    moves = [move for pair in changes for move in moves_of(*pair, steep=steep)]
    return Tally(*(moves.count(move) for move in ALL_MOVES))


def plan_objections(
    rows: pd.DataFrame,
    limits: GuardLimits,
    *,
    recent: Tally | None = None,
    levels: int | None = None,
    piecemeal: bool = False,
) -> list[Objection]:
    """Why a store's plan is not to be carried out; empty when it is.

    Compares the plan with what the store shows now, over levels that we have published before: a
    first publication may change everything. ``levels``: how many the store has of these (``None``:
    all of them are in ``rows``); the others are as in ``share_objections``.
    """
    planned, known = plan_tally(rows, steep=piecemeal)
    return share_objections(
        planned, recent or Tally(), levels=levels or known, limits=limits, piecemeal=piecemeal
    )


def plan_tally(rows: pd.DataFrame, *, steep: bool = False) -> tuple[Tally, int]:
    """The moves that a plan makes at levels that we have published before; and how many these are.

    ``rows``: observed_units, quantity_units, explained_units.
    """
    known = rows[rows["explained_units"].notna()]
    moving = known[known["quantity_units"].ne(known["observed_units"])]
    pairs = zip(moving["observed_units"].tolist(), moving["quantity_units"].tolist(), strict=True)
    return tally_of(pairs, steep=steep), len(known)


def share_objections(
    planned: Tally, recent: Tally, *, levels: int, limits: GuardLimits, piecemeal: bool = False
) -> list[Objection]:
    """Which moves a plan makes at too large a share of a store's levels.

    ``recent``: levels that passes moved within ``WINDOW``. Stores with fewer than ``FEW`` levels
    are exempt, because there one sale is a large share. In a ``piecemeal`` pass, about few SKUs, so
    are fewer than ``FEW`` moves, and raises that are not steep: those are business.
    """
    if levels < FEW:
        return []
    objections = []
    for move in ALL_MOVES:
        now, before = planned.of(move), recent.of(move)
        count, limit = min(now + before, levels), limits.of(move)
        least = FEW if piecemeal else 1
        if now and count >= least and count > limit * levels:
            verb = (
                f"{_VERBS[move]} by more than half"
                if piecemeal and move == "raised"
                else _VERBS[move]
            )
            earlier = f" after {before} in the last {_minutes(WINDOW)} minutes" if before else ""
            text = f"it would {verb} {now} of {levels} levels{earlier}, more than {limit:.0%}"
            objections.append(Objection(move, text, count))
    return objections


def _minutes(time: timedelta) -> int:
    return int(time.total_seconds() // 60)


# --- the canary ---


def canary_skus(skus: Iterable[str], pass_id: str, share: Decimal) -> frozenset[str]:
    """The part of the SKUs that is written first, at least one: by chance, but the same every time
    that it is asked in a pass, and another part in the next pass.
    """

    def lot(sku: str) -> bytes:
        return hashlib.sha256(f"{pass_id} {sku}".encode()).digest()

    drawn = sorted(set(skus), key=lot)
    return frozenset(drawn[: ceil(share * len(drawn))])


def canary_objections(written: int, *, more: int, less: int, unknown: int) -> list[Objection]:
    """Why the rest is not to follow the canary; empty when it is.

    Of ``written`` levels, ``more`` show more than was written less what orders took, ``less`` show
    less, and of ``unknown`` nobody knows. An order is listed a little later than it is placed, so a
    few may show less; that many do is no coincidence.
    """
    if not (more or unknown or less > max(1, written // 5)):
        return []
    text = (
        f"of {written} levels that were written first, {more} show more and {less} less than was "
        f"written, and {unknown} gave no answer"
    )
    return [Objection("canary", text, more + less + unknown)]


# --- what a person has allowed ---


def within(found: Sequence[Objection], approved: Sequence[Objection]) -> bool:
    """Whether a plan derived anew is no worse than the one that was approved.

    Each objection must have been known, and be larger by a tenth (or by one) at most.
    """
    known = {(each.kind, each.subject): each.count for each in approved}
    return all(
        (each.kind, each.subject) in known and _no_worse(each, known[each.kind, each.subject])
        for each in found
    )


def both(found: Sequence[Objection], standing: Sequence[Objection]) -> tuple[Objection, ...]:
    """What a part of a store's levels gives to object to, and what stood in the store before.

    Of the same objection, the worse one. A part says nothing about the rest, so nothing is taken
    back.
    """
    worst = {(each.kind, each.subject): each for each in standing}
    for each in found:
        known = worst.get((each.kind, each.subject))
        if known is None or not within([each], [known]):
            worst[each.kind, each.subject] = each
    return tuple(worst.values())


def _no_worse(now: Objection, approved: int) -> bool:
    if now.kind == "missing":
        return now.count >= approved - approved // 10
    if now.kind in ALL_MOVES:
        return now.count <= approved + max(1, approved // 10)
    return True
