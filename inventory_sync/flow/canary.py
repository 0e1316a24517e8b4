"""Canary publishing: a part of the SKUs first, read back, and the rest only if it shows.

Put here what is compared between the two parts. Which SKUs go first and when they have died is
``domain/guards.py``; writing is ``publish.py``.
"""

from dataclasses import replace

import pandas as pd

from inventory_sync.domain.decision import StorePlan
from inventory_sync.domain.guards import FEW, canary_objections, canary_skus
from inventory_sync.domain.publication import level_keys
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
        len(sent.applied), more=more, less=len(odd) - more, unknown=_open(parts, proposal, sent)
    )
    if objections:
        rest = replace(proposal, rows=proposal.rows.drop(first.rows.index))
        raise stop_canary(parts, rest, objections)


def _open(parts: Parts, proposal: Proposal, sent: Sent) -> int:
    """How many of the calls without an answer have not been settled by reading."""
    if not sent.unknown:
        return 0
    still: pd.DataFrame = parts.ledger.open_intents(proposal.store)
    return len(set(level_keys(still)) & sent.unknown.keys())
