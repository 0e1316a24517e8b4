"""What an event pass is told of a few SKUs: their levels, lines and doubts, as of one instant."""

from typing import Any

from inventory_sync.domain.known import KnownLevel
from inventory_sync.domain.publication import Applied, LevelKey, Refusal, Refused
from inventory_sync.ledger import Ledger
from inventory_sync_tests.ledger.samples import (
    CLOCK,
    LAX,
    NYC,
    PASS,
    SPOON,
    STORE,
    TABLE,
    call,
    levels,
    line,
    minutes,
    prepare,
)

STALE = Refused(rows={0: Refusal("CHANGE_FROM_QUANTITY_STALE", "it is 4")})
CLOCK_LAX = LevelKey(CLOCK.inventory_item_id, LAX)


def adopt(ledger: Ledger, *rows: tuple[Any, ...], store: str = STORE) -> None:
    """Rows of (level, SKU, quantity, taken)."""
    columns = ("sku", "quantity_units", "taken_units", "version")
    found = levels(*((*row, 0) for row in rows), columns=columns)
    ledger.adopt(store, found, pass_id=PASS, at=minutes(0))


def known_levels(ledger: Ledger, *skus: str) -> list[KnownLevel]:
    return list(ledger.known(skus, stale_since=minutes(0)).levels)


def line_ids(ledger: Ledger, *skus: str) -> list[str]:
    return [found.line_id for found in ledger.known(skus, stale_since=minutes(0)).lines]


def test_the_levels_of_the_skus_in_all_stores_and_no_others(ledger: Ledger) -> None:
    adopt(ledger, (CLOCK, "RETRO-CLOCK", 4, 1), (TABLE, "OAK-TABLE", 6, 0))
    adopt(ledger, (CLOCK_LAX, "RETRO-CLOCK", 9, 2), store="b2c-eu")

    assert known_levels(ledger, "RETRO-CLOCK", "NO-SUCH-SKU") == [
        KnownLevel("b2b-us", CLOCK, "RETRO-CLOCK", 4, 1, 0, False, 0, None),
        KnownLevel("b2c-eu", CLOCK_LAX, "RETRO-CLOCK", 9, 2, 0, False, 0, None),
    ]
    assert known_levels(ledger) == []


def test_a_level_tells_its_last_write_and_from_which_figures_it_came(ledger: Ledger) -> None:
    prepare(ledger, call("key-1", CLOCK, quantity=7), taken=3, as_of=minutes(-1))
    ledger.settle(STORE, "key-1", Applied(), at=minutes(1))

    assert known_levels(ledger, "RETRO-CLOCK") == [
        KnownLevel(STORE, CLOCK, "RETRO-CLOCK", 7, 3, 1, False, 0, minutes(-1))
    ]


def test_a_level_is_busy_while_its_write_has_no_outcome(ledger: Ledger) -> None:
    adopt(ledger, (CLOCK, "RETRO-CLOCK", 5, 0), (TABLE, "OAK-TABLE", 5, 0))
    prepare(ledger, call("key-1", CLOCK))

    busy = {level.sku: level.is_busy for level in known_levels(ledger, "RETRO-CLOCK", "OAK-TABLE")}
    assert busy == {"RETRO-CLOCK": True, "OAK-TABLE": False}

    ledger.settle(STORE, "key-1", STALE, at=minutes(1))
    assert not known_levels(ledger, "RETRO-CLOCK")[0].is_busy


def test_stale_answers_are_counted_since_an_instant_and_other_refusals_are_not(
    ledger: Ledger,
) -> None:
    adopt(ledger, (CLOCK, "RETRO-CLOCK", 5, 0), (CLOCK_LAX, "RETRO-CLOCK", 5, 0))
    for minute in (1, 2, 3):
        prepare(ledger, call(f"key-{minute}", CLOCK))
        ledger.settle(STORE, f"key-{minute}", STALE, at=minutes(minute))
    prepare(ledger, call("key-4", CLOCK))
    other = Refused(rows={0: Refusal("INVALID_LOCATION", "no such location")})
    ledger.settle(STORE, "key-4", other, at=minutes(4))

    def counted(since: float) -> dict[LevelKey, int]:
        found = ledger.known(["RETRO-CLOCK"], stale_since=minutes(since))
        return {level.key: level.stale_answers for level in found.levels}

    assert counted(0) == {CLOCK: 3, CLOCK_LAX: 0}
    assert counted(2) == {CLOCK: 2, CLOCK_LAX: 0}
    assert counted(3.5) == {CLOCK: 0, CLOCK_LAX: 0}


