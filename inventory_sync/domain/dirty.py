"""Which SKUs have to be looked at again, and since when.

Put the words of the dirty list here. What makes a SKU dirty is heard in ``flow/hearing.py``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

Lane = Literal[
    "order_events",
    "hold_events",
    "store_orders",
    "supply_events",
    "repair",
    "batch",
    "event_dates",
]
"""Who looks: one of the fast sensors, the job ``event_sync`` for what needs a closer look, the job
of a batch, or the sensor that renews dates. All but the last look at quantities.
"""

FAST_LANES: Final[tuple[Lane, ...]] = (
    "order_events",
    "hold_events",
    "store_orders",
    "supply_events",
)
"""The lanes of quantities that a sensor each works on."""

LANES: Final[tuple[Lane, ...]] = (
    *FAST_LANES,
    "repair",
    "batch",
    "event_dates",
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One SKU is dirty. ``occurred_at``: when the oldest event behind it was committed; ``due_at``:
    not to be looked at before; ``reason`` is an event kind or a sentence for people.
    """

    sku: str
    occurred_at: datetime
    due_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class DirtySku:
    """A marked SKU as it is taken from the list. ``generation`` counts its marks: it is cleared
    only when nobody has marked it meanwhile. ``marks`` is how many marks became this one.
    """

    lane: Lane
    sku: str
    generation: int
    occurred_at: datetime
    due_at: datetime
    reason: str
    marks: int


Channel = Lane | Literal["inbox"]
"""What a lane can be woken by: a new delivery, or a longer list."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A commitment ends: from ``rings_at`` (our clock) on, its SKU has to be looked at again."""

    commitment_id: str
    sku: str
    rings_at: datetime
