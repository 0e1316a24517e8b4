"""Stale, lost and overtaken writes: lowering never waits, nothing is sent twice."""

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import (
    SEND_WITHIN_SECONDS,
    LevelKey,
    Refusal,
    SetQuantities,
)
from inventory_sync.domain.quarantine import judge
from inventory_sync.flow.careful_pass import careful_pass
from inventory_sync.flow.event_pass import EventPasses
from inventory_sync.flow.gather import LATEST_ARRIVAL, SETTLE_AFTER, arrived_by, read_orders
from inventory_sync.flow.plan import Basis
from inventory_sync.flow.publish import Wishes, publish_store
from inventory_sync_tests.flow.lanes import Lanes, event_pass, work_on
from inventory_sync_tests.flow.world import Shop, World

STALE = "CHANGE_FROM_QUANTITY_STALE"


@pytest.fixture
def key(world: World) -> LevelKey:
    return world.key("b2b")


@pytest.fixture
def front(world: World) -> Shop:
    return world.stores["b2b"]


def sell_unheard(world: World, units: int) -> list[OrderLine]:
    """An order in the first store that nobody tells us of."""
    return world.stores["b2b"].buy_unlisted(world.key("b2b"), units)


class TestStale:
    def test_what_has_to_fall_falls_at_once_by_delta(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        order = sell_unheard(world, 5)
        world.set_stock(OAK_TABLE="12")
        lanes.event()
        lanes.turn()
        # 20 were shown and 5 are sold: 15 - 8. The unknown order stays deducted.
        assert lanes.shown() == [7, 12]
        assert [call.relative for call in front.calls[-2:]] == [False, True]
        assert "OAK-TABLE" in lanes.dirty("repair")
        front.orders.append(order)
        lanes.hint("b2b", "orders/create", order[0].order_id)
        lanes.until_quiet()
        assert lanes.shown() == [7, 7]
        assert lanes.quiet()

    def test_what_has_to_rise_is_not_sent_again_but_read(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        order = sell_unheard(world, 5)
        world.set_stock(OAK_TABLE="30")
        lanes.event()
        calls = world.calls("b2b")
        lanes.turn()
        assert world.shown("b2b") == 15
        assert world.calls("b2b") == calls + 1
        assert list(lanes.dirty("repair")) == ["OAK-TABLE"]
        assert STALE in lanes.dirty("repair")["OAK-TABLE"]
        front.orders.append(order)
        lanes.until_quiet()
        assert lanes.shown() == [25, 25]
        assert lanes.quiet()

    def test_a_foreign_increase_does_not_stay(
        self, lanes: Lanes, world: World, front: Shop, key: LevelKey
    ) -> None:
        front.edit(key, 90)
        world.set_stock(OAK_TABLE="12")
        lanes.event()
        lanes.until_quiet()
        assert lanes.shown() == [12, 12]

    def test_of_a_batch_only_the_stale_level_waits(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        sell_unheard(world, 5)
        world.set_stock(OAK_TABLE="30", RETRO_CLOCK="31")
        event_pass(world, "OAK-TABLE", "RETRO-CLOCK")
        assert world.shown("b2b", "RETRO-CLOCK") == 31
        assert list(lanes.dirty("repair")) == ["OAK-TABLE"]


class TestNoAnswer:
    @pytest.mark.parametrize("units", ["12", "30"])
    @pytest.mark.parametrize("applied", [True, False])
    def test_the_level_is_closed_until_reading_tells_what_became_of_the_call(
        self, lanes: Lanes, world: World, front: Shop, applied: bool, units: str
    ) -> None:
        world.set_stock(OAK_TABLE=units)
        front.lose_next_answer(applied=applied)
        lanes.event()
        calls = world.calls("b2b")
        lanes.turn()
        assert len(world.ledger.open_intents("b2b")) == 1
        assert "lost" in lanes.dirty("repair")["OAK-TABLE"]
        world.set_stock(OAK_TABLE="9")
        lanes.event()
        lanes.turn()
        assert world.calls("b2b") == calls + 1, "a closed level is written by nobody"
        assert world.shown("b2c") == 9
        lanes.until_quiet()
        assert world.ledger.open_intents("b2b").empty
        assert lanes.shown() == [9, 9]
        assert world.calls("b2b") == calls + 2
        assert lanes.quiet()

    def test_a_level_whose_call_was_lost_is_looked_at_when_it_may_have_come_late(
        self, lanes: Lanes, world: World, front: Shop, key: LevelKey
    ) -> None:
        """A proxy may hold a call back for longer than we wait."""
        front.lose_next_answer(applied=False)
        world.set_stock(OAK_TABLE="30")
        lanes.event()
        lanes.turn()
        world.set_stock(OAK_TABLE="20")  # as the store still shows: nothing is to be written
        lanes.later(SETTLE_AFTER.total_seconds())
        lanes.run_job()
        assert world.ledger.open_intents("b2b").empty
        front.edit(key, 30)  # now it comes
        assert "come late" in lanes.dirty("repair")["OAK-TABLE"]
        lanes.until_quiet()
        assert world.shown("b2b") == 20

    @pytest.mark.parametrize(("relative", "wait"), [(False, SETTLE_AFTER), (True, LATEST_ARRIVAL)])
    def test_a_delta_is_waited_for_longer_for_it_is_applied_whatever_is_shown(
        self, world: World, relative: bool, wait: timedelta
    ) -> None:
        intents = pd.DataFrame({"created_at": [world.now], "relative": [relative]})
        assert list(arrived_by(intents)) == [world.now + wait]

    def test_a_call_whose_intent_took_long_to_write_down_goes_under_a_new_one(
        self, lanes: Lanes, world: World, front: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever finds an intent so old takes its call for lost."""
        ledger, stalled = world.ledger, []
        prepare = ledger.prepare

        def stall(store: str, pass_id: str, call: SetQuantities, **facts: Any) -> None:
            prepare(store, pass_id, call, **facts)
            if not stalled:
                stalled.append(call.idempotency_key)
                lanes.later(SEND_WITHIN_SECONDS)

        monkeypatch.setattr(ledger, "prepare", stall)
        world.set_stock(OAK_TABLE="12")
        lanes.event()
        lanes.turn()
        sent = {call.idempotency_key for shop in world.stores.values() for call in shop.calls}
        assert not sent & set(stalled)
        assert lanes.shown() == [12, 12]
        assert lanes.quiet()

    def test_a_lost_delta_is_never_sent_again(
        self, lanes: Lanes, world: World, front: Shop, key: LevelKey
    ) -> None:
        for _ in range(12):
            front.buy(key, 1)
        read_orders(world.parts, "b2b")
        lanes.until_quiet()
        world.set_stock(OAK_TABLE="18")
        front.lose_next_answer(applied=True)
        lanes.event()
        lanes.turn()
        assert front.calls[-1].relative
        calls = world.calls("b2b")
        lanes.until_quiet()
        assert lanes.shown() == [6, 6]
        assert world.calls("b2b") == calls

    def test_a_careful_pass_waits_until_the_call_cannot_arrive(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        world.set_stock(OAK_TABLE="12")
        front.lose_next_answer(applied=False)
        event_pass(world)
        lost_at = world.now
        careful_pass(world.parts, work_on(world, "OAK-TABLE", lane="repair"))
        assert world.now == lost_at + SETTLE_AFTER
        assert lanes.shown() == [12, 12]

    def test_a_refusal_that_is_not_stale_is_left_to_a_careful_pass(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        front.refuses = Refusal("INVALID_QUANTITY", "no")
        world.set_stock(OAK_TABLE="12")
        lanes.event()
        lanes.turn()
        assert lanes.dirty("repair")["OAK-TABLE"] == "INVALID_QUANTITY no"
        assert world.shown("b2c") == 12
        front.refuses = None
        lanes.until_quiet()
        assert lanes.shown() == [12, 12]


class TestHot:
    def test_a_level_that_sells_twelve_times_a_minute_is_written_by_delta(
        self, lanes: Lanes, world: World, front: Shop, key: LevelKey
    ) -> None:
        for _ in range(11):
            front.buy(key, 1)
        read_orders(world.parts, "b2b")
        lanes.until_quiet()
        world.set_stock(OAK_TABLE="18")
        event_pass(world)
        assert not front.calls[-1].relative
        front.buy(key, 1)
        read_orders(world.parts, "b2b")
        lanes.until_quiet()
        world.set_stock(OAK_TABLE="19")
        event_pass(world)
        assert front.calls[-1].relative
        assert not world.stores["b2c"].calls[-1].relative
        assert lanes.shown() == [7, 7]
        lanes.later(61)
        world.set_stock(OAK_TABLE="25")
        event_pass(world)
        assert not front.calls[-1].relative
        assert lanes.shown() == [13, 13]

    def test_a_level_that_was_stale_three_times_is_written_by_delta(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        sell_unheard(world, 5)
        for units in ("30", "31", "32"):
            world.set_stock(OAK_TABLE=units)
            event_pass(world)
            assert front.calls[-1].relative is False
        assert world.shown("b2b") == 15
        world.set_stock(OAK_TABLE="33")
        event_pass(world)
        assert front.calls[-1].relative is True
        assert world.shown("b2b") == 28, "33 less the 5 that nobody told us of"
        lanes.later(601)
        world.set_stock(OAK_TABLE="34")
        event_pass(world)
        assert front.calls[-1].relative is False


class TestOvertaken:
    def test_a_write_of_another_pass_in_between_sends_the_sku_round_again(
        self, lanes: Lanes, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The other pass is quicker: it writes after our decision and before our intent."""
        slow = EventPasses(world.parts)
        plan = slow.plan

        def overtaken(skus: set[str]) -> object:
            decided = plan(skus)
            world.set_stock(OAK_TABLE="11")
            event_pass(world)
            return decided

        world.set_stock(OAK_TABLE="12")
        monkeypatch.setattr(slow, "plan", overtaken)
        lanes.later(1)
        report = slow.run(work_on(world, "OAK-TABLE"))
        slow.close()
        assert len(report.stores["b2b"].sent.overtaken) == 1
        assert lanes.shown() == [11, 11]
        assert lanes.dirty("order_events") == {"OAK-TABLE": "being written"}
        lanes.until_quiet()
        assert lanes.shown() == [11, 11]
        assert lanes.quiet()

    def test_older_figures_of_the_erp_do_not_overwrite_newer_ones(
        self, lanes: Lanes, world: World
    ) -> None:
        taken_at = world.erp.taken_at
        lanes.later(5)
        event_pass(world)  # finds 20 right, and stamps it
        world.erp.taken_at = taken_at
        world.set_stock(OAK_TABLE="30")
        report = event_pass(world)
        assert len(report.stores["b2b"].sent.overtaken) == 1
        assert lanes.shown() == [20, 20]

    @pytest.mark.parametrize("units", [20, 12])
    def test_a_full_pass_with_older_figures_changes_nothing_that_an_event_pass_decided_later(
        self, lanes: Lanes, world: World, units: int
    ) -> None:
        """With 20 units the event pass wrote nothing: it only stamped what it found right."""
        parts = world.parts
        world.set_stock(OAK_TABLE="30", RETRO_CLOCK="30")
        old = Basis.of(parts, judge(world.erp.snapshot()))
        lanes.later(5)
        world.set_stock(OAK_TABLE=str(units), RETRO_CLOCK="30")
        event_pass(world)
        report = publish_store(parts, "b2b", old, pass_id="full", wishes=Wishes())
        assert world.shown("b2b") == units
        assert world.shown("b2b", "RETRO-CLOCK") == 30, "what nobody else looked at is served"
        assert report.unknown == 0

    def test_an_event_pass_in_the_middle_of_a_full_pass_has_the_last_word(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        def meanwhile() -> None:
            lanes.later(1)
            world.set_stock(OAK_TABLE="12")
            event_pass(world)

        world.set_stock(OAK_TABLE="30")
        front.after_next_levels = meanwhile
        world.run(after=timedelta(0))
        assert lanes.shown() == [12, 12]
        assert lanes.quiet()
