"""A write whose answer never came: reading and explaining decide, and doubt takes the lower offer.

The level showed 5 when the write was computed, and orders had taken 3 units from it by then.
"""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from inventory_sync.domain.settlement import settle_by_reading
from inventory_sync_tests.domain.samples import BROOKLYN

LEVEL = ["inventory_item_id", "store_location_id"]
SENT_AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
PATIENT, IMPATIENT = SENT_AT, SENT_AT + timedelta(seconds=1)


def intent(quantity, *, expected=5, taken=3):
    row = ("I-1", BROOKLYN, expected, quantity, taken, SENT_AT)
    columns = [*LEVEL, "expected_units", "quantity_units", "taken_units", "created_at"]
    return pd.DataFrame([row], columns=columns)


def verdict(quantity, shown, taken_now=3, *, patient_until, **when_computed):
    levels = pd.DataFrame([("I-1", BROOKLYN, shown)], columns=[*LEVEL, "available_units"])
    taken = pd.DataFrame([("I-1", BROOKLYN, taken_now)], columns=[*LEVEL, "taken_units"])
    judged = settle_by_reading(
        intent(quantity, **when_computed),
        levels.astype({"available_units": "Int64"}),
        taken,
        patient_until=patient_until,
    )
    return judged["verdict"].item()


@pytest.mark.parametrize("patient_until", [PATIENT, IMPATIENT])
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
        pytest.param(8, None, 3, "open", id="a level that cannot be read stays open"),
    ],
)
def test_what_is_shown_tells_what_became_of_the_write(
    quantity, shown, taken_now, expected, patient_until
):
    assert verdict(quantity, shown, taken_now, patient_until=patient_until) == expected


@pytest.mark.parametrize(
    ("quantity", "shown", "taken_now", "at_last"),
    [
        pytest.param(8, 7, 3, "applied", id="a raise: in between"),
        pytest.param(8, 4, 3, "applied", id="a raise: less than either"),
        pytest.param(8, 9, 3, "applied", id="a raise: more than either"),
        pytest.param(2, 3, 3, "not_applied", id="a lowering: in between"),
        pytest.param(2, 1, 3, "not_applied", id="a lowering: less than either"),
        pytest.param(6, 6, 2, "applied", id="a raise: applied, or one cancelled since"),
        pytest.param(4, 5, 2, "not_applied", id="a lowering: not applied, or one cancelled since"),
    ],
)
def test_in_doubt_a_missing_order_is_waited_for_and_at_last_counted(
    quantity, shown, taken_now, at_last
):
    """The hypothesis that explains more leaves more units missing: the lower offer."""
    assert verdict(quantity, shown, taken_now, patient_until=PATIENT) == "open"
    assert verdict(quantity, shown, taken_now, patient_until=IMPATIENT) == at_last


@pytest.mark.parametrize(
    ("quantity", "shown", "taken_now", "expected"),
    [
        pytest.param(6, 6, 0, "applied", id="applied, the two still unknown"),
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
    found = verdict(quantity, shown, taken_now, expected=8, taken=2, patient_until=PATIENT)
    assert found == expected


def test_a_level_without_any_orders_is_judged_too():
    levels = pd.DataFrame([("I-1", BROOKLYN, 8)], columns=[*LEVEL, "available_units"])
    nothing = pd.DataFrame(columns=[*LEVEL, "taken_units"])
    judged = settle_by_reading(intent(8, taken=0), levels, nothing, patient_until=PATIENT)
    assert judged["verdict"].tolist() == ["applied"]


def test_a_level_that_was_not_read_stays_open():
    nothing = pd.DataFrame(columns=[*LEVEL, "available_units"])
    taken = pd.DataFrame(columns=[*LEVEL, "taken_units"])
    judged = settle_by_reading(intent(8), nothing, taken, patient_until=IMPATIENT)
    assert judged["verdict"].tolist() == ["open"]


def test_without_open_intents_there_is_nothing_to_judge():
    levels = pd.DataFrame([("I-1", BROOKLYN, 8)], columns=[*LEVEL, "available_units"])
    taken = pd.DataFrame([("I-1", BROOKLYN, 3)], columns=[*LEVEL, "taken_units"])
    assert settle_by_reading(intent(8).head(0), levels, taken, patient_until=PATIENT).empty


def test_a_lowering_that_may_have_met_missing_units_is_not_taken_for_applied():
    """Eight may be the six with two given back, or the untouched eight with two still missing."""
    lost = {"expected": 8, "taken": 2}
    assert verdict(6, 8, 0, patient_until=PATIENT, **lost) == "open"
    assert verdict(6, 8, 0, patient_until=IMPATIENT, **lost) == "not_applied"
