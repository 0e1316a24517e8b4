"""What PostgreSQL announces (LISTEN, NOTIFY), for whoever waits for it: the ERP's and our own.

Put how a listener lives here: connected, lost and connected anew, ended. What is announced, and on
which channel, is said by the rooms that use it.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg
import structlog
from psycopg import sql
from sqlalchemy import Engine

_LOG: Final = structlog.get_logger()
_LOOK_UP_SECONDS: Final = 0.5  # how soon an ended listener notices
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
def announced(engine: Engine, channels: Sequence[str], ring: Callable[[], None]) -> Iterator[None]:
    """Call ``ring`` from another thread at each announcement on a channel, while this is held.

    ``engine`` says where to connect to; its driver is psycopg. It also rings once when it is
    connected, and again after a lost connection, for something may have been missed.
    """
    ended = threading.Event()
    thread = threading.Thread(
        target=_listen,
        args=(engine, channels, ring, ended),
        name=f"listen {channels[0]}",
        daemon=True,
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _listen(
    engine: Engine, channels: Sequence[str], ring: Callable[[], None], ended: threading.Event
) -> None:
    # As the engine hands them to the driver: SQLAlchemy's spelling of a URL is not libpq's.
    _, arguments = engine.dialect.create_connect_args(engine.url)
    while not ended.is_set():
        try:
            with psycopg.connect(**{**_OURS, **arguments}) as connection:
                for channel in channels:
                    connection.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
                ring()
                while not ended.is_set():
                    for _ in connection.notifies(timeout=_LOOK_UP_SECONDS, stop_after=1):
                        ring()
        except psycopg.OperationalError as failure:
            # The message may quote the URL; its type says enough.
            _LOG.warning("announcements.lost", channels=channels, cause=type(failure).__name__)
            ended.wait(_RECONNECT_SECONDS)
