"""Promises from one reading of the ERP: which dates can be given now, and for which quantities.

Put here how a snapshot, the orders in flight and the calendars become ladders of dates. The rules
are ``domain/projection.py`` and ``domain/promise.py``; nothing here is written anywhere.
"""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd

from inventory_sync.domain import orders
from inventory_sync.domain.atp import Atp, available_to_promise
from inventory_sync.domain.calendar import LocalToday, zone_named
from inventory_sync.domain.dated_rows import REPORT_COLUMNS, Report
from inventory_sync.domain.errors import CalendarRefused, PromiseRefused
from inventory_sync.domain.frames import ErpSnapshot
from inventory_sync.domain.order_promise import OrderPromise, Wanted, promise_order
from inventory_sync.domain.projection import Projection, curves, project
from inventory_sync.domain.promise import Departures, Ladder, Place, erp_promises, ladder
from inventory_sync.domain.quarantine import judge
from inventory_sync.flow.parts import Parts

BAD_ZONE = "its time zone is not known: its days are those of UTC"


def project_snapshot(
    parts: Parts, snapshot: ErpSnapshot, atp: Atp, lines: pd.DataFrame
) -> Projection:
    """Project a believed snapshot. ``lines``: the order lines in flight (``orders.in_flight``)."""
    policy = parts.promises
    zones, report = _zones(snapshot.locations)
    zones |= {name: place.calendar.zone for name, place in policy.places.items() if place.calendar}
    demand = orders.demand_in_flight(lines, parts.locations())
    found = project(atp, snapshot, LocalToday(parts.now(), zones), policy.rules, demand)
    return Projection(found.steps, pd.concat([found.report, report], ignore_index=True))


def places_of(parts: Parts, locations: pd.DataFrame) -> tuple[Place, ...]:
    """The ERP's locations: those of the settings first, in their order, the others after them."""
    configured = parts.promises.places
    named = [str(name) for name in locations["location"]]
    known = [place for name, place in configured.items() if name in named]
    others = [Place(name, None, len(configured)) for name in named if name not in configured]
    return (*known, *others)


def promise_now(
    parts: Parts,
    lines: Sequence[Wanted],
    *,
    region: str | None = None,
    location: str | None = None,
) -> OrderPromise:
    """Promise an order from what the ERP says now; with ``location``, from there alone.

    Reads the rows of the SKUs and of all that share a kit with them. Raises ``PromiseRefused`` for
    a SKU or location that the ERP does not have, and what ``promise_order`` and ``snapshot`` raise.
    """
    skus = sorted({line.sku for line in lines})
    related = parts.erp.extract(skus, ()).skus
    snapshot = parts.erp.snapshot(skus, parts.ledger.order_ids_of(related))
    judged = judge(snapshot)
    atp = available_to_promise(judged, snapshot.taken_at)
    ordered = parts.ledger.order_lines()
    mine = orders.known_sku(ordered, frozenset(related))
    flight = orders.in_flight(mine, judged.snapshot.acknowledged_orders)
    projection = project_snapshot(parts, judged.snapshot, atp, flight)
    unknown = [sku for sku in skus if sku not in atp.tracked_skus | atp.untracked_skus]
    if unknown:
        raise PromiseRefused(f"The ERP has no SKU {unknown[0]}; SKUs are written exactly as there.")
    everywhere = places_of(parts, judged.snapshot.locations)
    places = [place for place in everywhere if location in (None, place.location)]
    if not places:
        raise PromiseRefused(f"The ERP has no location {location}.")
    ladders = _ladders(projection, places, judged.snapshot.promise_dates, parts.now())
    base = atp.kits.base_parts()
    return promise_order(lines, places, ladders, region=region, parts=base)


def _ladders(
    projection: Projection,
    places: Sequence[Place],
    promise_dates: pd.DataFrame,
    asked_at: datetime,
) -> dict[tuple[str, str], Ladder]:
    """The ladder of each SKU at each place. A loop: for some SKUs, not for all."""
    found = curves(projection.steps)
    said = erp_promises(promise_dates, Report())
    skus = {sku for sku, _ in (*found, *said)}
    return {
        (sku, place.location): ladder(
            sku, departures, found.get((sku, place.location)), said.get((sku, place.location), ())
        )
        for place in places
        for departures in (Departures(place, asked_at),)
        for sku in skus
    }


def _zones(locations: pd.DataFrame) -> tuple[dict[str, ZoneInfo], pd.DataFrame]:
    """The ERP's time zones by location, and a line of report for those that nobody knows."""
    zones: dict[str, ZoneInfo] = {}
    lines = []
    for name, zone in locations[["location", "time_zone"]].itertuples(index=False):
        if pd.isna(zone):
            continue
        try:
            zones[str(name)] = zone_named(str(zone))
        except CalendarRefused:
            lines.append(("locations", "moved", BAD_ZONE, 1, 0.0, str(name)))
    return zones, pd.DataFrame(lines, columns=list(REPORT_COLUMNS))
