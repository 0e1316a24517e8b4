"""The calendar as a source of change: at midnight supply is late, and today's projection another.

Put here how it is noticed that a day has begun at a location, by a batch and by the lane that asks
for one. Only the ATP method ``projected`` needs it: a stock does not change by itself.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from inventory_sync.domain.batches import ALL_SUPPLY
from inventory_sync.domain.calendar import LocalToday
from inventory_sync.flow.days import days_now
from inventory_sync.flow.parts import Parts

LONG_AGO: Final = datetime(1970, 1, 3, tzinfo=UTC)


def skus_of_a_new_day(parts: Parts, last: datetime | None, now: datetime) -> frozenset[str]:
    """The SKUs that something comes for, if a day has begun somewhere since the ``last`` batch.

    Both instants by the ERP's clock. Raises what ``changed`` raises.
    """
    if not parts.promises.offered or (last and _midnight_after(parts, last) > now):
        return frozenset()
    return parts.erp.changed(ALL_SUPPLY, LONG_AGO).skus


class NewDay:
    """Tells a lane once that a day has begun; a batch that was missed is asked for at the start."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._ends_at: datetime | None = None

    def has_begun(self) -> bool:
        """Whether a batch has to look at what comes: once for each day, after midnight."""
        parts, now = self._parts, self._parts.now()
        if not parts.promises.offered or (self._ends_at and now < self._ends_at):
            return False
        ended_at = self._ends_at
        if ended_at is None and (last := parts.ledger.batch_until("replenishment")):
            ended_at = _midnight_after(parts, last)
        self._ends_at = _midnight_after(parts, now)
        return ended_at is not None and ended_at <= now


def _midnight_after(parts: Parts, moment: datetime) -> datetime:
    # A little later: the ERP's clock may be behind ours.
    return LocalToday(moment, days_now(parts).zones).next_midnight() + timedelta(seconds=5)
