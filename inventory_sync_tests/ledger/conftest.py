"""Fixtures for the ledger: one on a real PostgreSQL."""

from collections.abc import Iterator

import pytest

from inventory_sync.ledger import Ledger, connect
from inventory_sync_tests.conftest import fresh_database


@pytest.fixture
def ledger(database: str) -> Iterator[Ledger]:
    """An empty ledger in a database of its own."""
    opened = connect(database)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def shared_ledger(postgres_server_uri: str) -> Iterator[Ledger]:
    """One ledger for many short tests, which have to ``wipe`` it."""
    for database in fresh_database(postgres_server_uri):
        opened = connect(database)
        yield opened
        opened.close()
