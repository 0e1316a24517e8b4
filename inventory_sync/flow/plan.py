"""What one store should show: offers from ATP and orders in flight, and the plan that follows.

Put the way from the figures of the ERP to a plan here. Keep writing out: that is ``publish.py``.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pandas as pd

from inventory_sync.domain import orders
from inventory_sync.domain.allocation import offers
from inventory_sync.domain.atp import Atp, open_commitments
from inventory_sync.domain.behind import rows_behind
from inventory_sync.domain.decision import StorePlan, StoreView, decide
from inventory_sync.domain.errors import StoreStopped
from inventory_sync.domain.findings import FINDING_COLUMNS, findings_frame, joined
from inventory_sync.domain.held_back import counted_levels
from inventory_sync.domain.quarantine import Judged
from inventory_sync.flow.days import atp_of
from inventory_sync.flow.parts import Parts, StorePolicy
from inventory_sync.flow.store_reading import read_store


@dataclass(frozen=True)
class Basis:
    """What all stores are decided from: ATP and acknowledgements of one snapshot.

    ``erp_locations`` are the locations that the ERP has; ``taken_at`` is the instant that the
    figures show, by the ERP's clock, and ``read_at`` when they were read, by ours. ``commitments``
    are the open ones: they are in the ATP already, and are kept beside what is written. ``stock``
    names the stock rows (sku, ERP location) that were read, where only a few SKUs were.
    """

    atp: Atp
    acknowledged: pd.DataFrame
    erp_locations: frozenset[str]
    taken_at: datetime
    read_at: datetime
    commitments: pd.DataFrame
    stock: frozenset[tuple[str, str]] = frozenset()

    def counted(self, policy: StorePolicy, skus: Collection[str]) -> frozenset[tuple[str, str]]:
        """The levels of these SKUs (store_location_id, sku) whose every stock row was read."""
        if not self.stock:
            return frozenset()
        return counted_levels(self.stock, self.atp.kits.base_parts(), policy.locations, skus)

    @classmethod
    def of(cls, parts: Parts, judged: Judged) -> "Basis":
        """Compute ATP from judged rows that were read just now, as of the instant of the snapshot.

        Raises ``ContractBroken`` when the quantities together are too large for an exact sum.
        """
        snapshot = judged.snapshot
        return cls(
            atp_of(parts, judged),
            snapshot.acknowledged_orders,
            frozenset(snapshot.locations["location"].astype(str)),
            snapshot.taken_at,
            parts.now(),
            open_commitments(snapshot.commitments, snapshot.taken_at),
        )


@dataclass(frozen=True)
class Offered:
    """``rows``: what a store offers (``OFFER_COLUMNS``); ``pieces``: the order lines in flight that
    were deducted for it (``in_flight_pieces``).
    """

    rows: pd.DataFrame
    pieces: pd.DataFrame


@dataclass(frozen=True)
class Survey:
    """What could be published to a store, and what stands in the way.

    ``unlinked``: levels that are not connected or not active (inventory_item_id,
    store_location_id).
    """

    rows: pd.DataFrame
    findings: pd.DataFrame
    unlinked: pd.DataFrame


def survey_store(parts: Parts, store: str, judged: Judged) -> Survey:
    """Plan a store without writing to it, for ``doctor``; its orders are read as in a pass."""
    basis = Basis.of(parts, judged)
    with parts.ledger.store_lock(store):
        view, lost_locations = read_store(parts, store)
    plan = decide_store(store_offers(parts, store, basis), view, basis.atp)
    return Survey(
        plan.rows, joined([lost_locations, plan.findings], FINDING_COLUMNS), plan.unlinked
    )


def store_offers(parts: Parts, store: str, basis: Basis) -> pd.DataFrame:
    """What the store offers (``OFFER_COLUMNS``); raises what ``store_offered`` raises."""
    return store_offered(parts, store, basis).rows


def store_offered(parts: Parts, store: str, basis: Basis) -> Offered:
    """What the store offers, with the order lines in flight of all stores deducted.

    Raises ``StoreStopped`` when an ERP location of the settings is not one of the ERP's: its stock
    would pass for none.
    """
    policy = parts.policies[store]
    if strangers := _reach(parts, store) - basis.erp_locations:
        raise StoreStopped(
            store=store,
            reason=f"the ERP has no location {', '.join(sorted(strangers))}",
            way_out=f"correct stores.{store}.locations in the settings",
        )
    lines = orders.in_flight(parts.ledger.order_lines(), basis.acknowledged)
    everything = basis.atp.tracked_skus | basis.atp.untracked_skus
    pieces = orders.in_flight_pieces(
        orders.known_sku(lines, everything), basis.atp.kits, parts.locations()
    )
    mine = pieces[pieces["store"] == store]
    rows = offers(basis.atp, orders.summed_pieces(mine), policy.locations, policy.rules)
    return Offered(rows, mine)


def waterfalls_of(
    policy: StorePolicy, basis: Basis, offered: Offered, levels: pd.DataFrame
) -> Sequence[Mapping[str, Any]]:
    """How the offer of each of the ``levels`` came about, with the rows behind it, in their order.

    ``levels`` has store_location_id and sku; what else it has is told too.
    """
    place = ["store_location_id", "sku"]
    behind = rows_behind(
        levels, basis.commitments, offered.pieces, basis.atp.kits, policy.locations
    )
    told = levels.merge(offered.rows, on=place).astype("object")
    names = zip(told["store_location_id"], told["sku"], strict=True)
    terms = told.drop(columns=place)
    falls = terms.where(terms.notna(), None).to_dict("records")
    rules = policy.rules.told()
    return [
        {**{str(name): value for name, value in fall.items()}, "rules": rules, **behind[key]}
        for key, fall in zip(names, falls, strict=True)
    ]


def unread_neighbours(parts: Parts, store: str) -> pd.DataFrame:
    """A warning for each stopped store that sells from the same ERP locations.

    The others go on without it, but what it still sells is not deducted from them.
    """
    states = parts.ledger.store_states()
    stopped = set(states.loc[states["status"] == "stopped", "store"]) - {store}
    mine = _reach(parts, store)
    near = [name for name in parts.policies if name in stopped and mine & _reach(parts, name)]
    return findings_frame(
        pd.Series(near, dtype="object"),
        "unread-neighbour",
        "the store is stopped but may still sell the same stock: its new orders are not deducted "
        "here; mend it, or take it out of the settings",
        severity="warning",
    )


def _reach(parts: Parts, store: str) -> set[str]:
    return {place for places in parts.policies[store].locations.values() for place in places}


def decide_store(
    offered: pd.DataFrame, view: StoreView, atp: Atp, skus: Collection[str] | None = None
) -> StorePlan:
    """The plan of one store, for all SKUs or for those named."""
    everything = pd.Index(sorted(atp.tracked_skus | atp.untracked_skus), dtype="object")
    plan = decide(offered, view, skus=everything, untracked=atp.untracked_skus)
    if skus is None:
        return plan
    return replace(plan, rows=plan.rows[plan.rows["sku"].isin(set(skus))])
