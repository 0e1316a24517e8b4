"""What the guard remembers in PostgreSQL: recent moves, and plans that wait."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from inventory_sync.domain.publication import Applied, Decided, LevelKey
from inventory_sync.domain.stops import (
    EVERY_STORE,
    GuardMemory,
    Objection,
    PlannedChange,
    StoppedPass,
    Tally,
)
from inventory_sync.ledger import Ledger
from inventory_sync_tests.ledger.samples import CLOCK, PASS, STORE, TABLE, call, minutes

ZEROED = Objection("zeroed", "it would set to zero 30 of 100 levels", 30)
STOP = StoppedPass(
    "pass-1",
    STORE,
    minutes(0),
    (ZEROED,),
    tally=Tally(30, 2, 31),
    levels=100,
    changed_levels=40,
    changes=(PlannedChange("RETRO-CLOCK", CLOCK.store_location_id, 7, 0, {"atp": None}),),
)


def written(ledger: Ledger, *units: int, level: LevelKey = CLOCK, minute: int = 0) -> None:
    """The level went through these quantities, a minute apart."""
    for step, (before, after) in enumerate(pairwise(units)):
        key, at = f"key-{level.inventory_item_id}-{minute}-{step}", minutes(minute + step)
        ledger.prepare(
            STORE,
            PASS,
            call(key, level, expected=before, quantity=after),
            decided={level: Decided(0, ledger_version(ledger, level), {})},
            as_of=at,
            created_at=at,
        )
        ledger.settle(STORE, key, Applied(), at=at)


def ledger_version(ledger: Ledger, level: LevelKey) -> int:
    rows = ledger.publications(STORE)
    mine = rows[rows["inventory_item_id"] == level.inventory_item_id]
    return int(mine["version"].max()) if len(mine) else 0


def recent(ledger: Ledger, since: int = -60) -> Tally:
    return ledger.recent_moves(since=minutes(since)).get(STORE, Tally())


class TestRecentMoves:
    def test_a_first_publication_does_not_count(self, ledger: Ledger) -> None:
        written(ledger, 0, 20)
        assert recent(ledger) == Tally()

    @pytest.mark.parametrize(
        ("units", "tally"),
        [
            ((20, 0), Tally(zeroed=1, dropped=1)),
            ((20, 31), Tally(raised=1)),
            ((20, 30), Tally()),
            ((0, 1), Tally(raised=1)),
            ((20, 9), Tally(dropped=1)),
            ((20, 10), Tally()),
            ((20, 0, 20), Tally()),
            ((20, 12, 6, 3), Tally(dropped=1)),
        ],
        ids=str,
    )
    def test_a_level_counts_by_where_it_was_and_where_it_is(
        self, ledger: Ledger, units: tuple[int, ...], tally: Tally
    ) -> None:
        written(ledger, 0, units[0], minute=-90)
        written(ledger, *units)
        assert recent(ledger) == tally

    def test_levels_are_counted_each(self, ledger: Ledger) -> None:
        for level in (CLOCK, TABLE):
            written(ledger, 0, 20, minute=-90, level=level)
            written(ledger, 20, 0, level=level)
        assert recent(ledger) == Tally(zeroed=2, dropped=2)

    def test_what_is_older_or_was_let_through_does_not_count(self, ledger: Ledger) -> None:
        written(ledger, 0, 20, 0)
        assert recent(ledger, since=5) == Tally()
        assert recent(ledger) == Tally(zeroed=1, dropped=1)
        ledger.keep_stop(STOP)
        ledger.decide_stop(STOP, "approved", by="anna", at=minutes(1), carried_by=PASS)
        assert recent(ledger) == Tally()

    def test_what_was_written_since_is_told_by_store(self, ledger: Ledger) -> None:
        written(ledger, 0, 20, minute=-90)
        written(ledger, 0, 20, level=TABLE)
        assert ledger.written_since(minutes(-1)) == {STORE: ["OAK-TABLE"]}
        assert ledger.published_levels() == ledger.published_levels([STORE, "b2c-us"]) == {STORE: 2}
        assert ledger.published_levels(["b2c-us"]) == {}


class TestStops:
    def test_a_plan_comes_back_as_it_was_kept(self, ledger: Ledger) -> None:
        assert ledger.keep_stop(STOP) == STOP
        assert ledger.stops() == ledger.stops("pass-1") == [STOP]

    def test_one_plan_of_a_store_stands_and_it_is_the_worst(self, ledger: Ledger) -> None:
        ledger.keep_stop(STOP)
        same = replace(STOP, pass_id="pass-2")
        assert ledger.keep_stop(same) == STOP
        worse = replace(STOP, pass_id="pass-3", objections=(replace(ZEROED, count=60),))
        assert ledger.keep_stop(worse) == worse
        assert ledger.stops() == [worse]
        assert ledger.stops("pass-2") == []
        (before,) = ledger.stops("pass-1")
        assert before.state == "expired"

    def test_a_plan_of_a_part_keeps_what_stood_beside_its_own(self, ledger: Ledger) -> None:
        ledger.keep_stop(STOP)
        ledger.decide_stop(STOP, "refused", by="anna", at=minutes(1))
        raised = Objection("raised", "it would raise 25 of 100 levels", 25)
        few = replace(STOP, pass_id="pass-2", objections=(raised, replace(ZEROED, count=40)))
        assert ledger.keep_stop(few, whole=False) == replace(
            few, objections=(replace(ZEROED, count=40), raised)
        )
        (stop,) = ledger.stops()
        assert {each.kind: each.count for each in stop.objections} == {"zeroed": 40, "raised": 25}
        assert ledger.stops("pass-1")[0].state == "refused"

    def test_a_part_that_was_carried_out_ends_nothing(self, ledger: Ledger) -> None:
        ledger.keep_stop(STOP)
        at = minutes(1)
        done = replace(STOP, pass_id="pass-2", state="approved", carried_by="pass-2", ended_at=at)
        ledger.keep_stop(done, whole=False)
        assert ledger.stops() == [STOP]
        assert ledger.stops("pass-2")[0].state == "approved"
        ledger.keep_stop(replace(done, pass_id="pass-3"))
        assert ledger.stops() == []

    def test_a_step_that_runs_again_asks_again(self, ledger: Ledger) -> None:
        ledger.keep_stop(STOP)
        ledger.expire_stop(STORE, at=minutes(1))
        assert ledger.keep_stop(STOP) == STOP
        assert ledger.stops() == [STOP]

    def test_a_stopped_reading_stands_in_every_store(self, ledger: Ledger) -> None:
        reading = replace(STOP, store=EVERY_STORE)
        ledger.keep_stop(reading)
        ledger.keep_stop(STOP)
        elsewhere = replace(STOP, store="b2c-us")
        ledger.keep_stop(elsewhere)
        memory = GuardMemory.of(STORE, {STORE: Tally(1)}, ledger.stops())
        assert memory == GuardMemory(Tally(1), (reading, STOP))
        assert GuardMemory.of("b2b-eu", {}, ledger.stops()).standing == (reading,)

    def test_approved_plans_end_and_refused_ones_stand(self, ledger: Ledger) -> None:
        ledger.keep_stop(STOP)
        ledger.decide_stop(STOP, "refused", by="anna", at=minutes(1))
        assert [stop.state for stop in ledger.stops()] == ["refused"]
        ledger.decide_stop(STOP, "approved", by="ben", at=minutes(2), carried_by="pass-9")
        assert ledger.stops() == []
        (stop,) = ledger.stops("pass-1")
        assert (stop.state, stop.decided_by, stop.carried_by) == ("approved", "ben", "pass-9")

    def test_what_ended_long_ago_is_forgotten(self, ledger: Ledger) -> None:
        ledger.keep_stop(STOP)
        late = minutes(0) + timedelta(days=91)
        assert ledger.forget(before=late)["stopped_passes"] == 0
        ledger.expire_stop(STORE, at=minutes(1))
        assert ledger.forget(before=late)["stopped_passes"] == 1


def test_the_newest_changes_of_the_last_good_pass_are_known(ledger: Ledger) -> None:
    ledger.record_newest_changes("pass-1", {})
    assert ledger.newest_changes() == {}
    ledger.record_newest_changes("pass-1", {"stock": minutes(5), "commitments": minutes(6)})
    ledger.record_newest_changes("pass-2", {"stock": minutes(3)})
    assert ledger.newest_changes() == {"stock": minutes(3), "commitments": minutes(6)}


def test_a_pass_ends_when_it_is_finished_and_began_before(ledger: Ledger) -> None:
    assert ledger.pass_ended_at("pass-1") is None
    ledger.begin_pass("pass-1", "full", started_at=minutes(0), code_version="1")
    assert ledger.pass_ended_at("pass-1") == minutes(0)
    ledger.finish_pass("pass-1", status="done", finished_at=minutes(2), counts={})
    assert ledger.pass_ended_at("pass-1") == minutes(2)
