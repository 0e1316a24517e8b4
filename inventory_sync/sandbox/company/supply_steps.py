"""What suppliers, the plant and the warehouses cause: receipts, production, transfers, counts.

Put one step per method here. Keep sales out: they are in ``sales_steps.py``.
"""

from collections.abc import Mapping
from datetime import date

from inventory_sync.sandbox.company.steps import (
    Steps,
    next_number,
    require_state,
    run,
    set_state,
)
from inventory_sync.sandbox.office import Units


class SupplySteps(Steps):
    """Steps on purchase orders, production orders, transfers and stock."""

    def order_purchase(
        self, warehouse: str, units_by_sku: Mapping[str, Units], *, due_date: date | None = None
    ) -> str:
        """Ask a supplier for goods. Returns the number of the purchase order."""
        with self._transaction() as connection:
            order_no = next_number(connection, "PO")
            run(
                connection,
                "INSERT INTO acme.purchase_orders (order_no, warehouse, state, due_date)"
                " VALUES (:order_no, :warehouse, 'requested', :due_date)",
                order_no=order_no,
                warehouse=warehouse,
                due_date=due_date,
            )
            for line_no, (sku, units) in enumerate(units_by_sku.items(), start=1):
                run(
                    connection,
                    "INSERT INTO acme.purchase_order_lines (order_no, line_no, sku, quantity)"
                    " VALUES (:order_no, :line_no, :sku, :units)",
                    order_no=order_no,
                    line_no=line_no,
                    sku=sku,
                    units=units,
                )
        return order_no

    def confirm_purchase(self, order_no: str) -> None:
        """The supplier promises the date."""
        self._move_on("purchase_orders", order_no, to="confirmed", allowed=("requested",))

    def receive_purchase(self, order_no: str) -> None:
        """The supplier delivers all that is open."""
        with self._transaction() as connection:
            require_state(connection, "purchase_orders", order_no, ("requested", "confirmed"))
            run(connection, _TAKE_DELIVERY, order_no=order_no)
            run(
                connection,
                "UPDATE acme.purchase_order_lines SET received = quantity"
                " WHERE order_no = :order_no",
                order_no=order_no,
            )
            set_state(connection, "purchase_orders", order_no, "received")

    def complete_production(self, order_no: str) -> None:
        """The plant finishes an order: materials are used up, the product is on hand."""
        with self._transaction() as connection:
            require_state(connection, "production_orders", order_no, ("released",))
            run(connection, _USE_MATERIALS_AND_PRODUCE, order_no=order_no)
            run(
                connection,
                "UPDATE acme.production_materials SET issued = required WHERE order_no = :order_no",
                order_no=order_no,
            )
            run(
                connection,
                "UPDATE acme.production_orders SET state = 'done', produced = quantity"
                " WHERE order_no = :order_no",
                order_no=order_no,
            )

    def request_transfer(
        self, origin: str, destination: str, units_by_sku: Mapping[str, Units]
    ) -> str:
        """Ask one warehouse to send goods to another. Returns the number of the transfer."""
        with self._transaction() as connection:
            transfer_no = next_number(connection, "TR")
            run(
                connection,
                "INSERT INTO acme.transfers (transfer_no, from_warehouse, to_warehouse, state)"
                " VALUES (:transfer_no, :origin, :destination, 'requested')",
                transfer_no=transfer_no,
                origin=origin,
                destination=destination,
            )
            for sku, units in units_by_sku.items():
                run(
                    connection,
                    "INSERT INTO acme.transfer_lines (transfer_no, sku, quantity)"
                    " VALUES (:transfer_no, :sku, :units)",
                    transfer_no=transfer_no,
                    sku=sku,
                    units=units,
                )
        return transfer_no

    def ship_transfer(self, transfer_no: str) -> None:
        """The goods leave; they are in no warehouse until they arrive."""
        with self._transaction() as connection:
            require_state(connection, "transfers", transfer_no, ("requested",))
            run(connection, _SEND_OFF, transfer_no=transfer_no)
            set_state(connection, "transfers", transfer_no, "in_transit")

    def receive_transfer(self, transfer_no: str) -> None:
        """The goods arrive."""
        with self._transaction() as connection:
            require_state(connection, "transfers", transfer_no, ("in_transit",))
            run(connection, _TAKE_IN, transfer_no=transfer_no)
            set_state(connection, "transfers", transfer_no, "received")

    def adjust_stock(
        self, sku: str, warehouse: str, change_units: Units = 0, *, blocked_change_units: Units = 0
    ) -> None:
        """A count finds more or less on hand; an inspection blocks units or frees them."""
        with self._transaction() as connection:
            run(
                connection,
                "INSERT INTO acme.stock_moves (kind, sku, warehouse, on_hand, blocked)"
                " VALUES ('stock_adjusted', :sku, :warehouse, :on_hand, :blocked)",
                sku=sku,
                warehouse=warehouse,
                on_hand=change_units,
                blocked=blocked_change_units,
            )


_TAKE_DELIVERY = """
INSERT INTO acme.stock_moves (kind, sku, warehouse, on_hand, document)
SELECT 'stock_received', sku, warehouse, quantity - received, order_no
FROM acme.purchase_order_lines JOIN acme.purchase_orders USING (order_no)
WHERE order_no = :order_no AND quantity > received
"""

_USE_MATERIALS_AND_PRODUCE = """
INSERT INTO acme.stock_moves (kind, sku, warehouse, on_hand, document)
SELECT 'production_completed', material.sku, warehouse, issued - required, order_no
FROM acme.production_materials material JOIN acme.production_orders USING (order_no)
WHERE order_no = :order_no AND required > issued
UNION ALL
SELECT 'production_completed', sku, warehouse, quantity - produced, order_no
FROM acme.production_orders WHERE order_no = :order_no
"""

_SEND_OFF = """
INSERT INTO acme.stock_moves (kind, sku, warehouse, on_hand, document)
SELECT 'transfer_shipped', sku, from_warehouse, -quantity, transfer_no
FROM acme.transfer_lines JOIN acme.transfers USING (transfer_no)
WHERE transfer_no = :transfer_no
"""

_TAKE_IN = """
INSERT INTO acme.stock_moves (kind, sku, warehouse, on_hand, document)
SELECT 'transfer_received', sku, to_warehouse, quantity, transfer_no
FROM acme.transfer_lines JOIN acme.transfers USING (transfer_no)
WHERE transfer_no = :transfer_no
"""
