"""A careful pass: a few SKUs, all stores, with a look at what the stores show.

Put here how a part of a store is read for what an event pass left alone: odd rows of the ERP, stale
answers, writes without an outcome. The rules are those of the full pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from inventory_sync.domain.decision import StoreView
from inventory_sync.domain.dirty import DirtySku, Mark
from inventory_sync.domain.few.decide import STALE_WINDOW
from inventory_sync.domain.findings import DOUBT_COLUMNS, Certainty, Notebook, joined, names
from inventory_sync.domain.frames import SNAPSHOT_DATASETS, ErpSnapshot
from inventory_sync.domain.held_back import HELD_BACK
from inventory_sync.domain.known import Known
from inventory_sync.domain.publication import LevelKey
from inventory_sync.domain.quarantine import Judged, judge
from inventory_sync.flow.confirm import level_frame
from inventory_sync.flow.full_pass import TRY_AGAIN_AFTER, each_store
from inventory_sync.flow.gather import (
    await_lost_writes,
    read_back,
    read_orders,
    settle_lost_writes,
    view_of,
)
from inventory_sync.flow.guarded import look_again_later
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.plan import Basis
from inventory_sync.flow.publish import Reading, StoreReport, Wishes, publish_reading


@dataclass(frozen=True)
class CarefulReport:
    """What a careful pass did. ``failures``: store -> why nothing was published to it."""

    pass_id: str
    skus: tuple[str, ...]
    stores: dict[str, StoreReport]
    failures: dict[str, str]


def careful_pass(parts: Parts, work: Sequence[DirtySku]) -> CarefulReport:
    """Look at these SKUs in every live store, and clear them where every store was served.

    Raises ``ErpUnavailable`` or ``ContractBroken`` when the ERP cannot be read.
    """
    pass_id = parts.new_id()
    parts.ledger.begin_pass(
        pass_id, "repair", started_at=parts.now(), code_version=parts.code_version
    )
    asked = sorted({item.sku for item in work})
    related = parts.erp.extract(asked, ()).skus
    snapshot = parts.erp.snapshot(asked, parts.ledger.order_ids_of(related))
    skus = frozenset(snapshot.products["sku"].dropna().astype(str)) | frozenset(asked)
    known = parts.ledger.known(skus, stale_since=parts.now() - STALE_WINDOW)
    judged = _judged(parts, snapshot, known, pass_id)
    on_shelves = judged.snapshot.stock[["sku", "location"]].astype(str)
    rows = frozenset(on_shelves.itertuples(index=False, name=None))
    basis = replace(Basis.of(parts, judged), stock=rows)
    live = [store for store in parts.policies if parts.policies[store].live]

    def serve(store: str) -> StoreReport:
        reading = _read(parts, store, known)
        wishes = Wishes(skus=skus, piecemeal=True)
        return publish_reading(parts, store, basis, reading, pass_id=pass_id, wishes=wishes)

    done, failures = each_store(parts, pass_id, live, serve)
    parts.ledger.clear(work)
    held = [one.rows.loc[one.rows["reason"].eq(HELD_BACK), "sku"] for one in done.values()]
    look_again_later(parts, {str(sku) for skus in held for sku in skus})
    if failures:
        later, why = parts.now() + TRY_AGAIN_AFTER, "; ".join(failures.values())
        marks = [Mark(item.sku, item.occurred_at, later, why) for item in work]
        parts.ledger.mark("repair", marks)
    counts = {f"{store}.{name}": n for store, one in done.items() for name, n in one.counts.items()}
    parts.ledger.finish_pass(
        pass_id,
        status="failed" if failures else "done",
        finished_at=parts.now(),
        counts=counts,
        reason="; ".join(failures.values()) or None,
    )
    return CarefulReport(pass_id, tuple(asked), done, failures)


def _judged(parts: Parts, snapshot: ErpSnapshot, known: Known, pass_id: str) -> Judged:
    """The rows about these SKUs, judged; what is wrong with them is kept and shown.

    What a full pass doubts because of rows that are not read here stays in doubt, and supply that
    it did not believe because of them is not counted.
    """
    judged = judge(snapshot, parts.rules)
    looked_at = {
        f"{dataset.name} {name}"
        for dataset in SNAPSHOT_DATASETS
        for name in names(dataset.name, getattr(snapshot, dataset.name))
    }
    parts.ledger.record_findings(
        "erp", judged.findings, pass_id=pass_id, at=parts.now(), subjects=looked_at
    )
    unsure = judged.snapshot.supply["sku"].isin(known.unsure_supply)
    believed = replace(judged.snapshot, supply=judged.snapshot.supply[~unsure])
    doubts = Notebook()
    doubts.doubt_everywhere(set(known.doubtful), Certainty.AT_MOST)
    all_doubts = joined([judged.doubts, *doubts.doubts], DOUBT_COLUMNS)
    return replace(judged, snapshot=believed, doubts=all_doubts)


def _read(parts: Parts, store: str, known: Known) -> Reading:
    """What the store shows of these levels now, with their lost writes settled."""
    keys: dict[LevelKey, str] = {
        level.key: level.sku
        for level in known.levels
        if level.store == store and level.key.store_location_id in parts.policies[store].locations
    }
    await_lost_writes(parts, store)
    read_at = parts.now()
    levels = read_back(parts.storefronts[store], level_frame(keys))
    read_orders(parts, store)
    settle_lost_writes(parts, store, levels, read_at=read_at)
    catalog = pd.DataFrame(
        [(item, sku, True) for item, sku in dict(_items(keys)).items()],
        columns=["inventory_item_id", "sku", "tracked"],
    )
    view: StoreView = view_of(parts, store, catalog, levels, tuple(parts.policies[store].locations))
    subjects = [f"{sku} @ {key.store_location_id}" for key, sku in keys.items()]
    return Reading(view, subjects=frozenset([*subjects, *keys.values()]))


def _items(keys: dict[LevelKey, str]) -> list[tuple[str, str]]:
    return [(key.inventory_item_id, sku) for key, sku in keys.items()]
