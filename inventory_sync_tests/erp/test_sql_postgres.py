"""The sql connector on PostgreSQL."""

import traceback
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, make_url

from inventory_sync.domain.errors import ContractBroken, ErpUnavailable
from inventory_sync.domain.frames import Dataset
from inventory_sync.erp import postgres_copy
from inventory_sync.erp.sql import SqlErp
from inventory_sync_tests.erp.databases import (
    SCHEMA,
    append,
    build,
    create_order_requests,
    execute,
    insert,
    requests_in,
)
from inventory_sync_tests.erp.rows import commitment, dataset_rows, stock
from inventory_sync_tests.erp.sql_source_contract import SqlSourceContract

HOSTILE = 'erp"; DROP TABLE x; -- %s %(y)s :z \N{SNOWMAN}'


class TestSqlErpOnPostgres(SqlSourceContract):
    @pytest.fixture
    def source_of(self, database):
        def make(rows):
            build(database, rows)
            create_order_requests(database)
            return SqlErp(database)

        return make

    @pytest.fixture
    def append(self, database):
        return lambda name, *rows: append(database, name, *rows)

    @pytest.fixture
    def execute(self, database):
        return lambda *statements: execute(database, *statements)

    @pytest.fixture
    def requested(self, database):
        return lambda: requests_in(database)


@pytest.fixture
def contract(database) -> str:
    """The URL of a database with the empty contract tables."""
    build(database, dataset_rows())
    return database


def broken(url: str) -> str:
    with pytest.raises(ContractBroken) as raised:
        SqlErp(url).snapshot()
    return str(raised.value)


def test_any_schema_name_is_quoted(database):
    build(database, dataset_rows(stock=[stock()]), HOSTILE)
    erp = SqlErp(database, HOSTILE)
    assert len(erp.snapshot().stock) == 1
    assert erp.check() == []


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_every_spelling_of_the_scheme_reads_with_psycopg_3(contract, scheme):
    url = contract.replace("postgresql+psycopg://", f"{scheme}://")
    assert len(SqlErp(url).snapshot().stock) == 0


def test_a_writer_between_two_datasets_is_not_seen(contract):
    engine = create_engine(contract)

    class InterruptedErp(SqlErp):
        def _read(self, connection, dataset: Dataset, scope):
            if dataset.name == "stock":
                with engine.begin() as writer:
                    insert(writer, "stock", {"stock": [stock()]})
            return super()._read(connection, dataset, scope)

    erp = InterruptedErp(contract)
    assert len(erp.snapshot().stock) == 0
    assert len(erp.snapshot().stock) == 1
    engine.dispose()


def test_the_instant_of_the_snapshot_is_that_of_the_database(contract):
    engine = create_engine(contract)
    with engine.connect() as connection:
        now = "SELECT clock_timestamp()"
        before = connection.exec_driver_sql(now).scalar_one()
        taken_at = SqlErp(contract, clock=lambda: datetime(1999, 1, 1, tzinfo=UTC)).snapshot()
        after = connection.exec_driver_sql(now).scalar_one()
    engine.dispose()
    assert before <= taken_at.taken_at <= after
    assert taken_at.taken_at.utcoffset() == timedelta(0)


def test_a_view_that_writes_is_refused(contract):
    execute(
        contract,
        "CREATE TABLE touched (at timestamptz)",
        "CREATE FUNCTION touch() RETURNS text LANGUAGE plpgsql VOLATILE AS"
        " $$ BEGIN INSERT INTO erp_contract.touched VALUES (now()); RETURN 'NYC'; END $$",
        "DROP TABLE locations",
        "CREATE VIEW locations AS SELECT erp_contract.touch() AS location, ''::text AS name,"
        " NULL::text AS time_zone",
    )
    assert "cannot execute INSERT in a read-only transaction" in broken(contract)


def test_a_missing_column_is_named_with_what_was_found(contract):
    execute(contract, "ALTER TABLE stock RENAME physical TO on_hand")
    message = broken(contract)
    assert "Dataset stock in schema erp_contract has no column physical (numeric)" in message
    assert "on_hand" in message


def test_a_missing_schema_is_named(database):
    message = broken(database)
    assert message.startswith("Schema erp_contract does not exist in the ERP database")


