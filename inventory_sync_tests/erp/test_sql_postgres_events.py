"""The sql connector on PostgreSQL: announcements, and rows about a few SKUs of odd views."""

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import create_engine, make_url, text

from inventory_sync.domain.errors import ContractBroken, ErpUnavailable
from inventory_sync.erp.sql import SqlErp
from inventory_sync_tests.erp.databases import (
    SCHEMA,
    append,
    build,
    create_order_requests,
    execute,
    insert,
)
from inventory_sync_tests.erp.event_contract import request
from inventory_sync_tests.erp.rows import (
    acknowledged,
    commitment,
    component,
    dataset_rows,
    event,
    location,
    stock,
)

CLOCK_TIME = datetime(2026, 3, 2, 12, tzinfo=UTC)
PATIENCE_SECONDS = 60
"""How long a ring may take before the test fails; one that comes is noticed at once."""


@pytest.fixture
def contract(database) -> str:
    """The URL of a database with the empty contract tables."""
    build(database, dataset_rows(locations=[location()]))
    return database


class Bell:
    """Counts rings; waits for the next one."""

    def __init__(self) -> None:
        self._rung = threading.Semaphore(0)

    def ring(self, announced: str = "") -> None:
        self.announced = announced
        self._rung.release()

    def has_rung(self) -> bool:
        return self._rung.acquire(timeout=PATIENCE_SECONDS)


def test_an_announcement_of_the_erp_rings(contract):
    bell = Bell()
    erp = SqlErp(contract, notify_channel='stock "moves"')
    with erp.on_event(bell.ring) as is_announced:
        assert is_announced
        assert bell.has_rung()  # it is connected
        for _ in range(2):
            execute(contract, 'NOTIFY "stock ""moves""", \'hold_placed\'')
            assert bell.has_rung()
            assert bell.announced == "hold_placed"


def test_an_event_is_there_when_its_announcement_rings(contract):
    erp = SqlErp(contract, notify_channel="erp_events")
    found: list[int] = []
    bell = Bell()

    def look(_: str) -> None:
        found.append(len(erp.events(0)))
        bell.ring()

    with erp.on_event(look):
        assert bell.has_rung()
        engine = create_engine(contract)
        with engine.begin() as connection:
            connection.execute(text("NOTIFY erp_events"))
            insert(connection, "events", {"events": [event(1)]})
        engine.dispose()
        assert bell.has_rung()
    assert found == [0, 1]


def test_a_lost_connection_rings_when_it_is_back(contract):
    bell = Bell()
    with SqlErp(contract, notify_channel="erp_events").on_event(bell.ring):
        assert bell.has_rung()
        execute(
            contract,
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query ILIKE 'listen %%'",
        )
        assert bell.has_rung()


def test_a_url_with_options_is_listened_to_as_it_is_read(contract):
    options = "-c statement_timeout=7000 -c work_mem=8MB"
    url = make_url(contract).update_query_dict({"options": options})
    bell = Bell()
    erp = SqlErp(url.render_as_string(hide_password=False), notify_channel="erp_events")
    assert erp.last_event_id() == 0
    with erp.on_event(bell.ring):
        assert bell.has_rung()


def test_the_instant_of_an_extract_is_that_of_the_database(contract):
    erp = SqlErp(contract, clock=lambda: datetime(1999, 1, 1, tzinfo=UTC))
    before = erp.snapshot().taken_at
    taken_at = erp.extract({"OAK-TABLE"}, ()).taken_at
    assert before < taken_at < erp.snapshot().taken_at
    assert taken_at.utcoffset() == timedelta(0)


def test_a_writer_between_two_datasets_of_an_extract_is_not_seen(contract):
    """The view of the locations, which is read first, waits until the writer has committed."""
    execute(
        contract,
        "DROP TABLE locations",
        "CREATE VIEW locations AS SELECT 'NYC' || pg_advisory_xact_lock_shared(1)::text"
        " AS location, ''::text AS name, ''::text AS time_zone",
    )
    erp = SqlErp(contract)
    order = commitment(external_order_id="gid-1", expires_at=None)
    holder = create_engine(contract, isolation_level="AUTOCOMMIT")
    told = []
    with holder.connect() as writer:
        writer.execute(text("SELECT pg_advisory_lock(1)"))
        reader = threading.Thread(
            target=lambda: told.append(erp.extract({"RETRO-CLOCK"}, {"gid-1"}))
        )
        reader.start()
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock'"
        )
        while not writer.scalar(text(waiting)):
            assert reader.is_alive()
        insert(writer, "commitments", {"commitments": [order]})
        insert(writer, "acknowledged_orders", {"acknowledged_orders": [acknowledged("gid-1")]})
        writer.execute(text("SELECT pg_advisory_unlock(1)"))
        reader.join()
    holder.dispose()

    (extract,) = told
    assert (len(extract.commitments), len(extract.acknowledged)) == (0, 0)
    later = erp.extract({"RETRO-CLOCK"}, {"gid-1"})
    assert (len(later.commitments), len(later.acknowledged)) == (1, 1)


