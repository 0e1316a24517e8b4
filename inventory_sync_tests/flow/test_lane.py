"""What a lane does itself, what it leaves to a run, and that no lane works twice at once."""

from datetime import timedelta

import pytest

from inventory_sync.domain.dirty import FAST_LANES, Lane, Mark
from inventory_sync.domain.extract import EVERYTHING
from inventory_sync.flow import lane as lane_module
from inventory_sync.flow.lane import ASK_AGAIN_AFTER, Handover, LaneWorker, serve_dirty
from inventory_sync_tests.flow.lanes import Lanes
from inventory_sync_tests.flow.world import World


def mark(world: World, lane: Lane, *skus: str) -> None:
    marks = [Mark(sku, world.now, world.now, "stock_changed") for sku in skus]
    world.ledger.mark(lane, marks)


class TestHandover:
    def test_more_skus_than_a_lane_serves_are_the_work_of_a_run(
        self, lanes: Lanes, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lane_module, "MOST_SKUS", 2)
        world.set_stock(OAK_TABLE="1", RETRO_CLOCK="2", MINIMALIST_SPOON="3")
        for sku in ("OAK-TABLE", "RETRO-CLOCK", "MINIMALIST-SPOON"):
            lanes.event(sku)
        assert lanes.turn() == Handover("more than 2 SKUs are dirty")
        assert lanes.shown() == [20, 20]
        assert len(lanes.dirty("order_events")) == 3
        lanes.run_job()
        assert [lanes.shown(s) for s in ("OAK-TABLE", "RETRO-CLOCK", "MINIMALIST-SPOON")] == [
            [1, 1],
            [2, 2],
            [3, 3],
        ]
        assert lanes.dirty() == {}

    def test_exactly_as_many_are_served_by_the_lane(
        self, lanes: Lanes, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lane_module, "MOST_SKUS", 2)
        lanes.event("OAK-TABLE")
        lanes.event("RETRO-CLOCK")
        assert lanes.turn() is None
        assert lanes.dirty() == {}

    @pytest.mark.parametrize("lane", FAST_LANES)
    def test_with_event_mode_runs_every_event_is_the_work_of_a_run(
        self, world: World, lanes: Lanes, lane: Lane
    ) -> None:
        lanes.mode = "runs"
        lanes.restart()
        assert lanes.turn(lane) is None, "without work there is nothing to hand over"
        world.set_stock(OAK_TABLE="7")
        mark(world, lane, "OAK-TABLE")
        handover = lanes.turn(lane)
        assert handover is not None
        assert "event_mode: runs" in handover.reason
        assert lanes.shown() == [20, 20]
        lanes.run_job()
        assert lanes.shown() == [7, 7]
        assert lanes.dirty() == {}

    def test_an_event_about_everything_becomes_a_full_pass(
        self, lanes: Lanes, world: World
    ) -> None:
        world.set_stock(OAK_TABLE="7", RETRO_CLOCK="8")
        lanes.event(None, "stock_changed")
        handover = lanes.turn()
        assert handover is not None
        assert "did not say" in handover.reason
        lanes.run_job()
        assert (lanes.shown("OAK-TABLE"), lanes.shown("RETRO-CLOCK")) == ([7, 7], [8, 8])
        assert lanes.dirty() == {}

    def test_events_do_not_wait_for_the_run_that_repairs(self, lanes: Lanes, world: World) -> None:
        mark(world, "repair", "RETRO-CLOCK")
        world.set_stock(OAK_TABLE="7")
        lanes.event()
        handover = lanes.turn()
        assert handover == Handover("RETRO-CLOCK needs a closer look: stock_changed")
        assert lanes.shown() == [7, 7]

    def test_a_run_that_repairs_is_asked_for_once_and_again_only_when_it_did_not_come(
        self, lanes: Lanes, world: World
    ) -> None:
        mark(world, "repair", "RETRO-CLOCK")
        assert lanes.turn() is not None
        assert lanes.turn() is None
        lanes.later(ASK_AGAIN_AFTER.total_seconds())
        assert lanes.turn() is not None

    def test_what_needs_a_closer_look_later_is_left_until_then(
        self, lanes: Lanes, world: World
    ) -> None:
        later = world.now + timedelta(seconds=30)
        world.ledger.mark("repair", [Mark("OAK-TABLE", world.now, later, "stale")])
        assert lanes.turn() is None
        lanes.later(30)
        assert lanes.turn() is not None

    @pytest.mark.parametrize("lane", ["hold_events", "store_orders"])
    def test_only_one_lane_asks_for_repairs(self, lanes: Lanes, world: World, lane: Lane) -> None:
        mark(world, "repair", "RETRO-CLOCK")
        assert lanes.turn(lane) is None


