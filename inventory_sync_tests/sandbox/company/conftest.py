"""The demo company in a real database, and a way to see what a step changed in its contract."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine

from inventory_sync.sandbox.company.acme import Acme
from inventory_sync.sandbox.company.database import create
from inventory_sync_tests.conftest import fresh_database
from inventory_sync_tests.sandbox.company.watch import NOW, SEED


@pytest.fixture(scope="package")
def company(postgres_server_uri: str) -> Iterator[Engine]:
    """The seeded company, shared by tests that make their own documents in it."""
    for url in fresh_database(postgres_server_uri):
        engine = create_engine(url)
        create(engine, seed=SEED, now=NOW)
        yield engine
        engine.dispose()


@pytest.fixture
def acme(company: Engine) -> Acme:
    return Acme(company)
