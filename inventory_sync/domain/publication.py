"""Words of publishing: what we want to write to a store, and what can come of it.

Put the values that travel between the decision, the ledger and the storefront here. The rule that
makes them is in ``decision.py``; the proofs are cited as protocol B.x.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

SEND_WITHIN_SECONDS: Final = 5.0
"""A call leaves within this time of its intent, or never."""

LEVEL: Final = ["inventory_item_id", "store_location_id"]
"""The two columns that name a level in every frame."""


@dataclass(frozen=True, order=True, slots=True)
class LevelKey:
    """One inventory level of one store: an inventory item at a store location (Shopify gids)."""

    inventory_item_id: str
    store_location_id: str


def level_keys(rows: pd.DataFrame) -> list[LevelKey]:
    """The level of each row."""
    columns = (rows["inventory_item_id"].astype(str), rows["store_location_id"].astype(str))
    return [LevelKey(item, location) for item, location in zip(*columns, strict=True)]


@dataclass(frozen=True, slots=True)
class QuantityChange:
    """Set ``available`` of one level to ``quantity_units``, only if it still is ``expected_units``.

    ``expected_units`` is the *explained* quantity (protocol B.3, P2e): a success proves that no
    order is unknown to us at that instant.
    """

    sku: str
    key: LevelKey
    expected_units: int
    quantity_units: int


@dataclass(frozen=True, slots=True)
class SetQuantities:
    """One call: up to 250 changes under one idempotency key, all or nothing.

    ``relative``: each level is changed *by* quantity - expected, whatever it shows (the
    ledger-relative delta of protocol B.3, D3). It cannot be refused as stale, so it serves items
    that sell faster than we hear of it; it must reach the store at most once. ``within_seconds``:
    it leaves so soon or never, for its intent is older than the call.
    """

    idempotency_key: str
    reference_uri: str
    changes: tuple[QuantityChange, ...]
    relative: bool = False
    within_seconds: float = field(default=SEND_WITHIN_SECONDS, compare=False)


@dataclass(frozen=True, slots=True)
class Decided:
    """What the ledger keeps beside a change.

    ``taken_units``: what orders had taken from the level when the quantity was computed;
    ``version``: of the level then, 0 when it was never published; ``waterfall``: how the quantity
    came about.
    """

    taken_units: int
    version: int
    waterfall: Mapping[str, Any]


# The codes of a row (facts 1.1); those of quantities are told by their name.
_ROW_CODES = frozenset(
    {
        "INVALID_INVENTORY_ITEM",
        "INVALID_LOCATION",
        "ITEM_NOT_STOCKED_AT_LOCATION",
        "NON_MUTABLE_INVENTORY_ITEM",
        "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR",
    }
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why Shopify refused one row: its error code (may be empty) and message."""

    code: str
    message: str

    @property
    def concerns_a_row(self) -> bool:
        """Whether leaving rows out can help; other codes refuse the call as such."""
        return not self.code or self.code in _ROW_CODES or "QUANTITY" in self.code


@dataclass(frozen=True, slots=True)
class Applied:
    """Shopify accepted every row of the call."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Shopify applied nothing, and named the rows at fault (index in ``changes`` -> refusal).

    ``rows`` is empty when the answer names no row: then the batch has to be bisected.
    """

    rows: Mapping[int, Refusal]
    general: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """No trustworthy answer came back: the call may or may not have been applied.

    Settled by reading and explaining, never by sending again (protocol, condition on C4).
    """

    cause: str


Outcome = Applied | Refused | Unknown


@dataclass(frozen=True, slots=True)
class Level:
    """What a store says about one level. ``available_units`` is ``None`` when not believed.

    ``is_connected`` is false when the item has no level at the location; ``is_active`` is false
    for a deactivated level; an untracked item accepts writes without any effect (facts 1.4).
    """

    key: LevelKey
    tracked: bool
    is_connected: bool
    is_active: bool
    available_units: int | None


@dataclass(frozen=True, slots=True)
class CatalogItem:
    """One inventory item of a store: the SKU may be missing or shared by several items."""

    inventory_item_id: str
    sku: str | None
    tracked: bool


@dataclass(frozen=True, slots=True)
class Export:
    """Everything a store shows, in one file: its items, and their levels at some locations.

    Each level is as it was at *some* instant after the export was asked for; much may have happened
    since, so it is no reading of now.
    """

    items: Sequence[CatalogItem]
    levels: Sequence[Level]


@dataclass(frozen=True, slots=True)
class StoreLocation:
    """One location of a store as Shopify describes it."""

    store_location_id: str
    name: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What a store says about itself; read by ``doctor`` and before a first write."""

    myshopify_domain: str
    plan: str
    api_version: str
    scopes: frozenset[str]
    supported_versions: tuple[str, ...]
    locations: tuple[StoreLocation, ...] = field(default_factory=tuple)
