"""What buyers read of dates, beside what would be promised now: reading only.

Put the comparison for the checks here. Writing dates is ``promise_publishing.py``.
"""

from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from inventory_sync.domain import orders
from inventory_sync.domain.evidence import PROMISE_COLUMNS
from inventory_sync.domain.frames import ErpSnapshot
from inventory_sync.domain.kits import Kits
from inventory_sync.domain.promise import Departures
from inventory_sync.domain.promise_plan import FOREIGN
from inventory_sync.domain.promise_table import promise_table
from inventory_sync.flow.evidence import with_relatives
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.plan import Basis
from inventory_sync.flow.promise_publishing import PromiseBasis, publish_availability
from inventory_sync.flow.promising import places_of, project_snapshot

RENEWED_WITHIN: Final = timedelta(minutes=75)
"""The dates of a SKU that changed are renewed so soon: every hour, and a run takes its time."""


def promise_basis(
    parts: Parts, snapshot: ErpSnapshot, basis: Basis, *, read_at: datetime
) -> PromiseBasis:
    """Every promise that could be given now, from a believed snapshot that was read since then."""
    lines = parts.ledger.order_lines()
    flying = orders.in_flight(lines, basis.acknowledged)
    steps = project_snapshot(parts, snapshot, basis.atp, flying).steps
    asked_at = parts.now()
    departures = {
        place.location: Departures(place, asked_at)
        for place in places_of(parts, snapshot.locations)
    }
    table, _ = promise_table(steps, list(departures.values()), snapshot.promise_dates)
    waiting = _not_yet_renewed(snapshot, lines, basis.atp.kits)
    skus = basis.atp.tracked_skus
    return PromiseBasis(table, departures, asked_at, skus, read_at, waiting)


def wrong_promises(
    parts: Parts, store: str, basis: PromiseBasis, levels: pd.DataFrame, *, pass_id: str
) -> pd.DataFrame:
    """The variants that promise a quantity for an earlier day than could be kept now
    (``PROMISE_COLUMNS``). A later day than could be kept breaks no promise.

    ``levels``: inventory_item_id, store_location_id, sku. What waits for its renewal is borne,
    unless somebody else has changed its dates. Raises ``StoreStopped`` or ``StoreUnreachable``.
    """
    if store not in parts.promise_fronts:
        return pd.DataFrame(columns=list(PROMISE_COLUMNS))
    report = publish_availability(parts, store, basis, levels, pass_id=pass_id, live=False)
    rows = report.rows
    borne = rows["sku"].isin(basis.waiting) & (rows["reason"] != FOREIGN)
    return broken_promises(rows[~borne])


def broken_promises(rows: pd.DataFrame) -> pd.DataFrame:
    """Of the rows of a promise report that are not as they should be, those promised too early."""
    broken = rows[rows["lowers"].astype(bool) & (rows["action"] != "keep")]
    return broken[list(PROMISE_COLUMNS)]


def _not_yet_renewed(snapshot: ErpSnapshot, lines: pd.DataFrame, kits: Kits) -> frozenset[str]:
    """The SKUs whose dates may wait for the next renewal, with all that share a kit with them.

    Their rows in the ERP or the order ``lines`` have changed since. A row that vanished, such as a
    supply that was called off, tells no time.
    """
    since = snapshot.taken_at - RENEWED_WITHIN
    changing = (snapshot.stock, snapshot.commitments, snapshot.supply, lines)
    young = (rows.loc[rows["updated_at"] > since, "sku"].dropna() for rows in changing)
    return with_relatives({str(sku) for skus in young for sku in skus}, kits)
