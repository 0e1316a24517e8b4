"""Calls of several threads become one piece of work, and each gets its own answer."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from inventory_sync.domain.errors import WriteInFlight
from inventory_sync.domain.publication import Applied
from inventory_sync.ledger import Ledger
from inventory_sync.ledger import together as together_module
from inventory_sync.ledger.together import Together
from inventory_sync_tests.ledger.fence_contract import adopt, level
from inventory_sync_tests.ledger.samples import CLOCK, SPOON, STORE, TABLE, call, prepare

PATIENCE_SECONDS = 30


def test_what_comes_while_one_works_is_done_together() -> None:
    done: list[list[int]] = []
    first_works, others_wait = threading.Event(), threading.Event()

    def work(items: Sequence[int]) -> list[int]:
        done.append(list(items))
        if items[0] == 0:
            first_works.set()
            assert others_wait.wait(PATIENCE_SECONDS)
        return [item * 10 for item in items]

    together = Together(work)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(together, 0)
        assert first_works.wait(PATIENCE_SECONDS)
        others = [pool.submit(together, number) for number in (1, 2, 3)]
        while len(together._queue) < 3:
            threading.Event().wait(0.001)
        others_wait.set()
        assert first.result() == 0
        assert [other.result() for other in others] == [10, 20, 30]
    assert [sorted(items) for items in done] == [[0], [1, 2, 3]]


def test_threads_that_came_together_are_waited_for_the_next_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(together_module, "MOMENT_SECONDS", PATIENCE_SECONDS)
    done: list[list[int]] = []

    def work(items: Sequence[int]) -> list[int]:
        done.append(sorted(items))
        return list(items)

    together = Together(work)
    together._came_together = 2
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(together, 1)
        while not together._queue:
            threading.Event().wait(0.001)
        assert not first.done()
        second = pool.submit(together, 2)
        assert (first.result(), second.result()) == (1, 2)
    assert done == [[1, 2]]


def test_an_answer_that_is_an_error_is_raised_for_its_own_caller() -> None:
    together: Together[int, int] = Together(lambda items: [ValueError("no") for _ in items])
    with pytest.raises(ValueError, match="no"):
        together(1)


def test_work_that_fails_as_a_whole_fails_for_everybody_and_the_next_goes_on() -> None:
    fails = [True]

    def work(items: Sequence[int]) -> list[int]:
        if fails.pop():
            raise OSError("the disk is full")
        return list(items)

    together = Together(work)
    with pytest.raises(OSError, match="full"):
        together(1)
    fails.append(False)
    assert together(2) == 2


def test_of_calls_that_are_prepared_together_only_the_overtaken_one_is_taken_back(
    ledger: Ledger,
) -> None:
    adopt(ledger, CLOCK, TABLE, SPOON)
    prepare(ledger, call("first", TABLE))
    barrier = threading.Barrier(3)

    def plan(name: str, *keys: object) -> None:
        barrier.wait(PATIENCE_SECONDS)
        prepare(ledger, call(name, *keys))

    with ThreadPoolExecutor(2) as pool, ledger._prepare_together._turn:
        good = pool.submit(plan, "good", CLOCK)
        lost = pool.submit(plan, "lost", SPOON, TABLE)
        barrier.wait(PATIENCE_SECONDS)
        while len(ledger._prepare_together._queue) < 2:
            threading.Event().wait(0.001)
        ledger._prepare_together._do_all()
    good.result()
    with pytest.raises(WriteInFlight) as refused:
        lost.result()
    assert set(refused.value.keys) == {TABLE}
    assert sorted(ledger.open_intents(STORE)["idempotency_key"]) == ["first", "good"]


def test_calls_that_are_settled_together_are_all_published(ledger: Ledger) -> None:
    adopt(ledger, CLOCK, TABLE)
    prepare(ledger, call("one", CLOCK))
    prepare(ledger, call("two", TABLE, quantity=9))
    at = ledger.open_intents(STORE)["created_at"].iloc[0].to_pydatetime()
    with ThreadPoolExecutor(2) as pool, ledger._apply_together._turn:
        waiting = [
            pool.submit(ledger.settle, STORE, name, Applied(), at=at) for name in ("one", "two")
        ]
        while len(ledger._apply_together._queue) < 2:
            threading.Event().wait(0.001)
        ledger._apply_together._do_all()
    for each in waiting:
        each.result()
    assert ledger.open_intents(STORE).empty
    assert (level(ledger, CLOCK).base_units, level(ledger, TABLE).base_units) == (7, 9)
