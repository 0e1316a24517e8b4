"""What may happen in an episode, and how often.

Put a mix of trouble here that is worth thousands of hours. What each kind of event does is
``traffic.py``, what each fault does stands where it strikes.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from inventory_sync.simulation.company import (
    ONE_STORE,
    THREE_STORES,
    TWO_STORES,
    Company,
)
from inventory_sync.simulation.faults import FaultRates
from inventory_sync.simulation.traffic import Mix
from inventory_sync.simulation.world import OpenShop

EPISODE_HOURS: Final = 100.0


@dataclass(frozen=True)
class Scenario:
    """What happens in an episode. ``events_per_hour`` in quiet times; a rush is about one SKU, with
    an event every ``rush_gap_seconds`` or so. With ``reconciles``, all stores are judged at every
    full hour.
    """

    hours: float = EPISODE_HOURS
    company: Company = THREE_STORES
    rates: FaultRates = field(default_factory=FaultRates)
    mix: Mix = field(default_factory=Mix)
    events_per_hour: float = 1.8
    rushes_per_hour: float = 0.25
    rush_events: int = 20
    rush_gap_seconds: float = 1.5
    reservations_per_hour: float = 0.1
    full_passes_per_hour: float = 0.02
    reconciles: bool = False
    open_shop: OpenShop | None = None


ALONE: Final = Scenario(
    company=ONE_STORE,
    mix=Mix(offline=0, hold=0, damage=0, draft=0),
    reservations_per_hour=0.0,
)
"""One store that sells alone: here nothing may ever be sold twice."""

FAULTLESS: Final = Scenario(
    rates=FaultRates.none(),
    mix=Mix(edit_by_hand=0, draft=0),
    reconciles=True,
)
"""Nothing goes wrong, so no check may ever be red. Small drafts that Shopify reserves are left out:
to us they are an edit by hand.
"""

_TWO_LARGE: Final = replace(TWO_STORES, is_large=True)

EVERYTHING: Final = (Scenario(), ALONE, Scenario(company=_TWO_LARGE), ALONE)


def faultless_of(seed: int) -> Scenario:
    """The scenario of an episode in a long run in which nothing goes wrong."""
    return replace(FAULTLESS, company=(THREE_STORES, _TWO_LARGE)[seed % 2])


def scenario_of(seed: int) -> Scenario:
    """The scenario of an episode in a long run: every fourth seed has all that there is."""
    return EVERYTHING[seed % len(EVERYTHING)]
