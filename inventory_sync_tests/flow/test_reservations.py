"""Reservations that a person asks for: held before anybody else can buy, or refused."""

from dataclasses import replace
from datetime import timedelta

import pytest

from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.errors import (
    ContractBroken,
    ErpUnavailable,
    ReservationRefused,
    StoreUnreachable,
)
from inventory_sync.domain.reservations import Reservation
from inventory_sync.flow import reservations
from inventory_sync.flow.hearing import FINISH_EVERY, HoldEar
from inventory_sync.flow.reservations import SECURE_WITHIN, confirm, finish, release, reserve
from inventory_sync.flow.securing import place
from inventory_sync_tests.flow.lanes import SET, Lanes, add_kit, sales_order
from inventory_sync_tests.flow.world import World


def wish(world: World, units: int = 5, **changes: object) -> Reservation:
    """Somebody wants so many oak tables of the first store."""
    wanted = Reservation(
        reservation_id="R-1",
        store="b2b",
        order_id="inventory-sync:R-1",
        line_id="1",
        sku="OAK-TABLE",
        store_location_id="",
        erp_location="",
        quantity_units=units,
        state="held",
        expires_at=None,
        created_at=world.now,
    )
    return place(world.parts, replace(wanted, **changes))


def acknowledge(world: World, reservation: Reservation, kind: str = "reservation") -> None:
    """The ERP has taken the reservation over."""
    units = str(reservation.quantity_units)
    world.erp.rows = {
        **world.erp.rows,
        "commitments": [
            sales_order(units, kind=kind, external_order_id=reservation.order_id),
        ],
        "acknowledged_orders": [
            {
                "external_order_id": reservation.order_id,
                "external_line_id": reservation.line_id,
                "quantity": units,
                "updated_at": "2026-11-23 09:05:00+00",
            }
        ],
    }


def states(world: World) -> list[str]:
    return [each.state for each in world.ledger.reservations()]


