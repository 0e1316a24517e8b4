"""The road between the product and a shop: calls get lost there, come late, or are never answered.

Put trouble on the way to a store in memory here. The stand-in has its own road, in the transport
of the real client.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from inventory_sync.domain.errors import StoreUnreachable
from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import (
    CatalogItem,
    Export,
    Level,
    LevelKey,
    Outcome,
    Refusal,
    Refused,
    SetQuantities,
    StoreFacts,
    Unknown,
)
from inventory_sync.domain.reservations import Draft
from inventory_sync.domain.webhooks import Subscription
from inventory_sync.flow.act import NOT_SENT
from inventory_sync.flow.ports import Storefront
from inventory_sync.simulation.clock import Clock
from inventory_sync.simulation.faults import Faults
from inventory_sync.simulation.process import Process, Watched

ON_THE_WAY_SECONDS: Final = 5.0
"""A call arrives within this time of leaving, or never (docs/decisions/0010)."""

HELD_BACK_SECONDS: Final = 25.0
"""The same for a delta, which is applied whatever the level shows then (protocol B.8)."""

LONGEST_ANSWER_SECONDS: Final = 30.0

Executed = Callable[[str, SetQuantities, Callable[[], Outcome]], Outcome]


class Road:
    """The way to a storefront. ``execute`` lets the shop execute a call, and looks on; a store that
    ``is_large`` is read by exports.
    """

    def __init__(
        self,
        front: Storefront,
        clock: Clock,
        faults: Faults,
        execute: Executed,
        *,
        is_large: bool = False,
    ) -> None:
        self.is_large = is_large
        self._front, self._clock, self._faults = front, clock, faults
        self._execute = execute

    @property
    def store(self) -> str:
        """The name of the store."""
        return self._front.store

    @property
    def parallel_calls(self) -> int:
        """One: the simulation has one thread."""
        return 1

    def _reach(self) -> Storefront:
        if self._faults.strikes("store_away"):
            raise StoreUnreachable(store=self.store, cause="the connection broke")
        return self._front

    def facts(self) -> StoreFacts:
        """What the store says about itself."""
        return self._reach().facts()

    def catalog(self) -> Iterator[CatalogItem]:
        """Every item."""
        return self._reach().catalog()

    def levels(self, store_location_id: str) -> Iterator[Level]:
        """Every level at a location."""
        return self._reach().levels(store_location_id)

    def export(self, store_location_ids: Sequence[str]) -> Export | None:
        """Everything at some locations, as it was a while ago."""
        return self._reach().export(store_location_ids)

    def levels_of(
        self, store_location_id: str, inventory_item_ids: Sequence[str]
    ) -> Iterator[Level]:
        """Some levels at a location."""
        return self._reach().levels_of(store_location_id, inventory_item_ids)

    def order_lines(self, updated_since: datetime) -> Iterator[Sequence[OrderLine]]:
        """Orders updated since."""
        return self._reach().order_lines(updated_since)

    def orders_of(self, ids: Sequence[str]) -> Iterator[Sequence[OrderLine]]:
        """Orders by their ids."""
        return self._reach().orders_of(ids)

    def drafts_of(self, ids: Sequence[str]) -> Sequence[Draft]:
        """Drafts by their ids."""
        return self._reach().drafts_of(ids)

    def drafts_since(self, updated_since: datetime) -> Iterator[Sequence[Draft]]:
        """Drafts updated since."""
        return self._reach().drafts_since(updated_since)

    def await_turn(self) -> None:
        """The rate limit, if the shop has one."""
        self._reach().await_turn()

    def send(self, call: SetQuantities, send_by: float) -> Outcome:
        """Send one call: it arrives at once, late, or not at all; so does its answer.

        When its time to leave is over (seconds), it stays here.
        """
        front = self._reach()
        if self._clock.seconds > send_by:
            return Refused({}, (Refusal(NOT_SENT, "it could not leave in time and never will"),))
        strikes = self._faults.strikes
        if strikes("request_lost"):
            return self._never_answered("ConnectError: the request was lost")
        if strikes("request_late"):
            longest = HELD_BACK_SECONDS if call.relative else ON_THE_WAY_SECONDS
            delay = self._faults.rng.uniform(0.0, longest)
            self._clock.after(delay, lambda: self._arrive_late(front, call))
            return self._never_answered("ReadTimeout: the request was under way")
        outcome = self._arrive(front, call)
        if strikes("answer_lost"):
            return self._never_answered("ReadTimeout: the answer was lost")
        return outcome

    def _arrive(self, front: Storefront, call: SetQuantities) -> Outcome:
        return self._execute(self.store, call, lambda: front.set_quantities(call))

    def _arrive_late(self, front: Storefront, call: SetQuantities) -> None:
        self._arrive(front, call)

    def _never_answered(self, cause: str) -> Unknown:
        self._clock.sleep(self._faults.rng.uniform(0.0, LONGEST_ANSWER_SECONDS))
        return Unknown(cause)

    def connect(self, key: LevelKey, idempotency_key: str) -> str | None:
        """Connect a level."""
        return self._reach().connect(key, idempotency_key)

    def webhooks(self) -> Sequence[Subscription]:
        """The subscriptions."""
        return self._reach().webhooks()

    def subscribe(self, topic: str, uri: str) -> str | None:
        """Subscribe to a topic."""
        return self._reach().subscribe(topic, uri)

    def unsubscribe(self, subscription_id: str) -> str | None:
        """Remove a subscription."""
        return self._reach().unsubscribe(subscription_id)


class Client(Watched):
    """The product's client of a store in one process: what has not left in time, it never sends."""

    def __init__(
        self, road: Road, process: Process, seconds: Callable[[str], float], clock: Clock
    ) -> None:
        super().__init__(road, process, seconds)
        self._road, self._clock = road, clock

    def export(self, store_location_ids: Sequence[str]) -> Export | None:
        """It takes its time, where there is one."""
        if not self._road.is_large:
            return None
        found: Export | None = super().__getattr__("export")(store_location_ids)
        return found

    def set_quantities(self, call: SetQuantities) -> Outcome:
        """Send one call soon or never."""
        outcome: Outcome = self.send(call, self._clock.seconds + call.within_seconds)
        return outcome
