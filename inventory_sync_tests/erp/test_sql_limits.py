"""What no lane may run into: a read without end, a value that stops it, an unclear sentence."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import create_engine

from inventory_sync.domain.errors import ContractBroken, ErpUnavailable
from inventory_sync.erp import extract_rows
from inventory_sync.erp.sql import SqlErp
from inventory_sync_tests.erp.databases import (
    SCHEMA,
    append,
    build,
    create_order_requests,
    execute,
)
from inventory_sync_tests.erp.event_contract import request
from inventory_sync_tests.erp.rows import commitment, component, dataset_rows, event, stock


@pytest.fixture
def contract(database) -> str:
    build(database, dataset_rows())
    create_order_requests(database)
    return database


@contextmanager
def locked(url: str, name: str) -> Iterator[None]:
    """Somebody else holds the table alone."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"LOCK TABLE {SCHEMA}.{name} IN ACCESS EXCLUSIVE MODE")
        yield
    engine.dispose()


@pytest.mark.parametrize(
    ("table", "use"),
    [
        ("events", lambda erp: erp.events(0)),
        ("events", lambda erp: erp.last_event_id()),
        ("commitments", lambda erp: erp.skus_of_document("SO-1")),
        ("stock", lambda erp: erp.extract({"OAK-TABLE"}, ())),
        ("order_requests", lambda erp: erp.request([request()])),
    ],
    ids=["events", "last event", "document", "extract", "request"],
)
def test_no_use_of_the_erp_waits_longer_than_the_statement_timeout(contract, table, use):
    erp = SqlErp(contract, statement_timeout_seconds=0.05)
    with locked(contract, table), pytest.raises(ErpUnavailable, match="statement timeout"):
        use(erp)


@pytest.mark.parametrize(
    ("view", "use"),
    [
        ("events", lambda erp: erp.events(0)),
        ("commitments", lambda erp: erp.skus_of_document("SO-1")),
    ],
)
def test_a_view_that_writes_is_refused_to_short_reads_as_well(contract, view, use):
    append(contract, "events", event(1))
    append(contract, "commitments", commitment())
    execute(
        contract,
        "CREATE TABLE touched (at timestamptz)",
        "CREATE FUNCTION touch() RETURNS boolean LANGUAGE plpgsql VOLATILE AS"
        " $$ BEGIN INSERT INTO erp_contract.touched VALUES (now()); RETURN true; END $$",
        f"ALTER TABLE {view} RENAME TO raw",
        f"CREATE VIEW {view} AS SELECT * FROM raw WHERE erp_contract.touch()",
    )
    with pytest.raises(ContractBroken, match="cannot execute INSERT in a read-only transaction"):
        use(SqlErp(contract))


@pytest.mark.parametrize("odd", ["OAK\0TABLE", "OAK\ud800TABLE"])
def test_a_text_that_the_database_cannot_hold_is_not_in_it(contract, odd):
    append(contract, "stock", stock("OAK-TABLE"))
    erp = SqlErp(contract)

    extract = erp.extract({odd, "OAK-TABLE"}, {odd})

    assert extract.skus == {odd, "OAK-TABLE"}
    assert [row.sku for row in extract.stock] == ["OAK-TABLE"]
    assert erp.snapshot({odd, "OAK-TABLE"}, {odd}).stock.sku.tolist() == ["OAK-TABLE"]
    assert erp.skus_of_document(odd) == []


def test_a_request_that_the_database_cannot_hold_is_refused_for_good(contract):
    with pytest.raises(ContractBroken, match="does not take these requests"):
        SqlErp(contract).request([replace(request(), sku="OAK\0TABLE")])


def test_a_request_that_a_rule_of_the_erp_refuses_says_so(contract):
    execute(contract, "ALTER TABLE order_requests ADD CHECK (quantity < 100)")
    with pytest.raises(ContractBroken, match=r"does not take .*check constraint"):
        SqlErp(contract).request([request(quantity=100)])


def test_a_column_that_goes_away_is_named_by_the_very_next_extract(contract):
    erp = SqlErp(contract)
    erp.extract({"OAK-TABLE"}, ())
    execute(contract, "ALTER TABLE stock RENAME physical TO on_hand")
    with pytest.raises(ContractBroken) as raised:
        erp.extract({"OAK-TABLE"}, ())
    assert "Dataset stock in schema erp_contract has no column physical" in str(raised.value)
    execute(contract, "ALTER TABLE stock RENAME on_hand TO physical")
    assert erp.extract({"OAK-TABLE"}, ()).skus == {"OAK-TABLE"}


def test_a_part_that_is_in_too_many_kits_is_refused_with_a_way_out(contract, monkeypatch):
    monkeypatch.setattr(extract_rows, "MOST_SKUS", 3)
    append(contract, "components", *(component(f"KIT-{n}", "CARTON") for n in range(2)))
    assert len(SqlErp(contract).extract({"CARTON"}, ()).skus) == 3
    append(contract, "components", component("KIT-9", "CARTON"))
    with pytest.raises(ContractBroken, match="More than 3 SKUs share kits with CARTON"):
        SqlErp(contract).extract({"CARTON"}, ())