def test_the_padding_of_fixed_width_texts_is_no_part_of_them(contract):
    rows = dataset_rows(
        components=[component("TABLE-SET", "OAK-TABLE")],
        stock=[stock("OAK-TABLE")],
        commitments=[commitment(sku="TABLE-SET")],
        acknowledged_orders=[acknowledged("gid-1")],
        events=[event(1, "OAK-TABLE")],
    )
    for name, columns in {
        "locations": ["location"],
        "components": ["kit_sku", "component_sku"],
        "stock": ["sku", "location"],
        "commitments": ["commitment_id", "order_id", "sku", "location", "kind"],
        "acknowledged_orders": ["external_order_id", "external_line_id"],
        "events": ["kind", "sku", "location", "document"],
    }.items():
        changes = ", ".join(f"ALTER {column} TYPE char(18)" for column in columns)
        execute(contract, f"ALTER TABLE {name} {changes}")
        if rows[name]:
            append(contract, name, *rows[name])
    erp = SqlErp(contract)

    extract = erp.extract({"OAK-TABLE"}, {"gid-1"})

    assert extract.skus == {"OAK-TABLE", "TABLE-SET"}
    assert extract.locations == {"NYC"}
    assert [(row.sku, row.location) for row in extract.stock] == [("OAK-TABLE", "NYC")]
    (order,) = extract.commitments
    assert (order.commitment_id, order.order_id, order.sku) == ("C-1", "SO-1", "TABLE-SET")
    assert (order.location, order.kind) == ("NYC", "hold")
    (line,) = extract.acknowledged
    assert (line.external_order_id, line.external_line_id) == ("gid-1", "L-1")
    (happened,) = erp.events(0)
    assert (happened.kind, happened.sku) == ("order_placed", "OAK-TABLE")
    assert (happened.location, happened.document) == ("NYC", "SO-1")
    assert erp.skus_of_document("SO-1") == ["TABLE-SET"]


def test_a_time_that_has_no_end_is_handed_on_and_stops_nothing(contract):
    """One careless row must not stop the lane that looks at all the others."""
    append(contract, "commitments", commitment("C-1", expires_at="infinity"), commitment("C-2"))

    (endless,) = (
        row
        for row in SqlErp(contract).extract({"RETRO-CLOCK"}, ()).commitments
        if row.commitment_id == "C-1"
    )

    assert endless.expires_at == "infinity"


def test_an_event_without_a_usable_time_is_heard_as_of_now(contract):
    for number, told in enumerate([None, "infinity", "0044-03-15 BC", "2026-03-02 13:00+01"], 1):
        append(contract, "events", event(number, occurred_at=told))

    erp = SqlErp(contract, clock=lambda: CLOCK_TIME + timedelta(hours=1))

    assert [found.occurred_at - CLOCK_TIME for found in erp.events(0)] == [
        timedelta(hours=1),
        timedelta(hours=1),
        timedelta(hours=1),
        timedelta(0),
    ]


def test_the_settings_of_the_reading_role_change_nothing_for_a_few_skus(contract):
    name = make_url(contract).database
    for setting in ("timezone = 'Asia/Kolkata'", "datestyle = 'German'"):
        execute(contract, f"ALTER DATABASE {name} SET {setting}")
    append(contract, "commitments", commitment())
    append(contract, "events", event(1))
    erp = SqlErp(contract)

    (order,) = erp.extract({"RETRO-CLOCK"}, ()).commitments
    (happened,) = erp.events(0)

    assert order.expires_at == datetime(2026, 3, 2, 18, 30, 0, 250_000, tzinfo=UTC)
    assert happened.occurred_at == CLOCK_TIME


def test_types_that_hold_the_same_are_exact_numbers(contract):
    execute(
        contract,
        "CREATE DOMAIN quantity_of AS numeric CHECK (VALUE >= 0)",
        "ALTER TABLE stock ALTER physical TYPE quantity_of, ALTER unavailable TYPE real",
    )
    append(contract, "stock", stock(physical="999999999999.999999", unavailable="0.1"))

    (row,) = SqlErp(contract).extract({"RETRO-CLOCK"}, ()).stock

    assert (row.physical, row.unavailable) == (Decimal("999999999999.999999"), Decimal("0.1"))


def test_any_schema_is_read_and_asked_for_a_few_skus(database):
    hostile = 'erp"; DROP TABLE x; -- %s %(y)s :z'
    build(database, dataset_rows(stock=[stock()], events=[event(1)]), hostile)
    create_order_requests(database, hostile)
    erp = SqlErp(database, hostile)
    assert len(erp.extract({"RETRO-CLOCK"}, ()).stock) == 1
    assert len(erp.events(0)) == 1
    assert erp.skus_of_document("SO-1") == []
    erp.request([request()])


def test_a_role_that_may_not_write_requests_is_named(contract):
    create_order_requests(contract)
    role = f"reader_{make_url(contract).database}"
    execute(
        contract,
        f"CREATE ROLE {role} LOGIN",
        f"GRANT USAGE ON SCHEMA {SCHEMA} TO {role}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {role}",
    )
    url = make_url(contract).set(username=role).render_as_string(hide_password=False)
    with pytest.raises(ContractBroken, match=r"order_requests .*permission denied") as refused:
        SqlErp(url).request([request()])
    execute(contract, f"DROP OWNED BY {role}", f"DROP ROLE {role}")
    assert "\n" not in str(refused.value)


def test_a_slow_view_stops_an_extract_in_time(contract):
    execute(
        contract,
        "DROP TABLE stock",
        "CREATE VIEW stock AS SELECT sku, ''::text AS location, 1 physical, 0 unavailable,"
        " now() AS updated_at FROM (SELECT pg_sleep(60)::text AS sku OFFSET 0) AS slow",
    )
    late = r"Reading a contract view .*statement timeout is 0\.05 seconds"
    with pytest.raises(ErpUnavailable, match=late):
        SqlErp(contract, statement_timeout_seconds=0.05).extract({"RETRO-CLOCK"}, ())


def test_events_are_heard_again_after_the_server_dropped_the_connection(contract):
    erp = SqlErp(contract)
    erp.extract({"RETRO-CLOCK"}, ())
    erp.events(0)
    execute(
        contract,
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    assert erp.events(0) == []
    assert erp.extract({"RETRO-CLOCK"}, ()).skus == {"RETRO-CLOCK"}
