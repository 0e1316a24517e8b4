"""What suppliers, the plant and the warehouses cause in Tryton: receipts, transfers, productions.

Put one step per method here. Keep sales out: they are in ``office.py``.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from inventory_sync.sandbox.office import Units
from inventory_sync.sandbox.tryton.figures import OPEN, Figures
from inventory_sync.sandbox.tryton.rest import Record, Rest, as_date, as_decimal

PRICE: Final = as_decimal(80)
"""Of everything: more than what the limited customer may owe."""
_DUE_AFTER: Final = timedelta(days=2)


class SupplySteps:
    """Steps on purchases, transfers and productions of one company in Tryton.

    ``today`` is the day by which they are dated.
    """

    def __init__(self, url: str, state: Mapping[str, Any], *, today: date) -> None:
        self.rest = Rest(url, state["rest_key"])
        self.figures = Figures(self.rest, state)
        self._state = state
        self._today = today

    def close(self) -> None:
        """Let go of the connections."""
        self.rest.close()

    def order_purchase(self, warehouse: str, units_by_sku: Mapping[str, Units]) -> str:
        """Bought from the supplier, and due in two days."""
        supplier = self._state["parties"]["supplier"]
        due = {"delivery_date_edit": True, "delivery_date_store": as_date(self._today + _DUE_AFTER)}
        lines = [
            {**self._of(sku, units), "type": "line", "unit_price": PRICE, **due}
            for sku, units in units_by_sku.items()
        ]
        purchase = self.rest.create(
            "purchase.purchase",
            company=self._state["company"],
            currency=self._state["currency"],
            party=supplier["id"],
            invoice_address=supplier["address"],
            warehouse=self.figures.warehouses[warehouse]["id"],
            invoice_method="manual",
            lines=[["create", lines]],
        )
        self.rest.click("purchase.purchase", purchase, "quote", "confirm")
        return str(purchase)

    def receive_purchase(self, order_no: str) -> None:
        """All of it comes into the input zone, and is put away."""
        fields = ["party", "warehouse", "moves"]
        (purchase,) = self.rest.read("purchase.purchase", [["id", "in", ids_of(order_no)]], fields)
        (place,) = (
            each for each in self.figures.warehouses.values() if each["id"] == purchase["warehouse"]
        )
        coming = self.rest.read("stock.move", [OPEN, ["id", "in", purchase["moves"]]], ["state"])
        receipt = self.rest.create(
            "stock.shipment.in",
            company=self._state["company"],
            supplier=purchase["party"],
            warehouse=purchase["warehouse"],
            warehouse_input=place["input"],
            warehouse_storage=place["storage"],
            incoming_moves=[["add", [move["id"] for move in coming]]],
        )
        self.rest.click("stock.shipment.in", receipt, "receive", "do")

    def request_transfer(
        self, origin: str, destination: str, units_by_sku: Mapping[str, Units]
    ) -> str:
        """From storage to storage, within the day."""
        storages = [self.figures.warehouses[code]["storage"] for code in (origin, destination)]
        ends = dict(zip(("from_location", "to_location"), storages, strict=True))
        moves = [self._move(sku, units, **ends) for sku, units in units_by_sku.items()]
        day = as_date(self._today)
        transfer = self.rest.create(
            "stock.shipment.internal",
            company=self._state["company"],
            planned_date=day,
            planned_start_date=day,
            moves=[["create", moves]],
            **ends,
        )
        self.rest.click("stock.shipment.internal", transfer, "wait")
        return str(transfer)

    def ship_transfer(self, transfer_no: str) -> None:
        """The goods are on the road, and in no warehouse."""
        steps = ("assign_try", "pack", "ship")
        self.rest.click("stock.shipment.internal", int(transfer_no), *steps)

    def receive_transfer(self, transfer_no: str) -> None:
        """The goods are in the other storage."""
        self.rest.click("stock.shipment.internal", int(transfer_no), "do")

    # --- the plant ---

    def order_production(self, warehouse: str, sku: str, units: int) -> str:
        """By the parts list of the product; the materials are assigned."""
        place = self.figures.warehouses[warehouse]
        takes, gives = ("storage", "production"), ("production", "storage")
        day = as_date(self._today)
        product = self._move(sku, units, **_ends(place, gives))
        product |= {"currency": self._state["currency"], "unit_price": PRICE}
        production = self.rest.create(
            "production",
            company=self._state["company"],
            warehouse=place["id"],
            location=place["production"],
            planned_date=day,
            planned_start_date=day,
            inputs=[["create", [*self._materials(sku, units, place, takes)]]],
            outputs=[["create", [product]]],
            **self._of(sku, units),
        )
        self.rest.click("production", production, "wait", "assign_try")
        return str(production)

    def complete_production(self, production_no: str) -> None:
        """The materials are used up, the product is on hand."""
        self.rest.click("production", int(production_no), "run", "do")

    def _materials(
        self, sku: str, units: int, place: Record, ends: tuple[str, str]
    ) -> Iterable[Record]:
        mine = [["bom.output_products", "=", self.figures.products[sku]]]
        for part in self.rest.read("production.bom.input", mine, ["product.code", "quantity"]):
            needed = int(part["quantity"]) * units
            yield self._move(part["product."]["code"], needed, **_ends(place, ends))

    def _move(self, sku: str, units: Units, **ends: int) -> Record:
        return {
            **self._of(sku, units),
            **ends,
            "company": self._state["company"],
            "planned_date": as_date(self._today),
        }

    def _of(self, sku: str, units: Units) -> Record:
        product = self.figures.products[sku]
        return {"product": product, "quantity": float(units), "unit": self._state["unit"]}


def _ends(place: Record, zones: tuple[str, str]) -> dict[str, int]:
    return {"from_location": place[zones[0]], "to_location": place[zones[1]]}


def ids_of(number: str) -> list[int]:
    """The records that a document stands for."""
    return [int(part) for part in number.split(",")]
