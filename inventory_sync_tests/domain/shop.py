"""A shop of one clock, an ERP and a publisher, small enough to try every order of events.

The publisher decides with the real rules of in flight, offers and decision. Each of its protections
can be switched off, to see what it is there for (protocol B.2). Put the steps of this little world
here; what must never happen in it is said in ``test_protocol.py``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

import pandas as pd

from inventory_sync.domain.allocation import OfferRules, offers
from inventory_sync.domain.atp import Atp
from inventory_sync.domain.decision import decide
from inventory_sync.domain.orders import in_flight, in_flight_effect
from inventory_sync_tests.domain.samples import (
    BROOKLYN,
    acknowledged_frame,
    atp_of,
    lines_frame,
    order_line,
    view_with,
)
from inventory_sync_tests.erp.rows import commitment, stock

Fate = Literal["", "open", "cancelled"]
PLACES = {"b2c": {BROOKLYN: ["NYC"]}}
SKUS = pd.Index(["RETRO-CLOCK"])


@dataclass(frozen=True)
class Protections:
    """What keeps the publisher from overselling; all on is how the product works."""

    deducts_in_flight: bool = True
    explains_what_is_shown: bool = True
    compares_before_it_sets: bool = True
    reads_one_snapshot: bool = True
    acknowledges_net_quantities: bool = True

    @property
    def steps(self) -> tuple[str, ...]:
        """The publisher's reads and its write, in order."""
        erp = ("read ERP",) if self.reads_one_snapshot else ("read stock", "read acks")
        return (*erp, "read level", "read orders", "send")


class Order(NamedTuple):
    """One order for one clock: its fate in the shop, as our ledger and the ERP know it, and what
    the pass under way has read of it (is it in the ERP's stock, its acknowledgements, our ledger).
    """

    shop: Fate = ""
    ledger: Fate = ""
    erp: Fate = ""
    in_stock: Fate = ""
    in_acks: Fate = ""
    in_orders: Fate = ""


class Read(NamedTuple):
    """What a pass has read of one order."""

    in_stock: Fate
    in_acks: Fate
    in_orders: Fate


class World(NamedTuple):
    """Everything at one instant. ``base``: what we last set, and the units taken by then."""

    supply: int
    available: int
    base: tuple[int, int]
    orders: tuple[Order, ...] = ()
    step: int = 0
    level: int = 0

    @property
    def left(self) -> int:
        """How many clocks are not sold; below zero when too many are."""
        return self.supply - sum(order.shop == "open" for order in self.orders)


@dataclass(frozen=True)
class Limits:
    """How many orders and cancellations can come."""

    orders: int = 4
    cancellations: int = 0


class Decision(NamedTuple):
    """What the real rules want: the quantity to set, if any, and the base to remember."""

    sets: int | None
    base: tuple[int, int]


def moves(world: World, guard: Protections, limits: Limits) -> Iterator[tuple[str, World]]:
    """Everything that can happen next, by name."""
    if world.available > 0 and len(world.orders) < limits.orders:
        sold = world._replace(available=world.available - 1)
        yield "buy", _with_orders(sold, [*world.orders, Order("open")])
    cancelled = sum(order.shop == "cancelled" for order in world.orders)
    for order in sorted(set(world.orders)):
        others = list(world.orders)
        others.remove(order)
        if order.shop == "open" and cancelled < limits.cancellations:
            back = world._replace(available=world.available + 1)
            yield "cancel", _with_orders(back, [*others, order._replace(shop="cancelled")])
        if order.ledger != order.shop:
            yield "hear", _with_orders(world, [*others, order._replace(ledger=order.shop)])
        if order.erp != order.shop:
            yield "import", _with_orders(world, [*others, order._replace(erp=order.shop)])
    name = guard.steps[world.step]
    after = _STEPS[name](world, guard)
    yield name, after._replace(step=(world.step + 1) % len(guard.steps))


def _with_orders(world: World, orders: Iterable[Order]) -> World:
    # Orders are alike, so their sequence does not matter: far fewer worlds to visit.
    return world._replace(orders=tuple(sorted(orders)))


def _read_stock(world: World, _: Protections) -> World:
    return _with_orders(world, [o._replace(in_stock=o.erp) for o in world.orders])


def _read_acks(world: World, _: Protections) -> World:
    return _with_orders(world, [o._replace(in_acks=o.erp) for o in world.orders])


def _read_erp(world: World, guard: Protections) -> World:
    return _read_acks(_read_stock(world, guard), guard)


def _read_level(world: World, _: Protections) -> World:
    return world._replace(level=world.available)


def _read_orders(world: World, _: Protections) -> World:
    return _with_orders(world, [o._replace(in_orders=o.ledger) for o in world.orders])


def _send(world: World, guard: Protections) -> World:
    read = (Read(o.in_stock, o.in_acks, o.in_orders) for o in world.orders)
    known = tuple(sorted(order for order in read if any(order)))
    wanted = decision(world.supply, known, world.level, world.base, guard)
    stale = guard.compares_before_it_sets and world.available != world.level
    forgotten = [o._replace(in_stock="", in_acks="", in_orders="") for o in world.orders]
    world = _with_orders(world._replace(level=0), forgotten)
    if stale:
        return world
    sets = world.available if wanted.sets is None else wanted.sets
    return world._replace(available=sets, base=wanted.base)


_STEPS = {
    "read ERP": _read_erp,
    "read stock": _read_stock,
    "read acks": _read_acks,
    "read level": _read_level,
    "read orders": _read_orders,
    "send": _send,
}


@cache
def decision(
    supply: int, known: tuple[Read, ...], level: int, base: tuple[int, int], guard: Protections
) -> Decision:
    """What the real rules make of what was read."""
    held = sum(order.in_stock == "open" for order in known)
    lines = lines_frame(
        *(
            order_line(f"L-{i}", current_units=units, taken_units=units)
            for i, order in enumerate(known)
            if order.in_orders
            for units in [int(order.in_orders == "open")]
        )
    )
    acks = acknowledged_frame(
        **{
            f"L_{i}": int(order.in_acks == "open" or not guard.acknowledges_net_quantities)
            for i, order in enumerate(known)
            if order.in_acks
        }
    )
    atp = _atp(supply, held)
    open_lines = in_flight(lines, acks).head(None if guard.deducts_in_flight else 0)
    effect = in_flight_effect(open_lines, atp.kits, PLACES).drop(columns="store")
    view = view_with(
        levels=[("I-1", BROOKLYN, True, level)],
        publications=[("I-1", BROOKLYN, *base, 1)] if guard.explains_what_is_shown else [],
        taken=[("I-1", BROOKLYN, int(lines["taken_units"].sum()))],
    )
    offered = offers(atp, effect, PLACES["b2c"], OfferRules())
    [row] = decide(offered, view, skus=SKUS, untracked=frozenset()).rows.to_dict("records")
    if row["action"] == "write":
        return Decision(row["quantity_units"], (row["quantity_units"], row["taken_units"]))
    # Where nothing is written, a quantity above the explained one is adopted, if it still is what
    # is shown (flow/publish).
    more = pd.isna(row["explained_units"]) or level > row["explained_units"]
    return Decision(None, (level, row["taken_units"]) if more else base)


@cache
def _atp(supply: int, held: int) -> Atp:
    """What the ERP can promise: negative when it holds more orders than there are clocks."""
    demand = [commitment(kind="order", quantity=str(held), expires_at=None)]
    return atp_of(stock=[stock(physical=str(supply))], commitments=demand)
