"""The rows behind the offers of a few SKUs.

Put here how plain commitments and order lines are found for one level. They are sorted to levels by
the same rules as they were summed by (``offers.py``); nothing is added up here.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from inventory_sync.domain.behind import CommitmentBehind, LineBehind, kept_rows
from inventory_sync.domain.few.offers import parts_of
from inventory_sync.domain.few.plain import Plain, is_open
from inventory_sync.domain.held_back import counted_levels
from inventory_sync.domain.known import KnownLine
from inventory_sync.domain.orders import StoreLocations, touched_by
from inventory_sync.domain.position import KINDS


@dataclass(frozen=True)
class Behind:
    """Everything that an event pass has counted; ``flying`` are its lines in flight, with micros.

    Sorted only when a level is asked for: most passes write a level or two.
    """

    plain: Plain
    flying: Sequence[tuple[KnownLine, int]]
    stores: StoreLocations

    def of(self, store: str, store_location_id: str, sku: str) -> dict[str, Any]:
        """The rows of one level, in the form in which they are kept."""
        places = self.stores[store][store_location_id]
        return kept_rows(
            (row for place in places for row in self._demand.get((sku, place), ())),
            self._lines.get((store, store_location_id, sku), ()),
        )

    def counted(self, store: str, skus: Collection[str]) -> frozenset[tuple[str, str]]:
        """The levels of these SKUs (store_location_id, sku) whose every stock row was read."""
        if not skus:
            return frozenset()
        rows = {(row.sku, row.location) for row in self.plain.stock}
        return counted_levels(rows, self._base, self.stores[store], skus)

    @cached_property
    def _base(self) -> Mapping[str, Mapping[str, Any]]:
        return self.plain.kits.base_parts()

    @cached_property
    def _demand(self) -> dict[tuple[str, str], list[CommitmentBehind]]:
        found: defaultdict[tuple[str, str], list[CommitmentBehind]] = defaultdict(list)
        for row in self.plain.commitments:
            if not is_open(row, self.plain.taken_at):
                continue
            for part, micros in parts_of(row.sku, row.quantity_micros, self._base):
                if micros:
                    kept = CommitmentBehind(
                        row.commitment_id,
                        KINDS[row.kind],
                        row.location,
                        micros,
                        row.order_id,
                        None if part == row.sku else row.sku,
                    )
                    found[part, row.location].append(kept)
        return found

    @cached_property
    def _lines(self) -> dict[tuple[str, str, str], list[LineBehind]]:
        found: defaultdict[tuple[str, str, str], list[LineBehind]] = defaultdict(list)
        for line, micros in self.flying:
            if line.sku is None:
                continue
            pieces = parts_of(line.sku, micros, self._base)
            pieces += [(line.sku, micros)] if line.sku in self._base else []
            for store, place in touched_by(line.store, line.store_location_id, self.stores):
                for sku, piece in pieces:
                    kit = None if sku == line.sku else line.sku
                    row = LineBehind(line.store, line.order_id, line.line_id, piece, kit)
                    found[store, place, sku].append(row)
        return found
