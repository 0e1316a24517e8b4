"""Seeded demand: sales orders of every channel and state, and reservations.

Put documents that take stock for customers here. Keep production and transfers out: they are in
``seed_supply.py``, with the supply that they bring.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from inventory_sync.sandbox.company.catalog import SHOP_WAREHOUSES, Item
from inventory_sync.sandbox.company.seed_books import Books, Units

OFFLINE_ORDERS, WEB_ORDERS, RESERVATIONS = 380, 150, 34

# Orders of past years: twelve digits, below every id that a Shopify stand-in hands out.
_FIRST_WEB_ORDER, _FIRST_WEB_LINE = 450_000_000_000, 860_000_000_000

_OFFLINE_STATES = {
    "quotation": 15, "on_hold": 12, "confirmed": 38, "shipped": 27, "cancelled": 8,
}  # fmt: skip
_WEB_STATES = {"quotation": 4, "on_hold": 6, "confirmed": 36, "shipped": 44, "cancelled": 10}
_WEB_CHANNELS = {"b2b-us": SHOP_WAREHOUSES, "b2c-us": SHOP_WAREHOUSES, "b2c-eu": ("EWR",)}

Wanted = tuple[str, str, Units]  # SKU, warehouse, units


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed for a whole sales order."""

    channel: str
    state: str
    hold_until: datetime | None = None
    is_partly_shipped: bool = False

    def is_open(self, now: datetime) -> bool:
        """Whether it commits stock. A hold that has lapsed commits nothing."""
        if self.state == "on_hold":
            return self.hold_until is None or self.hold_until > now
        return self.state in ("quotation", "confirmed")


def write_sales(books: Books, catalogue: Sequence[Item]) -> None:
    """Offline and web orders, and reservations, of what is free."""
    goods = [item.sku for item in catalogue if item.kind != "service"]
    services = [item.sku for item in catalogue if item.kind == "service"]
    shop_goods = [item.sku for item in catalogue if item.kind != "service" and not item.bulk]
    for _ in range(OFFLINE_ORDERS):
        channel = books.rng.choice(("wholesale", "wholesale", "phone", "showroom"))
        most_units = 20 if channel == "wholesale" else 3
        lines = _free_lines(books, goods, SHOP_WAREHOUSES, most_units)
        if books.rng.random() < 0.08:
            lines.append((books.rng.choice(services), lines[0][1], 1))
        write_order(books, _terms(books, channel, _OFFLINE_STATES), lines)
    for _ in range(WEB_ORDERS):
        channel = books.rng.choice(tuple(_WEB_CHANNELS))
        lines = _free_lines(books, shop_goods, _WEB_CHANNELS[channel], most_units=4)
        write_order(books, _terms(books, channel, _WEB_STATES), lines)
    for _ in range(RESERVATIONS):
        _write_reservation(books, *_free_lines(books, goods, SHOP_WAREHOUSES, most_units=6)[0])


def write_order(books: Books, terms: Terms, lines: Sequence[Wanted]) -> None:
    """Write one sales order and commit what it keeps open.

    Orders of a store's channel carry Shopify's ids.
    """
    order_no = books.number("SO")
    is_web = terms.channel in _WEB_CHANNELS
    is_shipped, is_on_hold = terms.state == "shipped", terms.state == "on_hold"
    order_id = f"gid://shopify/Order/{_FIRST_WEB_ORDER + _count(books, 'sales_orders')}"
    reasons = ("credit limit", "fraud check", "custom finish")
    books.add(
        "sales_orders",
        order_no=order_no,
        state=terms.state,
        channel=terms.channel,
        ship_date=books.day(-1 if is_shipped else books.rng.randint(-3, 30)),
        hold_reason=books.rng.choice(reasons) if is_on_hold else None,
        hold_until=terms.hold_until,
        external_order_id=order_id if is_web else None,
        changed_at=books.past(days=40 if is_shipped else 2),
    )
    for line_no, (sku, warehouse, units) in enumerate(lines, start=1):
        shipped = units if is_shipped else units // 2 if terms.is_partly_shipped else 0
        line_id = f"gid://shopify/LineItem/{_FIRST_WEB_LINE + _count(books, 'sales_order_lines')}"
        books.add(
            "sales_order_lines",
            order_no=order_no,
            line_no=line_no,
            sku=sku,
            warehouse=warehouse,
            quantity=units,
            shipped=shipped,
            external_line_id=line_id if is_web else None,
        )
        if terms.is_open(books.now) and books.is_stocked(sku):
            books.take(sku, warehouse, units - shipped)


def _free_lines(
    books: Books, skus: Sequence[str], warehouses: Sequence[str], most_units: int
) -> list[Wanted]:
    """One to three lines that the free stock can serve; Acme rarely promises more than it has."""
    lines: list[Wanted] = []
    wanted_lines = books.rng.choice((1, 1, 2, 3))
    while len(lines) < wanted_lines:
        sku, warehouse = books.rng.choice(skus), books.rng.choice(warehouses)
        units = books.rng.randint(1, most_units)
        # Twice the units, so that two lines of one order cannot share the last component.
        if books.has(sku, warehouse, 2 * units):
            lines.append((sku, warehouse, units))
    return lines


def _terms(books: Books, channel: str, states: dict[str, int]) -> Terms:
    state = books.rng.choices(list(states), list(states.values()))[0]
    return Terms(
        channel,
        state,
        hold_until=_expiry(books) if state == "on_hold" else None,
        is_partly_shipped=state == "confirmed" and books.rng.random() < 0.15,
    )


def _expiry(books: Books) -> datetime | None:
    """Never, some hours ago, or in the coming days."""
    hours = books.rng.choice((None, -30, -3, 4, 26, 72, 120))
    return None if hours is None else books.now + timedelta(hours=hours)


def _write_reservation(books: Books, sku: str, warehouse: str, units: Units) -> None:
    expires_at = _expiry(books)
    state = books.rng.choices(("active", "released"), (85, 15))[0]
    books.add(
        "reservations",
        reservation_no=books.number("RES"),
        sku=sku,
        warehouse=warehouse,
        quantity=Decimal(units),
        reason=books.rng.choice(("showroom", "warranty exchange", "trade fair")),
        expires_at=expires_at,
        state=state,
        # Nobody has forgotten one: that is a mishap of its own.
        changed_at=max(books.past(days=20), books.now - timedelta(days=6)),
    )
    if state == "active" and (expires_at is None or expires_at > books.now):
        books.take(sku, warehouse, units)


def _count(books: Books, table: str) -> int:
    return len(books.rows[table])
