"""All writing of a pass: the plan of one store becomes calls, each remembered before it is sent.

Put here how a plan is cut into calls, sent, and what a refusal does to the rest of its batch. Keep
decisions about quantities out: a refused row is decided anew by the next round, never re-sent.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from inventory_sync.domain.errors import StoreStopped, StoreUnreachable, WriteInFlight
from inventory_sync.domain.publication import (
    SEND_WITHIN_SECONDS,
    Applied,
    Decided,
    LevelKey,
    Outcome,
    QuantityChange,
    Refusal,
    Refused,
    SetQuantities,
    Unknown,
)
from inventory_sync.flow.parts import Parts

BATCH_ROWS = 250
"""Shopify takes at most this many rows in one call (facts 1.3)."""

STALE = "CHANGE_FROM_QUANTITY_STALE"
NOT_SENT = "NOT_SENT"
WRITE_IN_FLIGHT = "WRITE_IN_FLIGHT"


@dataclass(frozen=True)
class Batch:
    """Rows of one call. ``relative``: as deltas instead of a compare-and-swap."""

    changes: tuple[QuantityChange, ...]
    relative: bool = False

    def part(self, changes: Sequence[QuantityChange]) -> "Batch":
        """A batch of some of the rows, of the same kind."""
        return Batch(tuple(changes), self.relative)


@dataclass
class Sent:
    """What became of a plan, level by level; ``first_at`` is when the first call left."""

    applied: list[LevelKey] = field(default_factory=list)
    refused: dict[LevelKey, Refusal] = field(default_factory=dict)
    unknown: dict[LevelKey, str] = field(default_factory=dict)
    first_at: datetime | None = None

    @property
    def stale(self) -> list[LevelKey]:
        """Levels that changed between our reading and our write: an order came in between."""
        return [key for key, refusal in self.refused.items() if refusal.code == STALE]

    @property
    def overtaken(self) -> list[LevelKey]:
        """Levels that another pass is writing, or has decided from newer figures."""
        return [key for key, refusal in self.refused.items() if refusal.code == WRITE_IN_FLIGHT]

    def then(self, again: "Sent") -> "Sent":
        """The whole, after the stale levels have been decided anew."""
        settled = set(self.stale)
        kept = {key: why for key, why in self.refused.items() if key not in settled}
        return Sent(
            self.applied + again.applied,
            kept | again.refused,
            self.unknown | again.unknown,
            self.first_at or again.first_at,
        )

    def beside(self, other: "Sent") -> "Sent":
        """Both together, when they are about different levels."""
        return Sent(
            self.applied + other.applied,
            self.refused | other.refused,
            self.unknown | other.unknown,
            self.first_at or other.first_at,
        )


@dataclass(frozen=True)
class Plan:
    """The writes of one store with what the ledger keeps beside each of them.

    ``as_of``: the ERP instant from which they were decided; ``hot``: levels that are written by
    delta.
    """

    store: str
    pass_id: str
    as_of: datetime
    changes: Sequence[QuantityChange]
    decided: Mapping[LevelKey, Decided]
    hot: frozenset[LevelKey] = frozenset()


def act(parts: Parts, plan: Plan) -> Sent:
    """Send the plan with as many calls at once as the store's rate allows.

    What lowers is settled before anything is raised: that is the direction that prevents
    overselling. A refused row is left out and the rest of its batch goes again as a new call; a
    batch that is refused without naming a row is halved. Raises ``StoreStopped`` or
    ``StoreUnreachable`` once the calls that are under way have been settled.
    """
    sent = Sent()
    lowering = [c for c in plan.changes if c.quantity_units < c.expected_units]
    raising = [c for c in plan.changes if c.quantity_units >= c.expected_units]
    with parts.threads(max(1, parts.storefronts[plan.store].parallel_calls)) as pool:
        try:
            for changes in (lowering, raising):
                _send_all(partial(_send, parts, plan, sent), _batches(plan, changes), pool, sent)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return sent


def _send_all(
    send: Callable[[Batch], tuple[Batch, Outcome]],
    batches: Sequence[Batch],
    pool: Executor,
    sent: Sent,
) -> None:
    """Send all batches, and what is left of refused ones, until none is left."""
    if len(batches) == 1:  # most event passes: no thread is needed
        batches = _note(*send(batches[0]), sent)
    calls = {pool.submit(send, batch) for batch in batches}
    while calls:
        done, calls = wait(calls, return_when=FIRST_COMPLETED)
        for call in done:
            calls |= {pool.submit(send, rest) for rest in _note(*call.result(), sent)}


def _note(batch: Batch, outcome: Outcome, sent: Sent) -> list[Batch]:
    """Write down what became of a batch; returns what of it is to be sent as new calls."""
    changes = batch.changes
    match outcome:
        case Applied():
            sent.applied += [change.key for change in changes]
        case Unknown(cause):
            sent.unknown.update({change.key: cause for change in changes})
        case Refused(rows, general):
            for index, refusal in rows.items():
                sent.refused[changes[index].key] = refusal
            rest = [change for i, change in enumerate(changes) if i not in rows]
            if rows:
                return [batch.part(rest)] if rest else []
            if any(refusal.code == NOT_SENT for refusal in general):
                return [batch]
            if len(changes) == 1 or not any(refusal.concerns_a_row for refusal in general):
                why = general[0] if general else Refusal("", "Shopify gave no reason")
                sent.refused.update({change.key: why for change in changes})
                return []
            half = len(changes) // 2
            return [batch.part(changes[:half]), batch.part(changes[half:])]
    return []


def _send(parts: Parts, plan: Plan, sent: Sent, batch: Batch) -> tuple[Batch, Outcome]:
    """One call: intent, call, outcome. A crash in between leaves the intent open.

    The time to send runs from the intent on, however long it took to write it down.
    """
    storefront = parts.storefronts[plan.store]
    storefront.await_turn()  # before the intent: an open one closes its levels to everybody
    call = SetQuantities(
        idempotency_key=parts.new_id(),
        reference_uri=f"gid://inventory-sync/Pass/{plan.pass_id}",
        changes=batch.changes,
        relative=batch.relative,
    )
    created_at = parts.now()
    try:
        parts.ledger.prepare(
            plan.store,
            plan.pass_id,
            call,
            decided={change.key: _signed(parts, plan, change.key) for change in batch.changes},
            as_of=plan.as_of,
            created_at=created_at,
        )
    except WriteInFlight as busy:
        why = Refusal(WRITE_IN_FLIGHT, "another pass writes this level, or has newer figures")
        return batch, Refused({i: why for i, c in enumerate(batch.changes) if c.key in busy.keys})
    sent.first_at = sent.first_at or parts.now()
    left = SEND_WITHIN_SECONDS - (parts.now() - created_at).total_seconds()
    try:
        outcome = storefront.set_quantities(replace(call, within_seconds=left))
    except (StoreStopped, StoreUnreachable) as error:  # raised only when nothing was applied
        refusal = Refused({}, (Refusal("NOT_APPLIED", str(error)),))
        parts.ledger.settle(plan.store, call.idempotency_key, refusal, at=parts.now())
        raise
    if not isinstance(outcome, Unknown):
        parts.ledger.settle(plan.store, call.idempotency_key, outcome, at=parts.now())
    return batch, outcome


def _signed(parts: Parts, plan: Plan, key: LevelKey) -> Decided:
    """With our version: the note of a pass is written later, or never when it crashes."""
    decided = plan.decided[key]
    return replace(decided, waterfall={**decided.waterfall, "code_version": parts.code_version})


def _batches(plan: Plan, changes: Sequence[QuantityChange]) -> list[Batch]:
    cold = [change for change in changes if change.key not in plan.hot]
    hot = [change for change in changes if change.key in plan.hot]
    return [
        Batch(tuple(group[at : at + BATCH_ROWS]), relative)
        for group, relative in ((cold, False), (hot, True))
        for at in range(0, len(group), BATCH_ROWS)
    ]
