"""The guard of event passes, without a database: what it holds back and when it asks the ledger."""

import threading
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from inventory_sync.domain.dirty import Mark
from inventory_sync.domain.guards import GuardLimits
from inventory_sync.domain.publication import LevelKey, QuantityChange
from inventory_sync.domain.stops import EVERY_STORE, Objection, StoppedPass, Tally
from inventory_sync.flow.event_guard import COUNTS_GOOD_FOR, LOOK_AGAIN_AFTER, EventGuard
from inventory_sync.flow.parts import Parts
from inventory_sync.simulation.memory.guard import MemoryGuard

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NYC = "gid://shopify/Location/1001"
EMPTY = Objection("missing", "stock is empty", 0, subject="stock")
RAISED = Objection("raised", "it would raise 100 of 100 levels, more than 50%", 100)


class CountingLedger(MemoryGuard):
    """The shop ``b2b`` has ``levels``; counting can be kept waiting."""

    def __init__(self, levels: int) -> None:
        super().__init__()
        self.levels = levels
        self.moved = Tally()
        self.may_count = threading.Event()
        self.may_count.set()
        self.began_counting = threading.Semaphore(0)
        self.marked: list[Mark] = []

    def recent_moves(self, *, since: datetime) -> dict[str, Tally]:
        self.began_counting.release()
        assert self.may_count.wait(timeout=30)
        return {"b2b": self.moved}

    def published_levels(self, stores: Collection[str] | None = None) -> dict[str, int]:
        return {"b2b": self.levels} if stores is None or "b2b" in stores else {}

    def mark(self, lane: str, marks: Sequence[Mark]) -> None:
        self.marked += marks


class Shop:
    """Events about the tables of one shop; ``now`` is the clock."""

    def __init__(self, levels: int) -> None:
        self.ledger = CountingLedger(levels)
        self.now = NOON
        parts = SimpleNamespace(
            ledger=self.ledger,
            now=lambda: self.now,
            limits=GuardLimits(),
            policies={"b2b": None},
            threads=ThreadPoolExecutor,
        )
        self.guard = EventGuard(cast(Parts, parts))

    def stopped(self, objection: Objection, store: str = "b2b", **changes: Any) -> None:
        self.ledger.keep_stop(StoppedPass("a pass", store, NOON, (objection,), **changes))

    def held(self, tables: range, before: int, after: int, *, is_counted: bool = True) -> int:
        """How many of these changes are held back."""
        changes = [
            QuantityChange(f"OAK-TABLE-{n}", LevelKey(f"item-{n}", NYC), before, after)
            for n in tables
        ]
        counted = {(NYC, change.sku) for change in changes} if is_counted else set()
        return len(self.guard.held("b2b", "an event pass", changes, counted))

    def later(self, time: timedelta) -> None:
        self.now += time

    def standing(self) -> list[set[str]]:
        return [{each.kind for each in stop.objections} for stop in self.ledger.stops()]


@pytest.fixture
def shop() -> Iterator[Shop]:
    it = Shop(levels=100)
    yield it
    it.ledger.may_count.set()
    it.guard.close()


@pytest.fixture
def small() -> Iterator[Shop]:
    it = Shop(levels=15)
    yield it
    it.guard.close()


class TestSmallShops:
    def test_an_empty_erp_does_not_zero_them_either(self, small: Shop) -> None:
        small.stopped(EMPTY, EVERY_STORE)
        assert small.held(range(15), 20, 0, is_counted=False) == 15

    def test_shares_mean_nothing_there(self, small: Shop) -> None:
        assert small.held(range(15), 20, 0) == 0
        assert small.standing() == []

    def test_one_that_has_just_been_filled_is_guarded_at_once(self, small: Shop) -> None:
        assert small.held(range(1), 20, 0) == 0
        small.ledger.levels = 100
        small.later(COUNTS_GOOD_FOR)
        assert small.held(range(1, 31), 20, 0) == 30


class TestWhatStands:
    def test_a_new_stop_takes_nothing_back(self, shop: Shop) -> None:
        shop.stopped(RAISED)
        assert shop.held(range(60, 65), 20, 40) == 5
        assert shop.held(range(30), 20, 0) == 30
        assert shop.standing() == [{"raised", "zeroed"}]
        assert shop.held(range(65, 90), 20, 40) == 25

    def test_nor_does_it_take_back_what_was_refused(self, shop: Shop) -> None:
        shop.stopped(RAISED, state="refused")
        shop.held(range(30), 20, 0)
        assert shop.held(range(65, 90), 20, 40) == 25

    @pytest.mark.parametrize(("after", "held"), [(0, 0), (3, 0), (18, 0), (40, 5)])
    def test_while_stock_is_missing_what_is_counted_may_fall(
        self, shop: Shop, after: int, held: int
    ) -> None:
        shop.stopped(EMPTY, EVERY_STORE)
        assert shop.held(range(5), 20, after) == held

    @pytest.mark.parametrize(("after", "held"), [(0, 5), (3, 5), (18, 0), (40, 5)])
    def test_and_what_is_not_counted_may_fall_a_little(
        self, shop: Shop, after: int, held: int
    ) -> None:
        shop.stopped(EMPTY, EVERY_STORE)
        assert shop.held(range(5), 20, after, is_counted=False) == held

    def test_what_is_held_already_is_no_new_question(self, shop: Shop) -> None:
        shop.stopped(EMPTY, EVERY_STORE)
        assert shop.held(range(50), 20, 0, is_counted=False) == 50
        assert shop.standing() == [{"missing"}]

    def test_too_many_zeroes_are_a_question_even_if_they_are_counted(self, shop: Shop) -> None:
        shop.stopped(EMPTY, EVERY_STORE)
        assert shop.held(range(50), 20, 0) == 50
        assert shop.standing() == [{"missing"}, {"zeroed"}]
        assert [mark.reason for mark in shop.ledger.marked] == [
            "the guard stopped b2b: it would set to zero 50 of 100 levels, more than 20%"
        ]


class TestCounting:
    def counting_goes_on(self, shop: Shop) -> None:
        """Wait until the ledger is at it; it does not finish."""
        assert shop.ledger.began_counting.acquire(timeout=30)

    def test_no_pass_waits_while_the_ledger_counts(self, shop: Shop) -> None:
        shop.held(range(1), 20, 0)
        self.counting_goes_on(shop)
        shop.ledger.may_count.clear()
        shop.later(LOOK_AGAIN_AFTER)
        shop.held(range(1, 5), 20, 0)
        self.counting_goes_on(shop)
        assert shop.held(range(5, 10), 20, 0) == 0

    def test_what_was_done_meanwhile_counts_as_well(self, shop: Shop) -> None:
        shop.held(range(1), 20, 19)
        shop.later(LOOK_AGAIN_AFTER)
        shop.ledger.may_count.clear()
        shop.held(range(19), 20, 0)
        shop.ledger.may_count.set()
        shop.guard.close()  # the ledger has counted none of them
        shop.ledger.moved = Tally(19, 0, 19)
        assert shop.held(range(19, 24), 20, 0) == 5

    def test_what_others_do_is_seen(self, shop: Shop) -> None:
        shop.held(range(1), 20, 19)
        shop.ledger.moved = Tally(20, 0, 20)
        shop.later(COUNTS_GOOD_FOR)
        assert shop.held(range(5), 20, 0) == 5
