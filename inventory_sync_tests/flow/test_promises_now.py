"""A promised date is wrong once its renewal is over, or when somebody else has written it."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from inventory_sync.domain.promise import Departures
from inventory_sync.flow.gather import read_erp
from inventory_sync.flow.plan import Basis
from inventory_sync.flow.promise_publishing import PromiseBasis
from inventory_sync.flow.promises_now import promise_basis, wrong_promises
from inventory_sync_tests.domain.promises import place
from inventory_sync_tests.erp.rows import stock
from inventory_sync_tests.flow.test_promise_publishing import SKUS, Stage
from inventory_sync_tests.flow.world import World
from inventory_sync_tests.shopify.fake_promises import variant_of


@pytest.fixture
def stage() -> Stage:
    """A store that promises three items, none of which there is any more."""
    stage = Stage()
    stage.publish()
    return stage


def wrong(stage: Stage, *, waiting: frozenset[str] = frozenset()) -> set[str]:
    columns = ["sku", "location", "units", "ships_on", "source"]
    nothing = pd.DataFrame({name: [] for name in columns})
    departures = {name: Departures(place(name), stage.now) for name in ("NYC", "EWR", "PLANT-1")}
    basis = PromiseBasis(nothing, departures, stage.now, frozenset(SKUS), stage.now, waiting)
    found = wrong_promises(stage.parts, "b2b-us", basis, stage.levels, pass_id="look-1")
    return set(found["sku"])


def test_what_cannot_be_kept_is_wrong_unless_it_waits_for_its_renewal(stage: Stage) -> None:
    assert wrong(stage) == set(SKUS)
    assert wrong(stage, waiting=frozenset({"OAK-TABLE"})) == set(SKUS) - {"OAK-TABLE"}


def test_what_somebody_else_wrote_is_wrong_at_once(stage: Stage) -> None:
    owner = variant_of(stage.items["OAK-TABLE"])
    stage.promises.held[owner] = stage.promises.held[owner].replace("12,", "13,")
    assert "OAK-TABLE" in wrong(stage, waiting=frozenset(SKUS))


def test_after_the_cut_off_buyers_read_no_date_that_could_be_wrong(stage: Stage) -> None:
    until = datetime.fromisoformat(stage.shown("OAK-TABLE")["places"][0]["until"])
    stage.now = until - timedelta(seconds=1)
    assert wrong(stage) == set(SKUS)
    stage.now = until + timedelta(seconds=5)
    assert wrong(stage) == set()


@pytest.mark.parametrize(("minutes", "waits"), [(70, True), (80, False)])
def test_a_sku_waits_that_changed_since_dates_may_last_have_been_renewed(
    world: World, minutes: int, waits: bool
) -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    world.erp.taken_at = now
    changed = (now - timedelta(minutes=minutes)).isoformat()
    world.erp.rows = {**world.erp.rows, "stock": [stock("OAK-TABLE", "3", updated_at=changed)]}
    judged = read_erp(world.parts, "pass-1")
    all_there_is = Basis.of(world.parts, judged)
    basis = promise_basis(world.parts, judged.snapshot, all_there_is, read_at=now)
    assert basis.waiting == ({"OAK-TABLE"} if waits else set())
