"""Reservations that a person asks for: held before anybody else can buy, or refused."""

from dataclasses import replace
from datetime import timedelta

import pytest

from inventory_sync.domain.errors import ContractBroken, ErpUnavailable, StoreUnreachable
from inventory_sync.domain.reservations import Reservation
from inventory_sync.flow.gather import read_orders
from inventory_sync.flow.hearing import HoldEar
from inventory_sync.flow.reservations import (
    ReservationRefused,
    confirm,
    place,
    release,
    reserve,
)
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
    def test_a_buyer_who_is_quicker_wins(self, lanes: Lanes, world: World, store: str) -> None:
        """He buys between the first look and the lowering of the stores."""
        front = world.stores[store]

        def buy() -> None:
            front.buy(world.key(store), 18)
            read_orders(world.parts, store)

        front.before_next_call = buy
        with pytest.raises(ReservationRefused, match="2 can be promised"):
            reserve(world.parts, wish(world, 5))
        assert states(world) == ["refused"]
        assert world.erp.requested == {}
        lanes.until_quiet()
        assert lanes.shown() == [2, 2]
        assert lanes.quiet()

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

    def test_a_store_that_is_away_is_lowered_when_it_is_back(
        self, lanes: Lanes, world: World
    ) -> None:
        front = world.stores["b2c"]
        front.unreachable = StoreUnreachable(store="b2c", cause="no route to host")
        reserve(world.parts, wish(world))
        assert lanes.shown() == [15, 20]
        front.unreachable = None
        lanes.later(180)
        lanes.until_quiet()
        assert lanes.shown() == [15, 15]


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
