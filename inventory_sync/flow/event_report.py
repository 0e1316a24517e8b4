"""What an event pass did, in the words that people see.

Put figures about a pass here. Keep out how it is run: that is ``event_pass.py``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inventory_sync.domain.behind import terms
from inventory_sync.domain.dirty import DirtySku
from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.domain.few.decide import FewWrites
from inventory_sync.flow.act import Sent


@dataclass
class StoreOutcome:
    """What an event pass did in one store; ``repair`` maps SKUs to why they need a closer look,
    ``held`` are those that the guard holds back.
    """

    sent: Sent = field(default_factory=Sent)
    kept: int = 0
    again: set[str] = field(default_factory=set)
    repair: dict[str, str] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    failure: InventorySyncError | None = None

    @property
    def touched(self) -> bool:
        """Whether the store has a level of the SKUs, or something to do about them."""
        return bool(self.sent.first_at or self.kept or self.again or self.repair or self.held)


@dataclass(frozen=True)
class EventReport:
    """What an event pass did. ``latencies_seconds``: per SKU, from the commit of its oldest event
    to the first call to the last store that had to change.
    """

    pass_id: str
    skus: tuple[str, ...]
    reasons: tuple[str, ...]
    stores: dict[str, StoreOutcome]
    odd: frozenset[str]
    latencies_seconds: tuple[float, ...]
    waterfalls: Mapping[str, Sequence[dict[str, Any]]]

    @property
    def applied(self) -> int:
        """Levels that were changed."""
        return sum(len(outcome.sent.applied) for outcome in self.stores.values())


def latencies(work: Iterable[DirtySku], outcomes: Iterable[StoreOutcome]) -> tuple[float, ...]:
    """Per SKU, seconds from the commit of its oldest event to the first call to the last store."""
    moments = [outcome.sent.first_at for outcome in outcomes if outcome.sent.first_at]
    if not moments:
        return ()
    return tuple((max(moments) - item.occurred_at).total_seconds() for item in work)


def waterfalls(writes: FewWrites) -> list[dict[str, Any]]:
    """A row per level that was decided anew, with every term."""
    return [
        {
            "sku": change.sku,
            "store_location_id": change.key.store_location_id,
            "expected_units": change.expected_units,
            "quantity_units": change.quantity_units,
            **terms(writes.decided[change.key].waterfall),
        }
        for change in writes.changes
    ]
