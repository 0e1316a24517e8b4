"""The set clock and its agenda: while anybody waits, the world goes on.

Put time here. Whoever sleeps lets everything happen that falls due meanwhile, also other lanes and
shoppers: that is how steps of different actors come between each other.
"""

import heapq
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

START: Final = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)

Happening = Callable[[], None]


class Clock:
    """Seconds since the start of the simulation, and what falls due when."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.last_happening = 0.0
        self._due: list[tuple[float, int, Happening, bool]] = []
        self._order = count()

    def now(self) -> datetime:
        """The time of day."""
        return START + timedelta(seconds=self.seconds)

    def at(self, seconds: float, happening: Happening, *, polls: bool = False) -> None:
        """Let something happen at a time, or at once when that is over.

        ``polls``: somebody only looks whether anything has happened.
        """
        due = max(seconds, self.seconds)
        heapq.heappush(self._due, (due, next(self._order), happening, polls))

    def after(self, seconds: float, happening: Happening) -> None:
        """Let something happen after so many seconds."""
        self.at(self.seconds + seconds, happening)

    def next_happening(self) -> float:
        """When something is due that is more than a look."""
        return min((due for due, _, _, polls in self._due if not polls), default=math.inf)

    def seconds_of(self, instant: datetime) -> float:
        """An instant as seconds of this clock."""
        return (instant - START).total_seconds()

    def sleep(self, seconds: float) -> None:
        """Let time pass. What happens meanwhile may itself let time pass."""
        self.until(self.seconds + seconds)

    def until(self, end: float) -> None:
        """Let everything happen that falls due by then."""
        while self._due and self._due[0][0] <= end:
            due, _, happening, polls = heapq.heappop(self._due)
            self.seconds = max(self.seconds, due)
            if not polls:
                self.last_happening = self.seconds
            happening()
        self.seconds = max(self.seconds, end)
