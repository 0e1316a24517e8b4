"""A shift: a lane at work in threads of its own, for as long as somebody comes to look after it.

Put here how a lane outlives the visits of those who oversee it. A sensor's tick is a visit: between
two ticks lie some hundred milliseconds, and a tick that the daemon is late with leaves seconds,
in which an event would wait. The shift works on until the next visit, and ends by itself when none
comes (docs/decisions/0011).
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from math import inf
from typing import Final

from inventory_sync.flow.event_report import EventReport
from inventory_sync.flow.lane import ABREAST, Handover, LaneWorker

LINGER: Final = timedelta(seconds=8)
"""So long a shift goes on after a visit: two beats of the daemon may be missed."""

PATIENCE: Final = timedelta(seconds=30)
"""A visit does not wait longer for a turn: Dagster ends a tick after a minute."""

_WHILE_A_RUN_WORKS: Final = timedelta(seconds=1)


class Shift:
    """One lane's work. ``report`` takes what each pass did, in the shift's thread."""

    def __init__(
        self,
        worker: LaneWorker,
        report: Callable[[EventReport], None],
        now: Callable[[], datetime],
    ) -> None:
        self._worker, self._report, self._now = worker, report, now
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._until = now()
        self._begun = self._owed = 0  # turns, counted
        self._under_way: set[int] = set()
        self._listening = threading.Lock()
        self._failed = False
        self._handover: Handover | None = None
        self._error: Exception | None = None

    def visit(self, stay: timedelta) -> Handover | None:
        """Stay so long, and for one whole turn; leave at once with what needs a run.

        None also when another process has the lane. Raises what the lane has raised since the last
        visit.
        """
        with self._changed:
            until = self._now() + stay
            self._until = until + LINGER
            self._owed = self._begun + 1
            self._handover = None  # whatever still needs a run is found again
            self._start()
            while self._thread and not self._error and not self._handover:
                is_done = self._begun >= self._owed and self._owed < min(
                    self._under_way, default=inf
                )
                left = until - self._now() + (timedelta(0) if is_done else PATIENCE)
                if left <= timedelta(0):
                    return None
                self._changed.wait(left.total_seconds())
            return self._told()

    def stop(self) -> None:
        """End after the turn that is under way."""
        with self._changed:
            thread, self._until, self._owed = self._thread, self._now(), 0
        self._worker.ring()
        if thread:
            thread.join()

    def _told(self) -> Handover | None:
        error, self._error = self._error, None
        if error:
            raise error
        if self._handover:
            self._worker.asked()
        return self._handover

    def _start(self) -> None:
        if not self._thread:
            self._thread = threading.Thread(
                target=self._work, name=f"shift {self._worker.name}", daemon=True
            )
            self._thread.start()
        self._worker.ring()

    # --- in the thread ---

    def _work(self) -> None:
        error = None
        try:
            with self._worker.alone() as is_mine, ThreadPoolExecutor(ABREAST) as hands:
                turns = [hands.submit(self._turns) for _ in range(ABREAST if is_mine else 0)]
                for ended in turns:
                    ended.result()
        except Exception as raised:
            error = raised
        with self._changed:
            self._thread, self._error, self._failed = None, error, False
            self._under_way.clear()  # those that failed
            self._changed.notify_all()

    def _turns(self) -> None:
        """Take turns with the other hands: one listens, those that have found work serve it."""
        try:
            while self._turn():
                pass
        except BaseException:
            with self._changed:
                self._failed = True
            self._worker.ring()
            raise

    def _turn(self) -> bool:
        """One turn; whether there is another."""
        with self._listening:
            number = self._begin()
            if number is None:
                return False
            found = self._worker.look()
            if not isinstance(found, list):
                self._wait(self._end(number, found))
                return True
        self._end(number, self._worker.serve(found, self._report))
        return True

    def _begin(self) -> int | None:
        """Begin another turn, unless the shift is over; its number."""
        with self._changed:
            is_over = self._now() >= self._until and self._begun >= self._owed
            if is_over or self._failed:
                return None
            self._begun += 1
            self._under_way.add(self._begun)
            return self._begun

    def _end(self, number: int, turn: Handover | datetime | None) -> datetime:
        """A turn is done; returns when the next one begins at the latest."""
        with self._changed:
            self._under_way.discard(number)
            if isinstance(turn, Handover):
                self._handover = turn
                turn = self._now() + _WHILE_A_RUN_WORKS
            self._changed.notify_all()
            if self._failed:
                return self._now()
            return min(turn or self._until, self._until)

    def _wait(self, until: datetime) -> None:
        self._worker.wait((until - self._now()).total_seconds())
