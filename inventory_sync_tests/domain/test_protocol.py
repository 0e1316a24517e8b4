"""One store never oversells, and each protection is there for a reason (protocol B.2, B.3)."""

from collections import deque
from collections.abc import Iterator
from dataclasses import fields, replace

import pytest

from inventory_sync_tests.domain.shop import Limits, Protections, World, moves

ALL_ON = Protections()

TWO_SHOWN = World(supply=2, available=2, base=(2, 0))
ONE_SHOWN = World(supply=2, available=1, base=(1, 0))  # a second clock has just been received
LAST_ONE = World(supply=1, available=1, base=(1, 0))

SMALL_WORLDS = [
    pytest.param(TWO_SHOWN, Limits(orders=3), id="two clocks, three orders"),
    pytest.param(ONE_SHOWN, Limits(orders=3), id="a second clock received, three orders"),
    pytest.param(LAST_ONE, Limits(orders=3, cancellations=1), id="the last clock, a cancellation"),
]


def off(*names: str) -> Protections:
    return replace(ALL_ON, **dict.fromkeys(names, False))


def way_to_oversell(start: World, guard: Protections, limits: Limits) -> list[str] | None:
    """The shortest one, by trying every order of events; ``None`` when there is none at all."""
    came_from = {start: (None, "")}
    ahead = deque([start])
    while ahead:
        world = ahead.popleft()
        if world.left < 0:
            return _way_to(world, came_from)
        for event, after in moves(world, guard, limits):
            if after not in came_from:
                came_from[after] = (world, event)
                ahead.append(after)
    return None


def _way_to(world, came_from):
    events = []
    while came_from[world][0] is not None:
        world, event = came_from[world]
        events.append(event)
    return events[::-1]


def play(start: World, guard: Protections, events: list[str]) -> World:
    """Let the events happen in turn; "publish" is all steps of a pass, "finish" the rest of one.

    An event that cannot happen, such as buying what is not shown, is passed over.
    """
    world = start
    for event in events:
        if event in ("publish", "finish"):
            names = guard.steps[world.step :]
        elif event in guard.steps:
            names = guard.steps[world.step : guard.steps.index(event) + 1]
        else:
            names = (event,)
        for name in names:
            found = (w for e, w in moves(world, guard, Limits(4, 1)) if e == name)
            world = next(found, world)
    return world


def counterexample(name, start, switched_off, *events):
    return pytest.param(start, switched_off, list(events), id=name)


COUNTEREXAMPLES = [
    counterexample(
        "P0: the ERP's number is set as it is",
        TWO_SHOWN,
        ("deducts_in_flight", "explains_what_is_shown", "compares_before_it_sets"),
        *("buy", "buy", "publish", "buy"),
    ),
    counterexample(
        "P0c: the same with compare-and-swap on what was just read",
        TWO_SHOWN,
        ("deducts_in_flight", "explains_what_is_shown"),
        *("buy", "buy", "hear", "hear", "publish", "buy"),
    ),
    counterexample(
        "P1+: orders known at once, and one between reading and writing",
        ONE_SHOWN,
        ("compares_before_it_sets",),
        *("read orders", "buy", "hear", "finish", "buy", "buy"),
    ),
    counterexample(
        "P2: compare-and-swap on a fresh reading, orders heard of late",
        TWO_SHOWN,
        ("explains_what_is_shown",),
        *("buy", "buy", "publish", "buy"),
    ),
    counterexample(
        "P2e-torn: the ERP's stock is read before its acknowledgements",
        TWO_SHOWN,
        ("reads_one_snapshot",),
        *("buy", "hear", "read stock", "import", "publish", "buy", "buy"),
    ),
    counterexample(
        "V2: orders are taken as known to the ERP for ever, and it gives cancelled ones back",
        LAST_ONE,
        ("acknowledges_net_quantities",),
        *("buy", "hear", "cancel", "buy", "import", "publish", "buy"),
    ),
]


@pytest.mark.parametrize(("start", "switched_off", "events"), COUNTEREXAMPLES)
def test_without_its_protection_the_shop_oversells(start, switched_off, events):
    assert play(start, off(*switched_off), events).left < 0


@pytest.mark.parametrize(("start", "switched_off", "events"), COUNTEREXAMPLES)
def test_with_its_protection_the_shop_does_not(start, switched_off, events):
    names = ["read ERP" if event == "read stock" else event for event in events]
    assert play(start, ALL_ON, names).left >= 0


def test_a_cancellation_that_the_erp_never_hears_of_is_not_sold_again():
    """What the ERP holds is given back by the ERP alone, also when it knows orders by name only."""
    events = ["buy", "hear", "import", "cancel", "hear", "import", "publish", "buy", "buy", "buy"]
    assert play(TWO_SHOWN, off("acknowledges_net_quantities"), events).left >= 0


def test_a_cancellation_undersells_until_the_erp_has_its_say():
    heard = play(TWO_SHOWN, ALL_ON, ["buy", "hear", "import", "cancel", "hear", "publish"])
    assert (heard.available, heard.left) == (1, 2)
    said = play(heard, ALL_ON, ["import", "publish"])
    assert (said.available, said.left) == (2, 2)


@pytest.mark.parametrize(("start", "limits"), SMALL_WORLDS)
def test_no_order_of_events_oversells(start, limits):
    assert way_to_oversell(start, ALL_ON, limits) is None


@pytest.mark.parametrize("name", [field.name for field in fields(Protections)])
def test_every_single_protection_is_needed(name):
    where = (ONE_SHOWN, Limits(orders=3))
    if name == "acknowledges_net_quantities":  # which matters only when an order is cancelled
        where = (LAST_ONE, Limits(orders=3, cancellations=1))
    start, limits = where
    assert way_to_oversell(start, off(name), limits) is not None


def at_rest(start: World, limits: Limits) -> Iterator[World]:
    """Every world that can be reached, once all is heard, imported and published."""
    seen, ahead = {start}, deque([start])
    while ahead:
        world = ahead.popleft()
        for _, after in moves(world, ALL_ON, limits):
            if after not in seen:
                seen.add(after)
                ahead.append(after)
        yield play(world, ALL_ON, ["finish", *["hear", "import"] * limits.orders, "publish"])


def test_at_rest_the_shop_shows_what_is_left():
    for world in at_rest(TWO_SHOWN, Limits(orders=2)):
        assert world.available == world.left


def test_at_rest_the_shop_never_shows_more_than_is_left_even_after_cancellations():
    """It may show less: a cancellation that is heard of late looks like an increase by others."""
    for world in at_rest(LAST_ONE, Limits(orders=2, cancellations=1)):
        assert world.available <= world.left
