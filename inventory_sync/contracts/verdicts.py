"""What came of holding a dataset against its contract.

Put here what a person asks of the result: good or not, how grave, which rows. Keep the judging out.
"""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from inventory_sync.contracts.terms import Contract
from inventory_sync.domain.frames import DATASETS
from inventory_sync.domain.rules import Severity

GRAVITY: Final = {"warning": 0, "error": 1, "critical": 2}
SHOWN_ROWS: Final = 25


@dataclass(frozen=True, slots=True)
class Term:
    """A demand of a contract; ``breach`` is the sentence that is true when it is not met."""

    breach: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a term is met; ``rows`` are the positions of those that break it."""

    term: Term
    passed: bool
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Judgement:
    """All verdicts about a dataset; ``frame`` holds the rows that were judged."""

    contract: Contract
    frame: pd.DataFrame
    verdicts: tuple[Verdict, ...]

    @property
    def broken(self) -> list[Verdict]:
        """What is not as the contract says, the gravest first."""
        failed = [verdict for verdict in self.verdicts if not verdict.passed]
        return sorted(failed, key=lambda each: -GRAVITY[each.term.severity])

    @property
    def severity(self) -> Severity | None:
        """The gravest severity of what is broken; ``None`` when nothing is."""
        return self.broken[0].term.severity if self.broken else None

    def wrong_rows(self, *, at_least: Severity = "error") -> set[int]:
        """The positions of all rows that break a term of this severity or a graver one."""
        return {
            row
            for verdict in self.broken
            if GRAVITY[verdict.term.severity] >= GRAVITY[at_least]
            for row in verdict.rows
        }

    def summary(self) -> pd.DataFrame:
        """One row for each broken term: breach, severity, rows."""
        rows = [(v.term.breach, v.term.severity, len(v.rows)) for v in self.broken]
        return pd.DataFrame(rows, columns=["breach", "severity", "rows"])

    def failing(self) -> pd.DataFrame:
        """Some rows of each broken term, as they stand in the dataset."""
        found = [
            self.frame.loc[list(verdict.rows[:SHOWN_ROWS])]
            .rename(columns=_micros(self.contract))
            .assign(**{"breach": verdict.term.breach})
            for verdict in self.broken
            if verdict.rows
        ]
        if not found:
            return pd.DataFrame()
        every = pd.concat(found)
        return every[["breach", *every.columns.drop("breach")]]


def _micros(contract: Contract) -> dict[str, str]:
    """The names under which quantities of the ERP are known to be micros."""
    dataset = DATASETS.get(contract.name) if contract.is_of_erp else None
    return {column.name: column.field for column in dataset.columns} if dataset else {}
