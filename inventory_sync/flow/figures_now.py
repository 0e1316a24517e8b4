"""What every store location should show of one SKU by the ERP's figures of this instant.

Put here how the decision is asked without acting on it: the plan of an event pass, or the frames
where it steps aside. Keep out how that is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd

from inventory_sync.domain.errors import ContractBroken, ErpUnavailable, StoreStopped
from inventory_sync.domain.explained import Supply
from inventory_sync.domain.frames import ErpSnapshot
from inventory_sync.domain.quarantine import judge
from inventory_sync.flow.event_pass import EventPasses
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.plan import Basis, store_offered, waterfalls_of

Place = tuple[str, str]
"""A store and one of its locations (gid)."""


@dataclass(frozen=True)
class FiguresNow:
    """``waterfalls``: how each offer comes about; ``missing``: store -> why it has none (``""``:
    any store). ``known``: whether the ERP has the SKU, ``None`` when it cannot be asked.
    """

    taken_at: datetime | None = None
    waterfalls: Mapping[Place, Mapping[str, Any]] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    supply: tuple[Supply, ...] = ()
    known: bool | None = None

    def why_missing(self, store: str) -> str:
        """Why a store has no offer."""
        return self.missing.get(store) or self.missing.get("") or "the store offers it nowhere"


def figures_now(parts: Parts, sku: str) -> FiguresNow:
    """Ask the ERP. One that cannot be read is an answer too: what was published is still told."""
    passes = EventPasses(parts)
    try:
        plan = passes.plan([sku])
        orders = parts.ledger.order_ids_of(plan.skus)
        snapshot = parts.erp.snapshot([sku], orders)
    except (ErpUnavailable, ContractBroken) as reason:
        return FiguresNow(missing={"": str(reason)})
    finally:
        passes.close()
    supply = _supply(snapshot, sku)
    if not (snapshot.products["sku"] == sku).any():
        why = f"the ERP has no SKU {sku}; SKUs are written exactly as there"
        return FiguresNow(plan.taken_at, missing={"": why}, supply=supply, known=False)
    if sku in plan.odd:
        waterfalls, missing = _with_care(parts, snapshot, sku)
    else:
        missing = {
            store: writes.careful[sku]
            for store, writes in plan.stores.items()
            if sku in writes.careful
        }
        waterfalls = {
            (store, gid): {
                **offer.waterfall,
                "rules": parts.policies[store].rules.told(),
                **plan.behind.of(store, gid, sku),
            }
            for store, offers in plan.offers.items()
            for (gid, name), offer in offers.items()
            if name == sku
        }
    if not waterfalls and not missing:
        missing = {"": "the ERP does not count this SKU (tracked is false), so it is not published"}
    return FiguresNow(plan.taken_at, waterfalls, missing, supply, known=True)


def _with_care(
    parts: Parts, snapshot: ErpSnapshot, sku: str
) -> tuple[dict[Place, Mapping[str, Any]], dict[str, str]]:
    """The same by the frames, which judge rows that are not plain."""
    judged = judge(snapshot, parts.rules)
    basis = Basis.of(parts, judged)
    doubts = judged.doubts[judged.doubts["sku"] == sku]
    reason = "a row of the ERP is in quarantine: not raised" if len(doubts) else None
    found: dict[Place, Mapping[str, Any]] = {}
    missing: dict[str, str] = {}
    for store, policy in parts.policies.items():
        try:
            offered = store_offered(parts, store, basis)
        except StoreStopped as stopped:
            missing[store] = str(stopped)
            continue
        mine = offered.rows["sku"] == sku
        levels = offered.rows.loc[mine, ["store_location_id", "sku"]].assign(reason=reason)
        falls = waterfalls_of(policy, basis, offered, levels)
        found |= {
            (store, gid): fall for gid, fall in zip(levels["store_location_id"], falls, strict=True)
        }
    return found, missing


def _supply(snapshot: ErpSnapshot, sku: str) -> tuple[Supply, ...]:
    """What will come in: it is no part of the ATP. Rows that cannot be read are left out."""
    mine = snapshot.supply[snapshot.supply["sku"] == sku]
    rows = mine[mine["quantity_micros"].notna()].sort_values(["due_date", "supply_id"])
    names = ["supply_id", "kind", "location", "quantity_micros", "due_date", "confirmed"]
    plain = rows[names].astype("object").where(rows[names].notna(), None)
    return tuple(
        Supply(
            name, kind, location, int(micros), due and pd.Timestamp(due).date(), confirmed is True
        )
        for name, kind, location, micros, due, confirmed in plain.to_numpy().tolist()
    )
