"""Events out of the ERP, and requests into it.

Put here how the dataset ``events`` is read and ``order_requests`` is written. What an event leads
to is ``flow/hearing.py``.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Connection,
    Text,
    cast,
    column,
    false,
    func,
    select,
    table,
)
from sqlalchemy.sql.selectable import TableClause

from inventory_sync.domain.extract import ErpEvent, OrderRequest
from inventory_sync.domain.frames import EVENTS, Kind

_EVENT: Final = tuple(column.name for column in EVENTS.columns)
_REQUEST: Final = (
    "request_id",
    "action",
    "external_order_id",
    "external_line_id",
    "sku",
    "location",
    "quantity",
    "expires_at",
    "requested_at",
)


def read_events(
    connection: Connection, schema: str | None, after_id: int, limit: int, now: datetime
) -> list[ErpEvent]:
    """Events with a higher id, lowest first.

    A row that is not quite right is heard all the same, for it only says where to look: a time that
    cannot be understood becomes ``now``, and a row without an id cannot be asked for.
    """
    events = _table("events", _EVENT, schema)
    statement = (
        select(*(_as_read(connection, events.c[each.name], each.kind) for each in EVENTS.columns))
        .where(events.c.event_id > after_id)
        .order_by(events.c.event_id)
        .limit(limit)
    )
    return [_event(row, now) for row in connection.execute(statement)]


def before_unheard(
    connection: Connection, schema: str | None, after_id: int, heard: Collection[int]
) -> int:
    """The id from which on all events that are not ``heard`` are found; ids alone are read."""
    events = _table("events", _EVENT, schema)
    ids = connection.scalars(
        select(events.c.event_id).where(events.c.event_id > after_id).order_by(events.c.event_id)
    )
    last = after_id
    for event_id in ids:
        if event_id not in heard:
            return int(event_id) - 1
        last = int(event_id)
    return last


def last_event_id(connection: Connection, schema: str | None) -> int:
    """The highest event id, 0 when there is none."""
    events = _table("events", _EVENT, schema)
    return int(connection.scalar(select(func.max(events.c.event_id))) or 0)


def skus_of_document(connection: Connection, schema: str | None, document: str) -> list[str]:
    """The SKUs of the open commitments of a document, sorted."""
    commitments = _table("commitments", ("order_id", "sku"), schema)
    found = connection.scalars(
        select(_as_read(connection, commitments.c.sku, "text"))
        .where(commitments.c.order_id == document)
        .distinct()
    )
    return sorted(str(sku) for sku in found if sku is not None)


def write_requests(
    connection: Connection, schema: str | None, requests: Sequence[OrderRequest]
) -> None:
    """Write the requests that are not there yet, by ``request_id``."""
    target = _table("order_requests", _REQUEST, schema)
    asked = {request.request_id: request for request in requests}
    known = set(
        connection.scalars(select(target.c.request_id).where(target.c.request_id.in_(list(asked))))
    )
    rows = [_request(request) for name, request in asked.items() if name not in known]
    if rows:
        connection.execute(target.insert(), rows)


def probe_requests(connection: Connection, schema: str | None) -> None:
    """Write nothing at all: it fails for the same reasons as a request would."""
    target = _table("order_requests", _REQUEST, schema)
    nothing = select(*target.c).where(false())
    connection.execute(target.insert().from_select(list(target.c.keys()), nothing))


def _table(name: str, columns: Sequence[str], schema: str | None) -> TableClause:
    return table(name, *(column(each) for each in columns), schema=schema)


def _as_read(connection: Connection, value: ColumnClause[Any], kind: Kind) -> ColumnElement[Any]:
    """The column as it is asked for: PostgreSQL pads ``char(n)``, spells times as the role's
    ``DateStyle`` wants them (not so in JSON), and has times that no calendar of Python holds.
    """
    if connection.dialect.name != "postgresql" or kind not in {"text", "timestamp"}:
        return value
    return cast(value, Text) if kind == "text" else func.to_json(value)


def _event(row: Any, now: datetime) -> ErpEvent:
    event_id, occurred_at, kind, sku, location, document = row
    if isinstance(occurred_at, str):
        try:
            occurred_at = datetime.fromisoformat(occurred_at)
        except ValueError:
            occurred_at = None
    if not isinstance(occurred_at, datetime) or occurred_at.tzinfo is None:
        occurred_at = now
    texts = [None if value is None else str(value) for value in (kind, sku, location, document)]
    return ErpEvent(int(event_id), occurred_at.astimezone(UTC), texts[0] or "unknown", *texts[1:])


def _request(request: OrderRequest) -> dict[str, Any]:
    return {
        "request_id": request.request_id,
        "action": request.action,
        "external_order_id": request.external_order_id,
        "external_line_id": request.external_line_id,
        "sku": request.sku,
        "location": request.location,
        "quantity": request.quantity_units,
        "expires_at": request.expires_at,
        "requested_at": request.requested_at,
    }
