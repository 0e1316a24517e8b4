"""Naive twins of the arithmetic: dicts, decimals and loops, slow and plain.

Put here a ten-line version of a rule, written from its definition alone, for a property test to
compare with the fast one. Keep the product out: an oracle imports nothing of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

Row = Mapping[str, str | None]
Stores = Mapping[str, Mapping[str, Sequence[str]]]


@dataclass(frozen=True)
class Line:
    """An order line at one store location (``None``: not assigned), in units."""

    store: str
    line_id: str
    place: str | None
    sku: str
    current: int
    taken: int


@dataclass(frozen=True)
class Rules:
    """What a store makes of its pool."""

    share: Decimal = Decimal(1)
    buffer: int = 0
    hide_below: int = 0
    cap: int | None = None


def parts_of(sku: str, components: Iterable[Row]) -> dict[str, Decimal]:
    """What one unit of a SKU consists of, one level down; nothing when it is no kit."""
    return {
        row["component_sku"]: Decimal(row["quantity"])
        for row in components
        if row["kit_sku"] == sku
    }


def contained(whole: str, sku: str, components: Iterable[Row]) -> Decimal:
    """How many units of ``sku``, which is no kit, one unit of ``whole`` takes from the shelf."""
    parts = parts_of(whole, components)
    if not parts:
        return Decimal(whole == sku)
    return sum(
        (quantity * contained(part, sku, components) for part, quantity in parts.items()),
        Decimal(0),
    )


def is_open(commitment: Row, now: datetime) -> bool:
    """Whether a commitment has not expired."""
    expires_at = commitment["expires_at"]
    return expires_at is None or datetime.fromisoformat(expires_at) > now


def atp(rows: Mapping[str, Sequence[Row]], sku: str, location: str, now: datetime) -> Decimal:
    """physical - unavailable - open commitments; a kit has what its scarcest part allows."""
    components = rows["components"]
    if parts := parts_of(sku, components):
        return min(
            floor(atp(rows, part, location, now) / quantity) for part, quantity in parts.items()
        )
    result = Decimal(0)
    for row in rows["stock"]:
        if (row["sku"], row["location"]) == (sku, location):
            result += Decimal(row["physical"]) - Decimal(row["unavailable"])
    for row in rows["commitments"]:
        if row["location"] == location and is_open(row, now):
            result -= Decimal(row["quantity"]) * contained(row["sku"], sku, components)
    return result


def offer(pool: Decimal, rules: Rules) -> int:
    """floor(share * max(0, pool)) - buffer, hidden when too few, capped when too many."""
    units = int(floor(rules.share * max(Decimal(0), pool))) - rules.buffer
    if units < rules.hide_below:
        units = 0
    if rules.cap is not None and units > rules.cap:
        units = rules.cap
    return max(units, 0)


def in_flight_of_line(places: Sequence[Line], acknowledged: Decimal | None) -> list[Decimal]:
    """Per place of one line, what the ERP's numbers do not hold of it yet.

    Nothing when the ERP has accepted just what the buyer wants now. Otherwise what the shop has
    set aside for it, less what the ERP holds already: taken from the places in turn. The ERP alone
    gives back what it holds, so there is never less than nothing.
    """
    wanted = sum(line.current for line in places)
    rest = Decimal(max(wanted, sum(line.taken for line in places))) - (acknowledged or Decimal(0))
    if acknowledged == wanted or rest < 0:
        rest = Decimal(0)
    result = []
    for line in places:
        here = min(rest, Decimal(max(line.current, line.taken)))
        result.append(here)
        rest -= here
    return result


def in_flight_at(
    lines: Sequence[Line],
    acknowledged: Mapping[str, Decimal],
    stores: Stores,
    place: tuple[str, str],
    sku: str,
    components: Iterable[Row],
) -> Decimal:
    """What a store location deducts for a SKU that is no kit: each line that it can touch, once."""
    store, store_location = place
    mine = set(stores[store][store_location])
    result = Decimal(0)
    for line_id in {line.line_id for line in lines}:
        places = [line for line in lines if line.line_id == line_id]
        shares = in_flight_of_line(places, acknowledged.get(line_id))
        for line, units in zip(places, shares, strict=True):
            if mine & reach(line, stores):
                result += units * contained(line.sku, sku, components)
    return result


def reach(line: Line, stores: Stores) -> set[str]:
    """The ERP locations from which a line may be served."""
    own = stores[line.store]
    if line.place is None:
        return {location for locations in own.values() for location in locations}
    return set(own.get(line.place, ()))


def explained(last_set: int, taken_then: int, taken_now: int) -> int:
    """What a level shows if nobody but us and its own orders ever touched it."""
    return last_set - (taken_now - taken_then)


def floor(value: Decimal) -> Decimal:
    """Round down, also below zero."""
    return value.to_integral_value(ROUND_FLOOR)
