"""Promise dates for an order of several lines: from which place, at once or in parts.

Put here how the lines of one order share what each place has. Keep single dates in ``promise.py``.

Lines are served in their order: a later line of the same SKU gets what the earlier ones leave, and
so does a line whose SKU is a part of an earlier kit. A line that gets no date keeps its place, so
that more supply never makes another line later.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from inventory_sync.domain.errors import PromiseRefused
from inventory_sync.domain.kits import times_up
from inventory_sync.domain.promise import Ladder, NoDate, Place, Promise, Rung, Source, promise
from inventory_sync.domain.units import SCALE

Ladders = Mapping[tuple[str, str], Ladder]
"""By SKU and location."""

BaseParts = Mapping[str, Mapping[str, Fraction]]
"""What a kit consists of in the end (``Kits.base_parts``); SKUs that are no kits are not in it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line of the question."""

    sku: str
    quantity_units: int


@dataclass(frozen=True, slots=True)
class LinePromises:
    """One line from each place, in the order of the places, and the best of them."""

    wanted: Wanted
    by_place: tuple[Promise, ...]
    best: Promise | None


@dataclass(frozen=True, slots=True)
class Complete:
    """The whole order in one shipment from one place."""

    location: str
    ships_on: date
    delivered_on: date | None


@dataclass(frozen=True, slots=True)
class Shipment:
    """A part of the line ``line`` (from 0) that ships by itself."""

    line: int
    promise: Promise


@dataclass(frozen=True, slots=True)
class OrderPromise:
    """All answers for one order.

    ``complete``: the ship-complete date of each place that has one; ``best`` is the earliest.
    ``split``: each line as early as possible, in parts and from several places. ``open_units``:
    by line, what has no date even so. ``notes``: what a person should know of the ERP's figures.
    """

    lines: tuple[LinePromises, ...]
    complete: tuple[Complete, ...]
    best: Complete | None
    split: tuple[Shipment, ...]
    open_units: tuple[int, ...]
    notes: tuple[str, ...] = ()


def promise_order(
    lines: Sequence[Wanted],
    places: Sequence[Place],
    ladders: Ladders,
    *,
    region: str | None = None,
    parts: BaseParts | None = None,
) -> OrderPromise:
    """Promise an order from these places; a SKU without a ladder at a place has nothing there.

    The best of several is the earliest: by delivery if a region is given, otherwise by shipping;
    then the lowest priority, then the name. Raises ``PromiseRefused`` for an order without lines
    or places, a quantity below 1, and a region that no place delivers to.
    """
    _refuse_nonsense(lines, places, region)
    desk = _Desk(ladders, parts or {})
    by_line = [
        [promise(left, line.quantity_units, region) for left in row]
        for line, row in zip(lines, _ladders_left(desk, lines, places), strict=True)
    ]
    found = tuple(
        LinePromises(line, tuple(row), _earliest(row, places))
        for line, row in zip(lines, by_line, strict=True)
    )
    complete = [
        whole
        for place, column in zip(places, zip(*by_line, strict=True), strict=True)
        if (whole := _complete(place, column, region)) is not None
    ]
    best = min(complete, key=lambda each: _rank(each, places), default=None)
    split, open_units = _split(_Desk(ladders, parts or {}), lines, places, region)
    return OrderPromise(found, tuple(complete), best, split, open_units)


@dataclass
class _Desk:
    """What the lines so far have taken at each place, in micros by location and SKU."""

    ladders: Ladders
    parts: BaseParts
    taken: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    def take(self, sku: str, location: str, units: int) -> None:
        """Take whole units, and the parts of a kit with them."""
        micros = units * SCALE
        self.taken[location, sku] += micros
        for part, share in self.parts.get(sku, {}).items():
            self.taken[location, part] += times_up(micros, share)

    def left(self, sku: str, place: Place) -> Ladder:
        """The promises that are left of a SKU; a kit also waits for parts that others take."""
        left = self._rest(sku, place, Fraction(1))
        for part, share in self.parts.get(sku, {}).items():
            if self.taken[place.location, part]:
                left = _slower(left, self._rest(part, place, share))
        return left

    def _rest(self, sku: str, place: Place, share: Fraction) -> Ladder:
        """What is left of a SKU, counted in kits that need ``share`` units of it."""
        ladder = self.ladders.get((sku, place.location)) or Ladder(sku, place, (), _nothing(place))
        taken = self.taken[place.location, sku]
        need = share * SCALE
        wholes = ((int((rung.micros - taken) // need) * SCALE, rung) for rung in ladder.rungs)
        return replace(ladder, rungs=_rising(replace(rung, micros=n) for n, rung in wholes))


def _nothing(place: Place) -> NoDate:
    return NoDate.NO_CALENDAR if place.calendar is None else NoDate.BEYOND_HORIZON


def _rising(rungs: Iterable[Rung]) -> tuple[Rung, ...]:
    """Without rungs that reach no higher than the one before them."""
    result: list[Rung] = []
    for rung in rungs:
        if rung.micros > (result[-1].micros if result else 0):
            result.append(rung)
    return tuple(result)


def _slower(one: Ladder, other: Ladder) -> Ladder:
    """Both have to be there: the later date of each quantity. A date that is put off is ours."""
    heights = sorted({rung.micros for rung in (*one.rungs, *other.rungs)})
    rungs: list[Rung] = []
    for micros in heights:
        mine, theirs = one.rung(micros), other.rung(micros)
        if mine is None or theirs is None:
            beyond = one.beyond if mine is None else other.beyond
            return replace(one, rungs=tuple(rungs), beyond=beyond)
        waits = theirs.ships_on > mine.ships_on
        rung = replace(theirs, source=Source.COMPUTED) if waits else mine
        rungs.append(replace(rung, micros=micros))
    return replace(one, rungs=tuple(rungs))


def _ladders_left(
    desk: _Desk, lines: Sequence[Wanted], places: Sequence[Place]
) -> list[list[Ladder]]:
    """Line by line, what each place has left if it serves all lines before."""
    rows = []
    for line in lines:
        rows.append([desk.left(line.sku, place) for place in places])
        for place in places:
            desk.take(line.sku, place.location, line.quantity_units)
    return rows


def _split(
    desk: _Desk, lines: Sequence[Wanted], places: Sequence[Place], region: str | None
) -> tuple[tuple[Shipment, ...], tuple[int, ...]]:
    """Each line from the earliest rungs of all places, until it is complete."""
    shipments: list[Shipment] = []
    open_units: list[int] = []
    serving = [place for place in places if place.delivers_to(region)]
    for number, line in enumerate(lines):
        ladders = [desk.left(line.sku, place) for place in serving]
        given: dict[str, int] = defaultdict(int)
        rest = line.quantity_units
        for part in sorted(_departing(ladders, region), key=lambda each: _rank(each, places)):
            units = min(rest, part.quantity_units - given[part.location])
            if units > 0:
                shipments.append(Shipment(number, replace(part, quantity_units=units)))
                given[part.location] += units
                rest -= units
        for location, units in given.items():
            desk.take(line.sku, location, units)
        open_units.append(rest)
    return tuple(shipments), tuple(open_units)


def _departing(ladders: Iterable[Ladder], region: str | None) -> list[Promise]:
    """For each place and date, the most units that ship there until then."""
    return list(
        {
            (left.place.location, rung.ships_on): promise(left, rung.micros // SCALE, region)
            for left in ladders
            for rung in left.rungs
        }.values()
    )


def _earliest(promises: Iterable[Promise], places: Sequence[Place]) -> Promise | None:
    dated = [each for each in promises if each.ships_on is not None]
    return min(dated, key=lambda each: _rank(each, places), default=None)


def _complete(place: Place, promises: Sequence[Promise], region: str | None) -> Complete | None:
    dates = [each.ships_on for each in promises if each.ships_on is not None]
    if len(dates) < len(promises):
        return None
    return Complete(place.location, max(dates), place.delivered_on(max(dates), region))


def _rank(found: Promise | Complete, places: Sequence[Place]) -> tuple[date, int, str]:
    """Earlier first, then by priority, then by name."""
    when = found.delivered_on or found.ships_on or date.max
    priority = next(place.priority for place in places if place.location == found.location)
    return when, priority, found.location


def _refuse_nonsense(lines: Sequence[Wanted], places: Sequence[Place], region: str | None) -> None:
    if not lines or not places:
        raise PromiseRefused("A promise needs at least one line and one location to ship from.")
    if any(place.delivers_to(region) for place in places):
        return
    served = sorted(
        {name for each in places if each.calendar for name in each.calendar.transit_days}
    )
    raise PromiseRefused(
        f"No location delivers to region {region}; known regions: {', '.join(served) or 'none'}. "
        "Add it to transit_days of a location."
    )
