"""The ledger's database is migrated once by anybody, and its failures are sentences."""

import socket
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, make_url, text

from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.ledger import LedgerUnavailable, connect
from inventory_sync.ledger import database as ledger_database
from inventory_sync.ledger.database import open_engine
from inventory_sync.ledger.schema import SCHEMA, metadata
from inventory_sync_tests.ledger.samples import STORE


def definitions(connection: Connection) -> set[tuple[str, str]]:
    """Every column, constraint and index of the schema, as PostgreSQL writes them down."""
    query = text(f"""
        select table_name || '.' || column_name, concat_ws(' ', data_type, is_nullable,
            column_default, identity_generation)
        from information_schema.columns where table_schema = '{SCHEMA}'
        union all
        select conname, pg_get_constraintdef(oid) from pg_constraint
        where connamespace = '{SCHEMA}'::regnamespace and contype <> 'n'
        union all
        select indexname, indexdef from pg_indexes where schemaname = '{SCHEMA}'""")
    return {(row[0], row[1]) for row in connection.execute(query) if "alembic" not in row[0]}


def test_the_migrated_database_is_the_one_that_the_schema_describes(database: str) -> None:
    connect(database).close()
    with create_engine(database).begin() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, _: kind != "schema" or name == SCHEMA,
                "version_table_schema": SCHEMA,
                "compare_server_default": True,
            },
        )
        assert compare_metadata(context, metadata) == []
        migrated = definitions(connection)
        connection.execute(text(f"drop schema {SCHEMA} cascade; create schema {SCHEMA}"))
        metadata.create_all(connection)

        assert definitions(connection) == migrated


def test_processes_that_start_at_once_migrate_once(database: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        ledgers = list(pool.map(connect, [database] * 4))

    assert all(ledger.publications(STORE).empty for ledger in ledgers)


def test_a_ledger_of_a_newer_version_is_left_alone(database: str) -> None:
    connect(database).close()
    with create_engine(database).begin() as connection:
        connection.execute(text(f"update {SCHEMA}.alembic_version set version_num = '9999'"))

    with pytest.raises(LedgerUnavailable, match="newer version"):
        connect(database)


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg2", "postgresql+psycopg"])
def test_any_way_to_name_postgresql_is_understood(database: str, scheme: str) -> None:
    url = make_url(database).set(drivername=scheme).render_as_string(hide_password=False)

    assert connect(url).publications(STORE).empty


def test_an_unreachable_database_is_one_sentence_without_the_password() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: every connection is refused
        port = taken.getsockname()[1]

        with pytest.raises(LedgerUnavailable) as refused:
            connect(f"postgresql://clerk:s3cret@127.0.0.1:{port}/stock")

    said = str(refused.value)
    assert said.startswith("The ledger in database stock at 127.0.0.1 cannot be used: ")
    assert "INVENTORY_SYNC_DATABASE_URL" in said
    assert "s3cret" not in said
    assert "\n" not in said
    assert isinstance(refused.value, InventorySyncError)


@pytest.mark.parametrize(
    "url", ["", "stock", "postgresql://clerk:s3cret@host:many/stock", "sqlite:///s3cret.db"]
)
def test_a_url_that_is_no_postgresql_url_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(LedgerUnavailable, match="INVENTORY_SYNC_DATABASE_URL") as refused:
        open_engine(url)

    assert "s3cret" not in str(refused.value)


def test_a_server_that_restarts_between_two_passes_is_no_failure(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_database, "PING_AFTER_SECONDS", 0.0)
    ledger = connect(database)
    _end_all_connections(database)

    assert ledger.publications(STORE).empty


def test_a_connection_that_breaks_in_the_middle_is_named(database: str) -> None:
    ledger = connect(database)
    with pytest.raises(LedgerUnavailable), ledger._engine.connect() as connection:
        connection.execute(text("select 1"))
        _end_all_connections(database)
        connection.execute(text("select 1"))


def test_a_database_that_we_may_not_change_is_named(database: str) -> None:
    name = f"reader_of_{make_url(database).database}"
    with create_engine(database).begin() as connection:
        connection.execute(text(f"create role {name} login"))
    try:
        with pytest.raises(LedgerUnavailable, match="permission denied"):
            connect(make_url(database).set(username=name).render_as_string(hide_password=False))
    finally:
        with create_engine(database).begin() as connection:
            connection.execute(text(f"drop role {name}"))


def _end_all_connections(database: str) -> None:
    address = make_url(database).set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False)) as connection:
        connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )


def test_what_is_acknowledged_is_on_disk_whatever_the_server_was_told(database: str) -> None:
    name = make_url(database).database
    with create_engine(database, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(f"alter database {name} set synchronous_commit = off"))
    with open_engine(database).connect() as connection:
        assert connection.scalar(text("show synchronous_commit")) == "on"
