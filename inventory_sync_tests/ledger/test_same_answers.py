"""Whatever is done to both ledgers, in PostgreSQL and in memory, they tell the same afterwards.

What holds for one of them is so known to hold for the other: the simulation's findings count.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory_sync.domain.dirty import LANES, Clock, Mark
from inventory_sync.domain.extract import ErpEvent
from inventory_sync.domain.publication import Applied, Decided, Refusal, Refused
from inventory_sync.flow.ledger_port import Ledger
from inventory_sync.ledger import Ledger as PostgresLedger
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync_tests.ledger import player
from inventory_sync_tests.ledger.player import Player, Step
from inventory_sync_tests.ledger.samples import (
    CLOCK,
    LAX,
    NYC,
    TABLE,
    hint,
    line,
    minutes,
    wipe,
)

CODES = ["CHANGE_FROM_QUANTITY_STALE", "INVALID_LOCATION"]


def step(what: str, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    """A step with drawn arguments."""
    return st.builds(Step, st.just(what), st.fixed_dictionaries(arguments))


MINUTE = st.integers(0, 9)
STORE = st.sampled_from([player.STORES[0], *player.STORES])  # most of it happens in one store
SKU, LANE = st.sampled_from(player.NAMES), st.sampled_from(LANES[:2])
HERE = st.sampled_from([player.STORES[0]] * 9 + player.STORES[1:])
CALL = st.sampled_from(["key-1", "key-1", "key-2"])
LEVEL = st.sampled_from([CLOCK, TABLE])
AT = MINUTE.map(minutes)
VERSION = st.sampled_from([0, 0, 0, 0, 1, 2])  # as a pass reads it: few levels are written often
VERSIONS = st.dictionaries(LEVEL, VERSION, min_size=1)
DECIDED = st.dictionaries(
    LEVEL, st.builds(Decided, st.integers(0, 3), VERSION, st.just({"atp": 1})), min_size=1
)
# A webhook id or event id never comes with another body.
HINTS = st.lists(
    st.builds(
        lambda number, topic, again, is_told, **changes: hint(
            number,
            topic=topic,
            event_id=f"event-{number}" if is_told else None,
            digest=f"sha256-{number}-{topic}",
            webhook_id=f"delivery-{number}-{topic}-{again}",
            **changes,
        ),
        st.integers(1, 2),
        st.sampled_from(["orders/updated", "orders/edited"]),
        st.booleans(),
        st.booleans(),
        store=STORE,
        dead_reason=st.sampled_from([None, None, "no id"]),
    ),
    min_size=1,
    max_size=3,
)
LINES = st.lists(
    st.builds(
        lambda order, number, **changes: line(
            order_id=f"order-{order}", line_id=f"line-{order}-{number}", **changes
        ),
        st.integers(1, 2),
        st.integers(1, 2),
        sku=st.none() | SKU,
        inventory_item_id=st.none() | st.sampled_from(player.ITEMS),
        store_location_id=st.sampled_from([None, NYC, LAX]),
        current_units=st.integers(0, 2),
        taken_units=st.integers(0, 2),
        updated_at=AT,
        is_on_hold=st.booleans(),
    ),
    max_size=4,
)
EVENTS = st.lists(
    st.builds(
        ErpEvent,
        st.integers(1, 9),
        AT,
        st.just("order_created"),
        st.none() | SKU,
        st.just("PLANT-1"),
        st.sampled_from([None, "SO-1", "SO-2"]),
    ),
    max_size=3,
)
OUTCOME = st.just(Applied()) | st.builds(
    Refused,
    st.dictionaries(st.integers(0, 1), st.builds(Refusal, st.sampled_from(CODES), SKU), min_size=1),
)
RESTART = st.none() | st.integers(0, 5)
CLOCKS = st.lists(st.builds(Clock, st.sampled_from(["H-1", "H-2"]), SKU, AT), max_size=2)
STATE = st.sampled_from(["held", "confirmed", "released"])
SETTLED = st.sampled_from(["applied", "not_applied"])
ENDED = st.sampled_from(["done", "failed"])
ADOPT = step("adopt", store=STORE, versions=VERSIONS, minute=MINUTE)
TAKE = step("take", lanes=st.lists(LANE), minute=MINUTE, limit=st.integers(1, 3))
CLEAR = step("clear")

# Steps that have to do with each other, and what is to be seen of them.
GROUPS: dict[str, tuple[Callable[[Ledger], object], list[st.SearchStrategy[Step]]]] = {
    "dirty SKUs": (
        player.told_of_dirty_skus,
        [
            step("mark", lane=LANE, marks=st.lists(st.builds(Mark, SKU, AT, AT, SKU), max_size=3)),
            TAKE,
            CLEAR,
            step("hear", lane=LANE, events=EVENTS, minute=MINUTE, restart=RESTART),
            step("set_clocks", skus=st.none() | st.lists(SKU), clocks=CLOCKS, minute=MINUTE),
            step("ring_clocks", minute=MINUTE),
        ],
    ),
    "deliveries and reservations": (
        player.told_of_deliveries,
        [
            step("receive", hints=HINTS, minute=st.sampled_from([0, 59, 61, 200])),
            step("finish", stores=st.lists(STORE), count=st.integers(1, 2)),
            step("reserve", number=st.integers(1, 2), state=STATE, units=st.integers(1, 3)),
        ],
    ),
    "orders": (
        player.told_of_orders,
        [
            step("record_order_lines", store=STORE, lines=LINES, minute=MINUTE),
            step("rename_item", store=STORE, item=st.sampled_from(player.ITEMS), sku=SKU),
            step("advance", store=STORE, minute=MINUTE),
            ADOPT,
            TAKE,
            CLEAR,
        ],
    ),
    "levels": (
        player.told_of_levels,
        [
            step("prepare", store=HERE, key=CALL, decided=DECIDED, minute=MINUTE),
            step("settle", store=HERE, key=CALL, outcome=OUTCOME, minute=MINUTE),
            step("settle_key", store=HERE, key=LEVEL, status=SETTLED, minute=MINUTE),
            step("stamp", store=HERE, versions=VERSIONS, minute=MINUTE),
            step("observe", store=HERE, units=VERSIONS, minute=MINUTE),
            ADOPT,
        ],
    ),
    "full passes": (
        player.told_of_full_passes,
        [
            step("doubt", scope=STORE, skus=st.sets(SKU)),
            step(
                "set_state", store=STORE, status=st.sampled_from(["ok", "stopped"]), minute=MINUTE
            ),
            step("run_pass", number=MINUTE, status=ENDED, rows=MINUTE),
            ADOPT,
        ],
    ),
}


@pytest.mark.parametrize("group", GROUPS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_both_ledgers_answer_the_same(
    shared_ledger: PostgresLedger, group: str, data: st.DataObject
) -> None:
    told, drawn = GROUPS[group]
    steps = data.draw(st.lists(st.one_of(drawn), min_size=8, max_size=24))
    wipe(shared_ledger)
    one, other = Player(shared_ledger), Player(MemoryLedger())

    answers = [(taken.play(one), taken.play(other)) for taken in steps]

    assert [first for first, _ in answers] == [second for _, second in answers]
    assert told(one.ledger) == told(other.ledger)
