"""What the reading of a pass is made of: the ERP in one snapshot, orders, levels, lost writes.

Put single reads here; their safe order is the ERP before the orders, and the levels before the
orders (protocol B.2: an order that slips in between is then seen by the compare-and-swap or
deducted). A whole store is read by ``store_reading.py``. Keep decisions out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from inventory_sync.domain.decision import StoreView
from inventory_sync.domain.dirty import Clock, Mark
from inventory_sync.domain.errors import PassRefused
from inventory_sync.domain.kits import related_skus
from inventory_sync.domain.known import SUPPLY_SCOPE
from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import LEVEL, CatalogItem, Level, level_keys
from inventory_sync.domain.quarantine import Judged, judge
from inventory_sync.domain.set_aside import shared_supply
from inventory_sync.domain.settlement import SETTLED, Settled, settle_by_reading
from inventory_sync.domain.stops import Approval
from inventory_sync.flow.guarded import guard_snapshot
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.ports import Storefront

FIRST_LOOK_BACK = timedelta(days=60)
"""How far back orders are read at first: what the scope read_orders shows (facts 6)."""

OVERLAP = timedelta(minutes=5)
"""Orders are read again this far back, for the search index lags behind the orders."""

SETTLE_AFTER = timedelta(seconds=10)
"""A call that has no answer so long after its intent will never arrive: it left within
``SEND_WITHIN_SECONDS`` or never, and as much again is left for its way.
"""

LATEST_ARRIVAL = timedelta(seconds=35)
"""What a proxy holds back may come so late against expectation. A late compare-and-swap finds
another quantity in most cases, so its level is merely looked at once more then; a late delta is
applied whatever the level shows, so its level stays closed so long.
"""

_LOOK_AGAIN_SECONDS = 0.25

MISSING_ORDER_GRACE = timedelta(minutes=10)
"""An order that explains what a store shows may be listed so much later."""

READ_BACK_ITEMS = 250


def read_erp(
    parts: Parts,
    pass_id: str,
    *,
    override_guard: bool = False,
    approval: Approval | None = None,
    is_checked_later: bool = False,
) -> Judged:
    """Read the ERP and judge its rows; remember what is in quarantine.

    Raises ``PassRefused`` when the snapshot looks like an accident or breaks a critical rule of the
    data contracts (unless that ``is_checked_later``, by a blocking check), ``ErpUnavailable`` or
    ``ContractBroken`` when it cannot be read: then nothing is published.
    """
    snapshot = parts.erp.snapshot()
    counts = guard_snapshot(
        parts, snapshot, pass_id=pass_id, override_guard=override_guard, approval=approval
    )
    judged = judge(snapshot, parts.rules)
    parts.ledger.record_findings("erp", judged.findings, pass_id=pass_id, at=parts.now())
    if judged.objections and not (override_guard or is_checked_later):
        raise PassRefused(
            "A critical rule of the data contracts is broken, so nothing is published: "
            f"{'; '.join(judged.objections)}. Mend the rows in the ERP, or change the rule."
        )
    parts.ledger.record_snapshot(pass_id, counts, taken_at=snapshot.taken_at)
    remember_for_events(parts, pass_id, judged)
    return judged


def remember_for_events(parts: Parts, pass_id: str, judged: Judged) -> None:
    """What an event pass, which sees a few SKUs only, has to know of the whole: which SKUs are in
    doubt because of a row about another one, with all that share a kit with them, and when
    commitments end by themselves. A bad row about the SKU itself it sees; and that it is mended.
    """
    elsewhere = judged.doubts[judged.doubts["elsewhere"].astype(bool)]
    doubted = set(elsewhere["sku"].dropna().astype(str))
    pairs = judged.snapshot.components[["kit_sku", "component_sku"]].astype(str)
    groups = related_skus(pairs.itertuples(index=False), doubted)
    parts.ledger.record_doubts("erp", set().union(*groups), pass_id=pass_id)
    parts.ledger.record_doubts(SUPPLY_SCOPE, shared_supply(judged.aside), pass_id=pass_id)
    taken_at, now = judged.snapshot.taken_at, parts.now()
    commitments = judged.snapshot.commitments
    ending = commitments[commitments["expires_at"] > pd.Timestamp(taken_at)]
    clocks = [
        Clock(str(name), str(sku), now + (ends.to_pydatetime() - taken_at))
        for name, sku, ends in ending[["commitment_id", "sku", "expires_at"]].itertuples(
            index=False
        )
    ]
    parts.ledger.set_clocks(None, clocks, at=now)


def read_orders(parts: Parts, store: str) -> int:
    """Bring the order ledger of one store up to date; returns the number of lines read.

    The cursor moves only after all pages are in the ledger: a crash reads them again.
    """
    cursor = parts.ledger.order_cursor(store)
    since = parts.now() - FIRST_LOOK_BACK if cursor is None else cursor - OVERLAP
    newest, count = cursor, 0
    for lines in parts.storefronts[store].order_lines(since):
        parts.ledger.record_order_lines(store, placed(parts, store, lines), read_at=parts.now())
        seen = [line.updated_at for line in lines] + ([newest] if newest else [])
        newest = max(seen, default=None)  # a page may be empty
        count += len(lines)
    if newest is not None:
        parts.ledger.advance_order_cursor(store, newest)
    return count


def placed(parts: Parts, store: str, lines: Sequence[OrderLine]) -> list[OrderLine]:
    """A store that offers from one location ships from there what has no location yet."""
    only = list(parts.policies[store].locations)
    if len(only) > 1:
        return list(lines)
    return [
        line if line.store_location_id else replace(line, store_location_id=only[0])
        for line in lines
    ]


def await_lost_writes(parts: Parts, store: str) -> None:
    """Wait until each write that is open now has ended or can no longer arrive.

    Event passes write at any time; theirs end within a moment. Bounded by ``LATEST_ARRIVAL``.
    """
    under_way = parts.ledger.open_intents(store)
    told = False
    while not under_way.empty:
        last_arrival = arrived_by(under_way).max().to_pydatetime()
        if parts.now() >= last_arrival:
            return
        if not told:
            parts.tell(f"{store}: waiting for {len(under_way)} open writes to settle")
            told = True
        parts.sleep(_LOOK_AGAIN_SECONDS)
        still_open = set(parts.ledger.open_intents(store)["idempotency_key"])
        under_way = under_way[under_way["idempotency_key"].isin(still_open)]


def view_of(
    parts: Parts,
    store: str,
    catalog: pd.DataFrame,
    levels: pd.DataFrame,
    locations: Sequence[str] | None,
) -> StoreView:
    """Join fresh levels with the ledger."""
    return StoreView(
        locations=None if locations is None else tuple(locations),
        catalog=catalog,
        levels=levels,
        publications=parts.ledger.publications(store),
        taken=parts.ledger.taken_units(store),
        busy=parts.ledger.open_intents(store),
    )


def settle_lost_writes(
    parts: Parts, store: str, levels: pd.DataFrame, *, read_at: datetime
) -> None:
    """Settle the writes that could not arrive any more when the levels were read."""
    intents = parts.ledger.open_intents(store)
    _settle(parts, store, intents[arrived_by(intents) <= read_at], levels)


def arrived_by(intents: pd.DataFrame) -> pd.Series:
    """When each of these writes has arrived, or never will (``Ledger.open_intents``)."""
    late, soon = LATEST_ARRIVAL.total_seconds(), SETTLE_AFTER.total_seconds()
    waits = np.where(intents["relative"].to_numpy(bool), late, soon)
    arrived: pd.Series = intents["created_at"] + pd.to_timedelta(waits, unit="s")
    return arrived


def settle_seen_writes(parts: Parts, store: str, levels: pd.DataFrame) -> None:
    """Settle the writes that are to be seen; the others must wait, for they may still arrive."""
    _settle(parts, store, parts.ledger.open_intents(store), levels, verdicts=("applied",))


def _settle(
    parts: Parts,
    store: str,
    intents: pd.DataFrame,
    levels: pd.DataFrame,
    verdicts: Sequence[Settled] = SETTLED,
) -> None:
    """Settle each of the intents whose level was read."""
    if intents.empty:
        return
    judged = settle_by_reading(
        intents,
        levels,
        parts.ledger.taken_units(store),
        patient_until=parts.now() - MISSING_ORDER_GRACE,
    )
    for verdict in verdicts:
        for key in level_keys(judged[judged["verdict"] == verdict]):
            parts.ledger.settle_key(store, key, verdict, at=parts.now(), settled_by="read")
    lost = judged[judged["verdict"] == "not_applied"]
    again = [
        Mark(sku, created_at, created_at + LATEST_ARRIVAL, "a lost write may have come late")
        for sku, created_at in lost[["sku", "created_at"]].itertuples(index=False)
    ]
    parts.ledger.mark("repair", again)


def read_back(storefront: Storefront, keys: pd.DataFrame) -> pd.DataFrame:
    """Read the given levels (inventory_item_id, store_location_id) again."""
    found: list[Level] = []
    for location, rows in keys.groupby("store_location_id"):
        items = rows["inventory_item_id"].drop_duplicates().tolist()
        for start in range(0, len(items), READ_BACK_ITEMS):
            found += storefront.levels_of(str(location), items[start : start + READ_BACK_ITEMS])
    return levels_frame(found)


def catalog_frame(items: Iterable[CatalogItem]) -> pd.DataFrame:
    """The catalogue as a frame: inventory_item_id, sku, tracked."""
    rows = [asdict(item) for item in items]
    return pd.DataFrame(rows, columns=["inventory_item_id", "sku", "tracked"])


def levels_frame(levels: Iterable[Level] | Sequence[Level]) -> pd.DataFrame:
    """Connected levels as a frame: ids, is_active, available_units (null when not believed)."""
    rows = [
        (
            level.key.inventory_item_id,
            level.key.store_location_id,
            level.is_active,
            level.available_units,
        )
        for level in levels
        if level.is_connected
    ]
    frame = pd.DataFrame(rows, columns=[*LEVEL, "is_active", "available_units"])
    return frame.astype({"is_active": "boolean", "available_units": "Int64"})
