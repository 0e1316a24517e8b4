"""Words of showing promises: the metafields that a store keeps for us, and what we write to them.

Put the values that travel between the plan, the ledger and a store here. What is in a metafield is
``promise_value.py``; when it is written, ``promise_plan.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from inventory_sync.domain.publication import Refused, Unknown

MAX_METAFIELDS: Final = 25
"""So many metafields go in one call (facts 5)."""

MAX_VALUE_BYTES: Final = 128_000
"""A JSON metafield is at most 128 KB from API version 2026-04 on (facts 5)."""


class Owner(StrEnum):
    """What carries a promise of ours, in the spelling of Shopify's enum of owners."""

    VARIANT = "PRODUCTVARIANT"
    ORDER = "ORDER"


@dataclass(frozen=True, slots=True)
class Metafield:
    """What a store holds: the JSON as text, and the digest by which it is compared and swapped."""

    value: str
    digest: str


@dataclass(frozen=True, slots=True)
class StoreVariant:
    """One product variant of a store with the availability that it holds, if any."""

    variant_id: str
    inventory_item_id: str
    sku: str | None
    held: Metafield | None


@dataclass(frozen=True, slots=True)
class Work:
    """A fulfilment order: the lines that one location ships, and by when they should be."""

    work_id: str
    is_open: bool
    ships_by: datetime | None
    line_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class StoreOrder:
    """One order of a store with the dates that it holds, if any, and the work on it."""

    order_id: str
    held: Metafield | None
    work: tuple[Work, ...]


@dataclass(frozen=True, slots=True)
class MetafieldWrite:
    """Set one metafield, only if its digest still is ``expected_digest`` (None: there is none)."""

    owner_id: str
    value: str
    expected_digest: str | None


@dataclass(frozen=True, slots=True)
class Stored:
    """The store took all of a call; ``digests`` by owner."""

    digests: Mapping[str, str]


MetafieldsOutcome = Stored | Refused | Unknown


@dataclass(frozen=True, slots=True)
class PublishedPromise:
    """What we last wrote to a variant, or to an order (then without SKU).

    ``digest`` is None from before the call until its answer has come: then nobody knows which of
    two values the store holds, and a difference proves nothing. ``told_at`` comes from the ledger:
    when it was written, or found right by a renewal of a few SKUs.
    """

    owner_id: str
    sku: str | None
    value: str
    digest: str | None
    told_at: datetime | None = field(default=None, compare=False)
