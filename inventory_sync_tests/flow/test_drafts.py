"""Large draft orders reserve their stock; small ones do not; each ends as its draft ends."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from inventory_sync.domain.errors import StoreUnreachable
from inventory_sync.domain.reservations import Draft
from inventory_sync.flow import reservations
from inventory_sync.flow.drafts import hear_draft, poll_drafts
from inventory_sync.flow.store_hearing import POLL_EVERY
from inventory_sync_tests.flow.lanes import Lanes
from inventory_sync_tests.flow.test_reservations import acknowledge
from inventory_sync_tests.flow.world import Shop, World

LARGE_UNITS = 6


@pytest.fixture
def lanes(world: World, lanes: Lanes) -> Lanes:
    """The first store reserves draft orders of six units and more."""
    world.policies["b2b"] = replace(world.policies["b2b"], large_order_units=LARGE_UNITS)
    lanes.restart()
    lanes.until_quiet()
    return lanes


@pytest.fixture
def front(world: World) -> Shop:
    return world.stores["b2b"]


def draft_of(lanes: Lanes, units: int, *, reserves: bool = False) -> Draft:
    """A clerk writes a draft order, and a webhook tells of it."""
    world = lanes.world
    until = world.now + timedelta(hours=1) if reserves else None
    draft = world.stores["b2b"].draft(world.key("b2b"), units, until)
    tell(lanes, draft)
    return draft


def tell(lanes: Lanes, draft: Draft, topic: str = "draft_orders/update") -> None:
    lanes.hint("b2b", topic, draft.draft_id)
    lanes.until_quiet()


def change(front: Shop, draft: Draft, units: int) -> None:
    """The clerk writes another quantity into the draft, which reserves nothing itself."""
    front.now += timedelta(seconds=1)
    now, key = front.drafts[draft.draft_id]
    line = replace(now.lines[0], quantity_units=units)
    front.drafts[draft.draft_id] = replace(now, lines=(line,), updated_at=front.now), key


def states(world: World) -> list[tuple[str, int]]:
    return [(each.state, each.quantity_units) for each in world.ledger.reservations()]


class TestOpen:
    def test_a_large_draft_reserves_its_stock_in_every_store(
        self, lanes: Lanes, world: World
    ) -> None:
        draft = draft_of(lanes, LARGE_UNITS)
        assert lanes.shown() == [14, 14]
        assert states(world) == [("held", 6)]
        (asked,) = world.erp.requested.values()
        assert (asked.action, asked.external_order_id, asked.quantity_units) == (
            "reserve",
            draft.draft_id,
            6,
        )

    def test_a_small_draft_reserves_nothing(self, lanes: Lanes, world: World) -> None:
        draft_of(lanes, LARGE_UNITS - 1)
        assert lanes.shown() == [20, 20]
        assert states(world) == []

    def test_a_store_without_a_threshold_reserves_nothing(self, lanes: Lanes, world: World) -> None:
        draft = world.stores["b2c"].draft(world.key("b2c"), 15)
        lanes.hint("b2c", "draft_orders/create", draft.draft_id)
        lanes.until_quiet()
        assert lanes.shown() == [20, 20]

    def test_what_shopify_itself_keeps_back_is_not_taken_twice(
        self, lanes: Lanes, world: World
    ) -> None:
        draft_of(lanes, 8, reserves=True)
        assert lanes.shown() == [12, 12]
        assert lanes.quiet()

    def test_a_small_one_that_shopify_keeps_back_is_taken_from_every_store(
        self, lanes: Lanes, world: World
    ) -> None:
        draft_of(lanes, LARGE_UNITS - 1, reserves=True)
        assert lanes.shown() == [15, 15]
        assert states(world) == [("held", 5)]
        assert lanes.quiet()

    def test_one_that_can_never_be_reserved_is_refused_and_stops_nobody(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        """The ERP has no such product."""
        front.add_level(front.add_item("LOST-CHAIR"), front.locations[0].store_location_id, 50)
        draft = front.draft(world.key("b2b", "LOST-CHAIR"), 10)
        lanes.hint("b2b", "draft_orders/create", draft.draft_id)
        order = world.stores["b2c"].buy(world.key("b2c"), 4)
        lanes.hint("b2c", "orders/create", order.order_id)
        lanes.until_quiet()
        assert lanes.shown() == [16, 16]
        assert world.ledger.inbox(["b2b", "b2c"], limit=9) == []
        (refused,) = world.ledger.reservations()
        assert (refused.state, refused.order_id) == ("refused", draft.draft_id)
        assert "the ERP does not count it" in str(refused.reason)

    def test_a_refused_one_is_reserved_once_the_stock_is_there(
        self, lanes: Lanes, world: World
    ) -> None:
        draft_of(lanes, 25)
        assert states(world) == [("refused", 25)]
        world.set_stock(OAK_TABLE="40")
        lanes.event()
        lanes.later(POLL_EVERY.total_seconds())
        lanes.until_quiet()
        assert states(world) == [("held", 25)]
        assert lanes.shown() == [15, 15]

    def test_stores_do_not_fall_and_rise_while_one_of_them_is_away(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        world.stores["b2c"].unreachable = StoreUnreachable(store="b2c", cause="no route to host")
        draft = front.draft(world.key("b2b"), 8)
        poll_drafts(world.parts, "b2b")
        lanes.turn("store_orders")
        assert states(world) == [("refused", 8)]
        assert lanes.shown() == [20, 20]
        calls = world.calls("b2b")
        poll_drafts(world.parts, "b2b")
        assert world.calls("b2b") == calls
        world.stores["b2c"].unreachable = None
        lanes.later(180)
        tell(lanes, draft)
        assert states(world) == [("held", 8)]
        assert lanes.shown() == [12, 12]

    def test_hearing_it_again_changes_nothing(self, lanes: Lanes, world: World) -> None:
        draft = draft_of(lanes, 8)
        tell(lanes, draft)
        assert lanes.shown() == [12, 12]
        assert states(world) == [("held", 8)]

    def test_more_than_there_is_is_refused_and_stays_refused(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        draft = draft_of(lanes, 25)
        assert lanes.shown() == [20, 20]
        tell(lanes, draft)
        assert states(world) == [("refused", 25)]
        change(front, draft, 18)
        tell(lanes, draft)
        assert lanes.shown() == [2, 2]

    @pytest.mark.parametrize("units", [12, 7])
    def test_another_quantity_is_reserved_instead(
        self, lanes: Lanes, world: World, front: Shop, units: int
    ) -> None:
        draft = draft_of(lanes, 9)
        change(front, draft, units)
        tell(lanes, draft)
        assert lanes.shown() == [20 - units] * 2
        assert sorted(states(world)) == sorted([("released", 9), ("held", units)])
        assert lanes.quiet()

    def test_more_is_asked_for_than_was_reserved_when_the_erp_has_that_already(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        draft = draft_of(lanes, 12)
        acknowledge(world, world.ledger.reservations()[0])
        lanes.event(kind="hold_placed")
        lanes.until_quiet()
        change(front, draft, 14)
        tell(lanes, draft)
        assert lanes.shown() == [6, 6]
        assert sorted(states(world)) == [("held", 14), ("released", 12)]
        asked = [(r.action, r.quantity_units) for r in world.erp.requested.values()]
        assert asked == [("reserve", 12), ("release", 12), ("reserve", 14)]
        world.erp.rows = {**world.erp.rows, "commitments": [], "acknowledged_orders": []}
        lanes.event(kind="hold_cancelled")
        lanes.until_quiet()
        assert lanes.shown() == [6, 6]

    def test_what_was_reserved_stays_when_more_than_that_is_not_there(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        draft = draft_of(lanes, 12)
        change(front, draft, 21)
        tell(lanes, draft)
        assert sorted(states(world)) == [("held", 12), ("refused", 21)]
        assert lanes.shown() == [8, 8]

    def test_what_shopify_keeps_back_for_longer_is_reserved_for_longer(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        draft = draft_of(lanes, 8, reserves=True)
        lanes.later(30 * 60)
        now, key = front.drafts[draft.draft_id]
        until = world.now + timedelta(days=1)
        later = replace(now, reserves_until=until, updated_at=front.now)
        front.drafts[draft.draft_id] = later, key
        tell(lanes, draft)
        lanes.later(31 * 60)
        lanes.until_quiet()
        assert lanes.shown() == [12, 12]
        held = world.ledger.reservations(held_only=True)
        assert [(each.quantity_units, each.expires_at) for each in held] == [(8, until)]
        assert lanes.quiet()

    def test_a_draft_whose_reserver_died_is_reserved_when_it_is_heard_again(
        self, lanes: Lanes, world: World, front: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die(*arguments: object, **options: object) -> None:
            raise KeyboardInterrupt

        draft = front.draft(world.key("b2b"), 8)
        with monkeypatch.context() as until_then, pytest.raises(KeyboardInterrupt):
            until_then.setattr(reservations, "make_sure", die)
            hear_draft(world.parts, "b2b", draft.draft_id, draft)
        assert world.erp.requested == {}
        tell(lanes, draft)
        assert states(world) == [("held", 8)]
        assert [request.action for request in world.erp.requested.values()] == ["reserve"]
        assert lanes.shown() == [12, 12]

    def test_a_draft_that_becomes_small_gives_its_stock_back(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        draft = draft_of(lanes, 9)
        change(front, draft, 2)
        tell(lanes, draft)
        assert lanes.shown() == [20, 20]

    def test_a_line_that_is_taken_out_gives_its_stock_back(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        draft = draft_of(lanes, 9)
        now, key = front.drafts[draft.draft_id]
        front.drafts[draft.draft_id] = replace(now, lines=(), updated_at=front.now), key
        tell(lanes, draft)
        assert lanes.shown() == [20, 20]
        assert states(world) == [("released", 9)]

    def test_a_draft_that_no_webhook_told_of_is_found_by_polling(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        front.draft(world.key("b2b"), 9)
        lanes.later(POLL_EVERY.total_seconds())
        lanes.until_quiet()
        assert lanes.shown() == [11, 11]


class TestEnds:
    @pytest.mark.parametrize("reserves", [False, True], ids=["held by us", "held by Shopify too"])
    @pytest.mark.parametrize("told", ["by webhook", "by polling"])
    def test_a_deleted_draft_gives_its_stock_back(
        self, lanes: Lanes, world: World, front: Shop, reserves: bool, told: str
    ) -> None:
        draft = draft_of(lanes, 8, reserves=reserves)
        front.discard(draft.draft_id)
        if told == "by webhook":
            tell(lanes, draft, "draft_orders/delete")
        else:
            lanes.later(POLL_EVERY.total_seconds())
            lanes.until_quiet()
        assert lanes.shown() == [20, 20]
        assert states(world) == [("released", 8)]
        assert lanes.quiet()

    @pytest.mark.parametrize("reserves", [False, True], ids=["held by us", "held by Shopify too"])
    @pytest.mark.parametrize("first", ["the draft", "the order"])
    def test_a_completed_draft_hands_its_stock_to_the_order_and_nothing_counts_twice(
        self, lanes: Lanes, world: World, front: Shop, reserves: bool, first: str
    ) -> None:
        draft = draft_of(lanes, 8, reserves=reserves)
        order = front.complete(draft.draft_id)
        hints = [
            ("draft_orders/update", draft.draft_id),
            ("orders/create", order.order_id),
        ]
        for topic, gid in hints if first == "the draft" else reversed(hints):
            lanes.hint("b2b", topic, gid)
            lanes.until_quiet()
            assert lanes.shown()[1] <= 12, "the units are never offered in between"
        assert lanes.shown() == [12, 12]
        assert states(world) == [("confirmed", 8)]
        lanes.later(60)
        lanes.until_quiet()
        assert lanes.quiet()

    def test_the_order_is_written_down_before_the_reservation_ends(
        self, lanes: Lanes, world: World, front: Shop, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        draft = draft_of(lanes, 8)
        order = front.complete(draft.draft_id)
        steps: list[str] = []
        ledger = world.ledger
        record = ledger.record_order_lines

        def record_order_lines(
            store: str, lines: list, *, reservations: Sequence = (), **when: object
        ) -> set[str]:
            steps.extend(line.order_id for line in lines)
            steps.extend(each.state for each in reservations)
            return record(store, lines, reservations=reservations, **when)

        monkeypatch.setattr(ledger, "record_order_lines", record_order_lines)
        tell(lanes, draft)
        assert steps.index(order.order_id) < steps.index("confirmed")

    def test_the_erp_is_told_to_let_go_for_the_order_comes_by_itself(
        self, lanes: Lanes, world: World, front: Shop
    ) -> None:
        draft = draft_of(lanes, 8)
        front.complete(draft.draft_id)
        tell(lanes, draft)
        assert [request.action for request in world.erp.requested.values()] == [
            "reserve",
            "release",
        ]
