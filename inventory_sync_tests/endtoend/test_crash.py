"""Killed processes, lost answers, orders in between, two publishers: the numbers come out right."""

import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from inventory_sync.sandbox.standin import Fault, OrderRefused, Shop, Wanted, place_order
from inventory_sync.sandbox.standin.faults import FaultKind
from inventory_sync.sandbox.standin.seed import IdempotencyMode
from inventory_sync_tests.endtoend.stage import SET_QUANTITIES
from inventory_sync_tests.endtoend.workshop import Workshop, await_that, workshop

READ_LEVELS, READ_ORDERS, READ_BACK = (
    f"InventorySync{name}" for name in ("Levels", "Orders", "ReadBack")
)
MORE_CRASHES = int(os.environ.get("INVENTORY_SYNC_TEST_CRASHES", "0"))
"""So many more per story, at moments that chance picks: for a longer look."""

# Operation, its n-th arrival, and what keeps that request from being carried out.
Moment = tuple[str, int, FaultKind | None]

STORIES: dict[IdempotencyMode, list[Moment]] = {
    "replay": [
        (READ_LEVELS, 2, None),
        (SET_QUANTITIES, 1, None),
        (SET_QUANTITIES, 2, "reset"),
        (READ_BACK, 1, None),
    ],
    "reprocess": [
        (READ_ORDERS, 1, None),
        (SET_QUANTITIES, 1, "http_500"),
        (SET_QUANTITIES, 2, None),
        (READ_BACK, 2, None),
    ],
}
MOST: list[Moment] = [
    (READ_LEVELS, 1, None),
    (SET_QUANTITIES, 1, None),
    (SET_QUANTITIES, 1, "reset"),
    (SET_QUANTITIES, 2, None),
    (READ_BACK, 1, None),
]
FAULTS: dict[IdempotencyMode, tuple[FaultKind, ...]] = {
    "replay": ("applied_answer_lost", "http_500", "throttled", "truncated"),
    "reprocess": ("reset", "applied_answer_lost", "html_200", "http_429"),
}


def assert_all_is_right(it: Workshop) -> None:
    """Nothing lost, nothing twice, nothing open, and the last run wrote nothing."""
    it.run_until_quiet()
    assert it.wrong() == {}
    assert it.open_intents() == 0
    assert it.applied() == it.accepted()
    assert it.too_high == []


@pytest.mark.parametrize("mode", STORIES)
def test_a_program_that_is_killed_again_and_again_loses_nothing_and_repeats_nothing(
    tmp_path: Path, database: str, ledger_database: str, mode: IdempotencyMode
) -> None:
    rng = random.Random(mode)
    with workshop(tmp_path, database, ledger_database, skus=300, mode=mode) as it:
        more = [rng.choice(MOST) for _ in range(MORE_CRASHES)]
        for operation, arrival, fault in STORIES[mode] + more:
            it.crash(operation, arrival, fault)
            it.trade(rng)
        assert_all_is_right(it)


def test_a_program_that_is_killed_before_its_calls_are_sent_leaves_only_intents(
    tmp_path: Path, database: str, ledger_database: str
) -> None:
    with workshop(tmp_path, database, ledger_database, skus=300) as it:
        it.expect(Fault("http_429", operation=SET_QUANTITIES, count=None, seconds=4))
        with it.sync():
            await_that(lambda: it.open_intents() > 0, "calls are held back with their intents open")
        it.expect()
        assert it.open_intents() > 0
        assert it.accepted().total() == 0
        assert_all_is_right(it)


@pytest.mark.parametrize("mode", FAULTS)
def test_whatever_befalls_a_call_its_levels_come_out_right(
    tmp_path: Path, database: str, ledger_database: str, mode: IdempotencyMode
) -> None:
    """As many calls as failures, and each call meets one."""
    skus = 250 * len(FAULTS[mode])
    with workshop(
        tmp_path, database, ledger_database, skus=skus, stores=("b2b-us",), mode=mode
    ) as it:
        it.expect(*(Fault(kind, operation=SET_QUANTITIES, seconds=0.2) for kind in FAULTS[mode]))
        it.run_sync()
        assert it.shops["b2b-us"].faults.waiting() == []
        assert_all_is_right(it)


def test_orders_that_come_in_while_a_pass_runs_are_neither_lost_nor_counted_twice(
    tmp_path: Path, database: str, ledger_database: str
) -> None:
    with workshop(tmp_path, database, ledger_database, skus=300) as it:
        it.run_sync()
        it.restock({f"SKU-{number:04}": 9 for number in range(0, 300, 7)})
        rng = random.Random(7)

        def sold() -> int:
            return sum(len(shop.orders) for shop in it.shops.values())

        def buy(shop: Shop, operation: str) -> None:
            for _ in range(3 if sold() < 60 else 0):
                place_order(shop, [Wanted(f"SKU-{rng.randrange(300):04}", 1)])

        it.on_request = buy
        it.run_sync()
        it.on_request = lambda shop, operation: None
        assert sold() >= 60
        assert_all_is_right(it)


@contextmanager
def shoppers(it: Workshop, skus: list[str]) -> Iterator[None]:
    """People who keep buying these in all stores, one unit at a time."""
    rng, closed = random.Random(5), threading.Event()

    def shop_around() -> None:
        while not closed.wait(0.02):
            for shop in it.shops.values():
                with suppress(OrderRefused):
                    place_order(shop, [Wanted(rng.choice(skus), 1)])

    people = threading.Thread(target=shop_around)
    people.start()
    try:
        yield
    finally:
        closed.set()
        people.join()


def test_two_programs_at_once_never_sell_a_unit_twice(
    tmp_path: Path, database: str, ledger_database: str
) -> None:
    """Both want to raise what is nearly sold out, while people buy it."""
    with workshop(tmp_path, database, ledger_database, skus=600, stores=("b2b-us",)) as it:
        scarce = [f"SKU-{number:04}" for number in range(20)]
        it.restock(dict.fromkeys(scarce, 2))
        it.run_sync()
        it.trade(random.Random(3), but=scarce)
        it.restock(dict.fromkeys(scarce, 5))
        it.expect(Fault("slow", operation=SET_QUANTITIES, count=None, seconds=0.3))
        with shoppers(it, scarce), it.sync() as first, it.sync() as second:
            assert {first.wait(60), second.wait(60)} <= {0, 1}
        it.expect()
        assert_all_is_right(it)
        assert it.sold().total() > len(scarce)
        assert max(it.sold().values()) <= 5
