"""What following promises needs from our own memory, as a small Protocol.

Put a method here when ``promise_ledger.py`` or a command about promises calls it. The ledger does
not import this module: it fits by shape.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Protocol

import pandas as pd

from inventory_sync.domain.slips import Line, OrderPromise


class PromiseBook(Protocol):
    """The part of the ledger that remembers promises."""

    def promises_on_supply(self) -> pd.DataFrame:
        """The open promises that rest on supply: ``promise_id`` and ``GIVEN_COLUMNS``."""
        ...

    def record_promises(
        self, rows: pd.DataFrame, slips: pd.DataFrame, *, pass_id: str, at: datetime
    ) -> None:
        """Remember what is promised now; what is promised no longer ends.

        ``slips`` (``SLIP_COLUMNS``) says which of the open ones were broken by supply.
        """
        ...

    def slipped_promises(self, *, since: date) -> pd.DataFrame:
        """Published promises that supply has broken, for ``since`` and later, soonest first."""
        ...

    def order_promises(self, *, settled_since: date | None) -> list[OrderPromise]:
        """Promises of orders: all that are open, and those settled on that day or later."""
        ...

    def settled_promises(self, lines: Collection[Line]) -> list[OrderPromise]:
        """The promises of these order lines that were settled."""
        ...

    def save_order_promises(self, changed: Iterable[OrderPromise]) -> None:
        """Write promises of orders as they are now (new or changed; by order line).

        What was promised, and when, is written once and never changed.
        """
        ...
