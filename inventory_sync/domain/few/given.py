"""What few SKUs are promised, as rows of the promise ledger, from plain rows.

Put here how plain rows become what ``given_promises.py`` takes, which has the rule; a test holds
both ways against each other. Frames are made here and not before: a question needs none.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

import pandas as pd

from inventory_sync.domain.calendar import LocalToday
from inventory_sync.domain.dated_rows import ProjectionRules
from inventory_sync.domain.few.dates import Pair, PlainDates, coming
from inventory_sync.domain.few.plain import Plain
from inventory_sync.domain.given_promises import given_promises
from inventory_sync.domain.projection import Curve


class Arrival(NamedTuple):
    """Supply that counts, and the first day on which it can leave; as a row of ``arrivals``."""

    sku: str
    location: str
    supply_id: str
    kind: str
    arrives_on: date


def few_arrivals(
    plain: Plain, dates: PlainDates, today: LocalToday, rules: ProjectionRules
) -> list[Arrival]:
    """The supply that counts. A kit has the supply of its parts."""
    found = [
        Arrival(
            row.sku,
            row.location,
            row.supply_id,
            row.kind,
            today.at(row.location) + timedelta(days=day),
        )
        for row, day in coming(plain, dates, today, rules)
    ]
    base = plain.kits.base_parts()
    of_kits = [each._replace(sku=kit) for kit in base for each in found if each.sku in base[kit]]
    return found + of_kits


def few_given(
    table: pd.DataFrame, curves: Mapping[Pair, Curve], arrivals: Iterable[Arrival]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of the promise ledger (``GIVEN_COLUMNS``), and the arrivals as a frame.

    ``table``: ``promise_table``.
    """
    rows = pd.DataFrame(arrivals, columns=list(Arrival._fields)).astype("object")
    rows["arrives_on"] = pd.to_datetime(rows["arrives_on"]).astype("datetime64[s]")
    steps = pd.DataFrame(
        [
            (*pair, day, micros)
            for pair, curve in curves.items()
            for day, micros in zip(curve.days, curve.micros, strict=True)
        ],
        columns=["sku", "location", "day", "atp_micros"],
    ).astype({"day": "datetime64[s]", "atp_micros": "int64"})
    return given_promises(table, steps, rows), rows
