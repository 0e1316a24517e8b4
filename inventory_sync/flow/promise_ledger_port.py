"""What following promises needs from our own memory, as a small Protocol.

Put a method here when ``promise_ledger.py`` or a command about promises calls it. The ledger does
not import this module: it fits by shape.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Protocol

import pandas as pd

from inventory_sync.domain.given_promises import Recording
from inventory_sync.domain.slips import Line, OrderPromise


class PromiseBook(Protocol):
    """The part of the ledger that remembers promises."""

    def record_promises(
        self, recording: Recording, *, pass_id: str, at: datetime
    ) -> pd.DataFrame | None:
        """Remember what is promised now; what is promised no longer ends. What was recorded from
        later figures stays as it is.

        Returns the promises that supply has broken (``promise_id``, ``GIVEN_COLUMNS`` and
        ``SLIP_COLUMNS``); ``None`` when all of it was recorded from later figures.
        """
        ...

    def slipped_promises(self, *, since: date) -> pd.DataFrame:
        """Published promises that supply has broken, for ``since`` and later, soonest first; but
        for those whose supply comes as it was promised, after all.
        """
        ...

    def order_promises(self, *, settled_since: date | None) -> list[OrderPromise]:
        """Promises of orders: all that are open, and those settled on that day or later."""
        ...

    def settled_promises(self, lines: Collection[Line]) -> list[OrderPromise]:
        """The promises of these order lines that were settled."""
        ...

    def save_order_promises(
        self, changed: Iterable[OrderPromise], *, figures_of: datetime, at: datetime
    ) -> None:
        """Write promises of orders as they are by these figures (new or changed; by order line).

        What was promised, and when, is written once and never changed. Nothing is written once
        everything was recorded from later figures.
        """
        ...
