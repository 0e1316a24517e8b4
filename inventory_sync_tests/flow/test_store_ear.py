"""Webhooks only say where to look: orders are fetched again, and polling finds what got lost."""

from dataclasses import replace
from datetime import timedelta

import pytest

from inventory_sync.domain.errors import ErpUnavailable, StoreStopped, StoreUnreachable
from inventory_sync.flow.away import STOPPED_FOR, UNREACHABLE_FOR
from inventory_sync.flow.event_pass import EXPLAIN_AFTER
from inventory_sync.flow.store_hearing import MOST_TRIES, POLL_EVERY, StoreEar
from inventory_sync_tests.flow.lanes import Lanes, level_id, watch_reading
from inventory_sync_tests.flow.world import Shop, World


@pytest.fixture
def front(world: World) -> Shop:
    return world.stores["b2c"]


@pytest.fixture
def ear(lanes: Lanes) -> StoreEar:
    """An ear that has polled all stores a moment ago."""
    ear = StoreEar(lanes.parts)
    ear.hear()
    return ear


def waiting(world: World, store: str = "b2c") -> int:
    return len(world.ledger.inbox([store], limit=100))


class TestOrders:
    def test_a_hint_leads_to_the_order_in_the_ledger_and_its_sku_on_the_list(
        self, lanes: Lanes, world: World, front: Shop, ear: StoreEar
    ) -> None:
        line = front.buy(world.key("b2c"), 4)
        lanes.hint("b2c", "orders/create", line.order_id)
        ear.hear()
        (known,) = world.ledger.order_lines().to_dict("records")
        assert (known["order_id"], known["taken_units"]) == (line.order_id, 4)
        assert lanes.dirty() == {"OAK-TABLE": "order of a store"}
        assert waiting(world) == 0

    def test_hints_about_one_order_fetch_it_once(
        self, lanes: Lanes, world: World, front: Shop, ear: StoreEar
    ) -> None:
        line = front.buy(world.key("b2c"), 4)
        for topic in ("orders/create", "orders/paid", "orders/updated"):
            lanes.hint("b2c", topic, line.order_id)
        seen = watch_reading(world)
        ear = StoreEar(lanes.parts)
        ear.hear()
        assert seen.count("orders_of") == 1

    def test_a_hint_that_comes_twice_changes_nothing(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        line = front.buy(world.key("b2c"), 4)
        for _ in range(2):
            lanes.hint("b2c", "orders/create", line.order_id)
            lanes.until_quiet()
            assert lanes.shown() == [16, 16]

    def test_hints_in_the_wrong_order_end_right(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        line = front.buy(world.key("b2c"), 4)
        front.cancel(line)
        lanes.hint("b2c", "orders/cancelled", line.order_id)
        lanes.until_quiet()
        lanes.hint("b2c", "orders/create", line.order_id)
        lanes.until_quiet()
        assert lanes.shown() == [20, 20]

    def test_a_hint_about_an_order_that_does_not_exist_is_done_with(
        self, lanes: Lanes, world: World, ear: StoreEar
    ) -> None:
        lanes.hint("b2c", "orders/create", "gid://shopify/Order/4711")
        ear.hear()
        assert waiting(world) == 0
        assert lanes.dirty() == {}

    def test_a_lost_webhook_is_found_by_polling(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        front.buy(world.key("b2c"), 4)
        lanes.turn("store_orders")
        assert lanes.shown() == [20, 16], "nobody has told us yet"
        lanes.later(POLL_EVERY.total_seconds())
        lanes.turn("store_orders")
        assert lanes.shown() == [16, 16]

    def test_the_ear_wants_to_be_back_for_the_next_poll(
        self, lanes: Lanes, world: World, ear: StoreEar
    ) -> None:
        lanes.later(1)
        polled_at = world.now - timedelta(seconds=1)
        assert ear.hear() == polled_at + POLL_EVERY


class TestLevels:
    def suspects(self, lanes: Lanes, ear: StoreEar, told_units: int) -> None:
        key = lanes.world.key("b2c")
        lanes.hint("b2c", "inventory_levels/update", level_id(key), told_units=told_units)
        ear.hear()

    def test_a_level_that_shows_what_is_explained_is_no_suspect(
        self, lanes: Lanes, ear: StoreEar
    ) -> None:
        self.suspects(lanes, ear, 20)
        lanes.later(EXPLAIN_AFTER.total_seconds())
        ear.hear()
        assert lanes.dirty() == {}

    def test_an_unexplained_level_is_looked_at_after_a_moment(
        self, lanes: Lanes, world: World, ear: StoreEar
    ) -> None:
        self.suspects(lanes, ear, 15)
        assert ear.hear() == world.now + EXPLAIN_AFTER
        assert lanes.dirty() == {}
        lanes.later(EXPLAIN_AFTER.total_seconds())
        ear.hear()
        assert lanes.dirty("repair") == {"OAK-TABLE": "the store shows an unexplained quantity"}
        lanes.later(60)
        ear.hear()
        assert len(world.ledger.dirty()) == 1

    def test_an_order_that_is_heard_meanwhile_explains_it(
        self, lanes: Lanes, world: World, front: Shop, ear: StoreEar
    ) -> None:
        line = front.buy(world.key("b2c"), 5)
        self.suspects(lanes, ear, 15)
        lanes.later(1)
        lanes.hint("b2c", "orders/create", line.order_id)
        ear.hear()
        lanes.later(EXPLAIN_AFTER.total_seconds())
        ear.hear()
        assert lanes.dirty("repair") == {}

    def test_our_own_write_explains_it(self, lanes: Lanes, world: World, ear: StoreEar) -> None:
        self.suspects(lanes, ear, 7)
        world.set_stock(OAK_TABLE="7")
        lanes.event()
        lanes.turn("order_events")
        lanes.later(EXPLAIN_AFTER.total_seconds())
        ear.hear()
        assert lanes.dirty() == {}

    def test_what_was_told_before_our_own_write_is_no_news(
        self, lanes: Lanes, world: World, ear: StoreEar
    ) -> None:
        """A cancelled order comes back to the shelf, and we set another quantity at once."""
        self.suspects(lanes, ear, 21)
        lanes.later(1)
        world.set_stock(OAK_TABLE="7")
        lanes.event()
        lanes.turn("order_events")
        lanes.later(EXPLAIN_AFTER.total_seconds())
        ear.hear()
        assert lanes.dirty() == {}

    @pytest.mark.parametrize("told_units", [0, 999, -7])
    def test_the_number_of_a_webhook_is_never_used(
        self, lanes: Lanes, world: World, told_units: int
    ) -> None:
        """Whoever can forge a webhook can make us look, and no more."""
        calls = world.calls("b2b"), world.calls("b2c")
        key = level_id(world.key("b2c"))
        lanes.hint("b2c", "inventory_levels/update", key, told_units=told_units)
        lanes.until_quiet()
        lanes.later(EXPLAIN_AFTER.total_seconds())
        lanes.until_quiet()
        assert len(lanes.careful) == 1
        assert lanes.shown() == [20, 20]
        assert (world.calls("b2b"), world.calls("b2c")) == calls

    def test_an_edit_by_hand_is_found_and_taken_back(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        front.edit(world.key("b2c"), 90)
        key = level_id(world.key("b2c"))
        lanes.hint("b2c", "inventory_levels/update", key, told_units=90)
        lanes.turn("store_orders")
        lanes.later(EXPLAIN_AFTER.total_seconds())
        lanes.until_quiet()
        assert lanes.shown() == [20, 20]
        assert world.findings("b2c")["kind"].tolist() == ["foreign-increase"]

    def test_a_level_that_we_do_not_publish_is_nobodys_suspect(
        self, lanes: Lanes, world: World, ear: StoreEar
    ) -> None:
        stranger = "gid://shopify/InventoryItem/999@gid://shopify/Location/2001"
        lanes.hint("b2c", "inventory_levels/update", stranger, told_units=3)
        ear.hear()
        lanes.later(EXPLAIN_AFTER.total_seconds())
        ear.hear()
        assert lanes.dirty() == {}


class TestAway:
    @pytest.mark.parametrize(
        ("error", "pause"),
        [
            (StoreUnreachable(store="b2c", cause="no route to host"), UNREACHABLE_FOR),
            (StoreStopped(store="b2c", reason="no token", way_out="renew it"), STOPPED_FOR),
        ],
    )
    def test_a_store_that_is_away_keeps_its_hints_and_the_others_go_on(
        self, lanes: Lanes, world: World, front: Shop, error: Exception, pause: timedelta
    ) -> None:
        if isinstance(error, StoreStopped):
            front.stopped = error
        else:
            front.unreachable = error
        lost = front.buy(world.key("b2c"), 4)
        line = world.stores["b2b"].buy(world.key("b2b", "RETRO-CLOCK"), 2)
        lanes.hint("b2c", "orders/create", lost.order_id)
        lanes.hint("b2b", "orders/create", line.order_id)
        lanes.turn("store_orders")
        assert lanes.shown("RETRO-CLOCK")[0] == 18
        assert waiting(world, "b2b") == 0
        assert waiting(world, "b2c") == 1
        front.stopped = front.unreachable = None
        lanes.later(pause.total_seconds() - 1)
        lanes.turn("store_orders")
        assert waiting(world, "b2c") == 1, "it is left alone for a while"
        lanes.later(1)
        lanes.until_quiet()
        assert waiting(world, "b2c") == 0
        assert lanes.shown() == [16, 16]

    def test_the_ear_wants_to_be_back_when_the_pause_is_over(
        self, lanes: Lanes, world: World, front: Shop, ear: StoreEar
    ) -> None:
        lanes.hint("b2c", "orders/create", "gid://shopify/Order/1001")
        front.unreachable = StoreUnreachable(store="b2c", cause="no route to host")
        assert ear.hear() == world.now + UNREACHABLE_FOR

    def test_an_uninstalled_app_stops_its_store(
        self, lanes: Lanes, world: World, front: Shop, ear: StoreEar
    ) -> None:
        lanes.hint("b2c", "app/uninstalled")
        front.stopped = StoreStopped(
            store="b2c", reason="the token is not valid", way_out="install the app again"
        )
        ear.hear()
        states = world.ledger.store_states().set_index("store")
        assert states.loc["b2c", "status"] == "stopped"
        assert states.loc["b2c", "reason"] == "the token is not valid"

    def test_a_store_that_still_answers_is_not_stopped_by_what_a_webhook_says(
        self, lanes: Lanes, world: World, ear: StoreEar
    ) -> None:
        """The topic is not signed, and an old delivery can be sent again."""
        lanes.hint("b2c", "app/uninstalled")
        ear.hear()
        assert "stopped" not in set(world.ledger.store_states()["status"])
        assert waiting(world) == 0


class TestBadHints:
    @pytest.fixture
    def poison(self, front: Shop, monkeypatch: pytest.MonkeyPatch) -> str:
        """An order that nobody can make sense of."""
        really, gid = front.orders_of, "gid://shopify/Order/666"

        def orders_of(ids: list[str]) -> object:
            if gid in ids:
                raise ValueError("year 99999 is out of range")
            return really(ids)

        monkeypatch.setattr(front, "orders_of", orders_of)
        return gid

    def test_a_hint_that_cannot_be_heard_does_not_stop_the_others(
        self, lanes: Lanes, world: World, front: Shop, ear: StoreEar, poison: str
    ) -> None:
        lanes.hint("b2c", "orders/create", poison)
        mine = front.buy(world.key("b2c"), 4)
        lanes.hint("b2c", "orders/create", mine.order_id)
        other = world.stores["b2b"].buy(world.key("b2b"), 3)
        lanes.hint("b2b", "orders/create", other.order_id)
        ear.hear()
        assert set(world.ledger.order_lines()["taken_units"]) == {3, 4}
        assert (waiting(world), waiting(world, "b2b")) == (1, 0)

    def test_it_is_tried_a_few_times_and_then_kept_with_its_reason(
        self, lanes: Lanes, world: World, ear: StoreEar, poison: str
    ) -> None:
        lanes.hint("b2c", "orders/create", poison)
        for _ in range(MOST_TRIES):
            assert waiting(world) == 1
            ear.hear()
            lanes.later(POLL_EVERY.total_seconds())
        assert waiting(world) == 0
        (dead,) = world.ledger.inbox_dead().to_dict("records")
        assert "ValueError: year 99999 is out of range" in dead["dead_reason"]

    def test_it_is_not_tried_again_before_its_time(
        self, lanes: Lanes, world: World, ear: StoreEar, poison: str
    ) -> None:
        lanes.hint("b2c", "orders/create", poison)
        for _ in range(MOST_TRIES):
            ear.hear()
        assert waiting(world) == 1

    def test_orders_are_heard_while_drafts_wait_for_the_erp(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        world.policies["b2c"] = replace(world.policies["b2c"], large_order_units=6)
        ear = StoreEar(lanes.parts)
        draft = front.draft(world.key("b2c"), 8)
        lanes.hint("b2c", "draft_orders/create", draft.draft_id)
        line = front.buy(world.key("b2c"), 4)
        lanes.hint("b2c", "orders/create", line.order_id)
        world.erp.failure = ErpUnavailable("The ERP is away.")
        for _ in range(MOST_TRIES + 1):
            ear.hear()
            lanes.later(POLL_EVERY.total_seconds())
        assert world.ledger.order_lines()["taken_units"].tolist() == [4]
        assert waiting(world) == 1, "it is not the fault of the draft"
        world.erp.failure = None
        ear.hear()
        assert waiting(world) == 0
        assert [each.state for each in world.ledger.reservations()] == ["held"]


def test_a_write_whose_process_died_is_found_by_polling(lanes: Lanes, world: World) -> None:
    """Its intent closes the level, and no pass has marked it: a full pass may have died over it."""
    world.set_stock(OAK_TABLE="25")
    world.stores["b2b"].lose_next_answer(applied=False)
    world.run()
    world.ledger.clear(world.ledger.take(["repair"], due=world.now + timedelta(days=1), limit=9))
    assert lanes.shown() == [20, 25]
    lanes.later(120)
    lanes.turn("store_orders")
    assert "no known outcome" in lanes.dirty("repair")["OAK-TABLE"]
    lanes.until_quiet()
    assert lanes.shown() == [25, 25]
