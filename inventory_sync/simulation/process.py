"""Processes of the product: each call to the ledger, the ERP or a store is a step where it may die.

Put the border between the product and the simulated world here: every call over it takes time, in
which others go on, and may be the last. What is behind the border survives.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from typing import Any, Final, ParamSpec, TypeVar

from inventory_sync.simulation.clock import Clock
from inventory_sync.simulation.faults import Faults

P = ParamSpec("P")
T = TypeVar("T")

Seen = Callable[[str, tuple[Any, ...], dict[str, Any], Any], None]
"""Is told of a call over the border: its name, its arguments and what came of it."""

LONGEST_PAUSE_SECONDS: Final = 30.0
"""How long a process may stand still: a machine that sleeps, a stop-the-world, a debugger."""


class Crash(BaseException):
    """The process is dead; nothing of it goes on, so no handler of the product may stop this."""


class Process:
    """One program of the product while it lives."""

    def __init__(self, name: str, clock: Clock, faults: Faults) -> None:
        self.name = name
        self.alive = True
        self._clock, self._faults = clock, faults

    def step(self, what: str, seconds: float, *, durable: bool = True) -> None:
        """Between two calls over the border: time passes; beside a durable one, the process may die
        or stand still.
        """
        self.check()
        if not durable:
            self._clock.sleep(seconds)
            self.check()
            return
        if self._faults.strikes("pause"):
            seconds += self._faults.rng.uniform(0.0, LONGEST_PAUSE_SECONDS)
        self._clock.sleep(seconds)
        self.check()
        if self._faults.strikes("crash"):
            self.alive = False
            raise Crash(f"{self.name} at {what}")

    def check(self) -> None:
        """A dead process does nothing."""
        if not self.alive:
            raise Crash(self.name)


class Watched:
    """Something outside of a process, as the process reaches it.

    ``seconds`` is how long one way takes; ``seen`` is told of each call and what came of it.
    """

    def __init__(
        self,
        outside: object,
        process: Process,
        seconds: Callable[[str], float],
        seen: Seen = lambda name, arguments, named, result: None,
    ) -> None:
        self._outside, self._process = outside, process
        self._seconds, self._seen = seconds, seen

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._outside, name)
        if name in _WITHOUT_STEP or not callable(found):
            return found

        def reach(*arguments: Any, **named: Any) -> Any:
            seconds, durable = self._seconds(name), name not in _READINGS
            self._process.step(f"before {name}", seconds, durable=durable)
            result = found(*arguments, **named)
            if isinstance(result, Iterator):
                result = iter(list(result))
            self._seen(name, arguments, named, result)
            self._process.step(f"after {name}", seconds, durable=durable)
            return result

        self.__dict__[name] = reach
        return reach


_READINGS: Final = {
    "take",
    "next_due",
    "inbox",
    "next_clock",
    "reservations",
    "reservation",
    "unfinished_reservations",
    "events",
    "last_event_id",
    "heard_until",
    "heard_since",
    "skus_of_document",
    "order_cursor",
    "store_states",
}
"""A crash beside one of these is a crash beside the durable step before or after it."""

_WITHOUT_STEP: Final = {
    "lane_lock",
    "store_lock",
    "on_work",
    "on_event",
    "recent_moves",
    "published_levels",
    "stops",
    "expire_stop",
    "newest_changes",
    "record_newest_changes",
}
"""They hold something as long as the process lives, or only tell; the guard has nothing to remember
of stores so small.
"""


class OneThread(Executor):
    """A pool without threads: what is submitted is done at once, so that a seed repeats exactly."""

    def __init__(self, threads: int) -> None:
        super().__init__()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Do it now. A crash is no result: it ends whoever submitted."""
        done: Future[T] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done
