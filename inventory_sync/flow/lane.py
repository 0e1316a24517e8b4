"""The lane: hear, run the pass over what is due, report, wait for more.

Put here what one turn of a lane is. What it listens to is ``hearing.py`` and ``store_hearing.py``;
what a pass does is ``event_pass.py``; who takes turns, and for how long, is ``shift.py``.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from inventory_sync.domain.dirty import Channel, DirtySku, Lane
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

REST_SECONDS: Final = 0.05
"""Between two turns of a lane that is woken by much that is not its own: every event of the ERP
rings for holds, every write of ours comes back as a webhook.
"""

ASK_AGAIN_AFTER: Final = timedelta(seconds=15)
"""So long a run that was asked for repairs has time to take them from the list."""

_CHANNELS: Final[dict[Lane, tuple[Channel, ...]]] = {
    "order_events": ("order_events", "repair"),
    "hold_events": ("hold_events",),
    "store_orders": ("store_orders", "inbox"),
}

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
        self._bell, self._rest = threading.Event(), threading.Event()
        self._passes = EventPasses(parts)
        self._ear = _ear(parts, name, poll_seconds)
        self._ask_at = parts.now()

    @contextmanager
    def listening(self) -> Iterator["LaneWorker"]:
        """Be woken by what the lane works on, while this is held."""
        with ExitStack() as stack:
            stack.callback(self._passes.close)
            stack.enter_context(self._parts.ledger.on_work(_CHANNELS[self.name], self.ring))
            if self.name != "store_orders":
                stack.enter_context(self._parts.erp.on_event(self.ring))
            yield self

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Keep every other process out of this lane, while this is held.

        Yields False if another one keeps us out: after a crash it may go on for a moment.
        """
        with self._parts.ledger.lane_lock(
            self.name, patience_seconds=LANE_PATIENCE_SECONDS
        ) as is_mine:
            yield is_mine

    def ring(self) -> None:
        """Wake the lane."""
        self._bell.set()

    def asked(self) -> None:
        """A run was asked for what the lane handed over; leave it time to take the repairs."""
        self._ask_at = self._parts.now() + ASK_AGAIN_AFTER

    def wait(self, seconds: float) -> None:
        """Until something wakes the lane, so long at most."""
        self._bell.wait(max(0.0, seconds))
        if self.name != "order_events":
            self._rest.wait(REST_SECONDS)

    def turn(self, report: Callable[[EventReport], None]) -> Handover | datetime | None:
        """Hear, and run a pass over what is due; returns when to do so again without being woken.

        For whoever is ``alone``. Raises what an event pass raises.
        """
        self._bell.clear()
        ledger, now = self._parts.ledger, self._parts.now
        listen_at = self._ear.hear()
        work = ledger.take([self.name], due=now(), limit=MOST_SKUS + 1)
        handover = self._handover(work)
        if handover:
            return handover
        if work:
            report(self._passes.run(work))
        due = ledger.next_due([self.name, "repair"])
        repair_at = due.pop("repair", None)
        if repair_at and repair_at <= now() and self.name == "order_events":
            repair = self._repair()
            if repair:
                return repair
        if work:
            return now()
        return min((at for at in (listen_at, *due.values()) if at is not None), default=None)

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
        if now < self._ask_at:
            return None
        broken = self._parts.ledger.take(["repair"], due=now, limit=1)
        if not broken:
            return None
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
