"""Seeded supply: purchases, production with its materials, transfers, and planners' promises.

Put documents that bring stock here. Keep customers' orders out: they are in ``seed_sales.py``.
"""

from collections.abc import Sequence
from decimal import Decimal

from inventory_sync.sandbox.company.catalog import PLANT, SHOP_WAREHOUSES, WAREHOUSES, Item
from inventory_sync.sandbox.company.seed_books import Books, Units

PURCHASE_ORDERS, PRODUCTION_ORDERS, TRANSFERS, PROMISED_ITEMS = 90, 45, 28, 8

_PURCHASE_STATES = {"requested": 25, "confirmed": 50, "received": 20, "cancelled": 5}
_PRODUCTION_STATES = {"planned": 30, "released": 45, "done": 20, "cancelled": 5}
_TRANSFER_STATES = {"requested": 45, "in_transit": 30, "received": 20, "cancelled": 5}


def write_supply(books: Books, catalogue: Sequence[Item]) -> None:
    """Purchases of what Acme buys, production of what it makes, transfers of both."""
    stocked = [item for item in catalogue if item.kind == "stocked"]
    made = [item for item in stocked if item.materials]
    bought = [item for item in stocked if not item.materials]
    for _ in range(PURCHASE_ORDERS):
        chosen = books.rng.sample(bought, books.rng.randint(1, 5))
        _write_purchase(books, [item.sku for item in chosen])
    for _ in range(PRODUCTION_ORDERS):
        state = _choose(books, _PRODUCTION_STATES)
        due_in_days = books.rng.randint(-5, 45)
        units = 5 * books.rng.randint(1, 8)
        write_production(books, books.rng.choice(made), units, state=state, due_in_days=due_in_days)
    for _ in range(TRANSFERS):
        _write_transfer(books, [item.sku for item in stocked])
    for item in books.rng.sample(made, PROMISED_ITEMS):
        _write_promises(books, item.sku)


def write_production(
    books: Books, item: Item, units: Units, *, state: str, due_in_days: int
) -> str:
    """Write one production order at the plant; its open materials are committed there."""
    order_no = books.number("MO")
    is_open, is_done = state in ("planned", "released"), state == "done"
    books.add(
        "production_orders",
        order_no=order_no,
        warehouse=PLANT,
        sku=item.sku,
        quantity=units,
        produced=units if is_done else 0,
        state=state,
        due_date=books.day(due_in_days if is_open else -due_in_days),
        changed_at=books.past(days=10),
    )
    for material, per_unit in item.materials:
        required = per_unit * units
        books.add(
            "production_materials",
            order_no=order_no,
            sku=material,
            required=required,
            issued=required if is_done else 0,
        )
        if is_open:
            books.take(material, PLANT, required)
    return order_no


def _write_purchase(books: Books, skus: Sequence[str]) -> None:
    order_no, state = books.number("PO"), _choose(books, _PURCHASE_STATES)
    books.add(
        "purchase_orders",
        order_no=order_no,
        warehouse=books.rng.choice((*SHOP_WAREHOUSES, PLANT)),
        state=state,
        # Some suppliers name no date, some are late.
        due_date=None if books.rng.random() < 0.08 else books.day(books.rng.randint(-8, 60)),
        changed_at=books.past(days=15),
    )
    for line_no, sku in enumerate(skus, start=1):
        quantity = 10 * books.rng.randint(2, 30)
        is_partly_received = state == "confirmed" and books.rng.random() < 0.2
        received = quantity if state == "received" else quantity // 2 if is_partly_received else 0
        books.add(
            "purchase_order_lines",
            order_no=order_no,
            line_no=line_no,
            sku=sku,
            quantity=quantity,
            received=received,
        )


def _write_transfer(books: Books, skus: Sequence[str]) -> None:
    transfer_no, state = books.number("TR"), _choose(books, _TRANSFER_STATES)
    origin, destination = books.rng.sample([warehouse for warehouse, *_ in WAREHOUSES], 2)
    books.add(
        "transfers",
        transfer_no=transfer_no,
        from_warehouse=origin,
        to_warehouse=destination,
        state=state,
        due_date=books.day(books.rng.randint(-2, 12)),
        changed_at=books.past(days=5),
    )
    available = [sku for sku in skus if books.has(sku, origin, 20)]
    for sku in books.rng.sample(available, books.rng.randint(1, 4)):
        units = books.rng.randint(2, 20)
        books.add("transfer_lines", transfer_no=transfer_no, sku=sku, quantity=units)
        if state == "requested":
            books.take(sku, origin, units)


def _write_promises(books: Books, sku: str) -> None:
    """What the planners promise from the plant: more units, a later day."""
    first_day = books.rng.randint(3, 20)
    for step, units in enumerate((5, 20, 60)):
        books.add(
            "promised_dates",
            sku=sku,
            warehouse=PLANT,
            quantity=Decimal(units),
            promise_date=books.day(first_day + 14 * step),
        )


def _choose(books: Books, weights: dict[str, int]) -> str:
    return books.rng.choices(list(weights), list(weights.values()))[0]
