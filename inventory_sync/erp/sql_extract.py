"""A few SKUs out of a database as plain rows, with all that shares a kit with them.

Put here how the rows of an event pass are read: few round trips, one transaction. Keep frames out
(``postgres_copy``, ``sql_rows``) and judgement too: values are handed on as the driver gives them,
numbers as decimals.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection as Driver
from psycopg import sql
from sqlalchemy import ColumnClause, Connection, column, select, table

from inventory_sync.domain.extract import ErpExtract
from inventory_sync.domain.frames import DATASETS
from inventory_sync.erp.extract_rows import (
    COLUMNS,
    DATED,
    Rows,
    assembled,
    components_of,
    related,
)
from inventory_sync.erp.sql_scope import Scope


@dataclass(frozen=True, slots=True)
class Asked:
    """Rows of these SKUs and acknowledgements of these orders; ``dated``: which of ``DATED`` too,
    ``None`` without any question about days.
    """

    skus: Collection[str]
    order_ids: Collection[str]
    dated: frozenset[str] | None = None

    @property
    def datasets(self) -> tuple[str, ...]:
        """What is read for it."""
        return tuple(name for name in COLUMNS if name not in DATED or name in (self.dated or ()))


def read_related(
    connection: Connection, schema: str | None, skus: Collection[str], hint: frozenset[str]
) -> frozenset[str]:
    """The same from the database; with the right ``hint`` it is asked once."""
    wanted = hint | frozenset(skus)
    while True:
        scope = Scope(tuple(sorted(wanted)), ())
        rows = read_datasets(connection, schema, scope, ("components",))["components"]
        found = related(components_of(rows), skus)
        if found <= wanted:
            return found
        wanted = found


def read_extract(
    connection: Connection,
    schema: str | None,
    asked: Asked,
    hint: frozenset[str],
    taken_at: datetime,
) -> ErpExtract:
    """The extract that is asked for, within the transaction of the connection."""
    wanted = hint | frozenset(asked.skus)
    while True:
        scope = Scope(tuple(sorted(wanted)), tuple(sorted(asked.order_ids)))
        rows = read_datasets(connection, schema, scope, asked.datasets)
        found = related(components_of(rows["components"]), asked.skus)
        if found <= wanted:
            break
        wanted = found
    return assembled(rows, found, taken_at, is_dated=asked.dated is not None)


def read_datasets(
    connection: Connection, schema: str | None, scope: Scope, names: Sequence[str]
) -> dict[str, Rows]:
    """Rows of several datasets within the transaction; on PostgreSQL in one round trip."""
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.driver_connection
        return _at_once(driver, schema or "public", scope, names)
    return {name: _selected(connection, schema, scope, name) for name in names}


def _at_once(
    driver: Driver[Any], schema: str, scope: Scope, names: Sequence[str]
) -> dict[str, Rows]:
    """All in one message: in a pipeline each statement would be sent, and waited for, by itself."""
    statements = [
        sql.SQL("select {} from {} where {}").format(
            sql.SQL(", ").join(_read_columns(name)),
            sql.Identifier(schema, name),
            scope.postgres(DATASETS[name]),
        )
        for name in names
    ]
    rows: dict[str, Rows] = {}
    with driver.cursor() as cursor:
        cursor.execute(sql.SQL("; ").join(statements))
        for name in names:
            rows[name] = cursor.fetchall()
            cursor.nextset()
    return rows


def _read_columns(name: str) -> Iterator[sql.Composable]:
    """The columns of a dataset for PostgreSQL: texts without the padding of ``char(n)``, times and
    days as texts, for the driver refuses those that no calendar of Python holds.
    """
    kinds = {column.name: column.kind for column in DATASETS[name].columns}
    for each in COLUMNS[name]:
        is_text = kinds[each] in {"text", "timestamp", "date"}
        as_read = sql.SQL("CAST({} AS text)") if is_text else sql.SQL("{}")
        yield as_read.format(sql.Identifier(each))


def _selected(connection: Connection, schema: str | None, scope: Scope, name: str) -> Rows:
    columns: list[ColumnClause[Any]] = [column(each) for each in COLUMNS[name]]
    statement = select(*columns).select_from(table(name, *columns, schema=schema))
    condition = scope.portable(DATASETS[name])
    if condition is not None:
        statement = statement.where(condition)
    return [tuple(row) for row in connection.execute(statement)]
