"""What a store is told of its placed orders: the date of each line, and a deadline for the work.

Put here what is written to orders, and when. How a line gets its date is ``order_dates.py``.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import pandas as pd

from inventory_sync.domain.findings import FINDING_COLUMNS, findings_frame, joined
from inventory_sync.domain.metafields import (
    MetafieldWrite,
    Owner,
    PublishedPromise,
    StoreOrder,
    Work,
)
from inventory_sync.domain.order_dates import NOT_SAID
from inventory_sync.domain.promise_value import LineDate, dates_of_lines, order_dates, same
from inventory_sync.domain.scopes import DEADLINES_SCOPE, ORDER_DATES_SCOPE, is_granted
from inventory_sync.flow.metafield_calls import Sent, remember, send_all
from inventory_sync.flow.parts import Parts

FOREIGN: Final = "somebody else has changed the dates that we wrote to it: they are written anew"

_MOST_WORK: Final = 250  # Shopify takes at most this many ids in one list (facts 1.3)

Promises = Mapping[str, PublishedPromise]


@dataclass(frozen=True)
class OrderReport:
    """What became of a store's open orders; the dates of ``changed`` ones are not what we wrote.

    ``remarks``: what a person should know besides the findings.
    """

    orders: int = 0
    changed: int = 0
    sent: Sent = field(default_factory=Sent)
    deadlines: int = 0
    findings: pd.DataFrame = field(default_factory=lambda: joined([], FINDING_COLUMNS))
    remarks: tuple[str, ...] = ()


def publish_order_dates(
    parts: Parts, store: str, rows: pd.DataFrame, *, pass_id: str, live: bool
) -> OrderReport:
    """Tell a store the dates of its open orders (``order_dates.ORDER_DATE_COLUMNS``), if changed.

    Deadlines come first: an order whose dates could not be written is done again with them. Raises
    ``StoreStopped`` or ``StoreUnreachable``; what was written until then is remembered.
    """
    mine = rows[rows["store"] == store]
    known = parts.ledger.published_promises(store, Owner.ORDER)
    wanted = _wanted(mine, known)
    changed = {name: promise for name, promise in wanted.items() if _differs(promise, known)}
    report = OrderReport(len(wanted), len(changed))
    if not changed or not live:
        return report
    scopes = parts.storefronts[store].facts().scopes
    if not is_granted(ORDER_DATES_SCOPE, scopes):
        remark = f"the app lacks {ORDER_DATES_SCOPE}: no dates are written to orders"
        return replace(report, remarks=(remark,))
    orders = list(parts.promise_fronts[store].orders_with_dates(changed))
    deadlines, remarks = _set_deadlines(parts, store, orders, mine, scopes)
    refusal = parts.promise_fronts[store].define_promises(Owner.ORDER)
    remarks += [f"the definition was refused: {refusal}"] if refusal else []
    sent = _write(parts, store, orders, changed, pass_id=pass_id)
    findings = _foreign(orders, known)
    return replace(
        report, sent=sent, deadlines=deadlines, findings=findings, remarks=tuple(remarks)
    )


def _wanted(rows: pd.DataFrame, known: Promises) -> dict[str, PublishedPromise]:
    """What each order shall hold. Where the ERP says nothing, the date that we gave stays."""
    lines: dict[str, list[LineDate]] = defaultdict(list)
    for row in rows.sort_values(["order_id", "line_id"]).to_dict("records"):
        lines[row["order_id"]].append(_line(row, known.get(row["order_id"])))
    return {
        order_id: PublishedPromise(order_id, None, order_dates(of_order), None)
        for order_id, of_order in lines.items()
    }


def _line(row: Mapping[Any, Any], known: PublishedPromise | None) -> LineDate:
    if row["reason"] == NOT_SAID and known:
        given = dates_of_lines(known.value).get(row["line_id"])
        if given:
            return given
    day = None if pd.isna(row["ships_on"]) else row["ships_on"].date()
    return LineDate(row["line_id"], row["sku"], day, None if day is None else str(row["source"]))


def _differs(promise: PublishedPromise, known: Promises) -> bool:
    last = known.get(promise.owner_id)
    return last is None or last.digest is None or not same(last.value, promise.value)


def _set_deadlines(
    parts: Parts,
    store: str,
    orders: Sequence[StoreOrder],
    rows: pd.DataFrame,
    scopes: Collection[str],
) -> tuple[int, list[str]]:
    """Set the deadlines that are other than before; how many, and what stood in the way."""
    if not is_granted(DEADLINES_SCOPE, scopes):
        return 0, [f"the app lacks {DEADLINES_SCOPE}: no deadlines are set"]
    ends = dict(zip(rows["line_id"], rows["ships_by"].astype("object"), strict=True))
    by_deadline: dict[datetime, list[str]] = defaultdict(list)
    for work in (each for order in orders for each in order.work if each.is_open):
        deadline = _deadline(work, ends)
        if deadline and deadline > parts.now() and deadline != work.ships_by:
            by_deadline[deadline].append(work.work_id)
    count, remarks = 0, []
    for deadline, ids in sorted(by_deadline.items()):
        for start in range(0, len(ids), _MOST_WORK):
            some = ids[start : start + _MOST_WORK]
            refusal = parts.promise_fronts[store].set_deadline(some, deadline)
            count += 0 if refusal else len(some)
            remarks += [f"a deadline was refused: {refusal}"] if refusal else []
    return count, remarks


def _deadline(work: Work, ends: Mapping[str, Any]) -> datetime | None:
    """When the last of its lines ships; None while one of them has no date."""
    found = [ends[line_id] for line_id in work.line_ids if line_id in ends]
    if not found or any(pd.isna(each) for each in found):
        return None
    latest: datetime = max(found).to_pydatetime()
    return latest


def _write(
    parts: Parts,
    store: str,
    orders: Sequence[StoreOrder],
    changed: Promises,
    *,
    pass_id: str,
) -> Sent:
    """Write what an order does not say yet, the changed promises before the new ones."""
    writes = [
        MetafieldWrite(
            order.order_id,
            changed[order.order_id].value,
            order.held.digest if order.held else None,
        )
        for order in sorted(orders, key=lambda order: order.held is None)
    ]
    about = [changed[write.owner_id] for write in writes]
    parts.ledger.save_published_promises(store, Owner.ORDER, about, pass_id=pass_id, at=parts.now())
    sent = send_all(parts, store, Owner.ORDER, [writes])
    remember(parts, store, Owner.ORDER, changed, sent, pass_id=pass_id)
    if sent.failure:
        raise sent.failure
    return sent


def _foreign(orders: Sequence[StoreOrder], known: Promises) -> pd.DataFrame:
    """Orders whose dates are not those that we wrote."""
    names = [
        order.order_id
        for order in orders
        if (last := known.get(order.order_id))
        and last.digest
        and (order.held is None or order.held.digest != last.digest)
    ]
    return findings_frame(
        pd.Series(names, dtype="object"), "foreign-dates", FOREIGN, severity="warning"
    )
