"""Vivid values that the tests of the ledger share."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import delete

from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import Decided, LevelKey, QuantityChange, SetQuantities
from inventory_sync.domain.reservations import Reservation
from inventory_sync.domain.webhooks import Hint
from inventory_sync.flow.ledger_port import Ledger
from inventory_sync.ledger import Ledger as PostgresLedger
from inventory_sync.ledger.schema import metadata

STORE = "b2b-us"
PASS = "pass-1"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NYC = "gid://shopify/Location/1001"
LAX = "gid://shopify/Location/1002"
CLOCK = LevelKey("gid://shopify/InventoryItem/1", NYC)
TABLE = LevelKey("gid://shopify/InventoryItem/2", NYC)
SPOON = LevelKey("gid://shopify/InventoryItem/3", NYC)
SKUS = {CLOCK: "RETRO-CLOCK", TABLE: "OAK-TABLE", SPOON: "MINIMALIST-SPOON"}


def wipe(ledger: PostgresLedger) -> None:
    """Make a ledger as empty as a new one; faster than a new one."""
    with ledger._engine.begin() as connection:
        for table in metadata.sorted_tables:
            connection.execute(delete(table))


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
    as_of: datetime = NOON,
) -> None:
    """Prepare a call, with the same facts for each of its levels."""
    seen = versions or {}
    ledger.prepare(
        store,
        PASS,
        planned,
        decided={
            change.key: Decided(
                taken, seen.get(change.key, 0), waterfall or {"physical": 9, "committed": 2}
            )
            for change in planned.changes
        },
        as_of=as_of,
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


def hint(number: int = 1, **changes: Any) -> Hint:
    """A delivery about order 1; another number makes another delivery of another body."""
    values: dict[str, Any] = {
        "store": STORE,
        "topic": "orders/updated",
        "subject": "order",
        "webhook_id": f"delivery-{number}",
        "event_id": f"event-{number}",
        "digest": f"sha256-{number}",
        "ids": ("gid://shopify/Order/1",),
        "triggered_at": minutes(0),
        "received_at": minutes(number),
    }
    return Hint(**(values | changes))


HELD = Reservation(
    reservation_id="res-1",
    store=STORE,
    order_id="gid://shopify/DraftOrder/1",
    line_id="gid://shopify/DraftOrderLineItem/11",
    sku="OAK-TABLE",
    store_location_id=NYC,
    erp_location="PLANT-1",
    quantity_units=40,
    state="held",
    expires_at=minutes(90),
    created_at=minutes(0),
    inventory_item_id="gid://shopify/InventoryItem/2",
    taken_units=40,
)
ENDED = replace(HELD, state="confirmed", decided_at=minutes(5), reason="approved by the desk")
