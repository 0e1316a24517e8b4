"""The trouble that a protection is there for: much more of it than chance would send.

Put a scenario here when no other one misses a protection. It has one kind of trouble, and nothing
in it that heals the harm before it is seen.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Final

from inventory_sync.domain.publication import CatalogItem
from inventory_sync.simulation.clock import Clock
from inventory_sync.simulation.company import TWO_STORES, Company
from inventory_sync.simulation.faults import FaultRates
from inventory_sync.simulation.run import Scenario
from inventory_sync.simulation.sim_shop import SimShop
from inventory_sync.simulation.traffic import Mix

CALM: Final = FaultRates.none()


def only(**weights: float) -> Mix:
    """A mix of these kinds of events and of no other."""
    return Mix(**{**dict.fromkeys((each.name for each in fields(Mix)), 0.0), **weights})


# --- companies ---

_GATES: Final = {"b2b-us": "gid://shopify/Location/1001", "b2c-us": "gid://shopify/Location/2001"}


def stores_of(company: Company, *stores: str) -> Company:
    """The same company with these stores alone."""
    places = {store: company.places[store] for store in stores}
    return replace(
        company, places=places, stocked={store: company.stocked[store] for store in stores}
    )


def selling(*skus: str, kits: Mapping[str, Mapping[str, int]] | None = None) -> Company:
    """Two stores that offer these SKUs from one warehouse."""
    return Company(
        skus=skus,
        kits=kits or {},
        locations=("NYC",),
        places={store: {gid: ("NYC",)} for store, gid in _GATES.items()},
        stocked={store: {gid: skus} for store, gid in _GATES.items()},
    )


CLOCKS: Final = selling("RETRO-CLOCK")
CLOCKS_ALONE: Final = stores_of(CLOCKS, "b2c-us")
GIFTS: Final = selling("RETRO-CLOCK", "MINIMALIST-SPOON", "GIFT-SET", kits=TWO_STORES.kits)
CHAIRS: Final = selling(*(f"CHAIR-{number}" for number in range(1, 25)))
"""Each item is seldom touched again, so what was not done stays to be seen."""

MANY_CHAIRS: Final = selling(*(f"CHAIR-{number}" for number in range(1, 61)))


# --- shops ---


class SlowShop(SimShop):
    """A shop so large that reading its catalogue takes a minute, in which event passes go on."""

    clock: Clock

    def catalog(self) -> Iterator[CatalogItem]:
        found = list(super().catalog())
        self.clock.sleep(60.0)
        yield from found


def slow_shop(
    store: str, places: Mapping[str, Sequence[str]], clock: Clock, rng: random.Random
) -> SimShop:
    """A large shop."""
    shop = SlowShop(store, places, now=clock.now)
    shop.clock = clock
    return shop


# --- two stores, all kinds of events ---

BUSY: Final = Scenario(
    hours=0.5,
    company=TWO_STORES,
    rates=CALM,
    mix=Mix(hold=0, hold_ends=0, draft=0),
    events_per_hour=80,
    rushes_per_hour=2.0,
    reservations_per_hour=0,
    full_passes_per_hour=0,
)
UNSURE: Final = replace(
    BUSY,
    hours=0.2,
    rushes_per_hour=0,
    rates=CALM.but(request_lost=0.12, answer_lost=0.12, request_late=0.12),
)
STEADY: Final = replace(BUSY, rushes_per_hour=0)
GIFTS_SOLD: Final = replace(
    STEADY,
    company=GIFTS,
    events_per_hour=200,
    mix=only(buy=20, receipt=20, offline=15, ship_offline=10, cancel=5),
)
REFUNDS: Final = replace(STEADY, mix=only(buy=50, refund=10, cancel=10, fulfill=5, receipt=25))

# --- orders that are heard late or not ---

LATE: Final = replace(BUSY, rates=CALM.but(webhook_late=0.5, listed_late=0.5, event_late=0.3))
LATE_ALONE: Final = replace(
    LATE, company=CLOCKS_ALONE, mix=only(buy=30, cancel=6, refund=5, receipt=20)
)
UNHEARD: Final = replace(
    STEADY,
    hours=0.5,
    company=CLOCKS_ALONE,
    events_per_hour=60,
    rates=CALM.but(webhook_lost=0.6, listed_late=0.9),
    mix=only(buy=10, receipt=10),
)
UNHEARD_AND_AWAY: Final = replace(
    UNHEARD,
    hours=0.4,
    events_per_hour=240,
    full_passes_per_hour=30,
    rates=CALM.but(webhook_lost=0.9, listed_late=1.0, event_late=1.0, store_away=0.1),
    mix=only(buy=20, receipt=20, offline=10),
)
SELDOM: Final = replace(STEADY, hours=12.0, events_per_hour=3, mix=only(buy=10, receipt=10))
"""So seldom that a level which stays wrong has no excuse in another channel's news."""

