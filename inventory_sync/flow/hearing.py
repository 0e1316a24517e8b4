"""Hearing: events of the ERP and of the stores become SKUs on the dirty list, and nothing else.

Put here what a lane listens to. Values are never taken from an event: they are read again in the
pass. What is heard is on the dirty list before it counts as heard, so a crash forgets nothing.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from inventory_sync.domain.batches import lane_of
from inventory_sync.domain.dirty import Lane, Mark
from inventory_sync.domain.extract import EVERYTHING, ErpEvent
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.reservations import expire, finish

LATE_BY = timedelta(seconds=60)
"""Event ids may be committed out of order; an event is still found when it is so late."""

REMEMBERED = (10 * LATE_BY, timedelta(hours=2), timedelta(days=1), timedelta(days=3650))
"""So far back a starting lane looks for what it has heard: further only where it was quiet, or
switched off. The ledger keeps a day of it, counted from what the lane has heard last.
"""

_EVENTS_AT_ONCE = 10_000

FINISH_EVERY = timedelta(seconds=30)
"""What was left undone about reservations is tried again so often."""


class Ear(Protocol):
    """What a lane listens to."""

    def hear(self) -> datetime | None:
        """Put what is new on the dirty list; when to listen again at the latest, if known."""
        ...


class ErpEar:
    """The events of the ERP that concern one lane.

    New events are those after the highest id. As ids may commit out of order, the events of the
    last minute are read again every ``poll_seconds`` and those that were heard are dropped.
    """

    def __init__(self, parts: Parts, lane: Lane, *, poll_seconds: float) -> None:
        self._parts = parts
        self._lane = lane
        self._poll = timedelta(seconds=poll_seconds)
        self._highest: int | None = None
        self._heard: dict[int, datetime] = {}
        self._marks: deque[tuple[datetime, int]] = deque()  # when the highest id was which
        self._look_back_at = parts.now()

    def hear(self) -> datetime | None:
        """Read events and mark their SKUs; returns when the ERP has to be polled again."""
        now = self._parts.now()
        highest = self._start() if self._highest is None else self._highest
        looks_back = now >= self._look_back_at
        after = self._low_id(now, highest) if looks_back else highest
        heard = self._heard if looks_back else ()
        events = self._parts.erp.events(after, limit=_EVENTS_AT_ONCE, besides=heard)
        if events:
            self._record(events, now)
        if looks_back:
            is_newer = events and events[-1].event_id > highest
            if not is_newer and self._parts.erp.last_event_id() < highest:
                self._begin_anew(now)
            self._look_back_at = now + self._poll
        if len(events) == _EVENTS_AT_ONCE:
            return now
        return self._look_back_at

    def _start(self) -> int:
        """Go on where the lane stopped; a new lane begins with the next event."""
        known = self._parts.ledger.heard_until(self._lane)
        if known is None:
            known = self._parts.erp.last_event_id()
            now = self._parts.now()
            self._parts.ledger.record_events(self._lane, [], [], at=now, restart_at=known)
        then = self._parts.now() - LATE_BY - self._poll
        self._marks.append((then, self._remember(known)))
        self._highest = known
        return known

    def _remember(self, known: int) -> int:
        """Recall what was heard; returns the highest id some time before the last of it.

        Below that id nothing was missing any more, however long the lane was away since.
        """
        low = known
        for back in REMEMBERED:
            self._heard = self._parts.ledger.heard_since(self._lane, self._parts.now() - back)
            last = max(self._heard.values(), default=None)
            if last is not None:
                then = last - LATE_BY - self._poll
                before = [id_ for id_, at in self._heard.items() if at <= then]
                if before:
                    return max(before)
                low = min(known, *(id_ - 1 for id_ in self._heard))
        return low

    def _low_id(self, now: datetime, highest: int) -> int:
        """The highest id as it was ``LATE_BY`` before the last look back: what came since then may
        have a lower id.
        """
        self._marks.append((now, highest))
        while len(self._marks) > 1 and self._marks[1][0] <= now - LATE_BY - self._poll:
            self._marks.popleft()
        low = self._marks[0][1]
        self._heard = {id_: at for id_, at in self._heard.items() if id_ > low}
        return low

    def _record(self, events: Sequence[ErpEvent], now: datetime) -> None:
        mine = [event for event in events if lane_of(event.kind) == self._lane]
        about = [(event, self._skus_of(event)) for event in mine]
        marks = [mark for event, skus in about for mark in self._marks_of(event, skus, now)]
        if mine:
            # What a document is about is remembered with it: later it may be about less.
            named = [replace(e, sku=sku) for e, skus in about for sku in (*skus,) or (None,)]
            self._parts.ledger.record_events(self._lane, named, marks, at=now)
        self._heard |= {event.event_id: now for event in events}
        self._highest = max(self._highest or 0, *(event.event_id for event in events))

    def _skus_of(self, event: ErpEvent) -> list[str]:
        """The SKUs that the event names, or all that its document has and ever had; sorted."""
        if event.sku or not event.document:
            return [event.sku] if event.sku else []
        now = self._parts.erp.skus_of_document(event.document)
        return sorted({*now, *self._parts.ledger.skus_of_document(event.document)})

    def _marks_of(self, event: ErpEvent, skus: Sequence[str], now: datetime) -> list[Mark]:
        return [Mark(sku, event.occurred_at, now, event.kind) for sku in skus or [EVERYTHING]]

    def _begin_anew(self, now: datetime) -> None:
        """The ERP counts its events from a lower id: what it has done meanwhile is not known."""
        last = self._parts.erp.last_event_id()
        everything = Mark(EVERYTHING, now, now, "the ERP's event ids went back")
        self._parts.ledger.record_events(self._lane, [], [everything], at=now, restart_at=last)
        self._heard.clear()
        self._marks.clear()
        self._highest = last


class HoldEar:
    """Hold events of the ERP, and the clock: a hold or a reservation that expires is an event.

    What ends next is asked for every ``poll_seconds``, and whenever something ends.
    """

    def __init__(self, parts: Parts, *, poll_seconds: float) -> None:
        self._parts = parts
        self._erp = ErpEar(parts, "hold_events", poll_seconds=poll_seconds)
        self._poll = timedelta(seconds=poll_seconds)
        self._look_at = self._finish_at = parts.now()

    def hear(self) -> datetime | None:
        """Read hold events, and mark the SKUs of commitments that have ended by themselves."""
        again = self._erp.hear()
        now = self._parts.now()
        if now >= self._look_at:
            ends = (now + self._poll, expire(self._parts), self._ring())
            self._look_at = min(at for at in ends if at is not None)
        if now >= self._finish_at:
            finish(self._parts)
            self._finish_at = self._parts.now() + FINISH_EVERY
        return min(again or self._look_at, self._look_at)

    def _ring(self) -> datetime | None:
        """Ring the clocks whose time has come; when the next one rings."""
        ledger, now = self._parts.ledger, self._parts.now
        rings_at = ledger.next_clock()
        if rings_at is not None and rings_at <= now():
            ledger.ring_clocks(now=now())
            rings_at = ledger.next_clock()
        return rings_at
