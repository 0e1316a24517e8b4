"""Odoo's sales orders as they are read: those that rows refer to, and those that name Shopify's.

Put here the calls about sales orders. How a reference is understood is ``odoo_references.py``.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from inventory_sync.erp.odoo_client import OdooClient
from inventory_sync.erp.odoo_records import Record, one
from inventory_sync.erp.odoo_references import References, duplicates
from inventory_sync.erp.odoo_rows import QUOTATIONS, Rules, Sales

ORDER_FIELDS: Final = (
    "name",
    "state",
    "origin",
    "warehouse_id",
    "commitment_date",
    "validity_date",
    "team_id",
    "write_date",
)
LINE_FIELDS: Final = (
    "order_id",
    "product_id",
    "product_uom_qty",
    "product_uom",
    "product_uom_id",
    "warehouse_id",
    "state",
    "write_date",
)


class SalesReader:
    """Reads the sales orders of one Odoo."""

    def __init__(self, client: OdooClient, references: References, rules: Rules) -> None:
        self._client = client
        self._references = references
        self._rules = rules
        self._order_fields = [*ORDER_FIELDS, references.order_field]
        more = references.line_field
        self.line_fields = [*LINE_FIELDS, *([more] if more else [])]

    def quoted(self) -> list[Any]:
        """The domain of the lines of quotations that may take something."""
        states: list[Any] = [["state", "in", list(QUOTATIONS)]]
        if self._rules.quotations:
            return states
        return [*states, [f"order_id.{self._references.order_field}", "!=", False]]

    def lines(self, key: str, ids: Collection[int]) -> list[Record]:
        """The lines whose ``id`` or ``order_id`` is one of these."""
        return self._client.read_in("sale.order.line", key, sorted(ids), self.line_fields)

    def naming(self, order_ids: Collection[str] | None) -> dict[int, Record]:
        """The orders that stand for these Shopify orders, or for any."""
        name, fields = self._references.order_field, self._order_fields
        if order_ids is None:
            found = self._client.read("sale.order", [[name, "!=", False]], fields)
        else:
            values = self._references.searched(sorted(order_ids))
            found = self._client.read_in("sale.order", name, values, fields)
        return {each["id"]: each for each in found if self._references.order_id(each)}

    def of(self, lines: Sequence[Record]) -> Sales:
        """The lines with their orders, and with all orders that a quotation may be a double of."""
        ids = sorted({one(line["order_id"]) or 0 for line in lines})
        read = self._client.read_in("sale.order", "id", ids, self._order_fields)
        quoting = (each for each in read if each["state"] in QUOTATIONS)
        named = {name for each in quoting if (name := self._references.order_id(each))}
        return self.joined(lines, {each["id"]: each for each in read} | self.naming(named))

    def joined(self, lines: Sequence[Record], orders: Mapping[int, Record]) -> Sales:
        """The lines with these orders; of those that name one Shopify order only one counts."""
        twins = duplicates(self._references, orders.values()).values()
        losers = frozenset(order["id"] for group in twins for order in group[1:])
        known = self._references
        references = References(known.order_field, known.line_field, losers)
        return Sales({line["id"]: line for line in lines}, orders, references)

    def told_twice(self) -> list[str]:
        """One sentence for each Shopify order that several orders in force stand for."""
        found = duplicates(self._references, self.naming(None).values())
        in_force = {
            name: [str(order["name"]) for order in orders if order["state"] != "cancel"]
            for name, orders in found.items()
        }
        return [
            f"Sales orders {', '.join(names)} of Odoo all stand for {name}: cancel all but"
            f" {names[0]}."
            for name, names in in_force.items()
            if len(names) > 1
        ]
