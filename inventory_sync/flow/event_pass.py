"""An event pass: a few SKUs, all stores, from the ERP to the wire without looking at the stores.

Put the steps of an event pass here, in their order. The decision is ``domain/few``; what needs a
look at a store is left to the careful pass by marking it for repair.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from inventory_sync.domain.dirty import Clock, DirtySku, Mark
from inventory_sync.domain.errors import StoreStopped, StoreUnreachable
from inventory_sync.domain.extract import ErpExtract
from inventory_sync.domain.few.decide import (
    STALE_WINDOW,
    FewPlan,
    StoreTerms,
    decide_few,
)
from inventory_sync.domain.kits import related_skus
from inventory_sync.domain.known import with_unheard
from inventory_sync.domain.publication import LevelKey
from inventory_sync.flow.act import Plan, Sent, act
from inventory_sync.flow.away import Away
from inventory_sync.flow.days import lookahead
from inventory_sync.flow.event_dates import ask_for_dates
from inventory_sync.flow.event_guard import EventGuard
from inventory_sync.flow.event_report import EventReport, StoreOutcome, latencies, waterfalls
from inventory_sync.flow.full_pass import note_failure
from inventory_sync.flow.gather import SETTLE_AFTER
from inventory_sync.flow.guarded import look_again_later
from inventory_sync.flow.parts import Parts

AGAIN_AFTER = timedelta(milliseconds=200)
"""A level that another pass is writing is looked at again after this."""

EXPLAIN_AFTER = timedelta(seconds=3)
"""A store that shows something unexplained is read after this: its order is usually heard by then.
"""

AWAY = "the store could not be worked with"


class EventPasses:
    """Runs event passes, ``abreast`` at the same time at most; keeps threads warm and knows which
    stores are away. ``kind`` is what the journal calls them.
    """

    def __init__(self, parts: Parts, *, abreast: int = 1, kind: str = "event") -> None:
        self._parts = parts
        self._kind = kind
        self._pool = parts.threads(max(1, abreast * len(parts.policies)))
        self._guard = EventGuard(parts)
        self._away = Away()
        self._closures: dict[str, frozenset[str]] = {}
        self._terms = {
            store: StoreTerms(policy.locations, policy.rules)
            for store, policy in parts.policies.items()
        }

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()
        self._guard.close()

    def related(self, sku: str) -> frozenset[str]:
        """The SKUs that a look at this one reads, as far as is known: itself, kits and parts."""
        return self._closures.get(sku, frozenset({sku}))

    def run(self, work: Sequence[DirtySku]) -> EventReport:
        """Look again at these SKUs and clear them from the dirty list.

        Raises ``ErpUnavailable`` or ``ContractBroken`` when the ERP cannot be read: nothing was
        changed, and everything stays on the list.
        """
        parts = self._parts
        pass_id, started_at = parts.new_id(), parts.now()
        plan = self.plan({item.sku for item in work})
        outcomes = self._serve(pass_id, plan)
        self._set_clocks(plan, read_at=started_at)
        self._mark_rest(work, plan, outcomes)
        if self._kind == "event":
            ask_for_dates(parts, work)
        parts.ledger.clear(work)
        took = latencies(work, outcomes.values())
        self._note(pass_id, started_at, outcomes, took)
        return EventReport(
            pass_id,
            tuple(sorted(item.sku for item in work)),
            tuple(sorted({item.reason for item in work})),
            outcomes,
            plan.odd,
            took,
            {store: waterfalls(plan.stores[store]) for store in outcomes},
        )

    def plan(
        self, skus: Collection[str], shown: Mapping[tuple[str, LevelKey], int] | None = None
    ) -> FewPlan:
        """What these SKUs should show in all stores, and what is to be done for it; only read.

        The ERP is read before the ledger: an order that comes in between is deducted, or makes the
        compare-and-swap fail (protocol B.2). ``shown`` is what levels were seen to show: what is
        missing there counts as sold.
        """
        parts, extract = self._parts, self._extract(skus)
        now = parts.now()
        known = parts.ledger.known(extract.skus, stale_since=now - STALE_WINDOW)
        told = with_unheard(known, shown or {})
        zones = extract.dates.zones if extract.dates else {}
        ahead = lookahead(parts, zones, extract.taken_at)
        return decide_few(extract, told, self._terms, now=now, rules=parts.rules, lookahead=ahead)

    def _extract(self, skus: Collection[str]) -> ErpExtract:
        """The ERP's rows, with the acknowledgements of every order that the ledger knows of them.

        Which SKUs belong together is remembered; when that has grown, the ERP is read once more, so
        that no acknowledgement is missing.
        """
        wanted = frozenset().union(*(self.related(sku) for sku in skus))
        while True:
            order_ids = self._parts.ledger.order_ids_of(wanted)
            dated = self._parts.promises.offered
            extract = self._parts.erp.extract(skus, order_ids, dated=dated)
            if extract.skus <= wanted:
                return extract
            wanted = extract.skus
            pairs = ((str(row.kit_sku), str(row.component_sku)) for row in extract.components)
            for group in related_skus(pairs, skus):
                self._closures |= dict.fromkeys(group & set(skus), frozenset(group))

    def _serve(self, pass_id: str, plan: FewPlan) -> dict[str, StoreOutcome]:
        """Write to the stores that have to change, all at once; then stamp what stays."""
        now = self._parts.now()
        outcomes: dict[str, StoreOutcome] = {}
        waiting = {}
        for store, writes in plan.stores.items():
            if not self._parts.policies[store].live:
                continue
            if self._away.has(store, now):
                outcomes[store] = StoreOutcome(repair=dict.fromkeys(writes.skus, AWAY))
                continue
            held = self._guard.held(store, pass_id, writes.changes, writes.counted)
            writes.changes = [change for change in writes.changes if change not in held]
            outcomes[store] = StoreOutcome(
                again=set(writes.busy),
                repair=dict(writes.careful),
                held={change.sku for change in held},
            )
            if writes.changes:
                waiting[store] = self._pool.submit(
                    self._serve_store, pass_id, plan, store, outcomes[store]
                )
        for done in waiting.values():
            done.result()
        for store, outcome in outcomes.items():
            self._stamp(plan, store, outcome)
        return outcomes

    def _serve_store(self, pass_id: str, plan: FewPlan, store: str, outcome: StoreOutcome) -> None:
        writes = plan.stores[store]
        names = {change.key: change.sku for change in writes.changes}
        orders = Plan(
            store,
            pass_id,
            plan.taken_at,
            writes.changes,
            writes.decided,
            frozenset(writes.hot),
        )
        try:
            outcome.sent = self._send(orders)
        except (StoreStopped, StoreUnreachable) as error:
            self._leave_alone(store, pass_id, error)
            outcome.failure = error
            outcome.repair = dict.fromkeys(writes.skus, AWAY)
            return
        outcome.again |= {names[key] for key in outcome.sent.overtaken}
        for key, refusal in outcome.sent.refused.items():
            if key not in outcome.sent.overtaken:
                outcome.repair[names[key]] = f"{refusal.code} {refusal.message}".strip()
        outcome.repair |= {names[key]: cause for key, cause in outcome.sent.unknown.items()}

    def _leave_alone(
        self, store: str, pass_id: str, error: StoreStopped | StoreUnreachable
    ) -> None:
        self._away.add(store, error, self._parts.now())
        if isinstance(error, StoreStopped):
            note_failure(self._parts, store, pass_id, error)

    def _stamp(self, plan: FewPlan, store: str, outcome: StoreOutcome) -> None:
        """Note that what stays was right as of now; what changed meanwhile is looked at again."""
        kept = plan.stores[store].kept
        if kept and outcome.failure is None:
            stamped = self._parts.ledger.stamp(store, kept, as_of=plan.taken_at)
            outcome.kept = len(stamped)
            if kept.keys() - stamped:
                outcome.again |= set(plan.skus)

    def _send(self, orders: Plan) -> Sent:
        """Send; what has to fall and was refused as stale falls by delta at once (protocol D3).

        Lowering prevents overselling, so it does not wait until the unknown change is explained;
        the level is looked at afterwards all the same.
        """
        sent = act(self._parts, orders)
        stale = set(sent.stale)
        falling = [
            change
            for change in orders.changes
            if change.key in stale and change.quantity_units < change.expected_units
        ]
        if not falling:
            return sent
        keys = frozenset(change.key for change in falling)
        again = act(self._parts, replace(orders, changes=falling, hot=keys))
        refused = {key: sent.refused[key] for key in stale}
        done = sent.then(again)
        return replace(done, refused=refused | done.refused)

    def _set_clocks(self, plan: FewPlan, *, read_at: datetime) -> None:
        """Ring when what was read ends; a later reading knows better, however long we took."""
        clocks = [
            Clock(row.commitment_id, row.sku, read_at + (row.expires_at - plan.taken_at))
            for row in plan.ending
            if row.expires_at
        ]
        self._parts.ledger.set_clocks(plan.skus, clocks, at=read_at)

    def _mark_rest(
        self, work: Sequence[DirtySku], plan: FewPlan, outcomes: dict[str, StoreOutcome]
    ) -> None:
        """Put back what is not done: to the same lane when it is only being written, else for
        repair.
        """
        now = self._parts.now()
        since = {item.sku: item for item in work}
        oldest = min(item.occurred_at for item in work)
        again = set().union(*(outcome.again for outcome in outcomes.values()))
        repair = dict.fromkeys(plan.odd, "a row of the ERP is not plain: judged with care")
        for outcome in outcomes.values():
            repair |= outcome.repair

        def mark(sku: str, after: timedelta, reason: str) -> Mark:
            occurred_at = since[sku].occurred_at if sku in since else oldest
            return Mark(sku, occurred_at, now + after, reason)

        stuck = {
            sku for sku in again if now - mark(sku, AGAIN_AFTER, "").occurred_at > SETTLE_AFTER
        }
        repair |= dict.fromkeys(stuck, "a write to it has no known outcome")
        lane = work[0].lane
        self._parts.ledger.mark(
            lane, [mark(sku, AGAIN_AFTER, "being written") for sku in sorted(again - stuck)]
        )
        self._parts.ledger.mark(
            "repair", [mark(sku, EXPLAIN_AFTER, why) for sku, why in sorted(repair.items())]
        )
        held = set().union(*(outcome.held for outcome in outcomes.values()))
        look_again_later(self._parts, held - repair.keys())

    def _note(
        self,
        pass_id: str,
        started_at: datetime,
        outcomes: dict[str, StoreOutcome],
        took: tuple[float, ...],
    ) -> None:
        """Keep the pass in the journal if it changed or tried anything."""
        counts = {
            f"{store}.{name}": len(levels)
            for store, outcome in outcomes.items()
            for name, levels in (
                ("applied", outcome.sent.applied),
                ("refused", outcome.sent.refused),
                ("unknown", outcome.sent.unknown),
            )
            if levels
        }
        if not counts:
            return
        if took:
            counts["latency_ms"] = round(max(took) * 1000)
        parts = self._parts
        parts.ledger.note_pass(
            pass_id,
            self._kind,
            started_at=started_at,
            finished_at=parts.now(),
            code_version=parts.code_version,
            counts=counts,
        )
