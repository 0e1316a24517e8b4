"""What Acme makes and sells: items, kits, services and warehouses, the same in every company.

Put product data without chance or dates here. Keep quantities, orders and documents out: that is
``seed.py``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

WAREHOUSES = (
    ("NYC", "New York", "America/New_York"),
    ("EWR", "Newark", "America/New_York"),
    ("LAX", "Los Angeles", "America/Los_Angeles"),
    ("PLANT-1", "Furniture plant, Grand Rapids", "America/Detroit"),
)
SHOP_WAREHOUSES = ("NYC", "EWR", "LAX")
PLANT = "PLANT-1"


@dataclass(frozen=True, slots=True)
class Item:
    """One SKU. ``typical_units`` is a usual stock at one warehouse, 0 for kits and services.

    ``materials`` is what the plant needs for one unit; it is empty for what Acme buys ready made.
    """

    sku: str
    name: str
    kind: str = "stocked"
    bulk: bool = False
    typical_units: int = 0
    materials: tuple[tuple[str, Decimal], ...] = ()


WOODS = ("OAK", "WALNUT", "ASH", "BEECH", "PINE", "TEAK")
FABRICS = ("LINEN", "VELVET", "WOOL", "LEATHER")
METALS = ("BRASS", "COPPER", "STEEL", "BLACK", "WHITE")
_COLOURS = ("GREY", "OLIVE", "RUST", "NAVY")

# piece -> (variants, usual stock, panels per unit, oil in litres per unit)
_WOODEN = {
    "TABLE": (("140", "160", "180", "200", "220"), 60, "3", "0.4"),
    "BENCH": (("120", "140", "160", "180"), 80, "1", "0.2"),
    "CHAIR": (("NATURAL", "BLACK", "WHITE", "GREEN", "RED"), 240, "1", "0.1"),
    "STOOL": (("45", "65", "75"), 120, "1", "0.1"),
    "SHELF": (("60", "80", "100", "120"), 150, "1", "0.1"),
    "DESK": (("120", "140", "160"), 60, "2", "0.3"),
    "BED": (("90", "140", "160", "180"), 45, "4", "0.5"),
    "SIDEBOARD": (("120", "160", "200"), 40, "4", "0.5"),
    "NIGHTSTAND": (("1", "2"), 110, "1", "0.1"),
    "TV-BENCH": (("120", "160"), 55, "2", "0.3"),
}

# family -> (usual stock, one tuple of choices per part of the SKU)
_BOUGHT: dict[str, tuple[int, tuple[tuple[str, ...], ...]]] = {
    "sofa": (35, (FABRICS, ("SOFA-2", "SOFA-3", "ARMCHAIR"), _COLOURS)),
    "ottoman": (60, (FABRICS, ("OTTOMAN",), _COLOURS)),
    "cushion": (260, (("LINEN", "VELVET", "WOOL"), ("CUSHION",), _COLOURS)),
    "clock": (
        160,
        (("RETRO", "MINIMALIST", "STATION"), ("CLOCK",), ("RED", "BLUE", "BLACK", "MINT", "CREAM")),
    ),
    "lamp": (
        140,
        (
            METALS,
            ("PENDANT", "SPOT", "FLOOR-LAMP", "DESK-LAMP", "WALL-LAMP", "CHANDELIER"),
            ("S", "M", "L"),
        ),
    ),
    "glass lamp": (
        90,
        (("GLASS-PENDANT",), ("CLEAR", "SMOKE", "AMBER", "OPAL"), ("20", "30", "40")),
    ),
    "paper lamp": (200, (("PAPER-LAMP",), ("30", "45", "60", "75"))),
    "lampshade": (
        130,
        (("LAMPSHADE",), ("LINEN", "COTTON", "PAPER"), ("20", "30", "40"), ("WHITE", "SAND")),
    ),
    "bulb": (
        620,
        (("BULB",), ("E14", "E27", "GU10"), ("4W", "6W", "8W"), ("WARM", "NEUTRAL", "COOL")),
    ),
    "LED part": (180, (("LED",), ("DRIVER-15W", "DRIVER-30W", "DRIVER-60W", "DIMMER", "REMOTE"))),
    "rug": (50, (("RUG",), ("WOOL", "JUTE", "COTTON"), ("120", "160", "200", "240"))),
    "mirror": (70, (("MIRROR",), ("ROUND", "OVAL", "ARCH"), ("60", "80", "100"))),
    "vase": (180, (("VASE",), ("CLAY", "GLASS", "BRASS"), ("S", "M", "L"))),
    "throw": (210, (("THROW",), ("WOOL", "COTTON"), _COLOURS)),
    "coat rack": (75, (("COAT-RACK",), ("OAK", "WALNUT", "BLACK"))),
    "tableware": (350, (("MINIMALIST",), ("SPOON", "FORK", "KNIFE", "BOWL", "PLATE"))),
}

_BULK: dict[str, tuple[int, tuple[tuple[str, ...], ...]]] = {
    "panel": (380, (WOODS, ("PANEL-18MM",))),
    "board": (220, (WOODS, ("BOARD-27MM",))),
    "edge": (390, (WOODS, ("EDGE-M",))),
    "fabric": (300, (FABRICS, ("FABRIC-M",))),
    "tube": (260, (("BRASS", "COPPER", "STEEL"), ("TUBE-M",))),
    "paint": (90, (("PAINT",), ("BLACK", "WHITE", "GREEN"), ("L",))),
    "supply": (
        300,
        (("LED-STRIP-M", "LED-PROFILE-M", "CABLE-TEXTILE-M", "OIL-CLEAR-L", "SCREWS-M6-BOX"),),
    ),
}

_SERVICES = {
    "WHITE-GLOVE-DELIVERY": "White glove delivery",
    "ASSEMBLY-AT-HOME": "Assembly at home",
    "GIFT-WRAP": "Gift wrapping",
    "ENGRAVING": "Engraving",
    "EXTENDED-WARRANTY": "Extended warranty",
}

Parts = dict[str, str]  # component SKU -> quantity as decimal text


def _kits() -> dict[str, Parts]:
    kits: dict[str, Parts] = {}
    for wood in ("OAK", "WALNUT", "ASH"):
        chair = f"{wood}-CHAIR-NATURAL"
        kits[f"{wood}-DINING-SET-4"] = {f"{wood}-TABLE-160": "1", chair: "4"}
        kits[f"{wood}-DINING-SET-6"] = {f"{wood}-TABLE-200": "1", chair: "6"}
    for wood in ("OAK", "PINE", "TEAK"):
        kits[f"{wood}-BENCH-SET"] = {f"{wood}-TABLE-180": "1", f"{wood}-BENCH-160": "2"}
    for wood in ("OAK", "WALNUT", "PINE"):
        kits[f"{wood}-BEDROOM-SET"] = {f"{wood}-BED-160": "1", f"{wood}-NIGHTSTAND-1": "2"}
    for wood in ("OAK", "BEECH"):
        desk, shelf = f"{wood}-DESK-140", f"{wood}-SHELF-80"
        kits[f"{wood}-HOME-OFFICE-SET"] = {desk: "1", shelf: "2", "STEEL-DESK-LAMP-M": "1"}
    for metal in ("BRASS", "COPPER", "STEEL"):
        kits[f"{metal}-PENDANT-TRIO"] = {f"{metal}-PENDANT-M": "3", "BULB-E27-6W-WARM": "3"}
    for fabric in ("VELVET", "LINEN"):
        sofa, armchair, ottoman = (
            f"{fabric}-{piece}-OLIVE" for piece in ("SOFA-3", "ARMCHAIR", "OTTOMAN")
        )
        kits[f"{fabric}-LOUNGE-SET"] = {sofa: "1", armchair: "2", ottoman: "1"}
    return kits | {
        "RETRO-CLOCK-TRIO": {f"RETRO-CLOCK-{c}": "1" for c in ("RED", "BLUE", "MINT")},
        "BULB-STARTER-BOX": {f"BULB-{base}-6W-WARM": "4" for base in ("E14", "E27")},
        # Sold by the piece, cut from the metre.
        "LED-SHELF-KIT": {"OAK-SHELF-120": "1", "LED-STRIP-M": "2.5", "LED-DRIVER-30W": "1"},
        "LED-COVE-KIT": {"LED-STRIP-M": "7.5", "LED-DRIVER-60W": "1", "LED-DIMMER": "1"},
        "LED-MIRROR-KIT": {"MIRROR-ROUND-80": "1", "LED-STRIP-M": "2.6", "LED-DRIVER-15W": "1"},
        # Kits of kits.
        "OAK-DINING-ROOM": {
            "OAK-DINING-SET-6": "1",
            "BRASS-PENDANT-TRIO": "1",
            "OAK-SIDEBOARD-160": "1",
        },
        "WALNUT-DINING-ROOM": {
            "WALNUT-DINING-SET-6": "1",
            "COPPER-PENDANT-TRIO": "1",
            "WALNUT-SIDEBOARD-160": "1",
        },
        "OAK-BEDROOM-COMPLETE": {
            "OAK-BEDROOM-SET": "1",
            "BRASS-WALL-LAMP-S": "2",
            "RUG-WOOL-200": "1",
        },
        "SHOWROOM-STARTER": {
            "OAK-DINING-ROOM": "1",
            "VELVET-LOUNGE-SET": "1",
            "RETRO-CLOCK-TRIO": "2",
        },
    }


KITS: dict[str, Parts] = _kits()


def items() -> list[Item]:
    """Every item of the company in a fixed order: SKUs are unique."""
    return [
        *_wooden(),
        *_combined(_BOUGHT),
        *_combined(_BULK, bulk=True),
        *_kit_items(),
        *_services(),
    ]


def _wooden() -> Iterator[Item]:
    for wood, (piece, (variants, units, panels, oil)) in product(WOODS, _WOODEN.items()):
        materials = (
            (f"{wood}-PANEL-18MM", Decimal(panels)),
            ("OIL-CLEAR-L", Decimal(oil)),
            ("SCREWS-M6-BOX", Decimal("0.05")),
        )
        for variant in variants:
            sku = f"{wood}-{piece}-{variant}"
            yield Item(sku, _name(sku), typical_units=units, materials=materials)


def _combined(
    families: dict[str, tuple[int, tuple[tuple[str, ...], ...]]], *, bulk: bool = False
) -> Iterator[Item]:
    for units, choices in families.values():
        for parts in product(*choices):
            sku = "-".join(parts)
            yield Item(sku, _name(sku), bulk=bulk, typical_units=units)


def _kit_items() -> Iterator[Item]:
    return (Item(sku, _name(sku), kind="kit") for sku in KITS)


def _services() -> Iterator[Item]:
    return (Item(sku, name, kind="service") for sku, name in _SERVICES.items())


def _name(sku: str) -> str:
    """A readable name, such as "Oak Table 180" for OAK-TABLE-180."""
    return sku.replace("-", " ").title().replace("Led ", "LED ")
