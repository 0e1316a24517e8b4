"""What showing promises needs: of a store, and of our own memory; as small Protocols.

Put a method here when ``promise_publishing.py`` or ``order_promising.py`` calls it. What a pass
needs to publish quantities is in ``ports.py`` and ``ledger_port.py``.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from inventory_sync.domain.metafields import (
    MetafieldsOutcome,
    MetafieldWrite,
    Owner,
    PublishedPromise,
    StoreOrder,
    StoreVariant,
)


class PromiseStorefront(Protocol):
    """Where one store shows dates. Every method may raise what those of ``Storefront`` raise."""

    def variants(self) -> Iterator[StoreVariant]:
        """Every product variant, also those without SKU, with the availability that it holds."""
        ...

    def variants_of(self, variant_ids: Collection[str]) -> Iterator[StoreVariant]:
        """The variants with these gids, in any order; one that does not exist is left out."""
        ...

    def orders_with_dates(self, order_ids: Collection[str]) -> Iterator[StoreOrder]:
        """The orders with these gids, with the dates they hold and the work on them.

        An order that does not exist is left out.
        """
        ...

    def define_promises(self, owner: Owner) -> str | None:
        """Make the definition of our metafield, readable for buyers; one that is there is fine.

        Returns the reason when refused.
        """
        ...

    def set_promises(self, owner: Owner, writes: Sequence[MetafieldWrite]) -> MetafieldsOutcome:
        """Write up to ``MAX_METAFIELDS`` values, all or none, each only over what was read.

        A value that is there already is accepted whatever digest was read.
        """
        ...

    def set_deadline(self, work_ids: Sequence[str], ships_by: datetime) -> str | None:
        """Tell by when fulfilment orders have to be fulfilled. Returns the reason when refused."""
        ...


class PromiseMemory(Protocol):
    """The part of the ledger that knows what stores were told of dates."""

    def promise_lock(self, store: str, *, patience_seconds: float) -> AbstractContextManager[None]:
        """Keep all others from writing dates of variants there, while this is held.

        Raises ``StoreUnreachable`` when another pass still does so after ``patience_seconds``.
        """
        ...

    def published_promises(self, store: str, owner: Owner) -> dict[str, PublishedPromise]:
        """What was last written, or was about to be, by the gid of the variant or order."""
        ...

    def availability_told(
        self, store: str, *, skus: Collection[str]
    ) -> dict[str, PublishedPromise]:
        """The same of the variants alone that were told as one of these SKUs."""
        ...

    def found_right(self, store: str, variant_ids: Collection[str], *, at: datetime) -> None:
        """Variants that would be told the same now: told by whom they were, right as of ``at``."""
        ...

    def save_published_promises(
        self,
        store: str,
        owner: Owner,
        promises: Sequence[PublishedPromise],
        *,
        pass_id: str,
        at: datetime,
    ) -> None:
        """Remember what is written now; of variants or orders that are not named nothing changes.

        Orders of long ago are forgotten in passing.
        """
        ...
