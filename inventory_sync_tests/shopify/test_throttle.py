"""The throttle against a naive bucket, under every timing that Hypothesis thinks of."""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.shopify.protocol import Cost
from inventory_sync.shopify.throttle import RequestedCosts, Throttle


@dataclass
class Bucket:
    """Shopify's side in ten lines: refill, charge what is requested, give back the difference."""

    maximum: float
    restore: float
    at: float = 0.0
    level: float = field(default=-1.0)

    def __post_init__(self) -> None:
        self.level = self.maximum

    def refill(self, now: float) -> None:
        self.level = min(self.maximum, self.level + (now - self.at) * self.restore)
        self.at = now

    def charge(self, points: float, now: float) -> bool:
        self.refill(now)
        enough = self.level >= points
        self.level -= points if enough else 0
        return enough

    def give_back(self, points: float, now: float) -> None:
        self.refill(now)
        self.level = min(self.maximum, self.level + points)

    def cost(self, requested: float, actual: float | None) -> Cost:
        return Cost(requested, actual, self.maximum, float(round(self.level)), self.restore)


@dataclass
class Simulation:
    """Callers that obey one throttle, calls that travel at random speed, and one bucket."""

    bucket: Bucket
    rng: random.Random
    callers: int
    requested: float
    actual: float
    slowest_seconds: float
    now: float = 0.0
    spent_points: float = 0.0
    throttled_at: list[tuple[int, float]] = field(default_factory=list)
    answered: int = 0
    throttled_twice_in_a_row: int = 0
    drained_at: float = -1.0

    def __post_init__(self) -> None:
        self.throttle = Throttle(0.0)
        self.events: list[tuple[float, int, Callable[[], None]]] = []
        self.number = count()

    def later(self, seconds: float, what: Callable[[], None]) -> None:
        heapq.heappush(self.events, (self.now + seconds, next(self.number), what))

    def drain(self) -> None:
        """Another app spends everything."""
        self.bucket.refill(self.now)
        self.bucket.level = 0.0
        self.drained_at = self.now

    def leg(self) -> float:
        return self.rng.uniform(0.001, self.slowest_seconds / 3)

    def run(self, seconds: float) -> "Simulation":
        for caller in range(self.callers):
            self.later(0.0, lambda caller=caller: self.want(caller, None))  # type: ignore[misc]
        return self.carry_on(until=seconds)

    def carry_on(self, until: float) -> "Simulation":
        while self.events and self.events[0][0] <= until:
            self.now, _, what = heapq.heappop(self.events)
            what()
        return self

    def want(self, caller: int, refused_at: float | None) -> None:
        wait_seconds = self.throttle.wait_seconds(self.requested, self.now)
        if wait_seconds > 0:
            pause = max(min(wait_seconds, 0.25), 1e-6)
            self.later(pause, lambda: self.want(caller, refused_at))
            return
        ticket = self.throttle.take(self.requested, self.now)

        def arrive() -> None:
            if self.bucket.charge(self.requested, self.now):
                self.later(self.leg(), leave)
            else:
                cost = self.bucket.cost(self.requested, None)
                self.later(self.leg(), lambda: answer(cost))

        def leave() -> None:
            self.bucket.give_back(self.requested - self.actual, self.now)
            self.spent_points += self.actual
            cost = self.bucket.cost(self.requested, self.actual)
            self.later(self.leg(), lambda: answer(cost))

        def answer(cost: Cost) -> None:
            self.throttle.settle(ticket, cost, self.now)
            if cost.actual_points is not None:
                self.answered += 1
                self.want(caller, None)
                return
            self.throttled_at.append((caller, self.now))
            # A drain since the first refusal is a new cause.
            if refused_at is not None and refused_at > self.drained_at:
                self.throttled_twice_in_a_row += 1
            self.want(caller, self.now)

        self.later(self.leg(), arrive)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    callers=st.integers(1, 12),
    plan=st.sampled_from([(1000, 50), (2000, 100), (4000, 200), (20_000, 1000)]),
    requested=st.floats(1, 900),
    actual_share=st.floats(0.05, 1.0),
    slowest_seconds=st.floats(0.01, 8.0),
)
def test_alone_on_its_bucket_a_throttle_is_never_refused(
    seed: int,
    callers: int,
    plan: tuple[int, int],
    requested: float,
    actual_share: float,
    slowest_seconds: float,
) -> None:
    simulation = Simulation(
        bucket=Bucket(*plan),
        rng=random.Random(seed),
        callers=callers,
        requested=requested,
        actual=requested * actual_share,
        slowest_seconds=slowest_seconds,
    ).run(seconds=40.0)
    assert simulation.throttled_at == []


