"""What was written to each level: as the shops tell it, and as the ledger remembers it.

Put here what crash tests count. Both books are equal when every write that a shop has accepted is
known, and known once.
"""

import os
from collections import Counter

from inventory_sync.sandbox.standin.shop import HISTORY_LENGTH
from inventory_sync_tests.endtoend.stage import Stage
from inventory_sync_tests.endtoend.truth import Key

ALL_CRASHES = bool(int(os.environ.get("INVENTORY_SYNC_TEST_CRASHES", "0")))
"""Whether the long variants are wanted (``make crash``)."""


def accepted(stage: Stage) -> Counter[Key]:
    """How many writes of each level the shops have carried out."""
    found = Counter[Key]()
    for store, shop in stage.shops.items():
        with shop.lock:
            assert len(shop.history) < HISTORY_LENGTH, f"{store} has forgotten its first writes"
            for group in shop.history:
                for change in group.changes:
                    if change.name == "available":
                        item = shop.stock.items[change.item_id]
                        found[store, item.gid, change.location_id] += 1
    return found


def applied(stage: Stage) -> Counter[Key]:
    """How many writes of each level the ledger takes for applied."""
    rows = stage.ledger(
        "SELECT store, inventory_item_id, store_location_id FROM inventory_sync.write_intents"
        " WHERE status = 'applied'"
    )
    return Counter((store, item, int(gid.rpartition("/")[2])) for store, item, gid in rows)


def open_intents(stage: Stage) -> int:
    """Writes whose outcome the ledger does not know."""
    counted = "SELECT count(*) FROM inventory_sync.write_intents WHERE status = 'open'"
    return int(stage.ledger(counted)[0][0])


def dirty(stage: Stage) -> list[str]:
    """SKUs whose quantities somebody still has to look at."""
    listed = "SELECT sku FROM inventory_sync.dirty_skus WHERE lane <> 'event_dates'"
    return [sku for (sku,) in stage.ledger(listed)]


def is_quiet(stage: Stage) -> bool:
    """Whether there is nothing to wait for any more."""
    return dirty(stage) == [] and open_intents(stage) == 0 and stage.wrong() == {}


def assert_nothing_is_left(stage: Stage) -> None:
    """All is shown, nothing is open, and every write is known once."""
    assert stage.wrong() == {}
    assert dirty(stage) == []
    assert open_intents(stage) == 0
    assert applied(stage) == accepted(stage)
