"""Shadow mode: after each comparison, what we would have shown is remembered beside what is shown.

Put here what a comparison of a store in dry run leaves behind. Nothing is read from a store or
written to it. Keep out who is right: that is ``domain/shadow.py``.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

import pandas as pd

from inventory_sync.domain.publication import LEVEL
from inventory_sync.domain.shadow import CutLine, Difference, Right, Sight, judged
from inventory_sync.flow.reconciling import Comparison, Reconciliation

SEEN_COLUMNS = ("inventory_item_id", "store_location_id", "sku", "shown_units", "wanted_units",
                "taken_units")  # fmt: skip
DECIDED_COLUMNS = ("inventory_item_id", "store_location_id", "is_right", "reason", "is_over")


class ShadowMemory(Protocol):
    """The part of the ledger that remembers what we would have shown."""

    def record_shadow(
        self, store: str, apart: pd.DataFrame, decided: pd.DataFrame, *, at: datetime
    ) -> None:
        """Note the levels that are apart now, and what was decided about known differences."""
        ...

    def shadow(self, *, store: str | None = None, open_only: bool = False) -> pd.DataFrame:
        """The differences, newest first."""
        ...


def remember_shadow(memory: ShadowMemory, found: Reconciliation, *, at: datetime) -> None:
    """Note where each store in dry run differs, and what has been decided by now."""
    for store, each in found.in_dry_run.items():
        known, now = memory.shadow(store=store, open_only=True), seen(each)
        decided = decisions(known, now, _cut_by_level(found.cut, store))
        apart = now[now["shown_units"] != now["wanted_units"]]
        memory.record_shadow(store, apart, decided, at=at)


def seen(comparison: Comparison) -> pd.DataFrame:
    """The levels of a store as they were compared (``SEEN_COLUMNS``); what is moving is left out.

    What we would have shown is the offer of the rules: nothing that is shown now is part of it.
    """
    levels = comparison.levels[~comparison.levels["is_moving"].astype(bool)]
    return levels.rename(columns={"offer_units": "wanted_units"})[list(SEEN_COLUMNS)]


def decisions(
    known: pd.DataFrame,
    now: pd.DataFrame,
    cut: Mapping[tuple[str, str], tuple[CutLine, ...]],
) -> pd.DataFrame:
    """What can be said of the open differences (``DECIDED_COLUMNS``).

    ``known``: as ``ShadowMemory.shadow``; ``now``: ``SEEN_COLUMNS``; ``cut``: by SKU and location.
    """
    both = known.merge(now, on=LEVEL, suffixes=("", "_now"))
    rows = []
    for row in both.to_dict("records"):
        sight = _sight(row, "_now")
        verdict = judged(
            _difference(row), sight, cut.get((row["sku"], row["store_location_id"]), ())
        )
        if verdict is not None:
            rows.append((*(row[name] for name in LEVEL), *verdict, not sight.differs))
    return pd.DataFrame(rows, columns=list(DECIDED_COLUMNS))


def _difference(row: Mapping[Any, Any]) -> Difference:
    known = not pd.isna(row["is_right"])
    return Difference(
        row["began_at"].to_pydatetime(),
        _sight(row),
        Right(row["is_right"]) if known else None,
        row["reason"] if known else None,
    )


def _sight(row: Mapping[Any, Any], suffix: str = "") -> Sight:
    names = ("shown_units", "wanted_units", "taken_units")
    return Sight(*(int(row[f"{name}{suffix}"]) for name in names))


def _cut_by_level(cut: pd.DataFrame, store: str) -> dict[tuple[str, str], tuple[CutLine, ...]]:
    found: defaultdict[tuple[str, str], tuple[CutLine, ...]] = defaultdict(tuple)
    for row in cut[cut["store"] == store].to_dict("records") if len(cut) else []:
        missing = int(row["wanted_units"]) - int(row["accepted_units"])
        line = CutLine(row["order_name"], row["first_seen_at"].to_pydatetime(), missing)
        found[row["sku"], row["store_location_id"]] += (line,)
    return found
