"""Who was right, where a store that somebody else writes differs from us."""

from datetime import UTC, datetime, timedelta

import pytest

from inventory_sync.domain.shadow import CutLine, Difference, Right, Sight, judged

BEGAN = datetime(2026, 11, 23, 9, tzinfo=UTC)
CUT = (CutLine("#1042", BEGAN + timedelta(minutes=5), 3),)


def difference(shown_units: int, wanted_units: int, taken_units: int = 0) -> Difference:
    return Difference(BEGAN, Sight(shown_units, wanted_units, taken_units))


@pytest.mark.parametrize(
    ("met_at", "right"), [(7, Right.OURS), (10, Right.THEIRS), (8, Right.OURS), (9, Right.THEIRS)]
)
def test_whoever_was_nearer_to_where_both_meet_was_right(met_at: int, right: Right) -> None:
    verdict = judged(difference(10, 7), Sight(met_at, met_at, 0), ())
    assert verdict is not None
    assert verdict[0] == right


def test_at_half_way_neither_was_right() -> None:
    assert judged(difference(10, 6), Sight(8, 8, 0), ()) == (
        Right.NEITHER,
        "both met half-way",
    )


def test_what_was_sold_meanwhile_moves_both() -> None:
    verdict = judged(difference(10, 7, taken_units=1), Sight(5, 5, taken_units=3), ())
    assert verdict is not None
    assert verdict[0] == Right.OURS, "7 less 2 that were sold"


def test_while_they_are_apart_and_no_order_failed_nothing_is_decided() -> None:
    assert judged(difference(10, 7), Sight(12, 7, 0), ()) is None


def test_an_order_that_the_erp_does_not_deliver_proves_the_higher_number_wrong() -> None:
    verdict = judged(difference(10, 7), Sight(10, 7, 0), CUT)
    assert verdict is not None
    assert verdict[0] == Right.OURS
    assert "3 units of order #1042" in verdict[1]
    assert judged(difference(7, 10), Sight(7, 10, 0), CUT) is None, "the store showed less"


def test_an_order_from_before_proves_nothing() -> None:
    before = CutLine("#1001", BEGAN - timedelta(minutes=1), 3)
    assert judged(difference(10, 7), Sight(10, 7, 0), (before,)) is None


def test_what_an_order_has_proved_stays() -> None:
    proved = Difference(BEGAN, Sight(10, 7, 0), Right.OURS, "order #1042")
    assert judged(proved, Sight(10, 10, 0), ()) == (Right.OURS, "order #1042")