class TestTwoAtOnce:
    def test_the_second_evaluation_of_a_lane_comes_back_empty(
        self, lanes: Lanes, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A killed daemon leaves an evaluation behind; its successor starts another."""
        monkeypatch.setattr(lane_module, "LANE_PATIENCE_SECONDS", 0.05)
        world.set_stock(OAK_TABLE="7")
        lanes.event()
        successor = LaneWorker(world.parts, "order_events", poll_seconds=1)
        taken: list[object] = []
        with world.ledger.lane_lock("order_events", patience_seconds=1) as is_mine:
            assert is_mine
            with successor.alone() as is_alone:
                assert not is_alone
        with successor.alone() as is_alone:
            assert is_alone
            successor.turn(taken.append)
        assert len(taken) == 1
        assert lanes.shown() == [7, 7]

    def test_lanes_of_other_names_work_meanwhile(self, lanes: Lanes, world: World) -> None:
        world.set_stock(OAK_TABLE="7")
        lanes.event()
        with world.ledger.lane_lock("hold_events", patience_seconds=1):
            lanes.turn("order_events")
        assert lanes.shown() == [7, 7]

    def test_two_lanes_with_the_same_sku_end_right(self, lanes: Lanes, world: World) -> None:
        world.set_stock(OAK_TABLE="7")
        for name in FAST_LANES:
            mark(world, name, "OAK-TABLE")
        lanes.until_quiet()
        assert lanes.shown() == [7, 7]
        assert lanes.quiet()


class TestServeDirty:
    def test_it_leaves_small_work_to_the_sensors(self, lanes: Lanes, world: World) -> None:
        world.set_stock(OAK_TABLE="7")
        mark(world, "order_events", "OAK-TABLE")
        assert serve_dirty(world.parts, mode="sensor", report=lanes.reports.append) == []
        assert lanes.shown() == [20, 20]
        assert list(lanes.dirty("order_events")) == ["OAK-TABLE"]

    def test_it_returns_what_needs_a_careful_pass_and_what_a_full_one(
        self, lanes: Lanes, world: World
    ) -> None:
        mark(world, "repair", "RETRO-CLOCK")
        mark(world, "hold_events", EVERYTHING)
        found = serve_dirty(world.parts, mode="runs", report=lanes.reports.append)
        assert sorted(item.sku for item in found) == [EVERYTHING, "RETRO-CLOCK"]

    def test_it_works_in_passes_of_a_bounded_size(
        self, lanes: Lanes, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lane_module, "MOST_SKUS", 2)
        mark(world, "order_events", "OAK-TABLE", "RETRO-CLOCK", "MINIMALIST-SPOON")
        lanes.reports.clear()
        serve_dirty(world.parts, mode="sensor", report=lanes.reports.append)
        assert [len(report.skus) for report in lanes.reports] == [2, 1]


class TestAnnouncements:
    @pytest.mark.parametrize(
        ("lane", "woken_by"),
        [
            ("order_events", {"order_created", "stock_adjusted", "", "RETRO-CLOCK"}),
            ("hold_events", {"hold_placed", "", "RETRO-CLOCK"}),
            ("supply_events", {"stock_received", "", "RETRO-CLOCK"}),
        ],
    )
    def test_a_kind_wakes_the_lane_that_hears_it_and_anything_else_wakes_all(
        self, lanes: Lanes, lane: Lane, woken_by: set[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        worker = LaneWorker(lanes.parts, lane, poll_seconds=1)
        announcements = ["order_created", "stock_adjusted", "hold_placed", "stock_received"]
        rung: list[str] = []
        for kind in [*announcements, "", "RETRO-CLOCK"]:
            monkeypatch.setattr(worker, "ring", lambda kind=kind: rung.append(kind))
            worker.announced(kind)
        assert set(rung) == woken_by
