"""The dates of the lines of placed orders: the ERP's where it has one, ours while it has not.

Put here how an open order line gets its date. What can be promised of a SKU is ``promise.py``; what
is written to the order is ``promise_value.py``.

An order in flight was deducted from the projection, at each ERP location that it may come from. So
its own quantity is put back there, and the question is the one that its buyer asked when it was
placed. No date is invented: what the ERP does not date, and what nothing covers, has none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Final

from inventory_sync.domain.profile import profile, together
from inventory_sync.domain.projection import Curve
from inventory_sync.domain.promise import Departures, ErpPromise, Place, Source, ladder
from inventory_sync.domain.units import SCALE

ON_HOLD: Final = "the ERP holds it until a decision"
NOT_SAID: Final = "the ERP gives it no date"
NOT_COVERED: Final = "nothing within the horizon covers it"

_ANY_LENGTH: Final = 1_000_000  # bytes: nothing is cut off here
_MOMENT: Final = timedelta(seconds=1)

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class OrderedPart:
    """A part of an order line that the ERP knows (``due``, ``kind``), at one of its locations."""

    store: str
    order_id: str
    line_id: str
    sku: str
    location: str
    due: date | None
    kind: str


@dataclass(frozen=True, slots=True)
class FlyingPart:
    """A part of an order line that the ERP does not know yet, and where it may be taken from."""

    store: str
    order_id: str
    line_id: str
    sku: str
    micros: int
    places: tuple[Place, ...]
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class DatedPart:
    """When a part, or a whole line, ships: by the end of that day there. Without a date, why."""

    store: str
    order_id: str
    line_id: str
    sku: str
    ships_on: date | None = None
    ships_by: datetime | None = None
    source: Source | None = None
    reason: str = ""


def erp_date(part: OrderedPart, place: Place | None) -> DatedPart:
    """The ERP's own date, unchanged. What waits for a decision has none."""
    dated = DatedPart(part.store, part.order_id, part.line_id, part.sku)
    if part.kind == "hold":
        return replace(dated, reason=ON_HOLD)
    if part.due is None:
        return replace(dated, reason=NOT_SAID)
    ends = _end_of(part.due, place)
    return replace(dated, ships_on=part.due, ships_by=ends, source=Source.ERP)


def computed_date(
    part: FlyingPart,
    curves: Mapping[Key, Curve],
    promised: Mapping[Key, Sequence[ErpPromise]],
) -> DatedPart:
    """The date that the buyer was told: the best place alone, or all of them between them."""
    dated = DatedPart(part.store, part.order_id, part.line_id, part.sku)
    ladders = [
        (
            departures := Departures(place, part.placed_at),
            ladder(
                part.sku,
                departures,
                _without(part.micros, curves.get((part.sku, place.location))),
                promised.get((part.sku, place.location), ()),
            ),
        )
        for place in part.places
    ]
    rungs = [(rung, each.place) for _, each in ladders if (rung := each.rung(part.micros))]
    best = min(rungs, key=lambda found: found[0].ships_on, default=None)
    between_them = together(
        [profile(each, at, most_bytes=_ANY_LENGTH) for at, each in ladders],
        most_bytes=_ANY_LENGTH,
    ).ships_on(-(-part.micros // SCALE))
    if best and (between_them is None or best[0].ships_on <= between_them):
        rung, place = best
        ends = _end_of(rung.ships_on, place)
        return replace(dated, ships_on=rung.ships_on, ships_by=ends, source=rung.source)
    if between_them is None:
        return replace(dated, reason=NOT_COVERED)
    ends = max(_end_of(between_them, place) for place in part.places)
    return replace(dated, ships_on=between_them, ships_by=ends, source=Source.COMPUTED)


def by_line(parts: Sequence[DatedPart]) -> list[DatedPart]:
    """Each line once: it ships when its last part does, and has no date while a part has none."""
    line_of = attrgetter("store", "order_id", "line_id")
    lines = []
    for _, group in groupby(sorted(parts, key=line_of), key=line_of):
        of_line = list(group)
        open_ends = [each for each in of_line if each.ships_on is None]
        last = open_ends[0] if open_ends else max(of_line, key=_latest)
        is_theirs = all(each.source == Source.ERP for each in of_line)
        source = None if open_ends else Source.ERP if is_theirs else Source.COMPUTED
        lines.append(replace(last, source=source))
    return lines


def _latest(part: DatedPart) -> tuple[date, datetime]:
    assert part.ships_on is not None and part.ships_by is not None
    return part.ships_on, part.ships_by


def _without(micros: int, curve: Curve | None) -> Curve | None:
    """The curve as if this order had not been placed."""
    return curve and replace(curve, micros=tuple(each + micros for each in curve.micros))


def _end_of(day: date, place: Place | None) -> datetime:
    """The last second of a day there; of UTC where nobody knows the time zone."""
    zone = place.zone if place else UTC
    return (datetime.combine(day + timedelta(days=1), time(), zone)).astimezone(UTC) - _MOMENT
