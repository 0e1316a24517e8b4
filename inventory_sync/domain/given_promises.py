"""Which promises are given for whatever may be ordered, and the supply that each of them rests on.

Put here how ladders and dated supply become rows of the promise ledger. What became of promises is
``slips.py``; dates of placed orders are ``order_dates.py``.

A promise from stock has no date of its own: it ships with the next departure, whenever that is. So
the ledger gets a new row when the quantity changes, not on each new day.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd

from inventory_sync.domain.calendar import LocalToday
from inventory_sync.domain.dated_rows import (
    Known,
    ProjectionRules,
    Report,
    dated_supply,
    day_numbers,
)
from inventory_sync.domain.kits import Kits
from inventory_sync.domain.promise import Source
from inventory_sync.domain.units import SCALE

STOCK: Final = "stock"
SEVERAL: Final = "several"
GIVEN_COLUMNS: Final = (
    "sku",
    "location",
    "units",
    "ships_on",
    "source",
    "supply_ids",
    "supply_kind",
    "arrives_on",
)
"""``ships_on`` and ``arrives_on`` are ISO dates, ``''`` for the next departure and for no supply;
``supply_ids`` are joined by ``SEPARATOR``; ``supply_kind`` is ``stock``, a kind of supply,
``several``, or ``''`` where it is not known (a date of the ERP)."""

SEPARATOR: Final = "\n"
"""Between the ids of several supplies that arrive on one day."""

_PAIR: Final = ["sku", "location"]

Pair = tuple[str, str]
"""SKU and location."""

LATEST: Final = timedelta(hours=1)
"""Figures of an instant so long after now are none: a clock was wrong. Sooner ones are, for who
records may have waited since then until another had recorded.
"""


@dataclass(frozen=True)
class Recording:
    """What one reading of the ERP promises, as the promise ledger is told it.

    ``given``: ``GIVEN_COLUMNS``; ``coming``: ``arrivals``. ``figures_of``: by our clock, when the
    reading began; of two recordings the later figures count, whichever is made first. ``pairs``:
    what it is about (``None``: everything), of which all else is promised no longer.
    """

    given: pd.DataFrame
    coming: pd.DataFrame
    figures_of: datetime
    pairs: frozenset[Pair] | None = None

    def about(self, pairs: Collection[Pair]) -> pd.DataFrame:
        """What is promised of these pairs."""
        each = zip(self.given["sku"], self.given["location"], strict=True)
        return self.given[[pair in pairs for pair in each]]


def arrivals(
    supply: pd.DataFrame, known: Known, kits: Kits, today: LocalToday, rules: ProjectionRules
) -> pd.DataFrame:
    """The supply that counts: ``sku``, ``location``, ``supply_id``, ``kind``, and ``arrives_on``,
    the first day on which it can leave. A kit has the supply of its parts.
    """
    rows = dated_supply(supply, known, today, rules, Report())
    day = rows["day"].to_numpy(np.int64) + day_numbers(rows["location"], today)
    found = rows[[*_PAIR, "supply_id", "kind"]].astype("object")
    found["arrives_on"] = day.astype("datetime64[D]").astype("datetime64[s]")
    base = [(kit, part) for kit, content in kits.base_parts().items() for part in content]
    of_kits = pd.DataFrame(base, columns=["kit", "sku"]).astype("object").merge(found, on="sku")
    of_kits = of_kits.assign(sku=of_kits["kit"])[list(found)]
    return pd.concat([found, of_kits], ignore_index=True)


def given_promises(table: pd.DataFrame, steps: pd.DataFrame, coming: pd.DataFrame) -> pd.DataFrame:
    """The rows of the promise ledger (``GIVEN_COLUMNS``).

    ``table``: ``promise_table``; ``steps``: the projection; ``coming``: ``arrivals``.
    """
    names = {column: "object" for column in _PAIR}
    rows = table.astype(names).merge(_covered(steps.astype(names)), "left", [*_PAIR, "units"])
    computed = (rows["source"] == Source.COMPUTED).to_numpy(bool)
    from_stock = computed & (rows["day"] == rows["first"]).to_numpy(bool)
    rows.loc[~computed, "day"] = pd.NaT
    rows = rows.merge(_by_day(coming), "left", left_on=[*_PAIR, "day"], right_on=[*_PAIR, "day"])
    rows["supply_kind"] = rows["supply_kind"].fillna("").mask(from_stock, STOCK)
    rows["supply_ids"] = rows["supply_ids"].fillna("").mask(from_stock, "")
    rows["arrives_on"] = _iso(rows["day"].where(rows["supply_ids"] != ""))
    rows["ships_on"] = _iso(rows["ships_on"].mask(from_stock))
    return rows[list(GIVEN_COLUMNS)]


def _covered(steps: pd.DataFrame) -> pd.DataFrame:
    """The day that covers so many whole units first, and the first day of all."""
    rows = steps[[*_PAIR, "day"]].assign(units=steps["atp_micros"].to_numpy(np.int64) // SCALE)
    rows["first"] = rows.groupby(_PAIR, sort=False)["day"].transform("first")
    return rows.drop_duplicates([*_PAIR, "units"])


def _by_day(coming: pd.DataFrame) -> pd.DataFrame:
    """What arrives on each day: ids and kind."""
    rows = coming.rename(
        columns={"arrives_on": "day", "supply_id": "supply_ids", "kind": "supply_kind"}
    )
    cell = [*_PAIR, "day"]
    shared = rows.duplicated(cell, keep=False)  # few: the others are not grouped, which is slow
    found = rows[shared].groupby(cell, sort=False).agg({"supply_ids": _joined, "supply_kind": _one})
    return pd.concat([rows[~shared], found.reset_index()], ignore_index=True)


def _joined(ids: "pd.Series[str]") -> str:
    return SEPARATOR.join(sorted(set(ids)))


def _one(kinds: "pd.Series[str]") -> str:
    return str(kinds.iloc[0]) if kinds.nunique() == 1 else SEVERAL


def _iso(days: "pd.Series[pd.Timestamp]") -> "pd.Series[str]":
    return days.dt.strftime("%Y-%m-%d").fillna("")
