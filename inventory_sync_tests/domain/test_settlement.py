"""A write whose answer never came: reading and explaining decide, and doubt takes the lower offer.

The level showed 5 when the write was computed, and orders had taken 3 units from it by then.
"""

import pandas as pd
import pytest

from inventory_sync.domain.settlement import settle_by_reading
from inventory_sync_tests.domain.samples import BROOKLYN

LEVEL = ["inventory_item_id", "store_location_id"]


def intent(quantity, *, expected=5, taken=3):
    row = ("I-1", BROOKLYN, expected, quantity, taken)
    return pd.DataFrame([row], columns=[*LEVEL, "expected_units", "quantity_units", "taken_units"])


def verdict(quantity, shown, taken_now=3, **when_computed):
    levels = pd.DataFrame([("I-1", BROOKLYN, shown)], columns=[*LEVEL, "available_units"])
    taken = pd.DataFrame([("I-1", BROOKLYN, taken_now)], columns=[*LEVEL, "taken_units"])
    judged = settle_by_reading(
        intent(quantity, **when_computed), levels.astype({"available_units": "Int64"}), taken
    )
    return judged["verdict"].item()


@pytest.mark.parametrize(
    ("quantity", "shown", "taken_now", "expected"),
    [
        pytest.param(8, 8, 3, "applied", id="a raise that is to be seen"),
        pytest.param(8, 5, 3, "not_applied", id="a raise that is not to be seen"),
        pytest.param(2, 2, 3, "applied", id="a lowering that is to be seen"),
        pytest.param(2, 5, 3, "not_applied", id="a lowering that is not to be seen"),
        pytest.param(8, 6, 5, "applied", id="a raise, and two ordered since"),
        pytest.param(8, 3, 5, "not_applied", id="no raise, and two ordered since"),
        pytest.param(2, 1, 4, "applied", id="a lowering, and one ordered since"),
        pytest.param(2, 4, 4, "not_applied", id="no lowering, and one ordered since"),
        pytest.param(9, 10, 2, "applied", id="a raise, and one cancelled since"),
        pytest.param(9, 6, 2, "not_applied", id="no raise, and one cancelled since"),
        pytest.param(8, 7, 3, "applied", id="neither fits a raise: more is explained by applied"),
        pytest.param(8, 4, 3, "applied", id="less than both, raise: as much demand as possible"),
        pytest.param(2, 1, 3, "not_applied", id="less than both, lowering: as much demand"),
        pytest.param(2, 3, 3, "not_applied", id="in between, lowering: as much demand"),
        pytest.param(6, 6, 2, "applied", id="both fit a raise: applied, or one cancelled since"),
        pytest.param(4, 5, 2, "not_applied", id="both fit a lowering: as much demand"),
        pytest.param(8, None, 3, "open", id="a level that cannot be read stays open"),
    ],
)
def test_what_became_of_a_lost_write(quantity, shown, taken_now, expected):
    assert verdict(quantity, shown, taken_now) == expected


@pytest.mark.parametrize(
    ("quantity", "shown", "taken_now", "expected"),
    [
        pytest.param(6, 6, 0, "applied", id="applied, the two still unknown"),
        pytest.param(6, 8, 0, "not_applied", id="not applied, the two still unknown"),
        pytest.param(6, 6, 1, "applied", id="applied, one of the two known"),
        pytest.param(6, 8, 1, "not_applied", id="not applied, one of the two known"),
        pytest.param(6, 6, 2, "applied", id="applied, the two known by now"),
        pytest.param(6, 8, 2, "not_applied", id="not applied, the two known by now"),
        pytest.param(6, 5, 3, "applied", id="applied, the two known and one more"),
        pytest.param(6, 7, 3, "not_applied", id="not applied, the two known and one more"),
    ],
)
def test_a_lost_lowering_while_two_units_were_missing(quantity, shown, taken_now, expected):
    """Ten published, eight shown, two missing: the write 8 -> 6 carries them as taken (2)."""
    assert verdict(quantity, shown, taken_now, expected=8, taken=2) == expected


def test_a_level_without_any_orders_is_judged_too():
    levels = pd.DataFrame([("I-1", BROOKLYN, 8)], columns=[*LEVEL, "available_units"])
    nothing = pd.DataFrame(columns=[*LEVEL, "taken_units"])
    judged = settle_by_reading(intent(8, taken=0), levels, nothing)
    assert judged["verdict"].tolist() == ["applied"]


def test_a_level_that_was_not_read_stays_open():
    nothing = pd.DataFrame(columns=[*LEVEL, "available_units"])
    taken = pd.DataFrame(columns=[*LEVEL, "taken_units"])
    assert settle_by_reading(intent(8), nothing, taken)["verdict"].tolist() == ["open"]


def test_without_open_intents_there_is_nothing_to_judge():
    levels = pd.DataFrame([("I-1", BROOKLYN, 8)], columns=[*LEVEL, "available_units"])
    taken = pd.DataFrame([("I-1", BROOKLYN, 3)], columns=[*LEVEL, "taken_units"])
    assert settle_by_reading(intent(8).head(0), levels, taken).empty
