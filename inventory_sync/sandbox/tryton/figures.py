"""What people look up in Tryton before they act: what is free, and what cannot be shipped.

Put here figures that are added up plainly out of Tryton's own: a clerk sells what is in storage and
nobody has been promised. It is a second reading of the rules that the product follows, and shares
nothing with it. Keep out what is done then (``office.py``).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from inventory_sync.sandbox.office import Oversold
from inventory_sync.sandbox.tryton.rest import Record, Rest

Place = tuple[int, str]  # id of a product, code of a warehouse
OPEN: Final = ["state", "in", ["draft", "assigned"]]
MAIN: Final = "WH"


class Figures:
    """Of one company, whose records ``state`` names."""

    def __init__(self, rest: Rest, state: Mapping[str, Any]) -> None:
        self.rest = rest
        self.state = state
        self.warehouses: dict[str, Record] = {
            {"MAIN": MAIN}.get(code, code): ids for code, ids in state["warehouses"].items()
        }
        self.products: dict[str, int] = state["products"]
        self._storage = self._storage_of_places()
        self.parts = self._parts_of_kits()

    def free(self, sku: str) -> dict[str, int]:
        """Units of an item or kit in storage that nobody has been promised, by warehouse."""
        parts = self.parts.get(self.products[sku], {self.products[sku]: 1})
        left = self.left(parts)
        return {
            warehouse: min(left[part, warehouse] // units for part, units in parts.items())
            for warehouse in self.warehouses
        }

    def left(self, products: Collection[int]) -> dict[Place, int]:
        """What is in storage less all that was promised, by product and warehouse; may be < 0."""
        left = self.stored(products)
        for place, units, _ in self.promised(products):
            left[place] -= units
        return left

    def oversold(self, order_ids: Collection[str]) -> list[Oversold]:
        """Of what these web orders still wait for: what is beyond the stock, as far as it is."""
        waiting = self._waiting(order_ids)
        online: dict[Place, int] = defaultdict(int)
        products = set(self.products.values()) - self.parts.keys()
        left = self.stored(products) if waiting else {}
        for place, units, shipment in self.promised(products) if waiting else ():
            left[place] -= units
            online[place] += units if shipment in waiting else 0
        skus = {product: sku for sku, product in self.products.items()}
        return [
            Oversold(skus[product], warehouse, min(units, -left[product, warehouse]))
            for (product, warehouse), units in sorted(online.items())
            if left[product, warehouse] < 0 < units
        ]

    def stored(self, products: Collection[int]) -> dict[Place, int]:
        """What lies in each storage zone, as Tryton adds it up."""
        found: dict[Place, int] = {}
        for warehouse, ids in self.warehouses.items():
            zone = {"company": self.state["company"], "locations": [ids["storage"]]}
            for row in self.rest.read(
                "product.product",
                [["id", "in", [*products]]],
                ["quantity"],
                {**zone, "with_childs": True},
            ):
                found[row["id"], warehouse] = int(row["quantity"])
        return found

    def promised(self, products: Collection[int]) -> Iterator[tuple[Place, int, str | None]]:
        """Open moves out of storage, with their shipment, and quotations."""
        goods = {*products}
        leaving = [OPEN, ["product", "in", [*goods]], ["from_location", "in", [*self._storage]]]
        fields = ["product", "from_location", "to_location", "internal_quantity", "shipment"]
        for move in self.rest.read("stock.move", leaving, fields):
            warehouse = self._storage[move["from_location"]]
            if self._storage.get(move["to_location"]) != warehouse:
                yield (move["product"], warehouse), int(move["internal_quantity"]), move["shipment"]
        codes = {ids["id"]: code for code, ids in self.warehouses.items()}
        for line in self._quoted(goods):
            for part, units in self.parts.get(line["product"], {line["product"]: 1}).items():
                if part in goods:
                    warehouse = codes[line["sale."]["warehouse"]]
                    yield (part, warehouse), int(line["quantity"]) * units, None

    def _quoted(self, goods: set[int]) -> Iterable[Record]:
        """Lines of sales that wait to be processed."""
        kits = [kit for kit, parts in self.parts.items() if parts.keys() & goods]
        waiting = ["sale.state", "in", ["quotation", "confirmed"]]
        mine = [waiting, ["product", "in", [*goods, *kits]]]
        return self.rest.read("sale.line", mine, ["product", "quantity", "sale.warehouse"])

    def _waiting(self, order_ids: Collection[str]) -> set[str]:
        """The shipments of these web orders that have not left."""
        processing = [["web_shop", "!=", None], ["state", "=", "processing"]]
        sales = self.rest.read("sale.sale", processing, ["web_id", "shipments"])
        return {
            f"stock.shipment.out,{shipment}"
            for sale in sales
            for shipment in sale["shipments"]
            if sale["web_id"].partition(" ")[0] in order_ids
        }

    def _storage_of_places(self) -> dict[int, str]:
        """Every location in a storage zone, with the warehouse."""
        zones = {ids["storage"]: code for code, ids in self.warehouses.items()}
        parents = {row["id"]: row["parent"] for row in self.rest.read("stock.location", [], _TREE)}
        found = {}
        for place in parents:
            zone: int | None = place
            while zone is not None and zone not in zones:
                zone = parents[zone]
            if zone is not None:
                found[place] = zones[zone]
        return found

    def _parts_of_kits(self) -> dict[int, dict[int, int]]:
        found: dict[int, dict[int, int]] = defaultdict(dict)
        kits = self.rest.read(
            "product.product", [["template.type", "=", "kit"]], ["template.components"]
        )
        for kit in kits:
            parts = [["id", "in", kit["template."]["components"]]]
            for part in self.rest.read("product.component", parts, ["product", "quantity"]):
                found[kit["id"]][part["product"]] = int(part["quantity"])
        return found


_TREE: Final = ["parent"]
