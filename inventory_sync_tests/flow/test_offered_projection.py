"""Stores offer today's projection: on every path the same, and after midnight another."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from inventory_sync.domain.dated_rows import ProjectionRules
from inventory_sync.domain.dirty import DirtySku
from inventory_sync.domain.evidence import Limits
from inventory_sync.domain.units import SCALE
from inventory_sync.flow.batch import run_batch
from inventory_sync.flow.careful_pass import careful_pass
from inventory_sync.flow.explanation import Question, explain
from inventory_sync.flow.lane import Handover
from inventory_sync.flow.parts import PromisePolicy
from inventory_sync.flow.reconciling import reconcile
from inventory_sync_tests.domain.dated_worlds import supply
from inventory_sync_tests.erp.rows import commitment, location
from inventory_sync_tests.flow.lanes import SET, Lanes, add_kit, event_pass
from inventory_sync_tests.flow.world import SKUS, World

TABLE, _, SPOON = SKUS
COMES = supply("PO-7", sku=TABLE, quantity="30", due_date="2026-11-30")
LATER = commitment(
    "SO-9", sku=TABLE, location="NYC", quantity="15", due_date="2026-12-10", expires_at=None
)
MIDNIGHT = datetime(2026, 12, 1, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)


@pytest.fixture
def lanes(lanes: Lanes, world: World) -> Lanes:
    """15 of 20 tables are ordered for 10 December; 30 come on 30 November."""
    world.promises = PromisePolicy(ProjectionRules(), offered=True)
    world.erp.rows = {
        **world.erp.rows,
        "locations": [location("NYC", time_zone="America/New_York")],
        "supply": [COMES],
        "commitments": [LATER],
    }
    world.erp.taken_at = world.now
    add_kit(world)
    lanes.restart()
    return lanes


def at(lanes: Lanes, moment: datetime) -> None:
    lanes.later((moment - lanes.world.now).total_seconds())
    lanes.world.erp.taken_at = lanes.world.now


def change(lanes: Lanes, **changes: str | None) -> None:
    """The supply becomes another; an event tells it."""
    world = lanes.world
    world.erp.rows = {**world.erp.rows, "supply": [COMES | changes]}
    lanes.event(TABLE, "supply_changed")


def by_event_pass(lanes: Lanes) -> None:
    event_pass(lanes.world, TABLE)


def by_careful_pass(lanes: Lanes) -> None:
    now = lanes.world.now
    careful_pass(lanes.parts, [DirtySku("repair", TABLE, 1, now, now, "odd", 1)])


def by_full_pass(lanes: Lanes) -> None:
    lanes.world.run()


@pytest.mark.parametrize("a_pass", [by_event_pass, by_careful_pass, by_full_pass])
def test_every_path_offers_what_supply_leaves_free(lanes: Lanes, a_pass) -> None:
    world = lanes.world
    world.promises = replace(world.promises, offered=False)
    world.run()
    assert lanes.shown(TABLE) == [5, 5]
    world.promises = replace(world.promises, offered=True)
    lanes.later(60)
    world.erp.taken_at = world.now
    a_pass(lanes)
    assert lanes.shown(TABLE) == [20, 20]
    assert lanes.shown(SET) == [10, 10]
    level = explain(lanes.parts, world.ledger, Question(TABLE, "b2b")).levels[0]
    for number in (level.published.number, level.now):
        (step,) = [step for step in number.steps if step.name == "covered"]
        assert step.change_micros == 15 * SCALE
        assert step.label == "not needed until 2026-12-10, covered by supply PO-7 of 2026-11-30"
    found = reconcile(lanes.parts, repair=False, limits=Limits())
    assert all(one.drifted.empty for one in found.stores.values())


def test_what_is_in_flight_is_deducted_from_today(lanes: Lanes) -> None:
    world = lanes.world
    world.run()
    world.stores["b2c"].buy(world.key("b2c"), 6)
    world.run()
    assert lanes.shown(TABLE) == [14, 14]


@pytest.mark.parametrize(
    "slip",
    [{"due_date": "2026-12-10"}, {"due_date": None}, {"confirmed": "0"}, {"quantity": "0"}],
    ids=str,
)
def test_supply_that_slips_lowers_what_is_offered_at_once(lanes: Lanes, slip) -> None:
    lanes.world.run()
    change(lanes, **slip)
    lanes.turn("supply_events")
    assert lanes.shown(TABLE) == [5, 5]


def test_an_odd_supply_is_judged_with_care_and_covers_nothing(lanes: Lanes) -> None:
    lanes.world.run()
    change(lanes, quantity="-3")
    lanes.turn("supply_events")
    assert lanes.dirty("repair") != {}
    lanes.later(10)
    lanes.run_job()
    assert lanes.shown(TABLE) == [5, 5]


@pytest.mark.parametrize("a_pass", [by_event_pass, by_careful_pass, by_full_pass])
@pytest.mark.parametrize("other", [SPOON, None])
def test_supply_whose_id_stands_elsewhere_too_covers_nothing(
    lanes: Lanes, a_pass, other: str | None
) -> None:
    world = lanes.world
    others = [supply(f"PO-{n}", sku=SPOON) for n in range(10, 40)]  # few rows are in quarantine
    world.erp.rows = {**world.erp.rows, "supply": [COMES, COMES | {"sku": other}, *others]}
    world.run()
    world.set_stock(OAK_TABLE="18")
    lanes.later(60)
    a_pass(lanes)
    assert lanes.shown(TABLE) == [3, 3]


@pytest.mark.parametrize("odd", [{}, {"updated_at": None}, {"kind": None}, {"kind": "gift"}])
def test_after_midnight_a_batch_looks_at_what_has_not_come(lanes: Lanes, odd) -> None:
    world = lanes.world
    world.erp.rows = {**world.erp.rows, "supply": [COMES | odd]}
    world.run()
    at(lanes, MIDNIGHT.replace(minute=58, hour=MIDNIGHT.hour - 1))
    assert run_batch(lanes.parts, "replenishment").noted == 1  # it is the first one
    assert run_batch(lanes.parts, "replenishment").noted == 0
    lanes.turn("supply_events")
    at(lanes, MIDNIGHT.replace(second=10))
    asked = lanes.turn("supply_events")
    assert isinstance(asked, Handover) and asked.batch == "replenishment"
    assert lanes.shown(TABLE) == [20, 20]
    run_batch(lanes.parts, asked.batch)
    assert lanes.shown(TABLE) == [5, 5]
    assert lanes.turn("supply_events") is None


def test_a_batch_at_work_over_midnight_does_not_keep_the_next_one_away(lanes: Lanes) -> None:
    lanes.world.run()
    at(lanes, MIDNIGHT.replace(minute=58, hour=MIDNIGHT.hour - 1))
    run_batch(lanes.parts, "replenishment")
    at(lanes, MIDNIGHT.replace(second=10))
    with lanes.world.ledger.lane_lock("batch", patience_seconds=1):
        assert lanes.turn("supply_events") is None
    at(lanes, MIDNIGHT.replace(second=30))
    assert isinstance(lanes.turn("supply_events"), Handover)
