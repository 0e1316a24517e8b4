"""The lane: hear, run the pass over what is due, report, wait for more.

Put here what one turn of a lane is. What it listens to is ``hearing.py`` and ``store_hearing.py``;
what a pass does is ``event_pass.py``; who takes turns, and for how long, is ``shift.py``.
"""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from inventory_sync.domain.batches import COUNT_KINDS, EVENT_KINDS, BatchName, batch_of, lane_of
from inventory_sync.domain.dirty import FAST_LANES, Channel, DirtySku, Lane
from inventory_sync.domain.extract import EVERYTHING
from inventory_sync.flow.event_pass import EventPasses
from inventory_sync.flow.event_report import EventReport
from inventory_sync.flow.hearing import Ear, ErpEar, HoldEar
from inventory_sync.flow.new_day import NewDay
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.store_hearing import StoreEar

MOST_SKUS: Final = 200
"""More dirty SKUs than this are the work of a run."""

LANE_PATIENCE_SECONDS: Final = 1.0

REST_SECONDS: Final = 0.05
"""Between two turns of a lane that is woken by much that is not its own: every event of the ERP
rings for holds, every write of ours comes back as a webhook.
"""

ASK_AGAIN_AFTER: Final = timedelta(seconds=15)
"""So long a run that was asked for repairs, or for a batch, has time to begin with it."""

AT_ONCE_SECONDS: Final = 0.001

LOOK_FOR_REPAIRS_EVERY: Final = timedelta(seconds=0.5)

ABREAST: Final = 2
"""So many passes of a lane at the same time: while one waits for the stores, the next one reads."""

_CHANNELS: Final[dict[Lane, tuple[Channel, ...]]] = {
    "order_events": ("order_events", "repair"),
    "hold_events": ("hold_events",),
    "store_orders": ("store_orders", "inbox"),
    "supply_events": ("supply_events", "batch"),
}

EventMode = Literal["sensor", "runs"]


@dataclass(frozen=True)
class Handover:
    """Work for a run, that of ``batch`` if given; the SKUs are on the dirty list."""

    reason: str
    batch: BatchName | None = None


