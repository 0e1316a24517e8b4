"""One store, from ATP to what it shows: read, decide, write, read back.

Put the steps of publishing here, in their order. Keep the rules (``domain``) and the reading and
writing themselves (``gather.py``, ``act.py``) out.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

import pandas as pd

from inventory_sync.domain.decision import StorePlan, StoreView
from inventory_sync.domain.dirty import Mark
from inventory_sync.domain.errors import PassRefused
from inventory_sync.domain.findings import FINDING_COLUMNS, joined
from inventory_sync.domain.held_back import ONLY_LOWER, hold
from inventory_sync.domain.publication import LEVEL, Decided, QuantityChange, level_keys
from inventory_sync.domain.stops import Approval, Held
from inventory_sync.flow.act import Plan, Sent, act
from inventory_sync.flow.canary import canary_of, rest_of, watch
from inventory_sync.flow.confirm import confirmed, level_frame, problems
from inventory_sync.flow.gather import read_back, read_orders, view_of
from inventory_sync.flow.guarded import Proposal, Ruling, guard_few, guard_plan
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.plan import (
    Basis,
    Offered,
    decide_store,
    store_offered,
    unread_neighbours,
    waterfalls_of,
)
from inventory_sync.flow.store_reading import read_store

OLDEST_BASIS = timedelta(minutes=15)
"""A store is not written from figures that were read longer ago than this."""

_RAISING: Final = Held.everywhere("raised")

_ANEW: Final = "run the whole job again"

ROUNDS = 3
"""How often levels that an order changed between reading and writing are decided anew."""


@dataclass(frozen=True)
class Wishes:
    """How a person restricts a pass.

    ``dry_run`` writes nothing anywhere; ``skus`` (which ``must_exist``) and ``stores`` limit it;
    ``override_guard`` carries out what the guard would stop, ``approval`` what a person has looked
    at; in a ``piecemeal`` pass the guard holds single levels back instead of stopping it;
    ``only_lower`` raises nothing; ``trust_observed`` takes what a store shows as explained.
    """

    dry_run: bool = False
    skus: frozenset[str] | None = None
    must_exist: bool = True
    stores: frozenset[str] | None = None
    override_guard: bool = False
    approval: Approval | None = None
    piecemeal: bool = False
    only_lower: bool = False
    trust_observed: bool = False


@dataclass(frozen=True)
class StoreReport:
    """What a pass did to one store.

    ``rows``: a row per level with its waterfall (``OFFER_COLUMNS``), its plan (``PLAN_COLUMNS``)
    and ``shown_units``, what the store showed last. ``findings``: what a person should mend.
    """

    store: str
    live: bool
    rows: pd.DataFrame
    findings: pd.DataFrame
    applied: int = 0
    refused: int = 0
    unknown: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """The figures that the ledger keeps of the pass."""
        return {
            "levels": len(self.rows),
            "to_write": int((self.rows["action"] == "write").sum()),
            "held": int((self.rows["action"] == "hold").sum()),
            "applied": self.applied,
            "refused": self.refused,
            "unknown": self.unknown,
            "findings": len(self.findings),
        }


@dataclass(frozen=True)
class Reading:
    """What was read of a store. ``subjects`` names what was looked at (``None``: everything), so
    that findings about the rest stay as they are.
    """

    view: StoreView
    lost_locations: pd.DataFrame = field(default_factory=lambda: joined([], FINDING_COLUMNS))
    subjects: frozenset[str] | None = None


@dataclass(frozen=True)
class _Job:
    """What stays the same while one store is written. ``held``: moves that are not made."""

    proposal: Proposal
    basis: Basis
    view: StoreView
    held: Held


def publish_store(
    parts: Parts, store: str, basis: Basis, *, pass_id: str, wishes: Wishes
) -> StoreReport:
    """Bring one store to what it should show.

    Raises ``StoreStopped`` or ``StoreUnreachable`` for this store alone, and ``PassRefused`` when
    the plan looks like an accident: then nothing is written to it.
    """
    with parts.ledger.store_lock(store):
        return _publish(parts, store, basis, pass_id=pass_id, wishes=wishes)


def refuse_old_figures(parts: Parts, store: str, basis: Basis, wishes: Wishes) -> None:
    """Raises ``PassRefused`` when a live store would be written from figures that are too old."""
    if wishes.dry_run or not parts.policies[store].live:
        return
    if parts.now() - basis.read_at > OLDEST_BASIS:
        read_at = f"{basis.read_at:%Y-%m-%d %H:%M} UTC, too long ago"
        raise PassRefused(
            f"Nothing was written to {store}: the ERP was read at {read_at}; {_ANEW}."
        )
    shown_as_of = parts.ledger.published_as_of(store)
    if shown_as_of and shown_as_of > basis.taken_at and not wishes.override_guard:
        raise PassRefused(
            f"Nothing was written to {store}: another pass has served it meanwhile from figures "
            f"that the ERP gave later; {_ANEW}."
        )


def _publish(
    parts: Parts, store: str, basis: Basis, *, pass_id: str, wishes: Wishes
) -> StoreReport:
    refuse_old_figures(parts, store, basis, wishes)
    reading = Reading(*read_store(parts, store))
    refuse_old_figures(parts, store, basis, wishes)  # reading a large store takes long
    report = publish_reading(parts, store, basis, reading, pass_id=pass_id, wishes=wishes)
    meant = report.findings.loc[report.findings["kind"] == "near-sku", "value"]
    parts.ledger.record_doubts(store, set(meant.dropna()), pass_id=pass_id)
    if not wishes.dry_run:
        parts.ledger.set_store_state(store, "ok", at=parts.now(), pass_id=pass_id)
    return report


def publish_reading(
    parts: Parts,
    store: str,
    basis: Basis,
    reading: Reading,
    *,
    pass_id: str,
    wishes: Wishes,
) -> StoreReport:
    """Bring what was read of a store, all of it or a part, to what it should show.

    Raises what ``publish_store`` raises.
    """
    live = parts.policies[store].live and not wishes.dry_run
    view = reading.view
    offered = store_offered(parts, store, basis)
    plan = decide_store(offered.rows, view, basis.atp, wishes.skus)
    if wishes.trust_observed and live:
        _adopt(parts, store, plan.rows, view.busy, pass_id)
        now = view_of(parts, store, view.catalog, view.levels, view.locations)
        busy = pd.concat([view.busy[LEVEL], now.busy[LEVEL]], ignore_index=True)
        view = replace(now, read_at=view.read_at, busy=busy)
        plan = decide_store(offered.rows, view, basis.atp, wishes.skus)
    if wishes.only_lower:
        plan = hold(plan, _RAISING, reason=ONLY_LOWER)
    proposal = Proposal(
        *(store, pass_id, plan.rows, offered.rows, len(view.publications)),
        whole=wishes.skus is None,
        counted=basis.counted(parts.policies[store], wishes.skus or ()),
    )
    ruling = _judged(parts, proposal, wishes) if live else Ruling()
    plan = hold(plan, ruling.held, counted=proposal.counted)
    terms = offered.rows.drop(columns="offer_units")
    rows = plan.rows.merge(terms, on=["store_location_id", "sku"])
    found = [reading.lost_locations, unread_neighbours(parts, store), plan.findings]
    sent = Sent()
    if live:
        _adopt(parts, store, _without_base(plan.rows), view.busy, pass_id)
        held = ruling.held | (_RAISING if wishes.only_lower else Held())
        job = _Job(proposal, basis, view, held)
        first = canary_of(parts, plan, pass_id) if ruling.with_canary else None
        if first is not None:
            sent = _write(parts, job, first, offered)
            watch(parts, proposal, first, sent)
            plan = rest_of(plan, first)
        sent = sent.beside(_write(parts, job, plan, offered))
        _look_again(parts, sent, rows)
        rows = confirmed(parts, store, sent, rows, read_at=view.read_at)
        found.append(problems(parts, store, sent, rows))
    else:
        rows = rows.assign(shown_units=rows["observed_units"])
    findings = joined(found, FINDING_COLUMNS)
    parts.ledger.record_findings(
        store, findings, pass_id=pass_id, at=parts.now(), subjects=reading.subjects
    )
    return StoreReport(
        store, live, rows, findings, len(sent.applied), len(sent.refused), len(sent.unknown)
    )


def _judged(parts: Parts, proposal: Proposal, wishes: Wishes) -> Ruling:
    if wishes.piecemeal:
        return guard_few(parts, proposal)
    return guard_plan(
        parts, proposal, override_guard=wishes.override_guard, approval=wishes.approval
    )


def _without_base(rows: pd.DataFrame) -> pd.DataFrame:
    """The levels that are not written and have no base, or one that is lower than what is shown."""
    more = rows["explained_units"].isna() | (rows["observed_units"] > rows["explained_units"])
    return rows[(rows["action"] != "write") & more.fillna(True).astype(bool)]


def _adopt(parts: Parts, store: str, rows: pd.DataFrame, busy: pd.DataFrame, pass_id: str) -> None:
    """Remember what is shown as the base that explains later readings.

    Read again first: an order that came after the first reading and before that of the orders would
    count twice. A level that has changed meanwhile is left to the next pass.
    """
    if rows.empty:
        return
    under_way = pd.MultiIndex.from_frame(busy[LEVEL])
    rows = rows[~pd.MultiIndex.from_frame(rows[LEVEL]).isin(under_way)]
    fresh = read_back(parts.storefronts[store], rows[LEVEL])
    still = rows.merge(fresh[[*LEVEL, "available_units"]], on=LEVEL)
    still = still[still["available_units"].eq(still["observed_units"]).fillna(False)]
    base = still.assign(
        quantity_units=still["observed_units"],
        taken_units=still["taken_units"] - still["provisional_units"],
    )
    parts.ledger.adopt(store, base, pass_id=pass_id, at=parts.now())


def _write(parts: Parts, job: "_Job", plan: StorePlan, offered: Offered) -> Sent:
    """Send the plan; decide anew, from fresh reading, the levels that changed in between."""
    if plan.writes.empty:
        return Sent()
    sent = act(parts, _sendable(parts, job, plan, offered))
    for _ in range(ROUNDS - 1):
        if not sent.stale:
            break
        levels = read_back(parts.storefronts[job.proposal.store], level_frame(sent.stale))
        read_orders(parts, job.proposal.store)
        view = view_of(parts, job.proposal.store, job.view.catalog, levels, job.view.locations)
        offered = store_offered(parts, job.proposal.store, job.basis)
        decided = decide_store(offered.rows, view, job.basis.atp)
        again = hold(decided, job.held, counted=job.proposal.counted)
        sent = sent.then(act(parts, _sendable(parts, job, again, offered)))
    return sent


def _look_again(parts: Parts, sent: Sent, rows: pd.DataFrame) -> None:
    """An event pass that was quicker has not seen what the store shows: it decides once more."""
    overtaken = set(sent.overtaken)
    now = parts.now()
    skus = {sku for key, sku in zip(level_keys(rows), rows["sku"], strict=True) if key in overtaken}
    marks = [Mark(str(sku), now, now, "another pass was quicker") for sku in sorted(skus)]
    if marks:
        parts.ledger.mark("order_events", marks)


def _sendable(parts: Parts, job: "_Job", plan: StorePlan, offered: Offered) -> Plan:
    writes = plan.writes
    levels = writes[["store_location_id", "sku", "provisional_units", "reason"]]
    falls = waterfalls_of(parts.policies[job.proposal.store], job.basis, offered, levels)
    columns = ["sku", "observed_units", "quantity_units", "taken_units", "version"]
    rows = zip(*(writes[name].tolist() for name in columns), strict=True)
    changes, decided = [], {}
    for key, fall, (sku, expected_units, quantity_units, taken, version) in zip(
        level_keys(writes), falls, rows, strict=True
    ):
        changes.append(QuantityChange(str(sku), key, expected_units, quantity_units))
        decided[key] = Decided(taken, version, fall)
    return Plan(job.proposal.store, job.proposal.pass_id, job.basis.taken_at, changes, decided)
