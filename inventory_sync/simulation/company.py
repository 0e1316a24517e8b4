"""The simulated company: what it sells, from where, in which stores.

Put its shape here. Three of its store locations offer the same warehouse, one offers two, and a kit
shares its parts with single items: every way in which a unit can be sold twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

KITS: Final = {"GIFT-SET": {"RETRO-CLOCK": 1, "MINIMALIST-SPOON": 2}}

LARGE_ORDER_UNITS: Final = 4
"""From so many units on a draft order reserves its stock in every store."""


@dataclass(frozen=True)
class Company:
    """``places``: store -> store location (gid) -> ERP locations; ``stocked``: store -> store
    location -> SKUs. The stores of one that ``is_large`` are read by exports.
    """

    skus: Sequence[str]
    kits: Mapping[str, Mapping[str, int]]
    locations: Sequence[str]
    places: Mapping[str, Mapping[str, Sequence[str]]]
    stocked: Mapping[str, Mapping[str, Sequence[str]]]
    is_large: bool = False

    def parts(self, sku: str) -> Mapping[str, int]:
        """What one unit takes from the shelf."""
        return self.kits.get(sku, {sku: 1})


def _gid(number: int) -> str:
    return f"gid://shopify/Location/{number}"


_SINGLES: Final = ("RETRO-CLOCK", "OAK-TABLE", "MINIMALIST-SPOON")
_EVERYTHING: Final = (*_SINGLES, "GIFT-SET")

THREE_STORES: Final = Company(
    skus=_EVERYTHING,
    kits=KITS,
    locations=("NYC", "EWR", "LAX"),
    places={
        "b2b-us": {_gid(1001): ("NYC", "EWR")},
        "b2c-us": {_gid(2001): ("NYC",)},
        "b2c-eu": {_gid(3001): ("NYC",), _gid(3002): ("LAX",)},
    },
    stocked={
        "b2b-us": {_gid(1001): _SINGLES},
        "b2c-us": {_gid(2001): _EVERYTHING},
        "b2c-eu": {_gid(3001): _EVERYTHING, _gid(3002): ("RETRO-CLOCK", "OAK-TABLE")},
    },
)

TWO_STORES: Final = Company(
    skus=_EVERYTHING,
    kits=KITS,
    locations=("NYC", "EWR"),
    places={store: THREE_STORES.places[store] for store in ("b2b-us", "b2c-us")},
    stocked={store: THREE_STORES.stocked[store] for store in ("b2b-us", "b2c-us")},
)

ONE_STORE: Final = Company(
    skus=_SINGLES,
    kits={},
    locations=("NYC",),
    places={"b2c-us": {_gid(2001): ("NYC",)}},
    stocked={"b2c-us": {_gid(2001): _SINGLES}},
)
"""Nothing shares a pool here and the ERP sells nothing by itself: it may never oversell."""
