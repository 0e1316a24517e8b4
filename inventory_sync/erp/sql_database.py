"""A database that holds contract views: how it is connected and how a read transaction is held.

Put here what is about the connection. Keep out the contract: that is ``sql.py``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Final, Literal
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, text

from inventory_sync.erp.sql_errors import Explainer, parsed_url

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
class Reading:
    """An open read transaction and the instant it shows."""

    connection: Connection
    taken_at: datetime


class SqlDatabase:
    """Connects at first use; opens transactions that read one instant and change nothing."""

    def __init__(
        self,
        url: str,
        schema: str,
        statement_timeout_seconds: float,
        clock: Callable[[], datetime],
    ) -> None:
        self._raw_url = url
        self._schema_name = schema
        self._timeout_seconds = statement_timeout_seconds
        self._clock = clock

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
                return create_engine(_existing_file(self._url, "ro"))
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
    def _transaction(self) -> Iterator[Reading]:
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
            yield Reading(connection, taken_at)

    @contextmanager
    def _statement(self, dataset: str) -> Iterator[Connection]:
        """A connection for a single statement that reads, within the limits of any reading."""
        with self._transaction() as reading, self._explainer.explains(dataset):
            yield reading.connection

    @contextmanager
    def _writing(self, target: str) -> Iterator[Connection]:
        """A transaction that writes to a table: all of it is committed, or nothing."""
        with self._explainer.explains(target):
            engine = self._engine
            if self._is_sqlite:  # the other connections cannot write
                engine = create_engine(_existing_file(self._url, "rw"), poolclass=NullPool)
            with engine.begin() as connection:
                if self._is_postgres:
                    _set_session(connection, self._timeout_seconds)
                yield connection


def _begin_postgres(connection: Connection, timeout_seconds: float) -> datetime:
    connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return _set_session(connection, timeout_seconds)


def _set_session(connection: Connection, timeout_seconds: float) -> datetime:
    """Set the limits of this transaction alone; returns when it began."""
    timeout_ms = max(1, round(timeout_seconds * 1000))  # 0 would mean no limit at all
    row = connection.execute(_POSTGRES_SESSION, {"timeout": str(timeout_ms)}).one()
    began_at: datetime = row[0]
    return began_at.astimezone(UTC)


def _begin_sqlite(connection: Connection) -> None:
    # Python's driver begins no transaction for reads, so each SELECT would see its own instant.
    connection.execution_options(isolation_level="AUTOCOMMIT")
    connection.exec_driver_sql("PRAGMA query_only = ON")
    connection.exec_driver_sql("BEGIN")


def _existing_file(url: URL, mode: Literal["ro", "rw"]) -> URL:
    """A missing file is then an error; SQLite would create an empty one."""
    if not url.database or url.database == ":memory:" or "uri" in url.query:
        return url
    return url.set(database=f"file:{quote(url.database)}").update_query_dict(
        {"mode": mode, "uri": "true"}
    )