@pytest.mark.parametrize(
    ("dataset", "column", "declared", "found"),
    [
        ("stock", "physical", "text", "text, but the contract asks for numeric"),
        ("stock", "sku", "bigint", "bigint, but the contract asks for text"),
        ("stock", "updated_at", "timestamp", "timestamp without time zone"),
        ("commitments", "due_date", "timestamptz", "but the contract asks for date"),
        ("commitments", "expires_at", "date", "date, but the contract asks for timestamptz"),
        ("products", "tracked", "text", "text, but the contract asks for boolean"),
        ("components", "quantity", "money", "money, but the contract asks for numeric"),
        ("supply", "sku", "text[]", "but the contract asks for text"),
    ],
)
def test_a_mistyped_column_is_named(contract, dataset, column, declared, found):
    execute(
        contract,
        f"ALTER TABLE {dataset} DROP COLUMN {column}",
        f"ALTER TABLE {dataset} ADD COLUMN {column} {declared}",
    )
    message = broken(contract)
    assert f"Column {column} of dataset {dataset} in schema erp_contract is" in message
    assert found in message


def test_types_that_hold_the_same_are_accepted(contract):
    execute(
        contract,
        "CREATE TYPE kind_of AS ENUM ('hold', 'order')",
        "CREATE DOMAIN quantity_of AS numeric CHECK (VALUE >= 0)",
        "DROP TABLE commitments",
        "CREATE TABLE commitments (commitment_id varchar(9), order_id char(9), sku varchar,"
        " location text, quantity quantity_of, kind kind_of, due_date date,"
        " expires_at timestamptz(0), channel text, external_order_id text, external_line_id text,"
        " updated_at timestamptz)",
        "ALTER TABLE stock ALTER physical TYPE integer, ALTER unavailable TYPE double precision",
    )
    build_rows = dataset_rows(commitments=[commitment()], stock=[stock(unavailable="0.1")])
    engine = create_engine(contract)
    with engine.begin() as connection:
        insert(connection, "commitments", build_rows)
        insert(connection, "stock", build_rows)
    engine.dispose()
    snapshot = SqlErp(contract).snapshot()
    # The padding of char(9) is no part of the order's id.
    assert snapshot.commitments.order_id.tolist() == ["SO-1"]
    assert snapshot.commitments.kind.tolist() == ["hold"]
    assert snapshot.stock[["physical_micros", "unavailable_micros"]].to_numpy().tolist() == [
        [5_000_000, 100_000]
    ]


def test_views_are_read_and_extra_columns_ignored(contract):
    execute(
        contract,
        "ALTER TABLE stock RENAME TO raw_stock",
        "CREATE VIEW stock AS SELECT updated_at, point(1, 2) AS shelf, s.sku, s.location,"
        " physical, 0 AS unavailable FROM raw_stock s",
        "INSERT INTO raw_stock VALUES ('OAK-TABLE', 'PLANT-1', 1.5, 0, now())",
    )
    frame = SqlErp(contract).snapshot().stock
    assert list(frame.columns) == [
        "sku", "location", "physical_micros", "unavailable_micros", "updated_at"
    ]  # fmt: skip
    assert frame.physical_micros.tolist() == [1_500_000]


def test_only_six_decimals_and_a_trillion_are_exact(contract):
    execute(
        contract,
        "INSERT INTO components VALUES ('K', 'A', 999999999999.999999),"
        " ('K', 'B', 1000000000000.000001), ('K', 'C', -999999999999.999999),"
        " ('K', 'D', 0.5::numeric(40, 30)), ('K', 'E', 1e100)",
    )
    snapshot = SqlErp(contract).snapshot()
    big = 999_999_999_999_999_999
    assert snapshot.components.quantity_micros.tolist() == [big, 0, -big, 500_000, 0]
    assert snapshot.faults["components"].row.tolist() == [1, 4]


def test_times_that_have_no_end_are_null_and_listed(contract):
    execute(
        contract,
        "INSERT INTO commitments (commitment_id, expires_at, due_date, quantity) VALUES"
        " ('C-1', 'infinity', '2026-03-09', 1), ('C-2', NULL, 'infinity', 1),"
        " ('C-3', '2026-03-02 12:00+05:30', '0044-03-15 BC', 1)",
    )
    snapshot = SqlErp(contract).snapshot()
    assert snapshot.commitments.expires_at.isna().tolist() == [True, True, False]
    assert snapshot.commitments.expires_at[2] == datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
    assert snapshot.commitments.due_date.isna().tolist() == [False, True, True]
    assert [(f.row_position, f.column, f.value_text) for f in snapshot.row_faults()] == [
        (0, "expires_at", "infinity"),
        (1, "due_date", "infinity"),
        (2, "due_date", "0044-03-15 BC"),
    ]


def test_the_settings_of_the_reading_role_change_nothing(contract):
    execute(contract, "INSERT INTO stock VALUES ('A', 'NYC', 1, 0, '2026-03-02 12:00:00+00')")
    name = make_url(contract).database
    execute(
        contract,
        f"ALTER DATABASE {name} SET timezone = 'Asia/Kolkata'",
        f"ALTER DATABASE {name} SET datestyle = 'German'",
        f"ALTER DATABASE {name} SET client_encoding = 'latin1'",
        f"ALTER DATABASE {name} SET default_transaction_isolation = 'read committed'",
    )
    snapshot = SqlErp(contract).snapshot()
    assert snapshot.stock.updated_at.tolist() == [datetime(2026, 3, 2, 12, tzinfo=UTC)]
    assert snapshot.taken_at.utcoffset() == timedelta(0)


