"""ATP and offers of a few SKUs from plain rows, with every term kept.

Put the way from plain rows to what each store location offers here. Keep out what the stores show:
that is ``decide.py``.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from inventory_sync.domain.allocation import OfferRules, offer_units
from inventory_sync.domain.atp import TERM_COLUMNS
from inventory_sync.domain.few.plain import Plain, is_open
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.kit_pools import lost_kits
from inventory_sync.domain.kits import KnownAtp, assembled, times_up
from inventory_sync.domain.known import KnownLine
from inventory_sync.domain.orders import StoreLocations, not_yet_known, touched_by
from inventory_sync.domain.position import CommitmentRows, StockRows, net_position
from inventory_sync.domain.units import SCALE

Pair = tuple[str, str]


@dataclass(frozen=True)
class FewAtp:
    """ATP as of one extract: (sku, location) -> micros, with the terms of SKUs that are no kits.

    ``limits``: (kit, location) -> the part that limits it; ``covered_by``: what covers commitments.
    """

    micros: Mapping[Pair, int]
    terms: Mapping[Pair, Sequence[int]]
    limits: Mapping[Pair, str]
    covered_by: Mapping[Pair, str]


Covered = Mapping[Pair, tuple[int, str]]
"""(sku, location) -> the micros of commitments that supply covers, and which supply."""


def few_atp(plain: Plain, covered: Covered = MappingProxyType({})) -> FewAtp:
    """ATP(sku, location) = physical - unavailable - sum of open commitments (design 5), without
    those that supply covers.
    """
    kits = plain.kits
    base = kits.base_parts()
    stock = [row for row in plain.stock if row.sku not in kits.parts]
    demand = [
        (part, row.location, row.kind, micros)
        for row in plain.commitments
        if is_open(row, plain.taken_at)
        for part, micros in parts_of(row.sku, row.quantity_micros, base)
    ]
    places = [(row.sku, row.location) for row in stock]
    wanted = [(sku, location) for sku, location, _, _ in demand]
    number = {pair: at for at, pair in enumerate(dict.fromkeys([*places, *wanted, *covered]))}
    position = net_position(
        len(number),
        StockRows(
            np.array([number[pair] for pair in places], np.int64),
            np.array([row.physical_micros for row in stock], np.int64),
            np.array([row.unavailable_micros for row in stock], np.int64),
        ),
        CommitmentRows(
            np.array([number[pair] for pair in wanted], np.int64),
            np.array([kind for _, _, kind, _ in demand], np.int8),
            np.array([micros for _, _, _, micros in demand], np.int64),
        ),
    )
    given_back = np.array([covered.get(pair, (0, ""))[0] for pair in number], np.int64)
    atp = (position.atp() + given_back).tolist()
    terms = [position.physical, position.unavailable, position.committed, given_back]
    table = np.vstack(terms).T.tolist()
    micros = {pair: atp[at] for pair, at in number.items()}
    known: KnownAtp = {}
    for (sku, location), value in micros.items():
        known.setdefault(sku, {})[location] = (value, int(Certainty.EXACT))
    limits = {}
    for kit, location, value, _, limit in assembled(kits, known):
        micros[kit, location], limits[kit, location] = value, limit
    covered_by = {pair: text for pair, (_, text) in covered.items()}
    return FewAtp(micros, {pair: table[at] for pair, at in number.items()}, limits, covered_by)


def parts_of(sku: str, micros: int, base: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, int]]:
    """So many micros of a SKU as micros of what it consists of: itself, if it is no kit."""
    if sku not in base:
        return [(sku, micros)]
    return [(part, times_up(micros, share)) for part, share in base[sku].items()]


def lines_in_flight(
    lines: Sequence[KnownLine], acknowledged: Mapping[Pair, int]
) -> list[tuple[KnownLine, int]]:
    """The lines that the ERP does not know yet, with the micros that are to be deducted for them.

    The rule is that of ``orders.in_flight``; a line that is split over locations is deducted from
    its parts in turn, up to each one's size, and what is over from the first.
    """
    whole: dict[tuple[str, str, str], list[KnownLine]] = defaultdict(list)
    for line in lines:
        whole[line.store, line.order_id, line.line_id].append(line)
    said = [acknowledged.get((order_id, line_id)) for _, order_id, line_id in whole]
    open_micros = not_yet_known(
        np.array(
            [sum(x.current_units for x in parts) * SCALE for parts in whole.values()], np.int64
        ),
        np.array([sum(x.taken_units for x in parts) * SCALE for parts in whole.values()], np.int64),
        np.array([value is not None for value in said], bool),
        np.array([value or 0 for value in said], np.int64),
    )
    return [
        (part, micros)
        for parts, micros_open in zip(whole.values(), open_micros.tolist(), strict=True)
        for part, micros in zip(parts, _spread(parts, micros_open), strict=True)
        if micros
    ]


def _spread(parts: Sequence[KnownLine], micros: int) -> list[int]:
    shares, rest = [], micros
    for part in parts:
        size = max(part.current_units, part.taken_units) * SCALE
        shares.append(max(0, min(rest, size)))
        rest -= shares[-1]
    shares[0] += rest
    return shares


def deductions(
    flying: Iterable[tuple[KnownLine, int]], plain: Plain, stores: StoreLocations
) -> dict[tuple[str, str, str], int]:
    """What each store location has to deduct: (store, store_location_id, sku) -> micros.

    Kit lines stand here both as the kit and as its base parts, as in ``in_flight_effect``.
    """
    base = plain.kits.base_parts()
    effect: dict[tuple[str, str, str], int] = defaultdict(int)
    for line, micros in flying:
        if line.sku is None:
            continue
        pieces = parts_of(line.sku, micros, base)
        if line.sku in base:
            pieces = [*pieces, (line.sku, micros)]
        for at_store, at_location in touched_by(line.store, line.store_location_id, stores):
            for sku, piece in pieces:
                effect[at_store, at_location, sku] += piece
    return effect


@dataclass(frozen=True, slots=True)
class FewOffer:
    """What one store location offers of a SKU, and how that came about (micros by term)."""

    offer_units: int
    waterfall: Mapping[str, Any]


def few_offers(
    atp: FewAtp,
    deducted: Mapping[tuple[str, str, str], int],
    plain: Plain,
    store: str,
    locations: Mapping[str, Sequence[str]],
    rules: OfferRules,
    skus: Collection[str],
) -> dict[Pair, FewOffer]:
    """(store_location_id, sku) -> offer, for the SKUs that are tracked and not odd."""
    mine = {(gid, sku): micros for (at, gid, sku), micros in deducted.items() if at == store}
    lost = lost_kits(plain.kits.base_parts(), atp.micros, mine, locations)
    wanted = [
        (gid, sku)
        for gid in locations
        for sku in sorted(skus)
        if sku in plain.tracked and sku not in plain.odd
    ]
    summed = [
        sum(atp.micros.get((sku, place), 0) for place in locations[gid]) for gid, sku in wanted
    ]
    flying = [lost.get(pair, mine.get(pair, 0)) for pair in wanted]
    pools = np.array(summed, np.int64) - np.array(flying, np.int64)
    units = offer_units(pools, rules).tolist()
    return {
        (gid, sku): FewOffer(
            units[at],
            {
                **_terms(atp, sku, locations[gid]),
                "atp_micros": summed[at],
                "in_flight_micros": flying[at],
                "pool_micros": int(pools[at]),
                "offer_units": units[at],
                "limited_by": _names(atp.limits, sku, locations[gid]),
                "covered_by": _names(atp.covered_by, sku, locations[gid]),
            },
        )
        for at, (gid, sku) in enumerate(wanted)
    }


def _terms(atp: FewAtp, sku: str, places: Sequence[str]) -> dict[str, int]:
    rows = [atp.terms[sku, place] for place in places if (sku, place) in atp.terms]
    sums = [sum(column) for column in zip(*rows, strict=True)] or [0] * len(TERM_COLUMNS)
    return dict(zip(TERM_COLUMNS, sums, strict=True))


def _names(found: Mapping[Pair, str], sku: str, places: Sequence[str]) -> str | None:
    names = {found[sku, place] for place in places if (sku, place) in found}
    return ", ".join(sorted(names)) or None
