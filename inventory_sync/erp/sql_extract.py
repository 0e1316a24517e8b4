"""A few SKUs out of a database as plain rows, with all that shares a kit with them.

Put here how the rows of an event pass are read: few round trips, one transaction. Keep frames out
(``postgres_copy``, ``sql_rows``) and judgement too: values are handed on as the driver gives them,
numbers as decimals.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from psycopg import Connection as Driver
from psycopg import sql
from sqlalchemy import ColumnClause, Connection, column, select, table

from inventory_sync.domain.errors import ContractBroken
from inventory_sync.domain.extract import (
    AcknowledgedRow,
    CommitmentRow,
    ComponentRow,
    ErpDates,
    ErpExtract,
    ProductRow,
    PromiseDateRow,
    StockRow,
    SupplyRow,
)
from inventory_sync.domain.frames import DATASETS
from inventory_sync.domain.kits import related_skus
from inventory_sync.erp.sql_scope import Scope

MOST_SKUS: Final = 5_000
"""More SKUs that share kits than this are not read for a single event."""

_COLUMNS: Final = {
    "locations": ("location", "time_zone"),
    "products": ("sku", "tracked"),
    "components": ("kit_sku", "component_sku", "quantity"),
    "stock": ("sku", "location", "physical", "unavailable"),
    "commitments": (
        "commitment_id",
        "order_id",
        "sku",
        "location",
        "quantity",
        "kind",
        "expires_at",
        "external_order_id",
        "due_date",
    ),
    "acknowledged_orders": ("external_order_id", "external_line_id", "quantity"),
    "supply": ("supply_id", "sku", "location", "quantity", "due_date", "confirmed"),
    "promise_dates": ("sku", "location", "quantity", "promise_date"),
}
DATED: Final = frozenset({"supply", "promise_dates"})
"""The datasets that only a question about days needs."""

Rows = list[tuple[Any, ...]]


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
        return tuple(name for name in _COLUMNS if name not in DATED or name in (self.dated or ()))


def related(components: Iterable[ComponentRow], skus: Collection[str]) -> frozenset[str]:
    """The SKUs and all that are connected with them by parts lists.

    A row that lacks a name connects nothing; it is handed on for others to judge.
    """
    pairs = (
        (str(row.kit_sku), str(row.component_sku))
        for row in components
        if row.kit_sku is not None and row.component_sku is not None
    )
    found = frozenset().union(*related_skus(pairs, skus))
    if len(found) > MOST_SKUS:
        raise ContractBroken(
            f"More than {MOST_SKUS} SKUs share kits with {sorted(skus)[0]}: take parts that never "
            "run out, such as packaging, out of dataset components."
        )
    return found


def read_related(
    connection: Connection, schema: str | None, skus: Collection[str], hint: frozenset[str]
) -> frozenset[str]:
    """The same from the database; with the right ``hint`` it is asked once."""
    wanted = hint | frozenset(skus)
    while True:
        scope = Scope(tuple(sorted(wanted)), ())
        rows = read_datasets(connection, schema, scope, ("components",))["components"]
        found = related(_components(rows), skus)
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
        components = _components(rows["components"])
        found = related(components, asked.skus)
        if found <= wanted:
            break
        wanted = found
    return ErpExtract(
        taken_at=taken_at,
        skus=found,
        locations=frozenset(str(name) for name, _ in rows["locations"] if name is not None),
        products=[ProductRow(sku, _truth(t)) for sku, t in rows["products"] if sku in found],
        components=[row for row in components if {row.kit_sku, row.component_sku} & found],
        stock=[
            StockRow(sku, place, _number(physical), _number(unavailable))
            for sku, place, physical, unavailable in rows["stock"]
            if sku in found
        ],
        commitments=[_commitment(row) for row in rows["commitments"] if row[2] in found],
        acknowledged=[
            AcknowledgedRow(order, line, _number(quantity))
            for order, line, quantity in rows["acknowledged_orders"]
        ],
        dates=None if asked.dated is None else _dates(rows, found),
    )


def _commitment(row: tuple[Any, ...]) -> CommitmentRow:
    name, order, sku, place, quantity, kind, ends, external_order, due = row
    return CommitmentRow(
        name, order, sku, place, _number(quantity), kind, _instant(ends), external_order, _day(due)
    )


def _dates(rows: Mapping[str, Rows], found: frozenset[str]) -> ErpDates:
    return ErpDates(
        {str(place): str(zone) for place, zone in rows["locations"] if place and zone},
        [
            SupplyRow(name, sku, place, _number(quantity), _day(due), _truth(confirmed))
            for name, sku, place, quantity, due, confirmed in rows.get("supply", ())
            if sku in found
        ],
        [
            PromiseDateRow(sku, place, _number(quantity), _day(day))
            for sku, place, quantity, day in rows.get("promise_dates", ())
            if sku in found
        ],
    )


def read_datasets(
    connection: Connection, schema: str | None, scope: Scope, names: Sequence[str]
) -> dict[str, Rows]:
    """Rows of several datasets within the transaction; on PostgreSQL in one round trip."""
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.driver_connection
        return _pipelined(driver, schema or "public", scope, names)
    return {name: _selected(connection, schema, scope, name) for name in names}


def _pipelined(
    driver: Driver[Any], schema: str, scope: Scope, names: Sequence[str]
) -> dict[str, Rows]:
    with driver.pipeline():
        cursors = {
            name: driver.execute(
                sql.SQL("select {} from {} where {}").format(
                    sql.SQL(", ").join(_read_columns(name)),
                    sql.Identifier(schema, name),
                    scope.postgres(DATASETS[name]),
                )
            )
            for name in names
        }
        return {name: cursor.fetchall() for name, cursor in cursors.items()}


def _read_columns(name: str) -> Iterator[sql.Composable]:
    """The columns of a dataset for PostgreSQL: texts without the padding of ``char(n)``, times and
    days as texts, for the driver refuses those that no calendar of Python holds.
    """
    kinds = {column.name: column.kind for column in DATASETS[name].columns}
    for each in _COLUMNS[name]:
        is_text = kinds[each] in {"text", "timestamp", "date"}
        as_read = sql.SQL("CAST({} AS text)") if is_text else sql.SQL("{}")
        yield as_read.format(sql.Identifier(each))


def _selected(connection: Connection, schema: str | None, scope: Scope, name: str) -> Rows:
    columns: list[ColumnClause[Any]] = [column(each) for each in _COLUMNS[name]]
    statement = select(*columns).select_from(table(name, *columns, schema=schema))
    condition = scope.portable(DATASETS[name])
    if condition is not None:
        statement = statement.where(condition)
    return [tuple(row) for row in connection.execute(statement)]


def _components(rows: Rows) -> list[ComponentRow]:
    return [ComponentRow(kit, part, _number(quantity)) for kit, part, quantity in rows]


def _number(value: object) -> object:
    """A float counts as the shortest decimal that denotes it, as in a snapshot."""
    if isinstance(value, float) and math.isfinite(value):
        return Decimal(repr(value))
    return value


def _truth(value: object) -> object:
    """Many databases say 1 and 0 for true and false."""
    return bool(value) if isinstance(value, int) and value in (0, 1) else value


def _instant(value: object) -> object:
    """A time that tells its zone; anything else is handed on as it is."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    return value


def _day(value: object) -> object:
    """A day; anything else is handed on as it is."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return value
    return value
