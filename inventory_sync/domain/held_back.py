"""What a plan leaves out because the guard holds it back.

Put here which levels are counted and how held moves leave a plan. When the guard objects is
``guards.py``; what an objection holds is ``stops.py``.
"""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from inventory_sync.domain.decision import StorePlan
from inventory_sync.domain.stops import Held, moves_of

HELD_BACK: Final = "the guard holds it back"
ONLY_LOWER: Final = "it would be raised, and only lowering was asked for"
"""Reasons beside a level that is not written, although it should be."""

Pair = tuple[str, str]


def counted_levels(
    stock: AbstractSet[Pair],
    base_parts: Mapping[str, Mapping[str, Any]],
    locations: Mapping[str, Sequence[str]],
    skus: Collection[str],
) -> frozenset[Pair]:
    """The levels (store_location_id, sku) whose every stock row the ERP has in this reading.

    ``stock``: (sku, ERP location) of the rows that were read; ``base_parts``: of each kit. A level
    is counted when the SKU, or each part of a kit, has a row at every ERP location behind it: then
    it falls because of what the rows say, not because one is missing.
    """
    return frozenset(
        (gid, sku)
        for gid, places in locations.items()
        for sku in skus
        if all((part, place) in stock for part in base_parts.get(sku, (sku,)) for place in places)
    )


def hold(
    plan: StorePlan,
    held: Held,
    *,
    counted: Collection[Pair] = frozenset(),
    reason: str = HELD_BACK,
) -> StorePlan:
    """The plan without the writes that make a held move: their levels stay as they are.

    ``counted`` levels (store_location_id, sku) may make more moves than the others.
    """
    if held == Held():
        return plan
    rows = plan.rows.copy()
    stays = rows["action"].eq("write") & makes_held_move(rows, held, counted)
    rows.loc[stays, "quantity_units"] = rows.loc[stays, "observed_units"]
    rows.loc[stays, "action"] = "hold"
    rows.loc[stays, "reason"] = reason
    return replace(plan, rows=rows)


def makes_held_move(rows: pd.DataFrame, held: Held, counted: Collection[Pair]) -> "pd.Series[bool]":
    """Whether each row of a plan makes a move that is held."""
    if held == Held():
        return pd.Series(False, rows.index, dtype=bool)
    names = ["store_location_id", "sku", "observed_units", "quantity_units"]
    values = zip(*(rows[name].tolist() for name in names), strict=True)
    moves = [
        bool(moves_of(shown, planned) & held.of(is_counted=(gid, sku) in counted))
        for gid, sku, shown, planned in values
    ]
    return pd.Series(moves, rows.index, dtype=bool)
