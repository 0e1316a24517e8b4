"""What stands in the books of the furniture company on the day when it opens in Tryton.

Put the company's data here: each thing that can happen to stock has happened to one SKU.
``building.py`` hands it to Tryton's own Python, where ``fill.py`` makes the documents.
"""

from typing import Any, Final, NamedTuple

NAMES: Final = (
    "Oak chair", "Oak bench", "Oak table", "Walnut desk", "Walnut stool", "Pine shelf",
    "Pine wardrobe", "Ash sideboard", "Retro clock", "Brass lamp", "Paper lamp", "Clay vase",
    "Wool rug", "Linen curtain", "Beech board", "Teak bed", "Cork board", "Shelf system",
    "Cutting board", "Spoon",
)  # fmt: skip
CODES: Final = tuple(f"SKU-{number:02}" for number in range(1, len(NAMES) + 1))
KIT: Final = ("KIT-01", {"SKU-01": 2, "SKU-02": 1})
MADE_OF: Final = {"SKU-18": ("SKU-15", 2), "SKU-19": ("SKU-15", 1)}
WEB_SHOPS: Final = ("Shop", "b2b-us", "b2c-us", "b2c-eu")

OPENING: Final = {
    "MAIN": dict.fromkeys(CODES[:15], 100),
    "BIN": {"SKU-01": 7},
    "EAST": dict.fromkeys(CODES[:8], 20),
    "WEST": {"SKU-01": 5, "SKU-02": 5, "SKU-16": 3},
    "QUAR": {"SKU-01": 9},
}


class Sold(NamedTuple):
    """A sale, how far it has come, and what has been done to its shipment (or to itself)."""

    name: str
    code: str
    units: int
    state: str = "processing"
    shipment: tuple[str, ...] = ()
    warehouse: str = "MAIN"
    ship_in_days: int | None = None


ASSIGN, PICK, PACK = ("assign_try",), ("assign_try", "pick"), ("assign_try", "pick", "pack")
SALES: Final = (
    Sold("draft", "SKU-01", 11, "draft"),
    Sold("quotation", "SKU-01", 12, "quotation"),
    Sold("processing_waiting", "SKU-01", 13),
    Sold("processing_assigned", "SKU-02", 14, shipment=ASSIGN),
    Sold("picked", "SKU-03", 15, shipment=PICK),
    Sold("packed", "SKU-04", 16, shipment=PACK),
    Sold("done", "SKU-05", 17, shipment=(*PACK, "do")),
    Sold("partial", "SKU-16", 8, shipment=ASSIGN, warehouse="WEST"),  # 3 are there
    Sold("future", "SKU-06", 18, ship_in_days=10),
    Sold("overdue", "SKU-07", 19, ship_in_days=-3),
    Sold("kit", KIT[0], 3),
    Sold("cancelled", "SKU-08", 21, "cancelled"),
)


class Bought(NamedTuple):
    """A purchase and when it was agreed to come, if it was."""

    name: str
    code: str
    units: int
    due_in_days: int | None
    state: str = "processing"


PURCHASES: Final = (
    Bought("future5", "SKU-09", 50, 5),
    Bought("future20", "SKU-09", 60, 20),
    Bought("overdue", "SKU-10", 70, -4),
    Bought("draft", "SKU-11", 80, 5, "draft"),
    Bought("quotation", "SKU-11", 81, 5, "quotation"),
    Bought("today", "SKU-12", 90, 0),
    Bought("nodate", "SKU-13", 33, None),
    Bought("part_received", "SKU-14", 100, 2),
)
RECEIVED_UNITS: Final = 40
"""Of the last purchase: they lie in the input zone and wait to be put away."""


class Made(NamedTuple):
    """A production of SKU-18, when it is due, and what has been done to it."""

    name: str
    units: int
    due_in_days: int
    steps: tuple[str, ...] = ()


RUN: Final = ("wait", "assign_try", "run")
PRODUCTIONS: Final = (
    Made("draft", 1, 3),
    Made("waiting", 2, 3, RUN[:1]),
    Made("assigned", 3, 3, RUN[:2]),
    Made("running", 4, 3, RUN),
    Made("done", 5, 0, (*RUN, "do")),
)


def as_json() -> dict[str, Any]:
    """All of it, for another program."""
    return {
        "names": dict(zip(CODES, NAMES, strict=True)),
        "kit": KIT,
        "made_of": MADE_OF,
        "web_shops": WEB_SHOPS,
        "opening": OPENING,
        "sales": [sold._asdict() for sold in SALES],
        "purchases": [bought._asdict() for bought in PURCHASES],
        "received_units": RECEIVED_UNITS,
        "productions": [made._asdict() for made in PRODUCTIONS],
    }
