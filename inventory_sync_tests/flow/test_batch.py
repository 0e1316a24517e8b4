"""A wave of supply, published as a batch: whole, in portions, after orders, and after a crash."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from inventory_sync.domain.batches import BatchName
from inventory_sync.domain.dirty import Mark
from inventory_sync.domain.errors import ErpUnavailable, PassRefused, StoreUnreachable
from inventory_sync.domain.extract import EVERYTHING
from inventory_sync.domain.guards import GuardLimits
from inventory_sync.domain.publication import Outcome, SetQuantities
from inventory_sync.flow import batch as batch_module
from inventory_sync.flow import lane as lane_module
from inventory_sync.flow.batch import BatchReport, Day, run_batch
from inventory_sync.flow.lane import Handover, serve_dirty
from inventory_sync.flow.parts import Parts
from inventory_sync_tests.erp.rows import commitment, supply
from inventory_sync_tests.flow.lanes import Lanes
from inventory_sync_tests.flow.world import SKUS, World

TABLE, CLOCK, SPOON = SKUS


def bring(world: World, units: str, *skus: str, at: datetime | None = None) -> None:
    """So many units of each of these stand in NYC since then; no event tells it."""
    changed = {sku: (at or world.now).isoformat() for sku in skus}
    rows = [
        {**row, "physical": units, "updated_at": changed[row["sku"]]}
        if row["sku"] in changed
        else row
        for row in world.erp.rows["stock"]
    ]
    world.erp.rows = {**world.erp.rows, "stock": rows}
    world.erp.taken_at = world.now


def batch(lanes: Lanes, name: BatchName = "replenishment", day: Day | None = None) -> BatchReport:
    return run_batch(lanes.parts, name, day=day)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two SKUs are much, and a portion is one."""
    monkeypatch.setattr(lane_module, "MOST_SKUS", 2)
    monkeypatch.setattr(batch_module, "MOST_SKUS", 2)
    monkeypatch.setattr(batch_module, "PORTION_SKUS", 1)


class TestWhatHasChanged:
    def test_it_is_published_to_all_stores_though_no_event_told_of_it(
        self, lanes: Lanes, world: World
    ) -> None:
        bring(world, "31", TABLE, CLOCK)
        report = batch(lanes)
        assert (lanes.shown(TABLE), lanes.shown(CLOCK)) == ([31, 31], [31, 31])
        assert (report.noted, report.served, report.written) == (2, 2, 4)
        assert lanes.dirty() == {}

    def test_the_next_batch_begins_where_this_one_ended_less_an_overlap(
        self, lanes: Lanes, world: World
    ) -> None:
        batch(lanes)
        first = world.erp.taken_at
        bring(world, "31", TABLE, at=first - batch_module.OVERLAP)
        bring(world, "44", CLOCK, at=first - batch_module.OVERLAP - timedelta(seconds=1))
        lanes.later(3600)
        report = batch(lanes)
        assert report.since == first - batch_module.OVERLAP
        assert (lanes.shown(TABLE), lanes.shown(CLOCK)) == ([31, 31], [20, 20])

    def test_each_batch_reads_what_is_its_own(self, lanes: Lanes, world: World) -> None:
        now = world.now.isoformat()
        world.erp.rows = {
            **world.erp.rows,
            "supply": [
                supply("P-1", sku=TABLE, kind="purchase", updated_at=now),
                supply("P-2", sku=CLOCK, kind="production", updated_at=now),
            ],
            "commitments": [
                commitment("W-1", sku=SPOON, quantity="3", kind="work", updated_at=now)
            ],
        }
        assert batch(lanes, "replenishment").noted == 1
        assert batch(lanes, "manufacturing").noted == 2
        assert lanes.shown(SPOON) == [17, 17]

    def test_an_event_without_a_sku_means_what_is_known_of_its_document(
        self, lanes: Lanes, world: World
    ) -> None:
        lanes.event(TABLE, "stock_received", document="PO-7")
        lanes.turn("supply_events")
        lanes.later(7200)
        lanes.event(None, "stock_received", document="PO-7")
        world.ledger.note_changes("replenishment", [], until=world.now - timedelta(minutes=1))
        assert batch(lanes).noted == 1

    def test_what_is_right_already_is_not_written_again(self, lanes: Lanes, world: World) -> None:
        bring(world, "31", TABLE)
        batch(lanes)
        calls = world.calls()
        again = batch(lanes)
        assert (again.noted, again.served, again.written) == (1, 1, 0)
        assert world.calls() == calls

    def test_an_erp_that_is_away_loses_no_change(self, lanes: Lanes, world: World) -> None:
        batch(lanes)
        bring(world, "31", TABLE)
        world.erp.failure = ErpUnavailable("the ERP is away")
        with pytest.raises(ErpUnavailable):
            batch(lanes)
        world.erp.failure = None
        lanes.later(4000)
        batch(lanes)
        assert lanes.shown(TABLE) == [31, 31]


