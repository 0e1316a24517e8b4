"""Value rules: what a cell of an ERP row has to be for the row to be believed, ready to be applied.

Put here how a rule is applied to a column of a frame and to a single cell; both say the same. Which
rules there are stands in the data contracts, and reaches the domain as these values. Keep out what
follows for a SKU from a broken rule: ``quarantine.py`` (frames) and ``few/plain.py`` (rows).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import pandas as pd

from inventory_sync.domain.position import KINDS

Severity = Literal["warning", "error", "critical"]
"""``warning``: the row is remarked and counted. ``error``: the row is in quarantine. ``critical``:
that too, and nothing is published from a full reading in which it happens."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule about one column, named as in the ERP.

    Bounds are inclusive and in the integers of the frame: micros for a quantity. Null breaks a rule
    only if the cell is ``required``; so does a cell that cannot be read. ``kind`` and ``reason``
    are what a finding says.
    """

    column: str
    kind: str
    reason: str
    severity: Severity = "error"
    minimum: int | None = None
    maximum: int | None = None
    allowed: frozenset[str] | None = None
    required: bool = False

    @property
    def sets_aside(self) -> bool:
        """Whether a row that breaks the rule is not believed."""
        return self.severity != "warning"

    def allows(self, cell: object) -> bool:
        """Whether a cell keeps the rule; ``None`` stands for null."""
        if cell is None:
            return not self.required
        if self.allowed is not None and cell not in self.allowed:
            return False
        if self.minimum is None and self.maximum is None:
            return True
        return isinstance(cell, int) and self._within(cell)

    def _within(self, number: int) -> bool:
        above = self.minimum is None or number >= self.minimum
        return above and (self.maximum is None or number <= self.maximum)

    def broken(self, cells: "pd.Series[Any]", unread: "pd.Series[bool]") -> "pd.Series[bool]":
        """Which cells of a column break the rule; ``unread`` are those that hold no real value."""
        null = cells.isna() | unread
        wrong = pd.Series(False, index=cells.index)
        if self.allowed is not None:
            wrong |= ~cells.isin(self.allowed)
        if self.minimum is not None:
            wrong |= (cells < self.minimum).fillna(False).astype(bool)
        if self.maximum is not None:
            wrong |= (cells > self.maximum).fillna(False).astype(bool)
        return null if self.required else wrong & ~null


@dataclass(frozen=True, slots=True)
class RowCount:
    """How many rows a dataset has when it is complete; bounds are inclusive."""

    reason: str
    severity: Severity = "error"
    minimum: int | None = None
    maximum: int | None = None

    def allows(self, rows: int) -> bool:
        """Whether so many rows keep the rule."""
        above = self.minimum is None or rows >= self.minimum
        return above and (self.maximum is None or rows <= self.maximum)


@dataclass(frozen=True)
class Rules:
    """All rules of the ERP's datasets, by the name of the dataset."""

    columns: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    counts: Mapping[str, tuple[RowCount, ...]] = field(default_factory=dict)

    def of(self, dataset: str) -> tuple[Rule, ...]:
        """The rules about the columns of a dataset."""
        return self.columns.get(dataset, ())

    def believe(self, dataset: str, cells: Mapping[str, object]) -> bool:
        """Whether a row with these cells is believed; rules about other columns are not asked."""
        return all(
            rule.allows(cells[rule.column])
            for rule in self.of(dataset)
            if rule.sets_aside and rule.column in cells
        )


def _not_negative(column: str) -> Rule:
    return Rule(column, "negative", f"{column} is negative", minimum=0)


SOUND: Final = Rules(
    {
        "stock": (_not_negative("physical"), _not_negative("unavailable")),
        "commitments": (
            _not_negative("quantity"),
            Rule(
                "kind",
                "unknown-kind",
                "kind is unknown: counted as order",
                allowed=frozenset(KINDS),
            ),
        ),
        "supply": (_not_negative("quantity"),),
        "acknowledged_orders": (_not_negative("quantity"),),
        "components": (
            Rule("quantity", "not-positive", "quantity is zero or negative", minimum=1),
        ),
    }
)
"""Where no contracts are at hand: what the arithmetic rests on, and nothing else."""
