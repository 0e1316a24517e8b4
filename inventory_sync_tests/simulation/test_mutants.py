"""Each protection is missed when it is switched off, and nothing else is wrong in that episode.

Put here what holds for all mutants. Which there are is ``mutants.py``.
"""

from functools import cache
from typing import Final

import pytest

from inventory_sync.simulation.run import Scenario, episode
from inventory_sync_tests.simulation import scenarios
from inventory_sync_tests.simulation.mutants import MUTANTS, Mutant

SEEDS: Final = range(1, 7)
"""Most mutants are found in the first of these episodes; some need a coincidence."""

SCENARIOS: Final = {
    name: scenario for name, scenario in vars(scenarios).items() if isinstance(scenario, Scenario)
}

BASES: Final = {"STEADY", "BURSTS", "BOOKING"}
"""Scenarios that others are made of."""


def scenario_name(mutant: Mutant) -> str:
    """What the scenario of a mutant is called."""
    return next(name for name, each in SCENARIOS.items() if each is mutant.scenario)


@cache
def harm_with_everything_switched_on(name: str, seed: int) -> str | None:
    """Several mutants share a scenario, which has to be harmless by itself only once."""
    return episode(seed, SCENARIOS[name]).violation


@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(mutant, id=name, marks=pytest.mark.xdist_group(scenario_name(mutant)))
        for name, mutant in MUTANTS.items()
    ],
)
def test_a_protection_that_is_switched_off_is_missed(mutant: Mutant) -> None:
    with mutant.off():
        episodes = ((seed, episode(seed, mutant.scenario).violation) for seed in SEEDS)
        seed, violation = next((found for found in episodes if found[1]), (0, None))
    assert violation is not None, "nobody missed it"
    assert any(f"Violation {sign}: " in violation for sign in mutant.signs), violation
    assert harm_with_everything_switched_on(scenario_name(mutant), seed) is None


def test_there_are_enough_protections_and_every_scenario_misses_one() -> None:
    assert len(MUTANTS) >= 25
    assert {scenario_name(mutant) for mutant in MUTANTS.values()} == SCENARIOS.keys() - BASES
