"""What people do in Tryton, by its own API: the steps of an ``Office``, and of the plant.

Put one step of a sale per method here. What they look up is ``figures.py``, what else they do
``supply.py``. A sale stands for one line of a
web order, so that each line ships from a warehouse of its own; documents are named by their ids, a
web order by those of all its sales.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from inventory_sync.sandbox.office import Line, Oversold, Units
from inventory_sync.sandbox.tryton.rest import Record, TrytonRefused, as_decimal
from inventory_sync.sandbox.tryton.supply import PRICE, SupplySteps, ids_of

_NO_LIMIT, _LIMIT = as_decimal(10**9), as_decimal(50)
_UNTIL_TONIGHT: Final = {"__class__": "timedelta", "seconds": 0}


class TrytonOffice(SupplySteps):
    """An ``Office`` with its ``Plant``: that of the database at ``http://127.0.0.1:8791/erp``, say.

    ``state`` is what one must know of its records.
    """

    @property
    def plant(self) -> "TrytonOffice":
        """Things are made here, too."""
        return self

    # --- looking up ---

    def free_units(self, sku: str) -> dict[str, int]:
        """Units of an item or kit in storage that nobody has been promised, by warehouse."""
        return self.figures.free(sku)

    def skus_in(self, warehouse: str) -> list[str]:
        """All goods: every warehouse may store them."""
        kits = self.rest.read("product.product", [["template.type", "=", "kit"]], ["code"])
        return sorted(self.figures.products.keys() - {kit["code"] for kit in kits})

    def oversold_units(self, order_ids: Collection[str]) -> list[Oversold]:
        """What these web orders wait for and what is not there."""
        return self.figures.oversold(order_ids)

    # --- sales ---

    def place_offline_order(self, lines: Sequence[Line]) -> str:
        """A quotation, which keeps its stock while it waits."""
        return ",".join(str(self._quote(line)) for line in lines)

    def import_web_order(
        self, external_order_id: str, lines: Sequence[Line], *, channel: str
    ) -> str:
        """Confirmed sales under the web IDs by which the connector knows the order lines."""
        return ",".join(str(self._import(external_order_id, line, channel)) for line in lines)

    def confirm_order(self, order_no: str) -> None:
        """The customer accepts: Tryton processes the sale, which makes its shipment."""
        for sale in ids_of(order_no):
            self.rest.click("sale.sale", sale, "confirm")

    def cancel_order(self, order_no: str) -> None:
        """A quotation is cancelled; of a sale that is processed, what has not left."""
        for sale in self._sales(order_no):
            if sale["state"] == "processing":
                for shipment in self._open_shipments(sale):
                    self.rest.click("stock.shipment.out", shipment, "cancel")
            else:
                self.rest.click("sale.sale", sale["id"], "cancel")

    def hold_order(self, order_no: str, *, until: datetime | None = None) -> None:
        """It is for a customer who owes too much: Tryton will not confirm it, and it waits.

        Quotations of Tryton lapse by days: with an ``until``, this one does so tonight.
        """
        party = self._state["parties"]["limited"]
        addresses = dict.fromkeys(("invoice_address", "shipment_address"), party["address"])
        lapses = {"quotation_validity": _UNTIL_TONIGHT} if until else {}
        for sale in ids_of(order_no):
            self.rest.click("sale.sale", sale, "draft")
            self.rest.write("sale.sale", sale, {"party": party["id"], **addresses, **lapses})
            self.rest.click("sale.sale", sale, "quote")
            with suppress(TrytonRefused):
                self.rest.click("sale.sale", sale, "confirm")

    def release_hold(self, order_no: str) -> None:
        """The limit is lifted for this once."""
        self._limit_credit(_NO_LIMIT)
        try:
            self.confirm_order(order_no)
        finally:
            self._limit_credit(_LIMIT)

    def cancel_hold(self, order_no: str) -> None:
        """The quotation is cancelled."""
        self.cancel_order(order_no)

    def change_quantity(self, order_no: str, line_no: int, units: Units) -> None:
        """An amendment of a sale that is processed: its shipment is made anew."""
        sale = self._sales(order_no)[line_no - 1]
        (line,) = self.rest.read("sale.line", [["sale", "=", sale["id"]]], ["product", "unit"])
        change = {
            "action": "line",
            "line": line["id"],
            "product": line["product"],
            "quantity": float(units),
            "unit": line["unit"],
            "unit_price": PRICE,
        }
        lines = [["create", [change]]]
        amendment = self.rest.create("sale.amendment", sale=sale["id"], lines=lines)
        self.rest.click("sale.amendment", amendment, "validate_amendment")

    def ship_order(self, order_no: str) -> None:
        """Everything is picked, packed, and leaves."""
        for sale in self._sales(order_no):
            for shipment in self._open_shipments(sale):
                steps = ("assign_try", "pick", "pack", "do")
                self.rest.click("stock.shipment.out", shipment, *steps)

    def _limit_credit(self, amount: Record) -> None:
        party = self._state["parties"]["limited"]["id"]
        of_company = {"company": self._state["company"]}
        self.rest.write("party.party", party, {"credit_limit_amount": amount}, of_company)

    def _quote(self, line: Line, **values: Any) -> int:
        customer = self._state["parties"]["customer"]
        sold = {**self._of(line.sku, line.units), "type": "line", "unit_price": PRICE}
        sale = self.rest.create(
            "sale.sale",
            company=self._state["company"],
            currency=self._state["currency"],
            party=customer["id"],
            invoice_address=customer["address"],
            shipment_address=customer["address"],
            warehouse=self.figures.warehouses[line.warehouse]["id"],
            invoice_method="manual",
            lines=[["create", [sold]]],
            **values,
        )
        self.rest.click("sale.sale", sale, "quote")
        return sale

    def _import(self, external_order_id: str, line: Line, channel: str) -> int:
        web_id = f"{external_order_id} {line.external_line_id}"
        shop = self._state["shops"][channel]
        known = [["web_shop", "=", shop], ["web_id", "=", web_id]]
        for sale in self.rest.read("sale.sale", known, ["state"]):
            if sale["state"] == "quotation":  # an outage came between
                self.rest.click("sale.sale", sale["id"], "confirm")
            return int(sale["id"])
        sale_id = self._quote(line, web_shop=shop, web_id=web_id)
        self.rest.click("sale.sale", sale_id, "confirm")
        return sale_id

    def _sales(self, order_no: str) -> list[Record]:
        mine = [["id", "in", ids_of(order_no)]]
        return self.rest.read("sale.sale", mine, ["state", "shipments"])

    def _open_shipments(self, sale: Record) -> list[int]:
        mine = [["id", "in", sale["shipments"]], ["state", "in", ["waiting", "assigned"]]]
        return [row["id"] for row in self.rest.read("stock.shipment.out", mine, ["state"])]
