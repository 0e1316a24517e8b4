"""Stores that cannot be worked with are left alone for a while: nobody waits for them each time.

Put here for how long. What waits for such a store is kept by whoever works with it.
"""

from datetime import datetime, timedelta
from typing import Final

from inventory_sync.domain.errors import StoreStopped, StoreUnreachable

UNREACHABLE_FOR: Final = timedelta(seconds=30)
STOPPED_FOR: Final = timedelta(minutes=5)
"""Longer, for a person has to act."""


class Away:
    """Which stores are left alone, and until when; by the clock that ``now`` comes from."""

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}

    def has(self, store: str, now: datetime) -> bool:
        """Whether the store is to be left alone."""
        return self._until.get(store, now) > now

    def add(self, store: str, error: StoreStopped | StoreUnreachable, now: datetime) -> None:
        """Leave a store alone that has failed just now."""
        stopped = isinstance(error, StoreStopped)
        self._until[store] = now + (STOPPED_FOR if stopped else UNREACHABLE_FOR)

    def ends(self, now: datetime) -> list[datetime]:
        """When stores that are left alone are to be tried again."""
        return [until for until in self._until.values() if until > now]
