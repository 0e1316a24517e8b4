"""Sensors, evaluated on the stage: an event becomes quantities, and is reported without a run."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from inventory_sync.defs import event_dates, sensors
from inventory_sync.defs.event_dates import DESK
from inventory_sync.defs.jobs import event_sync
from inventory_sync.defs.warm import WARM
from inventory_sync.domain.dirty import FAST_LANES, Mark
from inventory_sync.domain.errors import ContractBroken
from inventory_sync.domain.extract import EVERYTHING
from inventory_sync.flow import shift
from inventory_sync.flow.lane import MOST_SKUS, LaneWorker
from inventory_sync.ledger import connect
from inventory_sync.sandbox.company.acme import Line
from inventory_sync.sandbox.standin import Wanted, place_order
from inventory_sync.sandbox.standin.foreign import LevelEdit, edit_level
from inventory_sync.sandbox.standin.resolving import Variant
from inventory_sync_tests.conftest import fresh_database
from inventory_sync_tests.defs.ticks import Ticks, acme_of
from inventory_sync_tests.endtoend.stage import Stage

pytestmark = pytest.mark.xdist_group("acme-events")

ATP = ("atp", "available_to_promise")
CLOCK = "RETRO-CLOCK-RED"


@pytest.fixture
def ticks(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ticks]:
    """Every lane has begun to listen; nothing is on the list; a tick is short, nothing lingers."""
    monkeypatch.setattr(sensors, "STAY", timedelta(seconds=0.05))
    monkeypatch.setattr(shift, "LINGER", timedelta(0))
    stage.ledger("DELETE FROM inventory_sync.dirty_skus")
    with dg.DagsterInstance.ephemeral() as instance:
        it = Ticks(stage, instance)
        for name in FAST_LANES:
            it.tick(name)
        yield it
    WARM.drop()


def published(store: str) -> list[str]:
    return ["stores", store, "published_quantities"]


def dirty(stage: Stage) -> dict[str, str]:
    """SKU -> lane; what is marked for its dates is always there after a pass."""
    listed = "SELECT sku, lane FROM inventory_sync.dirty_skus WHERE lane <> 'event_dates'"
    return dict(stage.ledger(listed).copy())


def mark(stage: Stage, lane: str, *skus: str) -> None:
    now = datetime.now(UTC)
    ledger = connect(stage.ledger_url)
    ledger.mark(lane, [Mark(sku, now, now, "stock_adjusted") for sku in skus])
    ledger.close()


def skus_of(stage: Stage, count: int) -> list[str]:
    rows = stage.erp("SELECT sku FROM acme.items ORDER BY sku LIMIT :count", count=count)
    assert len(rows) == count
    return [sku for (sku,) in rows]


class TestAnEvent:
    @pytest.fixture(autouse=True)
    def counted(self, ticks: Ticks) -> None:
        """A count finds three red clocks more in New York, and a tick serves it."""
        with acme_of(ticks.stage) as acme:
            acme.adjust_stock(CLOCK, "NYC", 3)
        self.evaluation = ticks.tick("order_events")

    def test_the_stores_show_it_and_no_run_was_asked_for(self, ticks: Ticks) -> None:
        assert ticks.stage.wrong() == {}
        assert self.evaluation.run_requests == []
        assert (
            self.evaluation.skip_message == "1 passes since the last tick, reported without a run"
        )
        assert dirty(ticks.stage) == {}
        assert ticks.instance.get_runs() == []

    def test_it_is_one_materialization_of_atp_with_what_a_person_asks(self, ticks: Ticks) -> None:
        made = ticks.made(*ATP)
        assert made is not None
        assert made["lane"] == "order_events"
        assert (made["passes"], made["SKUs"], made["affected SKUs"]) == (1, 1, CLOCK)
        assert "stock_adjusted" in made["events"]
        assert made["left to a careful pass"] == 0
        assert (
            0
            < made["event to mutation p50 (ms)"]
            <= made["event to mutation p95 (ms)"]
            <= made["event to mutation p99 (ms)"]
        )
        assert ticks.runs_behind(*ATP) == ""

    def test_it_is_one_materialization_of_each_store_with_the_waterfall(self, ticks: Ticks) -> None:
        made = ticks.made(*published("b2b-us"))
        assert made is not None
        assert (made["applied"], made["refused"], made["unknown"]) == (1, 0, 0)
        (row,) = made["waterfall"]
        assert row["sku"] == CLOCK
        assert row["quantity_units"] == row["expected_units"] + 3
        assert row["atp"] == row["physical"] - sum(
            row[kind]
            for kind in (
                "unavailable",
                "pending",
                "reservation",
                "hold",
                "order",
                "work",
                "transfer",
            )
        )
        assert ticks.made(*published("b2c-us")) is not None

    def test_a_store_that_does_not_sell_it_is_not_materialized(
        self, ticks: Ticks, stage: Stage
    ) -> None:
        shops = stage.shops
        only_b2b = next(
            item.sku
            for item in shops["b2b-us"].stock.item_list
            if item.sku
            and item.tracked
            and stage.erp("SELECT 1 FROM erp_contract.stock WHERE sku = :sku", sku=item.sku)
            and not shops["b2c-eu"].stock.with_sku(item.sku)
        )
        before = ticks.instance.get_latest_materialization_event(dg.AssetKey(published("b2c-eu")))
        mark(stage, "order_events", only_b2b)
        ticks.tick("order_events")
        made = ticks.made(*ATP)
        assert made is not None
        assert made["affected SKUs"] == only_b2b
        after = ticks.instance.get_latest_materialization_event(dg.AssetKey(published("b2c-eu")))
        assert after == before

    def test_its_checks_are_evaluated(self, ticks: Ticks) -> None:
        assert ticks.checked(list(ATP), "atp_is_the_sum_of_its_terms") == [True]
        mending = ticks.checked(published("b2b-us"), "nothing_in_the_store_needs_mending")
        assert len(mending) == 1

    def test_the_next_tick_reports_nothing(self, ticks: Ticks) -> None:
        assert (
            ticks.tick("order_events").skip_message
            == "0 passes since the last tick, reported without a run"
        )
        assert ticks.checked(list(ATP), "atp_is_the_sum_of_its_terms") == [True]


class TestTheOtherLanes:
    def test_a_hold_is_the_work_of_its_own_sensor(self, ticks: Ticks) -> None:
        with acme_of(ticks.stage) as acme:
            order = acme.place_offline_order([Line(CLOCK, "NYC", 2)])
            acme.hold_order(order)
        ticks.tick("hold_events")
        ticks.tick("order_events")
        assert ticks.stage.wrong() == {}
        with acme_of(ticks.stage) as acme:
            acme.cancel_hold(order)
        ticks.tick("hold_events")
        assert ticks.stage.wrong() == {}
        made = ticks.made(*ATP)
        assert made is not None
        assert made["lane"] == "hold_events"

    def test_an_order_of_a_store_also_materializes_orders_in_flight(
        self, ticks: Ticks, stage: Stage
    ) -> None:
        place_order(stage.shops["b2c-us"], [Wanted(CLOCK, 2, 2001)])
        WARM.drop()  # a new code server polls every store at once
        ticks.tick("store_orders")
        assert stage.wrong() == {}
        made = ticks.made("orders", "in_flight")
        assert made is not None
        assert (made["lane"], made["affected SKUs"]) == ("store_orders", CLOCK)


class TestRuns:
    def test_too_much_for_a_tick_is_one_run_and_none_while_that_waits(
        self, ticks: Ticks, stage: Stage
    ) -> None:
        mark(stage, "order_events", *skus_of(stage, MOST_SKUS + 1))
        (request,) = ticks.tick("order_events").run_requests
        assert request.tags["inventory_sync/why"] == "order_events"
        assert request.run_config == {}, "which SKUs, stands in the ledger"
        assert request.run_key is None, "a key would forbid every later run"
        waiting = ticks.instance.create_run_for_job(event_sync, status=dg.DagsterRunStatus.STARTING)
        evaluation = ticks.tick("order_events")
        assert evaluation.run_requests == []
        assert "a run that will do it is about to start" in evaluation.skip_message
        ticks.instance.delete_run(waiting.run_id)
        assert len(ticks.tick("order_events").run_requests) == 1

        assert ticks.run_job().success
        assert dirty(stage) == {}
        assert stage.wrong() == {}
        made = ticks.made(*ATP)
        assert made is not None
        assert (made["lane"], made["passes"], made["SKUs"]) == ("repair", 2, MOST_SKUS + 1)
        assert ticks.runs_behind(*ATP) != ""

    def test_a_run_that_died_before_it_started_is_not_waited_for(
        self, ticks: Ticks, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        mark(stage, "repair", CLOCK)
        dead = ticks.instance.create_run_for_job(event_sync, status=dg.DagsterRunStatus.STARTING)
        assert ticks.tick("order_events").run_requests == []
        monkeypatch.setattr(sensors, "START_WITHIN", timedelta(0))
        WARM.drop()  # else the lane leaves the run time to take the repairs
        assert len(ticks.tick("order_events").run_requests) == 1
        ticks.instance.delete_run(dead.run_id)
        assert ticks.run_job().success
        assert dirty(stage) == {}

    def test_a_level_that_was_edited_by_hand_is_repaired_by_a_run(
        self, ticks: Ticks, stage: Stage
    ) -> None:
        edit_level(stage.shops["b2b-us"], LevelEdit(CLOCK, 1001, delta=400))
        assert stage.wrong() != {}
        mark(stage, "repair", CLOCK)
        (request,) = ticks.tick("order_events").run_requests
        assert request.tags["inventory_sync/why"] == "order_events"
        assert ticks.run_job().success
        assert stage.wrong() == {}
        assert dirty(stage) == {}

    def test_an_event_about_everything_is_a_full_pass(self, ticks: Ticks, stage: Stage) -> None:
        with acme_of(stage) as acme:
            acme.adjust_stock("OAK-BENCH-160", "NYC", 4)
        mark(stage, "hold_events", EVERYTHING)
        assert len(ticks.tick("hold_events").run_requests) == 1
        assert ticks.run_job().success
        assert stage.wrong() == {}
        assert dirty(stage) == {}
        kinds = stage.ledger("SELECT kind FROM inventory_sync.passes ORDER BY started_at DESC")
        assert kinds[0][0] == "event"

    def test_a_run_without_work_does_nothing(self, ticks: Ticks, stage: Stage) -> None:
        before = stage.writes()
        assert ticks.run_job().success
        assert stage.writes() == before


class TestDates:
    @pytest.fixture(autouse=True)
    def sold(self, ticks: Ticks) -> Iterator[None]:
        """Nine more clocks are found in Los Angeles; a tick serves it, and its dates are due."""
        mark(ticks.stage, "event_dates", CLOCK)
        ticks.tick("event_dates")
        self.before = self.in_los_angeles(ticks)
        with acme_of(ticks.stage) as acme:
            acme.adjust_stock(CLOCK, "LAX", 9)
        ticks.tick("order_events")
        assert self.in_los_angeles(ticks) == self.before
        ticks.stage.ledger("UPDATE inventory_sync.dirty_skus SET due_at = now()")
        yield
        DESK.drop()

    def in_los_angeles(self, ticks: Ticks) -> int:
        """So many clocks ship from there first, by the metafield of the store."""
        shop = ticks.stage.shops["b2b-us"]
        (clock,) = shop.stock.with_sku(CLOCK)
        _, value = shop.metafields[Variant(clock).gid]["$app:inventory_sync.availability"]
        places = {each["id"]: each["steps"] for each in json.loads(value)["places"]}
        return int(places["gid://shopify/Location/1002"][0][0])

    def test_a_tick_renews_what_stores_tell_of_the_skus_of_an_event(self, ticks: Ticks) -> None:
        evaluation = ticks.tick("event_dates")
        assert evaluation.run_requests == []
        assert evaluation.skip_message.startswith("dates of 1 SKUs: ")
        assert self.in_los_angeles(ticks) == self.before + 9
        assert ticks.tick("event_dates").skip_message == "dates of 0 SKUs: no variant"

    def test_a_tick_that_fails_closes_its_own_parts_and_no_lane(
        self, ticks: Ticks, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(event_dates, "renew_dates", None)
            with pytest.raises(Exception, match=r"not callable|event_dates"):
                ticks.tick("event_dates")
        assert DESK._parts is None
        assert set(WARM._posts) == set(FAST_LANES)
        ticks.tick("event_dates")
        assert self.in_los_angeles(ticks) == self.before + 9


class TestTrouble:
    def test_a_failing_erp_fails_the_tick_with_one_sentence_and_the_next_one_works(
        self, ticks: Ticks, stage: Stage
    ) -> None:
        rename = "ALTER VIEW erp_contract.stock RENAME COLUMN {} TO {}"
        with acme_of(stage) as acme:
            acme.adjust_stock(CLOCK, "NYC", 2)
        stage.erp(rename.format("unavailable", "not_available"))
        try:
            with pytest.raises(Exception) as failure:
                ticks.tick("order_events")
        finally:
            stage.erp(rename.format("not_available", "unavailable"))
        error: BaseException | None = failure.value
        while error and not isinstance(error, ContractBroken):
            error = error.__cause__
        said = str(error)
        assert "stock" in said
        assert "unavailable" in said
        assert "\n" not in said.strip()
        assert dirty(stage) == {CLOCK: "order_events"}, "nothing is forgotten"
        assert WARM._posts == {}, "everything is opened anew"
        assert (
            ticks.tick("order_events").skip_message
            == "1 passes since the last tick, reported without a run"
        )
        assert stage.wrong() == {}

    def test_what_was_reported_before_a_tick_failed_is_not_lost(
        self, ticks: Ticks, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with acme_of(stage) as acme:
            acme.adjust_stock(CLOCK, "NYC", -1)
        serve = LaneWorker.serve

        def fail_afterwards(*arguments: Any) -> None:
            serve(*arguments)
            raise RuntimeError("the power is out")

        monkeypatch.setattr(LaneWorker, "serve", fail_afterwards)
        with pytest.raises(Exception, match=r"the power is out|order_events"):
            ticks.tick("order_events")
        assert ticks.checked(list(ATP), "atp_is_the_sum_of_its_terms") == [True]


def test_reports_reach_dagster_s_database_through_a_pool(
    ticks: Ticks, stage: Stage, postgres_server_uri: str, tmp_path: Path
) -> None:
    for url in fresh_database(postgres_server_uri):
        overrides = {
            "storage": {
                "postgres": {"postgres_url": url.replace("+psycopg", "+psycopg2")},
            },
            "telemetry": {"enabled": False},
        }
        with dg.DagsterInstance.local_temp(str(tmp_path), overrides=overrides) as instance:
            WARM.drop()
            persistent = Ticks(stage, instance)
            persistent.tick("order_events")
            with acme_of(stage) as acme:
                acme.adjust_stock(CLOCK, "NYC", 1)
            persistent.tick("order_events")
            made = persistent.made(*ATP)
            assert made is not None
            assert made["affected SKUs"] == CLOCK
            assert WARM._instance is not None
            assert WARM._instance is not instance
            WARM.drop()
            assert WARM._instance is None
