"""On which day a row of supply or demand counts, and which rows do not count at all.

Put a rule about dates of rows here, with the words in which a person is told about it. Keep the
arithmetic out (``lookahead.py``), and which rows are believed (``quarantine.py``).

No row is moved or left out in silence: each of them is counted in the report, with its reason.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inventory_sync.domain.calendar import LocalToday
from inventory_sync.domain.frames import DATASETS
from inventory_sync.domain.units import SCALE

REPORT_COLUMNS: Final = ("dataset", "treatment", "reason", "rows", "quantity_units", "first")
LEFT_OUT: Final = "left out"
MOVED: Final = "moved"

IS_KIT: Final = "its SKU is a kit: only its parts are counted"
UNKNOWN_LOCATION: Final = "its location is not in locations"
UNKNOWN_SKU: Final = "its SKU is not in products"
NOT_POSITIVE: Final = "its quantity is not above zero"
UNCONFIRMED: Final = "it is not confirmed"
NO_SUPPLY_DATE: Final = "it has no date"
OVERDUE_SUPPLY: Final = "its date has passed and it has not come"
EXPECTED: Final = "its date has passed: expected in {days} day(s)"
SUPPLY_TOO_LATE: Final = "it comes after the horizon"
PASSED: Final = "its date has passed: it does not count"
EXPIRED: Final = "it has expired"
NO_DEMAND_DATE: Final = "it has no date: counts today"
OVERDUE_DEMAND: Final = "its date has passed: counts today"
DEMAND_LATER: Final = "it is due after the horizon: what it takes stays protected"

_EPOCH_ORDINAL: Final = 719_163

SameDay = Literal["supply_first", "demand_first"]


@dataclass(frozen=True, slots=True)
class ProjectionRules:
    """How dated rows count. Every default is the one that promises less.

    ``same_day``: whether what comes on a day can leave on that day (``supply_first``) or from the
    next day on (``demand_first``). ``overdue_supply_days``: a supply whose date has passed is
    expected so many days from today; None: it does not count until its date is mended.
    ``count_unconfirmed``: whether supply counts that nobody has confirmed.
    """

    horizon_days: int = 180
    same_day: SameDay = "demand_first"
    overdue_supply_days: int | None = None
    count_unconfirmed: bool = False


@dataclass
class Report:
    """Collects which rows were moved or left out, and why."""

    lines: list[tuple[str, str, str, int, float, str]] = field(default_factory=list)

    def add(self, dataset: str, treatment: str, reason: str, rows: pd.DataFrame) -> None:
        """Note what has happened to these rows of a dataset; no rows are no line."""
        if rows.empty:
            return
        key = " @ ".join(str(rows.iloc[0][column]) for column in DATASETS[dataset].key)
        units = float(rows["quantity_micros"].astype("float64").sum()) / SCALE
        self.lines.append((dataset, treatment, reason, len(rows), units, key))

    def frame(self) -> pd.DataFrame:
        """One row for each reason (``REPORT_COLUMNS``); ``first`` is the key of the first row."""
        return pd.DataFrame(self.lines, columns=list(REPORT_COLUMNS))


@dataclass(frozen=True)
class Known:
    """What the ERP lists: supply of anything else is left out."""

    skus: frozenset[str]
    locations: frozenset[str]
    kits: frozenset[str]


def dated_supply(
    supply: pd.DataFrame, known: Known, today: LocalToday, rules: ProjectionRules, report: Report
) -> pd.DataFrame:
    """The rows of ``supply`` that count, with ``day``: how many days from today they can leave.

    The day after the horizon is one that no promise can use, but a later commitment can.
    """
    due = _days_from_today(supply, today)
    undated = supply["due_date"].isna().to_numpy()
    overdue = ~undated & (due < 0)
    expected = rules.overdue_supply_days
    if expected is not None:
        due = np.where(overdue, expected, due)
    left_out = [
        (~_isin(supply["location"], known.locations), UNKNOWN_LOCATION),
        (~_isin(supply["sku"], known.skus), UNKNOWN_SKU),
        (_isin(supply["sku"], known.kits), IS_KIT),
        ((supply["quantity_micros"] <= 0).to_numpy(), NOT_POSITIVE),
        (~_confirmed(supply) & (not rules.count_unconfirmed), UNCONFIRMED),
        (undated, NO_SUPPLY_DATE),
        (overdue & (expected is None), OVERDUE_SUPPLY),
        (due > rules.horizon_days, SUPPLY_TOO_LATE),
    ]
    counts = np.ones(len(supply), bool)
    for wrong, reason in left_out:
        report.add("supply", LEFT_OUT, reason, supply[counts & wrong])
        counts &= ~wrong
    report.add("supply", MOVED, EXPECTED.format(days=expected), supply[counts & overdue])
    arrival = due + (rules.same_day == "demand_first")
    return supply.assign(day=arrival)[counts]


def dated_demand(
    commitments: pd.DataFrame,
    now: datetime,
    today: LocalToday,
    rules: ProjectionRules,
    report: Report,
) -> pd.DataFrame:
    """The open commitments, with ``day``: how many days from today their units leave.

    What is due after the horizon leaves on the day after it, whatever its date: there is supply
    that we do not look at, so stock alone has to answer for it.
    """
    expired = (commitments["expires_at"].notna() & (commitments["expires_at"] <= now)).to_numpy()
    report.add("commitments", LEFT_OUT, EXPIRED, commitments[expired])
    rows = commitments[~expired]
    due = _days_from_today(rows, today)
    undated = rows["due_date"].isna().to_numpy()
    overdue = ~undated & (due < 0)
    later = due > rules.horizon_days
    report.add("commitments", MOVED, NO_DEMAND_DATE, rows[undated])
    report.add("commitments", MOVED, OVERDUE_DEMAND, rows[overdue])
    report.add("commitments", MOVED, DEMAND_LATER, rows[later])
    return rows.assign(day=np.clip(due, 0, rules.horizon_days + 1))


def day_numbers(locations: "pd.Series[str]", today: LocalToday) -> NDArray[np.int64]:
    """Today at each row's location, in days since 1970."""
    coded = locations.astype("category")
    days = [today.at(str(name)).toordinal() - _EPOCH_ORDINAL for name in coded.cat.categories]
    return np.array([*days, 0], np.int64)[coded.cat.codes.to_numpy()]


def _days_from_today(rows: pd.DataFrame, today: LocalToday) -> NDArray[np.int64]:
    """Days from today, at the row's location, to its due date; 0 without one."""
    dates: NDArray[Any] = rows["due_date"].to_numpy("datetime64[D]")
    days: NDArray[np.int64] = dates.astype(np.int64) - day_numbers(rows["location"], today)
    return np.where(np.isnat(dates), 0, days)


def _isin(column: "pd.Series[str]", names: frozenset[str]) -> NDArray[np.bool_]:
    """Judged per category, not per row."""
    coded = column.astype("category")
    known = np.array([*(name in names for name in coded.cat.categories), False])
    result: NDArray[np.bool_] = known[coded.cat.codes.to_numpy()]
    return result


def _confirmed(supply: pd.DataFrame) -> NDArray[np.bool_]:
    """A supply of which nobody says whether it is confirmed is not."""
    return supply["confirmed"].fillna(False).to_numpy(bool)
