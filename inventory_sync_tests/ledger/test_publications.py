"""What a store should show, and what it showed when it was read."""

import pytest

from inventory_sync.domain.publication import Applied, LevelKey, Refused
from inventory_sync.ledger import Ledger
from inventory_sync_tests.ledger.samples import (
    CLOCK,
    PASS,
    SPOON,
    STORE,
    TABLE,
    call,
    levels,
    minutes,
    prepare,
)

ADOPTED = ("sku", "quantity_units", "taken_units", "version")


def test_nothing_published_is_an_empty_frame_of_the_same_columns(ledger: Ledger) -> None:
    empty = ledger.publications(STORE)
    ledger.adopt(
        STORE, levels((CLOCK, "RETRO-CLOCK", 4, 1, 0), columns=ADOPTED), pass_id=PASS, at=minutes(0)
    )
    filled = ledger.publications(STORE)

    assert empty.empty
    assert empty.dtypes.to_dict() == filled.dtypes.to_dict()
    assert filled.dtypes.astype(str).to_dict() == {
        "inventory_item_id": "str",
        "store_location_id": "str",
        "sku": "str",
        "quantity_units": "int64",
        "taken_units": "int64",
        "origin": "str",
        "version": "int64",
        "pass_id": "str",
        "published_at": "datetime64[us, UTC]",
        "observed_units": "Int64",
        "observed_at": "datetime64[us, UTC]",
        "as_of": "datetime64[us, UTC]",
    }


def test_an_adopted_quantity_is_the_base_and_keeps_the_version_of_our_last_write(
    ledger: Ledger,
) -> None:
    prepare(ledger, call("key-1", CLOCK, quantity=7))
    ledger.settle(STORE, "key-1", Applied(), at=minutes(1))

    rows = (CLOCK, "RETRO-CLOCK", 40, 2, 1), (TABLE, "OAK-TABLE", -3, 0, 0)
    found = levels(*rows, columns=ADOPTED)
    ledger.adopt(STORE, found, pass_id="pass-2", at=minutes(2))

    shown = ledger.publications(STORE).set_index("sku")
    columns = ["quantity_units", "taken_units", "observed_units", "version", "origin", "pass_id"]
    assert list(shown.loc["RETRO-CLOCK", columns]) == [40, 2, 40, 1, "adopted", "pass-2"]
    assert list(shown.loc["OAK-TABLE", columns]) == [-3, 0, -3, 0, "adopted", "pass-2"]
    assert ledger.waterfall(STORE, CLOCK) is None


def test_a_level_with_an_open_write_is_not_adopted_and_the_others_are(ledger: Ledger) -> None:
    prepare(ledger, call("key-1", CLOCK))

    found = levels((TABLE, "OAK-TABLE", 3, 0, 0), (CLOCK, "RETRO-CLOCK", 5, 0, 0), columns=ADOPTED)
    ledger.adopt(STORE, found, pass_id=PASS, at=minutes(1))

    assert ledger.publications(STORE)["sku"].tolist() == ["OAK-TABLE"]


@pytest.mark.parametrize("applied", [True, False])
def test_a_level_that_was_written_since_it_was_read_keeps_the_base_of_that_write(
    ledger: Ledger, applied: bool
) -> None:
    found = levels((CLOCK, "RETRO-CLOCK", 5, 0, 0), columns=ADOPTED)
    ledger.adopt(STORE, found, pass_id=PASS, at=minutes(0))
    prepare(ledger, call("key-1", CLOCK, quantity=7), waterfall={"atp": 7})
    ledger.settle(STORE, "key-1", Applied() if applied else Refused(rows={}), at=minutes(1))

    ledger.adopt(STORE, found.assign(quantity_units=6), pass_id="pass-2", at=minutes(2))

    kept = ledger.publications(STORE).iloc[0]
    assert (kept["quantity_units"], kept["version"]) == ((7, 1) if applied else (6, 0))
    assert ledger.waterfall(STORE, CLOCK) == ({"atp": 7} if applied else None)


def test_a_first_write_since_the_reading_keeps_its_base_too(ledger: Ledger) -> None:
    prepare(ledger, call("key-1", CLOCK, quantity=7))
    ledger.settle(STORE, "key-1", Applied(), at=minutes(1))

    found = levels((CLOCK, "RETRO-CLOCK", 5, 0, 0), columns=ADOPTED)
    ledger.adopt(STORE, found, pass_id="pass-2", at=minutes(2))

    assert ledger.publications(STORE)["quantity_units"].tolist() == [7]


def test_readings_are_noted_for_known_levels_and_never_go_back_in_time(ledger: Ledger) -> None:
    found = levels((CLOCK, "RETRO-CLOCK", 4, 0, 0), (TABLE, "OAK-TABLE", 6, 0, 0), columns=ADOPTED)
    ledger.adopt(STORE, found, pass_id=PASS, at=minutes(0))

    seen = levels((CLOCK, 3), (SPOON, 9), columns=("observed_units",))
    ledger.record_observed(STORE, seen, at=minutes(2))
    late = levels((CLOCK, 4), columns=("observed_units",))
    ledger.record_observed(STORE, late, at=minutes(1))

    shown = ledger.publications(STORE).set_index("sku")
    assert shown["observed_units"].to_dict() == {"RETRO-CLOCK": 3, "OAK-TABLE": 6}
    assert shown.loc["RETRO-CLOCK", "observed_at"] == minutes(2)
    assert shown.loc["RETRO-CLOCK", "quantity_units"] == 4


def test_stores_are_never_mixed(ledger: Ledger) -> None:
    found = levels((CLOCK, "RETRO-CLOCK", 4, 0, 0), columns=ADOPTED)
    ledger.adopt("b2b-us", found, pass_id=PASS, at=minutes(0))
    ledger.adopt("b2c-eu", found.assign(quantity_units=8), pass_id=PASS, at=minutes(0))
    seen = levels((CLOCK, 1), columns=("observed_units",))
    ledger.record_observed("b2c-eu", seen, at=minutes(1))

    assert ledger.publications("b2b-us")["observed_units"].tolist() == [4]
    assert ledger.publications("b2c-eu")["observed_units"].tolist() == [1]


def test_the_levels_of_a_few_items_can_be_read_alone(ledger: Ledger) -> None:
    found = levels((CLOCK, "RETRO-CLOCK", 4, 0, 0), (TABLE, "OAK-TABLE", 6, 0, 0), columns=ADOPTED)
    ledger.adopt(STORE, found, pass_id=PASS, at=minutes(0))

    one = ledger.publications(STORE, [TABLE.inventory_item_id, "gid://shopify/InventoryItem/0"])

    assert one["sku"].tolist() == ["OAK-TABLE"]
    assert ledger.publications(STORE, []).empty


def test_any_text_comes_back_as_it_went_in(ledger: Ledger) -> None:
    skus = ["", 'six" plate, oak', "two\nlines", "O'Hare 100% \\N", "Bär 熊", "NULL"]
    keys = [LevelKey(f"item {n}", "NYC") for n in range(len(skus))]
    found = levels(*((k, s, 1, 0, 0) for k, s in zip(keys, skus, strict=True)), columns=ADOPTED)

    ledger.adopt("100%", found, pass_id=PASS, at=minutes(0))

    shown = ledger.publications("100%").set_index("inventory_item_id")["sku"]
    assert shown.to_dict() == {k.inventory_item_id: s for k, s in zip(keys, skus, strict=True)}
