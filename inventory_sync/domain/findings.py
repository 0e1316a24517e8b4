"""Findings: what is wrong or remarkable, in the words that a person reads.

Put here how findings and doubts are noted down. Keep out what is wrong: rows of the ERP are judged
in ``quarantine.py``, levels of a store in ``decision.py``.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

import pandas as pd

from inventory_sync.domain.frames import DATASETS

FINDING_COLUMNS = ("subject", "kind", "severity", "reason", "value")
DOUBT_COLUMNS = ("sku", "location", "certainty", "elsewhere")


class Certainty(IntEnum):
    """How far an ATP can be trusted. The worst of its parts decides."""

    EXACT = 0
    AT_MOST = 1  # a demand could not be read: the true ATP may be lower, never higher
    UNKNOWN = 2  # a supply could not be read: the last good offer stays


def findings_frame(
    subjects: "pd.Series[str]",
    kind: str,
    reason: str,
    *,
    severity: str = "error",
    values: "pd.Series[str] | None" = None,
) -> pd.DataFrame:
    """One finding for each subject (``FINDING_COLUMNS``); ``values`` say what was found there."""
    return pd.DataFrame(
        {
            "subject": subjects.astype("object"),
            "kind": kind,
            "severity": severity,
            "reason": reason,
            "value": None if values is None else values.astype("object"),
        }
    )


def joined(frames: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    """All rows of all frames; an empty frame with the columns when there are none."""
    filled = [frame for frame in frames if not frame.empty]
    if not filled:
        return pd.DataFrame({column: pd.Series(dtype="object") for column in columns})
    return pd.concat(filled, ignore_index=True)


@dataclass
class Notebook:
    """Collects findings and doubts while the datasets of the ERP are judged one by one.

    ``wrong``: (dataset, rows by position, reason) of each finding that is an error.
    """

    findings: list[pd.DataFrame] = field(default_factory=list)
    doubts: list[pd.DataFrame] = field(default_factory=list)
    objections: list[str] = field(default_factory=list)
    wrong: list[tuple[str, pd.Index, str]] = field(default_factory=list)

    def find(
        self, dataset: str, rows: pd.DataFrame, kind: str, reason: str, *, severity: str = "error"
    ) -> None:
        """Note what is wrong with the rows of a contract dataset."""
        if rows.empty:
            return
        if severity == "error":
            self.wrong.append((dataset, rows.index, reason))
        subjects = pd.Series([f"{dataset} {name}" for name in names(dataset, rows)], rows.index)
        self.findings.append(
            findings_frame(subjects, kind, reason, severity=severity, values=rows.get("_value"))
        )

    def find_all(self, dataset: str, rows: pd.DataFrame, kind: str, reason: str) -> None:
        """Note what is remarkable about many rows at once: one warning that counts them."""
        if rows.empty:
            return
        first = next(names(dataset, rows))
        self.findings.append(
            findings_frame(
                pd.Series([f"{dataset} rows"]),
                kind,
                reason,
                severity="warning",
                values=pd.Series([f"{len(rows)} row(s), first {first}"]),
            )
        )

    def doubt(
        self,
        rows: pd.DataFrame,
        certainty: Certainty,
        *,
        everywhere: bool = False,
        elsewhere: bool = False,
    ) -> None:
        """Note that the ATP of the rows' SKUs is not certain, there or everywhere.

        ``elsewhere``: the row that causes it names another SKU or none, so whoever reads this SKU
        alone does not see it.
        """
        rows = rows[rows["sku"].notna()]
        location = rows["location"].astype("object").where(rows["location"].notna(), None)
        self.doubts.append(
            pd.DataFrame(
                {
                    "sku": rows["sku"].astype("object"),
                    "location": None if everywhere else location,
                    "certainty": int(certainty),
                    "elsewhere": elsewhere,
                }
            )
        )

    def doubt_everywhere(self, skus: set[str], certainty: Certainty) -> None:
        """Note that the ATP of these SKUs is not certain at any location, because of others."""
        rows = pd.DataFrame({"sku": sorted(skus), "location": None})
        self.doubt(rows, certainty, elsewhere=True)


def names(dataset: str, rows: pd.DataFrame) -> Iterator[str]:
    """How a person finds the row again: its key; (none) stands for a null."""
    key = DATASETS[dataset].key
    for values in rows[list(key)].itertuples(index=False):
        yield " @ ".join("(none)" if pd.isna(value) else str(value) for value in values)
