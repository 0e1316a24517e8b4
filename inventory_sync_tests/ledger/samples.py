"""Vivid values that the tests of the ledger share."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import LevelKey, QuantityChange, SetQuantities
from inventory_sync.ledger import Ledger

STORE = "b2b-us"
PASS = "pass-1"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NYC = "gid://shopify/Location/1001"
LAX = "gid://shopify/Location/1002"
CLOCK = LevelKey("gid://shopify/InventoryItem/1", NYC)
TABLE = LevelKey("gid://shopify/InventoryItem/2", NYC)
SPOON = LevelKey("gid://shopify/InventoryItem/3", NYC)
SKUS = {CLOCK: "RETRO-CLOCK", TABLE: "OAK-TABLE", SPOON: "MINIMALIST-SPOON"}


def minutes(count: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=count)


def call(key: str, *levels: LevelKey, expected: int = 5, quantity: int = 7) -> SetQuantities:
    """A call that sets every given level from ``expected`` to ``quantity`` units."""
    changes = [QuantityChange(SKUS[level], level, expected, quantity) for level in levels]
    return SetQuantities(key, "https://sync.example/passes/pass-1", tuple(changes))


def prepare(
    ledger: Ledger,
    planned: SetQuantities,
    *,
    store: str = STORE,
    taken: int = 0,
    versions: Mapping[LevelKey, int] | None = None,
    waterfall: Mapping[str, Any] | None = None,
) -> None:
    """Prepare a call, with the same facts for each of its levels."""
    levels = [change.key for change in planned.changes]
    ledger.prepare(
        store,
        PASS,
        planned,
        taken_units=dict.fromkeys(levels, taken),
        waterfalls=dict.fromkeys(levels, waterfall or {"physical": 9, "committed": 2}),
        versions=versions or {},
        created_at=NOON,
    )


def line(**changes: Any) -> OrderLine:
    """One clock of order #1001, taken from New York."""
    values: dict[str, Any] = {
        "order_id": "gid://shopify/Order/1",
        "order_name": "#1001",
        "line_id": "gid://shopify/LineItem/11",
        "sku": "RETRO-CLOCK",
        "inventory_item_id": CLOCK.inventory_item_id,
        "store_location_id": NYC,
        "current_units": 1,
        "taken_units": 1,
        "updated_at": NOON,
    }
    return OrderLine(**(values | changes))


def levels(*rows: tuple[Any, ...], columns: tuple[str, ...]) -> pd.DataFrame:
    """A frame of (level, ...) rows, with the level's two columns first."""
    spread = [(k.inventory_item_id, k.store_location_id, *rest) for k, *rest in rows]
    return pd.DataFrame(spread, columns=["inventory_item_id", "store_location_id", *columns])
