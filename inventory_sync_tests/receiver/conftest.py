"""A receiver whose inbox is a book, and somebody who sends to it."""

from collections.abc import Iterator

import pytest
import structlog

from inventory_sync.ledger import Ledger, connect
from inventory_sync_tests.receiver.deliveries import Book, Sender, sending


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def sender(book: Book) -> Iterator[Sender]:
    with sending(book) as sender:
        yield sender


@pytest.fixture
def ledger(database: str) -> Iterator[Ledger]:
    """An empty ledger in a database of its own."""
    opened = connect(database)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _own_log() -> Iterator[None]:
    """Whatever another test has made of the logger does not count here."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
