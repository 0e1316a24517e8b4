"""A big company: it holds to the contract, and a question about a few SKUs reads no table whole."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from inventory_sync.sandbox.company.acme import Acme, Line
from inventory_sync.sandbox.company.bulk import (
    BULK_STORES,
    bulk_kit,
    bulk_location,
    bulk_shops,
    bulk_sku,
    create_bulk,
)
from inventory_sync.sandbox.company.database import CompanyExists, exists
from inventory_sync_tests.conftest import fresh_database

SKUS, LOCATIONS, ORDERS, KITS = 3000, 4, 4000, 5

# So that no arm of a view is a small table that the planner would rather read whole. Triggers rest
# meanwhile: they are for documents that come one by one.
_MORE = (
    "SET LOCAL session_replication_role = replica",
    """
    INSERT INTO acme.reservations (reservation_no, sku, warehouse, quantity, reason, state,
                                   external_order_id, external_line_id)
    SELECT 'RES-' || n, sku, 'WH-01', 1, 'bulk', 'active', 'draft-' || n, 'line-' || n
    FROM generate_series(1, 3000) n JOIN acme.items ON sku = 'SKU-' || lpad(n::text, 7, '0')
    """,
    """
    INSERT INTO acme.production_orders (order_no, warehouse, sku, quantity, state)
    SELECT 'MO-' || n, 'WH-01', 'SKU-' || lpad(n::text, 7, '0'), 5, 'released'
    FROM generate_series(1, 3000) n
    """,
    """
    INSERT INTO acme.production_materials (order_no, sku, required)
    SELECT 'MO-' || n, 'SKU-' || lpad(n::text, 7, '0'), 5 FROM generate_series(1, 3000) n
    """,
    """
    INSERT INTO acme.transfers (transfer_no, from_warehouse, to_warehouse, state)
    SELECT 'TR-' || n, 'WH-01', 'WH-02', 'requested' FROM generate_series(1, 3000) n
    """,
    """
    INSERT INTO acme.transfer_lines (transfer_no, sku, quantity)
    SELECT 'TR-' || n, 'SKU-' || lpad(n::text, 7, '0'), 5 FROM generate_series(1, 3000) n
    """,
    """
    INSERT INTO acme.purchase_orders (order_no, warehouse, state)
    SELECT 'PO-' || n, 'WH-01', 'confirmed' FROM generate_series(1, 3000) n
    """,
    """
    INSERT INTO acme.purchase_order_lines (order_no, line_no, sku, quantity)
    SELECT 'PO-' || n, 1, 'SKU-' || lpad(n::text, 7, '0'), 5 FROM generate_series(1, 3000) n
    """,
    """
    INSERT INTO acme.bill_of_materials (kit_sku, component_sku, quantity)
    SELECT 'KIT-0000001', 'SKU-' || lpad(n::text, 7, '0'), 1 FROM generate_series(3, 500) n
    """,
)


@pytest.fixture(scope="module")
def bulk(postgres_server_uri: str) -> Iterator[Engine]:
    for url in fresh_database(postgres_server_uri):
        engine = create_engine(url)
        create_bulk(engine, skus=SKUS, locations=LOCATIONS, orders=ORDERS, kits=KITS)
        with engine.begin() as connection:
            for statement in _MORE:
                connection.execute(text(statement))
            connection.execute(text("ANALYZE"))
        yield engine
        engine.dispose()


def _one(engine: Engine, statement: str, **parameters: Any) -> Any:
    with engine.connect() as connection:
        return connection.execute(text(statement), parameters).scalar_one()


def test_every_item_is_stocked_everywhere(bulk: Engine) -> None:
    assert exists(bulk)
    assert _one(bulk, "SELECT count(*) FROM erp_contract.stock") == SKUS * LOCATIONS
    assert _one(bulk, "SELECT min(physical) FROM erp_contract.stock") >= 100
    orders = "SELECT count(*) FROM erp_contract.commitments WHERE kind = 'order'"
    assert _one(bulk, orders) == ORDERS


def test_the_names_are_those_that_the_functions_tell(bulk: Engine) -> None:
    row = {"sku": bulk_sku(SKUS), "location": bulk_location(LOCATIONS)}
    found = "SELECT count(*) FROM erp_contract.stock WHERE sku = :sku AND location = :location"
    assert _one(bulk, found, **row) == 1
    kit = "SELECT count(*) FROM erp_contract.components WHERE kit_sku = :kit"
    assert _one(bulk, kit, kit=bulk_kit(KITS)) == 2


def test_people_can_work_in_it(bulk: Engine) -> None:
    acme = Acme(bulk)
    before = _one(bulk, "SELECT count(*) FROM erp_contract.events")
    number = acme.place_offline_order([Line(bulk_kit(2), bulk_location(1), 1)])
    assert int(number.removeprefix("SO-")) > ORDERS
    rows = "SELECT count(*) FROM erp_contract.commitments WHERE order_id = :number"
    assert _one(bulk, rows, number=number) == 2
    assert _one(bulk, "SELECT count(*) FROM erp_contract.events") == before + 2


def test_it_is_not_built_over_another_company(bulk: Engine) -> None:
    with pytest.raises(CompanyExists):
        create_bulk(bulk, skus=1, locations=1)


QUESTIONS: dict[str, tuple[str, object]] = {
    "commitments by SKU": ("commitments WHERE sku = ANY(:it)", [bulk_sku(7), bulk_sku(99)]),
    "commitments by document": ("commitments WHERE order_id = :it", "SO-77"),
    "stock by SKU": ("stock WHERE sku = ANY(:it)", [bulk_sku(7), bulk_sku(99)]),
    "supply by SKU": ("supply WHERE sku = ANY(:it)", [bulk_sku(7)]),
    "products by SKU": ("products WHERE sku = ANY(:it)", [bulk_sku(7)]),
    "components by kit": ("components WHERE kit_sku = ANY(:it)", [bulk_kit(2)]),
    "components by component": ("components WHERE component_sku = ANY(:it)", [bulk_sku(7)]),
    "acknowledged by order": (
        "acknowledged_orders WHERE external_order_id = ANY(:it)",
        ["draft-7"],
    ),
    "events after": ("events WHERE event_id > :it", 1_000_000),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_about_a_few_reads_no_big_table_whole(bulk: Engine, question: str) -> None:
    asked, it = QUESTIONS[question]
    with bulk.connect() as connection:
        plan = connection.execute(
            text(f"EXPLAIN SELECT * FROM erp_contract.{asked}"), {"it": it}
        ).scalars()
        whole = {
            found[1]
            for line in plan
            if (found := re.search(r"Seq Scan on (\w+)", line)) is not None
        }
        big = {
            table
            for table in whole
            if connection.execute(text(f"SELECT count(*) FROM acme.{table}")).scalar_one() > 500
        }
    assert big == set()


def test_four_shops_carry_the_first_items() -> None:
    shops = bulk_shops(20)
    assert {shop.handle for shop in shops} == {*BULK_STORES}
    for shop in shops:
        assert [item.sku for item in shop.items] == [bulk_sku(n) for n in range(1, 21)]
        assert shop.webhook_secret == f"sandbox-webhooks-{shop.handle}"


PARTS = "SELECT sum(quantity) FROM acme.stock_parts WHERE sku = :sku AND part_sku = :part"


def test_a_changed_kit_changes_the_kits_above_it(bulk: Engine) -> None:
    part, kit, above = bulk_sku(5), bulk_kit(5), "GIFT-HAMPER"
    with bulk.begin() as connection:
        for statement in (
            f"INSERT INTO acme.items VALUES ('{above}', 'Gift hamper', 'kit')",
            f"INSERT INTO acme.bill_of_materials VALUES ('{above}', '{kit}', 3)",
        ):
            connection.execute(text(statement))
    assert _one(bulk, PARTS, sku=above, part=part) == 3
    change = (
        f"UPDATE acme.bill_of_materials SET quantity = 4"
        f" WHERE kit_sku = '{kit}' AND component_sku = '{part}'"
    )
    with bulk.begin() as connection:
        connection.execute(text(change))
    assert _one(bulk, PARTS, sku=above, part=part) == 12
    with bulk.begin() as connection:
        connection.execute(text(f"DELETE FROM acme.bill_of_materials WHERE kit_sku = '{kit}'"))
    assert _one(bulk, PARTS, sku=above, part=part) is None
    assert _one(bulk, PARTS, sku=part, part=part) == 1


def test_an_item_that_is_no_longer_stocked_is_no_part(bulk: Engine) -> None:
    sku = bulk_sku(SKUS)
    for kind, units in (("service", None), ("stocked", 1)):
        with bulk.begin() as connection:
            connection.execute(
                text("UPDATE acme.items SET kind = :kind WHERE sku = :sku"),
                {"kind": kind, "sku": sku},
            )
        assert _one(bulk, PARTS, sku=sku, part=sku) == units
