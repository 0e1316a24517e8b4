"""What PostgreSQL announces (LISTEN, NOTIFY), for whoever waits for it: the ERP's and our own.

Put how a listener lives here: connected, lost and connected anew, ended. What is announced, and on
which channel, is said by the rooms that use it.
"""

import selectors
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
import structlog
from psycopg import sql
from sqlalchemy import Engine

_LOG: Final = structlog.get_logger()
_RECONNECT_SECONDS: Final = 1.0
_OURS: Final[dict[str, Any]] = {
    "autocommit": True,
    "connect_timeout": 10,
    "application_name": "inventory_sync",
    "keepalives_idle": 30,  # seconds until a silent connection is probed: a dead link is noticed
    "keepalives_interval": 10,
    "keepalives_count": 3,
}


@contextmanager
def announced(
    engine: Engine, channels: Sequence[str], ring: Callable[[str], None]
) -> Iterator[None]:
    """Call ``ring`` from another thread at each announcement on a channel, while this is held.

    It is told what was announced with it. ``engine`` says where to connect to; its driver is
    psycopg. It also rings, told nothing, when it is connected, and again after a lost connection,
    for something may have been missed.
    """
    ended = threading.Event()
    mine, its = socket.socketpair()  # written to when it ends: it waits for that as well
    thread = threading.Thread(
        target=_listen,
        args=(engine, channels, ring, _End(ended, its)),
        name=f"listen {channels[0]}",
        daemon=True,
    )
    thread.start()
    with mine, its:
        try:
            yield
        finally:
            ended.set()
            mine.send(b".")
            thread.join()


@dataclass(frozen=True)
class _End:
    """When a listener ends: ``wakes`` can be read from then on."""

    is_now: threading.Event
    wakes: socket.socket


def _listen(
    engine: Engine, channels: Sequence[str], ring: Callable[[str], None], end: _End
) -> None:
    # As the engine hands them to the driver: SQLAlchemy's spelling of a URL is not libpq's.
    _, arguments = engine.dialect.create_connect_args(engine.url)
    while not end.is_now.is_set():
        try:
            with (
                psycopg.connect(**{**_OURS, **arguments}) as connection,
                selectors.DefaultSelector() as readable,
            ):
                for awaited in (connection.fileno(), end.wakes):
                    readable.register(awaited, selectors.EVENT_READ)
                for channel in channels:
                    connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
                ring("")
                while not end.is_now.is_set():
                    readable.select()
                    for announcement in connection.notifies(timeout=0):
                        ring(announcement.payload)
        except psycopg.OperationalError as failure:
            # The message may quote the URL; its type says enough.
            _LOG.warning("announcements.lost", channels=channels, cause=type(failure).__name__)
            end.is_now.wait(_RECONNECT_SECONDS)
