"""Documents worth telling about, the same in every seeded company.

Put a situation here that a demo or a page of documentation points at, under a memorable SKU. Keep
the mass of ordinary documents out: that is chance.
"""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from inventory_sync.sandbox.company.catalog import Item
from inventory_sync.sandbox.company.seed_books import Books
from inventory_sync.sandbox.company.seed_sales import Terms, write_order
from inventory_sync.sandbox.company.seed_supply import write_production

# (SKU, warehouse) -> units on hand, of them blocked
_STOCK = {
    ("OAK-TABLE-180", "NYC"): ("6", "1"),
    ("OAK-TABLE-180", "EWR"): ("31", "0"),
    ("BRASS-PENDANT-M", "EWR"): ("3", "0"),
    ("RETRO-CLOCK-RED", "NYC"): ("120", "0"),
    ("RETRO-CLOCK-BLUE", "NYC"): ("45", "0"),
    ("MINIMALIST-SPOON", "LAX"): ("980", "4"),
    ("LED-STRIP-M", "NYC"): ("212.5", "0"),
    ("LED-STRIP-M", "EWR"): ("812.5", "12.5"),
}


def tell_stories(books: Books, catalogue: Mapping[str, Item]) -> None:
    """Write them into freshly stocked books, before chance takes what is free."""
    _set_stock(books)
    # Promised more than is there: ATP is 6 - 1 - 14 = -9 until the plant delivers.
    write_order(books, Terms("wholesale", "confirmed"), [("OAK-TABLE-180", "NYC", 14)])
    write_production(books, catalogue["OAK-TABLE-180"], 20, state="released", due_in_days=6)
    write_order(books, Terms("wholesale", "confirmed"), [("BRASS-PENDANT-M", "EWR", 5)])
    # Half of the red clocks wait for a credit decision; a hold on blue ones lapsed in the night.
    for clock, units, hours in (("RETRO-CLOCK-RED", 60, 48), ("RETRO-CLOCK-BLUE", 30, -6)):
        hold = Terms("wholesale", "on_hold", hold_until=books.now + timedelta(hours=hours))
        write_order(books, hold, [(clock, "NYC", units)])
    # Two shelf kits take 5 metres of LED strip.
    write_order(books, Terms("phone", "confirmed"), [("LED-SHELF-KIT", "NYC", 2)])


def _set_stock(books: Books) -> None:
    balances = {(row["sku"], row["warehouse"]): row for row in books.rows["stock_balances"]}
    for (sku, warehouse), (on_hand, blocked) in _STOCK.items():
        row = balances.get((sku, warehouse))
        if row is None:
            books.add(
                "stock_balances", sku=sku, warehouse=warehouse, changed_at=books.past(days=30)
            )
            row = books.rows["stock_balances"][-1]
        row |= {"on_hand": Decimal(on_hand), "blocked": Decimal(blocked)}
        books.free[sku, warehouse] = Decimal(on_hand) - Decimal(blocked)
