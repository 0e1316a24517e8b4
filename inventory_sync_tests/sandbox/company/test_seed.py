"""The seeded company is always the same, credible, and shows every situation."""

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from inventory_sync.sandbox.company.catalog import KITS, items
from inventory_sync.sandbox.company.database import create
from inventory_sync.sandbox.company.seed import write_books
from inventory_sync.sandbox.company.seed_books import Books, parts_of
from inventory_sync_tests.sandbox.company.watch import NOW, SEED


@pytest.fixture(scope="module")
def books() -> Books:
    return write_books(SEED, NOW)


def test_the_same_seed_gives_the_same_rows(books: Books) -> None:
    assert write_books(SEED, NOW).rows == books.rows


def test_another_seed_gives_other_rows(books: Books) -> None:
    assert write_books(SEED + 1, NOW).rows != books.rows


def test_on_another_day_only_the_dates_move(books: Books) -> None:
    def timeless(rows: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
        return [
            {name: value for name, value in row.items() if not isinstance(value, date | datetime)}
            for table in sorted(rows)
            for row in rows[table]
        ]

    later = write_books(SEED, NOW + timedelta(days=100))
    assert timeless(later.rows) == timeless(books.rows)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        write_books(SEED, NOW.replace(tzinfo=None))


def test_the_catalogue_is_large_and_its_skus_are_unique() -> None:
    skus = [item.sku for item in items()]
    assert len(skus) == len(set(skus)) >= 540
    assert {"OAK-TABLE-180", "RETRO-CLOCK-RED", "LED-STRIP-M", "MINIMALIST-SPOON"} <= set(skus)
    kinds = Counter(item.kind for item in items())
    assert kinds["kit"] >= 25
    assert kinds["service"] >= 3


def test_kits_hold_known_items_and_end() -> None:
    stocked = {item.sku for item in items() if item.kind == "stocked"}
    for kit in KITS:
        # A cycle would not come back from here.
        assert set(parts_of(kit)) <= stocked


def test_some_kits_hold_kits_and_some_take_a_fraction() -> None:
    assert sum(any(part in KITS for part in parts) for parts in KITS.values()) >= 3
    quantities = [Decimal(quantity) for parts in KITS.values() for quantity in parts.values()]
    assert any(quantity % 1 for quantity in quantities)


def test_every_material_of_a_made_item_is_an_item() -> None:
    skus = {item.sku for item in items()}
    assert {material for item in items() for material, _ in item.materials} <= skus


@pytest.fixture(scope="module")
def untouched(postgres_server_uri: str) -> Any:
    from inventory_sync_tests.conftest import fresh_database

    for url in fresh_database(postgres_server_uri):
        create(url, seed=SEED, now=NOW)
        engine = create_engine(url)
        yield engine
        engine.dispose()


def query(engine: Engine, statement: str) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(statement), {"now": NOW, "today": NOW.date()}))


ATP = """
SELECT sku, location, sum(quantity) AS atp FROM (
    SELECT sku, location, physical - unavailable AS quantity FROM erp_contract.stock
    UNION ALL
    SELECT sku, location, -quantity FROM erp_contract.commitments
    WHERE expires_at IS NULL OR expires_at > :now
) AS parts GROUP BY sku, location
"""


def test_the_views_come_to_what_the_seed_has_left_free(untouched: Engine, books: Books) -> None:
    found = {(sku, location): atp for sku, location, atp in query(untouched, ATP)}
    assert found == books.free


def test_atp_is_mostly_moderate_and_sometimes_negative(untouched: Engine) -> None:
    values = [atp for _, _, atp in query(untouched, ATP)]
    assert sum(0 <= atp <= 400 for atp in values) > 0.9 * len(values)
    assert sum(atp < 0 for atp in values) >= 2


def test_the_stories_are_told(untouched: Engine) -> None:
    atp = {(sku, location): value for sku, location, value in query(untouched, ATP)}
    assert atp["OAK-TABLE-180", "NYC"] == -9
    assert atp["BRASS-PENDANT-M", "EWR"] == -2
    held = query(
        untouched,
        "SELECT sku, expires_at > :now FROM erp_contract.commitments"
        " WHERE kind = 'hold' AND location = 'NYC' AND quantity IN (30, 60)"
        " AND sku IN ('RETRO-CLOCK-RED', 'RETRO-CLOCK-BLUE')",
    )
    assert {tuple(row) for row in held} == {("RETRO-CLOCK-RED", True), ("RETRO-CLOCK-BLUE", False)}


def test_every_kind_of_commitment_and_supply_is_there(untouched: Engine) -> None:
    commitments = query(untouched, "SELECT kind FROM erp_contract.commitments GROUP BY kind")
    assert {kind for (kind,) in commitments} == {
        "pending",
        "reservation",
        "hold",
        "order",
        "work",
        "transfer",
    }
    supply = query(untouched, "SELECT DISTINCT kind, confirmed FROM erp_contract.supply")
    assert {tuple(row) for row in supply} == {
        (kind, confirmed)
        for kind in ("purchase", "production", "transfer")
        for confirmed in (True, False)
    }


@pytest.mark.parametrize(
    "condition",
    [
        "supply WHERE due_date < :today",
        "supply WHERE due_date IS NULL",
        "commitments WHERE kind = 'hold' AND expires_at < :now",
        "commitments WHERE kind = 'hold' AND expires_at > :now",
        "commitments WHERE kind = 'hold' AND expires_at IS NULL",
        "commitments WHERE kind = 'reservation' AND expires_at < :now",
        "commitments WHERE kind = 'order' AND external_line_id IS NOT NULL",
        "commitments WHERE kind = 'order' AND channel = 'wholesale'",
        "commitments WHERE quantity % 1 <> 0",
        "acknowledged_orders WHERE quantity = 0",
        "products WHERE NOT tracked",
        "stock WHERE unavailable > 0",
        "promise_dates WHERE promise_date > :today",
        "events WHERE sku IS NULL AND document IS NOT NULL",
    ],
)
def test_the_company_shows_the_situation(untouched: Engine, condition: str) -> None:
    ((count,),) = query(untouched, f"SELECT count(*) FROM erp_contract.{condition}")
    assert count >= 2


@pytest.mark.parametrize("state", ["quotation", "on_hold", "confirmed", "shipped", "cancelled"])
@pytest.mark.parametrize("is_web", [True, False])
def test_orders_of_every_state_come_offline_and_from_stores(
    books: Books, state: str, is_web: bool
) -> None:
    assert any(
        order["state"] == state and (order["external_order_id"] is not None) == is_web
        for order in books.rows["sales_orders"]
    )