class Claims:
    """What the passes of a lane are at work on, so that no two of them meet at a level.

    They would do no harm (the fence keeps them apart), but the later one would have to come again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._claimed: dict[str, frozenset[str]] = {}  # SKU -> all that it touches
        self._is_waited_for = False

    def claim(
        self, work: Sequence[DirtySku], related: Callable[[str], frozenset[str]]
    ) -> list[DirtySku]:
        """The SKUs that touch nothing that is claimed; they are claimed from now on."""
        with self._lock:
            taken = frozenset().union(*self._claimed.values())
            touched = {item.sku: related(item.sku) for item in work}
            free = [item for item in work if not touched[item.sku] & taken]
            self._claimed |= {item.sku: touched[item.sku] for item in free}
            self._is_waited_for |= len(free) < len(work)
        return free

    def give_back(self, work: Sequence[DirtySku]) -> bool:
        """They are free again; whether somebody had to wait for any."""
        with self._lock:
            for item in work:
                del self._claimed[item.sku]
            was_waited_for, self._is_waited_for = self._is_waited_for, False
        return was_waited_for


class LaneWorker:
    """One lane with everything warm: listeners, threads and connections."""

    def __init__(
        self, parts: Parts, name: Lane, *, poll_seconds: float, mode: EventMode = "sensor"
    ) -> None:
        self._parts = parts
        self.name: Lane = name
        self._mode = mode
        self._bell, self._rest = threading.Event(), threading.Event()
        self._passes = EventPasses(parts, abreast=ABREAST)
        self._claims = Claims()
        self._ear = _ear(parts, name, poll_seconds)
        self._ask_at = parts.now()
        self._new_day = NewDay(parts)
        self._was_urgent = False

    @contextmanager
    def listening(self) -> Iterator["LaneWorker"]:
        """Be woken by what the lane works on, while this is held."""
        with ExitStack() as stack:
            stack.callback(self._passes.close)
            stack.enter_context(self._parts.ledger.on_work(_CHANNELS[self.name], self.ring))
            if self.name != "store_orders":
                stack.enter_context(self._parts.erp.on_event(self.announced))
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

    def announced(self, kind: str) -> None:
        """The ERP has events; those of a kind that another lane hears wake nobody here."""
        if kind not in EVENT_KINDS or lane_of(kind) == self.name:
            self.ring()

    def asked(self) -> None:
        """A run was asked for what the lane handed over; leave it time to begin."""
        self._ask_at = self._parts.now() + ASK_AGAIN_AFTER

    def wait(self, seconds: float) -> None:
        """Until something wakes the lane, so long at most."""
        self._bell.wait(max(0.0, seconds))
        if self.name != "order_events":
            self._rest.wait(REST_SECONDS)

    def turn(self, report: Callable[[EventReport], None]) -> Handover | datetime | None:
        """Look for work and serve it; returns when to do so again without being woken.

        For whoever is ``alone``. Raises what an event pass raises.
        """
        found = self.look()
        if isinstance(found, list):
            return self.serve(found, report) or self._parts.now()
        return found

    def look(self) -> list[DirtySku] | Handover | datetime | None:
        """Hear, and take what is due, to be served; or when to look again without being woken.

        For one thread at a time. What another thread is serving is left alone: it rings when done.
        """
        self._bell.clear()
        ledger, now = self._parts.ledger, self._parts.now
        listen_at = self._ear.hear()
        work = ledger.take([self.name], due=now(), limit=MOST_SKUS + 1, last=COUNT_KINDS)
        handover = self._handover(work)
        if handover or len(work) > MOST_SKUS:
            return self._urgent(work) or handover or now() + _LOOK_AFTER
        free = self._claims.claim(work, self._passes.related)
        if free:
            return free
        due = ledger.next_due([self.name, *_SERVED_BY_RUNS])
        waiting = {lane for lane in _SERVED_BY_RUNS if due.pop(lane, _NEVER) <= now()}
        if handover := self._left_to_a_run(waiting):
            return handover
        if work:
            return listen_at  # all of it is being served: whoever does so rings
        return min((at for at in (listen_at, *due.values()) if at is not None), default=None)

    def serve(
        self, work: Sequence[DirtySku], report: Callable[[EventReport], None]
    ) -> Handover | None:
        """Run a pass over work that was found; several threads may do so at the same time.

        Raises what an event pass raises.
        """
        try:
            report(self._passes.run(work))
        finally:
            if self._claims.give_back(work):
                self.ring()
        return self._repair()

    def _handover(self, work: Sequence[DirtySku]) -> Handover | None:
        if any(item.sku == EVERYTHING for item in work):
            return Handover("an event did not say which SKUs it is about")
        if self.name == "supply_events" and len(work) > MOST_SKUS:
            return self._batch(batch_of(item.reason for item in work))
        if len(work) > MOST_SKUS:
            return Handover(f"more than {MOST_SKUS} SKUs are dirty")
        if work and self._mode == "runs":
            return Handover("every event is served by a run (event_mode: runs)")
        return None

    def _urgent(self, work: Sequence[DirtySku]) -> list[DirtySku]:
        """What must not wait behind a wave of counts, or a full pass, until a run has served it;
        every other look, for that run has to be asked for all the same.
        """
        few = [item for item in work if item.sku != EVERYTHING and item.reason not in COUNT_KINDS]
        is_little = self._mode == "sensor" and 0 < len(few) <= MOST_SKUS
        self._was_urgent = is_little and not self._was_urgent
        return self._claims.claim(few, self._passes.related) if self._was_urgent else []

    def _left_to_a_run(self, waiting: Collection[Lane]) -> Handover | None:
        """Ask for the run that serves a lane without a sensor; one sensor looks at each of them."""
        if self.name == "supply_events" and ("batch" in waiting or self._new_day.has_begun()):
            return self._batch("replenishment")  # one was killed, or supply is late since midnight
        return self._repair() if "repair" in waiting else None

    def _batch(self, batch: BatchName) -> Handover | None:
        """Ask for a batch, unless one is at work: it serves everything before it ends."""
        if self._parts.now() < self._ask_at:
            return None
        with self._parts.ledger.lane_lock("batch", patience_seconds=AT_ONCE_SECONDS) as is_idle:
            if is_idle:
                return Handover("supply came in a wave", batch)
        self._ask_at = self._parts.now() + _LOOK_AFTER
        return None

    def _repair(self) -> Handover | None:
        """Ask for a run when a SKU needs a closer look; events do not wait for that run."""
        now = self._parts.now()
        if self.name != "order_events" or now < self._ask_at:
            return None
        broken = self._parts.ledger.take(["repair"], due=now, limit=1)
        if not broken:
            self._ask_at = now + LOOK_FOR_REPAIRS_EVERY
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
            work = parts.ledger.take([lane], due=parts.now() + _SOON, limit=_ALL, last=COUNT_KINDS)
            careful += [item for item in work if item.sku == EVERYTHING]
            work = [item for item in work if item.sku != EVERYTHING]
            is_much = len(work) > MOST_SKUS
            if lane == "supply_events" and is_much:
                continue  # a batch's
            if mode == "sensor" and not is_much:
                continue  # the lane's own sensor is quicker
            for at in range(0, len(work), MOST_SKUS):
                report(passes.run(work[at : at + MOST_SKUS]))
    finally:
        passes.close()
    return careful


_SERVED_BY_RUNS: Final[tuple[Lane, ...]] = ("repair", "batch")
_LOOK_AFTER: Final = timedelta(seconds=1)
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_ALL: Final = 1_000_000
_SOON: Final = timedelta(seconds=1)
