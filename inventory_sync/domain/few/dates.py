"""Projected ATP of a few SKUs from plain rows: the answer to a question for a date.

Put here on which day a plain row counts, so that a question needs no frames. The rules are those of
``dated_rows.py``, and the arithmetic is ``lookahead.py`` for both; a test holds both ways against
each other. Keep judgement out: a row about days that is not plain makes its SKU odd.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from inventory_sync.domain.calendar import LocalToday
from inventory_sync.domain.dated_rows import ProjectionRules
from inventory_sync.domain.extract import ErpExtract, SupplyRow
from inventory_sync.domain.few.offers import parts_of
from inventory_sync.domain.few.plain import Plain, is_open, plain_micros
from inventory_sync.domain.kits import Kits
from inventory_sync.domain.lookahead import DatedRows, promisable
from inventory_sync.domain.projected_kits import allowed
from inventory_sync.domain.projection import Curve
from inventory_sync.domain.promise import ErpPromise
from inventory_sync.domain.units import SCALE

Pair = tuple[str, str]
Demand = Iterable[tuple[str, str, int]]
"""SKU, location, micros."""

_Dated = list[tuple[Pair, int, int]]
_Levels = dict[str, dict[str, NDArray[np.int64]]]


@dataclass(frozen=True, slots=True)
class Supply:
    """Units to come, in micros."""

    supply_id: str
    sku: str
    location: str
    quantity_micros: int
    due_date: date | None
    is_confirmed: bool
    kind: str


@dataclass(frozen=True)
class PlainDates:
    """What plain rows say about days, of SKUs and locations that the ERP lists.

    ``odd_rows``: the SKUs of supply and commitments that are not plain; ``odd_promises``: those of
    the ERP's own dates that are not.
    """

    supply: Sequence[Supply]
    promised: Mapping[Pair, tuple[ErpPromise, ...]]
    odd_rows: frozenset[str]
    odd_promises: frozenset[str] = frozenset()

    @property
    def odd(self) -> frozenset[str]:
        """The SKUs for which nobody can give a date from plain rows."""
        return self.odd_rows | self.odd_promises


def plain_dates(extract: ErpExtract, plain: Plain) -> PlainDates:
    """Sort the dated rows of an extract. Nothing raises; an extract without dates is odd."""
    if extract.dates is None:
        return PlainDates((), {}, extract.skus)
    odd = {row.sku for row in plain.commitments if not _is_day(row.due_date)}
    listed = {row.sku for row in extract.products}
    named = Counter(row.supply_id for row in extract.dates.supply)
    supply: list[Supply] = []
    for row in extract.dates.supply:
        found = _supply(row)
        if found is None or named[row.supply_id] > 1:
            odd.add(str(row.sku))
        elif found.sku in listed and found.location in extract.locations:
            supply.append(found)
    promised: dict[Pair, tuple[ErpPromise, ...]] = {}
    odd_promises: set[str] = set()
    for said in extract.dates.promise_dates:
        micros, day = plain_micros(said.quantity), said.promise_date
        if micros is None or type(day) is not date or not isinstance(said.location, str):
            odd_promises.add(str(said.sku))
        elif micros:
            pair = str(said.sku), said.location
            promised[pair] = (*promised.get(pair, ()), ErpPromise(micros, day))
    return PlainDates(supply, promised, frozenset(odd), frozenset(odd_promises))


def few_curves(
    plain: Plain,
    dates: PlainDates,
    flying: Demand,
    today: LocalToday,
    rules: ProjectionRules,
) -> dict[Pair, Curve]:
    """The projection of every SKU and location of plain rows, kits included.

    ``flying`` is demand that the ERP does not know yet; it counts today.
    """
    kits = plain.kits
    stock = {
        (row.sku, row.location): row.physical_micros - row.unavailable_micros
        for row in plain.stock
        if row.sku not in kits.parts
    }
    supply = [
        ((row.sku, row.location), day, row.quantity_micros)
        for row, day in coming(plain, dates, today, rules)
    ]
    demand = [(pair, day, -micros) for pair, day, micros in leaving(plain, flying, today, rules)]
    found = _curves(stock, supply + demand, rules.horizon_days + 1)
    _add_kits(found, kits, rules.horizon_days + 1)
    return {
        (sku, location): _curve(levels, today.at(location))
        for sku, places in found.items()
        for location, levels in places.items()
    }


def coming(
    plain: Plain, dates: PlainDates, today: LocalToday, rules: ProjectionRules
) -> list[tuple[Supply, int]]:
    """The supply that counts, and in how many days each of it can leave."""
    return [
        (row, day)
        for row in dates.supply
        if row.sku not in plain.kits.parts
        if (day := _arrival(row, today, rules)) is not None
    ]


def leaving(
    plain: Plain, flying: Demand, today: LocalToday, rules: ProjectionRules
) -> list[tuple[Pair, int, int]]:
    """The demand for parts: where, in how many days, and how many micros."""
    wanted = [
        (row.sku, row.location, row.quantity_micros, _leaves(row.due_date, row.location, today))
        for row in plain.commitments
        if is_open(row, today.now)
    ] + [(sku, location, micros, 0) for sku, location, micros in flying]
    base = plain.kits.base_parts()
    return [
        ((part, location), min(max(day, 0), rules.horizon_days + 1), piece)
        for sku, location, micros, day in wanted
        for part, piece in parts_of(sku, micros, base)
    ]


def _supply(row: SupplyRow) -> Supply | None:
    micros, due = plain_micros(row.quantity), row.due_date
    named = isinstance(row.supply_id, str) and isinstance(row.location, str)
    if micros is None or not named or not _is_day(due):
        return None
    if not isinstance(row.confirmed, bool | None):
        return None
    day = due if isinstance(due, date) else None
    return Supply(
        str(row.supply_id),
        str(row.sku),
        str(row.location),
        micros,
        day,
        row.confirmed is True,
        "" if row.kind is None else str(row.kind),
    )


def _is_day(value: object) -> bool:
    return value is None or type(value) is date  # a time of day is a date, too, and not plain


def _arrival(row: Supply, today: LocalToday, rules: ProjectionRules) -> int | None:
    """In how many days it can leave; ``None`` when it does not count (``dated_supply``)."""
    counts = row.is_confirmed or rules.count_unconfirmed
    if row.due_date is None or row.quantity_micros <= 0 or not counts:
        return None
    due: int | None = (row.due_date - today.at(row.location)).days
    if due is not None and due < 0:
        due = rules.overdue_supply_days
    if due is None or due > rules.horizon_days:
        return None
    return due + (rules.same_day == "demand_first")


def _leaves(due: object, location: str, today: LocalToday) -> int:
    """In how many days a demand leaves; one without date leaves today."""
    return (due - today.at(location)).days if isinstance(due, date) else 0


def _curves(opening: Mapping[Pair, int], rows: _Dated, days: int) -> _Levels:
    """What can be promised of SKUs that are no kits on each of the days."""
    number = {pair: at for at, pair in enumerate(dict.fromkeys([*opening, *(r[0] for r in rows)]))}
    steps = promisable(
        np.array([opening.get(pair, 0) for pair in number], np.int64),
        DatedRows(
            np.array([number[pair] for pair, _, _ in rows], np.int64),
            np.array([day for _, day, _ in rows], np.int64),
            np.array([micros for _, _, micros in rows], np.int64),
        ),
        days,
    )
    levels = np.zeros((len(number), days), np.int64)
    for key, day, micros in zip(steps.key, steps.day, steps.micros, strict=True):
        levels[key, day:] = micros
    found: _Levels = {}
    for (sku, location), at in number.items():
        found.setdefault(sku, {})[location] = levels[at]
    return found


def _add_kits(levels: _Levels, kits: Kits, days: int) -> None:
    """Kits, at every location where one of their parts is known."""
    nothing = np.zeros(days, np.int64)
    for kit in kits.order:
        need_micros = {part: int(quantity * SCALE) for part, quantity in kits.parts[kit].items()}
        places = {place for part in need_micros for place in levels.get(part, {})}
        levels[kit] = {
            place: allowed(
                {part: levels.get(part, {}).get(place, nothing) for part in need_micros},
                need_micros,
            )
            for place in places
        }


def _curve(levels: NDArray[np.int64], first: date) -> Curve:
    """Back to steps: the days on which there is more than on the day before."""
    rises = np.append(0, np.flatnonzero(levels[1:] != levels[:-1]) + 1)
    days = tuple(first + timedelta(days=int(day)) for day in rises)
    return Curve(days, tuple(levels[rises].tolist()))
