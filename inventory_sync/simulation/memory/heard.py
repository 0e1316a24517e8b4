"""What was heard, in memory: events of the ERP, deliveries of the stores.

Put the rules of ``ledger/heard.py`` and ``ledger/inbox.py`` here.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from inventory_sync.domain.dirty import Lane, Mark
from inventory_sync.domain.extract import ErpEvent
from inventory_sync.domain.webhooks import Hint, InboxEntry
from inventory_sync.simulation.memory.dirty import MemoryDirtyList

_DOUBLE_WITHIN: Final = timedelta(hours=1)


class MemoryHeard(MemoryDirtyList):
    """The part of the ledger that knows what the lanes have heard."""

    def __init__(self) -> None:
        super().__init__()
        self._heard_until: dict[Lane, int] = {}
        self._heard: dict[Lane, dict[int, datetime]] = defaultdict(dict)
        self._documents: dict[str, set[str]] = defaultdict(set)
        self._inbox: dict[int, Hint] = {}
        self._inbox_open: dict[int, Hint] = {}
        self._inbox_names: set[tuple[str, ...]] = set()
        self._digests: dict[tuple[str, str], int] = {}

    # --- events of the ERP ---

    def heard_until(self, lane: Lane) -> int | None:
        """As ``Ledger.heard_until``."""
        return self._heard_until.get(lane)

    def heard_since(self, lane: Lane, after: datetime) -> dict[int, datetime]:
        """As ``Ledger.heard_since``."""
        return {event: at for event, at in self._heard[lane].items() if at > after}

    def has_heard(self, lane: Lane, event_id: int) -> bool:
        """Whether an event was heard in a lane at any time."""
        return event_id in self._heard[lane]

    def record_events(
        self,
        lane: Lane,
        events: Sequence[ErpEvent],
        marks: Sequence[Mark],
        *,
        at: datetime,
        restart_at: int | None = None,
    ) -> None:
        """As ``Ledger.record_events``."""
        if restart_at is not None:
            self._heard[lane].clear()
            self._heard_until[lane] = restart_at
        for event in events:
            self._heard[lane].setdefault(event.event_id, at)
            self._heard_until[lane] = max(event.event_id, self._heard_until.get(lane, 0))
            if event.document and event.sku:
                self._documents[event.document].add(event.sku)
        self.mark(lane, marks)

    def skus_of_document(self, document: str) -> list[str]:
        """As ``Ledger.skus_of_document``."""
        return sorted(self._documents[document])

    # --- deliveries of the stores ---

    def receive(self, hints: Sequence[Hint]) -> int:
        """As ``Ledger.receive``."""
        new = 0
        for hint in hints:
            names: list[tuple[str, ...]] = [("webhook", hint.store, hint.webhook_id)]
            if hint.event_id is not None:
                names.append(("event", hint.store, hint.event_id, hint.topic))
            last = self._digests.get((hint.store, hint.digest))
            is_double = last is not None and self._waits(last, hint.received_at)
            if is_double or any(name in self._inbox_names for name in names):
                continue
            self._inbox_names.update(names)
            number = len(self._inbox) + 1
            self._digests[hint.store, hint.digest] = number
            self._inbox[number] = hint
            if hint.dead_reason is None:
                self._inbox_open[number] = hint
            new += 1
        if new:
            self._ring("inbox")
        return new

    def _waits(self, number: int, received_at: datetime) -> bool:
        """Whether nobody has looked yet at a delivery of the last hour."""
        earlier = self._inbox[number]
        waits = number in self._inbox_open or earlier.dead_reason is not None
        return waits and earlier.received_at > received_at - _DOUBLE_WITHIN

    def inbox(self, stores: Collection[str], *, limit: int) -> list[InboxEntry]:
        """As ``Ledger.inbox``."""
        entries = [
            InboxEntry(number, hint)
            for number, hint in self._inbox_open.items()
            if hint.store in stores
        ]
        return entries[:limit]

    def inbox_done(self, inbox_ids: Sequence[int], *, at: datetime) -> None:
        """As ``Ledger.inbox_done``."""
        for number in inbox_ids:
            self._inbox_open.pop(number, None)

    def inbox_give_up(self, inbox_id: int, *, reason: str) -> None:
        """As ``Ledger.inbox_give_up``."""
        self._inbox_open.pop(inbox_id, None)
