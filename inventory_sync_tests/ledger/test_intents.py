"""A write is on disk before the call, one at a time per level, and settled once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, text

from inventory_sync.domain.errors import WriteInFlight
from inventory_sync.domain.publication import Applied, Refusal, Refused
from inventory_sync.ledger import Ledger, connect
from inventory_sync_tests.ledger.samples import (
    CLOCK,
    NOON,
    SPOON,
    STORE,
    TABLE,
    call,
    minutes,
    prepare,
)


def statuses(database: str) -> dict[tuple[str, int], tuple[str, str | None, str | None]]:
    """(SKU, version) -> status, refusal code and message, straight from the table."""
    query = text("""
        select sku, version, status, refusal_code, refusal_message
        from inventory_sync.write_intents""")
    with create_engine(database).connect() as connection:
        return {(row[0], row[1]): (row[2], row[3], row[4]) for row in connection.execute(query)}


def test_a_prepared_write_is_seen_by_another_process_before_the_call(
    ledger: Ledger, database: str
) -> None:
    prepare(ledger, call("key-1", CLOCK, expected=5, quantity=7), taken=3)

    seen = connect(database).open_intents(STORE).iloc[0]

    assert seen["idempotency_key"] == "key-1"
    assert seen["sku"] == "RETRO-CLOCK"
    assert (seen["version"], seen["expected_units"], seen["quantity_units"]) == (1, 5, 7)
    assert seen["taken_units"] == 3
    assert seen["created_at"] == NOON


def test_a_level_with_an_open_write_takes_no_other_and_nothing_of_that_call_is_kept(
    ledger: Ledger,
) -> None:
    prepare(ledger, call("key-1", CLOCK))

    with pytest.raises(WriteInFlight) as refused:
        prepare(ledger, call("key-2", TABLE, CLOCK))

    assert refused.value.keys == (CLOCK,)
    assert ledger.open_intents(STORE)["idempotency_key"].tolist() == ["key-1"]


def test_the_same_level_of_another_store_is_another_write(ledger: Ledger) -> None:
    prepare(ledger, call("key-1", CLOCK), store="b2b-us")
    prepare(ledger, call("key-2", CLOCK), store="b2c-eu")

    assert len(ledger.open_intents("b2b-us")) == 1
    assert len(ledger.open_intents("b2c-eu")) == 1


def test_of_two_publishers_at_once_exactly_one_gets_the_level(ledger: Ledger) -> None:
    together = threading.Barrier(2)

    def publish(key: str, *wanted: object) -> bool:
        together.wait()
        try:
            prepare(ledger, call(key, *wanted))  # type: ignore[arg-type]
        except WriteInFlight:
            return False
        return True

    for round_number in range(10):
        keys = [f"{round_number}-a", f"{round_number}-b"]
        with ThreadPoolExecutor(2) as pool:
            # In opposite orders, which would dead-lock if they were not sorted.
            first = pool.submit(publish, keys[0], CLOCK, TABLE, SPOON)
            second = pool.submit(publish, keys[1], SPOON, TABLE, CLOCK)
        won = [key for key, run in zip(keys, (first, second), strict=True) if run.result()]

        assert len(won) == 1
        assert set(ledger.open_intents(STORE)["idempotency_key"]) == set(won)
        ledger.settle(STORE, won[0], Refused(rows={}), at=NOON)


def test_versions_of_a_level_count_up_whatever_the_outcomes(ledger: Ledger, database: str) -> None:
    prepare(ledger, call("key-1", CLOCK))
    ledger.settle(STORE, "key-1", Refused(rows={0: Refusal("STALE", "no match")}), at=NOON)
    prepare(ledger, call("key-2", CLOCK, TABLE))
    ledger.settle(STORE, "key-2", Applied(), at=NOON)
    prepare(ledger, call("key-3", CLOCK), versions={CLOCK: 2})

    assert set(statuses(database)) == {
        ("RETRO-CLOCK", 1),
        ("RETRO-CLOCK", 2),
        ("RETRO-CLOCK", 3),
        ("OAK-TABLE", 1),
    }


def test_a_write_decided_before_another_one_was_applied_is_refused(ledger: Ledger) -> None:
    """Protocol B.2, C2: both compute 1 -> 2, the first is applied, a unit is sold (2 -> 1), and
    the comparison at the store would let the second pass."""
    prepare(ledger, call("first", CLOCK, expected=1, quantity=2))
    ledger.settle(STORE, "first", Applied(), at=NOON)

    with pytest.raises(WriteInFlight):
        prepare(ledger, call("second", CLOCK, expected=1, quantity=2), versions={})

    assert ledger.open_intents(STORE).empty


def test_a_write_that_waited_for_another_ones_settlement_is_refused_too(
    ledger: Ledger, database: str
) -> None:
    """The second publisher's statement began before the first write was settled, so its own view
    of the ledger is the old one."""
    prepare(ledger, call("first", CLOCK, expected=1, quantity=2))
    watcher = create_engine(database, isolation_level="AUTOCOMMIT").connect()
    settlement = create_engine(database).connect()
    settlement.execute(
        text("""
        with settled as (
            update inventory_sync.write_intents
            set status = 'applied', settled_at = now(), settled_by = 'answer' returning *)
        insert into inventory_sync.publications (store, inventory_item_id, store_location_id, sku,
            quantity_units, taken_units, origin, version, pass_id, published_at)
        select store, inventory_item_id, store_location_id, sku, quantity_units, taken_units,
            'published', version, pass_id, now() from settled""")
    )

    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(prepare, ledger, call("second", CLOCK, expected=1, quantity=2))
        waiting = text("select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
        while not watcher.scalar(waiting):
            assert not second.done()
        settlement.commit()

        with pytest.raises(WriteInFlight):
            second.result()


def test_applied_writes_become_publications(ledger: Ledger) -> None:
    prepare(ledger, call("key-1", CLOCK, TABLE, quantity=7), taken=3, waterfall={"atp": 7})

    ledger.settle(STORE, "key-1", Applied(), at=minutes(1))

    shown = ledger.publications(STORE).set_index("sku")
    assert sorted(shown.index) == ["OAK-TABLE", "RETRO-CLOCK"]
    assert shown.loc["RETRO-CLOCK", "quantity_units"] == 7
    assert shown.loc["RETRO-CLOCK", "taken_units"] == 3
    assert shown.loc["RETRO-CLOCK", "version"] == 1
    assert shown.loc["RETRO-CLOCK", "origin"] == "published"
    assert shown.loc["RETRO-CLOCK", "published_at"] == minutes(1)
    assert shown["observed_units"].isna().all()
    assert ledger.waterfall(STORE, CLOCK) == {"atp": 7}
    assert ledger.open_intents(STORE).empty


def test_an_outcome_told_twice_changes_nothing_the_second_time(ledger: Ledger) -> None:
    prepare(ledger, call("key-1", CLOCK, quantity=7))
    ledger.settle(STORE, "key-1", Applied(), at=minutes(1))
    prepare(ledger, call("key-2", CLOCK, quantity=9), versions={CLOCK: 1})
    ledger.settle(STORE, "key-2", Applied(), at=minutes(2))
    after = ledger.publications(STORE)

    ledger.settle(STORE, "key-1", Applied(), at=minutes(3))
    ledger.settle(STORE, "key-2", Refused(rows={}), at=minutes(3))
    ledger.settle_key(STORE, CLOCK, "not_applied", at=minutes(3), settled_by="read")

    assert ledger.publications(STORE).equals(after)
    assert after["quantity_units"].tolist() == [9]


def test_a_refused_call_names_its_bad_rows_and_applies_none(ledger: Ledger, database: str) -> None:
    prepare(ledger, call("key-1", CLOCK, TABLE, SPOON))

    refusal = Refusal("ITEM_NOT_STOCKED_AT_LOCATION", "not stocked at the location")
    ledger.settle(STORE, "key-1", Refused(rows={1: refusal}), at=minutes(1))

    assert statuses(database) == {
        ("RETRO-CLOCK", 1): ("not_applied", None, None),
        ("OAK-TABLE", 1): ("refused", refusal.code, refusal.message),
        ("MINIMALIST-SPOON", 1): ("not_applied", None, None),
    }
    assert ledger.publications(STORE).empty
    assert ledger.open_intents(STORE).empty


def test_a_refusal_that_names_no_row_is_kept_with_every_row(ledger: Ledger, database: str) -> None:
    prepare(ledger, call("key-1", CLOCK))

    outcome = Refused(rows={}, general=(Refusal("", "Something is off"),))
    ledger.settle(STORE, "key-1", outcome, at=minutes(1))

    assert statuses(database) == {("RETRO-CLOCK", 1): ("not_applied", None, "Something is off")}


def test_levels_of_one_call_can_be_settled_one_by_one_by_reading(
    ledger: Ledger, database: str
) -> None:
    prepare(ledger, call("key-1", CLOCK, TABLE, SPOON))

    ledger.settle_key(STORE, CLOCK, "applied", at=minutes(1), settled_by="read")
    ledger.settle_key(STORE, TABLE, "not_applied", at=minutes(1), settled_by="read")

    assert ledger.open_intents(STORE)["sku"].tolist() == ["MINIMALIST-SPOON"]
    assert ledger.publications(STORE)["sku"].tolist() == ["RETRO-CLOCK"]
    assert statuses(database)["OAK-TABLE", 1][0] == "not_applied"


def test_a_call_of_the_greatest_size_is_prepared_and_settled_whole(ledger: Ledger) -> None:
    from inventory_sync.domain.publication import LevelKey, QuantityChange, SetQuantities

    changes = tuple(
        QuantityChange(f"SKU-{n}", LevelKey(f"gid://shopify/InventoryItem/{n}", "NYC"), n, n + 1)
        for n in range(250)
    )
    prepare(ledger, SetQuantities("key-1", "https://sync.example/1", changes))
    ledger.settle(STORE, "key-1", Applied(), at=NOON)

    shown = ledger.publications(STORE).set_index("sku")["quantity_units"]
    assert shown.to_dict() == {change.sku: change.quantity_units for change in changes}


def test_a_waterfall_that_is_no_number_is_refused_before_anything_is_written(
    ledger: Ledger,
) -> None:
    with pytest.raises(ValueError, match="JSON"):
        prepare(ledger, call("key-1", CLOCK), waterfall={"atp": float("nan")})

    assert ledger.open_intents(STORE).empty


def test_a_write_in_flight_survives_a_process_border() -> None:
    import pickle

    error = pickle.loads(pickle.dumps(WriteInFlight(STORE, [TABLE, CLOCK])))

    assert error.keys == (CLOCK, TABLE)
    assert "b2b-us" in str(error)


def test_numbers_out_of_a_frame_are_kept_like_any_other(ledger: Ledger) -> None:
    import numpy as np

    prepare(ledger, call("key-1", CLOCK), waterfall={"atp": np.int64(7), "share": np.float64(0.5)})
    ledger.settle(STORE, "key-1", Applied(), at=NOON)

    assert ledger.waterfall(STORE, CLOCK) == {"atp": 7, "share": 0.5}
