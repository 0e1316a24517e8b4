"""Commitments that end are looked at by the clock, each once."""

from inventory_sync.domain.dirty import Clock
from inventory_sync.ledger import Ledger
from inventory_sync_tests.ledger.samples import minutes


def clock(commitment: str, sku: str, rings: float) -> Clock:
    return Clock(commitment, sku, minutes(rings))


def rung(ledger: Ledger, now: float = 1000) -> list[str]:
    return ledger.ring_clocks(now=minutes(now))


def test_the_next_clock_is_the_earliest(ledger: Ledger) -> None:
    assert ledger.next_clock() is None

    ledger.set_clocks(
        None, [clock("H-1", "OAK-TABLE", 9), clock("H-2", "RETRO-CLOCK", 4)], at=minutes(0)
    )

    assert ledger.next_clock() == minutes(4)


def test_a_clock_rings_once_and_marks_its_sku_for_the_hold_lane(ledger: Ledger) -> None:
    ledger.set_clocks(
        None,
        [
            clock("H-1", "RETRO-CLOCK", 4),
            clock("H-2", "OAK-TABLE", 5),
            clock("H-3", "RETRO-CLOCK", 3),
            clock("H-4", "WALL-LAMP", 6),
        ],
        at=minutes(0),
    )

    assert rung(ledger, now=5) == ["OAK-TABLE", "RETRO-CLOCK"]
    assert rung(ledger, now=5) == []

    table, lamp_due = ledger.take(["hold_events"], due=minutes(9), limit=9), ledger.next_clock()
    assert [(row.sku, row.occurred_at, row.reason, row.marks) for row in table] == [
        ("RETRO-CLOCK", minutes(3), "expired", 2),
        ("OAK-TABLE", minutes(5), "expired", 1),
    ]
    assert lamp_due == minutes(6)


def test_clocks_are_replaced_for_the_skus_that_were_read_alone(ledger: Ledger) -> None:
    ledger.set_clocks(
        None, [clock("H-1", "OAK-TABLE", 5), clock("H-2", "RETRO-CLOCK", 4)], at=minutes(0)
    )

    ledger.set_clocks(["RETRO-CLOCK", "WALL-LAMP"], [clock("H-3", "WALL-LAMP", 6)], at=minutes(1))

    assert rung(ledger) == ["OAK-TABLE", "WALL-LAMP"]


def test_without_skus_all_clocks_are_replaced(ledger: Ledger) -> None:
    ledger.set_clocks(None, [clock("H-1", "OAK-TABLE", 5)], at=minutes(0))

    ledger.set_clocks(None, [clock("H-2", "RETRO-CLOCK", 5)], at=minutes(1))

    assert rung(ledger) == ["RETRO-CLOCK"]


def test_no_skus_replace_no_clock(ledger: Ledger) -> None:
    ledger.set_clocks(None, [clock("H-1", "OAK-TABLE", 5)], at=minutes(0))

    ledger.set_clocks([], [], at=minutes(1))

    assert rung(ledger) == ["OAK-TABLE"]


def test_a_commitment_that_moved_rings_at_its_new_time_under_its_new_sku(ledger: Ledger) -> None:
    ledger.set_clocks(["OAK-TABLE"], [clock("H-1", "OAK-TABLE", 5)], at=minutes(0))

    ledger.set_clocks(["RETRO-CLOCK"], [clock("H-1", "RETRO-CLOCK", 7)], at=minutes(1))

    assert ledger.next_clock() == minutes(7)
    assert rung(ledger) == ["RETRO-CLOCK"]


def test_what_a_later_reading_set_is_not_replaced_by_an_earlier_one(ledger: Ledger) -> None:
    ledger.set_clocks(["OAK-TABLE"], [clock("H-1", "OAK-TABLE", 5)], at=minutes(2))

    ledger.set_clocks(None, [], at=minutes(1))
    ledger.set_clocks(["OAK-TABLE"], [clock("H-1", "OAK-TABLE", 9)], at=minutes(1))

    assert ledger.next_clock() == minutes(5)


def test_of_two_clocks_of_one_commitment_the_earlier_counts(ledger: Ledger) -> None:
    ledger.set_clocks(
        None,
        [clock("H-1", "OAK-TABLE", 9), clock("H-1", "OAK-TABLE", 5), clock("H-1", "OAK-TABLE", 7)],
        at=minutes(0),
    )

    assert ledger.next_clock() == minutes(5)
