"""A program that is killed between two steps of a reservation: whoever comes next ends it."""

from dataclasses import replace

import pytest

from inventory_sync.flow.reservations import SECURE_WITHIN, release, reserve
from inventory_sync_tests.flow.lanes import Lanes
from inventory_sync_tests.flow.test_event_pass_crashes import Killed, die
from inventory_sync_tests.flow.test_reservations import states, wish
from inventory_sync_tests.flow.world import World


def kill_before(patch: pytest.MonkeyPatch, world: World, step: str) -> None:
    patch.setattr(world.erp if step == "request" else world.ledger, step, die)


def go_on(lanes: Lanes) -> None:
    """Other processes take over, when it is certain that nobody is at work on it."""
    lanes.restart()
    lanes.later(SECURE_WITHIN.total_seconds())
    lanes.until_quiet()


def asked(world: World) -> list[str]:
    return [request.action for request in world.erp.requested.values()]


@pytest.mark.parametrize("step", ["prepare", "settle", "finish_pass", "request", "step_done"])
def test_a_killed_reserve_is_brought_to_its_end(
    lanes: Lanes, world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    wanted = wish(world)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        kill_before(patch, world, step)
        reserve(world.parts, wanted)
    go_on(lanes)
    assert states(world) == ["held"]
    assert asked(world) == ["reserve"]
    assert world.ledger.unfinished_reservations() == []
    assert lanes.shown() == [15, 15]


@pytest.mark.parametrize("step", ["request", "step_done"])
def test_a_killed_release_is_brought_to_its_end(
    lanes: Lanes, world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    held = reserve(world.parts, wish(world))
    with monkeypatch.context() as patch, pytest.raises(Killed):
        kill_before(patch, world, step)
        release(world.parts, held, "called off")
    go_on(lanes)
    assert states(world) == ["released"]
    assert asked(world) == ["reserve", "release"]
    assert lanes.shown() == [20, 20]


@pytest.mark.parametrize("step", ["prepare", "request", "step_done", "inbox_done"])
def test_a_killed_lane_forgets_no_draft_order(
    lanes: Lanes, world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    world.policies["b2b"] = replace(world.policies["b2b"], large_order_units=6)
    lanes.restart()
    draft = world.stores["b2b"].draft(world.key("b2b"), 8)
    lanes.hint("b2b", "draft_orders/create", draft.draft_id)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        kill_before(patch, world, step)
        lanes.turn("store_orders")
    go_on(lanes)
    assert states(world) == ["held"]
    assert asked(world) == ["reserve"]
    assert world.ledger.inbox(["b2b"], limit=9) == []
    assert lanes.shown() == [12, 12]
