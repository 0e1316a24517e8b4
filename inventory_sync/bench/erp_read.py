"""How fast stock rows come out of PostgreSQL into the typed frame, by each way we could read them.

Put the ways that were weighed in docs/decisions/0002 here, so that anybody can repeat the table on
their own machine. Keep out what the product does not read with, beyond what it is compared to.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from time import perf_counter
from typing import Any, Final

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection, create_engine, text

from inventory_sync.domain.frames import STOCK
from inventory_sync.domain.units import to_micros
from inventory_sync.erp.conversion import typed_frame
from inventory_sync.erp.postgres_copy import copied_chunks
from inventory_sync.erp.sql_errors import parsed_url
from inventory_sync.erp.sql_rows import row_chunks

SCHEMA: Final = "inventory_sync_bench"
_NAMES: Final = [column.name for column in STOCK.columns]
_SELECT: Final = f"SELECT {', '.join(_NAMES)} FROM {SCHEMA}.stock"

_FILL: Final = f"""
    CREATE TABLE {SCHEMA}.stock AS
    SELECT 'SKU-' || lpad((row / 20)::text, 7, '0') AS sku, 'LOCATION-' || mod(row, 20) AS location,
           (mod(row * 7919, 100000) / 100.0)::numeric(18, 4) AS physical,
           (mod(row, 7) * 0.5)::numeric AS unavailable,
           timestamptz '2026-01-01' + row * interval '0.137 second' AS updated_at
    FROM generate_series(1::bigint, :rows) AS row
"""


def measure(url: str, rows: int) -> list[tuple[str, float]]:
    """Rows per second of each way, on a table of ``rows`` stock rows made for the occasion.

    ``url`` is a PostgreSQL where a schema named ``SCHEMA`` may be made; it is dropped afterwards.
    """
    with prepared_stock(url, rows):
        return [(name, rows / _seconds(read, url)) for name, read in ways_to_read().items()]


@contextmanager
def prepared_stock(url: str, rows: int) -> Iterator[None]:
    """A table of that many stock rows, for as long as the block lasts."""
    engine = create_engine(parsed_url(url))
    try:
        with engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
            connection.execute(text(_FILL), {"rows": rows})
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # So that no way pays for the first visit of freshly written pages.
            connection.execute(text(f"VACUUM ANALYZE {SCHEMA}.stock"))
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))
        engine.dispose()


def ways_to_read() -> Mapping[str, Callable[[str], pd.DataFrame]]:
    """Each way by name: from a URL to the typed stock frame. ADBC only where it is installed."""
    ways = {
        "COPY as CSV, parsed by pyarrow": read_by_copy,
        "rows streamed by SQLAlchemy": read_by_rows,
        "pandas.read_sql": read_by_pandas,
    }
    if find_spec("adbc_driver_postgresql"):
        ways["ADBC, Arrow batches"] = read_by_adbc
    return ways


def read_by_copy(url: str) -> pd.DataFrame:
    """What the connector does on PostgreSQL."""
    with _transaction(url) as connection:
        driver: Any = connection.connection.driver_connection
        return typed_frame(STOCK, copied_chunks(driver, STOCK, SCHEMA, None))[0]


def read_by_rows(url: str) -> pd.DataFrame:
    """What the connector does on any other database."""
    with _transaction(url) as connection:
        return typed_frame(STOCK, row_chunks(connection, STOCK, SCHEMA, None))[0]


def read_by_pandas(url: str) -> pd.DataFrame:
    """The usual call, with decimals kept exact."""
    with _transaction(url) as connection:
        frame = pd.read_sql(text(_SELECT), connection, coerce_float=False)
    texts = {name: pa.array([str(value) for value in frame[name]]) for name in _NAMES}
    return typed_frame(STOCK, [pa.table(texts)])[0]


def read_by_adbc(url: str) -> pd.DataFrame:
    """Arrow end to end: numerics arrive as text, times as they are stored."""
    from adbc_driver_postgresql import dbapi  # noqa: PLC0415 - compared with, not depended on

    plain_url = parsed_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with dbapi.connect(plain_url) as connection, connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute(_SELECT)
        batches = [_typed_batch(batch) for batch in cursor.fetch_record_batch()]
    frame: pd.DataFrame = pa.concat_tables(batches).unify_dictionaries().to_pandas()
    return frame


def _typed_batch(batch: pa.RecordBatch) -> pa.Table:
    # A numeric is an opaque type to ADBC, stored as its text.
    quantities = {
        f"{name}_micros": to_micros(batch[name].storage).values
        for name in ("physical", "unavailable")
    }
    codes = {name: batch[name].dictionary_encode() for name in ("sku", "location")}
    return pa.table({**codes, **quantities, "updated_at": batch["updated_at"]})


@contextmanager
def _transaction(url: str) -> Iterator[Connection]:
    engine = create_engine(parsed_url(url))
    try:
        with engine.connect().execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        ) as connection:
            connection.execute(text("SET LOCAL TIME ZONE 'UTC'"))
            yield connection
    finally:
        engine.dispose()


def _seconds(read: Callable[[str], pd.DataFrame], url: str) -> float:
    began = perf_counter()
    read(url)
    return perf_counter() - began