class TestAPastDay:
    def test_the_skus_of_that_day_are_brought_to_the_figures_of_today(
        self, lanes: Lanes, world: World
    ) -> None:
        day = Day(datetime(2026, 11, 20, 5, tzinfo=UTC), datetime(2026, 11, 21, 5, tzinfo=UTC))
        bring(world, "31", TABLE, at=day.begins_at)
        bring(world, "44", CLOCK, at=day.ends_at)
        report = batch(lanes, day=day)
        assert report.noted == 1
        assert (lanes.shown(TABLE), lanes.shown(CLOCK)) == ([31, 31], [20, 20])

    def test_a_change_that_was_overwritten_since_is_found_by_its_event(
        self, lanes: Lanes, world: World
    ) -> None:
        lanes.event(TABLE, "stock_received")
        day = Day(world.now - timedelta(hours=1), world.now + timedelta(hours=1))
        lanes.later(3 * 86400)
        bring(world, "31", TABLE)
        assert batch(lanes, day=day).noted == 1
        assert lanes.shown(TABLE) == [31, 31]

    def test_it_does_not_move_the_next_batch(self, lanes: Lanes, world: World) -> None:
        batch(lanes)
        until = world.ledger.batch_until("replenishment")
        lanes.later(3600)
        batch(lanes, day=Day(world.now, world.now + timedelta(days=1)))
        assert world.ledger.batch_until("replenishment") == until


class TestAfterACrash:
    @pytest.fixture(autouse=True)
    def wave(self, small: None, lanes: Lanes, world: World) -> None:
        bring(world, "31", *SKUS)

    def test_the_next_batch_goes_on_and_writes_nothing_twice(
        self, lanes: Lanes, world: World
    ) -> None:
        done: list[str] = []

        def crash_after_two(line: str) -> None:
            if "levels written" in line:
                done.append(line)
            if len(done) == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_batch(told(lanes, crash_after_two), "replenishment")
        assert len(lanes.dirty("batch")) == 1, "the two that were published are off the list"
        report = batch(lanes, "manufacturing")  # whichever batch comes next
        assert [lanes.shown(sku) for sku in SKUS] == [[31, 31]] * 3
        assert (report.noted, report.served, report.written) == (0, 1, 2)

    def test_a_crash_within_a_call_is_settled_by_reading(self, lanes: Lanes, world: World) -> None:
        def die() -> None:
            raise KeyboardInterrupt

        world.stores["b2b"].after_next_call = die
        with pytest.raises(KeyboardInterrupt):
            batch(lanes)
        lanes.later(30)
        batch(lanes)
        lanes.until_quiet()
        assert [lanes.shown(sku) for sku in SKUS] == [[31, 31]] * 3
        assert lanes.quiet()

    def test_a_run_is_asked_for_what_a_killed_one_left(self, lanes: Lanes, world: World) -> None:
        world.ledger.note_changes(
            "manufacturing", [Mark(TABLE, world.now, world.now, "manufacturing")], until=None
        )
        handover = lanes.turn("supply_events")
        assert handover is not None
        assert handover.batch is not None
        lanes.later(60)
        with world.ledger.lane_lock("batch", patience_seconds=1):
            assert lanes.turn("supply_events") is None, "one is at work"

    def test_a_second_batch_leaves_the_work_to_the_first(self, lanes: Lanes, world: World) -> None:
        with world.ledger.lane_lock("batch", patience_seconds=1):
            report = batch(lanes)
        assert (report.elsewhere, report.noted, report.served) == (True, 3, 0)
        assert len(lanes.dirty("batch")) == 3


