"""Whether the product could find anything now: if not, its lanes need not poll through the night.

Put here how idle time is told, from the truth and not from what the product believes: nothing is
passed over that a poll, a clock or a late answer would bring.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from inventory_sync.domain.dirty import Lane
from inventory_sync.domain.extract import HOLD_KINDS
from inventory_sync.simulation.clock import Clock
from inventory_sync.simulation.company import LARGE_ORDER_UNITS
from inventory_sync.simulation.erp import SimErp
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync.simulation.played_shop import DraftSale, PlayedShop
from inventory_sync.simulation.truth import DRAFT_ORDER

SETTLES_SECONDS: Final = 60.0
"""What a process still has in mind is done so long after the last happening."""


@dataclass
class Quiet:
    """Looks at the world and at the ledger."""

    clock: Clock
    erp: SimErp
    ledger: MemoryLedger
    shops: Mapping[str, PlayedShop]
    _known_events: int = 0

    def __call__(self) -> bool:
        """Whether nothing is to be done, and nothing is left to be heard."""
        return (
            self.clock.seconds - self.clock.last_happening >= SETTLES_SECONDS
            and self.ledger.is_clean()
            and not self.ledger.open_writes
            and not self.ledger.unfinished_reservations()
            and not self.ledger.inbox(list(self.shops), limit=1)
            and self._next_end() > self.clock.seconds
            and self._events_are_heard()
            and all(self._is_heard(shop) for shop in self.shops.values())
        )

    def until(self) -> float:
        """When something happens, or ends by itself (seconds)."""
        return min(self.clock.next_happening(), self._next_end())

    def _next_end(self) -> float:
        """When the next hold or reservation is over that somebody still has to notice."""
        ends = [
            draft.until
            for shop in self.shops.values()
            for draft in shop.book.drafts.values()
            if draft.reserved_units
        ]
        ends += [one.expires_at for one in self.ledger.reservations(held_only=True)]
        ends.append(self.ledger.next_clock())
        times = (self.clock.seconds_of(end) for end in ends if end is not None)
        return min(times, default=math.inf)

    def _events_are_heard(self) -> bool:
        """Events that are to be seen are heard; none is still to become visible."""
        for event in self.erp.events(self._known_events):
            lane: Lane = "hold_events" if event.kind in HOLD_KINDS else "order_events"
            if event.event_id != self._known_events + 1:
                return False
            if not self.ledger.has_heard(lane, event.event_id):
                return False
            self._known_events = event.event_id
        return True

    def _is_heard(self, shop: PlayedShop) -> bool:
        for line in shop.book.sold.values():
            order = self.ledger.orders.get((shop.store, line.order_id))
            told = order.lines if order else ()
            wanted, taken = sum(x.current_units for x in told), sum(x.taken_units for x in told)
            if (wanted, taken) != (line.wanted_units, line.taken_units):
                return False
        reservations = [r for r in self.ledger.reservations() if r.store == shop.store]
        known = {r.order_id for r in reservations}
        gone = {r.order_id for r in reservations if r.state == "held"} - shop.book.drafts.keys()
        drafts = shop.book.drafts.values()
        return not any(order_id.startswith(DRAFT_ORDER) for order_id in gone) and all(
            draft.draft_id in known or not _concerns_us(draft) for draft in drafts
        )


def _concerns_us(draft: DraftSale) -> bool:
    return draft.reserved_units > 0 or draft.units >= LARGE_ORDER_UNITS
