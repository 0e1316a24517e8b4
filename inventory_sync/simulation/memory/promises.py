"""Published promises in memory. Put the rules of ``ledger/published_promises.py`` here."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from inventory_sync.domain.metafields import Owner, PublishedPromise
from inventory_sync.ledger.published_promises import ORDERS_ARE_KEPT


class MemoryPromises:
    """The part of the ledger that knows what stores were told of dates."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[tuple[str, Owner], dict[str, tuple[datetime, PublishedPromise]]] = {}

    def published_promises(self, store: str, owner: Owner) -> dict[str, PublishedPromise]:
        """As ``Ledger.published_promises``."""
        told = self._told.get((store, owner), {})
        return {name: replace(promise, told_at=at) for name, (at, promise) in told.items()}

    def availability_told(
        self, store: str, *, skus: Collection[str]
    ) -> dict[str, PublishedPromise]:
        """As ``Ledger.availability_told``."""
        told = self.published_promises(store, Owner.VARIANT)
        return {name: promise for name, promise in told.items() if promise.sku in skus}

    def found_right(self, store: str, variant_ids: Collection[str], *, at: datetime) -> None:
        """As ``Ledger.found_right``."""
        told = self._told.get((store, Owner.VARIANT), {})
        told |= {name: (at, told[name][1]) for name in variant_ids if name in told}

    def save_published_promises(
        self,
        store: str,
        owner: Owner,
        promises: Sequence[PublishedPromise],
        *,
        pass_id: str,
        at: datetime,
    ) -> None:
        """As ``Ledger.save_published_promises``."""
        if not promises:
            return
        told = self._told.setdefault((store, owner), {})
        told |= {each.owner_id: (at, each) for each in promises}
        if owner == Owner.ORDER:
            oldest = at - ORDERS_ARE_KEPT
            for kept in (each for (_, kind), each in self._told.items() if kind == owner):
                for order_id in [name for name, (told_at, _) in kept.items() if told_at < oldest]:
                    del kept[order_id]
