"""The seeded company: the same seed and the same ``now`` always give the same rows.

Put the order in which the books are written, and the opening stock, here. Keep product data
(``catalog.py``), demand (``seed_sales.py``), supply (``seed_supply.py``) and the database
(``database.py``) out.
"""

import random
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from inventory_sync.sandbox.company.catalog import KITS, PLANT, WAREHOUSES, Item, items
from inventory_sync.sandbox.company.seed_books import Books
from inventory_sync.sandbox.company.seed_sales import write_sales
from inventory_sync.sandbox.company.seed_stories import tell_stories
from inventory_sync.sandbox.company.seed_supply import write_supply

# The company of the demo: the demo's online orders are chosen for what it has in stock.
DEMO_SEED = 7

_LOGGED_ORDERS = 40
_LOGGED_KINDS = {
    "quotation": "order_created",
    "on_hold": "hold_placed",
    "confirmed": "order_confirmed",
    "shipped": "order_shipped",
    "cancelled": "order_cancelled",
}


def write_books(seed: int, now: datetime) -> Books:
    """Write the whole company as of ``now``, which must know its time zone."""
    if now.tzinfo is None:
        raise ValueError("The demo company needs an instant: give `now` with a time zone.")
    books = Books(random.Random(seed), now)
    catalogue = items()
    _master_data(books, catalogue)
    _opening_stock(books, catalogue)
    tell_stories(books, {item.sku: item for item in catalogue})
    write_sales(books, catalogue)
    write_supply(books, catalogue)
    _recent_changes(books)
    return books


def _master_data(books: Books, catalogue: Sequence[Item]) -> None:
    for warehouse, name, time_zone in WAREHOUSES:
        books.add("warehouses", warehouse=warehouse, name=name, time_zone=time_zone)
    for item in catalogue:
        books.add("items", sku=item.sku, name=item.name, kind=item.kind, bulk=item.bulk)
    for kit, parts in KITS.items():
        for component, quantity in parts.items():
            books.add(
                "bill_of_materials",
                kit_sku=kit,
                component_sku=component,
                quantity=Decimal(quantity),
            )


def _opening_stock(books: Books, catalogue: Sequence[Item]) -> None:
    rng = books.rng
    for item in catalogue:
        for warehouse, *_ in WAREHOUSES:
            if item.kind != "stocked" or rng.random() > _stocking_chance(item, warehouse):
                continue
            is_sold_out = rng.random() < 0.05
            units = 0 if is_sold_out else round(item.typical_units * rng.uniform(0.2, 1.4))
            by_the_metre = item.bulk and item.sku.endswith("-M")
            on_hand = Decimal(units) + (Decimal("0.5") if by_the_metre else 0)
            blocked = min(on_hand, Decimal(rng.choice((0, 0, 0, 0, 0, 0, 1, 2, 4))))
            books.free[item.sku, warehouse] = on_hand - blocked
            books.add(
                "stock_balances",
                sku=item.sku,
                warehouse=warehouse,
                on_hand=on_hand,
                blocked=blocked,
                changed_at=books.past(days=30),
            )


def _stocking_chance(item: Item, warehouse: str) -> float:
    """Materials and own furniture lie at the plant; what is bought goes to the warehouses."""
    if item.bulk:
        return 1.0 if warehouse == PLANT else 0.4
    if warehouse == PLANT:
        return 0.9 if item.materials else 0.1
    return 0.92


def _recent_changes(books: Books) -> None:
    """The latest sales orders as the log has them: document events, without SKU."""
    recent = sorted(books.rows["sales_orders"], key=lambda order: str(order["changed_at"]))
    for order in recent[-_LOGGED_ORDERS:]:
        books.add(
            "change_log",
            changed_at=order["changed_at"],
            kind=_LOGGED_KINDS[str(order["state"])],
            sku=None,
            warehouse=None,
            document=order["order_no"],
        )
