"""What a check has to know of a store to judge it, and what it says.

Put here the words that travel between reading a store, judging it and telling the verdict. The
judgements are ``failures.py``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import pandas as pd

from inventory_sync.domain.kits import Kits

LEVEL_COLUMNS: Final = (
    "sku",
    "store_location_id",
    "shown_units",
    "explained_units",
    "quantity_units",
    "offer_units",
    "pool_micros",
    "certainty",
    "is_moving",
)
"""What is judged of a level: what the store shows, what orders explain, what it shall show, what
the rules offer of the pool. ``is_moving``: a sale, an event or a write is on its way there."""

PROMISE_COLUMNS: Final = ("sku", "variant_id", "first_ships_on", "action")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a failure is borne; above it the check fails. The defaults bear none of it,
    except where business as usual looks alike.

    ``max_cancelled_share``: of the order lines of ``cancelled_days`` days; a buyer who changes an
    order while the ERP decides looks the same for a moment. ``outdated_after_minutes``: an event is
    shown within seconds, the next pass is half an hour away. ``hold_grace_minutes``: a hold reaches
    the other side only so fast. ``max_held_hours``: a hold that nobody has touched for a week is
    forgotten.
    """

    max_oversold_units: int = 0
    max_cancelled_share: float = 0.02
    cancelled_days: int = 7
    outdated_after_minutes: int = 15
    max_fragmented_levels: int = 0
    max_unfulfillable_units: int = 0
    max_drifted_holds: int = 0
    max_held_hours: int = 7 * 24
    hold_grace_minutes: int = 15
    max_wrong_promises: int = 0


@dataclass(frozen=True)
class Evidence:
    """What is known of one store at one instant (``taken_at``, by the ERP's clock).

    ``levels``: ``LEVEL_COLUMNS``. ``offered``: what the rules offer of every SKU, also of those
    that the store does not sell. ``healthy``: store, store_location_id, sku of the levels of other
    stores that show all that their rules offer. ``locations``: of all stores. ``lines``: the order
    ledger. ``changed_at``: SKU -> since when a change in the ERP waits to be shown. ``promises``:
    variants that promise a quantity for an earlier day than could be kept (``PROMISE_COLUMNS``).
    """

    store: str
    locations: Mapping[str, Mapping[str, Sequence[str]]]
    levels: pd.DataFrame
    offered: pd.DataFrame
    healthy: pd.DataFrame
    lines: pd.DataFrame
    acknowledged: pd.DataFrame
    commitments: pd.DataFrame
    kits: Kits
    taken_at: datetime
    changed_at: Mapping[str, datetime]
    promises: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=list(PROMISE_COLUMNS))
    )

    @property
    def mine(self) -> pd.DataFrame:
        """The order lines of this store."""
        return self.lines[self.lines["store"] == self.store]


@dataclass(frozen=True)
class Verdict:
    """What a check says: ``number`` of ``unit``, failing above ``limit``, with examples."""

    name: str
    number: float
    unit: str
    limit: float
    examples: pd.DataFrame

    @property
    def passed(self) -> bool:
        """Whether it is borne."""
        return self.number <= self.limit
