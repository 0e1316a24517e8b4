"""The calculated query cost bucket of a shop, and what the shop counted about its callers.

Put the arithmetic of the leaky bucket here (https://shopify.dev/docs/api/usage/limits). What a
query costs is in ``cost.py``; what the answer looks like in ``admin_api.py``.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from inventory_sync.sandbox.standin.seed import Plan

RESTORE_RATES: dict[Plan, float] = {
    "standard": 100.0,
    "advanced": 200.0,
    "plus": 1000.0,
    "enterprise": 2000.0,
}

# Seen live: 2000 points at a rate of 100 and 4000 at 200.
SECONDS_TO_FILL = 20


class Bucket:
    """Points that fill up with time. ``clock`` tells seconds."""

    def __init__(self, plan: Plan, clock: Callable[[], float]) -> None:
        self.restore_rate = RESTORE_RATES[plan]
        self.maximum = SECONDS_TO_FILL * self.restore_rate
        self._clock = clock
        self._points = self.maximum
        self._counted_at = clock()

    @property
    def available(self) -> float:
        """Points in the bucket now."""
        now = self._clock()
        gained = (now - self._counted_at) * self.restore_rate
        self._points = min(self.maximum, self._points + gained)
        self._counted_at = now
        return self._points

    def take(self, points: float) -> bool:
        """Take points, or nothing when there are too few."""
        if self.available < points:
            return False
        self._points -= points
        return True

    def give_back(self, points: float) -> None:
        """Return what a query did not use."""
        self._points = min(self.maximum, self.available + points)

    def drain(self, points_left: float = 0.0) -> None:
        """Leave so many points, as if another client of the same app had spent the rest."""
        self._points = min(self.available, points_left)

    def status(self) -> dict[str, float]:
        """The ``throttleStatus`` of an answer."""
        return {
            "maximumAvailable": self.maximum,
            "currentlyAvailable": int(self.available),
            "restoreRate": self.restore_rate,
        }


@dataclass(slots=True)
class Statistics:
    """What callers did, so that a test can assert how well they behave.

    ``requests`` counts HTTP requests by operation name (refused ones too); ``max_deficit_points``
    is the most that a throttled request lacked; ``points_spent`` is what was charged in the end.
    Webhooks: ``deliveries`` that were accepted, ``delivery_failures`` by attempt, and the age in
    seconds of the last one when it was accepted.
    """

    requests: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    throttled: int = 0
    throttled_in_a_row: int = 0
    max_throttled_in_a_row: int = 0
    points_spent: int = 0
    max_deficit_points: float = 0.0
    deliveries: int = 0
    delivery_failures: int = 0
    webhooks_lost: int = 0
    last_delivery_seconds: float | None = None

    def count_throttled(self, deficit_points: float) -> None:
        """A request found too few points."""
        self.throttled += 1
        self.throttled_in_a_row += 1
        self.max_throttled_in_a_row = max(self.max_throttled_in_a_row, self.throttled_in_a_row)
        self.max_deficit_points = max(self.max_deficit_points, deficit_points)

    def count_executed(self, points: int) -> None:
        """A request was executed at this cost."""
        self.throttled_in_a_row = 0
        self.points_spent += points

    def count_delivered(self, seconds: float) -> None:
        """A webhook was accepted so long after what it tells of."""
        self.deliveries += 1
        self.last_delivery_seconds = seconds
