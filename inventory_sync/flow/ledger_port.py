"""What a pass needs from our own memory, as a Protocol.

Put a method here when a pass calls it; what lanes and event passes need is
``event_memory_port.py``. The ledger does not import this module: it fits by shape.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Literal, Protocol

import pandas as pd

from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import Applied, Decided, LevelKey, Refused, SetQuantities
from inventory_sync.domain.reservations import Reservation
from inventory_sync.flow.batch_port import BatchMemory
from inventory_sync.flow.drift_port import DriftMemory
from inventory_sync.flow.event_memory_port import EventMemory
from inventory_sync.flow.guard_port import GuardMemoryPort
from inventory_sync.flow.import_port import ImportMemory
from inventory_sync.flow.promise_ledger_port import PromiseBook
from inventory_sync.flow.promise_publishing_port import PromiseMemory


class Ledger(
    EventMemory,
    BatchMemory,
    DriftMemory,
    PromiseMemory,
    PromiseBook,
    GuardMemoryPort,
    ImportMemory,
    Protocol,
):
    """Our own memory. Frames and columns are described where the ledger implements them."""

    def store_lock(self, store: str) -> AbstractContextManager[None]:
        """Keep every other pass away from the store; raises ``StoreUnreachable`` after a while."""
        ...

    def begin_pass(
        self,
        pass_id: str,
        kind: str,
        *,
        started_at: datetime,
        code_version: str,
        dagster_run_id: str | None = None,
    ) -> None:
        """Write down that a pass has begun."""
        ...

    def finish_pass(
        self,
        pass_id: str,
        *,
        status: Literal["done", "refused", "failed"],
        finished_at: datetime,
        counts: Mapping[str, int],
        reason: str | None = None,
    ) -> None:
        """Write down how it ended."""
        ...

    def note_pass(
        self,
        pass_id: str,
        kind: str,
        *,
        started_at: datetime,
        finished_at: datetime,
        code_version: str,
        counts: Mapping[str, int],
    ) -> None:
        """Write down a short pass that is done already."""
        ...

    def last_good_counts(self) -> dict[str, int]:
        """Rows of each dataset in the last snapshot that was believed."""
        ...

    def record_snapshot(
        self, pass_id: str, counts: Mapping[str, int], *, taken_at: datetime
    ) -> None:
        """Write down how many rows each dataset had."""
        ...

    def order_cursor(self, store: str) -> datetime | None:
        """Up to which update the store's orders have been read."""
        ...

    def advance_order_cursor(self, store: str, updated_at: datetime) -> None:
        """Move the cursor on; it never moves back."""
        ...

    def record_order_lines(
        self,
        store: str,
        lines: Sequence[OrderLine],
        *,
        read_at: datetime,
        reservations: Sequence[Reservation] = (),
    ) -> set[str]:
        """Remember the newest state of whole orders; the SKUs of lines that are not as before.

        The same transaction marks these SKUs in the lane ``store_orders``, and saves the
        reservations that the lines stand for.
        """
        ...

    def rename_item(self, store: str, inventory_item_id: str, sku: str) -> None:
        """What was sold of the item is owed under this SKU from now on."""
        ...

    def order_lines(self) -> pd.DataFrame:
        """All order lines of all stores."""
        ...

    def taken_units(
        self, store: str, inventory_item_ids: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """What order lines have taken from each level of the store, or of some items, so far."""
        ...

    def publications(
        self, store: str, inventory_item_ids: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """The base of the explained quantity of each level, or of those of some items."""
        ...

    def published_as_of(self, store: str) -> datetime | None:
        """The newest ERP snapshot from which the store was served; ``None`` before any."""
        ...

    def open_intents(self, store: str) -> pd.DataFrame:
        """Writes whose outcome is not known."""
        ...

    def prepare(
        self,
        store: str,
        pass_id: str,
        call: SetQuantities,
        *,
        decided: Mapping[LevelKey, Decided],
        as_of: datetime,
        created_at: datetime,
    ) -> None:
        """Make the intent durable before the call.

        Raises ``WriteInFlight`` when a level has an open intent, is past its version, or was
        decided from figures that the ERP gave later than ``as_of``.
        """
        ...

    def settle(
        self,
        store: str,
        idempotency_key: str,
        outcome: Applied | Refused,
        *,
        at: datetime,
        settled_by: Literal["answer", "read"] = "answer",
    ) -> None:
        """Write down what became of a call; an applied one becomes the publication."""
        ...

    def settle_key(
        self,
        store: str,
        key: LevelKey,
        status: Literal["applied", "not_applied"],
        *,
        at: datetime,
        settled_by: Literal["answer", "read"],
    ) -> None:
        """Write down what became of one level's open intent."""
        ...

    def adopt(self, store: str, levels: pd.DataFrame, *, pass_id: str, at: datetime) -> None:
        """Remember quantities that we did not write as the base.

        A level that was written since its ``version`` was read keeps the base of that write.
        """
        ...

    def record_observed(self, store: str, levels: pd.DataFrame, *, at: datetime) -> None:
        """Remember what the store showed."""
        ...

    def record_findings(
        self,
        scope: str,
        findings: pd.DataFrame,
        *,
        pass_id: str,
        at: datetime,
        subjects: Collection[str] | None = None,
    ) -> None:
        """Replace the open findings of ``erp`` or of one store; with ``subjects``, those alone."""
        ...

    def open_findings(self, scope: str | None = None) -> pd.DataFrame:
        """What is wrong now, of ``erp``, of one store or of everything."""
        ...

    def store_states(self) -> pd.DataFrame:
        """Every store that a pass has met: store, status, since."""
        ...

    def set_store_state(
        self,
        store: str,
        status: Literal["ok", "stopped"],
        *,
        at: datetime,
        pass_id: str,
        reason: str | None = None,
        way_out: str | None = None,
    ) -> None:
        """Remember whether the store can be worked with."""
        ...
