"""A big company in a few seconds, for measurements: made by the database itself, row by number.

Put here what a measurement needs in bulk. Keep stories out: the company that people look at is
seeded by ``database.create``. Items are SKU-0000001 and so on, every one stocked at every location
WH-01, WH-02 ...; the contract, the triggers and the steps are those of the small company.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, Engine, text

from inventory_sync.sandbox.company.database import (
    engine_of,
    finish,
    refuse_existing,
    run_script,
)
from inventory_sync.sandbox.standin.seed import ItemSeed, LevelSeed, LocationSeed, ShopSeed

# Name of a store -> its Shopify location and the ERP locations, by number, that it offers.
BULK_STORES: Final[Mapping[str, tuple[int, tuple[int, ...]]]] = {
    "b2b-us": (1001, (1, 2)),
    "b2c-us": (2001, (1, 2, 3)),
    "b2c-eu": (3001, (2,)),
    "outlet": (4001, (3,)),
}


def bulk_sku(number: int) -> str:
    """The SKU of the item of this number; the first is 1."""
    return f"SKU-{number:07d}"


def bulk_kit(number: int) -> str:
    """The SKU of the kit of this number; kit 1 is one SKU-0000001 and two SKU-0000002."""
    return f"KIT-{number:07d}"


def bulk_location(number: int) -> str:
    """The ERP's code of the location of this number; the first is 1."""
    return f"WH-{number:02d}"


def create_bulk(
    database: Engine | str, *, skus: int, locations: int, orders: int = 0, kits: int = 0
) -> None:
    """Build a demo ERP with ``skus * locations`` stock balances of 100 to 999 units.

    Every order is confirmed and has one line of 1 to 5 units, spread over items and locations.
    ``database`` is an engine or a ``postgresql+psycopg`` URL. Raises ``CompanyExists`` as
    ``database.create`` does.
    """
    numbers = {"skus": skus, "locations": locations, "orders": orders, "kits": kits}
    with engine_of(database) as engine, engine.begin() as connection:
        refuse_existing(connection)
        run_script(connection, "schema.sql")
        for statement in _MASTER_DATA:
            connection.execute(text(statement), numbers)
        _fill_balances(connection, numbers)
        for statement in _ORDERS:
            connection.execute(text(statement), numbers)
        finish(connection)


def bulk_shops(skus: int) -> tuple[ShopSeed, ...]:
    """Four shops that carry the first ``skus`` items, with nothing available yet.

    Their tokens and secrets are ``sandbox-<store>`` and ``sandbox-webhooks-<store>``; the handle is
    the name of the store.
    """
    return tuple(
        ShopSeed(
            handle=store,
            myshopify_domain=f"acme-{store}.myshopify.com",
            access_token=f"sandbox-{store}",
            webhook_secret=f"sandbox-webhooks-{store}",
            plan="plus",
            locations=(LocationSeed(location_id, f"{store} web"),),
            items=tuple(
                ItemSeed(bulk_sku(number), levels=(LevelSeed(location_id, 0),))
                for number in range(1, skus + 1)
            ),
        )
        for store, (location_id, _) in BULK_STORES.items()
    )


_SKU = "'SKU-' || lpad(({})::text, 7, '0')"
_LOCATION = "'WH-' || lpad(({})::text, 2, '0')"

_MASTER_DATA = (
    f"""
    INSERT INTO acme.warehouses (warehouse, name, time_zone)
    SELECT {_LOCATION.format("n")}, 'Warehouse ' || n, 'America/New_York'
    FROM generate_series(1, :locations) n
    """,
    f"""
    INSERT INTO acme.items (sku, name, kind)
    SELECT {_SKU.format("n")}, 'Item ' || n, 'stocked' FROM generate_series(1, :skus) n
    """,
    """
    INSERT INTO acme.items (sku, name, kind)
    SELECT 'KIT-' || lpad(n::text, 7, '0'), 'Kit ' || n, 'kit' FROM generate_series(1, :kits) n
    """,
    f"""
    INSERT INTO acme.bill_of_materials (kit_sku, component_sku, quantity)
    SELECT 'KIT-' || lpad(n::text, 7, '0'), {_SKU.format("n + part")}, part + 1
    FROM generate_series(1, :kits) n, generate_series(0, 1) part
    """,
)

# Checked row by row, a million foreign keys take longer than everything else together; added
# afterwards they are checked in one go.
_BALANCES = f"""
    INSERT INTO acme.stock_balances (sku, warehouse, on_hand)
    SELECT {_SKU.format("s")}, {_LOCATION.format("l")}, 100 + (s * 7 + l * 131) % 900
    FROM generate_series(1, :skus) s, generate_series(1, :locations) l
"""
_CONSTRAINTS = {
    "stock_balances_pkey": "PRIMARY KEY (sku, warehouse)",
    "stock_balances_sku_fkey": "FOREIGN KEY (sku) REFERENCES acme.items",
    "stock_balances_warehouse_fkey": "FOREIGN KEY (warehouse) REFERENCES acme.warehouses",
}

_ORDERS = (
    """
    INSERT INTO acme.sales_orders (order_no, state, channel)
    SELECT 'SO-' || n, 'confirmed', 'wholesale' FROM generate_series(1, :orders) n
    """,
    f"""
    INSERT INTO acme.sales_order_lines (order_no, line_no, sku, warehouse, quantity)
    SELECT 'SO-' || n, 1, {_SKU.format("1 + (n * 7919) % :skus")},
           {_LOCATION.format("1 + n % :locations")}, 1 + n % 5
    FROM generate_series(1::bigint, :orders) n
    """,
    "SELECT setval('acme.document_numbers', greatest(:orders, 50000))",
)


def _fill_balances(connection: Connection, numbers: Mapping[str, int]) -> None:
    for name in _CONSTRAINTS:
        connection.execute(text(f"ALTER TABLE acme.stock_balances DROP CONSTRAINT {name}"))
    connection.execute(text(_BALANCES), numbers)
    for name, rule in _CONSTRAINTS.items():
        statement = f"ALTER TABLE acme.stock_balances ADD CONSTRAINT {name} {rule}"
        connection.execute(text(statement))