class TestReserve:
    def test_every_store_is_lowered_before_it_says_held(self, lanes: Lanes, world: World) -> None:
        held = reserve(world.parts, wish(world))
        assert held.state == "held"
        assert lanes.shown() == [15, 15]
        assert world.ledger.reservation("R-1") == held
        assert list(world.erp.requested) == ["R-1:reserve"]
        lanes.until_quiet()
        assert lanes.shown() == [15, 15]
        assert lanes.quiet()

    def test_it_is_written_down_before_the_first_store_is_lowered(
        self, lanes: Lanes, world: World
    ) -> None:
        seen: list[list[str]] = []
        world.stores["b2c"].watch = lambda call: seen.append(states(world))
        reserve(world.parts, wish(world))
        assert seen == [["held"]]

    def test_it_is_deducted_once_when_the_erp_has_it_too(self, lanes: Lanes, world: World) -> None:
        held = reserve(world.parts, wish(world))
        acknowledge(world, held)
        lanes.event(kind="hold_placed")
        lanes.until_quiet()
        assert lanes.shown() == [15, 15]

    def test_short_stock_is_refused_and_no_store_is_touched(
        self, lanes: Lanes, world: World
    ) -> None:
        calls = world.calls("b2b"), world.calls("b2c")
        with pytest.raises(ReservationRefused, match="21 of OAK-TABLE cannot be reserved: 20 can"):
            reserve(world.parts, wish(world, 21))
        assert states(world) == []
        assert world.erp.requested == {}
        assert (world.calls("b2b"), world.calls("b2c")) == calls

    @pytest.mark.parametrize("store", ["b2b", "b2c"])
    @pytest.mark.parametrize("moment", ["before", "meanwhile"])
    def test_a_buyer_who_is_quicker_wins(
        self, lanes: Lanes, world: World, store: str, moment: str
    ) -> None:
        """The webhook of his order is still under way."""
        front = world.stores[store]
        if moment == "before":
            front.buy(world.key(store), 18)
        else:
            front.before_next_call = lambda: front.buy(world.key(store), 18)
        with pytest.raises(ReservationRefused, match="2 can be promised"):
            reserve(world.parts, wish(world, 5))
        assert states(world) == ["refused"]
        assert world.erp.requested == {}
        lanes.until_quiet()
        assert lanes.shown() == [2, 2]
        assert lanes.quiet()

    @pytest.mark.parametrize("store", ["b2b", "b2c"])
    @pytest.mark.parametrize("moment", ["before", "meanwhile"])
    def test_units_that_a_store_has_sold_to_somebody_unheard_of_are_not_promised(
        self, lanes: Lanes, world: World, store: str, moment: str
    ) -> None:
        """Shopify does not list his order yet, but the store shows less than we have set."""
        front = world.stores[store]
        orders: list = []
        if moment == "before":
            orders.append(front.buy_unlisted(world.key(store), 18))
        else:
            front.before_next_call = lambda: orders.append(front.buy_unlisted(world.key(store), 18))
        with pytest.raises(ReservationRefused, match="2 can be promised"):
            reserve(world.parts, wish(world, 5))
        front.orders += orders
        lanes.later(61)
        lanes.until_quiet()
        assert lanes.shown() == [2, 2]

    def test_units_that_are_missing_at_a_level_that_stays_are_not_promised(
        self, lanes: Lanes, world: World
    ) -> None:
        """The cap hides that the pool has become smaller, so no write is refused as stale."""
        world.policies["b2c"] = replace(world.policies["b2c"], rules=OfferRules(cap_units=6))
        world.run()
        world.stores["b2c"].buy_unlisted(world.key("b2c"), 6)
        with pytest.raises(ReservationRefused, match="14 can be promised"):
            reserve(world.parts, wish(world, 15))
        assert reserve(world.parts, wish(world, 14)).state == "held"

    def test_a_kit_reserves_its_parts(self, lanes: Lanes, world: World) -> None:
        add_kit(world)
        world.run()
        reserve(world.parts, wish(world, 4, sku=SET))
        assert lanes.shown(SET) == [6, 6]
        assert lanes.shown("RETRO-CLOCK") == [12, 12]

    def test_what_the_erp_does_not_count_cannot_be_reserved(
        self, lanes: Lanes, world: World
    ) -> None:
        with pytest.raises(ReservationRefused, match="LOST-CHAIR cannot be reserved"):
            wish(world, sku="LOST-CHAIR")

    @pytest.mark.parametrize(
        "error", [ErpUnavailable("The ERP is away."), ContractBroken("It takes no requests.")]
    )
    def test_an_erp_that_takes_no_requests_leaves_it_held_by_us(
        self, lanes: Lanes, world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        def refuse(requests: object) -> None:
            raise error

        monkeypatch.setattr(world.erp, "request", refuse)
        held = reserve(world.parts, wish(world))
        assert held.state == "held"
        assert "the ERP was not told to reserve" in str(held.reason)
        lanes.later(3600)
        lanes.until_quiet()
        assert lanes.shown() == [15, 15]

    def test_a_store_that_is_away_may_sell_the_units_so_nothing_is_promised(
        self, lanes: Lanes, world: World
    ) -> None:
        front = world.stores["b2c"]
        front.unreachable = StoreUnreachable(store="b2c", cause="no route to host")
        with pytest.raises(ReservationRefused, match="no route to host"):
            reserve(world.parts, wish(world))
        assert states(world) == ["refused"]
        front.unreachable = None
        lanes.later(180)
        lanes.until_quiet()
        assert lanes.shown() == [20, 20]

    def test_a_write_without_an_answer_is_looked_at_before_it_says_held(
        self, lanes: Lanes, world: World
    ) -> None:
        world.stores["b2c"].lose_next_answer(applied=False)
        assert reserve(world.parts, wish(world)).state == "held"
        assert lanes.shown() == [15, 15]


class TestUnfinished:
    """Somebody dies, or the ERP is away, between two steps."""

    def test_one_whose_maker_died_is_made_sure_of_and_told_to_the_erp(
        self, lanes: Lanes, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die(*arguments: object, **options: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as until_then, pytest.raises(KeyboardInterrupt):
            until_then.setattr(reservations, "make_sure", die)
            reserve(world.parts, wish(world))
        assert world.erp.requested == {}
        lanes.later(SECURE_WITHIN.total_seconds())
        lanes.until_quiet()
        assert states(world) == ["held"]
        assert list(world.erp.requested) == ["R-1:reserve"]
        assert lanes.shown() == [15, 15]

    def test_one_whose_maker_died_is_refused_when_its_stock_is_gone(
        self, lanes: Lanes, world: World
    ) -> None:
        world.stores["b2b"].buy(world.key("b2b"), 18)
        lost = replace(wish(world), next_step="secure")
        world.ledger.record_order_lines(
            "b2b", [lost.as_order_line(world.now)], read_at=world.now, reservations=[lost]
        )
        lanes.later(SECURE_WITHIN.total_seconds())
        lanes.until_quiet()
        assert states(world) == ["refused"]
        assert world.erp.requested == {}
        assert lanes.shown() == [2, 2]

    def test_one_that_nobody_is_sure_of_cannot_be_confirmed(
        self, lanes: Lanes, world: World
    ) -> None:
        with pytest.raises(ReservationRefused, match="Nobody knows yet"):
            confirm(world.parts, replace(wish(world), next_step="secure"))

    def test_a_decision_that_the_erp_could_not_be_told_is_told_later(
        self, lanes: Lanes, world: World
    ) -> None:
        held = reserve(world.parts, wish(world))
        acknowledge(world, held)
        lanes.event(kind="hold_placed")
        lanes.until_quiet()
        world.erp.failure = ErpUnavailable("The ERP is away.")
        done = release(world.parts, held, "called off")
        assert "the ERP was not told to release yet" in str(done.reason)
        world.erp.failure = None
        lanes.later(FINISH_EVERY.total_seconds())
        lanes.until_quiet()
        assert list(world.erp.requested) == ["R-1:reserve", "R-1:release"]
        assert world.ledger.unfinished_reservations() == []

    def test_an_erp_that_takes_no_requests_is_left_in_peace_after_a_week(
        self, lanes: Lanes, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        held = reserve(world.parts, wish(world))
        asked: list[object] = []

        def refuse(requests: object) -> None:
            asked.append(requests)
            raise ContractBroken("It takes no requests.")

        monkeypatch.setattr(world.erp, "request", refuse)
        release(world.parts, held, "called off")
        world.now += timedelta(days=8)
        finish(world.parts)
        assert len(asked) == 1


class TestEnds:
    @pytest.fixture
    def held(self, lanes: Lanes, world: World) -> Reservation:
        ends = world.now + timedelta(minutes=30)
        return reserve(world.parts, wish(world, expires_at=ends))

    def test_a_confirmed_one_stays_deducted_until_the_erp_has_the_order(
        self, lanes: Lanes, world: World, held: Reservation
    ) -> None:
        assert confirm(world.parts, held).state == "confirmed"
        lanes.until_quiet()
        lanes.later(3600)
        lanes.until_quiet()
        assert lanes.shown() == [15, 15]
        acknowledge(world, held, kind="order")
        lanes.event(kind="hold_confirmed")
        lanes.until_quiet()
        assert lanes.shown() == [15, 15]
        assert [request.action for request in world.erp.requested.values()] == [
            "reserve",
            "confirm",
        ]

    def test_a_released_one_gives_its_units_back_to_every_store(
        self, lanes: Lanes, world: World, held: Reservation
    ) -> None:
        done = release(world.parts, held, "the customer changed her mind")
        assert (done.state, done.reason) == ("released", "the customer changed her mind")
        lanes.until_quiet()
        assert lanes.shown() == [20, 20]
        assert "R-1:release" in world.erp.requested

    def test_while_the_erp_still_holds_a_released_one_it_stays_deducted(
        self, lanes: Lanes, world: World, held: Reservation
    ) -> None:
        acknowledge(world, held)
        lanes.until_quiet()
        release(world.parts, held, "called off")
        lanes.until_quiet()
        assert lanes.shown() == [15, 15]
        lanes.commit()
        lanes.event(kind="hold_cancelled")
        lanes.until_quiet()
        assert lanes.shown() == [20, 20]

    def test_one_whose_time_is_over_ends_by_the_clock(
        self, lanes: Lanes, world: World, held: Reservation
    ) -> None:
        lanes.later(30 * 60 - 1)
        lanes.until_quiet()
        assert states(world) == ["held"]
        lanes.later(1)
        lanes.turn("hold_events")
        assert states(world) == ["expired"]
        lanes.until_quiet()
        assert lanes.shown() == [20, 20]

    def test_the_lane_wakes_when_its_time_is_over(
        self, lanes: Lanes, world: World, held: Reservation
    ) -> None:
        lanes.later(30 * 60 - 1)
        ear = HoldEar(world.parts, poll_seconds=30)
        assert ear.hear() == held.expires_at

    def test_what_is_decided_stays_decided(
        self, lanes: Lanes, world: World, held: Reservation
    ) -> None:
        done = release(world.parts, held, "called off")
        with pytest.raises(ReservationRefused, match="is released already"):
            confirm(world.parts, done)
        with pytest.raises(ReservationRefused, match="is released already"):
            release(world.parts, done, "again")
        lanes.later(3600)
        lanes.until_quiet()
        assert states(world) == ["released"]

    def test_a_decision_twice_asks_the_erp_once(
        self, lanes: Lanes, world: World, held: Reservation
    ) -> None:
        """Two people with the same list in front of them."""
        confirm(world.parts, held)
        confirm(world.parts, held)
        assert list(world.erp.requested) == ["R-1:reserve", "R-1:confirm"]
        lanes.until_quiet()
        assert lanes.shown() == [15, 15]
