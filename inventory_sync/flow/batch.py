"""A batch: note what changed in the ERP since the last one, and publish it in portions.

Put here how a wave of supply is served. What it reads is ``domain/batches.py``; how a portion
reaches the stores is ``event_pass.py``: values are read anew, and a level that is right already is
not written again. The dirty list holds what is left to do, so a batch that was killed is gone on
with by whoever comes next. Event passes come first: a batch is a process of its own, and its calls
leave a reserve of the rate limit (``shopify/throttle.py``).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from inventory_sync.domain.batches import INTERESTS, BatchName, Changed
from inventory_sync.domain.dirty import DirtySku, Mark
from inventory_sync.domain.errors import StoreStopped
from inventory_sync.domain.extract import EVERYTHING
from inventory_sync.domain.guards import FEW, canary_skus
from inventory_sync.flow.away import STOPPED_FOR, UNREACHABLE_FOR
from inventory_sync.flow.canary import watch_few
from inventory_sync.flow.event_pass import AWAY, EventPasses
from inventory_sync.flow.event_report import EventReport, StoreOutcome
from inventory_sync.flow.lane import MOST_SKUS
from inventory_sync.flow.new_day import skus_of_a_new_day
from inventory_sync.flow.parts import Parts

PORTION_SKUS: Final = 1000
"""So many SKUs are read, decided and published together; what is done is then off the list."""

OVERLAP: Final = timedelta(minutes=15)
"""A row may be committed so much later than its ``updated_at`` says."""

FIRST_LOOK_BACK: Final = timedelta(days=1)

SHOWN_CHANGES: Final = 50

_LOCK_PATIENCE_SECONDS: Final = 1.0
_ALL: Final = 1_000_000


@dataclass(frozen=True)
class Day:
    """A past day that is looked at again: instants from its beginning to that of the next one."""

    begins_at: datetime
    ends_at: datetime


@dataclass
class StoreCounts:
    """What a batch did in one store, in levels; ``left`` are SKUs that need a closer look."""

    written: int = 0
    kept: int = 0
    refused: int = 0
    unknown: int = 0
    left: int = 0


@dataclass
class BatchReport:
    """What a batch did. ``noted``: SKUs that had changed ``since``; ``served``: SKUs that were
    looked at, with what earlier batches and waves of events had left; ``elsewhere``: another batch
    was at work and serves these too. ``biggest``: the largest changes, a row per level.
    """

    batch: BatchName
    since: datetime
    noted: int
    served: int = 0
    portions: int = 0
    elsewhere: bool = False
    seconds: float = 0.0
    stores: dict[str, StoreCounts] = field(default_factory=lambda: defaultdict(StoreCounts))
    biggest: list[dict[str, Any]] = field(default_factory=list)

    @property
    def written(self) -> int:
        """Levels that were changed, in all stores."""
        return sum(store.written for store in self.stores.values())

    def add(self, report: EventReport) -> None:
        """A portion is done."""
        self.served += len(report.skus)
        self.portions += 1
        for name, outcome in report.stores.items():
            store = self.stores[name]
            store.written += len(outcome.sent.applied)
            store.kept += outcome.kept
            store.refused += len(outcome.sent.refused)
            store.unknown += len(outcome.sent.unknown)
            store.left += len(outcome.repair)
        self.biggest = _biggest([*self.biggest, *_changes(report.waterfalls)])


def run_batch(parts: Parts, batch: BatchName, *, day: Day | None = None) -> BatchReport:
    """Note what has changed since the last batch, or on a past day, and publish all that waits.

    The figures are always those of now. Raises ``ErpUnavailable`` or ``ContractBroken`` when the
    ERP cannot be read, and ``PassRefused`` when a store does not show the canary: what was noted
    stays on the list.
    """
    began_at = parts.now()
    report = _note(parts, batch, day)
    parts.tell(f"{batch}: {report.noted:,} SKUs have changed since {report.since:%Y-%m-%d %H:%M}")
    with parts.ledger.lane_lock("batch", patience_seconds=_LOCK_PATIENCE_SECONDS) as is_mine:
        if is_mine:
            _serve(parts, report, began_at)
        else:
            report.elsewhere = True
            parts.tell(f"{batch}: another batch is at work and publishes these changes too")
    report.seconds = (parts.now() - began_at).total_seconds()
    return report


def _note(parts: Parts, batch: BatchName, day: Day | None) -> BatchReport:
    last = parts.ledger.batch_until(batch)
    since = day.begins_at if day else (last or parts.now() - FIRST_LOOK_BACK) - OVERLAP
    changed = parts.erp.changed(INTERESTS[batch], since, day.ends_at if day else None)
    skus = _skus(parts, changed)
    if batch == "replenishment" and day is None:
        skus |= skus_of_a_new_day(parts, last, changed.taken_at)
    now = parts.now()
    marks = [Mark(sku, now, now, batch) for sku in sorted(skus)]
    parts.ledger.note_changes(batch, marks, until=None if day else changed.taken_at)
    return BatchReport(batch, since, len(marks))


def _skus(parts: Parts, changed: Changed) -> set[str]:
    """A document about which nobody knows anything was a full pass when its event was heard."""
    found = set(changed.skus)
    for document in changed.documents:
        found.update(parts.erp.skus_of_document(document))
        found.update(parts.ledger.skus_of_document(document))
    return found


def _serve(parts: Parts, report: BatchReport, began_at: datetime) -> None:
    """Portion by portion, until nothing waits."""
    passes = EventPasses(parts, kind=report.batch)
    try:
        while work := _waiting(parts):
            first = _canary_of(parts, work)
            left = len(work)
            for portion in _portions(work, first):
                done = passes.run(portion)
                report.add(done)
                left -= len(portion)
                parts.tell(_progress(report, left, (parts.now() - began_at).total_seconds()))
                if portion[0].sku in first:
                    _watch(parts, done)
                _rest(parts, list(done.stores.values()))
    finally:
        passes.close()


def _canary_of(parts: Parts, work: Sequence[DirtySku]) -> frozenset[str]:
    """The SKUs that go first, if some shall; few are no more than a canary themselves."""
    share = parts.limits.canary_share
    if not share or len(work) < FEW:
        return frozenset()
    return canary_skus((item.sku for item in work), parts.new_id(), share)


def _portions(work: Sequence[DirtySku], first: frozenset[str]) -> Iterator[Sequence[DirtySku]]:
    for part in (
        [item for item in work if item.sku in first],
        [item for item in work if item.sku not in first],
    ):
        for at in range(0, len(part), PORTION_SKUS):
            yield part[at : at + PORTION_SKUS]


def _watch(parts: Parts, done: EventReport) -> None:
    for store, outcome in done.stores.items():
        if outcome.failure is None and (outcome.sent.applied or outcome.sent.unknown):
            watch_few(parts, store, outcome.sent)


def _waiting(parts: Parts) -> Sequence[DirtySku]:
    """What a batch has to serve next: its own list, then a wave of supply events."""
    ledger, now = parts.ledger, parts.now()
    if found := ledger.take(["batch"], due=now, limit=_ALL):
        return found
    wave = ledger.take(["supply_events"], due=now, limit=_ALL)
    if len(wave) > MOST_SKUS:  # else the lane's own sensor is quicker
        return [item for item in wave if item.sku != EVERYTHING]
    due = ledger.next_due(["batch"]).get("batch")
    if due is None:
        return []
    parts.sleep(max(0.0, (due - now).total_seconds()))  # an event pass is writing these
    return ledger.take(["batch"], due=max(due, parts.now()), limit=_ALL)


def _progress(report: BatchReport, left: int, seconds: float) -> str:
    told = f"{report.batch}: {report.served:,} SKUs done, {report.written:,} levels written"
    if not left:
        return told
    return f"{told}; {left:,} SKUs left, about {seconds / report.served * left:.0f} s"


def _rest(parts: Parts, outcomes: Sequence[StoreOutcome]) -> None:
    """While no store can be worked with, the list is better off where it is."""
    away = [one for one in outcomes if one.failure or AWAY in one.repair.values()]
    if not away or len(away) < len(outcomes):
        return
    is_stopped = any(isinstance(one.failure, StoreStopped) for one in away)
    pause = STOPPED_FOR if is_stopped else UNREACHABLE_FOR
    parts.tell(f"no store can be worked with; going on in {pause.total_seconds():.0f} s")
    parts.sleep(pause.total_seconds())


def _changes(waterfalls: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    shown = ("sku", "store_location_id", "expected_units", "quantity_units")
    return [
        {"store": store, **{name: row[name] for name in shown}}
        for store, rows in waterfalls.items()
        for row in rows
    ]


def _biggest(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    def size(row: Mapping[str, Any]) -> int:
        return -abs(int(row["quantity_units"]) - int(row["expected_units"]))

    return sorted(rows, key=size)[:SHOWN_CHANGES]
