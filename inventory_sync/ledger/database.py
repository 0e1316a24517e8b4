"""The ledger's database: how it is reached, brought up to date, and named when it fails.

Put the engine and the migration here. Keep out tables (``schema``), queries, and the server that
runs when no database is configured (``embedded``).
"""

import time
from contextlib import closing
from typing import Any, Final

import psycopg
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Engine, ExceptionContext, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.schema import CreateSchema

from inventory_sync.ledger.errors import LedgerUnavailable
from inventory_sync.ledger.schema import SCHEMA

PING_AFTER_SECONDS: Final = 1.0

_MIGRATION_LOCK: Final = 0x1ED6E5
"""Any number, as long as nobody else takes it as an advisory lock in the same database."""

_WAY_OUT: Final = "check that PostgreSQL runs and that INVENTORY_SYNC_DATABASE_URL is right"


def open_engine(url: str) -> Engine:
    """An engine for a PostgreSQL URL of any scheme; nothing is connected yet.

    Every failure of the database, also later on, comes as ``LedgerUnavailable``.
    """
    address = _with_our_driver(url)
    engine = create_engine(
        address,
        connect_args={
            "connect_timeout": 10,
            "application_name": "inventory_sync",
        },
    )
    _name_failures(engine)
    _ping_after_rest(engine)
    _be_durable(engine)
    return engine


def migrate(engine: Engine) -> None:
    """Bring the schema up to date; several processes may do it at once.

    Raises ``LedgerUnavailable`` when a newer version of the program has been here before.
    """
    config = Config()
    config.set_main_option("script_location", "inventory_sync.ledger:migrations")
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        connection.execute(CreateSchema(SCHEMA, if_not_exists=True))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as unknown_revision:
            raise LedgerUnavailable(
                f"The ledger in database {engine.url.database} was written by a newer version of "
                "inventory_sync; install that version, or name another database."
            ) from unknown_revision


def _with_our_driver(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        # The text is not shown: it may hold a password where we do not expect it.
        raise LedgerUnavailable(
            "The ledger's database URL cannot be read; "
            "INVENTORY_SYNC_DATABASE_URL has the form postgresql://user:password@host/database."
        ) from None
    if address.drivername.partition("+")[0] not in {"postgresql", "postgres"}:
        raise LedgerUnavailable(
            f"The ledger needs PostgreSQL, and its database URL says {address.drivername}; "
            "set INVENTORY_SYNC_DATABASE_URL to a PostgreSQL database."
        )
    # A bare scheme could mean any driver, and Dagster's is another one than ours.
    return address.set(drivername="postgresql+psycopg")


def unavailable(url: URL, failure: BaseException) -> LedgerUnavailable:
    """The sentence for a failure outside of this program: no server, no room, no right."""
    said = next(iter(str(failure).strip().splitlines()), "no reason given").rstrip(".")
    place = f"database {url.database} at {url.host or url.query.get('host') or 'the local socket'}"
    return LedgerUnavailable(f"The ledger in {place} cannot be used: {said}; {_WAY_OUT}.")


def _be_durable(engine: Engine) -> None:
    """What is acknowledged is on disk, also on a server that is set up to be quicker than that."""

    @event.listens_for(engine, "connect")
    def wait_for_the_disk(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        with closing(connection.cursor()) as cursor:
            cursor.execute(
                "select set_config('synchronous_commit', 'on', false)"
                " where current_setting('synchronous_commit') = 'off'"
            )
        connection.commit()


def _ping_after_rest(engine: Engine) -> None:
    """Try a connection that has rested before it is used: the server may have been restarted.

    SQLAlchemy's own ``pool_pre_ping`` does so each time; an event pass takes twenty connections.
    """

    @event.listens_for(engine, "checkin")
    def remember(_: Any, record: ConnectionPoolEntry) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ping(connection: DBAPIConnection, record: ConnectionPoolEntry, _: Any) -> None:
        rested_seconds = time.monotonic() - record.info.get("used_at", time.monotonic())
        if rested_seconds > PING_AFTER_SECONDS:
            try:
                engine.dialect.do_ping(connection)
            except psycopg.OperationalError as lost:
                raise DisconnectionError from lost  # the pool connects anew


def _name_failures(engine: Engine) -> None:
    """Raise what the database refuses for outside reasons as one sentence, at whatever call."""

    @event.listens_for(engine, "handle_error", retval=True)
    def name_it(context: ExceptionContext) -> LedgerUnavailable | None:
        failure = context.original_exception
        outside = psycopg.OperationalError | psycopg.errors.InsufficientPrivilege
        # A lock that another holds too long is no failure of the database.
        is_lock = isinstance(failure, psycopg.errors.LockNotAvailable)
        if isinstance(failure, outside) and not is_lock:
            return unavailable(engine.url, failure)
        return None
