"""Dates, as assets: what can be promised on each day, and the ladder of dates that follows.

Put computed promises here; what a store is told of them is ``stores.py``.
"""

from datetime import datetime

import dagster as dg
import pandas as pd

from inventory_sync.defs.assets.framed import frame_asset
from inventory_sync.defs.metadata import table
from inventory_sync.defs.plots import plot, promisable_by_day
from inventory_sync.defs.resources import InventorySync
from inventory_sync.domain.atp import Atp
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.frames import ErpSnapshot
from inventory_sync.domain.promise import Departures
from inventory_sync.domain.promise_table import promise_table
from inventory_sync.flow.promising import places_of, project_snapshot

_ERP = ("locations", "products", "components", "commitments", "supply")
_MICROS = 1_000_000


@frame_asset(
    "atp",
    "projected",
    made_from={
        "atp": "atp/available_to_promise",
        **{name: f"erp/{name}" for name in _ERP},
        "in_flight": "orders/in_flight",
    },
    has={
        "sku": "text: the ERP's item code",
        "location": "text: the ERP's warehouse, plant or zone",
        "day": "date: from then on, by the location's calendar day",
        "atp_micros": "int64: what can be promised in all, in millionths; may be negative",
        "certainty": "int8: 0 exact, 1 at most this, 2 unknown",
    },
)
def projected(
    context: dg.AssetExecutionContext,
    inventory_sync: InventorySync,
    atp: pd.DataFrame,
    locations: pd.DataFrame,
    products: pd.DataFrame,
    components: pd.DataFrame,
    commitments: pd.DataFrame,
    supply: pd.DataFrame,
    in_flight: pd.DataFrame,
) -> dg.Output[pd.DataFrame]:
    """What can be promised on each day to come without breaking a later commitment.

    One row for each day on which that becomes more. Dated supply and commitments are looked at up
    to `promise.horizon_days`; rows that were moved or left out are in the report.
    """
    taken_at, none = datetime.fromisoformat(atp.attrs["taken_at"]), pd.DataFrame()
    snapshot = ErpSnapshot(
        taken_at, locations, products, components, none, commitments, supply, none, none, {}
    )
    with inventory_sync.parts(context.log) as parts:
        found = project_snapshot(parts, snapshot, Atp.of(atp, components, products), in_flight)
    steps = found.steps
    steps.attrs.update(atp.attrs)
    today = steps.groupby(["sku", "location"], sort=False)["atp_micros"]
    return dg.Output(
        steps,
        metadata={
            "SKU-locations": int(today.ngroups),
            "steps": len(steps),
            "units today": float(today.first().clip(lower=0).sum() / _MICROS),
            "units at the horizon": float(today.last().clip(lower=0).sum() / _MICROS),
            "uncertain": int((steps["certainty"] != Certainty.EXACT).sum()),
            "moved or left out": table(found.report),
            "over the horizon": plot("Units that can be promised", *promisable_by_day(steps)),
        },
    )


@frame_asset(
    "atp",
    "promise_dates",
    made_from={
        "projected": "atp/projected",
        "locations": "erp/locations",
        "promise_dates": "erp/promise_dates",
    },
    has={
        "sku": "text: the ERP's item code",
        "location": "text: where it ships from",
        "units": "int64: up to so many units",
        "ships_on": "date: ship on this day",
        "source": "text: erp (its own date, unchanged) or computed",
    },
)
def promise_dates_asset(
    context: dg.AssetExecutionContext,
    inventory_sync: InventorySync,
    projected: pd.DataFrame,
    locations: pd.DataFrame,
    promise_dates: pd.DataFrame,
) -> dg.Output[pd.DataFrame]:
    """The first ship date of any quantity: working days, cut-off, handling, holidays.

    The ERP's own promise dates are relayed as they are. Where a SKU has no row, there is no date
    ("date on request"): beyond the horizon, without a calendar, or from figures in doubt.
    """
    with inventory_sync.parts(context.log) as parts:
        now = parts.now()
        departures = [Departures(place, now) for place in places_of(parts, locations)]
    rows, report = promise_table(projected, departures, promise_dates)
    rows.attrs.update(projected.attrs | {"asked_at": now.isoformat()})
    return dg.Output(
        rows,
        metadata={
            "dates": len(rows),
            "SKU-locations with a date": int(rows.groupby(["sku", "location"]).ngroups),
            "relayed from the ERP": int((rows["source"] == "erp").sum()),
            "locations without a calendar": ", ".join(
                each.place.location for each in departures if each.place.calendar is None
            ),
            "left out": table(report.frame()),
            "sample": table(rows, 8),
        },
    )
