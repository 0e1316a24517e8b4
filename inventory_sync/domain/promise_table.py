"""Every promise of the catalogue as a table: what ``promise.py`` answers, for all SKUs at once.

Put here what has to be fast because it is about everything. The rules stand in ``promise.py``; a
test holds both against each other.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from inventory_sync.domain.dated_rows import LEFT_OUT, PASSED, UNKNOWN_LOCATION, Report
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.projection import curves
from inventory_sync.domain.promise import Departures, Ladder, Source, erp_promises, ladder
from inventory_sync.domain.units import SCALE

PROMISE_COLUMNS: Final = ("sku", "location", "units", "ships_on", "source")


def promise_table(
    steps: pd.DataFrame, departures: Sequence[Departures], promise_dates: pd.DataFrame
) -> tuple[pd.DataFrame, Report]:
    """The ladders of a whole projection, in whole units: up to ``units`` ship on ``ships_on``.

    ``steps``: ``projection.PROJECTION_COLUMNS``. ``departures``: one for each place. One row for
    each date of a SKU at a location (``PROMISE_COLUMNS``), with rising units; where there is no
    row, there is no date. The report counts the ERP's own promises that cannot be relayed.
    """
    report = Report()
    by_location = {each.place.location: each for each in departures}
    said = erp_promises(promise_dates, report)
    _report_unusable(promise_dates, by_location, report)
    relayed = pd.MultiIndex.from_tuples(list(said), names=["sku", "location"])
    pairs = pd.MultiIndex.from_frame(steps[["sku", "location"]].astype("object"))
    theirs = pairs.isin(relayed) if said else np.zeros(len(steps), bool)
    ours = _ours(steps[~theirs], by_location)
    found = curves(steps[theirs])
    mixed = _rungs(
        ladder(sku, by_location[location], found.get((sku, location)), promised)
        for (sku, location), promised in said.items()
        if location in by_location
    )
    return _one_per_date(pd.concat([ours, mixed], ignore_index=True)), report


def table_of(ladders: Iterable[Ladder]) -> pd.DataFrame:
    """The same table (``PROMISE_COLUMNS``) from ladders that were climbed one by one."""
    return _one_per_date(_rungs(ladders))


def _rungs(ladders: Iterable[Ladder]) -> pd.DataFrame:
    rows = [
        (each.sku, each.place.location, rung.micros // SCALE, rung.ships_on, str(rung.source))
        for each in ladders
        for rung in each.rungs
    ]
    found = pd.DataFrame(rows, columns=list(PROMISE_COLUMNS)).astype({"units": "int64"})
    found["ships_on"] = pd.to_datetime(found["ships_on"]).astype("datetime64[s]")
    return found


def _ours(steps: pd.DataFrame, by_location: Mapping[str, Departures]) -> pd.DataFrame:
    """What the projection promises where the ERP says nothing."""
    sure = (steps["certainty"] == Certainty.EXACT) & (steps["atp_micros"] >= SCALE)
    rows = steps[sure]
    days = rows[["location", "day"]].drop_duplicates()
    leaves = [
        (location, day, departures.ships_on(day.date(), calendar))
        for location, day in days.itertuples(index=False)
        if (departures := by_location.get(location)) and (calendar := departures.place.calendar)
    ]
    columns = ["location", "day", "ships_on"]
    known = pd.DataFrame(leaves, columns=columns).astype(
        {"location": "str", "day": "datetime64[s]"}
    )
    known["ships_on"] = pd.to_datetime(known["ships_on"]).astype("datetime64[s]")
    dated = rows.assign(location=rows["location"].astype("str")).merge(
        known, on=["location", "day"]
    )
    return dated.assign(
        units=dated["atp_micros"].to_numpy(np.int64) // SCALE, source=str(Source.COMPUTED)
    )[list(PROMISE_COLUMNS)]


def _one_per_date(rows: pd.DataFrame) -> pd.DataFrame:
    """Of one date the largest quantity; a later date only where it promises more."""
    ordered = rows.sort_values(["sku", "location", "ships_on", "units"], ignore_index=True)
    pair = ["sku", "location"]
    last = ordered.drop_duplicates([*pair, "ships_on"], keep="last")
    before = (
        last.groupby(pair, sort=False)["units"]
        .cummax()
        .groupby([last["sku"], last["location"]], sort=False)
        .shift(fill_value=0)
    )
    return last[(last["units"] > before)].reset_index(drop=True)


def _report_unusable(
    promise_dates: pd.DataFrame, by_location: Mapping[str, Departures], report: Report
) -> None:
    """Note the ERP's dates that are over, and those of places where nothing ships."""
    rows = promise_dates.dropna(subset=["sku", "location", "promise_date"])
    place = rows["location"].astype("object")
    known = place.isin(set(by_location)).to_numpy(bool)
    report.add("promise_dates", LEFT_OUT, UNKNOWN_LOCATION, rows[~known])
    today = {name: pd.Timestamp(each.today) for name, each in by_location.items()}
    over = rows["promise_date"] < place.map(today).astype("datetime64[s]")
    report.add("promise_dates", LEFT_OUT, PASSED, rows[known & over.to_numpy(bool)])
