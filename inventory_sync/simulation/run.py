"""A run of the simulation: hours of traffic in episodes, each from a seed of its own.

Put here what a run is and what it tells. The course of an episode is ``course.py``.
"""

import math
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pandas as pd

from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.simulation.checks import Violation
from inventory_sync.simulation.course import play
from inventory_sync.simulation.scenario import ALONE, Scenario
from inventory_sync.simulation.world import World

__all__ = ["ALONE", "Report", "Scenario", "episode", "run"]


@dataclass
class Report:
    """What a run did; ``violation`` is why it ended early, in the episode with that ``seed`` and so
    many ``episode_hours``.
    """

    hours: float = 0.0
    episodes: int = 0
    events: int = 0
    calls: int = 0
    passes: int = 0
    careful: int = 0
    reconciles: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    measured: Counter[str] = field(default_factory=Counter)
    violation: str | None = None
    seed: int | None = None
    episode_hours: float = 0.0

    def add(self, other: "Report") -> None:
        """The sum of two runs."""
        self.hours += other.hours
        self.episodes += other.episodes
        self.events += other.events
        self.calls += other.calls
        self.passes += other.passes
        self.careful += other.careful
        self.reconciles += other.reconciles
        self.faults += other.faults
        self.measured += other.measured
        if self.violation is None:
            self.violation = other.violation
            self.seed, self.episode_hours = other.seed, other.episode_hours


def episode(seed: int, scenario: Scenario) -> Report:
    """One episode, the same for the same seed. Never raises: a violation is in the report."""
    rng = random.Random(seed)
    world = World(scenario.company, rng, scenario.rates, scenario.open_shop)
    violation = None
    try:
        # The same type of text as elsewhere, kept as Python objects: quicker for a dozen rows.
        with pd.option_context("mode.string_storage", "python"):
            play(world, scenario, rng)
    except (Violation, InventorySyncError) as error:
        last = "\n".join(f"  {line}" for line in world.last)
        violation = (
            f"seed {seed}, {world.clock.seconds / 3600:.4f} h, event {world.events}: "
            f"{type(error).__name__} {error}\nlast events:\n{last}"
        )
    return Report(
        hours=world.clock.seconds / 3600,
        episodes=1,
        events=world.events,
        calls=world.checks.calls,
        passes=world.product.passes,
        careful=world.ledger.passes["repair"],
        reconciles=world.ledger.passes["reconcile"],
        faults=world.faults.counts,
        measured=world.checks.measured,
        violation=violation,
        seed=seed,
        episode_hours=scenario.hours,
    )


def run(
    hours: float,
    seed: int,
    scenarios: Iterator[Scenario],
    *,
    tell: Callable[[Report, float], None] = lambda report, seconds: None,
) -> Report:
    """Episodes until the hours are over or something is violated; ``tell`` after each of them."""
    total, began = Report(), time.monotonic()
    while total.hours < hours and total.violation is None:
        scenario = next(scenarios)
        left = math.ceil(hours - total.hours)
        total.add(episode(seed, replace(scenario, hours=min(scenario.hours, left))))
        seed += 1
        tell(total, time.monotonic() - began)
    return total
