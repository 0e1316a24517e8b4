"""The dates of placed orders: which one each open line of every store has now.

Put here how the order ledger, the ERP's commitments and the projection come together. The rules of
a date are ``domain/order_dates.py``; what is written to orders, ``order_publishing.py``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Final

import pandas as pd

from inventory_sync.domain.dated_rows import Report
from inventory_sync.domain.order_dates import (
    DatedPart,
    FlyingPart,
    OrderedPart,
    by_line,
    computed_date,
    erp_date,
)
from inventory_sync.domain.orders import erp_locations_of, known_sku
from inventory_sync.domain.projection import curves
from inventory_sync.domain.promise import Place, erp_promises
from inventory_sync.flow.parts import Parts

ORDER_DATE_COLUMNS: Final = tuple(each.name for each in fields(DatedPart))

_LINE: Final = ["store", "order_id", "line_id"]


@dataclass(frozen=True)
class Ordered:
    """What the dates of open orders come from, all of one reading of the ERP.

    ``in_flight``: ``orders.in_flight``; ``commitments`` and ``promise_dates``: the ERP's;
    ``steps``: the projection.
    """

    in_flight: pd.DataFrame
    commitments: pd.DataFrame
    promise_dates: pd.DataFrame
    steps: pd.DataFrame


def order_date_table(parts: Parts, ordered: Ordered, places: Sequence[Place]) -> pd.DataFrame:
    """Every open order line of every store with its date (``ORDER_DATE_COLUMNS``).

    Reservations are not orders, and lines that have been shipped or cancelled are not open.
    """
    known = {place.location: place for place in places}
    dated = [erp_date(part, known.get(part.location)) for part in _known_to_erp(parts, ordered)]
    flying = list(_in_flight(parts, ordered, places))
    skus = {part.sku for part in flying}
    found = curves(ordered.steps[ordered.steps["sku"].isin(skus)])
    theirs = ordered.promise_dates[ordered.promise_dates["sku"].isin(skus)]
    said = erp_promises(theirs, Report())
    dated += [computed_date(part, found, said) for part in flying]
    rows = pd.DataFrame(map(astuple, by_line(dated)), columns=list(ORDER_DATE_COLUMNS))
    rows["ships_on"] = pd.to_datetime(rows["ships_on"]).astype("datetime64[s]")
    rows["ships_by"] = pd.to_datetime(rows["ships_by"], utc=True).astype("datetime64[us, UTC]")
    return rows


def _orders(lines: pd.DataFrame) -> pd.DataFrame:
    return lines[lines["order_id"].str.startswith("gid://shopify/Order/")]


def _known_to_erp(parts: Parts, ordered: Ordered) -> Iterator[OrderedPart]:
    """The open commitments that stand for lines of the order ledger."""
    lines = _orders(parts.ledger.order_lines())[[*_LINE, "sku"]].drop_duplicates(_LINE)
    named = ["external_order_id", "external_line_id"]
    theirs = ordered.commitments[[*named, "location", "due_date", "kind"]].dropna(subset=named)
    theirs = theirs.set_axis([*_LINE[1:], "location", "due_date", "kind"], axis=1)
    both = lines.merge(theirs, on=_LINE[1:])
    for row in both.to_dict("records"):
        due = None if pd.isna(row["due_date"]) else row["due_date"].date()
        name = (row["store"], row["order_id"], row["line_id"], str(row["sku"]))
        yield OrderedPart(*name, row["location"], due, str(row["kind"]))


def _in_flight(parts: Parts, ordered: Ordered, places: Sequence[Place]) -> Iterator[FlyingPart]:
    """What the buyer still wants of lines that the ERP does not know, under its SKUs."""
    skus = frozenset(ordered.steps["sku"].astype(str).unique())
    lines = known_sku(_orders(ordered.in_flight), skus)
    locations = parts.locations()
    wanted = lines[lines["current_units"] > 0]
    for row in wanted.to_dict("records"):
        where = erp_locations_of(locations.get(row["store"], {}), row["store_location_id"])
        yield FlyingPart(
            row["store"],
            row["order_id"],
            row["line_id"],
            row["sku"],
            row["in_flight_micros"],
            tuple(place for place in places if place.location in where),
            row["first_seen_at"].to_pydatetime(),
        )
