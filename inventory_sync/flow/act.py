"""All writing of a pass: the plan of one store becomes calls, each remembered before it is sent.

Put here how a plan is cut into calls, sent, and what a refusal does to the rest of its batch. Keep
decisions about quantities out: a refused row is decided anew by the next round, never re-sent.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd

from inventory_sync.domain.errors import StoreStopped, StoreUnreachable, WriteInFlight
from inventory_sync.domain.publication import (
    Applied,
    LevelKey,
    Outcome,
    QuantityChange,
    Refusal,
    Refused,
    SetQuantities,
    Unknown,
    level_keys,
)
from inventory_sync.flow.parts import Parts

BATCH_ROWS = 250
"""Shopify takes at most this many rows in one call (facts 1.3)."""

STALE = "CHANGE_FROM_QUANTITY_STALE"

Batch = tuple[QuantityChange, ...]


@dataclass
class Sent:
    """What became of a plan, level by level."""

    applied: list[LevelKey] = field(default_factory=list)
    refused: dict[LevelKey, Refusal] = field(default_factory=dict)
    unknown: dict[LevelKey, str] = field(default_factory=dict)

    @property
    def stale(self) -> list[LevelKey]:
        """Levels that changed between our reading and our write: an order came in between."""
        return [key for key, refusal in self.refused.items() if refusal.code == STALE]

    def then(self, again: "Sent") -> "Sent":
        """The whole, after the stale levels have been decided anew."""
        settled = set(self.stale)
        kept = {key: why for key, why in self.refused.items() if key not in settled}
        return Sent(
            self.applied + again.applied, kept | again.refused, self.unknown | again.unknown
        )


@dataclass(frozen=True)
class Plan:
    """The writes of one store with what the ledger keeps beside each of them."""

    store: str
    pass_id: str
    changes: Sequence[QuantityChange]
    taken_units: dict[LevelKey, int]
    versions: dict[LevelKey, int]
    waterfalls: dict[LevelKey, dict[str, Any]]


def plan_of(
    store: str, pass_id: str, writes: pd.DataFrame, waterfalls: dict[LevelKey, dict[str, Any]]
) -> Plan:
    """Turn the rows to write (see ``StorePlan.writes``) into changes, in their order."""
    keys = level_keys(writes)
    expected, quantities = writes["observed_units"].tolist(), writes["quantity_units"].tolist()
    changes = [
        QuantityChange(sku, key, expected_units, quantity_units)
        for sku, key, expected_units, quantity_units in zip(
            writes["sku"].astype(str), keys, expected, quantities, strict=True
        )
    ]
    taken = dict(zip(keys, writes["taken_units"].tolist(), strict=True))
    versions = dict(zip(keys, writes["version"].tolist(), strict=True))
    return Plan(store, pass_id, changes, taken, versions, waterfalls)


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
    with ThreadPoolExecutor(max(1, parts.storefronts[plan.store].parallel_calls)) as pool:
        try:
            for changes in (lowering, raising):
                _send_all(partial(_send, parts, plan), _batches(changes), pool, sent)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return sent


def _send_all(
    send: Callable[[Batch], tuple[Batch, Outcome]],
    batches: Sequence[Batch],
    pool: ThreadPoolExecutor,
    sent: Sent,
) -> None:
    """Send all batches, and what is left of refused ones, until none is left."""
    calls = {pool.submit(send, batch) for batch in batches}
    while calls:
        done, calls = wait(calls, return_when=FIRST_COMPLETED)
        for call in done:
            calls |= {pool.submit(send, rest) for rest in _note(*call.result(), sent)}


def _note(batch: Batch, outcome: Outcome, sent: Sent) -> list[Batch]:
    match outcome:
        case Applied():
            sent.applied += [change.key for change in batch]
        case Unknown(cause):
            sent.unknown.update({change.key: cause for change in batch})
        case Refused(rows, general):
            for index, refusal in rows.items():
                sent.refused[batch[index].key] = refusal
            rest = tuple(change for i, change in enumerate(batch) if i not in rows)
            if rows:
                return [rest] if rest else []
            if len(batch) == 1 or not any(refusal.concerns_a_row for refusal in general):
                why = general[0] if general else Refusal("", "Shopify gave no reason")
                sent.refused.update({change.key: why for change in batch})
                return []
            return [batch[: len(batch) // 2], batch[len(batch) // 2 :]]
    return []


def _send(parts: Parts, plan: Plan, batch: Batch) -> tuple[Batch, Outcome]:
    """One call: intent, call, outcome. A crash in between leaves the intent open."""
    call = SetQuantities(
        idempotency_key=parts.new_id(),
        reference_uri=f"gid://inventory-sync/Pass/{plan.pass_id}",
        changes=batch,
    )
    try:
        parts.ledger.prepare(
            plan.store,
            plan.pass_id,
            call,
            taken_units={change.key: plan.taken_units[change.key] for change in batch},
            versions={change.key: plan.versions[change.key] for change in batch},
            waterfalls={change.key: plan.waterfalls[change.key] for change in batch},
            created_at=parts.now(),
        )
    except WriteInFlight as busy:
        why = Refusal("WRITE_IN_FLIGHT", "another pass is writing this level")
        return batch, Refused({i: why for i, c in enumerate(batch) if c.key in busy.keys})
    try:
        outcome = parts.storefronts[plan.store].set_quantities(call)
    except (StoreStopped, StoreUnreachable) as error:  # raised only when nothing was applied
        refusal = Refused({}, (Refusal("NOT_SENT", str(error)),))
        parts.ledger.settle(plan.store, call.idempotency_key, refusal, at=parts.now())
        raise
    if not isinstance(outcome, Unknown):
        parts.ledger.settle(plan.store, call.idempotency_key, outcome, at=parts.now())
    return batch, outcome


def _batches(changes: Sequence[QuantityChange]) -> list[Batch]:
    return [tuple(changes[at : at + BATCH_ROWS]) for at in range(0, len(changes), BATCH_ROWS)]
