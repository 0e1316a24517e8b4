"""The course of an episode: quiet hours and rushes, then rest, with the checks of rest.

Put here in which order things happen to a world. What happens is chance (``traffic.py``), what must
hold is ``checks.py``.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from inventory_sync.domain.errors import ReservationRefused
from inventory_sync.domain.reservations import OUR_ORDERS, Reservation
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.publish import Wishes
from inventory_sync.flow.reservations import confirm, release, reserve
from inventory_sync.flow.securing import place
from inventory_sync.simulation.checks import RESERVATION, Violation
from inventory_sync.simulation.scenario import Scenario
from inventory_sync.simulation.traffic import Mix
from inventory_sync.simulation.world import World

REST_SECONDS: Final = 1500.0
"""How long everything takes to come to rest at most (Q8)."""

LAST_SECONDS: Final = 240.0
"""So long nothing happens when a pass has to find everything right."""

LONGEST_HOLD_MINUTES: Final = 300

START_SECONDS: Final = 10.0
"""After this every lane listens."""

CHECK_SECONDS: Final = 60.0
"""What must hold at any time is looked at so often, and after every event."""


def play(world: World, scenario: Scenario, rng: random.Random) -> None:
    """A whole episode. Raises ``Violation`` when something happens that must never happen.

    Edits by hand are healed as a person would: when no order is missing, what is shown is trusted.
    """
    for pair in world.erp.physical:
        world.erp.physical[pair] = rng.randint(0, 8)
    world.faults.off = True
    world.product.start()
    _wait(world, START_SECONDS)
    world.faults.off = False
    _plan(world, scenario, rng)
    end = scenario.hours * 3600
    while world.clock.seconds < end:
        world.clock.until(min(end, _next_check(world)))
        world.look()
        world.checks.bounded()
        if world.checks.edits_to_heal() and world.quiet():
            world.product.sync(Wishes(trust_observed=True))
    _rest(world)


def _next_check(world: World) -> float:
    """While nothing can change, one look at the end of that time is enough."""
    soon = world.clock.seconds + CHECK_SECONDS
    return max(soon, world.quiet.until() - 1.0) if world.quiet() else soon


def _plan(world: World, scenario: Scenario, rng: random.Random) -> None:
    """Let every kind of thing happen again and again, by chance."""
    end = scenario.hours * 3600

    def again(per_hour: float, happening: Callable[[], None]) -> None:
        def now() -> None:
            again(per_hour, happening)
            happening()

        if per_hour:
            at = world.clock.seconds + rng.expovariate(per_hour / 3600)
            if at < end:
                world.clock.at(at, now)

    again(scenario.events_per_hour, lambda: act(world, scenario.mix))
    again(scenario.rushes_per_hour, lambda: _rush(world, scenario, rng))
    again(scenario.reservations_per_hour, lambda: _reserve(world, rng))
    again(scenario.full_passes_per_hour, world.product.sync)
    for hour in range(1, int(scenario.hours) + 1) if scenario.reconciles else ():
        world.clock.at(hour * 3600.0, world.product.reconcile)


def act(world: World, mix: Mix) -> None:
    """One event, and what must hold after it."""
    world.events += 1
    world.happened(world.traffic.act(mix))
    world.look()


def _rush(world: World, scenario: Scenario, rng: random.Random) -> None:
    """Everybody wants the same for a minute."""
    world.traffic.about = (rng.choice(list(scenario.company.skus)),)
    world.happened(f"a rush for {world.traffic.about[0]}")
    at = 0.0
    for _ in range(rng.randint(scenario.rush_events // 2, scenario.rush_events)):
        at += rng.expovariate(1 / scenario.rush_gap_seconds)
        world.clock.after(at, lambda: act(world, scenario.mix))
    world.clock.after(at, lambda: setattr(world.traffic, "about", ()))


def _reserve(world: World, rng: random.Random) -> None:
    """A person reserves stock for a large order, or decides about a reservation."""

    def work(parts: Parts) -> None:
        held = [
            one
            for one in parts.ledger.reservations(held_only=True)
            if one.order_id.startswith(OUR_ORDERS)
        ]
        if held and rng.random() < 0.6:
            one = rng.choice(held)
            if rng.random() < 0.5:
                confirm(parts, one)
                world.happened(f"reservation {one.reservation_id} is confirmed")
            else:
                release(parts, one, "the customer has changed his mind")
                world.happened(f"reservation {one.reservation_id} is released")
            return
        wish = _wish(world, rng, parts)
        try:
            reserved = reserve(parts, place(parts, wish))
            world.happened(f"reserved {reserved}")
            world.checks.reserved(reserved)
        except ReservationRefused as refused:
            world.checks.not_reserved(wish)
            world.happened(str(refused))

    world.product.call("reserve", work)
    world.look()


def _wish(world: World, rng: random.Random, parts: Parts) -> Reservation:
    store = rng.choice(list(world.shops))
    sku = rng.choice(sorted({sku for sku, _ in world.shops[store].keys}))
    name, now = parts.new_id(), parts.now()
    world.checks.demanded(sku, RESERVATION + name)
    return Reservation(
        reservation_id=name,
        store=store,
        order_id=f"{OUR_ORDERS}{name}",
        line_id=name,
        sku=sku,
        store_location_id="",
        erp_location="",
        quantity_units=rng.randint(1, 3),
        state="held",
        expires_at=now + timedelta(minutes=rng.uniform(5, 300)),
        created_at=now,
    )


def _rest(world: World) -> None:
    """Faults off, everything booked: then all is explained, right, and stays as it is."""
    world.faults.off = True
    world.happened("all trouble ends")
    for shop in world.shops.values():
        for draft in list(shop.book.drafts.values()):
            shop.discard(draft)
    _wait(world, 300.0)
    for line in list(world.checks.lines()):
        world.traffic.take_over(line)
    _wait(world, REST_SECONDS)
    world.checks.at_rest(after_edits=False)
    world.product.sync(Wishes(trust_observed=True))
    _wait(world, 60.0)
    world.checks.at_rest(after_edits=True)
    for _ in range(LONGEST_HOLD_MINUTES):
        if world.quiet.until() > world.clock.seconds + LAST_SECONDS:
            break
        _wait(world, 60.0)  # what ends by itself is no reason to write at rest
    calls = world.checks.calls
    world.product.sync()
    _wait(world, LAST_SECONDS / 2)
    world.checks.at_rest(after_edits=True)
    if world.checks.calls != calls:
        raise Violation("Q4: a pass at rest has written something")


def _wait(world: World, seconds: float) -> None:
    end = world.clock.seconds + seconds
    while world.clock.seconds < end:
        world.clock.until(min(end, world.clock.seconds + 30.0))
        world.look()
