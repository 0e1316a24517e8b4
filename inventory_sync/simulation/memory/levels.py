"""Write intents and publications in memory: the fence of every level (protocol B.3).

Put the rules of ``ledger/intents.py`` and ``ledger/publications.py`` here.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import pandas as pd

from inventory_sync.domain.errors import WriteInFlight
from inventory_sync.domain.publication import (
    Applied,
    Decided,
    LevelKey,
    QuantityChange,
    Refused,
    SetQuantities,
)
from inventory_sync.simulation.memory.frames import INSTANT, MAYBE, TEXT, TRUTH, WHOLE, typed

LevelId = tuple[str, LevelKey]
"""(store, level)."""

STALE: Final = "CHANGE_FROM_QUANTITY_STALE"

_PUBLICATIONS: Final = {
    "inventory_item_id": TEXT,
    "store_location_id": TEXT,
    "sku": TEXT,
    "quantity_units": WHOLE,
    "taken_units": WHOLE,
    "origin": TEXT,
    "version": WHOLE,
    "pass_id": TEXT,
    "published_at": INSTANT,
    "observed_units": MAYBE,
    "observed_at": INSTANT,
    "as_of": INSTANT,
}
_INTENTS: Final = {
    "inventory_item_id": TEXT,
    "store_location_id": TEXT,
    "sku": TEXT,
    "pass_id": TEXT,
    "idempotency_key": TEXT,
    "version": WHOLE,
    "expected_units": WHOLE,
    "quantity_units": WHOLE,
    "taken_units": WHOLE,
    "relative": TRUTH,
    "created_at": INSTANT,
}


_NO_INTENTS: Final = typed((), _INTENTS)


@dataclass(frozen=True, slots=True)
class Intent:
    """One level of one call, written down before the call."""

    store: str
    pass_id: str
    idempotency_key: str
    row_in_call: int
    change: QuantityChange
    relative: bool
    decided: Decided
    version: int
    as_of: datetime
    created_at: datetime


@dataclass(slots=True)
class Publication:
    """The base of the explained quantity of a level."""

    sku: str
    quantity_units: int
    taken_units: int
    origin: Literal["published", "adopted"]
    version: int
    pass_id: str
    published_at: datetime
    as_of: datetime | None = None
    observed_units: int | None = None
    observed_at: datetime | None = None


class MemoryLevels:
    """The part of the ledger that knows every write, and what every level should show."""

    def __init__(self) -> None:
        super().__init__()
        self.open_writes: dict[LevelId, Intent] = {}
        self.published: dict[LevelId, Publication] = {}
        self._versions: dict[LevelId, int] = defaultdict(int)
        self._stale_at: dict[LevelId, list[datetime]] = defaultdict(list)

    # --- intents ---

    def prepare(
        self,
        store: str,
        pass_id: str,
        call: SetQuantities,
        *,
        decided: Mapping[LevelKey, Decided],
        as_of: datetime,
        created_at: datetime,
    ) -> None:
        """As ``Ledger.prepare``."""
        lost = {
            change.key
            for change in call.changes
            if self._is_closed((store, change.key), decided[change.key].version, as_of)
        }
        if lost:
            raise WriteInFlight(store, lost)
        for row, change in enumerate(call.changes):
            level = (store, change.key)
            self._versions[level] += 1
            self.open_writes[level] = Intent(
                store,
                pass_id,
                call.idempotency_key,
                row,
                change,
                call.relative,
                decided[change.key],
                self._versions[level],
                as_of,
                created_at,
            )

    def _is_closed(self, level: LevelId, version: int, as_of: datetime) -> bool:
        """The fence: in flight, written since, or decided from later figures."""
        if self._in_flight(level):
            return True
        base = self.published.get(level)
        return base is not None and (
            self._is_overtaken(base, version) or self._is_outdated(base, as_of)
        )

    def _in_flight(self, level: LevelId) -> bool:
        return level in self.open_writes

    def _is_overtaken(self, base: Publication, version: int) -> bool:
        return base.version != version

    def _is_outdated(self, base: Publication, as_of: datetime) -> bool:
        return base.as_of is not None and base.as_of > as_of

    def settle(
        self,
        store: str,
        idempotency_key: str,
        outcome: Applied | Refused,
        *,
        at: datetime,
        settled_by: Literal["answer", "read"] = "answer",
    ) -> None:
        """As ``Ledger.settle``."""
        mine = [
            (level, intent)
            for level, intent in self.open_writes.items()
            if level[0] == store and intent.idempotency_key == idempotency_key
        ]
        for level, intent in mine:
            if isinstance(outcome, Applied):
                self._apply(level, intent, at)
            else:
                row = outcome.rows.get(intent.row_in_call)
                if row is not None and row.code == STALE:
                    self._stale_at[level].append(at)
            del self.open_writes[level]

    def settle_key(
        self,
        store: str,
        key: LevelKey,
        status: Literal["applied", "not_applied"],
        *,
        at: datetime,
        settled_by: Literal["answer", "read"],
    ) -> None:
        """As ``Ledger.settle_key``."""
        intent = self.open_writes.pop((store, key), None)
        if intent is not None and status == "applied":
            self._apply((store, key), intent, at)

    def _apply(self, level: LevelId, intent: Intent, at: datetime) -> None:
        self.published[level] = Publication(
            intent.change.sku,
            intent.change.quantity_units,
            intent.decided.taken_units,
            "published",
            intent.version,
            intent.pass_id,
            at,
            intent.as_of,
        )

    def stamp(
        self, store: str, versions: Mapping[LevelKey, int], *, as_of: datetime
    ) -> set[LevelKey]:
        """As ``Ledger.stamp``."""
        stamped = set()
        for key, version in versions.items():
            base = self.published.get((store, key))
            if base is None or base.version != version or self._in_flight((store, key)):
                continue
            base.as_of = max(as_of, base.as_of or as_of)
            stamped.add(key)
        return stamped

    def open_intents(self, store: str) -> pd.DataFrame:
        """As ``Ledger.open_intents``."""
        if not any(at == store for at, _ in self.open_writes):
            return _NO_INTENTS.copy()
        rows = (
            (
                change.key.inventory_item_id,
                change.key.store_location_id,
                change.sku,
                intent.pass_id,
                intent.idempotency_key,
                intent.version,
                change.expected_units,
                change.quantity_units,
                intent.decided.taken_units,
                intent.relative,
                intent.created_at,
            )
            for (at, _), intent in self.open_writes.items()
            for change in (intent.change,)
            if at == store
        )
        return typed(rows, _INTENTS)

    def _stale_answers(self, level: LevelId, since: datetime) -> int:
        return sum(at >= since for at in self._stale_at.get(level, ()))

    # --- publications ---

    def publications(
        self, store: str, inventory_item_ids: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """As ``Ledger.publications``."""
        wanted = None if inventory_item_ids is None else set(inventory_item_ids)
        names = list(_PUBLICATIONS)[2:]
        rows = (
            (key.inventory_item_id, key.store_location_id, *(getattr(base, n) for n in names))
            for (at, key), base in self.published.items()
            if at == store and (wanted is None or key.inventory_item_id in wanted)
        )
        return typed(rows, _PUBLICATIONS)

    def adopt(self, store: str, levels: pd.DataFrame, *, pass_id: str, at: datetime) -> None:
        """As ``Ledger.adopt``."""
        columns = ["inventory_item_id", "store_location_id", "sku"]
        numbers = levels[["quantity_units", "taken_units", "version"]].astype("int64")
        for (item, location, sku), (units, taken, version) in zip(
            levels[columns].to_numpy().tolist(), numbers.to_numpy().tolist(), strict=True
        ):
            level = (store, LevelKey(str(item), str(location)))
            base = self.published.get(level)
            if self._in_flight(level) or (base is not None and base.version != version):
                continue
            as_of = base.as_of if base else None
            self.published[level] = Publication(
                str(sku), units, taken, "adopted", version, pass_id, at, as_of, units, at
            )

    def record_observed(self, store: str, levels: pd.DataFrame, *, at: datetime) -> None:
        """As ``Ledger.record_observed``."""
        rows = levels[["inventory_item_id", "store_location_id", "observed_units"]]
        for item, location, units in rows.to_numpy().tolist():
            base = self.published.get((store, LevelKey(str(item), str(location))))
            if base is not None and (base.observed_at is None or base.observed_at <= at):
                base.observed_units = None if pd.isna(units) else int(units)
                base.observed_at = at
