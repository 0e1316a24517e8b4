"""When a pass looks like an accident rather than like business, it is stopped whole.

Put a rule about shares of rows or levels here: an ERP that suddenly reads empty must never zero a
shop. Keep out rules about single rows (``quarantine.py``) and single levels (``decision.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

NEVER_EMPTY = ("locations", "products", "stock")
STEADY = ("locations", "products", "stock", "components")
DEMAND = ("commitments", "acknowledged_orders")
FEW = 20


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """Shares between 0 and 1; a pass beyond one of them is stopped."""

    max_zeroed_share: Decimal = Decimal("0.2")
    max_raised_share: Decimal = Decimal("0.5")
    max_missing_share: Decimal = Decimal("0.1")


def snapshot_objections(
    rows: Mapping[str, int], last_good: Mapping[str, int], limits: GuardLimits
) -> list[str]:
    """Why this snapshot is not to be believed; empty when it is.

    ``rows`` and ``last_good`` count the rows of each dataset, now and in the last good pass. Stock
    data shrinks slowly, so a missing share counts; open demand comes and goes, so only its sudden
    disappearance (nine tenths of at least ``FEW`` rows) does.
    """
    objections = [f"{name} is empty" for name in NEVER_EMPTY if not rows.get(name, 0)]
    for name in (*STEADY, *DEMAND):
        before, now = last_good.get(name, 0), rows.get(name, 0)
        if (now or name not in NEVER_EMPTY) and _vanished(name, before, now, limits):
            objections.append(f"{name} has {now} rows, the last good pass read {before}")
    return objections


def _vanished(name: str, before: int, now: int, limits: GuardLimits) -> bool:
    missing = before - now
    if name in DEMAND:
        return before >= FEW and missing >= Decimal("0.9") * before
    # One row may always go: in a small table it is a large share.
    return missing > 1 and missing > limits.max_missing_share * before


def plan_objections(rows: pd.DataFrame, limits: GuardLimits) -> list[str]:
    """Why a store's plan is not to be carried out; empty when it is.

    Compares the plan with what the store shows now, over levels that we have published before: a
    first publication may change everything. Stores with fewer than ``FEW`` such levels are exempt,
    because there one sale is a large share.
    """
    known = rows[rows["explained_units"].notna()]
    if len(known) < FEW:
        return []
    zeroed = (known["observed_units"] > 0) & (known["quantity_units"] <= 0)
    raised = known["quantity_units"] > known["observed_units"]
    objections = []
    for mask, limit, what in (
        (zeroed, limits.max_zeroed_share, "set to zero"),
        (raised, limits.max_raised_share, "raise"),
    ):
        count = int(mask.sum())
        if count > limit * len(known):
            objections.append(
                f"it would {what} {count} of {len(known)} levels, more than {limit:.0%}"
            )
    return objections
