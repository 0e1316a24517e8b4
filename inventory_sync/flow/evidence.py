"""What is known of a store, put together for the checks: from the ERP, the ledger and a reading.

Put here what has to be looked up before a store can be judged. The judgements are
``domain/failures.py``.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from inventory_sync.domain.dirty import Lane
from inventory_sync.domain.evidence import Evidence
from inventory_sync.domain.extract import EVERYTHING
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.kits import Kits, related_skus
from inventory_sync.domain.publication import LEVEL
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.plan import Basis, store_offers

ON_ITS_WAY: Final = timedelta(minutes=10)
"""A change that waits longer than this is not on its way any more: the lanes serve it in seconds,
and what they leave is looked at again after two minutes.
"""

_EVENT_LANES: Final[tuple[Lane, ...]] = ("order_events", "hold_events")
_EVENTS_AT_ONCE: Final = 10_000


def pending_changes(parts: Parts) -> dict[str, datetime]:
    """SKU -> when the oldest change happened that waits for a lane; ``EVERYTHING`` for all SKUs.

    What is on the dirty list, and the ERP's events that no lane has heard yet.
    """
    rows = parts.ledger.dirty()
    waiting = [
        (str(sku), at.to_pydatetime())
        for lane, sku, at in rows[["lane", "sku", "occurred_at"]].itertuples(index=False)
        if lane != "event_dates"  # its quantities are right already
    ]
    heard = [at for lane in _EVENT_LANES if (at := parts.ledger.heard_until(lane)) is not None]
    unheard = parts.erp.events(max(heard), limit=_EVENTS_AT_ONCE) if heard else []
    waiting += [(event.sku or EVERYTHING, event.occurred_at) for event in unheard]
    oldest: dict[str, datetime] = {}
    for sku, at in waiting:
        oldest[sku] = min(at, oldest.get(sku, at))
    return oldest


def with_relatives(skus: Collection[str], kits: Kits) -> frozenset[str]:
    """The SKUs with all that share a kit with them."""
    pairs = ((kit, part) for kit, parts in kits.parts.items() for part in parts)
    return frozenset(skus).union(*related_skus(pairs, skus))


def on_its_way(pending: Mapping[str, datetime], kits: Kits, now: datetime) -> frozenset[str]:
    """The SKUs whose change is so young that it need not be shown yet, with their relatives."""
    young = [sku for sku, at in pending.items() if now - at < ON_ITS_WAY]
    return with_relatives(young, kits)


def changed_at(
    parts: Parts,
    store: str,
    stale: pd.DataFrame,
    *,
    erp_rows: Collection[pd.DataFrame],
    pending: Mapping[str, datetime],
    kits: Kits,
) -> dict[str, datetime]:
    """Since when each SKU of ``stale`` levels (ids, sku) has surely waited to be shown.

    The earliest that is known: an event that waits, a row of the ERP (``sku``, ``updated_at``) that
    changed after the level was decided, or an earlier look that found the same. A row that
    vanished, such as a released hold, tells no time.
    """
    bases = parts.ledger.publications(store)[[*LEVEL, "as_of", "published_at"]]
    rows = stale.merge(bases, on=LEVEL)
    decided = rows["as_of"].fillna(rows["published_at"])
    newest = _newest(erp_rows, frozenset(rows["sku"]), kits)
    known = parts.ledger.drift(open_only=True)
    found = known[known["store"] == store].groupby("sku")["found_at"].min()
    result: dict[str, datetime] = {}
    for sku, since in zip(rows["sku"], decided, strict=True):
        told = [pending.get(sku), pending.get(EVERYTHING)]
        changed = newest.get(sku)
        told += [changed if changed is not None and changed > since else None]
        told += [found[sku].to_pydatetime() if sku in found.index else None]
        if times := [at for at in told if at is not None]:
            result[sku] = min(times)
    return result


def _newest(
    erp_rows: Collection[pd.DataFrame], skus: frozenset[str], kits: Kits
) -> dict[str, datetime]:
    """When the newest row of each SKU changed; of a kit, that of its parts too."""
    base = kits.base_parts()
    wanted = skus.union(*(base.get(sku, {}) for sku in skus))
    rows = pd.concat([frame[["sku", "updated_at"]].astype({"sku": "object"}) for frame in erp_rows])
    newest = rows[rows["sku"].isin(wanted)].groupby("sku")["updated_at"].max()
    told: dict[str, datetime] = {}
    for sku in skus:
        times = [newest[each] for each in (sku, *base.get(sku, ())) if each in newest.index]
        if times:
            told[sku] = max(times).to_pydatetime()
    return told


def stale_levels(levels: pd.DataFrame) -> pd.DataFrame:
    """The levels that only we could have changed, and have not: ids and sku."""
    ours = (levels["shown_units"] == levels["explained_units"]).fillna(False).astype(bool)
    return levels.loc[ours & (levels["shown_units"] != levels["quantity_units"]), [*LEVEL, "sku"]]


def healthy_levels(store: str, levels: pd.DataFrame) -> pd.DataFrame:
    """The levels that show all that their rules offer: store, store_location_id, sku."""
    whole = levels["shown_units"] == levels["offer_units"]
    sure = ~levels["is_moving"] & (levels["certainty"] == Certainty.EXACT)
    return levels.loc[whole & sure, ["store_location_id", "sku"]].assign(store=store)


def evidence_of(
    parts: Parts, store: str, basis: Basis, observed: pd.DataFrame, *, stock: pd.DataFrame
) -> Evidence:
    """What is known of a store from figures that were read before: the frames of a pass.

    ``observed``: what it showed and what orders explained then (``observe_store``). A level that
    changed since, for all that the ledger knows, is moving.
    """
    kits = basis.atp.kits
    pending = pending_changes(parts)
    waiting = on_its_way(pending, kits, basis.taken_at)
    offered = store_offers(parts, store, basis)
    levels = observed.merge(offered, on=["store_location_id", "sku"])
    levels = levels.rename(columns={"observed_units": "shown_units"})
    sure = levels["certainty"] == Certainty.EXACT
    now = levels[LEVEL].merge(_explained_now(parts, store), how="left", on=LEVEL)["now_units"]
    moved = now.set_axis(levels.index) != levels["explained_units"]
    levels = levels.assign(
        quantity_units=levels["offer_units"].where(sure, levels["shown_units"]),
        is_moving=moved | levels["sku"].isin(waiting) | (EVERYTHING in waiting),
    )
    behind = changed_at(
        parts,
        store,
        stale_levels(levels),
        erp_rows=(stock, basis.commitments),
        pending=pending,
        kits=kits,
    )
    others = [name for name in parts.policies if name != store and parts.policies[name].live]
    healthy = [_healthy_by_ledger(parts, name, basis) for name in others]
    return Evidence(
        store=store,
        locations=parts.locations(),
        levels=levels,
        offered=offered,
        healthy=pd.concat([healthy_levels(store, levels), *healthy], ignore_index=True),
        lines=parts.ledger.order_lines(),
        acknowledged=basis.acknowledged,
        commitments=basis.commitments,
        kits=kits,
        taken_at=basis.taken_at,
        changed_at=behind,
    )


def _explained_now(parts: Parts, store: str) -> pd.DataFrame:
    """Per level, what the store should show by all orders known now: ids, ``now_units``."""
    bases = parts.ledger.publications(store)[[*LEVEL, "sku", "quantity_units", "taken_units"]]
    taken = parts.ledger.taken_units(store)[[*LEVEL, "taken_units"]]
    rows = bases.merge(taken, how="left", on=LEVEL, suffixes=("", "_now"))
    since = rows["taken_units_now"].fillna(0).astype("int64") - rows["taken_units"]
    return rows.assign(now_units=rows["quantity_units"] - since)[[*LEVEL, "sku", "now_units"]]


def _healthy_by_ledger(parts: Parts, store: str, basis: Basis) -> pd.DataFrame:
    """The levels of another store that should show all of their offer by now."""
    rows = _explained_now(parts, store).merge(
        store_offers(parts, store, basis), on=["store_location_id", "sku"]
    )
    shown = rows.assign(shown_units=rows["now_units"], is_moving=False)
    return healthy_levels(store, shown)
