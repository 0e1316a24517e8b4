"""``inventory-sync bench promise``: how long the answer to a question for a date takes.

Put here how the company is built and asked. What is measured is the whole answer in a process that
has answered before: the ERP and the ledger are read anew each time.
"""

import random
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

import yaml
from sqlalchemy import create_engine, text

from inventory_sync.domain.order_promise import Wanted
from inventory_sync.flow.promising import promise_now
from inventory_sync.sandbox.company.bulk import bulk_location, bulk_sku, create_bulk
from inventory_sync.settings import load_settings
from inventory_sync.wiring import Databases, open_parts

LOCATIONS: Final = 10
_ORDERS: Final = 100_000
_BEYOND_STOCK_UNITS: Final = 1_200  # of 100 to 999: only with what is to come
_PURCHASES: Final = (
    """
    INSERT INTO acme.purchase_orders (order_no, warehouse, state, due_date)
    SELECT 'PO-' || row_number() OVER (), warehouse, 'confirmed', current_date + 20
    FROM acme.warehouses
    """,
    """
    INSERT INTO acme.purchase_order_lines (order_no, line_no, sku, quantity)
    SELECT bought.order_no, row_number() OVER (PARTITION BY bought.order_no), item.sku, 2000
    FROM acme.purchase_orders bought, acme.items item
    WHERE right(item.sku, 1) = '0' AND item.kind = 'stocked'
    """,
    "ANALYZE acme.purchase_orders",
    "ANALYZE acme.purchase_order_lines",
)


@dataclass(frozen=True)
class Answers:
    """Seconds of each answer, sorted, and how many had a date for the whole quantity."""

    seconds: list[float]
    dated: int

    def at(self, share: float) -> float:
        """The time that this share of the answers stays within."""
        return self.seconds[min(len(self.seconds) - 1, int(share * len(self.seconds)))]


def measure(sku_locations: int, questions: int) -> Answers:
    """Build a company with orders and purchases, and ask for SKUs that were never asked for."""
    skus = sku_locations // LOCATIONS
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        databases = Databases(folder / "home", None)
        stack.enter_context(databases.ledger_url())  # the server runs for the whole measurement
        erp_url = stack.enter_context(databases.embedded_url("bench_erp"))
        create_bulk(erp_url, skus=skus, locations=LOCATIONS, orders=_ORDERS)
        _buy(erp_url)
        settings_file = folder / "inventory_sync.yaml"
        settings_file.write_text(yaml.safe_dump(_settings()), encoding="utf-8")
        parts = stack.enter_context(open_parts(load_settings(settings_file), databases))
        numbers = random.Random(7).sample(range(1, skus + 1), questions + 1)
        promise_now(parts, [Wanted(bulk_sku(numbers.pop()), 1)])  # the first one connects
        seconds, dated = [], 0
        for number in numbers:
            began = perf_counter()
            answer = promise_now(parts, [Wanted(bulk_sku(number), _BEYOND_STOCK_UNITS)])
            seconds.append(perf_counter() - began)
            dated += answer.best is not None
        return Answers(sorted(seconds), dated)


def _buy(erp_url: str) -> None:
    engine = create_engine(erp_url)
    try:
        with engine.begin() as connection:
            for statement in _PURCHASES:
                connection.execute(text(statement))
    finally:
        engine.dispose()


def _settings() -> dict[str, object]:
    calendar = {"time_zone": "America/New_York", "handling_days": 1}
    names = [bulk_location(number) for number in range(1, LOCATIONS + 1)]
    store = {
        "shop": "acme-bench.myshopify.com",
        "access_token": "bench-only",
        "locations": {"gid://shopify/Location/1001": names},
    }
    return {
        "erp": {"url": "embedded:///bench_erp"},
        "stores": {"bench": store},
        "promise": {"locations": {name: dict(calendar) for name in names}},
    }
