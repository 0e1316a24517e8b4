"""The contract of the demo ERP is the one that a connector expects."""

import pytest
from sqlalchemy import Engine, create_engine, text

from inventory_sync.sandbox.company.catalog import KITS
from inventory_sync.sandbox.company.database import CompanyExists, create, exists
from inventory_sync.sandbox.company.seed_books import parts_of
from inventory_sync_tests.sandbox.company.watch import NOW, SEED

TEXT, NUMBER, DAY, INSTANT = "text", "numeric", "date", "timestamp with time zone"

CONTRACT = {
    "locations": {"location": TEXT, "name": TEXT, "time_zone": TEXT},
    "products": {"sku": TEXT, "name": TEXT, "tracked": "boolean"},
    "components": {"kit_sku": TEXT, "component_sku": TEXT, "quantity": NUMBER},
    "stock": {
        "sku": TEXT,
        "location": TEXT,
        "physical": NUMBER,
        "unavailable": NUMBER,
        "updated_at": INSTANT,
    },
    "commitments": {
        "commitment_id": TEXT,
        "order_id": TEXT,
        "sku": TEXT,
        "location": TEXT,
        "quantity": NUMBER,
        "kind": TEXT,
        "due_date": DAY,
        "expires_at": INSTANT,
        "channel": TEXT,
        "external_order_id": TEXT,
        "external_line_id": TEXT,
        "updated_at": INSTANT,
    },
    "supply": {
        "supply_id": TEXT,
        "sku": TEXT,
        "location": TEXT,
        "quantity": NUMBER,
        "kind": TEXT,
        "due_date": DAY,
        "confirmed": "boolean",
        "updated_at": INSTANT,
    },
    "acknowledged_orders": {
        "external_order_id": TEXT,
        "external_line_id": TEXT,
        "quantity": NUMBER,
        "updated_at": INSTANT,
    },
    "promise_dates": {"sku": TEXT, "location": TEXT, "quantity": NUMBER, "promise_date": DAY},
    "events": {
        "event_id": "bigint",
        "occurred_at": INSTANT,
        "kind": TEXT,
        "sku": TEXT,
        "location": TEXT,
        "document": TEXT,
    },
    "order_requests": {
        "request_id": TEXT,
        "action": TEXT,
        "external_order_id": TEXT,
        "external_line_id": TEXT,
        "sku": TEXT,
        "location": TEXT,
        "quantity": NUMBER,
        "expires_at": INSTANT,
        "payload": "jsonb",
        "requested_at": INSTANT,
    },
}

NULLABLE = {
    ("locations", "time_zone"),
    ("products", "name"),
    ("commitments", "due_date"),
    ("commitments", "expires_at"),
    ("commitments", "channel"),
    ("commitments", "external_order_id"),
    ("commitments", "external_line_id"),
    ("supply", "due_date"),
    ("events", "sku"),
    ("events", "location"),
    ("events", "document"),
}


def test_every_dataset_has_the_columns_and_types_of_the_contract(company: Engine) -> None:
    with company.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT table_name, column_name, data_type FROM information_schema.columns"
                " WHERE table_schema = 'erp_contract' ORDER BY table_name, ordinal_position"
            )
        ).all()
    found: dict[str, dict[str, str]] = {}
    for dataset, column, data_type in rows:
        found.setdefault(dataset, {})[column] = data_type
    assert found == CONTRACT


@pytest.mark.parametrize("dataset", sorted(CONTRACT))
def test_only_the_columns_that_may_be_null_are(company: Engine, dataset: str) -> None:
    columns = [column for column in CONTRACT[dataset] if (dataset, column) not in NULLABLE]
    counts = ", ".join(f"count(*) - count({column})" for column in columns)
    with company.connect() as connection:
        nulls = connection.execute(text(f"SELECT {counts} FROM erp_contract.{dataset}")).one()
    assert dict(zip(columns, nulls, strict=True)) == dict.fromkeys(columns, 0)


@pytest.mark.parametrize(
    ("dataset", "key"),
    [
        ("locations", "location"),
        ("products", "sku"),
        ("components", "kit_sku, component_sku"),
        ("stock", "sku, location"),
        ("commitments", "commitment_id"),
        ("supply", "supply_id"),
        ("acknowledged_orders", "external_order_id, external_line_id"),
        ("events", "event_id"),
    ],
)
def test_keys_are_unique(company: Engine, dataset: str, key: str) -> None:
    query = f"SELECT {key} FROM erp_contract.{dataset} GROUP BY {key} HAVING count(*) > 1"
    with company.connect() as connection:
        assert connection.execute(text(query)).all() == []


def test_a_company_exists_after_it_has_been_created(database: str) -> None:
    assert not exists(database)
    create(database, seed=SEED, now=NOW)
    assert exists(database)


def test_a_second_creation_is_refused_and_leaves_the_first_alone(company: Engine) -> None:
    with pytest.raises(CompanyExists, match="use it, or drop"):
        create(company, seed=SEED + 1, now=NOW)
    with company.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM acme.warehouses")).scalar() == 4


def test_the_erp_takes_a_kit_apart_as_the_seed_does(company: Engine) -> None:
    with company.connect() as connection:
        rows = connection.execute(text("SELECT sku, part_sku, quantity FROM acme.stock_parts"))
        found: dict[str, dict[str, object]] = {}
        for sku, part, quantity in rows:
            found.setdefault(sku, {})[part] = quantity
    assert {kit: found[kit] for kit in KITS} == {kit: dict(parts_of(kit)) for kit in KITS}


def test_a_cyclic_kit_does_not_hang_the_erp(database: str) -> None:
    create(database, seed=SEED, now=NOW)
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO acme.bill_of_materials VALUES ('OAK-BENCH-SET', 'OAK-BENCH-SET', 1)")
        )
        count = connection.execute(text("SELECT count(*) FROM erp_contract.commitments")).scalar()
    engine.dispose()
    assert count


def test_a_document_changed_by_hand_is_an_event_too(company: Engine) -> None:
    with company.begin() as connection:
        connection.execute(
            text(
                "UPDATE acme.sales_orders SET state = 'on_hold' WHERE order_no ="
                " (SELECT min(order_no) FROM acme.sales_orders WHERE state = 'quotation')"
            )
        )
    with company.connect() as connection:
        last = connection.execute(
            text("SELECT kind FROM erp_contract.events ORDER BY event_id DESC LIMIT 1")
        ).scalar()
    assert last == "hold_placed"
