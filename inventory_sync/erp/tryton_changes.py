"""What has changed in Tryton since an instant: stock moves, sale lines, and the calendar.

Put here which records are watched and which event each change is. ``product.product`` is no help:
it does not change when its stock does. Deleted records are found by the full passes alone.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from inventory_sync.erp.api_rows import Change
from inventory_sync.erp.tryton_client import (
    Domain,
    Record,
    TrytonRest,
    as_day,
    as_instant,
    changed_at,
    day,
)
from inventory_sync.erp.tryton_demand import OPEN_MOVES, of_goods
from inventory_sync.erp.tryton_layout import Layout
from inventory_sync.erp.tryton_lines import document_of, sale_document

_STAMPS: Final = ("write_date", "create_date")
_MOVE: Final = (
    "product.code", "state", "planned_date", "from_location", "to_location", "origin", "shipment",
    *_STAMPS,
)  # fmt: skip
_LINE: Final = ("product.code", "sale.state", "sale.write_date", "sale.create_date")
_OF_SALES: Final = {
    "draft": ("order_changed", "pending"),
    "quotation": ("hold_placed", "hold"),
    "confirmed": ("order_confirmed", "order"),
    "processing": ("order_changed", "order"),
    "done": ("order_shipped", "order"),
    "cancelled": ("hold_cancelled", "hold"),
}


def changes(rest: TrytonRest, layout: Layout, since: datetime, now: datetime) -> Iterator[Change]:
    """Each move and each line of a sale that was changed at that instant or later, once.

    A stamp is the start of a transaction (facts 1.4), so one may turn up below others: whoever
    follows them looks back some time (``flow/hearing.py``).
    """
    moves = [*of_goods(layout), _changed("", since)]
    for move in rest.pages("stock.move", moves, _fields(layout)):
        yield _of_move(layout, move, changed_at(move))
    lines: Domain = [
        ["sale.company", "=", layout.company],
        ["product.code", "!=", None],
        _changed("sale.", since),
    ]
    for line in rest.pages("sale.line", lines, _LINE):
        yield _of_line(line)
    yield from _become_due(rest, layout, since, now)


def last_change_at(rest: TrytonRest, layout: Layout) -> datetime | None:
    """The newest stamp of what is watched."""
    mine = {"stock.move": "company", "sale.sale": "company"}
    rows = [
        rest.first(model, [[company, "=", layout.company], [stamp, "!=", None]], _STAMPS, order)
        for model, company in mine.items()
        for stamp in _STAMPS
        for order in ([[stamp, "DESC"], ["id", "DESC"]],)
    ]
    return max((changed_at(row) for row in rows if row), default=None)


def _changed(path: str, since: datetime) -> Domain:
    """``write_date`` is null until a record is changed for the first time."""
    at = as_instant(since)
    written = [f"{path}write_date", ">=", at]
    created = [[f"{path}write_date", "=", None], [f"{path}create_date", ">=", at]]
    return ["OR", written, created]


def _fields(layout: Layout) -> list[str]:
    productions = ("production_input", "production_output")
    return [*_MOVE, *(name for name in productions if f"stock.move.{name}" in layout.has)]


def _become_due(
    rest: TrytonRest, layout: Layout, since: datetime, now: datetime
) -> Iterator[Change]:
    """Open moves whose day came or passed meanwhile: nothing is written then, but dates move."""
    zone = ZoneInfo(layout.time_zone or "UTC")
    first, today = since.astimezone(zone).date(), now.astimezone(zone).date()
    if first >= today:
        return
    domain = [
        OPEN_MOVES,
        *of_goods(layout),
        ["planned_date", ">=", as_day(first)],
        ["planned_date", "<=", as_day(today)],
    ]
    for move in rest.pages("stock.move", domain, _fields(layout)):
        planned = day(move["planned_date"])
        for turn in (planned, planned + timedelta(days=1)) if planned else ():
            begins = _midnight(turn, zone)
            if since <= begins <= now:
                change = _of_move(layout, move, begins)
                yield change._replace(key=f"{change.key} on {turn}")


def _midnight(on: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, time(), zone).astimezone(UTC)


def _of_move(layout: Layout, move: Record, at: datetime) -> Change:
    kind, about = _meaning(layout, move)
    places = (layout.area.get(move[end]) for end in ("from_location", "to_location"))
    return Change(
        changed_at=at,
        key=f"stock.move,{move['id']}",
        kind=kind,
        about="stock" if move["state"] == "done" else about,
        sku=move["product."]["code"],
        location=next((place.name for place in places if place), None),
        document=document_of(move),
    )


def _meaning(layout: Layout, move: Record) -> tuple[str, str]:
    """Which event of the contract it is, and which kind of rows it is about."""
    start, end = layout.types.get(move["from_location"]), layout.types.get(move["to_location"])
    is_done, is_off = move["state"] == "done", move["state"] == "cancelled"
    if end == "customer" or str(move["shipment"]).startswith("stock.shipment.out,"):
        kinds = ("order_shipped", "order_cancelled", "order_changed")
        return kinds[0 if is_done and end == "customer" else 1 if is_off else 2], "order"
    if move.get("production_output"):
        return "production_completed" if is_done else "supply_changed", "production"
    if move.get("production_input"):
        return "stock_adjusted", "work"
    if start == "supplier":
        return "stock_received" if is_done else "supply_changed", "purchase"
    if move["from_location"] in layout.area or move["to_location"] in layout.area:
        leaves = move["from_location"] in layout.area
        return "transfer_shipped" if leaves else "transfer_received", "transfer"
    return "stock_adjusted", "stock"


def _of_line(line: Record) -> Change:
    sale = line["sale."]
    kind, about = _OF_SALES[sale["state"]]
    return Change(
        changed_at=changed_at(sale),
        key=f"sale.line,{line['id']}",
        kind=kind,
        about=about,
        sku=line["product."]["code"],
        document=sale_document(sale),
    )
