"""Group commit: calls that several threads make at the same moment become one transaction.

Put here how callers are joined. What is done for all of them is said by whoever uses it.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Final, Generic, TypeVar

MOMENT_SECONDS: Final = 0.002

T = TypeVar("T")
R = TypeVar("R")


class Together(Generic[T, R]):
    """Does the work of all threads that wait for their turn in one go.

    ``work`` gets their items in the order in which they came, and returns as many results; a result
    that is an exception is raised in its thread, and one that ``work`` raises in all of them.
    """

    def __init__(self, work: Callable[[Sequence[T]], Sequence[R | Exception]]) -> None:
        self._work = work
        self._turn, self._queueing = threading.Lock(), threading.Condition()
        self._came_together = 1
        self._queue: list[tuple[T, Future[R]]] = []

    def __call__(self, item: T) -> R:
        """Returns when the item is done, by this thread or by another."""
        mine: Future[R] = Future()
        with self._queueing:
            self._queue.append((item, mine))
            self._queueing.notify()
        with self._turn:  # whoever works meanwhile may not have seen our item
            if not mine.done():
                self._do_all()
        return mine.result()

    def _are_all_here(self) -> bool:
        return len(self._queue) >= self._came_together

    def _do_all(self) -> None:
        with self._queueing:
            self._queueing.wait_for(self._are_all_here, MOMENT_SECONDS)
            joined, self._queue = self._queue, []
            self._came_together = len(joined)
        try:
            results = self._work([item for item, _ in joined])
        except Exception as error:
            results = [error] * len(joined)
        for (_, waiting), result in zip(joined, results, strict=True):
            if isinstance(result, Exception):
                waiting.set_exception(result)
            else:
                waiting.set_result(result)
