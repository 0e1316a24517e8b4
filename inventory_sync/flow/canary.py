"""Canary publishing: a part of the SKUs first, read back, and the rest only if it shows. In a batch
the part is the same in all stores, and one that fails ends the batch.

Put here what is compared between the two parts. Which SKUs go first and when they have died is
``domain/guards.py``; writing is ``publish.py``.
"""

from dataclasses import replace

import pandas as pd

from inventory_sync.domain.decision import StorePlan
from inventory_sync.domain.dirty import Mark
from inventory_sync.domain.errors import PassRefused
from inventory_sync.domain.extract import EVERYTHING
from inventory_sync.domain.guards import FEW, canary_objections, canary_skus
from inventory_sync.domain.publication import LEVEL, level_keys
from inventory_sync.flow.act import Sent
from inventory_sync.flow.confirm import confirm, unexplained, with_shown
from inventory_sync.flow.guarded import Proposal, stop_canary
from inventory_sync.flow.parts import Parts


def canary_of(parts: Parts, plan: StorePlan, pass_id: str) -> StorePlan | None:
    """The part of a plan that goes first; ``None`` when all of it goes at once.

    Fewer than ``FEW`` writes are no more than a canary themselves.
    """
    share = parts.limits.canary_share
    if not share or len(plan.writes) < FEW:
        return None
    first = canary_skus(plan.writes["sku"], pass_id, share)
    return replace(plan, rows=plan.rows[plan.rows["sku"].isin(first)])


def rest_of(plan: StorePlan, first: StorePlan) -> StorePlan:
    """What the canary left over."""
    return replace(plan, rows=plan.rows.drop(first.rows.index))


def watch(parts: Parts, proposal: Proposal, first: StorePlan, sent: Sent) -> None:
    """Read back what was written first.

    Raises ``PassRefused`` and keeps the rest for a person when the store does not show it.
    """
    shown = with_shown(first.rows, confirm(parts, proposal.store, sent))
    odd = unexplained(parts, proposal.store, sent, shown)
    more = int((odd["shown_units"] > odd["expected_now_units"]).sum())
    objections = canary_objections(
        len(sent.applied),
        more=more,
        less=len(odd) - more,
        unknown=_open(parts, proposal.store, sent),
    )
    if objections:
        rest = replace(proposal, rows=proposal.rows.drop(first.rows.index))
        raise stop_canary(parts, rest, objections)


def watch_few(parts: Parts, store: str, sent: Sent) -> None:
    """Read back what an event pass has written first, in a store of which it has read nothing.

    Raises ``PassRefused`` when the store does not show it, and asks for a full pass: that one has a
    plan which a person can look at, and a canary of its own.
    """
    shown = confirm(parts, store, sent).rename(columns={"available_units": "shown_units"})
    bases = parts.ledger.publications(store)[[*LEVEL, "quantity_units", "taken_units"]]
    odd = unexplained(parts, store, sent, shown.merge(bases, on=LEVEL).assign(provisional_units=0))
    more = int((odd["shown_units"] > odd["expected_now_units"]).sum())
    objections = canary_objections(
        len(sent.applied), more=more, less=len(odd) - more, unknown=_open(parts, store, sent)
    )
    for objection in objections:
        now = parts.now()
        why = f"the canary of a batch in {store}: {objection.text}"
        parts.ledger.mark("repair", [Mark(EVERYTHING, now, now, why)])
        raise PassRefused(
            f"{store} was not written further: {objection.text}. Look into the store; a full pass "
            "follows, and what is left waits for the next batch."
        )


def _open(parts: Parts, store: str, sent: Sent) -> int:
    """How many of the calls without an answer have not been settled by reading."""
    if not sent.unknown:
        return 0
    still: pd.DataFrame = parts.ledger.open_intents(store)
    return len(set(level_keys(still)) & sent.unknown.keys())