class TestAWaveOfEvents:
    @pytest.fixture(autouse=True)
    def wave(self, small: None, lanes: Lanes, world: World) -> None:
        world.set_stock(OAK_TABLE="31", RETRO_CLOCK="31", MINIMALIST_SPOON="31")
        for sku in SKUS:
            lanes.event(sku, "stock_received")

    def test_it_is_handed_to_its_batch_and_published_there(self, lanes: Lanes) -> None:
        assert lanes.turn("supply_events") == Handover("supply came in a wave", "replenishment")
        assert lanes.shown(TABLE) == [20, 20]
        report = batch(lanes)
        assert report.served >= 3
        assert [lanes.shown(sku) for sku in SKUS] == [[31, 31]] * 3
        assert lanes.dirty() == {}

    def test_an_order_does_not_wait_behind_it(self, lanes: Lanes, world: World) -> None:
        lanes.turn("supply_events")
        world.set_stock(OAK_TABLE="12", RETRO_CLOCK="31", MINIMALIST_SPOON="31")
        lanes.event(TABLE, "order_created")
        assert lanes.turn("order_events") is None
        assert lanes.shown(TABLE) == [12, 12]
        assert set(lanes.dirty()) == set(SKUS), "the wave still waits"

    def test_the_run_that_serves_events_leaves_it_to_the_batch(
        self, lanes: Lanes, world: World
    ) -> None:
        lanes.turn("supply_events")
        assert serve_dirty(world.parts, mode="runs", report=lanes.reports.append) == []
        assert set(lanes.dirty("supply_events")) == set(SKUS)

    def test_a_batch_is_asked_for_once(self, lanes: Lanes) -> None:
        assert lanes.turn("supply_events") is not None
        assert lanes.turn("supply_events") is None
        lanes.later(lane_module.ASK_AGAIN_AFTER.total_seconds())
        assert lanes.turn("supply_events") is not None


def test_a_wave_of_production_is_manufacturing_s(small: None, lanes: Lanes) -> None:
    for sku in SKUS:
        lanes.event(sku, "production_completed")
    assert lanes.turn("supply_events") == Handover("supply came in a wave", "manufacturing")


def test_a_few_receipts_are_served_by_their_lane_at_once(lanes: Lanes, world: World) -> None:
    world.set_stock(OAK_TABLE="31")
    lanes.event(TABLE, "stock_received")
    assert lanes.turn("supply_events") is None
    assert lanes.shown(TABLE) == [31, 31]


def test_an_order_is_served_before_the_run_that_serves_a_wave_of_counts(
    lanes: Lanes, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane_module, "MOST_SKUS", 1)
    for sku in (TABLE, CLOCK):
        lanes.event(sku, "stock_adjusted")
    lanes.later(1)
    world.set_stock(OAK_TABLE="12", RETRO_CLOCK="12", MINIMALIST_SPOON="12")
    lanes.event(SPOON, "order_created")
    assert lanes.turn("order_events") is None
    assert lanes.turn("order_events") == Handover("more than 1 SKUs are dirty")
    assert (lanes.shown(SPOON), lanes.shown(TABLE)) == ([12, 12], [20, 20])
    assert set(lanes.dirty("order_events")) == {TABLE, CLOCK}


