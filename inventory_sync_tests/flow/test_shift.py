"""A shift works between the visits of those who look after it, and ends when nobody comes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from inventory_sync.flow import shift as shift_module
from inventory_sync.flow.lane import Handover, LaneWorker
from inventory_sync.flow.shift import Shift

PATIENCE_SECONDS = 30
MOMENT = timedelta(milliseconds=20)


class Lane:
    """A lane whose turns do what the test says; it sleeps until it is rung."""

    name = "order_events"

    def __init__(self) -> None:
        self.bell = threading.Event()
        self.turns = threading.Semaphore(0)
        self.is_mine, self.held, self.asked_for = True, 0, 0
        self.does: Any = lambda: None
        self.serves: Any = lambda work: None

    @contextmanager
    def alone(self) -> Iterator[bool]:
        self.held += self.is_mine
        yield self.is_mine

    def look(self) -> Any:
        self.bell.clear()
        turn = self.does()
        self.turns.release()
        return turn

    def serve(self, work: Any, report: Any) -> Any:
        return self.serves(work)

    def asked(self) -> None:
        self.asked_for += 1

    def ring(self) -> None:
        self.bell.set()

    def wait(self, seconds: float) -> None:
        self.bell.wait(max(0.0, seconds))

    def await_turn(self) -> None:
        assert self.turns.acquire(timeout=PATIENCE_SECONDS)


@pytest.fixture
def lane() -> Lane:
    return Lane()


@pytest.fixture
def shift(lane: Lane) -> Iterator[Shift]:
    shift = Shift(cast(LaneWorker, lane), lambda report: None, lambda: datetime.now(UTC))
    yield shift
    shift.stop()


def test_a_visit_sees_one_whole_turn_however_short_it_is(lane: Lane, shift: Shift) -> None:
    assert shift.visit(timedelta(0)) is None
    lane.await_turn()


def test_the_lane_is_served_between_two_visits(lane: Lane, shift: Shift) -> None:
    shift.visit(MOMENT)
    lane.await_turn()
    lane.ring()
    lane.await_turn()
    assert lane.held == 1, "it is the same shift"


def test_what_needs_a_run_ends_the_visit_and_the_lane_works_on(lane: Lane, shift: Shift) -> None:
    lane.does = lambda: Handover("a lot")
    assert shift.visit(timedelta(minutes=10)) == Handover("a lot")
    assert lane.asked_for == 1
    lane.await_turn()
    lane.ring()
    lane.await_turn()


def test_a_handover_that_a_run_has_served_meanwhile_is_not_told_any_more(
    lane: Lane, shift: Shift
) -> None:
    lane.does = lambda: Handover("a lot")
    shift.visit(MOMENT)
    lane.does = lambda: None
    assert shift.visit(MOMENT) is None


def test_what_the_lane_raises_between_visits_is_raised_by_the_next_one(
    lane: Lane, shift: Shift
) -> None:
    shift.visit(MOMENT)
    lane.await_turn()

    def fail() -> None:
        raise RuntimeError("the power is out")

    lane.does = fail
    lane.ring()
    with pytest.raises(RuntimeError, match="the power is out"):
        shift.visit(timedelta(minutes=10))
    lane.does = lambda: None
    assert shift.visit(MOMENT) is None, "the one after it begins anew"
    assert lane.held == 2


def test_without_visits_it_ends_by_itself(
    lane: Lane, shift: Shift, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shift_module, "LINGER", MOMENT)
    shift.visit(timedelta(0))
    for thread in threading.enumerate():
        if thread.name == "shift order_events":
            thread.join(PATIENCE_SECONDS)
            assert not thread.is_alive()


def test_while_another_process_has_the_lane_a_visit_comes_back_empty(
    lane: Lane, shift: Shift
) -> None:
    lane.is_mine = False
    assert shift.visit(timedelta(minutes=10)) is None
    assert not lane.turns.acquire(blocking=False)


def test_while_one_piece_of_work_is_served_the_lane_hears_the_next(
    lane: Lane, shift: Shift
) -> None:
    """A store that answers late does not keep the next event waiting."""
    work = [["RETRO-CLOCK"], ["OAK-TABLE"]]
    lane.does = lambda: work.pop(0) if work else None
    meeting = threading.Barrier(2)
    lane.serves = lambda found: meeting.wait(PATIENCE_SECONDS) and None
    shift.visit(timedelta(0))
    for _ in range(3):
        lane.await_turn()
    assert not meeting.broken and not work


def test_what_a_pass_raises_ends_the_shift_for_all_its_hands(lane: Lane, shift: Shift) -> None:
    work = [["RETRO-CLOCK"]]
    lane.does = lambda: work.pop(0) if work else None

    def fail(found: Any) -> None:
        raise RuntimeError("the power is out")

    lane.serves = fail
    with pytest.raises(RuntimeError, match="the power is out"):
        shift.visit(timedelta(minutes=10))
    assert shift.visit(MOMENT) is None
    assert lane.held == 2
