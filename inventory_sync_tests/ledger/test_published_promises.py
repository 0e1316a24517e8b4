"""Both ledgers remember what the stores were told of dates, and nothing else."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from inventory_sync.domain.metafields import Owner, PublishedPromise
from inventory_sync.flow.promise_publishing_port import PromiseMemory
from inventory_sync.ledger import Ledger
from inventory_sync.ledger.published_promises import ORDERS_ARE_KEPT
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync_tests.ledger.samples import STORE, minutes, wipe

CLOCK = PublishedPromise("gid://shopify/ProductVariant/7", "RETRO-CLOCK", '{"v":1}', "digest-1")
TABLE = PublishedPromise("gid://shopify/ProductVariant/8", None, '{"v":2}', None)
ORDER = PublishedPromise("gid://shopify/Order/1", None, '{"v":1,"lines":["Zürich"]}', "digest-2")


@pytest.fixture(params=["postgres", "memory"])
def memory(request: pytest.FixtureRequest) -> PromiseMemory:
    if request.param == "memory":
        return MemoryLedger()
    ledger: Ledger = request.getfixturevalue("shared_ledger")
    wipe(ledger)
    return ledger


def save(memory: PromiseMemory, owner: Owner, *promises: PublishedPromise, at: float = 0) -> None:
    memory.save_published_promises(STORE, owner, promises, pass_id="pass-1", at=minutes(at))


def told(memory: PromiseMemory, owner: Owner, store: str = STORE) -> dict[str, PublishedPromise]:
    found = memory.published_promises(store, owner).values()
    values = [replace(each, value=json.dumps(json.loads(each.value))) for each in found]
    return {each.owner_id: each for each in values}


def normal(*promises: PublishedPromise) -> dict[str, PublishedPromise]:
    return {
        each.owner_id: replace(each, value=json.dumps(json.loads(each.value))) for each in promises
    }


def test_promises_come_back_as_they_were_saved(memory: PromiseMemory) -> None:
    save(memory, Owner.VARIANT, CLOCK, TABLE)
    save(memory, Owner.ORDER, ORDER)
    assert told(memory, Owner.VARIANT) == normal(CLOCK, TABLE)
    assert told(memory, Owner.ORDER) == normal(ORDER)
    assert told(memory, Owner.VARIANT, "b2c-eu") == {}


def test_the_last_word_counts_and_the_others_stay(memory: PromiseMemory) -> None:
    save(memory, Owner.VARIANT, CLOCK, TABLE)
    newer = replace(CLOCK, value='{"v":3}', digest=None)
    save(memory, Owner.VARIANT, newer, at=1)
    assert told(memory, Owner.VARIANT) == normal(newer, TABLE)


def test_those_of_some_skus_come_with_when_they_were_told(memory: PromiseMemory) -> None:
    save(memory, Owner.VARIANT, CLOCK, TABLE, at=3)
    (found,) = memory.availability_told(STORE, skus=["RETRO-CLOCK", "X"]).values()
    assert (found.owner_id, found.told_at) == (CLOCK.owner_id, minutes(3))
    assert memory.availability_told(STORE, skus=[]) == {}


def test_what_is_found_right_was_told_as_it_was_and_is_as_new_as_that(
    memory: PromiseMemory,
) -> None:
    save(memory, Owner.VARIANT, CLOCK, TABLE)
    memory.found_right(STORE, [CLOCK.owner_id, "gid://shopify/ProductVariant/9"], at=minutes(5))
    assert told(memory, Owner.VARIANT) == normal(CLOCK, TABLE)
    found = memory.published_promises(STORE, Owner.VARIANT)
    assert found[CLOCK.owner_id].told_at == minutes(5)
    assert found[TABLE.owner_id].told_at == minutes(0)


def test_nothing_to_save_is_fine(memory: PromiseMemory) -> None:
    save(memory, Owner.ORDER)
    assert told(memory, Owner.ORDER) == {}


def test_orders_of_long_ago_are_forgotten_and_variants_never(memory: PromiseMemory) -> None:
    save(memory, Owner.ORDER, ORDER)
    save(memory, Owner.VARIANT, CLOCK)
    later = ORDERS_ARE_KEPT / timedelta(minutes=1) + 1
    young = replace(ORDER, owner_id="gid://shopify/Order/2")
    save(memory, Owner.ORDER, young, at=later)
    assert told(memory, Owner.ORDER) == normal(young)
    assert told(memory, Owner.VARIANT) == normal(CLOCK)
