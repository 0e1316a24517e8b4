"""The ``sql`` connector: contract views in a database, read as of one instant, never written.

Put how a transaction is opened and held here. Keep out how rows travel (``postgres_copy``,
``sql_rows``), how columns are judged (``sql_contract``) and how errors speak (``sql_errors``).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote

import pandas as pd
import pyarrow as pa
from sqlalchemy import URL, Connection, Engine, create_engine, text

from inventory_sync.domain.errors import ContractBroken
from inventory_sync.domain.frames import (
    ACKNOWLEDGED_ORDERS,
    DATASETS,
    SNAPSHOT_DATASETS,
    Dataset,
    ErpSnapshot,
    no_faults,
)
from inventory_sync.erp.conversion import typed_frame
from inventory_sync.erp.postgres_copy import copied_chunks
from inventory_sync.erp.sql_contract import Found, found_datasets, problems_of
from inventory_sync.erp.sql_errors import Explainer, parsed_url
from inventory_sync.erp.sql_rows import row_chunks

# Where a database offers no common snapshot, an order that is acknowledged between two reads is
# then subtracted twice for a moment rather than by neither side (protocol, P2e-torn).
_READ_ORDER: Final = (
    ACKNOWLEDGED_ORDERS,
    *(dataset for dataset in SNAPSHOT_DATASETS if dataset is not ACKNOWLEDGED_ORDERS),
)

# Set for the transaction alone, so that texts mean the same whatever the role's own settings.
_POSTGRES_SESSION: Final = text(
    "SELECT transaction_timestamp(), set_config('statement_timeout', :timeout, true),"
    " set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO', true),"
    " set_config('extra_float_digits', '1', true)"
)

_POSTGRES_CONNECT: Final[dict[str, object]] = {
    "application_name": "inventory_sync",
    "client_encoding": "utf8",
    "connect_timeout": 10,
    "keepalives_idle": 30,  # seconds until a silent connection is probed: a dead link is noticed
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "prepare_threshold": None,  # prepared statements do not survive a connection pooler
}


@dataclass(frozen=True, slots=True)
class _Reading:
    """An open read transaction and the instant it shows."""

    connection: Connection
    taken_at: datetime


class SqlErp:
    """An ``ErpSource`` over any SQLAlchemy URL.

    PostgreSQL is read by COPY in one REPEATABLE READ, READ ONLY transaction. Other databases are
    read row by row in one transaction of their default isolation, without a statement timeout;
    SQLite has no schemas, so ``schema`` is ignored there, and the file is opened read only.
    """

    def __init__(
        self,
        url: str,
        schema: str = "erp_contract",
        *,
        statement_timeout_seconds: float = 60.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._raw_url = url
        self._schema_name = schema
        self._timeout_seconds = statement_timeout_seconds
        self._clock = clock

    def snapshot(self) -> ErpSnapshot:
        """Read all datasets but the events as of one instant.

        Raises ``ErpUnavailable`` when the database cannot be reached or is too slow, and
        ``ContractBroken`` when a dataset or column is missing, mistyped or fails when read.
        """
        with self._transaction() as reading:
            found = self._found(reading.connection)
            _demand_no(problems_of(SNAPSHOT_DATASETS, found))
            frames: dict[str, pd.DataFrame] = {}
            faults: dict[str, pd.DataFrame] = {}
            for dataset in _READ_ORDER:
                offered = dataset.name in found.columns
                frames[dataset.name], faults[dataset.name] = (
                    self._read(reading.connection, dataset)
                    if offered
                    else (dataset.empty_frame(), no_faults())
                )
            return ErpSnapshot(taken_at=reading.taken_at, faults=faults, **frames)

    def check(self) -> list[str]:
        """What is wrong with the contract views, events included: one sentence per problem.

        Looks at names and declared types, not at rows. Raises ``ErpUnavailable``.
        """
        with self._transaction() as reading:
            return problems_of(tuple(DATASETS.values()), self._found(reading.connection))

    def close(self) -> None:
        """Close the idle connections. The connector opens new ones when it is used again."""
        self._engine.dispose()

    @cached_property
    def _url(self) -> URL:
        return parsed_url(self._raw_url)

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer(self._url, self._timeout_seconds)

    @cached_property
    def _engine(self) -> Engine:
        # Made at first use: building the parts of the product must not load drivers.
        with self._explainer.explains():
            if self._is_postgres:
                options = {k: v for k, v in _POSTGRES_CONNECT.items() if k not in self._url.query}
                return create_engine(self._url, pool_pre_ping=True, connect_args=options)
            if self._is_sqlite:
                return create_engine(_read_only_file(self._url))
            return create_engine(self._url, pool_pre_ping=True)

    @property
    def _is_postgres(self) -> bool:
        return self._url.get_backend_name() == "postgresql"

    @property
    def _is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    @property
    def _schema(self) -> str | None:
        return None if self._is_sqlite else self._schema_name

    @contextmanager
    def _transaction(self) -> Iterator[_Reading]:
        """One read transaction; whatever happens, nothing of it is committed."""
        engine = self._engine
        taken_at = self._clock()
        with self._explainer.explains():
            connection = engine.connect()
        with connection:
            with self._explainer.explains():
                if self._is_postgres:
                    taken_at = _begin_postgres(connection, self._timeout_seconds)
                elif self._is_sqlite:
                    _begin_sqlite(connection)
            yield _Reading(connection, taken_at)

    def _found(self, connection: Connection) -> Found:
        with self._explainer.explains():
            return found_datasets(connection, self._schema)

    def _read(self, connection: Connection, dataset: Dataset) -> tuple[pd.DataFrame, pd.DataFrame]:
        with self._explainer.explains(dataset.name):
            return typed_frame(dataset, self._chunks(connection, dataset))

    def _chunks(self, connection: Connection, dataset: Dataset) -> Iterator[pa.Table]:
        if self._is_postgres:
            driver: Any = connection.connection.driver_connection
            return copied_chunks(driver, dataset, self._schema_name)
        return row_chunks(connection, dataset, self._schema)


def _begin_postgres(connection: Connection, timeout_seconds: float) -> datetime:
    connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    timeout_ms = max(1, round(timeout_seconds * 1000))  # 0 would mean no limit at all
    row = connection.execute(_POSTGRES_SESSION, {"timeout": str(timeout_ms)}).one()
    began_at: datetime = row[0]
    return began_at.astimezone(UTC)


def _begin_sqlite(connection: Connection) -> None:
    # Python's driver begins no transaction for reads, so each SELECT would see its own instant.
    connection.execution_options(isolation_level="AUTOCOMMIT")
    connection.exec_driver_sql("PRAGMA query_only = ON")
    connection.exec_driver_sql("BEGIN")


def _read_only_file(url: URL) -> URL:
    """A missing file is then an error; SQLite would create an empty one."""
    if not url.database or url.database == ":memory:" or "uri" in url.query:
        return url
    return url.set(database=f"file:{quote(url.database)}").update_query_dict(
        {"mode": "ro", "uri": "true"}
    )


def _demand_no(problems: list[str]) -> None:
    if problems:
        rest = len(problems) - 1
        more = f" ({rest} more: run `inventory-sync doctor` to list them.)" if rest else ""
        raise ContractBroken(problems[0] + more)