@pytest.mark.parametrize(
    ("callers", "requested", "actual"),
    [(8, 13, 13), (32, 13, 13), (1, 260, 60), (4, 500, 100), (3, 900, 450)],
)
@pytest.mark.parametrize("plan", [(2000, 100), (4000, 200)])
def test_a_saturated_throttle_spends_what_the_plan_restores(
    callers: int, requested: float, actual: float, plan: tuple[int, int]
) -> None:
    simulation = Simulation(
        bucket=Bucket(*plan),
        rng=random.Random(3),
        callers=callers,
        requested=requested,
        actual=actual,
        slowest_seconds=0.2,
    ).run(seconds=60.0)
    # The full bucket of the beginning is spent by now: from here on only the restore rate counts.
    spent_before = simulation.spent_points
    simulation.carry_on(until=360.0)
    assert simulation.spent_points - spent_before >= 0.95 * 300.0 * simulation.bucket.restore
    assert simulation.throttled_at == []


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    callers=st.integers(1, 10),
    slowest_seconds=st.floats(0.01, 2.0),
    drain_at=st.lists(st.floats(0, 60), min_size=1, max_size=4),
)
def test_after_a_refusal_the_same_caller_is_not_refused_again(
    seed: int, callers: int, slowest_seconds: float, drain_at: list[float]
) -> None:
    """Another app empties the bucket now and then."""
    simulation = Simulation(
        bucket=Bucket(2000, 100),
        rng=random.Random(seed),
        callers=callers,
        requested=40,
        actual=30,
        slowest_seconds=slowest_seconds,
    )
    for moment in drain_at:
        simulation.later(moment, simulation.drain)
    simulation.run(seconds=80.0)
    assert simulation.throttled_twice_in_a_row == 0
    assert simulation.answered > 0


def test_a_bucket_smaller_than_we_guessed_is_learned_from_the_first_answer() -> None:
    throttle = Throttle(0.0)
    ticket = throttle.take(10, 0.0)
    throttle.settle(ticket, Cost(10, 10, 2000, 5, 200), 0.1)
    assert throttle.restore_points_per_second == 200
    assert throttle.wait_seconds(10, 0.1) == pytest.approx((10 - 4) / (200 * 0.98))


def test_a_call_dearer_than_the_bucket_waits_for_a_full_one_and_goes() -> None:
    throttle = Throttle(0.0)
    assert throttle.wait_seconds(5000, 0.0) == 0
    throttle.give_back(throttle.take(400, 0.0), 0.0)
    assert throttle.wait_seconds(5000, 0.0) == 0


def test_a_batch_waits_until_its_call_leaves_the_reserve_to_others() -> None:
    batch, events = Throttle(0.0, reserve_share=0.5), Throttle(0.0)
    assert batch.wait_seconds(500, 0.0) == 0
    assert batch.wait_seconds(510, 0.0) == 0, "one that needs more waits for a full bucket alone"
    for throttle in (batch, events):
        # Somebody else has spent, as the answer to a call of ours tells.
        throttle.settle(throttle.take(10, 0.0), Cost(10, 10, 1000, 461, 100), 0.0)
    assert events.wait_seconds(10, 0.0) == 0
    assert batch.wait_seconds(10, 0.0) == pytest.approx(50 / 98)
    assert batch.wait_seconds(10, 50 / 98) == pytest.approx(0)
    assert batch.wait_seconds(700, 0.6) == pytest.approx((1000 - 460) / 98 - 0.6)


def test_an_unanswered_call_counts_as_charged_and_an_unsent_one_does_not() -> None:
    throttle = Throttle(0.0)
    throttle.settle_unanswered(throttle.take(1000, 0.0), 0.0)
    assert throttle.wait_seconds(98, 0.0) == pytest.approx(1.0)
    fresh = Throttle(0.0)
    fresh.give_back(fresh.take(1000, 0.0), 0.0)
    assert fresh.wait_seconds(1000, 0.0) == 0


def test_a_pause_holds_every_call_and_a_shorter_one_does_not_end_it() -> None:
    throttle = Throttle(0.0)
    throttle.pause(4.0, 1.0)
    throttle.pause(1.0, 1.0)
    assert throttle.wait_seconds(1, 2.0) == pytest.approx(3.0)
    assert throttle.wait_seconds(1, 5.0) == 0


def test_time_that_runs_backwards_restores_nothing() -> None:
    throttle = Throttle(100.0)
    throttle.settle_unanswered(throttle.take(1000, 100.0), 100.0)
    assert throttle.wait_seconds(98, 50.0) == pytest.approx(1.0)
    assert throttle.wait_seconds(98, 100.0) == pytest.approx(1.0)


def test_the_cost_of_a_shape_is_learned() -> None:
    costs = RequestedCosts()
    assert costs.of(("InventorySyncCatalog", 250), 260) == 260
    costs.learn(("InventorySyncCatalog", 250), Cost(63, 60, 2000, 1900, 100))
    assert costs.of(("InventorySyncCatalog", 250), 260) == 63
    assert costs.of(("InventorySyncCatalog", 125), 260) == 260
