"""Reconcile: every store read back, every difference explained, what is safe to repair repaired.

Put here the order of these steps. Keep out why a level differs (``domain/drift.py``), how a store
is brought right (``publish.py``: one rule for all) and the verdicts (``domain/failures.py``).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal

import pandas as pd

from inventory_sync.domain.drift import MEANINGS, Cause, of_findings
from inventory_sync.domain.errors import (
    InventorySyncError,
    PassRefused,
    StoreStopped,
    StoreUnreachable,
)
from inventory_sync.domain.evidence import LEVEL_COLUMNS, Evidence, Limits, Verdict
from inventory_sync.domain.extract import EVERYTHING
from inventory_sync.domain.failures import cut_lines, judge_store
from inventory_sync.domain.findings import FINDING_COLUMNS, joined
from inventory_sync.domain.frames import ErpSnapshot
from inventory_sync.domain.publication import LEVEL
from inventory_sync.flow.evidence import (
    changed_at,
    healthy_levels,
    on_its_way,
    pending_changes,
    stale_levels,
    with_relatives,
)
from inventory_sync.flow.full_pass import each_store, note_failure
from inventory_sync.flow.gather import read_erp, read_orders
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.plan import Basis, decide_store, store_offers
from inventory_sync.flow.promise_publishing import PromiseBasis
from inventory_sync.flow.promises_now import promise_basis, wrong_promises
from inventory_sync.flow.publish import Reading, Wishes, publish_reading, refuse_old_figures
from inventory_sync.flow.sighting import explained, moved_levels, odd_skus, sighted
from inventory_sync.flow.store_reading import read_store

LATE_AFTER: Final = timedelta(minutes=5)
"""An order that changed so long ago should have been heard: stores are polled every minute."""


@dataclass(frozen=True)
class Comparison:
    """One store, as it was found. ``levels``: ids, ``LEVEL_COLUMNS`` and taken_units; ``offered``:
    what the rules offer of every SKU; ``found``: ``DIFFERENCE_COLUMNS``; ``changed_at``: SKU ->
    since when its level is behind the ERP; ``promises``: variants that promise too early.
    ``repaired``: subjects of ``found`` that are right now; ``failure``: why nothing could be
    repaired.
    """

    store: str
    live: bool
    levels: pd.DataFrame
    offered: pd.DataFrame
    found: pd.DataFrame
    changed_at: Mapping[str, datetime] = field(default_factory=dict)
    promises: pd.DataFrame = field(default_factory=pd.DataFrame)
    repaired: frozenset[str] = frozenset()
    failure: str | None = None

    @property
    def drifted(self) -> pd.DataFrame:
        """The differences that are not simply on their way."""
        return self.found[self.found["cause"] != Cause.IN_FLIGHT]

    @property
    def counts(self) -> dict[str, int]:
        """The figures that the ledger keeps of the pass."""
        return {
            "levels": len(self.levels),
            "drifted": len(self.drifted),
            "repaired": len(self.repaired),
        }


@dataclass(frozen=True)
class Reconciliation:
    """What a reconcile found. ``failures``: store -> why it could not be compared or repaired;
    ``cut``: order lines that the ERP will not deliver in full (``cut_lines``).
    """

    pass_id: str
    stores: dict[str, Comparison]
    verdicts: dict[str, list[Verdict]]
    failures: dict[str, str]
    cut: pd.DataFrame

    @property
    def in_dry_run(self) -> dict[str, Comparison]:
        """The stores to which nothing is written: they show what somebody else says."""
        return {store: each for store, each in self.stores.items() if not each.live}


@dataclass(frozen=True)
class _Job:
    """What is the same for all stores. ``heard`` and ``bases``: per store, what orders had taken
    and what was published before anything was read; ``late``: SKUs of orders found too late.
    """

    pass_id: str
    basis: Basis
    snapshot: ErpSnapshot
    promises: PromiseBasis
    heard: Mapping[str, pd.DataFrame]
    bases: Mapping[str, pd.DataFrame]
    late: frozenset[str]
    repair: bool


def reconcile(parts: Parts, *, repair: bool, limits: Limits) -> Reconciliation:
    """Compare what every store shows with what it should, and judge the seven failures.

    The verdicts are about the stores as they were found. With ``repair``, a live store in which
    something is safe to repair is then published by the rules, and the guard, of every pass.
    Raises what ``read_erp`` raises; a store that fails is reported and the others go on.
    """
    pass_id = parts.new_id()
    with _noted(parts, pass_id) as counts:
        stores = list(parts.policies)
        before = parts.ledger.order_lines()
        heard = {store: parts.ledger.taken_units(store) for store in stores}
        bases = {store: parts.ledger.publications(store) for store in stores}
        read_at = parts.now()
        judged = read_erp(parts, pass_id)
        basis = Basis.of(parts, judged)
        read, no_orders = each_store(parts, pass_id, stores, partial(read_orders, parts))
        late = _late_skus(before, parts.ledger.order_lines(), parts.now() - LATE_AFTER)
        job = _Job(
            pass_id,
            basis,
            judged.snapshot,
            promise_basis(parts, judged.snapshot, basis, read_at=read_at),
            heard,
            bases,
            with_relatives(late, basis.atp.kits),
            repair,
        )
        done, failed = each_store(parts, pass_id, list(read), partial(_compare, parts, job))
        counts |= {f"{s}.{name}": n for s, each in done.items() for name, n in each.counts.items()}
        unmended = {store: each.failure for store, each in done.items() if each.failure}
        verdicts = _verdicts(parts, job, done, limits)
        cut = cut_lines(parts.ledger.order_lines(), basis.acknowledged)
    return Reconciliation(pass_id, done, verdicts, no_orders | failed | unmended, cut)


@contextmanager
def _noted(parts: Parts, pass_id: str) -> Iterator[dict[str, int]]:
    """Keep in the journal that the pass ran, with the counts that are put in, or why it did not."""
    ledger, counts = parts.ledger, dict[str, int]()
    ledger.begin_pass(pass_id, "reconcile", started_at=parts.now(), code_version=parts.code_version)
    try:
        yield counts
    except BaseException as error:
        reason = str(error) if isinstance(error, InventorySyncError) else type(error).__name__
        status: Literal["refused", "failed"] = (
            "refused" if isinstance(error, PassRefused) else "failed"
        )
        ledger.finish_pass(
            pass_id, status=status, finished_at=parts.now(), counts={}, reason=reason
        )
        raise
    ledger.finish_pass(pass_id, status="done", finished_at=parts.now(), counts=counts)


def _late_skus(before: pd.DataFrame, after: pd.DataFrame, until: datetime) -> frozenset[str]:
    """The SKUs of order lines that changed by then and were unknown, or known otherwise, before.

    A ledger that knew no order at all is new: nothing in it is late.
    """
    if before.empty:
        return frozenset()
    state = ["store", "line_id", "store_location_id", "current_units", "taken_units"]
    known = pd.MultiIndex.from_frame(before[state])
    news = after[~pd.MultiIndex.from_frame(after[state]).isin(known)]
    return frozenset(news.loc[news["updated_at"] < pd.Timestamp(until), "sku"].dropna())


def _compare(parts: Parts, job: _Job, store: str) -> Comparison:
    """Read one store, explain what differs, write it down, and repair it if that is wanted."""
    ledger, live = parts.ledger, parts.policies[store].live
    with ledger.store_lock(store):
        first = ledger.taken_units(store)
        view, lost = read_store(parts, store)
        offered = store_offers(parts, store, job.basis)
        plan = decide_store(offered, view, job.basis.atp)
        moved = moved_levels(job.bases[store], view.publications, view.busy)
        rows = plan.rows.merge(offered.drop(columns="offer_units"), on=["store_location_id", "sku"])
        rows = sighted(rows, first=first, heard=job.heard[store], moved=moved)
        rows["is_late"] = rows["sku"].isin(job.late)
        # Orders that lowered the offers have marked their SKUs before.
        pending = pending_changes(parts)
        waiting = on_its_way(pending, job.basis.atp.kits, job.basis.taken_at)
        young = rows["sku"].isin(waiting) | (EVERYTHING in waiting)
        rows["is_waiting"] = young & ~rows["is_late"]
        falls = ledger.waterfalls(store, odd_skus(rows))
        found = explained(rows, falls, parts.policies[store].rules)
        cannot = of_findings(joined([lost, plan.findings], FINDING_COLUMNS))
        found = pd.concat([found, cannot], ignore_index=True)
        levels = rows.assign(is_moving=rows["is_moving"] | rows["is_waiting"])
        levels = levels.rename(columns={"observed_units": "shown_units"})[
            ["inventory_item_id", *LEVEL_COLUMNS, "taken_units"]
        ]
        behind = changed_at(
            parts,
            store,
            stale_levels(levels),
            erp_rows=_counted_rows(parts, job.snapshot),
            pending=pending,
            kits=job.basis.atp.kits,
        )
        early = wrong_promises(parts, store, job.promises, levels, pass_id=job.pass_id)
        result = Comparison(store, live, levels, offered, found, behind, early)
        shown = levels.rename(columns={"shown_units": "observed_units"})
        read_at = view.read_at or parts.now()
        ledger.record_observed(store, shown[[*LEVEL, "observed_units"]], at=read_at)
        if not live:
            return result
        ledger.record_drift(
            store, result.drifted, levels=len(levels), pass_id=job.pass_id, at=parts.now()
        )
        return _repaired(parts, job, result, Reading(view, lost)) if job.repair else result


def _counted_rows(parts: Parts, snapshot: ErpSnapshot) -> list[pd.DataFrame]:
    """The rows that an offer rests on."""
    supply = [snapshot.supply] if parts.promises.offered else []
    return [snapshot.stock, snapshot.commitments, *supply]


def _repaired(parts: Parts, job: _Job, found: Comparison, reading: Reading) -> Comparison:
    """Publish a store in which something is safe to repair; what is right afterwards is repaired.

    What is only late needs no write: by now its orders are known.
    """
    safe = found.drifted[found.drifted["cause"].map(lambda cause: MEANINGS[cause].is_safe)]
    if safe.empty:
        return found
    store, pass_id = found.store, job.pass_id
    wishes = Wishes()
    try:
        refuse_old_figures(parts, store, job.basis, wishes)  # reading a large store takes long
        report = publish_reading(parts, store, job.basis, reading, pass_id=pass_id, wishes=wishes)
    except (PassRefused, StoreStopped, StoreUnreachable) as error:
        note_failure(parts, store, pass_id, error)
        return replace(found, failure=str(error))
    rows = report.rows[report.rows["shown_units"] == report.rows["quantity_units"]]
    right = frozenset(rows["sku"] + " @ " + rows["store_location_id"])
    mended = right & frozenset(safe["subject"])
    parts.ledger.mend_drift(store, mended, at=parts.now())
    return replace(found, repaired=mended)


def _verdicts(
    parts: Parts, job: _Job, done: Mapping[str, Comparison], limits: Limits
) -> dict[str, list[Verdict]]:
    """The seven verdicts about each live store, as it was found."""
    lines = parts.ledger.order_lines()
    healthy = [healthy_levels(store, each.levels) for store, each in done.items() if each.live]
    return {
        store: judge_store(
            Evidence(
                store=store,
                locations=parts.locations(),
                levels=each.levels,
                offered=each.offered,
                healthy=pd.concat(healthy),
                lines=lines,
                acknowledged=job.basis.acknowledged,
                commitments=job.snapshot.commitments,
                kits=job.basis.atp.kits,
                taken_at=job.basis.taken_at,
                changed_at=each.changed_at,
                promises=each.promises,
            ),
            limits,
        )
        for store, each in done.items()
        if each.live
    }
