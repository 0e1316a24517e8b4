"""What has changed since an instant: rows by ``updated_at``, and events by ``occurred_at``. And
what supply comes for, which changes by the calendar alone.

Put here how changed SKUs are found. What a batch is interested in is ``domain/batches.py``.
"""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Connection,
    DateTime,
    Select,
    Text,
    cast,
    column,
    literal,
    select,
    table,
)

from inventory_sync.domain.batches import Changed, Interest

_SKU_AND_DOCUMENT = ("sku", "document")


def read_changed(
    connection: Connection,
    schema: str | None,
    interest: Interest,
    between: tuple[datetime, datetime | None],
    taken_at: datetime,
) -> Changed:
    """The SKUs that changed at or after the first instant, and before the second if there is one.

    A row that was changed again later is found by its event alone.
    """
    skus: set[str] = set()
    documents: set[str] = set()
    for statement in _statements(connection, schema, interest, between):
        for sku, document in connection.execute(statement):
            if sku is not None:
                skus.add(str(sku))
            elif document is not None:
                documents.add(str(document))
    return Changed(taken_at, frozenset(skus), frozenset(documents))


def read_supplied(connection: Connection, schema: str | None) -> frozenset[str]:
    """The SKUs that have a row of supply, whatever else stands in it."""
    sku: ColumnClause[Any] = column("sku")
    statement = select(cast(sku, Text)).select_from(table("supply", sku, schema=schema)).distinct()
    return frozenset(str(found) for found in connection.scalars(statement) if found is not None)


def _statements(
    connection: Connection,
    schema: str | None,
    interest: Interest,
    between: tuple[datetime, datetime | None],
) -> Iterator[Select[Any]]:
    def changed(dataset: str, when: str, kinds: Collection[str] | None) -> Select[Any]:
        names = _SKU_AND_DOCUMENT if dataset == "events" else ("sku",)
        rows = table(dataset, *(column(n) for n in {*names, when, "kind"}), schema=schema)
        wanted: list[ColumnElement[Any]] = [cast(rows.c[name], Text) for name in names]
        if "document" not in names:
            wanted.append(literal(None, Text))
        statement: Select[Any] = select(*wanted)
        if kinds is not None:
            statement = statement.where(cast(rows.c.kind, Text).in_(sorted(kinds)))
        return statement.where(*_within(connection, rows.c[when], between)).distinct()

    yield changed("events", "occurred_at", interest.event_kinds)
    if interest.stock:
        yield changed("stock", "updated_at", None)
    yield changed("supply", "updated_at", interest.supply_kinds)
    yield changed("commitments", "updated_at", interest.commitment_kinds)


def _within(
    connection: Connection, when: ColumnElement[Any], between: tuple[datetime, datetime | None]
) -> list[ColumnElement[bool]]:
    """Elsewhere than in PostgreSQL an instant may be kept as text, or without its zone: there we
    look at the whole days around, for one SKU too many does no harm.
    """
    since, until = between
    if connection.dialect.name == "postgresql":
        bounds = [literal(since, DateTime(timezone=True))]
        bounds += [literal(until, DateTime(timezone=True))] if until else []
    else:
        day = timedelta(days=1)
        bounds = [literal(_date(since - day))]
        bounds += [literal(_date(until + 2 * day))] if until else []
    return [when >= bounds[0], *(when < bound for bound in bounds[1:])]


def _date(instant: datetime) -> str:
    return instant.astimezone(UTC).date().isoformat()
