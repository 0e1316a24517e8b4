"""How two writes to one level sell a unit twice, step by step, and why the product's do not.

Put a counterexample about versions, figures of different age and calls without an answer here
(protocol B.2: C2 to C5, D2 to D4). The others are ``test_counterexamples.py``.
"""

from collections.abc import Iterator
from functools import partial
from unittest.mock import patch

import pytest

from inventory_sync.domain.few import decide
from inventory_sync.flow import act
from inventory_sync.flow.publish import Wishes
from inventory_sync.simulation.memory.levels import MemoryLevels
from inventory_sync.simulation.memory.orders import MemoryOrders
from inventory_sync_tests.simulation import switches as do
from inventory_sync_tests.simulation.scripts import (
    B2B,
    B2C,
    ONE_CLOCK,
    TWO_CLOCKS,
    TWO_CLOCKS_IN_TWO_STORES,
    Stage,
    a_raise_beside_an_unheard_order,
    prove,
    sold_from,
)
from inventory_sync_tests.simulation.switches import around, without


@pytest.fixture
def everything_is_hot() -> Iterator[None]:
    """Every level counts as selling too fast for a compare-and-swap."""
    with patch.object(decide, "HOT_ORDERS", 0):
        yield


# --- one write at a time, from the newest figures ---


def test_c2_of_two_passes_that_decided_from_the_same_version_one_writes() -> None:
    """Both compute 1 -> 2; the first applies, a clock is sold, and the second would compare well:
    a comparison sees values, not versions.
    """

    def story(stage: Stage) -> None:
        stage.receive(1)
        stage.when("before prepare", stage.event_pass, stage.buy)
        stage.event_pass()

    prove(ONE_CLOCK, story, without(MemoryLevels, "_is_overtaken", do.never))


def test_c3_a_level_with_a_write_under_way_is_left_alone() -> None:
    """1 -> 2 is under way; the same again would apply, a clock is sold, and the first arrives."""

    def story(stage: Stage) -> None:
        stage.receive(1)
        stage.roads[B2C].fates.append("request late")
        stage.event_pass()
        stage.event_pass()
        stage.buy()
        stage.roads[B2C].arrive()

    prove(ONE_CLOCK, story, without(MemoryLevels, "_in_flight", do.never))


def test_c4_a_call_that_may_still_arrive_is_not_given_up() -> None:
    """1 -> 2 was not seen at once; written anew it applies, a clock is sold, and the first arrives
    after four seconds.
    """

    def story(stage: Stage) -> None:
        stage.receive(1)
        stage.roads[B2C].fates.append("request late")
        stage.clock.after(4.0, stage.roads[B2C].arrive)
        stage.event_pass()
        stage.careful_pass()
        stage.buy()
        stage.clock.sleep(5.0)

    prove(ONE_CLOCK, story, do.no_patience)


def test_c5_a_call_without_answer_is_not_sent_again() -> None:
    """1 -> 2 was applied, its answer is lost, a clock is sold: under a new key it applies again."""

    def story(stage: Stage) -> None:
        stage.receive(1)
        stage.roads[B2C].fates.append("answer lost")
        stage.when("after set_quantities", stage.buy)
        stage.event_pass()

    prove(ONE_CLOCK, story, around(act, "_send", do.again_with_a_new_key))


def test_older_figures_of_the_erp_do_not_overwrite_newer_ones() -> None:
    """A full pass reads the ERP, and then a large store; meanwhile a clock is sold elsewhere."""

    def story(stage: Stage) -> None:
        stage.when(
            "before catalog",
            lambda: stage.clock.sleep(60.0),
            lambda: stage.sell_offline(1),
            stage.event_pass,
        )
        stage.full_pass()

    prove(TWO_CLOCKS, story, without(MemoryLevels, "_is_outdated", do.never))


def test_a_level_that_newer_figures_left_as_it_is_is_not_overwritten_by_older_ones() -> None:
    """A full pass reads 3 in the ERP; one is broken then, so that a newer pass leaves 2 alone."""

    def story(stage: Stage) -> None:
        stage.receive(1)
        stage.when(
            "before catalog",
            lambda: stage.clock.sleep(60.0),
            lambda: stage.receive(-1),
            stage.event_pass,
        )
        stage.full_pass()

    prove(TWO_CLOCKS, story, without(MemoryLevels, "stamp", do.all_are_stamped))


def test_trusting_what_is_shown_does_not_forget_a_write_that_came_meanwhile() -> None:
    """A person takes what is shown as right; an event pass lowers it before that is noted."""

    def story(stage: Stage) -> None:
        stage.when(
            "before adopt",
            lambda: stage.clock.sleep(1.0),
            lambda: stage.sell_offline(1),
            stage.event_pass,
        )
        stage.full_pass(Wishes(trust_observed=True))

    prove(
        TWO_CLOCKS,
        story,
        without(MemoryLevels, "adopt", do.adopts_over_writes),
        harm=lambda stage: bool(stage.unexplained()),
    )


def test_an_older_state_of_an_order_that_is_told_last_does_not_count() -> None:
    """One clock is ordered, the answer is on its way, the order is edited to two and heard."""

    def story(stage: Stage) -> None:
        line = stage.sell()
        stage.when(
            "before record_order_lines",
            lambda: stage.clock.sleep(2.0),
            lambda: stage.shops[B2C].edit(line, 2, restock=True, at=stage.clock.seconds),
            stage.hear,
        )
        stage.hear()
        stage.event_pass()

    prove(
        TWO_CLOCKS_IN_TWO_STORES,
        story,
        without(MemoryOrders, "_replace_older", do.told_last_wins),
        harm=partial(sold_from, store=B2B),
    )


# --- deltas ---


@pytest.mark.usefixtures("everything_is_hot")
def test_d3_a_delta_raises_beside_an_unknown_order_and_keeps_it_and_d4_it_is_sent_once() -> None:
    """Three existed, one is sold unheard: two are shown, and three if the delta came twice."""

    def story(stage: Stage) -> None:
        a_raise_beside_an_unheard_order(stage)
        assert stage.shown() >= 2

    prove(TWO_CLOCKS, story, around(act, "_send", do.deltas_twice))


@pytest.mark.usefixtures("everything_is_hot")
def test_d2_of_two_passes_that_compute_the_same_delta_one_sends_it() -> None:
    """A delta has no comparison at all: nothing but the fence keeps the second one back."""

    def story(stage: Stage) -> None:
        stage.receive(1)
        stage.when("before prepare", stage.event_pass)
        stage.event_pass()

    prove(TWO_CLOCKS, story, without(MemoryLevels, "_is_overtaken", do.never))
