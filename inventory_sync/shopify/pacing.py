"""Makes every call of one store wait for its points.

Put waiting for the throttle here. The reckoning of points is ``throttle.py``, sending is
``client.py``. Thread-safe: one call at a time waits for its turn, the others behind it.
"""

import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from inventory_sync.shopify.protocol import Answer, RetryLater, Throttled
from inventory_sync.shopify.throttle import RequestedCosts, Throttle, Ticket

# A waiting call looks again this often, since an answer may give points back at any time.
_RECHECK_SECONDS = 0.25


def steady_seconds() -> float:
    """Seconds of a clock that never goes back, and goes on while the machine sleeps if it can."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


@dataclass(frozen=True, slots=True)
class Timing:
    """Clock, sleep and chance of the shell; a test or a simulation hands in its own."""

    clock: Callable[[], float] = steady_seconds
    sleep: Callable[[float], None] = time.sleep
    rng: random.Random = field(default_factory=random.Random)


@dataclass(frozen=True, slots=True)
class Load:
    """A kind of call that costs the same each time: its operation and sizes.

    ``estimate_points`` is what it is taken to cost until Shopify has told.
    """

    shape: tuple[object, ...]
    estimate_points: float


class Pacer:
    """The throttle of one store, and the queue in front of it."""

    def __init__(self, timing: Timing, *, reserve_share: float = 0.0) -> None:
        self._timing = timing
        self._turn = threading.Lock()  # held by the one call that waits for points
        self._guard = threading.Lock()  # around the two below
        self._throttle = Throttle(timing.clock(), reserve_share=reserve_share)
        self._costs = RequestedCosts()

    @property
    def restore_points_per_second(self) -> float:
        """The refill rate of the store's plan, as last told."""
        with self._guard:
            return self._throttle.restore_points_per_second

    def admit(self, load: Load, send_by: float) -> Ticket | None:
        """Wait until the bucket holds the points of a call, and take them.

        ``None``, as soon as it is known, when they come later than ``send_by`` (time of the clock).
        """
        patience_seconds = min(max(0.0, send_by - self._timing.clock()), threading.TIMEOUT_MAX)
        if not self._turn.acquire(timeout=patience_seconds):
            return None
        try:
            while True:
                with self._guard:
                    now = self._timing.clock()
                    points = self._points(load)
                    wait_seconds = self._throttle.wait_seconds(points, now)
                    if now + wait_seconds > send_by:
                        return None
                    if wait_seconds <= 0:
                        return self._throttle.take(points, now)
                self._timing.sleep(min(wait_seconds, _RECHECK_SECONDS))
        finally:
            self._turn.release()

    def await_turn(self, load: Load) -> None:
        """Wait as long as it takes until such a call could go now. Nothing is reserved."""
        with self._turn:
            while (wait_seconds := self._wait_seconds(load)) > 0:
                self._timing.sleep(min(wait_seconds, _RECHECK_SECONDS))

    def pause(self, seconds: float) -> None:
        """Let no call go for so long, as a 429 demands."""
        with self._guard:
            self._throttle.pause(seconds, self._timing.clock())

    def settle(self, ticket: Ticket, load: Load, result: object) -> None:
        """The call has ended: learn from the cost that Shopify told, or reckon without it."""
        with self._guard:
            now = self._timing.clock()
            if isinstance(result, Answer | Throttled) and result.cost is not None:
                self._costs.learn(load.shape, result.cost)
                self._throttle.settle(ticket, result.cost, now)
            elif isinstance(result, Answer | RetryLater):
                self._throttle.settle_unanswered(ticket, now)
            else:
                self._throttle.give_back(ticket, now)

    def _wait_seconds(self, load: Load) -> float:
        with self._guard:
            return self._throttle.wait_seconds(self._points(load), self._timing.clock())

    def _points(self, load: Load) -> float:
        return self._costs.of(load.shape, load.estimate_points)
