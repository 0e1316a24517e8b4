"""Two passes at once on one ledger: each leaves alone what the other is writing."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from inventory_sync.domain.publication import (
    Decided,
    Level,
    LevelKey,
    QuantityChange,
    SetQuantities,
)
from inventory_sync.flow.gather import SETTLE_AFTER
from inventory_sync_tests.flow.world import World


@pytest.fixture
def key(world: World) -> LevelKey:
    world.run()
    world.set_stock(OAK_TABLE="30")
    return world.key("b2b")


def prepare(world: World, key: LevelKey) -> None:
    """Another pass has written down that it raises oak tables to 30, and is about to send it."""
    call = SetQuantities(
        "other-pass-1", "gid://p/Pass/2", (QuantityChange("OAK-TABLE", key, 20, 30),)
    )
    (version,) = world.ledger.publications("b2b", [key.inventory_item_id])["version"]
    world.ledger.prepare(
        "b2b",
        "other-pass",
        call,
        decided={key: Decided(0, int(version), {})},
        as_of=world.erp.taken_at,
        created_at=world.now,
    )


def after_the_levels_were_read(
    world: World, happen: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    front = world.stores["b2b"]
    read = front.levels

    def levels(place: str) -> Iterator[Level]:
        yield from read(place)
        happen()

    monkeypatch.setattr(front, "levels", levels)


def statuses(world: World, key: LevelKey) -> list[str]:
    intents = world.ledger.open_intents("b2b")
    return intents.loc[intents["inventory_item_id"] == key.inventory_item_id, "pass_id"].tolist()


def test_a_write_that_another_pass_begins_meanwhile_is_left_alone(
    world: World, key: LevelKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_the_levels_were_read(world, lambda: prepare(world, key), monkeypatch)
    calls = world.calls("b2b")
    report = world.run()
    rows = report.stores["b2b"].rows.set_index("sku")
    assert rows.loc["OAK-TABLE", "action"] == "hold"
    assert world.calls("b2b") == calls
    assert statuses(world, key) == ["other-pass"]


def test_a_write_is_not_judged_by_a_reading_that_is_older_than_it(
    world: World, key: LevelKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading a large store takes long: the write came after the page with its level."""

    def slowly() -> None:
        prepare(world, key)
        world.now += SETTLE_AFTER + timedelta(seconds=5)

    after_the_levels_were_read(world, slowly, monkeypatch)
    world.run()
    assert statuses(world, key) == ["other-pass"]


def test_a_write_that_was_cut_off_is_settled_by_the_next_pass(world: World, key: LevelKey) -> None:
    prepare(world, key)
    cut_off_at = world.now
    world.run(after=timedelta(seconds=3))
    assert world.now == cut_off_at + SETTLE_AFTER
    assert world.shown("b2b") == 30
    assert statuses(world, key) == []
