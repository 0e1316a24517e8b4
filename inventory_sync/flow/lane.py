"""The lane: wait for work, run the pass, report; until a deadline.

Put here how a lane spends its time. What it listens to is ``hearing.py`` and ``store_hearing.py``;
what a pass does is ``event_pass.py``. Whoever runs a lane (a sensor, a command, a simulation) gives
the deadline and takes the reports.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from inventory_sync.domain.dirty import DirtySku, Lane
from inventory_sync.domain.extract import EVERYTHING
from inventory_sync.flow.event_pass import EventPasses
from inventory_sync.flow.event_report import EventReport
from inventory_sync.flow.hearing import Ear, ErpEar, HoldEar
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.store_hearing import StoreEar

MOST_SKUS: Final = 200
"""More dirty SKUs than this are the work of a run."""

FAST_LANES: Final[tuple[Lane, ...]] = ("order_events", "hold_events", "store_orders")
"""The lanes that a sensor each works on."""

LANE_PATIENCE_SECONDS: Final = 1.0

ASK_AGAIN_AFTER: Final = timedelta(seconds=15)
"""So long a run that was asked for repairs has time to take them from the list."""

EventMode = Literal["sensor", "runs"]


@dataclass(frozen=True)
class Handover:
    """Work that a run has to do; the SKUs are on the dirty list."""

    reason: str


class LaneWorker:
    """One lane with everything warm: listeners, threads and connections."""

    def __init__(
        self, parts: Parts, name: Lane, *, poll_seconds: float, mode: EventMode = "sensor"
    ) -> None:
        self._parts = parts
        self.name: Lane = name
        self._mode = mode
        self._bell = threading.Event()
        self._passes = EventPasses(parts)
        self._ear = _ear(parts, name, poll_seconds)
        self._ask_at = parts.now()

    @contextmanager
    def listening(self) -> Iterator["LaneWorker"]:
        """Be woken by what the lane works on, while this is held."""
        with ExitStack() as stack:
            stack.callback(self._passes.close)
            ledger, ring = self._parts.ledger, self._bell.set
            stack.enter_context(ledger.on_work("dirty", ring))
            if self.name == "store_orders":
                stack.enter_context(ledger.on_work("inbox", ring))
            else:
                stack.enter_context(self._parts.erp.on_event(ring))
            yield self

    def run(self, until: datetime, report: Callable[[EventReport], None]) -> Handover | None:
        """Work until the deadline, or until there is something that needs a run.

        Another evaluation of the same lane may still be under way after a daemon was killed; then
        this one waits for it and comes back empty-handed if it takes too long. Raises what an event
        pass raises.
        """
        with self._parts.ledger.lane_lock(
            self.name, patience_seconds=LANE_PATIENCE_SECONDS
        ) as is_mine:
            if not is_mine:
                return None
            return self._work(until, report)

    def _work(self, until: datetime, report: Callable[[EventReport], None]) -> Handover | None:
        while True:
            self._bell.clear()
            turn = self.turn(report)
            if isinstance(turn, Handover):
                return turn
            now = self._parts.now()
            if now >= until:
                return None
            wake_at = until if turn is None else min(until, turn)
            if wake_at > now:
                self._bell.wait((wake_at - now).total_seconds())

    def turn(self, report: Callable[[EventReport], None]) -> Handover | datetime | None:
        """Hear, and run a pass over what is due; returns when to do so again without being woken.

        For whoever holds the lane's lock. Raises what an event pass raises.
        """
        ledger, now = self._parts.ledger, self._parts.now
        listen_at = self._ear.hear()
        work = ledger.take([self.name], due=now(), limit=MOST_SKUS + 1)
        handover = self._handover(work)
        if handover:
            return handover
        if work:
            report(self._passes.run(work))
        repair = self._repair()
        if repair:
            return repair
        if work:
            return now()
        times = (listen_at, ledger.next_due(self.name))
        return min((at for at in times if at is not None), default=None)

    def _handover(self, work: Sequence[DirtySku]) -> Handover | None:
        if any(item.sku == EVERYTHING for item in work):
            return Handover("an event did not say which SKUs it is about")
        if len(work) > MOST_SKUS:
            return Handover(f"more than {MOST_SKUS} SKUs are dirty")
        if work and self._mode == "runs":
            return Handover("every event is served by a run (event_mode: runs)")
        return None

    def _repair(self) -> Handover | None:
        """Ask for a run when a SKU needs a closer look; events do not wait for that run."""
        now = self._parts.now()
        if self.name != "order_events" or now < self._ask_at:
            return None
        broken = self._parts.ledger.take(["repair"], due=now, limit=1)
        if not broken:
            return None
        self._ask_at = now + ASK_AGAIN_AFTER
        return Handover(f"{broken[0].sku} needs a closer look: {broken[0].reason}")


def _ear(parts: Parts, name: Lane, poll_seconds: float) -> Ear:
    if name == "store_orders":
        return StoreEar(parts)
    if name == "hold_events":
        return HoldEar(parts, poll_seconds=poll_seconds)
    return ErpEar(parts, name, poll_seconds=poll_seconds)


def serve_dirty(
    parts: Parts, *, mode: EventMode, report: Callable[[EventReport], None]
) -> list[DirtySku]:
    """The work of a run, but for the careful part: event passes over what the lanes handed over.

    Returns what needs a careful pass; with ``EVERYTHING`` in it, a full one.
    """
    passes = EventPasses(parts)
    careful = parts.ledger.take(["repair"], due=parts.now(), limit=_ALL)
    try:
        for lane in FAST_LANES:
            work = parts.ledger.take([lane], due=parts.now() + _SOON, limit=_ALL)
            careful += [item for item in work if item.sku == EVERYTHING]
            work = [item for item in work if item.sku != EVERYTHING]
            if mode == "sensor" and len(work) <= MOST_SKUS:
                continue  # the lane's own sensor is quicker
            for at in range(0, len(work), MOST_SKUS):
                report(passes.run(work[at : at + MOST_SKUS]))
    finally:
        passes.close()
    return careful


_ALL: Final = 1_000_000
_SOON: Final = timedelta(seconds=1)
