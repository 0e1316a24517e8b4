"""What a pass needs from the outside, as small Protocols.

Put a method here when a pass calls it. Adapters do not import this module: they fit by shape, and
each port has one contract suite in the tests that its real adapter and its fake both pass.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Literal, Protocol

import pandas as pd

from inventory_sync.domain.frames import ErpSnapshot
from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import (
    Applied,
    CatalogItem,
    Level,
    LevelKey,
    Outcome,
    Refused,
    SetQuantities,
    StoreFacts,
)


class ErpSource(Protocol):
    """Where supply and demand come from."""

    def snapshot(self) -> ErpSnapshot:
        """Read all contract datasets as of one instant.

        Raises ``ErpUnavailable`` when the source cannot be read and ``ContractBroken`` when a
        dataset or column is missing: then nothing is published.
        """
        ...


class Storefront(Protocol):
    """One Shopify store. Every method may raise ``StoreStopped`` (do not go on with this store:
    revoked token, missing scope, frozen shop) or ``StoreUnreachable`` (try later).
    """

    @property
    def store(self) -> str:
        """The name of the store in the settings."""
        ...

    @property
    def parallel_calls(self) -> int:
        """How many calls may usefully be under way at once at this store's restore rate."""
        ...

    def facts(self) -> StoreFacts:
        """What the store says about itself."""
        ...

    def catalog(self) -> Iterator[CatalogItem]:
        """Every inventory item, also those without SKU and those that share one."""
        ...

    def levels(self, store_location_id: str) -> Iterator[Level]:
        """Every level at one location, inactive ones included; those are not believed."""
        ...

    def levels_of(
        self, store_location_id: str, inventory_item_ids: Sequence[str]
    ) -> Iterator[Level]:
        """The levels of the given items at one location; an unconnected one says so."""
        ...

    def order_lines(self, updated_since: datetime) -> Iterator[Sequence[OrderLine]]:
        """Lines of all orders updated since, oldest update first; each value holds whole orders."""
        ...

    def set_quantities(self, call: SetQuantities) -> Outcome:
        """Send one call. Waits for the rate limit; sends again only what provably did not run."""
        ...

    def connect(self, key: LevelKey, idempotency_key: str) -> str | None:
        """Connect or activate a level with 0 available. Returns the reason when refused."""
        ...


class Ledger(Protocol):
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
        self, store: str, lines: Sequence[OrderLine], *, read_at: datetime
    ) -> None:
        """Remember the newest state of whole orders."""
        ...

    def rename_item(self, store: str, inventory_item_id: str, sku: str) -> None:
        """What was sold of the item is owed under this SKU from now on."""
        ...

    def order_lines(self) -> pd.DataFrame:
        """All order lines of all stores."""
        ...

    def taken_units(self, store: str) -> pd.DataFrame:
        """What order lines have taken from each level of the store so far."""
        ...

    def publications(self, store: str) -> pd.DataFrame:
        """The base of the explained quantity of each level."""
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
        taken_units: Mapping[LevelKey, int],
        versions: Mapping[LevelKey, int],
        waterfalls: Mapping[LevelKey, Mapping[str, Any]],
        created_at: datetime,
    ) -> None:
        """Make the intent durable before the call.

        Raises ``WriteInFlight`` when a level has an open intent or is past its version.
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
        """Remember quantities that we did not write as the base."""
        ...

    def record_observed(self, store: str, levels: pd.DataFrame, *, at: datetime) -> None:
        """Remember what the store showed."""
        ...

    def record_findings(
        self, scope: str, findings: pd.DataFrame, *, pass_id: str, at: datetime
    ) -> None:
        """Replace the open findings of ``erp`` or of one store."""
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
