"""A large store is read by an export, and nothing is believed that happened since it was begun."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from inventory_sync.domain.publication import (
    Decided,
    Export,
    LevelKey,
    QuantityChange,
    SetQuantities,
)
from inventory_sync.flow.gather import SETTLE_AFTER
from inventory_sync.flow.observe import observe_store
from inventory_sync.flow.publish import OLDEST_BASIS
from inventory_sync.flow.store_reading import CATCH_UP_ROUNDS, read_store
from inventory_sync_tests.flow.world import Shop, World


@pytest.fixture
def large(world: World) -> Shop:
    """The store b2b shows what it should, and is read by exports from now on."""
    world.run()
    shop = world.stores["b2b"]
    shop.is_large = True
    shop.read_by_id.clear()
    return shop


def write(world: World, quantity: int, *, sku: str = "OAK-TABLE", key: str = "lane-1") -> None:
    """An event pass writes a level, and knows that it is applied."""
    call = prepare(world, quantity, sku=sku, key=key)
    world.stores["b2b"].set_quantities(call)
    world.ledger.settle_key(
        "b2b", call.changes[0].key, "applied", at=world.now, settled_by="answer"
    )


def believe_an_edit(world: World, quantity: int) -> None:
    """Somebody edits a level, and another pass takes it over as it is."""
    key = world.key("b2b")
    world.now += timedelta(seconds=1)
    world.stores["b2b"].edit(key, quantity)
    known = world.ledger.publications("b2b", [key.inventory_item_id])
    known["quantity_units"] = quantity
    world.ledger.adopt("b2b", known, pass_id="lane", at=world.now)


def prepare(world: World, quantity: int, *, sku: str = "OAK-TABLE", key: str) -> SetQuantities:
    level = world.key("b2b", sku)
    change = QuantityChange(sku, level, world.shown(sku=sku), quantity)
    call = SetQuantities(key, "gid://p/Pass/2", (change,))
    (row,) = world.ledger.publications("b2b", [level.inventory_item_id]).itertuples()
    world.ledger.prepare(
        "b2b",
        "lane",
        call,
        decided={level: Decided(int(row.taken_units), int(row.version), {})},
        as_of=world.erp.taken_at,
        created_at=world.now,
    )
    return call


def seen(world: World) -> dict[str, tuple[int, int]]:
    """By SKU, what the store was seen to show and what explains it."""
    rows = observe_store(world.parts, "b2b")
    pairs = zip(rows["observed_units"], rows["explained_units"], strict=True)
    return dict(zip(rows["sku"], pairs, strict=True))


def test_where_nothing_moved_the_export_is_all_that_is_read(world: World, large: Shop) -> None:
    large.edit(world.key("b2b", "RETRO-CLOCK"), 4)
    assert seen(world) == {
        "OAK-TABLE": (20, 20),
        "RETRO-CLOCK": (4, 20),
        "MINIMALIST-SPOON": (20, 20),
    }
    assert large.read_by_id == []


@pytest.mark.parametrize(
    ("happens", "shows"),
    [
        (lambda world: world.stores["b2b"].buy(world.key("b2b"), 3), 17),
        (lambda world: write(world, 12), 12),
        (lambda world: (write(world, 12), world.stores["b2b"].buy(world.key("b2b"), 3)), 9),
        # Down and up again: the quantity is that of the export, but it is not the same any more.
        (lambda world: (write(world, 12), write(world, 20, key="lane-2")), 20),
        (lambda world: believe_an_edit(world, 18), 18),
    ],
    ids=["an order", "a write", "a write and an order", "two writes", "an edit that is believed"],
)
def test_what_is_written_or_sold_meanwhile_is_read_again(
    world: World, large: Shop, happens: Callable[[World], object], shows: int
) -> None:
    large.during_exports.append(lambda: happens(world))
    assert seen(world)["OAK-TABLE"] == (shows, shows)
    assert large.read_by_id == [world.key("b2b").inventory_item_id]


def test_an_order_that_comes_while_levels_are_read_again_is_known_too(
    world: World, large: Shop
) -> None:
    again, key = large.levels_of, world.key("b2b")
    late = iter([2])

    def levels_of(place: str, items: list[str]) -> list[object]:
        for units in late:
            large.buy(key, units)
        return list(again(place, items))

    large.levels_of = levels_of  # type: ignore[method-assign, assignment]
    large.during_exports.append(lambda: large.buy(key, 3))
    assert seen(world)["OAK-TABLE"] == (15, 15)


def test_a_pass_writes_from_what_is_shown_now_and_not_from_an_old_export(
    world: World, large: Shop
) -> None:
    world.set_stock(OAK_TABLE="30")
    large.during_exports.append(lambda: write(world, 12))
    calls = len(large.calls)
    report = world.run(stores=frozenset({"b2b"})).stores["b2b"]
    sent = [change for call in large.calls[calls + 1 :] for change in call.changes]
    assert [(change.expected_units, change.quantity_units) for change in sent] == [(12, 30)]
    assert (report.applied, report.refused) == (1, 0)


def test_what_never_stops_moving_is_held(world: World, large: Shop) -> None:
    """Each time that the level is read again, another write has come before the next look."""
    keys = iter(range(100))
    again = large.levels_of

    def levels_of(place: str, items: list[str]) -> list[object]:
        found = list(again(place, items))
        write(world, 11 + next(keys), key=f"lane-{next(keys)}")
        return found

    large.levels_of = levels_of  # type: ignore[method-assign, assignment]
    large.during_exports.append(lambda: write(world, 10))
    view, _ = read_store(world.parts, "b2b")
    assert len(large.read_by_id) == CATCH_UP_ROUNDS
    held = LevelKey(*view.busy[["inventory_item_id", "store_location_id"]].iloc[0])
    assert (len(view.busy), held) == (1, world.key("b2b"))


def test_a_lost_write_is_not_judged_by_an_export_that_is_older_than_an_order(
    world: World, large: Shop
) -> None:
    """Lowered to 17, answer lost. The export shows 17; an order of 3 comes. Whoever takes 17 for
    what is shown after that order finds that the write was never applied.
    """
    call = prepare(world, 17, key="lost")
    large.set_quantities(call)
    world.now += SETTLE_AFTER + timedelta(seconds=1)
    large.during_exports.append(lambda: large.buy(world.key("b2b"), 3))
    assert seen(world)["OAK-TABLE"] == (14, 14)
    assert world.ledger.open_intents("b2b").empty


def test_an_edit_that_is_told_of_during_the_export_is_news(world: World, large: Shop) -> None:
    """A webhook that is older than what a level was seen to show is not looked at."""
    began = world.now

    def edited() -> None:
        world.now += timedelta(minutes=4)
        large.edit(world.key("b2b"), 5)

    large.during_exports.append(edited)
    observe_store(world.parts, "b2b")
    item = world.key("b2b").inventory_item_id
    (seen_at,) = world.ledger.publications("b2b", [item])["observed_at"]
    assert seen_at <= began


def test_figures_that_grew_old_while_the_store_was_read_are_not_written(world: World) -> None:
    """An export is given up, then the pages take as long."""
    world.run()
    shop = world.stores["b2b"]
    shop.is_large = True

    def given_up(places: Sequence[str]) -> None:
        world.now += timedelta(seconds=781)

    def pages() -> None:
        world.now += timedelta(seconds=781)

    shop.export = given_up  # type: ignore[method-assign]
    shop.after_next_levels = pages
    world.set_stock(OAK_TABLE="30")
    calls, began_at = world.calls(), world.now
    world.run(stores=frozenset({"b2b"}))
    assert world.now - began_at > OLDEST_BASIS
    assert world.calls() == calls


def test_an_order_that_came_and_went_during_the_export_is_read_again(world: World) -> None:
    """Its sum is none, but the export may be of an instant in between."""
    world.run()
    shop = world.stores["b2b"]
    key = world.key("b2b")
    shop.buy(key, 2)  # it has been sold before
    observe_store(world.parts, "b2b")
    shop.is_large = True
    shop.read_by_id.clear()
    export = shop.export

    def of_an_instant_in_between(places: Sequence[str]) -> Export | None:
        line = shop.buy(key, 3)
        found = export(places)
        shop.cancel(line)
        return found

    shop.export = of_an_instant_in_between  # type: ignore[method-assign]
    rows = observe_store(world.parts, "b2b").set_index("sku")
    row = rows.loc["OAK-TABLE"]
    assert (row["observed_units"], row["explained_units"]) == (18, 18)
    assert shop.read_by_id == [key.inventory_item_id]
