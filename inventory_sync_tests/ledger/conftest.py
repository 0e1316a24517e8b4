"""Fixtures for the ledger: an empty one on a real PostgreSQL."""

from collections.abc import Iterator

import pytest

from inventory_sync.ledger import Ledger, connect


@pytest.fixture
def ledger(database: str) -> Iterator[Ledger]:
    """An empty ledger in a database of its own."""
    opened = connect(database)
    yield opened
    opened.close()
