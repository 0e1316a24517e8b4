"""The errors of the product: each one is a sentence that a person reads.

Put an error here when a caller on another storey tells it apart from others. The message is one
clear sentence with the cause and the way out, fit to be shown as it is; it never holds a token, a
password or a buyer's data. Keep out the refusals of a single row: those are values, not errors.
"""

from collections.abc import Collection

from inventory_sync.domain.publication import LevelKey


class InventorySyncError(Exception):
    """Anything that stops a piece of work for a reason that we understand."""


class ErpUnavailable(InventorySyncError):
    """The ERP cannot be read now; the last good numbers stay and the next pass tries again."""


class ContractBroken(InventorySyncError):
    """The ERP can be read, but a dataset or column is missing or of the wrong kind.

    Nothing of that source is believed until a person repairs the contract views.
    """


class NeedsDecision(ContractBroken):
    """The ERP's documents are such that people must decide there; asking again changes nothing."""


class PassRefused(InventorySyncError):
    """The pass looks like an accident: nothing was written, the last good numbers stay."""


class CalendarRefused(InventorySyncError):
    """A calendar or time zone by which nothing could ever be shipped; mend the settings."""


class PromiseRefused(InventorySyncError):
    """A question for a promise date that has no sense: no quantity, or an unknown region."""


class UnknownSku(PromiseRefused):
    """A question about a SKU that the ERP does not have."""


class ReservationRefused(InventorySyncError):
    """The stock is not there, or the reservation cannot be decided any more."""


class StoreStopped(InventorySyncError):
    """Do not go on with this store until a person acts: revoked token, missing scope, frozen shop.

    ``reason`` says what happened, ``way_out`` what to do about it; other stores go on.
    """

    def __init__(self, *, store: str, reason: str, way_out: str) -> None:
        super().__init__(f"Store {store} is stopped: {reason}; {way_out}.")
        self.store = store
        self.reason = reason
        self.way_out = way_out

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the parts when the error crosses a process border (Dagster pickles errors)."""
        return _rebuild_stopped, (self.store, self.reason, self.way_out)


class StoreUnreachable(InventorySyncError):
    """The store gave no usable answer now; it is tried again by a later pass."""

    def __init__(self, *, store: str, cause: str) -> None:
        super().__init__(f"Store {store} cannot be reached: {cause}; the next pass tries again.")
        self.store = store
        self.cause = cause

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the parts when the error crosses a process border (Dagster pickles errors)."""
        return _rebuild_unreachable, (self.store, self.cause)


class WriteInFlight(InventorySyncError):
    """Somebody else writes these levels, or has written them since this pass read the ledger.

    The decision behind the refused call is stale: skip ``keys``, the next pass decides them anew
    (protocol B.3: a later write only after a definite outcome of the one before).
    """

    def __init__(self, store: str, keys: Collection[LevelKey]) -> None:
        self.store = store
        self.keys = tuple(sorted(keys))
        first = self.keys[0]
        super().__init__(
            f"Another write is or was under way for {len(self.keys)} level(s) of store {store}, "
            f"first {first.inventory_item_id} at {first.store_location_id}; nothing was sent, "
            "the next pass decides them anew."
        )

    def __reduce__(self) -> tuple[object, ...]:
        """Keep the parts when the error crosses a process border (Dagster pickles errors)."""
        return WriteInFlight, (self.store, self.keys)


def _rebuild_stopped(store: str, reason: str, way_out: str) -> StoreStopped:
    return StoreStopped(store=store, reason=reason, way_out=way_out)


def _rebuild_unreachable(store: str, cause: str) -> StoreUnreachable:
    return StoreUnreachable(store=store, cause=cause)
