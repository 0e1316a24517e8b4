"""Databases for whole runs."""

from collections.abc import Iterator

import pytest

from inventory_sync_tests.conftest import fresh_database


@pytest.fixture
def ledger_database(postgres_server_uri: str) -> Iterator[str]:
    """A fresh and empty database for the ledger, beside the one of the ERP (``database``)."""
    yield from fresh_database(postgres_server_uri)
