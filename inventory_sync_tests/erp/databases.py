"""ERP databases under test: the contract's tables in PostgreSQL and SQLite, filled with rows."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, create_engine

from inventory_sync.domain.frames import DATASETS, Kind
from inventory_sync_tests.erp.rows import Row, Rows

SCHEMA: Final = "erp_contract"

POSTGRES_TYPES: Final[Mapping[Kind, str]] = {
    "text": "text",
    "quantity": "numeric",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamptz",
    "integer": "bigint",
}
SQLITE_TYPES: Final[Mapping[Kind, str]] = {
    "text": "TEXT",
    "quantity": "NUMERIC",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "integer": "INTEGER",
}


def quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)


def build(url: str, rows: Rows, schema: str = SCHEMA) -> None:
    """Create a table for each dataset in ``rows`` and fill it."""
    engine = create_engine(url)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"CREATE SCHEMA {quoted(connection, schema)}")
        for name in rows:
            _create(connection, name, schema)
            insert(connection, name, rows, schema)
    engine.dispose()


def create_order_requests(url: str, schema: str = SCHEMA) -> None:
    """The table through which an ERP lets itself be asked (design 5)."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"CREATE TABLE {table_name(connection, 'order_requests', schema)} ("
            "request_id text PRIMARY KEY, action text, external_order_id text,"
            " external_line_id text, sku text, location text, quantity numeric,"
            " expires_at timestamp, requested_at timestamp)"
        )
    engine.dispose()


def table_name(connection: Connection, name: str, schema: str) -> str:
    if connection.dialect.name == "sqlite":
        return quoted(connection, name)
    return f"{quoted(connection, schema)}.{quoted(connection, name)}"


def insert(connection: Connection, name: str, rows: Rows, schema: str = SCHEMA) -> None:
    columns = DATASETS[name].columns
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    marks = ", ".join([mark] * len(columns))
    target = table_name(connection, name, schema)
    for row in rows[name]:
        values = tuple(row[column.name] for column in columns)
        connection.exec_driver_sql(f"INSERT INTO {target} VALUES ({marks})", values)


def append(url: str, name: str, *rows: Row) -> None:
    """Add rows to a dataset that is there already."""
    engine = create_engine(url)
    with engine.begin() as connection:
        insert(connection, name, {name: rows})
    engine.dispose()


def execute(url: str, *statements: str) -> None:
    """Run statements on the contract's schema."""
    engine = create_engine(url)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET search_path = {SCHEMA}")
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def requests_in(url: str, schema: str = SCHEMA) -> dict[str, tuple[str, int]]:
    """What the ERP has been asked for: request id -> (action, quantity)."""
    engine = create_engine(url)
    with engine.connect() as connection:
        target = table_name(connection, "order_requests", schema)
        query = f"SELECT request_id, action, quantity FROM {target}"
        found = {row[0]: (row[1], int(row[2])) for row in connection.exec_driver_sql(query)}
    engine.dispose()
    return found


def _create(connection: Connection, name: str, schema: str) -> None:
    kinds = SQLITE_TYPES if connection.dialect.name == "sqlite" else POSTGRES_TYPES
    columns = ", ".join(f"{column.name} {kinds[column.kind]}" for column in DATASETS[name].columns)
    connection.exec_driver_sql(f"CREATE TABLE {table_name(connection, name, schema)} ({columns})")
