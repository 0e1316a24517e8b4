"""Projected ATP: what can be promised on each day to come without breaking a later commitment.

Put here how ATP, dated supply and dated commitments become one rising step function for each SKU
and location. The arithmetic is ``lookahead.py``, the day of a row ``dated_rows.py``, kits are
``projected_kits.py``. Keep calendars out: when a promise ships is ``promise.py``.

What can be promised on day d is the lowest balance from d on. So with no supply at all it is the
ATP, on every day; a supply frees what only later commitments take.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inventory_sync.domain.atp import Atp
from inventory_sync.domain.calendar import LocalToday
from inventory_sync.domain.dated_rows import (
    Known,
    ProjectionRules,
    Report,
    dated_demand,
    dated_supply,
    day_numbers,
)
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.frames import ErpSnapshot
from inventory_sync.domain.keys import code_pairs
from inventory_sync.domain.kits import explode
from inventory_sync.domain.lookahead import DatedRows, promisable
from inventory_sync.domain.projected_kits import PAIR_STEPS, kit_steps

PROJECTION_COLUMNS: Final = ("sku", "location", "day", "atp_micros", "certainty")

_DATED: Final = ["sku", "location", "quantity_micros", "day"]


@dataclass(frozen=True)
class Projection:
    """Projected ATP as of one snapshot.

    ``steps``: for each SKU and location the days on which more can be promised than before
    (``PROJECTION_COLUMNS``): ``day`` is a date there, the first one today, and ``atp_micros`` what
    can be promised in all from that day on; it may be negative. ``report``: the rows that were
    moved or left out (``dated_rows.REPORT_COLUMNS``).
    """

    steps: pd.DataFrame
    report: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Curve:
    """The steps of one SKU at one location: from ``days[i]`` on, ``micros[i]`` in all."""

    days: tuple[date, ...]
    micros: tuple[int, ...]
    certainty: Certainty = Certainty.EXACT

    def first_day(self, micros: int) -> date | None:
        """The first day whose projection covers so much; None when no day of the horizon does."""
        step = bisect_left(self.micros, micros)
        return self.days[step] if step < len(self.days) else None


def project(
    atp: Atp,
    snapshot: ErpSnapshot,
    today: LocalToday,
    rules: ProjectionRules,
    in_flight: pd.DataFrame | None = None,
) -> Projection:
    """Project the ATP of a snapshot over its dated supply and commitments.

    ``snapshot`` holds the believed rows that ``atp`` was computed from. ``in_flight`` is demand
    that the ERP does not know yet: ``sku``, ``location``, ``quantity_micros``; it counts today.
    Raises ``ContractBroken`` when the quantities together are too large for an exact sum.
    """
    report = Report()
    known = Known(
        atp.tracked_skus | atp.untracked_skus,
        frozenset(snapshot.locations["location"].astype(str)),
        frozenset(atp.kits.parts),
    )
    supply = dated_supply(snapshot.supply, known, today, rules, report)
    demand = dated_demand(snapshot.commitments, today.now, today, rules, report)
    demand = explode(_with_flight(demand[_DATED], in_flight), atp.kits)
    stock = atp.rows[~atp.rows["is_kit"].astype(bool)]
    pairs, (stock_key, supply_key, demand_key) = code_pairs(stock, supply, demand)
    opening = np.zeros(len(pairs), np.int64)
    opening[stock_key] = (stock["physical_micros"] - stock["unavailable_micros"]).to_numpy(np.int64)
    pairs["certainty"] = np.int8(Certainty.EXACT)
    pairs.loc[stock_key, "certainty"] = stock["certainty"].to_numpy(np.int8)
    rows = DatedRows(
        np.concatenate([supply_key, demand_key]),
        np.concatenate([supply["day"], demand["day"]]).astype(np.int64),
        np.concatenate([supply["quantity_micros"], -demand["quantity_micros"]]).astype(np.int64),
    )
    days = rules.horizon_days + 1
    found = promisable(opening, rows, days)
    steps = pairs.take(found.key).assign(day=found.day, atp_micros=found.micros)[list(PAIR_STEPS)]
    own = atp.rows.loc[atp.rows["is_kit"].astype(bool), ["sku", "location", "certainty"]]
    steps = pd.concat([steps, kit_steps(atp.kits, steps, days, own)], ignore_index=True)
    steps["day"] = _dates(steps, today)
    return Projection(steps, report.frame())


def curves(steps: pd.DataFrame) -> dict[tuple[str, str], Curve]:
    """Some steps of a projection as values, by SKU and location. Filter first: it is a loop."""
    found: dict[tuple[str, str], tuple[list[date], list[int], Certainty]] = {}
    for sku, location, day, micros, certainty in steps[list(PROJECTION_COLUMNS)].itertuples(
        index=False
    ):
        days, levels, _ = found.setdefault((sku, location), ([], [], Certainty(certainty)))
        days.append(day.date())
        levels.append(int(micros))
    return {
        pair: Curve(tuple(days), tuple(levels), certainty)
        for pair, (days, levels, certainty) in found.items()
    }


def _with_flight(demand: pd.DataFrame, in_flight: pd.DataFrame | None) -> pd.DataFrame:
    if in_flight is None or in_flight.empty:
        return demand
    return pd.concat([demand, in_flight.assign(day=0)[_DATED]], ignore_index=True)


def _dates(steps: pd.DataFrame, today: LocalToday) -> NDArray[np.datetime64]:
    days = steps["day"].to_numpy(np.int64) + day_numbers(steps["location"], today)
    return days.astype("datetime64[D]").astype("datetime64[s]")