def test_a_dataset_that_arrives_in_many_blocks_is_one_frame(contract, monkeypatch):
    monkeypatch.setattr(postgres_copy, "BLOCK_BYTES", 200)
    execute(
        contract,
        "INSERT INTO stock SELECT 'SKU' || mod(i, 7), 'NYC',"
        " CASE WHEN mod(i, 10) = 3 THEN numeric 'NaN' ELSE i END, 0, now()"
        " FROM generate_series(0, 99) i",
    )
    snapshot = SqlErp(contract).snapshot()
    assert snapshot.stock.sku.tolist() == [f"SKU{i % 7}" for i in range(100)]
    assert snapshot.stock.physical_micros.tolist() == [
        0 if i % 10 == 3 else i * 1_000_000 for i in range(100)
    ]
    assert snapshot.faults["stock"].row.tolist() == list(range(3, 100, 10))


def test_a_slow_view_is_stopped_and_named(contract):
    execute(
        contract,
        "DROP TABLE supply",
        "CREATE VIEW supply AS SELECT ''::text supply_id, ''::text sku, ''::text AS location,"
        " 1 quantity, pg_sleep(60)::text kind, current_date due_date, true confirmed,"
        " now() updated_at",
    )
    with pytest.raises(
        ErpUnavailable, match=r"dataset supply .*statement timeout is 0\.05 seconds"
    ):
        SqlErp(contract, statement_timeout_seconds=0.05).snapshot()


def test_a_view_that_fails_is_named_with_the_reason(contract):
    execute(
        contract,
        "DROP TABLE locations",
        "CREATE VIEW locations AS SELECT (1 / (now() > '2000-01-01')::int - 1)::text AS location,"
        " (1 / (now() < '2000-01-01')::int)::text AS name, ''::text AS time_zone",
    )
    assert "Dataset locations cannot be read from the ERP (division by zero)" in broken(contract)


def test_a_dataset_that_the_role_may_not_read_is_named(contract):
    role = f"reader_{make_url(contract).database}"
    execute(contract, f"CREATE ROLE {role} LOGIN", f"GRANT USAGE ON SCHEMA {SCHEMA} TO {role}")
    url = make_url(contract).set(username=role).render_as_string(hide_password=False)
    message = broken(url)
    execute(contract, f"DROP OWNED BY {role}", f"DROP ROLE {role}")
    assert "Dataset acknowledged_orders cannot be read" in message
    assert "permission denied" in message


def test_the_check_lists_every_problem_in_its_own_sentence(contract):
    execute(
        contract,
        "DROP TABLE events",
        "ALTER TABLE stock DROP COLUMN unavailable",
        "ALTER TABLE products ALTER tracked TYPE text",
    )
    problems = SqlErp(contract).check()
    assert [problem.split(":")[0] for problem in problems] == [
        "Column tracked of dataset products in schema erp_contract is text, but the contract asks"
        " for boolean",
        "Dataset stock in schema erp_contract has no column unavailable (numeric); it has location,"
        " physical, sku, updated_at",
        "Dataset events is missing in schema erp_contract",
    ]
    # The events are not part of a snapshot, so they do not stop one.
    assert "(1 more: run" in broken(contract)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://erp:top%2Fsecret@127.0.0.1:1/erp",
        "postgresql://erp@127.0.0.1:1/erp?password=top/secret",
        "postgresql://erp:top/secret@127.0.0.1:port/erp",
        "top/secret",
        "nosuchdatabase://erp:top%2Fsecret@127.0.0.1/erp",
    ],
)
def test_an_unusable_url_is_one_sentence_without_the_password(url):
    with pytest.raises(ErpUnavailable) as raised:
        SqlErp(url).snapshot()
    told = "".join(traceback.format_exception(raised.value))
    assert "secret" not in told
    assert "\n" not in str(raised.value)


def test_a_wrong_password_is_one_sentence_without_it(contract):
    url = make_url(contract).set(username="nobody", password="top/secret")
    with pytest.raises(ErpUnavailable, match="nobody") as raised:
        SqlErp(url.render_as_string(hide_password=False)).snapshot()
    assert "secret" not in "".join(traceback.format_exception(raised.value))


def test_the_connector_reads_again_after_the_server_dropped_its_connection(contract):
    erp = SqlErp(contract)
    erp.snapshot()
    execute(
        contract,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    assert len(erp.snapshot().stock) == 0


def test_building_the_connector_touches_nothing():
    SqlErp("not a url at all")
