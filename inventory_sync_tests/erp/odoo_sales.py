"""The methods of Odoo's sales orders that the connector calls, on records in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

CUSTOMERS: Final = 40


class OdooFault(Exception):
    """A fault with the name of Odoo's exception."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class OdooOrders:
    """Creates, confirms and cancels sales orders. ``before_create``: what happens in between, each
    once, with the values and lines of the order.
    """

    version: int
    now: datetime
    tables: dict[str, dict[int, dict[str, Any]]]
    before_create: list[Any]

    def add(self, model: str, **values: Any) -> int:
        raise NotImplementedError

    def write(self, model: str, number: int, **values: Any) -> None:
        raise NotImplementedError

    def write_order(self, method: str, ids: Sequence[int], options: Mapping[str, Any]) -> Any:
        """What one of these methods answers."""
        if method == "create":
            (values,) = options["vals_list"]
            return [self.create_order(values)]
        if method == "action_cancel":
            return self._cancel(ids, options["context"])
        if method == "action_draft":
            return self._reopen(ids)
        if method == "write":
            return self._write_orders(ids, options["vals"])
        if method != "action_confirm":
            raise OdooFault("builtins.AttributeError", f"no method {method}")
        for number in ids:
            self.confirm_order(number)
        return True

    def create_order(self, values: dict[str, Any]) -> int:
        lines = [line for _, _, line in values.pop("order_line")]
        number = self.add("sale.order", state="draft", **values)
        self.write("sale.order", number, name=f"S{number:05}")
        for line in lines:
            unit = self.tables["product.product"][line["product_id"]]
            uom = self.tables["product.template"][unit["product_tmpl_id"]]["uom_id"]
            name = "product_uom_id" if self.version >= 19 else "product_uom"
            more = {name: uom, "state": "draft", "warehouse_id": values.get("warehouse_id")}
            self.add("sale.order.line", order_id=number, **more, **line)
        while self.before_create:
            self.before_create.pop()(dict(values), lines)
        return number

    def confirm_order(self, number: int) -> None:
        order = self.tables["sale.order"][number]
        if order["state"] not in ("draft", "sent"):
            raise OdooFault(
                "odoo.exceptions.UserError",
                "The following orders are not in a state requiring confirmation: " + order["name"],
            )
        self.write("sale.order", number, state="sale")
        for line in self._lines(number):
            self.write("sale.order.line", line["id"], state="sale")
            warehouse = self.tables["stock.warehouse"][line["warehouse_id"]]
            self.add(
                "stock.move",
                product_id=line["product_id"],
                location_id=warehouse["lot_stock_id"],
                location_dest_id=CUSTOMERS,
                product_qty=line["product_uom_qty"],
                state="assigned",
                date=self.now,
                origin=order["name"],
                sale_line_id=line["id"],
            )

    def _cancel(self, numbers: Sequence[int], context: Mapping[str, Any]) -> Any:
        orders = [self.tables["sale.order"][number] for number in numbers]
        if any(order["locked"] for order in orders):
            raise OdooFault(
                "odoo.exceptions.UserError",
                "You cannot cancel a locked order. Please unlock it first.",
            )
        if not context.get("disable_cancel_warning") and any(
            order["state"] != "draft" for order in orders
        ):
            return {"type": "ir.actions.act_window", "res_model": "sale.order.cancel"}
        for order in orders:
            self.write("sale.order", order["id"], state="cancel")
            for line in self._lines(order["id"]):
                self.write("sale.order.line", line["id"], state="cancel")
                for move in self.tables["stock.move"].values():
                    if move["sale_line_id"] == line["id"] and move["state"] != "done":
                        self.write("stock.move", move["id"], state="cancel")
        return True

    def _reopen(self, numbers: Sequence[int]) -> bool:
        for number in numbers:
            if self.tables["sale.order"][number]["state"] in ("cancel", "sent"):
                self.write("sale.order", number, state="draft")
                for line in self._lines(number):
                    self.write("sale.order.line", line["id"], state="draft")
        return True

    def _write_orders(self, numbers: Sequence[int], values: Mapping[str, Any]) -> bool:
        values = dict(values)
        for _, line, changes in values.pop("order_line", ()):
            assert self.tables["sale.order.line"][line]["order_id"] in numbers
            self.write("sale.order.line", line, **changes)
        for number in numbers:
            self.write("sale.order", number, **values)
        return True

    def _lines(self, number: int) -> list[dict[str, Any]]:
        lines = self.tables["sale.order.line"].values()
        return [line for line in lines if line["order_id"] == number]
