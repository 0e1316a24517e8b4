"""Promises from one reading of the ERP: which dates can be given now, and for which quantities.

Put here how a reading, the orders in flight and the calendars become ladders of dates. The rules
are ``domain/projection.py`` and ``domain/promise.py``; nothing here is written anywhere.

A question reads plain rows, for frames cost ten times as much; whatever of them is odd is judged by
the frames, as in an event pass.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pandas as pd

from inventory_sync.domain import orders
from inventory_sync.domain.atp import Atp, available_to_promise
from inventory_sync.domain.dated_rows import REPORT_COLUMNS, Report
from inventory_sync.domain.errors import PromiseRefused, UnknownSku
from inventory_sync.domain.extract import ErpExtract
from inventory_sync.domain.few.dates import few_curves, plain_dates
from inventory_sync.domain.few.given import Arrival, few_arrivals
from inventory_sync.domain.few.offers import lines_in_flight
from inventory_sync.domain.few.plain import plain_rows, with_kits
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.frames import ErpSnapshot
from inventory_sync.domain.known import Known
from inventory_sync.domain.order_promise import BaseParts, OrderPromise, Wanted, promise_order
from inventory_sync.domain.projection import Curve, Projection, curves, project
from inventory_sync.domain.promise import (
    Departures,
    ErpPromise,
    Ladder,
    Place,
    erp_promises,
    ladder,
)
from inventory_sync.domain.quarantine import judge
from inventory_sync.domain.units import micros_to_decimal
from inventory_sync.flow.days import days_of, local_days
from inventory_sync.flow.parts import Parts

BAD_ZONE = "its time zone is not known: its days are those of UTC"


@dataclass(frozen=True)
class Facts:
    """What a promise rests on, however it was read. ``locations`` are all of the ERP's, ``zones``
    their time zones as far as they are known.
    """

    skus: Collection[str]
    locations: Sequence[str]
    zones: Mapping[str, ZoneInfo]
    curves: Mapping[tuple[str, str], Curve]
    promised: Mapping[tuple[str, str], Sequence[ErpPromise]]
    parts: BaseParts


@dataclass(frozen=True)
class PlainFacts(Facts):
    """The same from plain rows, with the supply that counts."""

    arrivals: Sequence[Arrival]


def project_snapshot(
    parts: Parts, snapshot: ErpSnapshot, atp: Atp, lines: pd.DataFrame
) -> Projection:
    """Project a believed snapshot. ``lines``: the order lines in flight (``orders.in_flight``)."""
    zones, unknown = days_of(parts, snapshot.locations)
    lost = [("locations", "moved", BAD_ZONE, 1, 0.0, name) for name in unknown]
    demand = orders.demand_in_flight(lines, parts.locations())
    found = project(atp, snapshot, zones, parts.promises.rules, demand)
    report = pd.DataFrame(lost, columns=list(REPORT_COLUMNS))
    return Projection(found.steps, pd.concat([found.report, report], ignore_index=True))


def places_of(parts: Parts, locations: pd.DataFrame) -> tuple[Place, ...]:
    """The ERP's locations: those of the settings first, in their order, the others after them."""
    today, _ = days_of(parts, locations)
    return _places(parts, [str(name) for name in locations["location"]], today.zones)


def promise_now(
    parts: Parts,
    lines: Sequence[Wanted],
    *,
    region: str | None = None,
    locations: Collection[str] | None = None,
) -> OrderPromise:
    """Promise an order from what the ERP says now; with ``locations``, from these alone.

    Reads the rows of the SKUs and of all that share a kit with them. Raises ``PromiseRefused`` for
    a SKU, location or region that nobody knows, and what ``promise_order`` and ``extract`` raise.
    """
    skus = sorted({line.sku for line in lines})
    facts = plain_facts(parts, skus) or _framed_facts(parts, skus)
    unknown = [sku for sku in skus if sku not in facts.skus]
    if unknown:
        raise UnknownSku(f"The ERP has no SKU {unknown[0]}; SKUs are written exactly as there.")
    strange = sorted(set(locations or ()) - set(facts.locations))
    if strange:
        raise PromiseRefused(f"The ERP has no location {strange[0]}.")
    everywhere = places_in(parts, facts)
    places = [each for each in everywhere if locations is None or each.location in locations]
    ladders = ladders_of(facts, places, parts.now())
    answer = promise_order(lines, places, ladders, region=region, parts=facts.parts)
    return replace(answer, notes=_notes([ladders[pair] for pair in ladders if pair[0] in skus]))


