"""A rollback derives anew what was written since a time; it sends no old number again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.errors import PassRefused
from inventory_sync.domain.stops import Approval
from inventory_sync.flow.full_pass import PassReport, full_pass
from inventory_sync.flow.rollback import carried_out, granted_by, preview_of
from inventory_sync.ledger.ledger import connect
from inventory_sync_tests.flow.wide_world import TABLES, WideWorld, build_wide_world


@pytest.fixture
def world(database: str) -> Iterator[WideWorld]:
    """At ten, an override zeroed 60 of 100 tables; the ERP has been mended since."""
    ledger = connect(database)
    it = build_wide_world(ledger)
    it.run()
    it.now += timedelta(hours=1)
    it.empty(60)
    it.run(override_guard=True)
    it.fill()
    it.now += timedelta(minutes=5)
    assert it.zeroed() == 60
    yield it
    ledger.close()


def before_the_accident(world: WideWorld) -> datetime:
    return world.now - timedelta(minutes=30)


def roll_back(
    world: WideWorld, since: datetime | None, *, only_lower: bool = False
) -> tuple[PassReport, PassReport]:
    """The preview, and what was done after a person had seen it."""
    wishes = preview_of(world.parts, since, stores=(), only_lower=only_lower)
    assert wishes is not None
    preview = full_pass(world.parts, wishes)
    approval = Approval("anna (rollback)", granted=granted_by(world.parts, preview))
    return preview, full_pass(world.parts, carried_out(wishes, approval))


def test_what_was_written_since_is_brought_to_what_is_right_now(world: WideWorld) -> None:
    world.fill(but={TABLES[0]: 12, TABLES[99]: 7})
    preview, done = roll_back(world, before_the_accident(world))
    assert preview.stores["b2b"].counts["to_write"] == 60
    assert done.good
    assert world.shows()[:60] == [12] + [20] * 59
    assert world.shown("b2b", TABLES[99]) == 20  # it was not written since; a pass will see to it


def test_what_was_sold_meanwhile_is_not_offered_again(world: WideWorld) -> None:
    world.run(skus=frozenset({TABLES[0]}))
    front = world.stores["b2b"]
    front.now = world.now
    front.buy(world.key("b2b", TABLES[0]), 3)
    roll_back(world, before_the_accident(world))
    assert world.shown("b2b", TABLES[0]) == 17


def test_without_a_time_every_level_is_looked_at(world: WideWorld) -> None:
    world.fill(but={TABLES[99]: 7})
    roll_back(world, None)
    assert world.shows() == [20] * 99 + [7]


def test_the_safe_way_raises_nothing(world: WideWorld) -> None:
    world.policies["b2b"] = replace(world.policies["b2b"], rules=OfferRules(buffer_units=1))
    preview, done = roll_back(world, None, only_lower=True)
    assert done.good
    for report in (preview, done):
        rows = report.stores["b2b"].rows
        held = rows.loc[rows["action"].eq("hold"), "reason"]
        assert held.tolist() == ["it would be raised, and only lowering was asked for"] * 60
    assert world.shows() == [0] * 60 + [19] * 40


def test_what_has_become_worse_than_the_preview_is_stopped(world: WideWorld) -> None:
    wishes = preview_of(world.parts, before_the_accident(world), stores=(), only_lower=False)
    assert wishes is not None
    preview = full_pass(world.parts, wishes)
    granted = granted_by(world.parts, preview)
    world.run()  # stopped: it would raise 60 of 100
    world.policies["b2b"] = replace(world.policies["b2b"], rules=OfferRules(cap_units=0))
    world.ledger.expire_stop("b2b", at=world.now)
    everything = replace(wishes, skus=None)
    done = full_pass(world.parts, carried_out(everything, Approval("anna", granted=granted)))
    assert "this is more than was approved" in done.failures["b2b"]
    assert world.zeroed() == 60


def test_skus_that_the_erp_has_no_longer_are_passed_over(world: WideWorld) -> None:
    rows = world.erp.rows
    world.erp.rows = {
        **rows,
        "products": rows["products"][1:],
        "stock": rows["stock"][1:],
    }
    roll_back(world, before_the_accident(world))
    assert world.shows()[:3] == [0, 20, 20]


def test_nothing_written_is_nothing_to_undo(world: WideWorld) -> None:
    assert preview_of(world.parts, world.now, stores=(), only_lower=False) is None


def test_a_store_that_the_settings_do_not_have_is_named(world: WideWorld) -> None:
    with pytest.raises(PassRefused, match="There is no store b2x; the settings have b2b"):
        preview_of(world.parts, None, stores=["b2x"], only_lower=False)
