"""The calendar as a source of change: at midnight supply is late, and today's projection another.

Put here how it is noticed that a day has begun at a location, by a batch and by the lane that asks
for one. Only the ATP method ``projected`` needs it: a stock does not change by itself.
"""

from datetime import datetime, timedelta
from typing import Final

from inventory_sync.domain.calendar import LocalToday
from inventory_sync.flow.days import days_now
from inventory_sync.flow.parts import Parts

LOOK_AGAIN_AFTER: Final = timedelta(seconds=15)
"""So long a batch that was asked for has time to look at what comes."""


def skus_of_a_new_day(parts: Parts, last: datetime | None, now: datetime) -> frozenset[str]:
    """The SKUs that something comes for, if a day has begun somewhere since the ``last`` batch.

    Both instants by the ERP's clock. Raises what ``supplied_skus`` raises.
    """
    if not parts.promises.offered or (last and _midnight_after(parts, last) > now):
        return frozenset()
    return parts.erp.supplied_skus()


class NewDay:
    """Tells a lane that a day has begun which no batch has seen yet, also one before the start."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._look_at = self._started_at = parts.now()

    def has_begun(self) -> bool:
        """Whether a batch has to look at what comes. It may be killed, or have begun before
        midnight: so this is said again until one has looked.
        """
        parts, now = self._parts, self._parts.now()
        if not parts.promises.offered or now < self._look_at:
            return False
        last = parts.ledger.batch_until("replenishment") or self._started_at
        begins_at = _midnight_after(parts, last)
        self._look_at = max(begins_at, now + LOOK_AGAIN_AFTER)
        return begins_at <= now


def _midnight_after(parts: Parts, moment: datetime) -> datetime:
    # A little later: the ERP's clock may be behind ours.
    return LocalToday(moment, days_now(parts).zones).next_midnight() + timedelta(seconds=5)
