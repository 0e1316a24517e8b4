"""Reservations come back as they were saved, and one that has ended stays ended."""

from dataclasses import replace

import pytest

from inventory_sync.domain.reservations import ReservationState
from inventory_sync.ledger import Ledger
from inventory_sync_tests.ledger.samples import ENDED, HELD, minutes


def test_a_reservation_comes_back_as_it_was_saved(ledger: Ledger) -> None:
    bare = replace(
        HELD, reservation_id="res-2", expires_at=None, inventory_item_id=None, taken_units=0
    )

    ledger.save_reservations([HELD, bare])

    assert ledger.reservation("res-1") == HELD
    assert ledger.reservation("res-2") == bare
    assert ledger.reservation("res-3") is None


def test_the_oldest_come_first_and_those_that_wait_can_be_asked_for_alone(ledger: Ledger) -> None:
    young = replace(HELD, reservation_id="res-0", created_at=minutes(1))
    ended = replace(ENDED, reservation_id="res-9", created_at=minutes(-1))

    ledger.save_reservations([young, HELD, ended])

    assert [one.reservation_id for one in ledger.reservations()] == ["res-9", "res-1", "res-0"]
    assert ledger.reservations(held_only=True) == [HELD, young]


def test_a_held_one_may_change_and_end(ledger: Ledger) -> None:
    smaller = replace(HELD, quantity_units=30, expires_at=minutes(120))
    ledger.save_reservations([HELD])

    ledger.save_reservations([smaller])
    assert ledger.reservation("res-1") == smaller

    ledger.save_reservations([ENDED])
    assert ledger.reservation("res-1") == ENDED


ENDS = ("confirmed", "released", "expired")


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("late", ["held", "refused", *ENDS])
def test_a_reservation_stays_in_the_state_it_ended_in(
    ledger: Ledger, end: ReservationState, late: ReservationState
) -> None:
    ledger.save_reservations([HELD])
    ledger.save_reservations([replace(ENDED, state=end)])

    ledger.save_reservations([replace(HELD, state=late, quantity_units=1)])

    kept = ledger.reservation("res-1")
    assert kept is not None
    assert kept.state == end
    assert kept.quantity_units == (1 if late == end else 40)


def test_a_refused_one_may_be_tried_again(ledger: Ledger) -> None:
    ledger.save_reservations([replace(HELD, state="refused")])
    ledger.save_reservations([HELD])

    assert ledger.reservation("res-1") == HELD


def test_what_is_still_to_be_done_is_known_until_it_is_done(ledger: Ledger) -> None:
    asked = replace(HELD, next_step="reserve")
    ledger.save_reservations([asked, replace(HELD, reservation_id="res-2")])
    assert ledger.unfinished_reservations() == [asked]

    ledger.step_done("res-1", "reserve")
    assert ledger.unfinished_reservations() == []
    assert ledger.reservation("res-1") == HELD


def test_a_step_that_was_asked_for_meanwhile_stays(ledger: Ledger) -> None:
    ledger.save_reservations([replace(ENDED, next_step="release")])
    ledger.step_done("res-1", "reserve")

    (left,) = ledger.unfinished_reservations()
    assert left.next_step == "release"


def test_the_reservations_of_one_order_can_be_asked_for(ledger: Ledger) -> None:
    other = replace(HELD, reservation_id="res-2", order_id="inventory-sync:other")
    ledger.save_reservations([HELD, other])

    assert ledger.reservations(order_id="inventory-sync:other") == [other]


def test_nothing_to_save_is_fine(ledger: Ledger) -> None:
    ledger.save_reservations([])

    assert ledger.reservations() == []
