"""From an event to the right quantity in all stores, with nothing read of the stores."""

from dataclasses import replace
from datetime import timedelta

import pytest

from inventory_sync.domain.publication import LevelKey
from inventory_sync_tests.erp.rows import location
from inventory_sync_tests.flow.lanes import (
    SET,
    Lanes,
    add_kit,
    event_pass,
    sales_order,
    watch_reading,
)
from inventory_sync_tests.flow.world import World, held


class TestEvents:
    def test_an_event_brings_every_store_to_its_quantity_in_one_pass_without_reading_it(
        self, lanes: Lanes
    ) -> None:
        seen = watch_reading(lanes.world)
        lanes.world.set_stock(OAK_TABLE="7")
        lanes.event()
        lanes.reports.clear()
        lanes.turn()
        assert lanes.shown() == [7, 7]
        assert seen == []
        (report,) = lanes.reports
        assert (report.skus, report.reasons, report.applied) == (
            ("OAK-TABLE",),
            ("stock_changed",),
            2,
        )
        assert lanes.dirty() == {}

    def test_a_burst_of_events_about_one_sku_is_one_pass_and_one_call_to_each_store(
        self, lanes: Lanes
    ) -> None:
        calls = lanes.world.calls("b2b"), lanes.world.calls("b2c")
        for left in range(19, 9, -1):
            lanes.world.set_stock(OAK_TABLE=str(left))
            lanes.event()
        lanes.reports.clear()
        lanes.turn()
        assert lanes.shown() == [10, 10]
        assert len(lanes.reports) == 1
        assert (lanes.world.calls("b2b"), lanes.world.calls("b2c")) == (calls[0] + 1, calls[1] + 1)

    def test_an_event_that_changes_nothing_sends_nothing(self, lanes: Lanes) -> None:
        before = lanes.world.calls("b2b")
        lanes.event()
        lanes.turn()
        assert lanes.reports[-1].stores["b2b"].kept == 1
        assert lanes.world.calls("b2b") == before
        assert lanes.dirty() == {}

    def test_the_latency_counts_from_the_oldest_event_of_a_sku(self, lanes: Lanes) -> None:
        lanes.world.set_stock(OAK_TABLE="7")
        lanes.event()
        lanes.later(3)
        lanes.event()
        lanes.later(1)
        lanes.turn()
        assert lanes.reports[-1].latencies_seconds == (4.0,)

    def test_every_write_is_durable_before_it_is_sent_and_keeps_how_it_came_about(
        self, lanes: Lanes
    ) -> None:
        seen: list[LevelKey] = []
        ledger = lanes.world.ledger

        def look() -> None:
            rows = ledger.open_intents("b2b")
            seen.extend(
                LevelKey(row.inventory_item_id, row.store_location_id) for row in rows.itertuples()
            )

        lanes.world.stores["b2b"].before_next_call = look
        lanes.commit(sales_order("4"))
        lanes.event(kind="order_changed")
        lanes.turn()
        assert seen == [lanes.world.key("b2b")]
        (told,) = lanes.reports[-1].waterfalls["b2b"]
        assert (told["sku"], told["expected_units"], told["quantity_units"]) == (
            "OAK-TABLE",
            20,
            16,
        )
        assert told["atp_micros"] == 16_000_000

    def test_a_store_that_is_not_live_is_not_written_to(self, lanes: Lanes) -> None:
        lanes.world.policies["b2b"] = replace(lanes.world.policies["b2b"], live=False)
        lanes.restart()
        lanes.world.set_stock(OAK_TABLE="7")
        lanes.event()
        lanes.turn()
        assert lanes.shown() == [20, 7]
        assert lanes.dirty() == {}


