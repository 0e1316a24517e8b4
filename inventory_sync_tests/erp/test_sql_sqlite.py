"""The sql connector on a SQLite file."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import create_engine

from inventory_sync.domain.errors import ContractBroken, ErpUnavailable
from inventory_sync.domain.frames import Dataset
from inventory_sync.erp.sql import SqlErp
from inventory_sync_tests.erp.databases import (
    append,
    build,
    create_order_requests,
    execute,
    insert,
    requests_in,
)
from inventory_sync_tests.erp.rows import commitment, dataset_rows, product, stock
from inventory_sync_tests.erp.sql_source_contract import SqlSourceContract

CLOCK_TIME = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def url(tmp_path) -> str:
    return f"sqlite:///{tmp_path / 'erp.db'}"


def erp_at(url: str) -> SqlErp:
    return SqlErp(url, clock=lambda: CLOCK_TIME)


class TestSqlErpOnSqlite(SqlSourceContract):
    @pytest.fixture
    def source_of(self, url):
        def make(rows):
            build(url, rows)
            create_order_requests(url)
            return erp_at(url)

        return make

    @pytest.fixture
    def append(self, url):
        return lambda name, *rows: append(url, name, *rows)

    @pytest.fixture
    def execute(self, url):
        return lambda *statements: execute(url, *statements)

    @pytest.fixture
    def requested(self, url):
        return lambda: requests_in(url)


def test_the_instant_of_the_snapshot_is_that_of_the_clock(url):
    build(url, dataset_rows())
    assert erp_at(url).snapshot().taken_at == CLOCK_TIME


def test_a_missing_file_is_an_error_and_is_not_created(tmp_path):
    path = tmp_path / "absent.db"
    with pytest.raises(ErpUnavailable, match=r"absent\.db"):
        erp_at(f"sqlite:///{path}").snapshot()
    assert not path.exists()


def test_any_file_name_is_found(tmp_path):
    path = tmp_path / "the ERP 100% #1.db"
    build(f"sqlite:///{path}", dataset_rows(stock=[stock()]))
    assert len(erp_at(f"sqlite:///{path}").snapshot().stock) == 1


def test_a_nul_in_a_sku_is_kept(url):
    build(url, dataset_rows(stock=[stock("OAK\0TABLE")]))
    assert erp_at(url).snapshot().stock.sku.tolist() == ["OAK\0TABLE"]


def test_a_time_without_zone_is_utc(url):
    rows = [
        stock(updated_at="2026-03-02 12:00:00"),
        stock(updated_at="2026-03-02T12:00:00Z"),
        stock(updated_at="2026-03-02T13:00:00+01:00"),
    ]
    build(url, dataset_rows(stock=rows))
    assert erp_at(url).snapshot().stock.updated_at.tolist() == [CLOCK_TIME] * 3


def test_cells_that_cannot_be_read_are_null_and_listed(url):
    build(
        url,
        dataset_rows(
            stock=[stock(updated_at="yesterday"), stock(physical="many")],
            products=[product(tracked="maybe")],
            commitments=[commitment(due_date="soon")],
        ),
    )
    snapshot = erp_at(url).snapshot()
    assert snapshot.stock.updated_at.isna().tolist() == [True, False]
    assert snapshot.products.tracked.isna().tolist() == [True]
    assert [(f.dataset, f.column, f.value_text) for f in snapshot.row_faults()] == [
        ("products", "tracked", "maybe"),
        ("stock", "updated_at", "yesterday"),
        ("stock", "physical", "many"),
        ("commitments", "due_date", "soon"),
    ]


def test_a_float_is_read_as_the_decimal_that_it_shows(url):
    build(url, dataset_rows())
    execute(
        url,
        "INSERT INTO stock VALUES ('A', 'NYC', 0.8, 0.1 + 0.7, '2026-03-02')",
    )
    snapshot = erp_at(url).snapshot()
    assert snapshot.stock.physical_micros.tolist() == [800_000]
    # 0.1 + 0.7 is 0.7999999999999999 in binary: not a quantity, and nobody rounds it quietly.
    assert [(f.column, f.reason) for f in snapshot.row_faults()] == [
        ("unavailable", "has more than 6 decimals")
    ]


def test_a_view_with_undeclared_types_is_read(url):
    build(url, dataset_rows(stock=[stock("00123")]))
    execute(
        url,
        "ALTER TABLE stock RENAME TO raw_stock",
        "CREATE VIEW stock AS SELECT sku, location, physical + 0.5 AS physical, 0 AS unavailable,"
        " updated_at FROM raw_stock",
    )
    frame = erp_at(url).snapshot().stock
    assert frame.sku.tolist() == ["00123"]
    assert frame.physical_micros.tolist() == [5_500_000]


def test_a_mistyped_column_is_named(url):
    build(url, dataset_rows())
    execute(
        url, "DROP TABLE components", "CREATE TABLE components (kit_sku TEXT, component_sku TEXT,"
        " quantity TEXT)",
    )  # fmt: skip
    with pytest.raises(ContractBroken, match=r"quantity of dataset components is text.*numeric"):
        erp_at(url).snapshot()


def test_a_writer_between_two_datasets_is_not_seen(url):
    build(url, dataset_rows())
    execute(url, "PRAGMA journal_mode = WAL")
    engine = create_engine(url)

    class InterruptedErp(SqlErp):
        def _read(self, connection, dataset: Dataset, scope):
            if dataset.name == "stock":
                with engine.begin() as writer:
                    insert(writer, "stock", {"stock": [stock()]})
            return super()._read(connection, dataset, scope)

    erp = InterruptedErp(url)
    assert len(erp.snapshot().stock) == 0
    assert len(erp.snapshot().stock) == 1
    engine.dispose()


def test_a_view_that_cannot_be_read_is_named_with_the_reason(url):
    build(url, dataset_rows(stock=[stock(physical="1")]))
    execute(
        url,
        "ALTER TABLE stock RENAME TO raw_stock",
        "CREATE VIEW stock AS SELECT sku, location, abs(-9223372036854775807 - physical)"
        " AS physical, 0 AS unavailable, updated_at FROM raw_stock",
    )
    with pytest.raises(ContractBroken, match=r"Dataset stock cannot be read.*integer overflow"):
        erp_at(url).snapshot()


def test_a_locked_file_is_unavailable(url):
    build(url, dataset_rows())
    engine = create_engine(url)
    with engine.connect() as writer:
        writer.exec_driver_sql("PRAGMA locking_mode = EXCLUSIVE")
        writer.exec_driver_sql("BEGIN EXCLUSIVE")
        with pytest.raises(ErpUnavailable, match="database is locked"):
            erp_at(f"{url}?timeout=0").snapshot()
    engine.dispose()


def test_a_view_of_nothing_breaks_the_contract(url):
    build(url, dataset_rows())
    execute(url, "DROP TABLE stock", "CREATE VIEW stock AS SELECT * FROM nowhere")
    with pytest.raises(ContractBroken, match="nowhere"):
        erp_at(url).snapshot()
