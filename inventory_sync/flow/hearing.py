"""Hearing: events of the ERP and of the stores become SKUs on the dirty list, and nothing else.

Put here what a lane listens to. Values are never taken from an event: they are read again in the
pass. What is heard is on the dirty list before it counts as heard, so a crash forgets nothing.
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from inventory_sync.domain.dirty import Lane, Mark
from inventory_sync.domain.extract import EVERYTHING, HOLD_KINDS, ErpEvent
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.reservations import expire

LATE_BY = timedelta(seconds=60)
"""Event ids may be committed out of order; an event is still found when it is so late."""

REMEMBERED = (10 * LATE_BY, timedelta(hours=2), timedelta(days=1))
"""So far back a starting lane looks for what it has heard: further only where it was quiet."""

_EVENTS_AT_ONCE = 10_000


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
        events = self._parts.erp.events(after, limit=_EVENTS_AT_ONCE)
        new = [event for event in events if event.event_id not in self._heard]
        if new:
            self._record(new, now)
        if looks_back:
            last = events[-1].event_id if events else self._parts.erp.last_event_id()
            if last < highest and len(events) < _EVENTS_AT_ONCE:
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
        mine = [e for e in events if (e.kind in HOLD_KINDS) == (self._lane == "hold_events")]
        marks = [mark for event in mine for mark in self._marks_of(event, now)]
        if mine:
            self._parts.ledger.record_events(self._lane, mine, marks, at=now)
        self._heard |= {event.event_id: now for event in events}
        self._highest = max(self._highest or 0, *(event.event_id for event in events))

    def _marks_of(self, event: ErpEvent, now: datetime) -> list[Mark]:
        skus = [event.sku] if event.sku else []
        if not skus and event.document:
            document = event.document
            skus = [
                *self._parts.erp.skus_of_document(document),
                *self._parts.ledger.skus_of_document(document),
            ]
        about = sorted(set(skus)) or [EVERYTHING]
        return [Mark(sku, event.occurred_at, now, event.kind) for sku in about]

    def _begin_anew(self, now: datetime) -> None:
        """The ERP counts its events from a lower id: what it has done meanwhile is not known."""
        last = self._parts.erp.last_event_id()
        everything = Mark(EVERYTHING, now, now, "the ERP's event ids went back")
        self._parts.ledger.record_events(self._lane, [], [everything], at=now, restart_at=last)
        self._heard.clear()
        self._marks.clear()
        self._highest = last


class HoldEar:
    """Hold events of the ERP, and the clock: a hold or a reservation that expires is an event."""

    def __init__(self, parts: Parts, *, poll_seconds: float) -> None:
        self._parts = parts
        self._erp = ErpEar(parts, "hold_events", poll_seconds=poll_seconds)

    def hear(self) -> datetime | None:
        """Read hold events, and mark the SKUs of commitments that have ended by themselves."""
        again = self._erp.hear()
        ends_at = expire(self._parts)
        rings_at = self._parts.ledger.next_clock()
        if rings_at is not None and rings_at <= self._parts.now():
            self._parts.ledger.ring_clocks(now=self._parts.now())
            rings_at = self._parts.ledger.next_clock()
        return min((at for at in (again, ends_at, rings_at) if at is not None), default=None)