class TestOrders:
    def test_an_order_in_one_store_lowers_the_others(self, lanes: Lanes) -> None:
        line = lanes.world.stores["b2c"].buy(lanes.world.key("b2c"), 4)
        lanes.hint("b2c", "orders/create", line.order_id)
        lanes.turn("store_orders")
        assert lanes.shown() == [16, 16]
        assert lanes.reports[-1].stores["b2c"].sent.applied == []

    def test_a_cancelled_order_raises_the_others_again(self, lanes: Lanes) -> None:
        front = lanes.world.stores["b2c"]
        line = front.buy(lanes.world.key("b2c"), 4)
        lanes.hint("b2c", "orders/create", line.order_id)
        lanes.turn("store_orders")
        front.cancel(line)
        lanes.hint("b2c", "orders/cancelled", line.order_id)
        lanes.turn("store_orders")
        assert lanes.shown() == [20, 20]

    def test_an_order_is_not_deducted_twice_once_the_erp_has_it(self, lanes: Lanes) -> None:
        line = lanes.world.stores["b2c"].buy(lanes.world.key("b2c"), 4)
        lanes.hint("b2c", "orders/create", line.order_id)
        lanes.turn("store_orders")
        lanes.commit(sales_order("4", external_order_id=line.order_id))
        lanes.world.erp.rows = {
            **lanes.world.erp.rows,
            "acknowledged_orders": [
                {
                    "external_order_id": line.order_id,
                    "external_line_id": line.line_id,
                    "quantity": "4",
                    "updated_at": "2026-11-23 09:05:00+00",
                }
            ],
        }
        lanes.event(kind="order_changed")
        calls = lanes.world.calls("b2b")
        lanes.turn()
        assert lanes.shown() == [16, 16]
        assert lanes.world.calls("b2b") == calls


class TestKits:
    @pytest.fixture
    def lanes(self, world: World, lanes: Lanes) -> Lanes:
        add_kit(world)
        world.run()
        assert lanes.shown(SET) == [10, 10]
        return lanes

    def test_a_part_that_becomes_scarce_lowers_its_kit(self, lanes: Lanes) -> None:
        lanes.world.set_stock(OAK_TABLE="3")
        lanes.event("OAK-TABLE")
        lanes.turn()
        assert lanes.shown("OAK-TABLE") == [3, 3]
        assert lanes.shown(SET) == [3, 3]

    def test_a_kit_that_is_sold_takes_its_parts_in_every_store(self, lanes: Lanes) -> None:
        world = lanes.world
        line = world.stores["b2c"].buy(world.key("b2c", SET), 4)
        lanes.hint("b2c", "orders/create", line.order_id)
        lanes.turn("store_orders")
        assert lanes.shown(SET) == [6, 6]
        assert lanes.shown("OAK-TABLE") == [16, 16]
        assert lanes.shown("RETRO-CLOCK") == [12, 12]

    def test_a_kit_that_the_erp_sold_takes_its_parts_too(self, lanes: Lanes) -> None:
        lanes.commit(sales_order("5", SET))
        lanes.event(SET, "order_changed")
        lanes.turn()
        assert [lanes.shown(sku)[0] for sku in (SET, "OAK-TABLE", "RETRO-CLOCK")] == [5, 15, 10]