def plain_facts(parts: Parts, skus: Sequence[str]) -> PlainFacts | None:
    """The facts of SKUs, and of all that share a kit with them, from plain rows; ``None`` when one
    of them is odd. Raises what ``extract`` raises.
    """
    extract = _extract(parts, skus)
    plain = plain_rows(extract, parts.rules)
    dates = plain_dates(extract, plain)
    if extract.dates is None or (plain.odd | dates.odd) & extract.skus:
        return None
    # After the ERP: an order that comes in between is deducted twice rather than not at all.
    known = parts.ledger.known(extract.skus, stale_since=parts.now())
    stores = parts.locations()
    flying = [
        (line.sku, place, micros)
        for line, micros in lines_in_flight(known.lines, plain.acknowledged)
        if line.sku in extract.skus
        for place in orders.erp_locations_of(stores.get(line.store, {}), line.store_location_id)
    ]
    today, _ = local_days(parts, extract.dates.zones)
    rules = parts.promises.rules
    return PlainFacts(
        {str(row.sku) for row in extract.products},
        sorted(extract.locations),
        today.zones,
        _doubted(few_curves(plain, dates, flying, today, rules), known, extract),
        dates.promised,
        plain.kits.base_parts(),
        few_arrivals(plain, dates, today, rules),
    )


def _extract(parts: Parts, skus: Sequence[str]) -> ErpExtract:
    """The ERP's rows, with the acknowledgements of every order that the ledger knows of them."""
    wanted = frozenset(skus)
    while True:
        extract = parts.erp.extract(skus, parts.ledger.order_ids_of(wanted), dated=True)
        if extract.skus <= wanted:
            return extract
        wanted = extract.skus


def _framed_facts(parts: Parts, skus: Sequence[str]) -> Facts:
    """The facts from frames, which judge every row."""
    extract = parts.erp.extract(skus, ())
    related = extract.skus
    snapshot = parts.erp.snapshot(skus, parts.ledger.order_ids_of(related))
    judged = judge(snapshot, parts.rules)
    atp = available_to_promise(judged, snapshot.taken_at)
    mine = orders.known_sku(parts.ledger.order_lines(), frozenset(related))
    flight = orders.in_flight(mine, judged.snapshot.acknowledged_orders)
    projection = project_snapshot(parts, judged.snapshot, atp, flight)
    known = parts.ledger.known(related, stale_since=parts.now())
    return Facts(
        atp.tracked_skus | atp.untracked_skus,
        [str(name) for name in judged.snapshot.locations["location"]],
        days_of(parts, judged.snapshot.locations)[0].zones,
        _doubted(curves(projection.steps), known, extract),
        erp_promises(judged.snapshot.promise_dates, Report()),
        atp.kits.base_parts(),
    )


def _doubted(
    found: Mapping[tuple[str, str], Curve], known: Known, extract: ErpExtract
) -> dict[tuple[str, str], Curve]:
    """The curves, those that a full pass doubts as at most: who reads a few SKUs does not see why,
    for instance that a supply id stands at another SKU too.

    A demand that is not placed may be one on a kit or on its parts, so a doubt is about them all.
    """
    doubted = with_kits(extract, known.undated)
    return {
        pair: replace(curve, certainty=max(curve.certainty, Certainty.AT_MOST))
        if pair[0] in doubted
        else curve
        for pair, curve in found.items()
    }


def _places(
    parts: Parts, named: Collection[str], zones: Mapping[str, ZoneInfo]
) -> tuple[Place, ...]:
    configured = parts.promises.places
    known = [place for name, place in configured.items() if name in named]
    last = len(configured)
    others = [
        Place(name, None, last, zones.get(name, UTC)) for name in named if name not in configured
    ]
    return (*known, *others)


def places_in(parts: Parts, facts: Facts) -> tuple[Place, ...]:
    """The ERP's locations, in the order of ``places_of``."""
    return _places(parts, facts.locations, facts.zones)


def ladders_of(
    facts: Facts, places: Sequence[Place], asked_at: datetime
) -> dict[tuple[str, str], Ladder]:
    """The ladder of each SKU at each place. A loop: for some SKUs, not for all."""
    skus = {sku for sku, _ in (*facts.curves, *facts.promised)}
    return {
        (sku, place.location): ladder(
            sku,
            departures,
            facts.curves.get((sku, place.location)),
            facts.promised.get((sku, place.location), ()),
        )
        for place in places
        for departures in (Departures(place, asked_at),)
        for sku in skus
    }


def _notes(ladders: Sequence[Ladder]) -> tuple[str, ...]:
    """What a person should know of dates that the ERP gives and that are none any more."""
    return tuple(
        f"The ERP promises {micros_to_decimal(said.micros)} x {found.sku} from "
        f"{found.place.location} for {said.ships_on}: that day has passed, so it does not count."
        for found in ladders
        for said in found.passed
    )
