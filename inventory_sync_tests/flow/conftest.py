"""Fixtures of the flow tests: a world on a real ledger, and the lanes over it."""

from collections.abc import Iterator

import pytest

from inventory_sync.ledger.ledger import connect
from inventory_sync_tests.flow.lanes import Lanes
from inventory_sync_tests.flow.world import World, build_world


@pytest.fixture
def world(database: str) -> Iterator[World]:
    ledger = connect(database)
    yield build_world(ledger)
    ledger.close()


@pytest.fixture
def lanes(world: World) -> Iterator[Lanes]:
    """Both stores show their 20 of each SKU, and every lane has begun to listen."""
    world.run()
    it = Lanes(world)
    it.restart()
    it.until_quiet()
    yield it
    it.close()
