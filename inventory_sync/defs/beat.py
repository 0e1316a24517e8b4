"""How long a tick may wait for work without missing the daemon's next beat.

The daemon ticks every five seconds; what a tick costs beside our waiting (its row, the call into
the code server, the result) depends on the machine. A budget that is too long misses every other
beat, and events then wait for seconds; one that is too short leaves a gap in each beat. Put the
rule that finds the right one here; pure but for the memory of one lane.
"""

from datetime import datetime, timedelta
from typing import Final

BEAT: Final = timedelta(seconds=5)
"""Fixed in Dagster's sensor daemon (dagster 1.13)."""

LONGEST: Final = timedelta(seconds=4.6)
SHORTEST: Final = timedelta(seconds=3.0)
_SHORTER: Final = timedelta(seconds=0.25)
_LONGER: Final = timedelta(seconds=0.02)


class Beat:
    """The budget of one lane, learned from when its ticks begin."""

    def __init__(self) -> None:
        self.budget = LONGEST
        self._began_at: datetime | None = None

    def begin(self, now: datetime) -> timedelta:
        """A tick begins; how long it may wait. Shorter after a beat that was missed, and slowly
        longer while none is; a pause of several beats was no fault of ours.
        """
        since = None if self._began_at is None else now - self._began_at
        self._began_at = now
        if since is not None and 1.4 * BEAT < since < 2.6 * BEAT:
            self.budget = max(SHORTEST, self.budget - _SHORTER)
        elif since is not None and since <= 1.4 * BEAT:
            self.budget = min(LONGEST, self.budget + _LONGER)
        return self.budget
