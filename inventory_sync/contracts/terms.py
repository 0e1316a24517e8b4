"""What a data contract says, as plain values.

Put here the terms that we know how to hold a frame against. Keep out the notation of the standard
(``standard.py``) and any judging (``expectations.py``, the domain's ``rules.py``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from inventory_sync.domain.rules import RowCount, Rule, Severity

ERP: Final = "erp/"
"""The datasets that the ERP delivers are called by their assets: ``erp/stock``."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Every value of a column stands in a column of another dataset of the ERP."""

    dataset: str
    column: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class ColumnTerms:
    """One column: its type in the words of the standard and of the data, and whether null is fine.

    ``key_position`` counts from 1 in the primary key.
    """

    name: str
    logical_type: str
    physical_type: str
    description: str
    required: bool
    key_position: int | None = None
    reference: Reference | None = None


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the figures may be: by a column of times, or by the instant of their reading."""

    within: timedelta
    reason: str
    severity: Severity
    column: str | None = None


@dataclass(frozen=True)
class Contract:
    """The contract of one dataset. ``asset`` is its key, with ``*`` for every store's name."""

    file: str
    name: str
    asset: str
    owner: str
    why: str
    columns: tuple[ColumnTerms, ...]
    key_severity: Severity
    rules: tuple[Rule, ...]
    counts: tuple[RowCount, ...]
    freshness: Freshness | None

    @property
    def is_of_erp(self) -> bool:
        """Whether the ERP delivers the dataset; the others are our own tables."""
        return self.asset.startswith(ERP)

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell the rows apart."""
        named = [(c.key_position, c.name) for c in self.columns if c.key_position is not None]
        return tuple(name for _, name in sorted(named))

    @property
    def is_critical(self) -> bool:
        """Whether a breach can keep everything below from being published."""
        fresh = [self.freshness.severity] if self.freshness else []
        references = [c.reference.severity for c in self.columns if c.reference]
        severities: Iterable[Severity] = (
            *(rule.severity for rule in self.rules),
            *(count.severity for count in self.counts),
            *fresh,
            *references,
            self.key_severity,
        )
        return "critical" in severities