GIFTS_SELDOM: Final = replace(SELDOM, company=GIFTS, mix=only(buy=10, receipt=10, offline=5))
REFUNDS_SELDOM: Final = replace(
    SELDOM, hours=1.5, events_per_hour=6, mix=only(buy=10, receipt=5, refund=10)
)
DEAF: Final = replace(SELDOM, hours=6.0, rates=CALM.but(webhook_lost=1.0))
BURSTS: Final = replace(
    SELDOM,
    hours=3.0,
    events_per_hour=0,
    rushes_per_hour=2,
    rush_events=8,
    rush_gap_seconds=10.0,
)
OVERTAKEN_LISTS: Final = replace(
    BURSTS, hours=2.0, rates=CALM.but(webhook_lost=1.0, listed_late=0.8)
)

# --- calls without an answer ---

ANSWERS_LOST: Final = replace(
    STEADY,
    company=CLOCKS_ALONE,
    events_per_hour=0,
    rushes_per_hour=12,
    rush_events=60,
    rush_gap_seconds=0.8,
    rates=CALM.but(answer_lost=0.4),
    mix=only(buy=10, receipt=10),
)

# --- nothing is sold in the stores: what an event pass leaves undone stays undone ---

BOOKING: Final = replace(
    STEADY,
    hours=0.1,
    company=CHAIRS,
    events_per_hour=300,
    mix=only(receipt=10, offline=10, ship_offline=3, damage=2),
)
HOLDING: Final = replace(
    BOOKING, company=MANY_CHAIRS, events_per_hour=900, mix=only(receipt=1, hold=6, hold_ends=8)
)
HOLDS_EXPIRE: Final = replace(
    BOOKING, hours=3.0, company=TWO_STORES, events_per_hour=8, mix=only(receipt=1, hold=6)
)
EVENTS_LATE: Final = replace(BOOKING, rates=CALM.but(event_late=0.6))
CRASHING: Final = replace(
    BOOKING, company=MANY_CHAIRS, events_per_hour=600, rates=CALM.but(crash=0.1)
)
AWAY: Final = replace(BOOKING, hours=0.07, rates=CALM.but(store_away=0.2))
REQUESTS_LATE: Final = replace(
    BOOKING,
    hours=0.08,
    company=stores_of(MANY_CHAIRS, "b2c-us"),
    events_per_hour=900,
    full_passes_per_hour=150,
    rates=CALM.but(request_late=0.7),
    mix=only(receipt=10, offline=10, hold=14),
)
COLLIDING: Final = replace(
    BOOKING,
    company=MANY_CHAIRS,
    events_per_hour=0,
    rushes_per_hour=400,
    rush_events=3,
    rush_gap_seconds=0.25,
    mix=only(receipt=20, hold=20, offline=10),
)
"""Orders and holds change the same item within the same second."""

SLOW_PASSES: Final = replace(
    BOOKING, hours=0.14, events_per_hour=600, full_passes_per_hour=20, open_shop=slow_shop
)
"""A few full passes, for they are also what heals their own harm."""

# --- reservations ---

RESERVING: Final = replace(
    STEADY, hours=4.0, events_per_hour=3, reservations_per_hour=8.0, mix=only(receipt=60, buy=1)
)
