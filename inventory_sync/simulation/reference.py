"""What every level should show, by the definition and nothing else (design 5).

Put the naive reference here: no frames, no shortcuts, no rule shared with the product.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from inventory_sync.simulation.company import Company

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Owed:
    """Units of a line that the ERP's figures do not hold yet, and where they were sold."""

    store: str
    store_location_id: str
    sku: str
    units: int


def owed_units(wanted: int, taken: int, acknowledged: int | None) -> int:
    """Nothing where both sides agree on what the buyer wants; else what Shopify took counts."""
    if acknowledged == wanted:
        return 0
    return max(max(wanted, taken) - (acknowledged or 0), 0)


def offer(
    company: Company,
    atp: Mapping[Pair, int],
    owed: Iterable[Owed],
    level: tuple[str, str, str],
) -> int:
    """What a level (store, store_location_id, sku) may offer: E less what is in flight, per part,
    for every line whose ERP locations meet those of the level.
    """
    store, gid, sku = level
    places = set(company.places[store][gid])
    left = {part: sum(atp.get((part, at), 0) for at in places) for part in company.parts(sku)}
    for line in owed:
        if places & set(company.places[line.store][line.store_location_id]):
            for part, times in company.parts(line.sku).items():
                if part in left:
                    left[part] -= times * line.units
    return max(0, min(left[part] // times for part, times in company.parts(sku).items()))
