"""How many kits orders in flight break up.

Put here what parts in flight cost the kits of a pool. An order in flight does not say at which ERP
location its parts will be taken. With one location the answer is exact; with several it is the
worst case, a lower bound for the offer until the ERP has the order (docs/decisions/0005).
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

import pandas as pd

from inventory_sync.domain.atp import Atp
from inventory_sync.domain.units import SCALE

Micros = Mapping[tuple[str, str], int]


def kits_lost(
    atp: Atp, in_flight: pd.DataFrame, locations: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], int]:
    """Micros of kits that each store location loses: (store_location_id, kit) -> micros.

    ``in_flight``: store_location_id, sku, in_flight_micros, with kit lines both as the kit and as
    its base parts. Only kits that are touched are told.
    """
    busy = in_flight[in_flight["in_flight_micros"] != 0]
    if busy.empty or not atp.kits.order:
        return {}
    base = atp.kits.base_parts()
    flying = _by_two(busy["store_location_id"], busy["sku"], busy["in_flight_micros"])
    touched = set(busy["sku"].astype(str))
    concerned = {sku for kit, parts in base.items() for sku in (kit, *parts)} | touched
    rows = atp.rows[atp.rows["sku"].isin(concerned)]
    there = _by_two(rows["sku"], rows["location"], rows["atp_micros"])
    return lost_kits(base, there, flying, locations)


def lost_kits(
    base: Mapping[str, Mapping[str, Fraction]],
    there: Micros,
    flying: Micros,
    locations: Mapping[str, Sequence[str]],
) -> dict[tuple[str, str], int]:
    """The same on plain values: ``there`` is ATP by (sku, location), ``flying`` what is in flight
    by (store_location_id, sku), ``base`` each kit in terms of its base parts.
    """
    touched = {sku for _, sku in flying}
    lost: dict[tuple[str, str], int] = {}
    for kit, content in base.items():
        if kit not in touched and not touched & content.keys():
            continue
        for gid, places in locations.items():
            own = flying.get((gid, kit), 0)
            parts = {part: flying.get((gid, part), 0) for part in content}
            if own or any(parts.values()):
                lost[gid, kit] = _lost(kit, content, parts, own, places, there)
    return lost


def _lost(
    kit: str,
    base: Mapping[str, Fraction],
    flying: Mapping[str, int],
    own: int,
    places: Sequence[str],
    there: Micros,
) -> int:
    if len(places) == 1:
        before = there.get((kit, places[0]), 0)
        left = min(
            (there.get((part, places[0]), 0) - flying[part]) // (quantity * SCALE)
            for part, quantity in base.items()
        )
        return max(before - int(left) * SCALE, 0)
    lost = own
    for part, quantity in base.items():
        others = flying[part] - int(own * quantity)
        slacks = [
            there.get((part, place), 0) - int(there.get((kit, place), 0) * quantity)
            for place in places
            if (kit, place) in there
        ]
        lost += _worst(others, slacks, int(quantity * SCALE)) * SCALE
    return lost


def _worst(micros: int, slacks: Sequence[int], quantity: int) -> int:
    """The most kits that so many micros of one part can break up.

    At a location the first kit breaks when the slack is used up, each further one for ``quantity``
    more. The cheapest kit is broken first, wherever it is.
    """
    whole = all(number % SCALE == 0 for number in (micros, quantity, *slacks))
    step = SCALE if whole else 1
    broken = 0
    for first_kit in sorted(slack + step for slack in slacks):
        if first_kit > micros or (broken and first_kit > quantity):
            break
        micros -= first_kit
        broken += 1
    return broken + micros // quantity if broken else 0


def _by_two(first: "pd.Series[str]", second: "pd.Series[str]", micros: "pd.Series[int]") -> Micros:
    pairs = zip(first.astype(str), second.astype(str), strict=True)
    return dict(zip(pairs, micros.tolist(), strict=True))
