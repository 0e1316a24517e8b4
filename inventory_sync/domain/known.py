"""What the ledger knows about a few SKUs, as plain rows: the other half of an event pass.

Put the words here that travel from the ledger to the decision about a few SKUs. The ERP's half is
``extract.py``.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from inventory_sync.domain.publication import LevelKey

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class KnownLine:
    """One order line at one store location, in its newest state.

    ``store_location_id`` is ``None`` while Shopify has not assigned it; ``first_seen_at`` is when
    its order was first heard of.
    """

    store: str
    order_id: str
    line_id: str
    sku: str | None
    inventory_item_id: str | None
    store_location_id: str | None
    current_units: int
    taken_units: int
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class KnownLevel:
    """One level that we have published or adopted, with the base of its explained quantity.

    ``base_units`` and ``base_taken_units``: what we set, and what orders had taken then;
    ``version`` counts our applied writes; ``is_busy``: its last write has no known outcome;
    ``stale_answers`` counts the writes of the last minutes that a foreign change refused;
    ``as_of`` is the ERP instant from which the level was last decided.
    """

    store: str
    key: LevelKey
    sku: str
    base_units: int
    base_taken_units: int
    version: int
    is_busy: bool
    stale_answers: int
    as_of: datetime | None


SUPPLY_SCOPE: Final = "erp supply"
"""The scope of doubts that are about dates alone."""


@dataclass(frozen=True, slots=True)
class Known:
    """Levels and order lines of some SKUs in all stores, as of one instant of the ledger.

    ``lines`` holds every line of one of the SKUs and every line of an inventory item of one of the
    levels. ``doubtful``: SKUs about which a full pass had a doubt; they are never raised.
    ``unsure_supply``: those whose supply it did not believe because of another SKU's.
    """

    levels: Sequence[KnownLevel]
    lines: Sequence[KnownLine]
    doubtful: frozenset[str]
    unsure_supply: frozenset[str] = frozenset()

    @property
    def undated(self) -> frozenset[str]:
        """The SKUs that no supply is counted for."""
        return self.doubtful | self.unsure_supply


def taken_of_levels(known: Known) -> dict[tuple[str, LevelKey], int]:
    """(store, level) -> units that order lines have taken from it so far."""
    taken: dict[tuple[str, LevelKey], int] = defaultdict(int)
    for line in known.lines:
        if line.inventory_item_id and line.store_location_id:
            key = LevelKey(line.inventory_item_id, line.store_location_id)
            taken[line.store, key] += line.taken_units
    return taken


def with_unheard(known: Known, shown: Mapping[tuple[str, LevelKey], int]) -> Known:
    """With an order line for what is missing where less was shown than orders explain.

    ``shown``: (store, level) -> units that the store was seen to show, for levels that were read.
    A level that is being written is left out: what explains it is not known.
    """
    taken = taken_of_levels(known)
    lines = []
    for level in known.levels:
        at = (level.store, level.key)
        explained = level.base_units - (taken[at] - level.base_taken_units)
        missing = explained - shown.get(at, explained)
        if missing > 0 and not level.is_busy:
            lines.append(_unheard(level, missing))
    return replace(known, lines=[*known.lines, *lines])


def _unheard(level: KnownLevel, units: int) -> KnownLine:
    item, location = level.key.inventory_item_id, level.key.store_location_id
    name = f"not heard of: {item} at {location}"
    return KnownLine(level.store, name, name, level.sku, item, location, units, units, _LONG_AGO)
