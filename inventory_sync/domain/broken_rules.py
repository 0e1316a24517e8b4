"""The rules of the data contracts, applied to a whole snapshot of the ERP.

Put here how broken rules are found and noted. Keep out what follows for a SKU (``quarantine.py``)
and what a rule is (``rules.py``).
"""

import pandas as pd

from inventory_sync.domain.findings import Notebook
from inventory_sync.domain.frames import DATASETS, SNAPSHOT_DATASETS, ErpSnapshot
from inventory_sync.domain.rules import Rules

Broken = dict[str, "pd.Series[bool]"]
"""Column -> the rows that are not believed because of a rule about it."""


def broken_rules(snapshot: ErpSnapshot, dataset: str, rules: Rules, notes: Notebook) -> Broken:
    """Which rows of a dataset break a rule; every break becomes a finding."""
    frame: pd.DataFrame = getattr(snapshot, dataset)
    found: Broken = {}
    for rule in rules.of(dataset):
        cells = frame[DATASETS[dataset].column(rule.column).field]
        mask = rule.broken(cells, _unread(snapshot, dataset, rule.column))
        severity = "error" if rule.sets_aside else "warning"
        notes.find(dataset, frame[mask], rule.kind, rule.reason, severity=severity)
        if rule.severity == "critical" and mask.any():
            notes.objections.append(f"{dataset}: {rule.reason} ({int(mask.sum())} row(s))")
        if rule.sets_aside:
            before = found.get(rule.column)
            found[rule.column] = mask if before is None else before | mask
    return found


def any_broken(frame: pd.DataFrame, broken: Broken, *, but: str = "") -> "pd.Series[bool]":
    """The rows that break any rule; those about the column ``but`` have their own consequence."""
    result = pd.Series(False, index=frame.index)
    for column, mask in broken.items():
        if column != but:
            result |= mask
    return result


def count_objections(snapshot: ErpSnapshot, rules: Rules) -> list[str]:
    """What speaks against publishing anything, because a dataset has too few or too many rows."""
    counts = {dataset.name: len(getattr(snapshot, dataset.name)) for dataset in SNAPSHOT_DATASETS}
    return [
        f"{name}: {rule.reason} ({rows} row(s))"
        for name, rows in counts.items()
        for rule in rules.counts.get(name, ())
        if rule.severity == "critical" and not rule.allows(rows)
    ]


def _unread(snapshot: ErpSnapshot, dataset: str, column: str) -> "pd.Series[bool]":
    """Which rows hold an unreadable or missing cell in a column, by the source's fault listing."""
    frame: pd.DataFrame = getattr(snapshot, dataset)
    faults = snapshot.faults.get(dataset)
    if faults is None or faults.empty:
        return pd.Series(False, index=frame.index)
    rows = faults.loc[faults["column"] == column, "row"]
    return pd.Series(frame.index.isin(rows), index=frame.index)
