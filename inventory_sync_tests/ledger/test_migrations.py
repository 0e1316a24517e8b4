"""A ledger that has been in use is brought up to date with everything that it holds."""

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from inventory_sync.domain.errors import WriteInFlight
from inventory_sync.domain.publication import Applied
from inventory_sync.ledger import connect
from inventory_sync_tests.ledger.samples import CLOCK, STORE, TABLE, call, line, minutes, prepare

# As the first version wrote them: a clock of which 5 were published and one was sold since, and a
# table whose write to 9 has no outcome yet.
ROWS = """
insert into inventory_sync.order_lines (store, line_id, store_location_id, order_id, order_name,
    sku, inventory_item_id, current_units, taken_units, updated_at, read_at, first_seen_at)
values ('b2b-us', 'gid://shopify/LineItem/11', :place, 'gid://shopify/Order/1', '#1001',
    'RETRO-CLOCK', :clock, 1, 1, :noon, :noon, :noon);

insert into inventory_sync.write_intents (store, inventory_item_id, store_location_id, sku, pass_id,
    idempotency_key, row_in_call, version, expected_units, quantity_units, taken_units, waterfall,
    status, created_at, settled_at, settled_by)
values
    ('b2b-us', :clock, :place, 'RETRO-CLOCK', 'pass-0', 'key-1', 0, 1, 0, 5, 0, '{"atp": 5}',
        'applied', :noon, :noon, 'answer'),
    ('b2b-us', :table, :place, 'OAK-TABLE', 'pass-0', 'key-2', 0, 1, 0, 9, 0, '{}', 'open', :noon,
        null, null);

insert into inventory_sync.publications (store, inventory_item_id, store_location_id, sku,
    quantity_units, taken_units, origin, version, intent_id, pass_id, published_at, waterfall)
values ('b2b-us', :clock, :place, 'RETRO-CLOCK', 5, 0, 'published', 1, 1, 'pass-0', :noon,
    '{"atp": 5}');
"""


@pytest.fixture
def used(database: str) -> str:
    """The URL of a ledger of the first version with rows in it."""
    config = Config()
    config.set_main_option("script_location", "inventory_sync.ledger:migrations")
    config.set_main_option("path_separator", "os")
    values = {
        "noon": minutes(0),
        "clock": CLOCK.inventory_item_id,
        "table": TABLE.inventory_item_id,
        "place": CLOCK.store_location_id,
    }
    with create_engine(database).begin() as connection:
        connection.execute(text("create schema inventory_sync"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in ROWS.strip().split(";\n\n"):
            connection.execute(text(statement.rstrip(";\n")), values)
    return database


def test_nothing_that_was_written_is_lost_or_turned_into_something_else(used: str) -> None:
    ledger = connect(used)

    known = ledger.known(["RETRO-CLOCK"], stale_since=minutes(-60))
    (level,) = known.levels
    assert (level.base_units, level.version, level.is_busy, level.as_of) == (5, 1, False, None)
    assert [found.taken_units for found in known.lines] == [1]
    assert ledger.waterfall(STORE, CLOCK) == {"atp": 5}
    assert ledger.open_intents(STORE)["idempotency_key"].tolist() == ["key-2"]
    assert not ledger.order_lines()["is_on_hold"].any()
    with create_engine(used).connect() as connection:
        told = "select relative, as_of from inventory_sync.write_intents"
        assert set(connection.execute(text(told)).all()) == {(False, None)}


def test_work_goes_on_where_the_first_version_left_it(used: str) -> None:
    ledger = connect(used)

    with pytest.raises(WriteInFlight):
        prepare(ledger, call("key-3", TABLE))
    ledger.settle(STORE, "key-2", Applied(), at=minutes(1))
    prepare(ledger, call("key-3", TABLE, expected=9), versions={TABLE: 1})
    prepare(ledger, call("key-4", CLOCK), versions={CLOCK: 1})
    assert ledger.record_order_lines(STORE, [line()], read_at=minutes(1)) == set()
    assert ledger.stamp(STORE, {CLOCK: 1}, as_of=minutes(1)) == set()
    ledger.settle(STORE, "key-4", Applied(), at=minutes(2))
    assert ledger.stamp(STORE, {CLOCK: 2}, as_of=minutes(2)) == {CLOCK}


def test_a_ledger_is_brought_up_to_date_once(used: str) -> None:
    connect(used).close()

    assert connect(used).open_intents(STORE)["sku"].tolist() == ["OAK-TABLE"]
