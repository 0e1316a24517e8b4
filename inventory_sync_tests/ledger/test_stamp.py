"""A level is never written from older figures of the ERP than it was decided from last."""

from datetime import datetime

import pytest

from inventory_sync.domain.errors import WriteInFlight
from inventory_sync.domain.publication import Applied, LevelKey, Refused
from inventory_sync.ledger import Ledger
from inventory_sync_tests.ledger.samples import (
    CLOCK,
    PASS,
    SPOON,
    STORE,
    TABLE,
    call,
    levels,
    minutes,
    prepare,
)

ADOPTED = ("sku", "quantity_units", "taken_units", "version")


@pytest.fixture(autouse=True)
def _adopted(ledger: Ledger) -> None:
    found = levels((CLOCK, "RETRO-CLOCK", 5, 0, 0), (TABLE, "OAK-TABLE", 5, 0, 0), columns=ADOPTED)
    ledger.adopt(STORE, found, pass_id=PASS, at=minutes(0))


def stamped(ledger: Ledger) -> dict[LevelKey, datetime | None]:
    found = ledger.known(["RETRO-CLOCK", "OAK-TABLE"], stale_since=minutes(0))
    return {level.key: level.as_of for level in found.levels}


def test_the_instant_of_the_figures_goes_with_the_write_into_the_publication(
    ledger: Ledger,
) -> None:
    prepare(ledger, call("key-1", CLOCK, TABLE), as_of=minutes(3))
    ledger.settle_key(STORE, CLOCK, "applied", at=minutes(4), settled_by="read")
    assert stamped(ledger) == {CLOCK: minutes(3), TABLE: None}

    ledger.settle(STORE, "key-1", Applied(), at=minutes(4))
    assert stamped(ledger) == {CLOCK: minutes(3), TABLE: minutes(3)}


def test_a_write_that_was_not_applied_leaves_no_instant(ledger: Ledger) -> None:
    prepare(ledger, call("key-1", CLOCK), as_of=minutes(3))
    ledger.settle(STORE, "key-1", Refused(rows={}), at=minutes(4))

    assert stamped(ledger)[CLOCK] is None


@pytest.mark.parametrize("decided_at", [1, 2])
def test_a_decision_from_figures_as_new_as_the_last_ones_is_prepared(
    ledger: Ledger, decided_at: int
) -> None:
    ledger.stamp(STORE, {CLOCK: 0}, as_of=minutes(1))

    prepare(ledger, call("key-1", CLOCK), as_of=minutes(decided_at))

    assert len(ledger.open_intents(STORE)) == 1


def test_a_level_stamped_from_later_figures_is_not_written_from_earlier_ones(
    ledger: Ledger,
) -> None:
    """A full pass decided on figures from before an order; an event pass has found since, from the
    figures after it, that the level is right as it is."""
    ledger.stamp(STORE, {CLOCK: 0}, as_of=minutes(2))

    with pytest.raises(WriteInFlight) as refused:
        prepare(ledger, call("key-1", TABLE, CLOCK), as_of=minutes(1))

    assert refused.value.keys == (CLOCK,)
    assert ledger.open_intents(STORE).empty


def test_a_level_written_from_later_figures_is_not_written_from_earlier_ones(
    ledger: Ledger,
) -> None:
    prepare(ledger, call("key-1", CLOCK), as_of=minutes(2))
    ledger.settle(STORE, "key-1", Applied(), at=minutes(2))

    with pytest.raises(WriteInFlight):
        prepare(ledger, call("key-2", CLOCK), versions={CLOCK: 1}, as_of=minutes(1))


def test_a_stamp_is_no_write_and_never_goes_back(ledger: Ledger) -> None:
    assert ledger.stamp(STORE, {CLOCK: 0, TABLE: 0}, as_of=minutes(2)) == {CLOCK, TABLE}
    before = ledger.publications(STORE).drop(columns="as_of")

    assert ledger.stamp(STORE, {CLOCK: 0}, as_of=minutes(1)) == {CLOCK}

    assert stamped(ledger) == {CLOCK: minutes(2), TABLE: minutes(2)}
    assert ledger.publications(STORE).drop(columns="as_of").equals(before)


def test_what_is_being_written_or_was_written_since_is_not_stamped(ledger: Ledger) -> None:
    prepare(ledger, call("key-1", CLOCK))
    assert ledger.stamp(STORE, {CLOCK: 0, TABLE: 0}, as_of=minutes(1)) == {TABLE}

    ledger.settle(STORE, "key-1", Applied(), at=minutes(1))
    assert ledger.stamp(STORE, {CLOCK: 0}, as_of=minutes(2)) == set()
    assert ledger.stamp(STORE, {CLOCK: 1}, as_of=minutes(2)) == {CLOCK}


def test_what_was_never_published_is_not_stamped_nor_what_another_store_has(
    ledger: Ledger,
) -> None:
    assert ledger.stamp(STORE, {SPOON: 0}, as_of=minutes(1)) == set()
    assert ledger.stamp("b2c-eu", {CLOCK: 0}, as_of=minutes(1)) == set()
    assert ledger.stamp(STORE, {}, as_of=minutes(1)) == set()
    assert stamped(ledger) == {CLOCK: None, TABLE: None}


def test_an_adopted_quantity_does_not_forget_from_which_figures_its_level_was_decided(
    ledger: Ledger,
) -> None:
    ledger.stamp(STORE, {CLOCK: 0}, as_of=minutes(2))

    found = levels((CLOCK, "RETRO-CLOCK", 40, 0, 0), columns=ADOPTED)
    ledger.adopt(STORE, found, pass_id="pass-2", at=minutes(3))

    assert stamped(ledger)[CLOCK] == minutes(2)
