"""The write guard on every path: what it objects to is kept for a person instead of being sent.

Put here what becomes of an objection. A whole pass or a batch is stopped in that store; of a pass
over few SKUs, only the moves that the objection is about are held back, and a full pass is asked
for, so that a person sees the whole plan. The rules are ``domain/guards.py``.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from inventory_sync.domain.dirty import Mark
from inventory_sync.domain.errors import PassRefused
from inventory_sync.domain.extract import EVERYTHING
from inventory_sync.domain.frames import SNAPSHOT_DATASETS, ErpSnapshot
from inventory_sync.domain.guards import (
    WINDOW,
    newest_changes,
    plan_objections,
    plan_tally,
    snapshot_objections,
    stale_objections,
    within,
)
from inventory_sync.domain.held_back import makes_held_move
from inventory_sync.domain.stops import (
    EVERY_STORE,
    KEPT_CHANGES,
    Approval,
    GuardMemory,
    Held,
    Objection,
    PlannedChange,
    StoppedPass,
    Tally,
)
from inventory_sync.flow.parts import Parts

HELD_FOR: Final = timedelta(minutes=15)
"""A SKU that was held back is looked at again after this."""

_SHOWN: Final = ["sku", "store_location_id", "observed_units", "quantity_units"]


@dataclass(frozen=True)
class Proposal:
    """What a pass is about to do in one store, for all SKUs (``whole``) or for some.

    ``rows`` is the plan, ``terms`` how each offer came about; ``levels``: those of the store that
    we have published; ``counted``: levels (store_location_id, sku) whose every stock row was read.
    """

    store: str
    pass_id: str
    rows: pd.DataFrame
    terms: pd.DataFrame
    levels: int
    whole: bool = True
    counted: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Ruling:
    """What the guard lets through: all but the ``held`` moves, and whether ``with_canary``."""

    held: Held = field(default_factory=Held)
    with_canary: bool = True


# --- the reading of the ERP ---


def guard_snapshot(
    parts: Parts,
    snapshot: ErpSnapshot,
    *,
    pass_id: str,
    override_guard: bool,
    approval: Approval | None,
) -> Mapping[str, int]:
    """The rows of each dataset, if the reading is to be believed.

    Raises ``PassRefused`` when it is partial or out of date, unless a person has let it through.
    """
    frames = {dataset.name: getattr(snapshot, dataset.name) for dataset in SNAPSHOT_DATASETS}
    counts = {name: len(frame) for name, frame in frames.items()}
    newest = newest_changes(frames)
    objections = [
        *snapshot_objections(counts, parts.ledger.last_good_counts(), parts.limits),
        *stale_objections(
            newest,
            parts.ledger.newest_changes(),
            taken_at=snapshot.taken_at,
            limits=parts.limits,
        ),
    ]
    stop = StoppedPass(pass_id, EVERY_STORE, parts.now(), tuple(objections))
    _let_through(parts, stop, override_guard=override_guard, approval=approval)
    parts.ledger.record_newest_changes(pass_id, newest)
    return counts


# --- the plan of a store ---


def guard_plan(
    parts: Parts, proposal: Proposal, *, override_guard: bool, approval: Approval | None
) -> Ruling:
    """Judge the plan of a whole pass or of a batch.

    Raises ``PassRefused`` when it looks like an accident, unless a person has let it through.
    """
    recent = _memory(parts, proposal.store).recent
    stop = _stop_of(parts, proposal, recent)
    let = _let_through(
        parts, stop, override_guard=override_guard, approval=approval, whole=proposal.whole
    )
    return Ruling(with_canary=not any(each.kind == "canary" for each in let))


def guard_few(parts: Parts, proposal: Proposal) -> Ruling:
    """Judge the plan of a pass over few SKUs that nobody has asked for: what to hold back."""
    memory = _memory(parts, proposal.store)
    rows = proposal.rows[~makes_held_move(proposal.rows, memory.held, proposal.counted)]
    stop = _stop_of(parts, replace(proposal, rows=rows), memory.recent, piecemeal=True)
    if stop.objections:
        ask_for_all(parts, parts.ledger.keep_stop(stop, whole=False))
    return Ruling(memory.held | stop.holds, with_canary=False)


def _stop_of(
    parts: Parts, proposal: Proposal, recent: Tally, *, piecemeal: bool = False
) -> StoppedPass:
    rows = proposal.rows
    tally, known = plan_tally(rows)
    levels = max(known, proposal.levels)
    objections = plan_objections(
        rows, parts.limits, recent=recent, levels=levels, piecemeal=piecemeal
    )
    writes = rows[rows["action"].eq("write")] if objections else rows.head(0)
    return StoppedPass(
        proposal.pass_id,
        proposal.store,
        parts.now(),
        tuple(objections),
        tally=tally,
        levels=levels,
        changed_levels=len(writes),
        changes=largest_changes(writes, proposal.terms),
    )


def largest_changes(writes: pd.DataFrame, terms: pd.DataFrame) -> tuple[PlannedChange, ...]:
    """The largest changes of a plan with how they came about, as far as they are kept."""
    size = (writes["quantity_units"] - writes["observed_units"]).abs()
    largest = writes.loc[size.sort_values(ascending=False, kind="stable").index].head(KEPT_CHANGES)
    level = ["store_location_id", "sku"]
    falls = largest[[*level, "reason"]].merge(terms, how="left", on=level)
    told = falls.drop(columns=level).astype("object").where(falls.notna(), None)
    shown = zip(*(largest[name].tolist() for name in _SHOWN), strict=True)
    return tuple(
        PlannedChange(str(sku), str(place), before, after, {str(k): v for k, v in fall.items()})
        for (sku, place, before, after), fall in zip(shown, told.to_dict("records"), strict=True)
    )


def _memory(parts: Parts, store: str) -> GuardMemory:
    recent = parts.ledger.recent_moves(since=parts.now() - WINDOW)
    return GuardMemory.of(store, recent, parts.ledger.stops())


# --- what a person decides ---


def _let_through(
    parts: Parts,
    stop: StoppedPass,
    *,
    override_guard: bool,
    approval: Approval | None,
    whole: bool = True,
) -> Sequence[Objection]:
    """Go on when there is nothing to object to, or when a person has let it through.

    Returns what they had seen. Raises ``PassRefused`` otherwise, and keeps the plan for them.
    """
    ledger, now = parts.ledger, parts.now()
    seen = _seen(parts, stop, approval)
    if seen is not None and within(stop.objections, seen.objections) and approval:
        if seen.ended_at is None:
            ledger.decide_stop(seen, "approved", by=approval.by, at=now, carried_by=stop.pass_id)
        else:
            done = _carried(replace(stop, objections=seen.objections), approval.by, now)
            ledger.keep_stop(done, whole=whole)
        return seen.objections
    if not stop.objections:
        if whole:
            ledger.expire_stop(stop.store, at=now)
        return ()
    if override_guard:
        ledger.keep_stop(_carried(stop, "--override-guard", now), whole=whole)
        return stop.objections
    kept = ledger.keep_stop(stop, whole=whole)
    raise PassRefused(_told(kept, stop, is_more=seen is not None))


def _seen(parts: Parts, stop: StoppedPass, approval: Approval | None) -> StoppedPass | None:
    """What a person saw of this store when they said yes; ``None`` when they were not asked."""
    if approval is None:
        return None
    if stop.store in approval.granted:
        granted = tuple(approval.granted[stop.store])
        return StoppedPass("", stop.store, stop.stopped_at, granted, ended_at=stop.stopped_at)
    found = parts.ledger.stops(approval.pass_id) if approval.pass_id else []
    # The step of a run may be retried, but another run is another question.
    still = [each for each in found if each.ended_at is None or each.carried_by == stop.pass_id]
    mine = [each for each in still if each.store == stop.store]
    # A plan that followed from a reading that was let through is approved together with it.
    if not mine and stop.store == EVERY_STORE and still:
        carried = (each for each in found if each.carried_by == approval.pass_id)
        mine = [each for each in carried if each.store == EVERY_STORE]
    return next(iter(mine), None)


def _carried(stop: StoppedPass, by: str, at: datetime) -> StoppedPass:
    return replace(
        stop,
        state="approved",
        decided_by=by,
        decided_at=at,
        carried_by=stop.pass_id,
        ended_at=at,
    )


def _told(kept: StoppedPass, stop: StoppedPass, *, is_more: bool) -> str:
    what = f"Nothing was written to {stop.store}"
    if stop.store == EVERY_STORE:
        what = "The ERP's data look wrong, so nothing is published"
    more = "this is more than was approved: " if is_more else ""
    return (
        f"{what}: {more}{stop.reason}. Look at it with `inventory-sync status`; mend the source, "
        f"or run `inventory-sync approve {kept.pass_id}` if it is right."
    )


def stop_canary(parts: Parts, proposal: Proposal, objections: Sequence[Objection]) -> PassRefused:
    """Keep the rest of a plan whose canary died; the error that tells it."""
    rest = proposal.rows[proposal.rows["action"].eq("write")]
    tally, _ = plan_tally(rest)
    stop = StoppedPass(
        proposal.pass_id,
        proposal.store,
        parts.now(),
        tuple(objections),
        tally=tally,
        levels=proposal.levels,
        changed_levels=len(rest),
        changes=largest_changes(rest, proposal.terms),
    )
    kept = parts.ledger.keep_stop(stop, whole=proposal.whole)
    return PassRefused(
        f"{proposal.store} was not written further: {stop.reason}. Look into the store, then run "
        f"`inventory-sync approve {kept.pass_id}`."
    )


# --- what was held back ---


def ask_for_all(parts: Parts, stop: StoppedPass) -> None:
    """Ask for a full pass: a person is to see the whole plan, not only that of a few SKUs."""
    now = parts.now()
    why = f"the guard stopped {stop.store}: {stop.reason}"
    parts.ledger.mark("repair", [Mark(EVERYTHING, now, now, why)])


def look_again_later(parts: Parts, skus: Collection[str]) -> None:
    """What was held back is looked at again: by then a person may have decided."""
    now = parts.now()
    why = "the guard held it back"
    parts.ledger.mark("repair", [Mark(sku, now, now + HELD_FOR, why) for sku in sorted(skus)])
