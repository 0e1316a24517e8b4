"""The online orders that a demo places in Acme's shops while it is set up.

Put them here as data; whoever runs the demo places them in the stand-in, and imports the
acknowledged ones into the ERP with the ids that the stand-in gave. Keep orders that the ERP has
long shipped out: they are seeded in the ERP alone.
"""

from dataclasses import dataclass

# Name of the store in the settings -> handle of the shop in the stand-in.
SHOP_OF_STORE = {"b2b-us": "acme-b2b", "b2c-us": "acme-shop", "b2c-eu": "acme-eu"}


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """One online order; ``store`` is also the channel under which the ERP imports it.

    An acknowledged order is known to the ERP, which ships it from ``warehouse``. Any other is in
    flight: the shop has sold the units, the ERP does not know it yet.
    """

    store: str
    name: str  # as the shop calls it, when it places the orders in this sequence
    location_id: int
    warehouse: str
    lines: tuple[tuple[str, int], ...]  # SKU, units
    acknowledged_by_erp: bool

    @property
    def shop(self) -> str:
        """The handle of the shop in the stand-in."""
        return SHOP_OF_STORE[self.store]


DEMO_ORDERS = (
    DemoOrder("b2b-us", "#1001", 1001, "NYC", (("OAK-CHAIR-BLACK", 8), ("OAK-BENCH-160", 2)), True),
    DemoOrder("b2b-us", "#1002", 1002, "LAX", (("BRASS-FLOOR-LAMP-L", 6),), False),
    DemoOrder("b2b-us", "#1003", 1001, "EWR", (("LED-STRIP-M", 25),), False),
    DemoOrder("b2c-us", "#1001", 2001, "NYC", (("RETRO-CLOCK-RED", 1),), True),
    DemoOrder("b2c-us", "#1002", 2001, "EWR", (("OAK-DINING-SET-4", 1),), True),
    DemoOrder("b2c-us", "#1003", 2001, "LAX", (("MINIMALIST-SPOON", 12),), False),
    DemoOrder(
        "b2c-us", "#1004", 2001, "NYC", (("LED-SHELF-KIT", 1), ("RETRO-CLOCK-RED", 2)), False
    ),
    DemoOrder("b2c-eu", "#1001", 3001, "EWR", (("VASE-CLAY-M", 2),), True),
    DemoOrder("b2c-eu", "#1002", 3001, "EWR", (("BULB-E27-6W-WARM", 10),), False),
)
