"""What event passes need from our own memory, as a Protocol: what was heard, what is dirty, what is
known of a few SKUs.

Put a method here when a lane or an event pass calls it. What every pass needs is
``ledger_port.py``.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

import pandas as pd

from inventory_sync.domain.dirty import Channel, Clock, DirtySku, Lane, Mark
from inventory_sync.domain.extract import ErpEvent
from inventory_sync.domain.known import Known
from inventory_sync.domain.publication import LevelKey
from inventory_sync.domain.reservations import NextStep, Reservation
from inventory_sync.domain.webhooks import Hint, InboxEntry


class EventMemory(Protocol):
    """The part of the ledger that lanes work with."""

    def lane_lock(self, lane: Lane, *, patience_seconds: float) -> AbstractContextManager[bool]:
        """Keep every other evaluation of a lane away; yields false when one still runs."""
        ...

    def on_work(
        self, channels: Sequence[Channel], ring: Callable[[], None]
    ) -> AbstractContextManager[None]:
        """Call ``ring`` from another thread whenever the inbox or these lanes' lists have grown.

        Nobody is woken by what a lane marks of the events that it hears itself: it is awake.
        """
        ...

    def mark(self, lane: Lane, marks: Sequence[Mark]) -> None:
        """Put SKUs on the dirty list of a lane: one row per SKU, however often it is marked."""
        ...

    def take(
        self, lanes: Sequence[Lane], *, due: datetime, limit: int, last: Collection[str] = ()
    ) -> list[DirtySku]:
        """The SKUs of these lanes that are due, oldest event first. They stay on the list.

        Those marked for one of the reasons ``last`` come behind all others.
        """
        ...

    def next_due(self, lanes: Sequence[Lane]) -> dict[Lane, datetime]:
        """When the next SKU of each lane is due; lanes without work are left out."""
        ...

    def clear(self, done: Sequence[DirtySku]) -> None:
        """Take SKUs off the list, unless they have been marked again since they were taken."""
        ...

    def postpone(self, work: Sequence[DirtySku], *, due_at: datetime, reason: str) -> None:
        """Put off SKUs that were taken, unless they have been marked again since."""
        ...

    def dirty(self) -> pd.DataFrame:
        """The whole list: lane, sku, occurred_at, due_at, reason, marks, generation."""
        ...

    def heard_until(self, lane: Lane) -> int | None:
        """The highest ERP event id that the lane has heard; ``None`` before the first."""
        ...

    def heard_since(self, lane: Lane, after: datetime) -> dict[int, datetime]:
        """The ERP events heard since then: id -> when heard."""
        ...

    def record_events(
        self,
        lane: Lane,
        events: Sequence[ErpEvent],
        marks: Sequence[Mark],
        *,
        at: datetime,
        restart_at: int | None = None,
    ) -> None:
        """Remember events as heard and mark what they concern, in one transaction.

        ``restart_at`` sets the cursor back: the ERP counts its events anew.
        """
        ...

    def skus_of_document(self, document: str) -> list[str]:
        """The SKUs that earlier events named for an ERP document."""
        ...

    def receive(self, hints: Sequence[Hint]) -> int:
        """Write accepted deliveries into the inbox, on disk when this returns; how many were new.

        A delivery that is there already (same store and webhook id, event id and topic, or digest
        within the hour) is not written again.
        """
        ...

    def inbox(self, stores: Collection[str], *, limit: int) -> list[InboxEntry]:
        """Deliveries of these stores that nobody has looked at yet, oldest first, no dead ones."""
        ...

    def inbox_done(self, inbox_ids: Sequence[int], *, at: datetime) -> None:
        """These deliveries have been looked at."""
        ...

    def inbox_give_up(self, inbox_id: int, *, reason: str) -> None:
        """Nobody looks at this delivery any more; it is kept with its reason."""
        ...

    def order_ids_of(self, skus: Collection[str]) -> list[str]:
        """The Shopify orders with a line of one of the SKUs, or of an item published as one."""
        ...

    def known(self, skus: Collection[str], *, stale_since: datetime) -> Known:
        """Levels, order lines and doubts of some SKUs as of one instant."""
        ...

    def stamp(
        self, store: str, versions: Mapping[LevelKey, int], *, as_of: datetime
    ) -> set[LevelKey]:
        """Note that levels were found right as of an ERP instant; returns those that were stamped.

        A level is not, when it was written since its version was read, or is being written.
        """
        ...

    def record_doubts(self, scope: str, skus: Collection[str], *, pass_id: str) -> None:
        """Replace the SKUs about which a full pass has a doubt, because of ``erp`` or a store;
        ``SUPPLY_SCOPE``: about their supply alone.
        """
        ...

    def set_clocks(
        self, skus: Collection[str] | None, clocks: Sequence[Clock], *, at: datetime
    ) -> None:
        """Replace the ends of commitments of some SKUs (``None``: of all)."""
        ...

    def next_clock(self) -> datetime | None:
        """When the next commitment ends, by our clock."""
        ...

    def ring_clocks(self, *, now: datetime) -> list[str]:
        """Mark the SKUs whose commitments have ended in lane ``hold_events``; the SKUs."""
        ...

    def reservations(
        self, *, held_only: bool = False, order_id: str | None = None
    ) -> list[Reservation]:
        """Reservations, oldest first."""
        ...

    def unfinished_reservations(self) -> list[Reservation]:
        """Those with a step that is still to be done, oldest first."""
        ...

    def reservation(self, reservation_id: str) -> Reservation | None:
        """One reservation, whatever its state."""
        ...

    def save_reservations(self, reservations: Sequence[Reservation]) -> None:
        """Write reservations as they are now (new or changed; by reservation_id)."""
        ...

    def step_done(self, reservation_id: str, step: NextStep) -> None:
        """Note that a step is done; another one that was asked for meanwhile stays."""
        ...
