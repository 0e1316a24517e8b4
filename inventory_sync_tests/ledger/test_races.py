"""Two that work on one level at once: each interleaving that two connections allow.

Levels are locked in the order of their keys: clock, table, spoon. A third connection holds the
spoon back, so that a call over clock and spoon stops in its middle, with the clock in its hands.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import pytest

from inventory_sync.domain.errors import WriteInFlight
from inventory_sync.domain.known import KnownLevel
from inventory_sync.domain.publication import Applied, LevelKey
from inventory_sync.ledger import Ledger, connect
from inventory_sync_tests.ledger.races import Race, connection_to
from inventory_sync_tests.ledger.samples import (
    CLOCK,
    PASS,
    SKUS,
    SPOON,
    STORE,
    call,
    levels,
    minutes,
    prepare,
)

ADOPTED = ("sku", "quantity_units", "taken_units", "version")
EARLY, LATE = minutes(1), minutes(2)


@pytest.fixture
def race(database: str) -> Iterator[Race]:
    with (
        connection_to(database, "AUTOCOMMIT") as watcher,
        ThreadPoolExecutor(2) as pool,
        connection_to(database, "READ COMMITTED") as holder,
    ):
        yield Race(watcher, holder, pool)


@pytest.fixture
def one(ledger: Ledger) -> Ledger:
    """A ledger in which clock and spoon have been adopted with 5 units each."""
    adopt(ledger, CLOCK, SPOON)
    return ledger


@pytest.fixture
def other(database: str) -> Iterator[Ledger]:
    """The ledger as another program opens it."""
    opened = connect(database)
    yield opened
    opened.close()


def adopt(ledger: Ledger, *keys: LevelKey, quantity: int = 5) -> None:
    found = levels(*((key, SKUS[key], quantity, 0, 0) for key in keys), columns=ADOPTED)
    ledger.adopt(STORE, found, pass_id=PASS, at=minutes(0))


def clock(ledger: Ledger) -> KnownLevel:
    (level,) = ledger.known(["RETRO-CLOCK"], stale_since=minutes(0)).levels
    return level


def refused(run: "Future[object]") -> bool:
    return isinstance(run.exception(), WriteInFlight)


# Prepare against stamp: the stamp tells of later figures than the write.


def test_a_stamp_that_locked_first_is_seen_by_a_write_from_earlier_figures(
    one: Ledger, other: Ledger, race: Race
) -> None:
    race.hold_spoon()
    stamp = race.until_it_waits(lambda: one.stamp(STORE, {CLOCK: 0, SPOON: 0}, as_of=LATE))
    write = race.until_it_waits(lambda: prepare(other, call("key-1", CLOCK), as_of=EARLY))
    race.let_go()

    assert stamp.result() == {CLOCK, SPOON}
    assert refused(write)
    assert one.open_intents(STORE).empty


def test_a_stamp_that_locked_first_lets_a_write_from_newer_figures_pass(
    one: Ledger, other: Ledger, race: Race
) -> None:
    race.hold_spoon()
    stamp = race.until_it_waits(lambda: one.stamp(STORE, {CLOCK: 0, SPOON: 0}, as_of=EARLY))
    write = race.until_it_waits(lambda: prepare(other, call("key-1", CLOCK), as_of=LATE))
    race.let_go()

    assert stamp.result() == {CLOCK, SPOON}
    write.result()
    assert clock(one).is_busy


@pytest.mark.parametrize("stamped_as_of", [EARLY, LATE])
def test_a_write_that_locked_first_is_seen_by_the_stamp(
    one: Ledger, other: Ledger, race: Race, stamped_as_of: datetime
) -> None:
    """What was found right is about to be something else."""
    race.hold_spoon()
    write = race.until_it_waits(lambda: prepare(one, call("key-1", CLOCK, SPOON), as_of=EARLY))
    stamp = race.until_it_waits(lambda: other.stamp(STORE, {CLOCK: 0}, as_of=stamped_as_of))
    race.let_go()

    write.result()
    assert stamp.result() == set()
    assert (clock(one).is_busy, clock(one).as_of) == (True, None)


def test_a_stamp_between_the_intent_and_the_lock_of_a_write_is_seen_by_the_write(
    one: Ledger, other: Ledger, race: Race
) -> None:
    """The stamp cannot see an intent that is not committed, so the write must see the stamp."""
    race.hold_intent_of_spoon()
    write = race.until_it_waits(lambda: prepare(one, call("key-1", CLOCK, SPOON), as_of=EARLY))
    assert other.stamp(STORE, {CLOCK: 0}, as_of=LATE) == {CLOCK}
    race.let_go()

    assert refused(write)
    assert one.open_intents(STORE).empty


def test_a_stamp_is_not_given_to_a_level_whose_write_is_being_settled(
    one: Ledger, other: Ledger, race: Race
) -> None:
    prepare(one, call("key-1", CLOCK, SPOON, quantity=7), as_of=EARLY)
    race.hold_spoon()
    settle = race.until_it_waits(lambda: one.settle(STORE, "key-1", Applied(), at=LATE))
    stamp = race.until_it_waits(lambda: other.stamp(STORE, {CLOCK: 0}, as_of=LATE))
    race.let_go()

    settle.result()
    assert stamp.result() == set()
    assert (clock(one).version, clock(one).as_of) == (1, EARLY)


# Adopt against prepare: the base of an applied write is never replaced by an earlier reading.


def test_an_adoption_that_locked_first_becomes_the_base_and_the_write_follows(
    one: Ledger, other: Ledger, race: Race
) -> None:
    race.hold_spoon()
    adoption = race.until_it_waits(lambda: adopt(one, CLOCK, SPOON, quantity=4))
    write = race.until_it_waits(lambda: prepare(other, call("key-1", CLOCK, quantity=7)))
    race.let_go()

    adoption.result()
    write.result()
    assert (clock(one).base_units, clock(one).is_busy) == (4, True)
    one.settle(STORE, "key-1", Applied(), at=LATE)
    assert (clock(one).base_units, clock(one).version) == (7, 1)


def test_a_write_that_locked_first_keeps_its_level_from_being_adopted(
    one: Ledger, other: Ledger, race: Race
) -> None:
    race.hold_spoon()
    write = race.until_it_waits(lambda: prepare(one, call("key-1", CLOCK, SPOON)))
    adoption = race.until_it_waits(lambda: adopt(other, CLOCK, quantity=4))
    race.let_go()

    write.result()
    adoption.result()
    assert (clock(one).base_units, clock(one).is_busy) == (5, True)


def test_an_adoption_between_the_intent_and_the_lock_of_a_write_does_not_outlive_the_write(
    one: Ledger, other: Ledger, race: Race
) -> None:
    race.hold_intent_of_spoon()
    write = race.until_it_waits(lambda: prepare(one, call("key-1", CLOCK, SPOON, quantity=7)))
    adopt(other, CLOCK, quantity=4)
    race.let_go()

    write.result()
    one.settle(STORE, "key-1", Applied(), at=LATE)
    adopt(other, CLOCK, quantity=3)
    assert (clock(one).base_units, clock(one).version) == (7, 1)


def test_an_adoption_that_waited_for_a_settlement_leaves_its_base(
    one: Ledger, other: Ledger, race: Race
) -> None:
    prepare(one, call("key-1", CLOCK, SPOON, quantity=7))
    race.hold_spoon()
    settle = race.until_it_waits(lambda: one.settle(STORE, "key-1", Applied(), at=LATE))
    adoption = race.until_it_waits(lambda: adopt(other, CLOCK, quantity=4))
    race.let_go()

    settle.result()
    adoption.result()
    assert (clock(one).base_units, clock(one).version) == (7, 1)


def test_a_first_write_is_not_replaced_by_an_adoption_that_was_under_way(
    ledger: Ledger, other: Ledger, race: Race
) -> None:
    """The clock has no publication yet that could be locked."""
    adopt(ledger, SPOON)
    race.hold_spoon()
    adoption = race.until_it_waits(lambda: adopt(ledger, CLOCK, SPOON, quantity=4))
    prepare(other, call("key-1", CLOCK, quantity=7))
    other.settle(STORE, "key-1", Applied(), at=LATE)
    race.let_go()

    adoption.result()
    assert (clock(ledger).base_units, clock(ledger).version) == (7, 1)


# Prepare against prepare and against a settlement.


def test_of_two_writes_the_one_that_comes_second_is_refused(
    one: Ledger, other: Ledger, race: Race
) -> None:
    race.hold_spoon()
    first = race.until_it_waits(lambda: prepare(one, call("key-1", CLOCK, SPOON)))
    second = race.until_it_waits(lambda: prepare(other, call("key-2", CLOCK)))
    race.let_go()

    first.result()
    assert refused(second)
    assert set(one.open_intents(STORE)["idempotency_key"]) == {"key-1"}


def test_a_write_that_waits_for_one_that_is_given_up_is_prepared(
    one: Ledger, other: Ledger, race: Race
) -> None:
    one.stamp(STORE, {SPOON: 0}, as_of=LATE)
    race.hold_spoon()
    first = race.until_it_waits(lambda: prepare(one, call("key-1", CLOCK, SPOON), as_of=EARLY))
    second = race.until_it_waits(lambda: prepare(other, call("key-2", CLOCK), as_of=EARLY))
    race.let_go()

    assert refused(first)
    second.result()
    assert set(one.open_intents(STORE)["idempotency_key"]) == {"key-2"}


def test_a_write_that_waited_for_a_settlement_sees_the_new_version(
    one: Ledger, other: Ledger, race: Race
) -> None:
    """Protocol B.2, C2: the second computed its step before the first was applied."""
    prepare(one, call("key-1", CLOCK, SPOON))
    race.hold_spoon()
    settle = race.until_it_waits(lambda: one.settle(STORE, "key-1", Applied(), at=LATE))
    write = race.until_it_waits(lambda: prepare(other, call("key-2", CLOCK), as_of=LATE))
    race.let_go()

    settle.result()
    assert refused(write)
    assert one.open_intents(STORE).empty
