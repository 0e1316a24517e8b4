"""``inventory-sync imports``: orders on their way into the ERP, and those that did not get there.

Put here what these commands ask and print. The life of an import is ``domain/imports.py``.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from inventory_sync.cli.show import console, print_json, print_table
from inventory_sync.flow.imports import try_again
from inventory_sync.wiring import Databases, open_ledger


def show_imports(*, as_json: bool) -> int:
    """Print what is not settled. Returns 1 when a line is parked."""
    with open_ledger(Databases.of()) as ledger:
        found = [each for each in ledger.imports() if each.state != "done"]
    parked = [each for each in found if each.state == "parked"]
    if as_json:
        print_json([asdict(each) for each in found])
        return 1 if parked else 0
    print_table(
        f"Orders on their way into the ERP ({len(found)}), parked ones wait for you",
        ["order", "store", "line", "state", "units", "tries", "looked at again (UTC)", "reason"],
        [
            [
                each.order_name,
                each.store,
                each.line_id,
                each.state,
                each.seen_units,
                each.tries,
                each.look_at and f"{each.look_at.astimezone(UTC):%Y-%m-%d %H:%M}",
                each.reason,
            ]
            for each in found
        ],
    )
    if parked:
        console.print("Mend the reason, then `inventory-sync imports retry ORDER`.", markup=False)
    return 1 if parked else 0


def retry_imports(orders: Sequence[str]) -> int:
    """Let parked orders be tried again; without any, all of them."""
    with open_ledger(Databases.of()) as ledger:
        again = try_again(ledger, orders, now=datetime.now(UTC))
    console.print(f"{len(again)} order lines are tried again by the next tick.")
    return 0