def test_lines_of_the_sku_are_told_in_a_fixed_order_with_all_they_hold(ledger: Ledger) -> None:
    lines = [
        line(line_id="b", store_location_id=LAX, current_units=2, taken_units=0),
        line(line_id="b"),
        line(line_id="a", store_location_id=None, inventory_item_id=None),
    ]
    ledger.record_order_lines(STORE, lines, read_at=minutes(1))
    ledger.record_order_lines("b2c-eu", [line(line_id="z", sku="OAK-TABLE")], read_at=minutes(1))

    found = ledger.known(["RETRO-CLOCK"], stale_since=minutes(0)).lines

    assert [(x.store, x.line_id, x.store_location_id) for x in found] == [
        (STORE, "a", None),
        (STORE, "b", NYC),
        (STORE, "b", LAX),
    ]
    assert (found[0].sku, found[0].inventory_item_id) == ("RETRO-CLOCK", None)
    assert (found[2].current_units, found[2].taken_units) == (2, 0)
    assert (found[2].order_id, found[2].first_seen_at) == (line().order_id, minutes(1))


def test_lines_of_an_item_that_is_published_as_the_sku_are_told_once(ledger: Ledger) -> None:
    """What was sold under the item's earlier name has been taken from the same level."""
    adopt(ledger, (CLOCK, "RETRO-CLOCK", 5, 0), (CLOCK_LAX, "RETRO-CLOCK", 5, 0))
    lines = [
        line(line_id="a"),
        line(line_id="b", sku="OLD-CLOCK"),
        line(line_id="c", sku=None),
        line(line_id="d", sku="OAK-TABLE", inventory_item_id=TABLE.inventory_item_id),
    ]
    ledger.record_order_lines(STORE, lines, read_at=minutes(1))
    ledger.record_order_lines("b2c-eu", [line(line_id="e", sku="OLD-CLOCK")], read_at=minutes(1))

    # The same item number in another store is another item.
    assert line_ids(ledger, "RETRO-CLOCK") == ["a", "b", "c"]
    assert line_ids(ledger, "OLD-CLOCK") == ["b", "e"]
    assert line_ids(ledger) == []


def test_the_orders_of_some_skus_are_those_of_the_lines_that_are_known(ledger: Ledger) -> None:
    adopt(ledger, (CLOCK, "RETRO-CLOCK", 5, 0))
    orders = {
        "order 1": line(order_id="order 1", line_id="a"),
        "order 2": line(order_id="order 2", line_id="b", sku="OLD-CLOCK"),
        "order 3": line(
            order_id="order 3",
            line_id="c",
            sku="OAK-TABLE",
            inventory_item_id=TABLE.inventory_item_id,
        ),
    }
    ledger.record_order_lines(STORE, list(orders.values()), read_at=minutes(1))
    elsewhere = line(order_id="order 4", line_id="d", inventory_item_id=None)
    ledger.record_order_lines("b2c-eu", [elsewhere], read_at=minutes(1))

    assert ledger.order_ids_of(["RETRO-CLOCK"]) == ["order 1", "order 2", "order 4"]
    assert ledger.order_ids_of(["OAK-TABLE", "OLD-CLOCK"]) == ["order 2", "order 3"]
    assert ledger.order_ids_of([]) == []


def test_doubts_are_replaced_by_scope(ledger: Ledger) -> None:
    def doubtful() -> set[str]:
        skus = ["RETRO-CLOCK", "OAK-TABLE", "MINIMALIST-SPOON"]
        return set(ledger.known(skus, stale_since=minutes(0)).doubtful)

    ledger.record_doubts("erp", ["RETRO-CLOCK", "OAK-TABLE"], pass_id="pass-1")
    ledger.record_doubts(STORE, ["RETRO-CLOCK"], pass_id="pass-1")
    assert doubtful() == {"RETRO-CLOCK", "OAK-TABLE"}

    ledger.record_doubts("erp", ["MINIMALIST-SPOON"], pass_id="pass-2")
    assert doubtful() == {"RETRO-CLOCK", "MINIMALIST-SPOON"}

    ledger.record_doubts(STORE, [], pass_id="pass-2")
    assert doubtful() == {"MINIMALIST-SPOON"}
    assert ledger.known(["OAK-TABLE"], stale_since=minutes(0)).doubtful == frozenset()


def test_reading_what_is_known_waits_for_nobody(ledger: Ledger) -> None:
    """Levels that are locked by a write are read as they were."""
    adopt(ledger, (SPOON, "MINIMALIST-SPOON", 5, 0))
    with ledger._engine.begin() as writer:
        writer.exec_driver_sql("lock table inventory_sync.publications in exclusive mode")

        assert [level.base_units for level in known_levels(ledger, "MINIMALIST-SPOON")] == [5]
