"""The books that the seed writes: rows per table, and how much of each item is still free.

Put what every seeded document needs here. Keep the choice of documents out: that is ``seed.py``.
"""

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from inventory_sync.sandbox.company.catalog import KITS, WAREHOUSES

Row = dict[str, object]
Units = Decimal | int


@dataclass
class Books:
    """Rows in the order of their tables' foreign keys, as they are being written.

    ``free`` is physical minus unavailable minus open commitments per (SKU, warehouse): what the
    contract views must come to. All times hang on ``now``, all chance on ``rng``.
    """

    rng: random.Random
    now: datetime
    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    free: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=lambda: defaultdict(lambda: 10_000))

    def add(self, table: str, **row: object) -> None:
        """Write one row."""
        self.rows[table].append(row)

    def number(self, prefix: str) -> str:
        """The next document number, such as SO-10001."""
        self._numbers[prefix] += 1
        return f"{prefix}-{self._numbers[prefix]}"

    def day(self, days_from_today: int) -> date:
        """A date near today."""
        return self.now.date() + timedelta(days=days_from_today)

    def past(self, days: int) -> datetime:
        """An instant within the last ``days`` days."""
        return self.now - timedelta(minutes=self.rng.randint(5, days * 24 * 60))

    def is_stocked(self, sku: str) -> bool:
        """Whether units of it lie anywhere: false for a service."""
        return sku in KITS or any((sku, warehouse) in self.free for warehouse, *_ in WAREHOUSES)

    def has(self, sku: str, warehouse: str, units: Units) -> bool:
        """Whether so many units of an item, or of a kit's components, are free."""
        return all(
            self.free.get((part, warehouse), Decimal(0)) >= quantity * units
            for part, quantity in parts_of(sku).items()
        )

    def take(self, sku: str, warehouse: str, units: Units) -> None:
        """Commit units of an item, or of a kit's components, even below zero."""
        for part, quantity in parts_of(sku).items():
            left = self.free.get((part, warehouse), Decimal(0))
            self.free[part, warehouse] = left - quantity * units


def parts_of(sku: str) -> Mapping[str, Decimal]:
    """The stocked items in one unit: the item itself, or a kit's components at every depth."""
    if sku not in KITS:
        return {sku: Decimal(1)}
    parts: dict[str, Decimal] = defaultdict(Decimal)
    for component, quantity in KITS[sku].items():
        for part, part_quantity in parts_of(component).items():
            parts[part] += part_quantity * Decimal(quantity)
    return parts
