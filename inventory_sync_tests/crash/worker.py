"""Work that is killed: a pass in a process of its own, with its death at a step that we choose.

Put here what such a process does. Its steps are the calls after which something lasts: a
transaction of the ledger, a write in a store. They come one after the other, so to die before each
of them is to die between any two. What must come of it is asserted in ``test_pass.py``.
"""

import os
import signal
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from inventory_sync.domain.dirty import FAST_LANES, Lane
from inventory_sync.domain.few import decide
from inventory_sync.flow import event_pass, gather, store_hearing
from inventory_sync.flow.careful_pass import careful_pass
from inventory_sync.flow.lane import Handover, LaneWorker, serve_dirty
from inventory_sync.flow.parts import Parts
from inventory_sync.settings import load_settings
from inventory_sync.wiring import Databases, open_parts

STEPS_OF_LEDGER = frozenset(
    {
        *("record_events", "receive", "inbox_done", "record_order_lines", "advance_order_cursor"),
        *("prepare", "settle", "settle_key", "adopt", "stamp", "set_clocks", "ring_clocks"),
        *("mark", "clear", "begin_pass", "finish_pass", "note_pass", "record_snapshot"),
        *("record_observed", "record_findings", "record_doubts", "rename_item"),
        *("save_reservations", "step_done", "set_store_state", "inbox_give_up", "note_changes"),
        *("keep_stop", "decide_stop", "expire_stop", "record_newest_changes"),
        *("record_drift", "mend_drift", "save_published_promises", "found_right", "postpone"),
        *("save_import", "record_promises", "save_order_promises"),
    }
)
STEPS_OF_STORE = frozenset({"set_quantities", "connect"})
WAITS: list[tuple[ModuleType, str]] = [
    *((module, "SETTLE_AFTER") for module in (gather, event_pass)),
    (gather, "LATEST_ARRIVAL"),
    *((module, "EXPLAIN_AFTER") for module in (event_pass, store_hearing)),
    (event_pass, "AGAIN_AFTER"),
]
ROUNDS, ALL = 20, 1_000_000

Work = Literal["order_events", "store_orders", "careful pass"]


class Life:
    """Counts the steps of this process and ends it before one of them."""

    def __init__(self, tell: Connection, deadly_step: int | None) -> None:
        self._tell, self._deadly_step = tell, deadly_step
        self._steps = 0

    def step(self, name: str) -> None:
        """A step is about to be made."""
        self._tell.send(name)
        if self._steps == self._deadly_step:
            os.kill(os.getpid(), signal.SIGKILL)
        self._steps += 1


class Watched:
    """A part of the product whose steps are counted; all else is passed on to it."""

    def __init__(self, part: Any, steps: Collection[str], life: Life) -> None:
        self._part, self._steps, self._life = part, steps, life

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if name not in self._steps:
            return found

        def make(*arguments: Any, **options: Any) -> Any:
            self._life.step(name)
            return found(*arguments, **options)

        return make


@dataclass(frozen=True)
class Place:
    """Where a process works."""

    settings_file: Path
    home: Path
    ledger_url: str


@dataclass(frozen=True)
class Ended:
    """How it ended, and its steps by name; the last one was not made when it was killed."""

    exit_code: int | None
    steps: tuple[str, ...]

    @property
    def was_killed(self) -> bool:
        return self.exit_code == -signal.SIGKILL


def run(place: Place, work: Work, deadly_step: int | None = None, *, hot: bool = False) -> Ended:
    """Run a process to its end; ``hot``: every level sells fast, and so is written by delta.

    It is forked from one that has loaded all modules and no more.
    """
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    listen, tell = context.Pipe(duplex=False)
    process = context.Process(target=_live, args=(place, work, tell, deadly_step, hot))
    process.start()
    tell.close()
    steps = []
    with listen:
        try:
            while True:
                steps.append(listen.recv())
        except EOFError:
            pass  # the process is gone
    process.join()
    return Ended(process.exitcode, tuple(steps))


def _live(place: Place, work: Work, tell: Connection, deadly_step: int | None, hot: bool) -> None:
    do_not_wait()
    if hot:
        vars(decide)["HOT_ORDERS"] = 0
    settings = load_settings(place.settings_file)
    with open_parts(settings, Databases(place.home, place.ledger_url)) as parts:
        _WORK[work](_watched(parts, Life(tell, deadly_step)))


def _watched(parts: Parts, life: Life) -> Parts:
    fronts = {
        store: Watched(front, STEPS_OF_STORE, life) for store, front in parts.storefronts.items()
    }
    ledger: Any = Watched(parts.ledger, STEPS_OF_LEDGER, life)
    return replace(
        parts, ledger=ledger, storefronts=fronts, threads=lambda _: ThreadPoolExecutor(1)
    )


def do_not_wait(change: Callable[[ModuleType, str, object], None] = setattr) -> None:
    """Nothing is under way when somebody goes on here: no call of a killed one can arrive late."""
    for module, name in WAITS:
        change(module, name, timedelta(0))


def _lane(name: Lane) -> Callable[[Parts], None]:
    def work(parts: Parts) -> None:
        _turn(LaneWorker(parts, name, poll_seconds=1))

    return work


def _turn(worker: LaneWorker) -> bool:
    """One turn; whether it found something that a run has to do."""
    with worker.alone() as is_mine:
        assert is_mine, f"somebody else works on {worker.name}"
        return isinstance(worker.turn(lambda report: None), Handover)


def _careful_pass(parts: Parts) -> None:
    work = parts.ledger.take(["repair"], due=parts.now(), limit=ALL)
    assert work, "there is nothing to repair"
    careful_pass(parts, work)


def work_until_quiet(parts: Parts) -> None:
    """What sensors and runs do until nothing is left to be done."""
    workers = [LaneWorker(parts, name, poll_seconds=1) for name in FAST_LANES]
    for _ in range(ROUNDS):
        if any([_turn(worker) for worker in workers]):
            left = serve_dirty(parts, mode="sensor", report=lambda report: None)
            if left:
                careful_pass(parts, left)
        if set(parts.ledger.dirty()["lane"]) <= {"event_dates"}:
            return
    raise AssertionError(f"still dirty: {parts.ledger.dirty().to_dict('records')}")


_WORK: dict[Work, Callable[[Parts], None]] = {
    "order_events": _lane("order_events"),
    "store_orders": _lane("store_orders"),
    "careful pass": _careful_pass,
}
