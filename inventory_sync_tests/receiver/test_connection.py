"""Nobody holds a connection open for nothing."""

import socket

import pytest

from inventory_sync.receiver import connection
from inventory_sync.receiver.connection import PunctualHttp
from inventory_sync_tests.receiver.deliveries import (
    Book,
    app,
    encoded,
    head,
    headers,
    listening,
    order,
)

BODY = encoded(order())
REQUEST = head(headers(BODY, content_length=str(len(BODY)))) + BODY


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request has a moment to arrive."""
    monkeypatch.setattr(PunctualHttp, "arrival_seconds", 0.2)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    "beginning",
    [b"", b"\r\n", b"POST /webhooks", REQUEST[:200], REQUEST[:-1], b"\x16\x03\x01\x02"],
    ids=["nothing", "a line break", "a bit", "half a head", "all but a byte", "TLS"],
)
def test_25_a_request_that_does_not_arrive_in_time_is_cut_off(beginning: bytes, book: Book) -> None:
    with listening(app(book)) as port, socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(beginning)
        while wire.recv(1000):
            pass
    assert book.hints == []


@pytest.mark.usefixtures("hasty")
def test_25_a_second_request_has_no_more_time_than_the_first(book: Book) -> None:
    with listening(app(book)) as port, socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(REQUEST)
        assert wire.recv(1000).startswith(b"HTTP/1.1 200 ")
        wire.sendall(REQUEST[:-1])
        assert wire.recv(1000) == b""
    assert len(book.hints) == 1


@pytest.mark.usefixtures("hasty")
def test_what_is_refused_is_read_for_no_longer_than_what_is_taken(book: Book) -> None:
    too_much = head(headers(b"", content_length="10000000"))
    with listening(app(book)) as port, socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(too_much)
        assert wire.recv(1000).startswith(b"HTTP/1.1 413 ")
        assert wire.recv(1000) == b""


def test_a_head_without_end_is_cut_off(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MAX_HEAD_BYTES", 5_000)
    with listening(app(book)) as port, socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(b"POST / HTTP/1.1\r\n")
        with pytest.raises(ConnectionError):
            while True:
                wire.sendall(b"X-Filler: " + 1_000 * b"x" + b"\r\n")


def test_requests_one_behind_the_other_are_answered_in_turn(book: Book) -> None:
    with listening(app(book)) as port, socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(3 * REQUEST)
        answers = b""
        while answers.count(b"HTTP/1.1 200 ") < 3:
            answers += wire.recv(1000)
    assert len(book.hints) == 3
