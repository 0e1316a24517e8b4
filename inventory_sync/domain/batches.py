"""The batches: planned waves of supply, what each reads of the ERP, and which lane hears of what.

Put here what belongs to replenishment and what to manufacturing. Keep out how it is read
(``erp/sql_changes.py``) and served (``flow/batch.py``).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from inventory_sync.domain.dirty import Lane
from inventory_sync.domain.extract import HOLD_KINDS

BatchName = Literal["replenishment", "manufacturing"]


@dataclass(frozen=True, slots=True)
class Interest:
    """What of the ERP tells that a SKU has changed: events of these kinds, rows of ``stock``
    (if it counts) and ``supply`` and ``commitments`` of these kinds. Words of design 5.
    """

    event_kinds: frozenset[str]
    stock: bool
    supply_kinds: frozenset[str]
    commitment_kinds: frozenset[str]


INTERESTS: Final[Mapping[BatchName, Interest]] = {
    "replenishment": Interest(
        event_kinds=frozenset(
            {
                "stock_received",
                "stock_adjusted",
                "transfer_shipped",
                "transfer_received",
                "supply_changed",
            }
        ),
        stock=True,
        supply_kinds=frozenset({"purchase", "transfer"}),
        commitment_kinds=frozenset({"transfer"}),
    ),
    "manufacturing": Interest(
        event_kinds=frozenset({"production_completed"}),
        stock=False,
        supply_kinds=frozenset({"production"}),
        commitment_kinds=frozenset({"work"}),
    ),
}

SUPPLY_KINDS: Final = frozenset(
    {"stock_received", "production_completed", "transfer_received", "supply_changed"}
)
"""The kinds of events that bring something: the lane ``supply_events`` hears them, so that no order
waits behind a wave of them.
"""

COUNT_KINDS: Final = frozenset({"stock_adjusted", "transfer_shipped"})
"""They may take something away, so they stay in the fast lane; but they come in waves too, and an
order goes first.
"""


@dataclass(frozen=True, slots=True)
class Changed:
    """What has changed in the ERP: SKUs, and documents of events that named no SKU.

    ``taken_at`` is the instant of the reading, by the ERP's clock.
    """

    taken_at: datetime
    skus: frozenset[str]
    documents: frozenset[str]


EVENT_KINDS: Final = frozenset(
    {"order_created", "order_confirmed", "order_changed", "order_cancelled", "order_shipped"}
    | HOLD_KINDS
    | SUPPLY_KINDS
    | COUNT_KINDS
)
"""Every kind of event that an ERP may tell of (design 5)."""


def lane_of(event_kind: str) -> Lane:
    """The fast lane that hears an event. A kind that nobody knows may lower: it is with orders."""
    if event_kind in HOLD_KINDS:
        return "hold_events"
    return "supply_events" if event_kind in SUPPLY_KINDS else "order_events"


def batch_of(event_kinds: Iterable[str]) -> BatchName:
    """Whose wave it is: manufacturing's only if nothing else has come."""
    mine = INTERESTS["manufacturing"].event_kinds
    return "manufacturing" if all(kind in mine for kind in event_kinds) else "replenishment"
