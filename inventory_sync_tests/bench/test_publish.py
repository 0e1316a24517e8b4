"""A cold publish is measured on stores that count for themselves, and a wrong one is not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

from inventory_sync.bench.publish import Published, StoreCount, fresh_ledger, measure
from inventory_sync.cli.bench_stores import BenchStores, bench_stores
from inventory_sync.wiring import Databases, open_parts

LEVELS = 60  # few enough for the points that a full bucket holds


@pytest.fixture(scope="module")
def stores() -> Iterator[BenchStores]:
    with bench_stores(("standard", "advanced"), LEVELS) as stores:
        yield stores


def test_every_store_is_filled_and_counted_by_the_store_itself(
    stores: BenchStores, database: str, tmp_path: Path
) -> None:
    with (
        fresh_ledger(database),
        open_parts(stores.settings, Databases(tmp_path, database)) as parts,
    ):
        standard, advanced = measure(parts, LEVELS, stores.count)
    assert (standard.store, advanced.store) == ("standard", "advanced")
    for each in (standard, advanced):
        assert each.levels == LEVELS
        assert each.count.calls >= 6
        assert (each.count.throttled, each.count.throttled_in_a_row) == (0, 0)
        assert 0 < each.count.points_spent <= each.allowed_points
    assert standard.count.restore_points_per_second < advanced.count.restore_points_per_second


def test_a_publish_that_leaves_levels_out_is_no_measurement(
    stores: BenchStores, database: str, tmp_path: Path
) -> None:
    with (
        fresh_ledger(database),
        open_parts(stores.settings, Databases(tmp_path, database)) as parts,
        pytest.raises(RuntimeError, match=f"of {LEVELS + 1} levels were written"),
    ):
        measure(parts, LEVELS + 1, stores.count)


def test_the_ledger_of_the_bench_is_forgotten_afterwards(
    stores: BenchStores, database: str, tmp_path: Path
) -> None:
    engine = create_engine(database)
    with fresh_ledger(database), open_parts(stores.settings, Databases(tmp_path, database)):
        assert inspect(engine).has_schema("inventory_sync")
    assert not inspect(engine).has_schema("inventory_sync")
    engine.dispose()


def test_the_share_is_of_a_full_bucket_and_of_what_was_restored() -> None:
    count = StoreCount(10, 2_900, 0, 0, bucket_points=2_000, restore_points_per_second=100)
    published = Published("standard", 500, 10.0, count)
    assert published.allowed_points == 3_000
    assert published.used_share == pytest.approx(2_900 / 3_000)
    assert published.rows_per_second == 50