class TestHolds:
    def test_a_hold_lowers_every_store_and_its_cancellation_raises_them(self, lanes: Lanes) -> None:
        lanes.commit(held("6"))
        lanes.event(kind="hold_placed")
        lanes.turn("hold_events")
        assert lanes.shown() == [14, 14]
        lanes.commit()
        lanes.event(kind="hold_cancelled")
        lanes.turn("hold_events")
        assert lanes.shown() == [20, 20]

    def test_a_confirmed_hold_changes_no_store(self, lanes: Lanes) -> None:
        lanes.commit(held("6"))
        lanes.event(kind="hold_placed")
        lanes.turn("hold_events")
        before = lanes.world.calls("b2b"), lanes.world.calls("b2c")
        lanes.commit(sales_order("6"))
        lanes.event(kind="hold_confirmed")
        lanes.turn("hold_events")
        assert lanes.reports[-1].reasons == ("hold_confirmed",)
        assert lanes.shown() == [14, 14]
        assert (lanes.world.calls("b2b"), lanes.world.calls("b2c")) == before

    @pytest.mark.parametrize("heard", ["by an event pass", "by a full pass"])
    def test_a_hold_that_expires_by_the_clock_raises_every_store_without_an_event(
        self, lanes: Lanes, heard: str
    ) -> None:
        ends = lanes.world.erp.taken_at + timedelta(seconds=90)
        lanes.commit(held("6") | {"expires_at": str(ends)})
        if heard == "by an event pass":
            lanes.event(kind="hold_placed")
            lanes.turn("hold_events")
        else:
            lanes.world.run(after=timedelta(0))
        assert lanes.shown() == [14, 14]
        lanes.later(89)
        lanes.turn("hold_events")
        assert lanes.shown() == [14, 14]
        lanes.later(1)
        lanes.turn("hold_events")
        assert lanes.shown() == [20, 20]
        assert lanes.reports[-1].reasons == ("expired",)

    def test_a_lane_wants_to_be_back_when_the_next_hold_ends(self, lanes: Lanes) -> None:
        ends = lanes.world.erp.taken_at + timedelta(seconds=90)
        lanes.commit(held("6") | {"expires_at": str(ends)})
        lanes.event(kind="hold_placed")
        lanes.turn("hold_events")
        assert lanes.world.ledger.next_clock() == lanes.world.now + timedelta(seconds=90)


class TestOddRows:
    @pytest.mark.parametrize("physical", ["NaN", "a dozen", None, "-3"])
    def test_an_odd_row_is_not_counted_but_judged_by_a_careful_pass(
        self, lanes: Lanes, physical: str | None
    ) -> None:
        lanes.world.set_stock(OAK_TABLE=physical, RETRO_CLOCK="9")
        lanes.event("OAK-TABLE")
        lanes.event("RETRO-CLOCK")
        lanes.turn()
        assert lanes.reports[-1].odd == {"OAK-TABLE"}
        assert lanes.shown("RETRO-CLOCK") == [9, 9]
        assert lanes.shown("OAK-TABLE") == [20, 20]
        assert list(lanes.dirty("repair")) == ["OAK-TABLE"]
        lanes.until_quiet()
        assert len(lanes.careful) == 1
        assert max(lanes.shown("OAK-TABLE")) <= 20

    def test_an_odd_kit_row_keeps_all_that_share_it_from_being_raised(
        self, world: World, lanes: Lanes
    ) -> None:
        add_kit(world)
        world.run()
        rows = [dict(row) for row in world.erp.rows["components"]]
        rows[0]["quantity"] = "0"
        world.erp.rows = {**world.erp.rows, "components": rows}
        world.set_stock(OAK_TABLE="30", RETRO_CLOCK="30")
        lanes.event("RETRO-CLOCK")
        lanes.until_quiet()
        assert lanes.shown(SET) == [10, 10]

    def test_a_sku_that_a_full_pass_doubted_is_lowered_but_not_raised(self, lanes: Lanes) -> None:
        lanes.world.ledger.record_doubts("erp", {"OAK-TABLE"}, pass_id="full")
        lanes.world.set_stock(OAK_TABLE="30")
        event_pass(lanes.world)
        assert lanes.shown() == [20, 20]
        lanes.world.set_stock(OAK_TABLE="12")
        event_pass(lanes.world)
        assert lanes.shown() == [12, 12]

    def test_a_store_whose_settings_name_an_unknown_location_is_left_to_a_careful_pass(
        self, lanes: Lanes
    ) -> None:
        erp = lanes.world.erp
        erp.rows = {**erp.rows, "locations": [location("EWR")]}
        report = event_pass(lanes.world)
        assert lanes.shown() == [20, 20]
        assert "location" in report.stores["b2b"].repair["OAK-TABLE"]
