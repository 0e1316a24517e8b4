"""Fixtures of the flow tests: a world on a real ledger."""

from collections.abc import Iterator

import pytest

from inventory_sync.ledger.ledger import connect
from inventory_sync_tests.flow.world import World, build_world


@pytest.fixture
def world(database: str) -> Iterator[World]:
    ledger = connect(database)
    yield build_world(ledger)
    ledger.close()
