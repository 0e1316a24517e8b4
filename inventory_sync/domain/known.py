"""What the ledger knows about a few SKUs, as plain rows: the other half of an event pass.

Put the words here that travel from the ledger to the decision about a few SKUs. The ERP's half is
``extract.py``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from inventory_sync.domain.publication import LevelKey


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


@dataclass(frozen=True, slots=True)
class Known:
    """Levels and order lines of some SKUs in all stores, as of one instant of the ledger.

    ``lines`` holds every line of one of the SKUs and every line of an inventory item of one of the
    levels. ``doubtful``: SKUs about which a full pass had a doubt; they are never raised.
    """

    levels: Sequence[KnownLevel]
    lines: Sequence[KnownLine]
    doubtful: frozenset[str]
