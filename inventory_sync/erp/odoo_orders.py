"""Writing to Odoo: a reservation is a quotation, a confirmed or imported one a sales order.

Put here how reserve, confirm, release and import become orders of Odoo, each of them once. Odoo
knows no unique reference, so an order is looked for before it is created and after it: of two
reservations that were created at the same time the younger is cancelled, whoever created it; of two
imported orders none is confirmed, and people decide. A confirmed order is changed in several calls,
and its source document says so meanwhile: so we go on with a change of ours that died, and leave
alone what people have cancelled.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from inventory_sync.domain.errors import ContractBroken, NeedsDecision
from inventory_sync.domain.extract import OrderRequest
from inventory_sync.erp.odoo_client import OdooClient
from inventory_sync.erp.odoo_records import Places
from inventory_sync.erp.odoo_references import (
    CHANGING,
    References,
    asked_line,
    is_changing,
    source_document,
)
from inventory_sync.erp.odoo_rows import QUOTATIONS

Record = Mapping[str, Any]

_FIELDS: Final = ("name", "state", "origin", "locked")
_LINE_FIELDS: Final = ("product_uom_qty", "qty_delivered")
_WRITTEN: Final = ("sale.order", "sale.order.line")


class OdooOrders:
    """The sales orders that stand for our requests.

    Raises ``ErpUnavailable`` when Odoo cannot be asked (the request is then made again) and
    ``ContractBroken`` when it refuses.
    """

    def __init__(
        self,
        client: OdooClient,
        references: References,
        *,
        partner_id: int | None,
        zone: ZoneInfo,
    ) -> None:
        self._client = client
        self._references = references
        self._partner_id = partner_id
        self._zone = zone

    def request(self, requests: Sequence[OrderRequest], places: Places) -> None:
        """Do what is asked, in this order; what was done already is not done again."""
        if requests and self._partner_id is None:
            raise ContractBroken(
                "Nothing is written to Odoo: set erp.write_back, and name the id of the customer"
                " whom reservations are for under erp.odoo.partner_id."
            )
        actions: Mapping[str, Callable[[OrderRequest, Places], None]] = {
            "reserve": self._reserve,
            "confirm": self._confirm,
            "release": self._release,
            "import": self._import,
        }
        for request in requests:
            actions[request.action](request, places)

    def check(self) -> list[str]:
        """Why requests would be refused, if they are wanted."""
        if self._partner_id is None:
            return []
        missing = [
            f"{right} {model}"
            for model in _WRITTEN
            for right in ("create", "write")
            if not self._client.may(model, right)
        ]
        if missing:
            return [
                f"Odoo's user may not {', '.join(missing)}: give it the role Sales / User: All"
                " Documents, or take erp.odoo.partner_id out of the settings."
            ]
        partners = self._client.read("res.partner", [["id", "=", self._partner_id]], ["name"])
        return [] if partners else [f"Odoo has no customer {self._partner_id} (partner_id)."]

    # --- the three actions ---

    def _reserve(self, request: OrderRequest, places: Places) -> None:
        orders = self._orders(request)
        was_done = any((asked_line(order) or "  ")[1] == request.request_id for order in orders)
        if was_done or _in_force(orders):
            self._keep_one(orders)
        else:
            self._create(request, places)

    def _confirm(self, request: OrderRequest, places: Places) -> None:
        orders = self._orders(request)
        if orders and not _in_force(orders):
            raise ContractBroken(
                f"{request.external_order_id} cannot be confirmed in Odoo: its order"
                f" {orders[-1]['name']} is cancelled there; release the reservation."
            )
        kept = self._keep_one(orders) if orders else self._create(request, places)
        if kept["state"] in QUOTATIONS:
            self._client.act("sale.order", "action_confirm", [kept["id"]])
            self._demand_no(QUOTATIONS, self._orders(request), "confirmed")

    def _release(self, request: OrderRequest, places: Places) -> None:
        self._cancel(_in_force(self._orders(request)))
        self._demand_no((*QUOTATIONS, "sale", "done"), self._orders(request), "cancelled")

    # --- the import of an order line ---

    def _import(self, request: OrderRequest, places: Places) -> None:
        """Bring the order of a line to so many units, as far as nothing of it was delivered."""
        orders, units = self._orders(request), request.quantity_units
        found = _the_one(orders) or next(filter(is_changing, orders), None)
        if found is None:
            if not units:
                return
            if orders:
                raise NeedsDecision(
                    f"Order {orders[-1]['name']} of Odoo is cancelled and shall be for {units}:"
                    " reopen it there, or cancel the order in Shopify."
                )
            if request.is_change:
                raise NeedsDecision(
                    f"Odoo's order for {request.external_order_id} is gone and shall be for"
                    f" {units}: enter it there, or cancel the order in Shopify."
                )
            self._demand_no_other(request)
            self._client.create("sale.order", self._values(request, places))
            found = _the_one(self._orders(request))
            if found is None:
                raise ContractBroken(
                    f"Odoo does not show us the order for {request.external_order_id} that we"
                    " created: give its user the role Sales / User: All Documents."
                )
        self._bring_to(found, request)

    def _bring_to(self, order: Record, request: OrderRequest) -> None:
        units, number = request.quantity_units, order["id"]
        lines = self._client.read("sale.order.line", [["order_id", "=", number]], _LINE_FIELDS)
        has = sum(float(line["product_uom_qty"]) for line in lines)
        is_begun = order.get("locked") or any(line["qty_delivered"] for line in lines)
        is_to_change = has != units or order["state"] == "cancel"
        if is_to_change and (is_begun or len(lines) != 1):
            raise NeedsDecision(
                f"Order {order['name']} of Odoo is for {has:g} and shall be for {units}, but"
                " it is locked, delivered in part or has other lines: decide about it there."
            )
        if units == 0:
            self._cancel(_in_force([order]))
            self._demand_no((*QUOTATIONS, "sale", "done"), self._orders(request), "cancelled")
            return
        if is_to_change:
            self._reopen(order, request)
            values = {"order_line": [[1, lines[0]["id"], {"product_uom_qty": units}]]}
            self._client.write("sale.order", number, {**values, **_source(request)})
        elif is_changing(order):  # the shop took back what we had begun
            self._client.write("sale.order", number, _source(request))
        if is_to_change or order["state"] in QUOTATIONS:
            self._client.act("sale.order", "action_confirm", [number])
            self._demand_no(QUOTATIONS, self._orders(request), "confirmed")

    def _reopen(self, order: Record, request: OrderRequest) -> None:
        """Make it a quotation, and write down before the first step that it is ours."""
        if order["state"] in QUOTATIONS:
            return
        if not is_changing(order):
            self._client.write("sale.order", order["id"], _source(request, CHANGING))
        self._cancel(_in_force([order]))
        self._demand_no(("sale", "done"), self._orders(request), "cancelled")
        self._client.act("sale.order", "action_draft", [order["id"]])

    def _demand_no_other(self, request: OrderRequest) -> None:
        """An order that names the Shopify order, but not its lines, may hold this line as well."""
        for order in _in_force(self._naming(request)):
            if asked_line(order) is None:
                raise NeedsDecision(
                    f"Order {order['name']} of Odoo stands for {request.external_order_id}"
                    " already: let one importer alone bring it, or name the field of its lines"
                    " in erp.odoo.line_field."
                )

    # --- orders ---

    def _naming(self, request: OrderRequest) -> list[Record]:
        """All orders that stand for the Shopify order of a request, oldest first."""
        values = self._references.searched([request.external_order_id])
        domain = [[self._references.order_field, "in", values]]
        return list(self._client.read("sale.order", domain, _FIELDS))

    def _orders(self, request: OrderRequest) -> list[Record]:
        """All orders that stand for the line of a request, oldest first."""
        line, found = request.external_line_id, self._naming(request)
        return [order for order in found if (asked_line(order) or ("",))[0] == line]

    def _create(self, request: OrderRequest, places: Places) -> Record:
        self._client.create("sale.order", self._values(request, places))
        return self._keep_one(self._orders(request))

    def _keep_one(self, orders: Sequence[Record]) -> Record:
        """Cancel all quotations in force but one: a confirmed order, else the oldest."""
        in_force = _in_force(orders)
        kept = min(in_force or orders, key=lambda each: (each["state"] in QUOTATIONS, each["id"]))
        self._cancel([o for o in in_force if o is not kept and o["state"] in QUOTATIONS])
        return kept

    def _cancel(self, orders: Sequence[Record]) -> None:
        # Without this word Odoo answers with a dialogue for the screen and does nothing.
        if orders:
            ids = [order["id"] for order in orders]
            self._client.act("sale.order", "action_cancel", ids, disable_cancel_warning=True)

    @staticmethod
    def _demand_no(states: Sequence[str], orders: Sequence[Record], wanted: str) -> None:
        """Look at what has come of it, for a button may open a dialogue instead of acting."""
        for order in orders:
            if order["state"] in states:
                raise ContractBroken(
                    f"Order {order['name']} of Odoo was not {wanted}, it is {order['state']}: see"
                    " to it there; it is tried again."
                )

    def _values(self, request: OrderRequest, places: Places) -> dict[str, Any]:
        line = {"product_id": self._product(request.sku), "product_uom_qty": request.quantity_units}
        warehouses = {code: number for number, code in places.codes.items()}
        if request.location not in warehouses:
            raise ContractBroken(f"Odoo has no warehouse {request.location} to reserve in.")
        values: dict[str, Any] = {
            "partner_id": self._partner_id,
            self._references.order_field: request.external_order_id,
            **_source(request),
            "warehouse_id": warehouses[request.location],
            "order_line": [[0, 0, line]],
        }
        if request.expires_at is not None:
            last_day = request.expires_at.astimezone(self._zone).date()
            values["validity_date"] = last_day.isoformat()
        if self._client.company_id() is not None:
            values["company_id"] = self._client.company_id()
        return values

    def _product(self, sku: str) -> int:
        domain = [["default_code", "=", sku], ["active", "=", True]]
        found = self._client.read("product.product", domain, ["default_code"])
        if len(found) != 1:
            there = "no product" if not found else f"{len(found)} products"
            raise ContractBroken(f"Odoo has {there} with the internal reference {sku}.")
        return int(found[0]["id"])


def _source(request: OrderRequest, *more: str) -> dict[str, str]:
    """What an order of ours says of where it comes from."""
    return {"origin": source_document(request.external_line_id, request.request_id, *more)}


def _the_one(orders: Sequence[Record]) -> Record | None:
    """The order in force. Of several, people choose: each may be on its way to the customer."""
    found = _in_force(orders)
    if len(found) > 1:
        names = ", ".join(str(order["name"]) for order in found)
        raise NeedsDecision(
            f"Orders {names} of Odoo all stand for one line of a Shopify order: cancel all but one."
        )
    return found[0] if found else None


def _in_force(orders: Iterable[Record]) -> list[Record]:
    return [order for order in orders if order["state"] != "cancel"]
