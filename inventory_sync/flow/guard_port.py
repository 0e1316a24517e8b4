"""What the write guard needs from our own memory, as a Protocol.

Put a method here when ``guarded.py`` or a command about stopped passes calls it. What every pass
needs is ``ledger_port.py``.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal, Protocol

from inventory_sync.domain.stops import StoppedPass, Tally


class GuardMemoryPort(Protocol):
    """The part of the ledger that the write guard works with."""

    def recent_moves(self, *, since: datetime) -> dict[str, Tally]:
        """Per store, what passes have moved since then; slow after many writes."""
        ...

    def published_levels(self, stores: Collection[str] | None = None) -> dict[str, int]:
        """How many levels of each of these stores (``None``: all) are published or adopted."""
        ...

    def keep_stop(self, stop: StoppedPass, *, whole: bool = True) -> StoppedPass:
        """Remember a stopped plan; returns the one that stands in its store from now on."""
        ...

    def decide_stop(
        self,
        stop: StoppedPass,
        state: Literal["approved", "refused"],
        *,
        by: str,
        at: datetime,
        carried_by: str | None = None,
    ) -> None:
        """Remember what a person decided; an approved one stands no longer."""
        ...

    def expire_stop(self, store: str, *, at: datetime) -> None:
        """A pass found nothing to object to: what stood in this store stands no longer."""
        ...

    def stops(self, pass_id: str | None = None) -> list[StoppedPass]:
        """What was stopped in a pass or carried out by it, or all that stands; oldest first."""
        ...

    def newest_changes(self) -> dict[str, datetime]:
        """Per dataset of the ERP, its newest change in the last good pass."""
        ...

    def record_newest_changes(self, pass_id: str, newest: Mapping[str, datetime]) -> None:
        """Remember the newest change of each dataset."""
        ...

    def written_since(self, since: datetime) -> dict[str, list[str]]:
        """Store -> the SKUs that were written after then, or whose write has no outcome."""
        ...

    def pass_ended_at(self, pass_id: str) -> datetime | None:
        """When a pass ended (or began, while it runs); ``None`` when there is no such pass."""
        ...
