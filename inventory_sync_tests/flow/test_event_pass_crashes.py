"""A program that is killed between two steps of an event pass: nothing lost, nothing twice."""

from collections.abc import Callable

import pytest

from inventory_sync_tests.flow.lanes import Lanes
from inventory_sync_tests.flow.world import World


class Killed(BaseException):
    """The process ends here; nothing after it is carried out."""


def die(*arguments: object, **more: object) -> None:
    raise Killed


def before_the_intent(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(world.ledger, "prepare", die)


def after_the_intent(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(world.stores["b2b"], "watch", die)


def after_the_call(world: World, patch: pytest.MonkeyPatch) -> None:
    world.stores["b2b"].after_next_call = die


def before_the_outcome_is_settled(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(world.ledger, "settle", die)


def before_what_stays_is_stamped(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(world.ledger, "stamp", die)


def before_the_rest_is_marked(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(world.ledger, "set_clocks", die)


def before_the_list_is_cleared(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(world.ledger, "clear", die)


STEPS = [
    before_the_intent,
    after_the_intent,
    after_the_call,
    before_the_outcome_is_settled,
    before_what_stays_is_stamped,
    before_the_rest_is_marked,
    before_the_list_is_cleared,
]
Step = Callable[[World, pytest.MonkeyPatch], None]


@pytest.mark.parametrize("units", ["12", "30"], ids=["lowering", "raising"])
@pytest.mark.parametrize("hot", [False, True], ids=["cold", "hot"])
@pytest.mark.parametrize("step", STEPS)
def test_the_next_pass_ends_right_and_nothing_is_applied_twice(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch, step: Step, hot: bool, units: str
) -> None:
    world = lanes.world
    front, key = world.stores["b2b"], world.key("b2b")
    sold = 12 if hot else 1
    for _ in range(sold):
        front.buy(key, 1)
    lanes.hint("b2b", "orders/create", *(order[0].order_id for order in front.orders))
    lanes.until_quiet()
    before = world.calls("b2b")

    world.set_stock(OAK_TABLE=units, RETRO_CLOCK="17")
    lanes.event("OAK-TABLE")
    lanes.event("RETRO-CLOCK")
    lanes.event("MINIMALIST-SPOON")  # stays as it is, and is only stamped
    with monkeypatch.context() as patch:
        step(world, patch)
        with pytest.raises(Killed):
            lanes.turn()
    lanes.restart()
    lanes.until_quiet()

    assert lanes.shown() == [int(units) - sold] * 2
    assert lanes.shown("RETRO-CLOCK") == [17, 17]
    assert world.ledger.open_intents("b2b").empty
    assert world.ledger.open_intents("b2c").empty
    written = [change.sku for call in front.calls[before:] for change in call.changes]
    assert sorted(written) == ["OAK-TABLE", "RETRO-CLOCK"], "each level was written once"
    assert lanes.quiet()


def test_an_event_that_was_heard_before_the_crash_is_not_lost(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    lanes.world.set_stock(OAK_TABLE="12")
    lanes.event()
    with monkeypatch.context() as patch:
        patch.setattr(lanes.world.ledger, "take", die)
        with pytest.raises(Killed):
            lanes.turn()
    assert list(lanes.dirty("order_events")) == ["OAK-TABLE"]
    lanes.restart()
    lanes.turn()
    assert lanes.shown() == [12, 12]


def test_an_event_that_was_read_but_not_recorded_is_read_again(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    lanes.world.set_stock(OAK_TABLE="12")
    lanes.event()
    with monkeypatch.context() as patch:
        patch.setattr(lanes.world.ledger, "record_events", die)
        with pytest.raises(Killed):
            lanes.turn()
    assert lanes.dirty() == {}
    lanes.restart()
    lanes.turn()
    assert lanes.shown() == [12, 12]


def test_a_webhook_whose_order_was_fetched_but_not_ticked_off_is_fetched_again(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = lanes.world
    line = world.stores["b2c"].buy(world.key("b2c"), 4)
    lanes.hint("b2c", "orders/create", line.order_id)
    with monkeypatch.context() as patch:
        patch.setattr(world.ledger, "inbox_done", die)
        with pytest.raises(Killed):
            lanes.turn("store_orders")
    lanes.restart()
    lanes.until_quiet()
    assert lanes.shown() == [16, 16]
    assert world.ledger.inbox(["b2c"], limit=9) == []
