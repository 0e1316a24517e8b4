"""Reservations and orders in Tryton: sales of our web shop; a quotation holds its units.

Put here how reserving, confirming, releasing and importing become Tryton's own steps. Keep out
when they are asked for (``flow/reservations.py``, ``flow/imports.py``). A sale stands for one line
of one Shopify order: its web ID, which Tryton keeps unique per shop, is the gids of both. Its
reference is the request that it fulfils, so a request that is repeated changes nothing, whatever
people did to the sale since; that of an imported order is the gid of the order.
"""

from collections.abc import Sequence
from typing import Any

from inventory_sync.domain.errors import ContractBroken, NeedsDecision
from inventory_sync.domain.extract import OrderRequest
from inventory_sync.erp.tryton_client import Record, Refused, TrytonRest
from inventory_sync.erp.tryton_layout import Layout

_SALE = ("state", "reference", "number", "lines", "lines.quantity")
_UNSETTLED = ("draft", "quotation")
WRITTEN = ("sale.sale", "sale.line")
"""The models that reservations and orders are written to."""


class TrytonOrders:
    """Asks one web shop of Tryton to hold, confirm and let go, for one customer; both by name."""

    def __init__(self, rest: TrytonRest, shop: str, customer: str) -> None:
        self._rest = rest
        self._shop_name = shop
        self._customer_name = customer

    def request(self, layout: Layout, request: OrderRequest) -> None:
        """Do what is asked, once. Raises ``ContractBroken`` when the sale's state forbids it."""
        match request.action:
            case "reserve":
                self._reserve(layout, request)
            case "confirm":
                if self._find(request) is None:
                    self._reserve(layout, request)
                self._confirm(self._demand(request))
            case "release":
                self._release(self._find(request))
            case "import":
                self._import(layout, request)
            case _:
                raise ContractBroken(f"Tryton is not asked to {request.action} anything.")

    def shop(self) -> Record:
        """The web shop. Raises ``ContractBroken`` when it is not there."""
        found = self._rest.rows("web.shop", [["name", "=", self._shop_name]], ["currency"])
        if not found:
            raise ContractBroken(
                f"Tryton has no web shop {self._shop_name}: correct erp.web_shop, or create it."
            )
        return found[0]

    def customer(self) -> Record:
        """The party that reservations are sold to. Raises ``ContractBroken`` when there is none.

        It is no guest party: Tryton does not quote sales to guests.
        """
        name = self._customer_name
        domain = ["OR", ["code", "=", name], ["name", "=", name]]
        found = self._rest.rows("party.party", domain, ["addresses"])
        if len(found) != 1 or not found[0]["addresses"]:
            raise ContractBroken(
                f"Tryton must have one party {name} with an address, for reservations are sales to"
                " it: correct erp.customer, or create it."
            )
        return found[0]

    def _find(self, request: OrderRequest) -> Record | None:
        domain = [["web_shop.name", "=", self._shop_name], ["web_id", "=", web_id(request)]]
        found = self._rest.rows("sale.sale", domain, _SALE)
        return found[0] if found else None

    def _reserve(self, layout: Layout, request: OrderRequest) -> None:
        sale = self._find(request) or self._created(layout, request)
        if sale["reference"] != request.request_id:
            self._use_again(sale, request)
        elif sale["state"] == "draft":  # we died after creating it
            self._rest.click("sale.sale", sale["id"], "quote")

    def _created(self, layout: Layout, request: OrderRequest) -> Record:
        values = self._values(layout, request)
        try:
            self._rest.create("sale.sale", values)
        except Refused:
            if self._find(request) is None:
                raise
        return self._demand(request)  # somebody else may have created it meanwhile

    def _demand(self, request: OrderRequest) -> Record:
        sale = self._find(request)
        if sale is None:
            raise ContractBroken(
                f"Tryton does not show us the sale {web_id(request)} that we created: grant the"
                " user of the key access to the sales of its web shop."
            )
        return sale

    def _use_again(self, sale: Record, request: OrderRequest) -> None:
        """An earlier reservation for the same line has ended, or is replaced by this one."""
        if sale["state"] in {"quotation", "cancelled"}:
            self._rest.click("sale.sale", sale["id"], "draft")
        elif sale["state"] != "draft":
            raise _too_late(sale, "reserved again")
        self._write_units(sale, request.quantity_units, reference=request.request_id)
        self._rest.click("sale.sale", sale["id"], "quote")

    def _confirm(self, sale: Record) -> None:
        if sale["state"] == "cancelled":
            raise _too_late(sale, "confirmed")
        if sale["state"] == "draft":
            self._rest.click("sale.sale", sale["id"], "quote")
        if sale["state"] in {"draft", "quotation"}:
            self._rest.click("sale.sale", sale["id"], "confirm")

    def _release(self, sale: Record | None) -> None:
        if sale is None or sale["state"] == "cancelled":
            return
        if sale["state"] not in {"draft", "quotation"}:
            raise _too_late(sale, "cancelled")
        self._rest.click("sale.sale", sale["id"], "cancel")

    def _import(self, layout: Layout, request: OrderRequest) -> None:
        """Bring the sale of an order line to so many units, as far as nobody has begun to ship."""
        sale, units = self._find(request), request.quantity_units
        if sale is None:
            if units and request.is_change:
                raise NeedsDecision(
                    f"Tryton's sale {web_id(request)} is gone and shall be for {units}: enter it"
                    " there, or cancel the order in Shopify."
                )
            if units:
                self._demand_no_other(request)
                self._settle(self._created(layout, request), units)
            return
        has = sum(float(line["quantity"] or 0) for line in sale["lines."])
        has = 0 if sale["state"] == "cancelled" else has
        if has == units and sale["state"] not in _UNSETTLED:
            return
        if sale["state"] not in {*_UNSETTLED, "confirmed"} or len(sale["lines"]) != 1:
            raise NeedsDecision(
                f"{_name(sale)} in Tryton is {sale['state']} for {has:g} and shall be for {units}:"
                " decide about it in Tryton."
            )
        if has != units and sale["state"] != "draft":
            self._rest.click("sale.sale", sale["id"], "draft")
            sale["state"] = "draft"
        if has != units and units:
            self._write_units(sale, units)
        self._settle(sale, units)

    def _settle(self, sale: Record, units: int) -> None:
        """Confirm a sale that is as it shall be; cancel one of nothing."""
        if not units:
            self._rest.click("sale.sale", sale["id"], "cancel")
        elif sale["state"] in _UNSETTLED:
            self._confirm(sale)

    def _demand_no_other(self, request: OrderRequest) -> None:
        """Tryton's own Shopify module knows an order by its number, even while it is a draft."""
        number = request.external_order_id.rpartition("/")[2]
        domain = [["web_id", "=", number], ["state", "!=", "cancelled"]]
        for sale in self._rest.rows("sale.sale", domain, _SALE):
            raise NeedsDecision(
                f"{_name(sale)} in Tryton has the web ID {number} of this order already and is"
                f" {sale['state']}: let one importer alone bring it, and settle that sale."
            )

    def _write_units(self, sale: Record, units: int, **values: Any) -> None:
        lines = [["write", sale["lines"], {"quantity": float(units)}]]
        self._rest.write("sale.sale", sale["id"], {**values, "lines": lines})

    def _values(self, layout: Layout, request: OrderRequest) -> dict[str, Any]:
        shop, customer = self.shop(), self.customer()
        address = customer["addresses"][0]
        line = self._line(request)
        return {
            "company": layout.company,
            "currency": shop["currency"],
            "party": customer["id"],
            "invoice_address": address,
            "shipment_address": address,
            "warehouse": layout.warehouse(request.location).id,
            "web_shop": shop["id"],
            "web_id": web_id(request),
            "reference": _reference(request),
            "lines": [["create", [line]]],
        }

    def _line(self, request: OrderRequest) -> dict[str, Any]:
        fields = ["template.list_price", "default_uom"]
        found = self._rest.rows("product.product", [["code", "=", request.sku]], fields)
        if not found:
            raise ContractBroken(f"Tryton has no active product {request.sku} to sell.")
        price = found[0]["template."]["list_price"] or {"__class__": "Decimal", "decimal": "0"}
        return {
            "type": "line",
            "product": found[0]["id"],
            "quantity": float(request.quantity_units),
            "unit": found[0]["default_uom"],
            "unit_price": price,
        }


def _reference(request: OrderRequest) -> str:
    return request.external_order_id if request.action == "import" else request.request_id


def web_id(request: OrderRequest) -> str:
    """The web ID of the sale that stands for an order line (read by ``tryton_demand.identity``)."""
    return f"{request.external_order_id} {request.external_line_id}"


def request_all(orders: TrytonOrders, layout: Layout, requests: Sequence[OrderRequest]) -> None:
    """Do each request in turn; what comes after one that is refused is not asked."""
    for request in requests:
        orders.request(layout, request)


def _name(sale: Record) -> str:
    return f"Sale {sale['number'] or sale['id']}"


def _too_late(sale: Record, what: str) -> ContractBroken:
    return ContractBroken(
        f"{_name(sale)} in Tryton is {sale['state']} and cannot be {what}:"
        " decide about it in Tryton."
    )
