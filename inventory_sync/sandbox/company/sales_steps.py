"""What customers cause: orders offline and from the stores, holds, shipments, reservations.

Put one step per method here. Keep receipts, production, transfers and counts out: those are in
``supply_steps.py``.
"""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection

from inventory_sync.sandbox.company.steps import Steps, next_number, require_state, run
from inventory_sync.sandbox.office import Line, Units

_BEFORE_SHIPPING = ("quotation", "confirmed")


class SalesSteps(Steps):
    """Steps on sales orders and reservations."""

    def place_offline_order(
        self, lines: Sequence[Line], *, channel: str = "wholesale", ship_date: date | None = None
    ) -> str:
        """A customer asks by phone or in the showroom: a quotation. Returns its number."""
        with self._transaction() as connection:
            order_no = next_number(connection, "SO")
            run(
                connection,
                "INSERT INTO acme.sales_orders (order_no, state, channel, ship_date)"
                " VALUES (:order_no, 'quotation', :channel, :ship_date)",
                order_no=order_no,
                channel=channel,
                ship_date=ship_date,
            )
            _insert_lines(connection, order_no, lines)
        return order_no

    def import_web_order(
        self, external_order_id: str, lines: Sequence[Line], *, channel: str
    ) -> str:
        """A store's paid order arrives and is confirmed; importing it again changes nothing.

        Returns the number of the sales order.
        """
        with self._transaction() as connection:
            order_no = next_number(connection, "SO")
            inserted = run(
                connection,
                "INSERT INTO acme.sales_orders (order_no, state, channel, external_order_id)"
                " VALUES (:order_no, 'confirmed', :channel, :external_order_id)"
                " ON CONFLICT (external_order_id) DO NOTHING",
                order_no=order_no,
                channel=channel,
                external_order_id=external_order_id,
            )
            if inserted.rowcount:
                _insert_lines(connection, order_no, lines)
                return order_no
            known: str = run(
                connection,
                "SELECT order_no FROM acme.sales_orders WHERE external_order_id = :id",
                id=external_order_id,
            ).scalar_one()
            return known

    def confirm_order(self, order_no: str) -> None:
        """The customer accepts the quotation."""
        self._move_on("sales_orders", order_no, to="confirmed", allowed=("quotation",))

    def cancel_order(self, order_no: str) -> None:
        """The customer withdraws; what has been shipped does not come back by itself."""
        self._move_on("sales_orders", order_no, to="cancelled", allowed=_BEFORE_SHIPPING)

    def hold_order(
        self, order_no: str, *, until: datetime | None = None, reason: str = "credit limit"
    ) -> None:
        """Keep the stock but do not ship until somebody decides, or until the hold lapses."""
        with self._transaction() as connection:
            require_state(connection, "sales_orders", order_no, _BEFORE_SHIPPING)
            run(
                connection,
                "UPDATE acme.sales_orders"
                " SET state = 'on_hold', hold_until = :until, hold_reason = :reason"
                " WHERE order_no = :order_no",
                order_no=order_no,
                until=until,
                reason=reason,
            )

    def release_hold(self, order_no: str) -> None:
        """The decision is yes: the order is confirmed and its stock stays committed."""
        self._move_on("sales_orders", order_no, to="confirmed", allowed=("on_hold",))

    def cancel_hold(self, order_no: str) -> None:
        """The decision is no: the order is cancelled and its stock is free at once."""
        self._move_on("sales_orders", order_no, to="cancelled", allowed=("on_hold",))

    def change_quantity(self, order_no: str, line_no: int, units: Units) -> None:
        """The customer wants more or less of a line, but not less than has been shipped."""
        with self._transaction() as connection:
            require_state(connection, "sales_orders", order_no, _BEFORE_SHIPPING)
            run(
                connection,
                "UPDATE acme.sales_order_lines SET quantity = :units"
                " WHERE order_no = :order_no AND line_no = :line_no",
                order_no=order_no,
                line_no=line_no,
                units=units,
            )

    def postpone_order(self, order_no: str, ship_date: date) -> None:
        """The customer wants the order on another day."""
        with self._transaction() as connection:
            require_state(connection, "sales_orders", order_no, _BEFORE_SHIPPING)
            run(
                connection,
                "UPDATE acme.sales_orders SET ship_date = :ship_date WHERE order_no = :order_no",
                order_no=order_no,
                ship_date=ship_date,
            )

    def ship_order(self, order_no: str, *, line_no: int | None = None) -> None:
        """Ship what is open, of one line or of all; a kit leaves as its components."""
        with self._transaction() as connection:
            require_state(connection, "sales_orders", order_no, ("confirmed",))
            for statement in (_TAKE_FROM_STOCK, _MARK_LINES_SHIPPED):
                run(connection, statement, order_no=order_no, line_no=line_no)
            run(connection, _CLOSE_IF_ALL_IS_SHIPPED, order_no=order_no)

    def reserve_stock(
        self, line: Line, *, reason: str = "showroom", expires_at: datetime | None = None
    ) -> str:
        """Set stock aside without an order. Returns the number of the reservation."""
        with self._transaction() as connection:
            reservation_no = next_number(connection, "RES")
            run(
                connection,
                "INSERT INTO acme.reservations"
                " (reservation_no, sku, warehouse, quantity, reason, expires_at, state)"
                " VALUES (:no, :sku, :warehouse, :units, :reason, :expires_at, 'active')",
                no=reservation_no,
                sku=line.sku,
                warehouse=line.warehouse,
                units=line.units,
                reason=reason,
                expires_at=expires_at,
            )
        return reservation_no

    def release_reservation(self, reservation_no: str) -> None:
        """What was set aside is free again."""
        self._move_on("reservations", reservation_no, to="released", allowed=("active",))


_OF_THE_LINES = "WHERE order_no = :order_no AND line_no = COALESCE(:line_no, line_no)"

_TAKE_FROM_STOCK = f"""
INSERT INTO acme.stock_moves (kind, sku, warehouse, on_hand, document)
SELECT 'order_shipped', part_sku, warehouse, (shipped - line.quantity) * part.quantity, order_no
FROM acme.sales_order_lines line JOIN acme.stock_parts part USING (sku)
{_OF_THE_LINES} AND line.quantity > shipped
"""

_MARK_LINES_SHIPPED = f"UPDATE acme.sales_order_lines SET shipped = quantity {_OF_THE_LINES}"

_CLOSE_IF_ALL_IS_SHIPPED = """
UPDATE acme.sales_orders
SET state = CASE WHEN EXISTS (
        SELECT FROM acme.sales_order_lines line
        WHERE line.order_no = :order_no AND quantity > shipped
    ) THEN state ELSE 'shipped' END
WHERE order_no = :order_no
"""


def _insert_lines(connection: Connection, order_no: str, lines: Sequence[Line]) -> None:
    for line_no, line in enumerate(lines, start=1):
        run(
            connection,
            "INSERT INTO acme.sales_order_lines"
            " (order_no, line_no, sku, warehouse, quantity, external_line_id)"
            " VALUES (:order_no, :line_no, :sku, :warehouse, :units, :external_line_id)",
            order_no=order_no,
            line_no=line_no,
            sku=line.sku,
            warehouse=line.warehouse,
            units=line.units,
            external_line_id=line.external_line_id,
        )
