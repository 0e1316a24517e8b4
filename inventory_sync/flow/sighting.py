"""From the plan of a store to its differences: what was seen of each level, and when.

Put here what prepares a level for the rule of ``domain/drift.py``. Keep reading and writing out.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.drift import Cause, Sight, cause_of, differences
from inventory_sync.domain.publication import LEVEL, LevelKey, level_keys


def moved_levels(bases: pd.DataFrame, now: pd.DataFrame, busy: pd.DataFrame) -> set[LevelKey]:
    """The levels that were written, adopted or in flight while a store was read.

    ``bases`` and ``now``: the publications before and after it.
    """
    state = [*LEVEL, "version", "published_at"]
    known = pd.MultiIndex.from_frame(bases[state])
    news = now[~pd.MultiIndex.from_frame(now[state]).isin(known)]
    return {*level_keys(news), *level_keys(busy)}


def sighted(
    rows: pd.DataFrame, *, first: pd.DataFrame, heard: pd.DataFrame, moved: set[LevelKey]
) -> pd.DataFrame:
    """Add ``first_units`` and ``heard_units``, the explained quantities of earlier instants, and
    ``is_moving``.

    ``rows``: a plan. ``first`` and ``heard``: what orders had taken when the reading of the store
    began, and before any order was read. A quantity between the first and the last is that of an
    order that came in meanwhile.
    """
    taken = rows["taken_units"] - rows["provisional_units"]
    now = rows["explained_units"]
    earlier = {"first_units": first, "heard_units": heard}
    rows = rows.assign(
        **{name: now + (taken - _taken_of(rows, then)) for name, then in earlier.items()}
    )
    then, shown = rows["first_units"], rows["observed_units"]
    low, high = (
        now.where((now < then).fillna(True), then),
        now.where((now > then).fillna(True), then),
    )
    between = ((shown >= low) & (shown <= high) & (shown != now)).fillna(False).astype(bool)
    under_way = pd.Series([key in moved for key in level_keys(rows)], rows.index, dtype=bool)
    return rows.assign(is_moving=under_way | between)


def _taken_of(rows: pd.DataFrame, then: pd.DataFrame) -> "pd.Series[int]":
    taken = then[[*LEVEL, "taken_units"]].rename(columns={"taken_units": "then_units"})
    known = rows[LEVEL].merge(taken, how="left", on=LEVEL)["then_units"].fillna(0).astype("int64")
    return known.set_axis(rows.index)


def odd_skus(rows: pd.DataFrame) -> set[str]:
    """The SKUs with a level that is worth a closer look."""
    return set(_odd(rows)["sku"])


def _odd(rows: pd.DataFrame) -> pd.DataFrame:
    shown = rows["observed_units"]
    right = (shown == rows["quantity_units"]).astype("boolean")
    for name in ("explained_units", "heard_units"):
        right &= (shown == rows[name]).fillna(False).astype("boolean")
    return rows[~right.astype(bool)]


def explained(
    rows: pd.DataFrame, waterfalls: Mapping[LevelKey, Mapping[str, Any]], rules: OfferRules
) -> pd.DataFrame:
    """The levels that differ, with their causes (``DIFFERENCE_COLUMNS``).

    ``rows``: as ``sighted``, with ``is_late`` and ``is_waiting``; ``waterfalls``: of the last
    write; ``rules``: those of today. What an unexplained decrease should show is the offer.
    """
    odd = _odd(rows)
    causes = [
        cause_of(_sight(row, waterfalls.get(key), rules))
        for key, row in zip(level_keys(odd), odd.to_dict("records"), strict=True)
    ]
    odd = odd.assign(cause=pd.Series(causes, odd.index, dtype="object"))
    odd = odd[odd["cause"].notna()]
    lowered = odd["cause"] == Cause.UNEXPLAINED_DECREASE
    return differences(
        subject=(odd["sku"] + " @ " + odd["store_location_id"]).tolist(),
        sku=odd["sku"].tolist(),
        store_location_id=odd["store_location_id"].tolist(),
        cause=odd["cause"].tolist(),
        shown_units=odd["observed_units"].tolist(),
        explained_units=odd["explained_units"].tolist(),
        wanted_units=odd["quantity_units"].where(~lowered, odd["offer_units"]).tolist(),
    )


def _sight(row: Mapping[Any, Any], waterfall: Mapping[str, Any] | None, rules: OfferRules) -> Sight:
    known = not pd.isna(row["explained_units"])
    return Sight(
        shown_units=int(row["observed_units"]),
        wanted_units=int(row["quantity_units"]),
        explained_units=int(row["explained_units"]) if known else None,
        first_units=int(row["first_units"]) if known else 0,
        heard_units=int(row["heard_units"]) if known else 0,
        is_moving=bool(row["is_moving"]),
        is_late=bool(row["is_late"]),
        is_waiting=bool(row["is_waiting"]),
        was=waterfall,
        now={str(name): value for name, value in row.items()},
        rules=rules,
    )
