"""Listening: a lane is woken when the inbox or its dirty list has grown.

Put here which channels there are. The announcements themselves are made where it is written
(``dirty``, ``inbox``).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Engine

from inventory_sync.announcements import announced
from inventory_sync.domain.dirty import Channel


class Listening:
    """The part of the ledger that wakes who waits for work."""

    _engine: Engine

    @contextmanager
    def on_work(self, channels: Sequence[Channel], ring: Callable[[], None]) -> Iterator[None]:
        """Call ``ring`` from another thread whenever the inbox or these lanes' lists have grown.

        Nobody is woken by what a lane marks of the events that it hears itself: it is awake.
        """
        names = [f"inventory_sync_{channel}" for channel in channels]
        with announced(self._engine, names, lambda _: ring()):
            yield