class TestStoresThatAreAway:
    def test_one_of_two_does_not_hold_up_the_other(self, lanes: Lanes, world: World) -> None:
        bring(world, "31", TABLE)
        unreachable(world, "b2b")
        report = batch(lanes)
        assert world.shown("b2c", TABLE) == 31
        assert report.stores["b2b"].left == 1
        assert set(lanes.dirty("repair")) == {TABLE}

    def test_while_all_are_away_the_list_waits(
        self, small: None, lanes: Lanes, world: World
    ) -> None:
        bring(world, "31", *SKUS)
        come_back = [unreachable(world, store) for store in world.stores]
        lines: list[str] = []

        def tell(line: str) -> None:
            lines.append(line)
            if line.startswith("no store"):
                for store in come_back:
                    store()

        run_batch(told(lanes, tell), "replenishment")
        assert lines.count("no store can be worked with; going on in 30 s") == 1
        assert [lanes.shown(sku) for sku in SKUS].count([31, 31]) == 2
        assert len(lanes.dirty("repair")) == 1, "the one that met it first"


def test_progress_tells_how_much_is_left(small: None, lanes: Lanes, world: World) -> None:
    bring(world, "31", *SKUS)
    lines: list[str] = []
    run_batch(told(lanes, lines.append), "replenishment")
    assert lines[0].startswith("replenishment: 3 SKUs have changed since 2026-11-2")
    assert lines[1].startswith("replenishment: 1 SKUs done, 2 levels written; 2 SKUs left, about ")
    assert lines[-1] == "replenishment: 3 SKUs done, 6 levels written"


def told(lanes: Lanes, tell: Callable[[str], None]) -> Parts:
    """The parts of a pass, with somebody who listens."""
    return replace(lanes.parts, tell=tell)


def unreachable(world: World, store: str) -> Callable[[], None]:
    """Every call to the store fails until what is returned is called."""
    front = world.stores[store]
    really = front.set_quantities

    def fail(call: SetQuantities) -> Outcome:
        raise StoreUnreachable(store=store, cause="no connection could be made")

    front.set_quantities = fail  # type: ignore[method-assign]

    def come_back() -> None:
        front.set_quantities = really  # type: ignore[method-assign]

    return come_back


class TestCanary:
    @pytest.fixture
    def careful(self, lanes: Lanes, world: World, monkeypatch: pytest.MonkeyPatch) -> Parts:
        """One of three SKUs goes first."""
        monkeypatch.setattr(batch_module, "FEW", 3)
        bring(world, "31", *SKUS)
        return replace(lanes.parts, limits=GuardLimits(canary_share=Decimal("0.3")))

    def test_what_shows_is_followed_by_the_rest(self, careful: Parts, lanes: Lanes) -> None:
        report = run_batch(careful, "replenishment")
        assert (report.portions, report.written) == (2, 6)
        assert [lanes.shown(sku) for sku in SKUS] == [[31, 31]] * 3

    def test_what_does_not_show_ends_the_batch_and_the_rest_stays_on_the_list(
        self, careful: Parts, lanes: Lanes, world: World
    ) -> None:
        front = world.stores["b2b"]

        def somebody_adds_ten() -> None:
            for change in front.calls[-1].changes:
                front.edit(change.key, change.quantity_units + 10)

        front.after_next_call = somebody_adds_ten
        with pytest.raises(PassRefused, match="b2b was not written further"):
            run_batch(careful, "replenishment")
        assert sorted(lanes.shown(sku)[1] for sku in SKUS) == [20, 20, 31]
        waiting = world.ledger.dirty()
        assert set(waiting.loc[waiting["lane"] == "repair", "sku"]) == {EVERYTHING}
        assert len(set(waiting.loc[waiting["lane"] == "batch", "sku"])) == 2
