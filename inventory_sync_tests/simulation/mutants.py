"""Protections of the product, each of which can be switched off, and what happens then.

Put a mutant here: what is missing, how it is switched off, the scenario that misses it, and the
invariant that is expected to break. A protection that a crash or a poll makes up for in any case
cannot be missed and stands not here but in a test of its own room.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from inventory_sync.domain import decision
from inventory_sync.domain.few import decide, offers
from inventory_sync.flow import act, event_pass, hearing, reservations, store_hearing
from inventory_sync.simulation.erp import SimErp
from inventory_sync.simulation.memory.dirty import MemoryDirtyList
from inventory_sync.simulation.memory.levels import MemoryLevels
from inventory_sync.simulation.memory.orders import MemoryOrders
from inventory_sync.simulation.run import Scenario
from inventory_sync.simulation.sim_shop import SimShop
from inventory_sync_tests.simulation import scenarios as when
from inventory_sync_tests.simulation import switches as do
from inventory_sync_tests.simulation.switches import Off, around, without


@dataclass(frozen=True)
class Mutant:
    """``off`` switches the protection off, ``scenario`` misses it; ``signs`` are the invariants
    (protocol B.9 and the names of B.2) of which one breaks.
    """

    off: Off
    scenario: Scenario
    signs: tuple[str, ...]


SOLD_TWICE: Final = ("I1", "S7", "S1", "S2")
"""A level shows what is sold, or what nobody can explain."""

LEFT_WRONG: Final = ("Q2", "Q3", "Q4", "S2")
"""A level stays wrong although nothing is under way."""

VALUES: Final[Mapping[str, Mutant]] = {
    "orders in flight are not deducted": Mutant(
        without(decide, "lines_in_flight", lambda lines, acknowledged: []), when.BUSY, SOLD_TWICE
    ),
    "orders that the ERP knows are deducted again": Mutant(
        around(decide, "lines_in_flight", do.as_if_nothing_was_acknowledged),
        when.SELDOM,
        LEFT_WRONG,
    ),
    "acknowledgements are read after stock": Mutant(
        without(SimErp, "_between_reads", do.acknowledgements_later), when.BUSY, SOLD_TWICE
    ),
    "orders of other stores are not deducted": Mutant(
        around(offers, "touched_by", do.own_store_alone), when.BUSY, SOLD_TWICE
    ),
    "units refunded without restock are given back": Mutant(
        around(offers, "not_yet_known", do.only_what_the_buyer_wants), when.REFUNDS, SOLD_TWICE
    ),
    "cancelled units are given back twice": Mutant(
        without(offers, "not_yet_known", do.below_nothing), when.REFUNDS, SOLD_TWICE
    ),
    "a pool below zero is offered": Mutant(
        without(offers, "offer_units", do.below_zero), when.BUSY, ("S10",)
    ),
    "kits are not taken apart": Mutant(
        without(offers, "parts_of", lambda sku, micros, base: [(sku, micros)]),
        when.GIFTS_SOLD,
        (*SOLD_TWICE, *LEFT_WRONG),
    ),
    "parts in flight do not break up kits": Mutant(
        without(offers, "lost_kits", lambda *_: {}), when.GIFTS_SOLD, SOLD_TWICE
    ),
    "acknowledgements of related items are not asked for": Mutant(
        without(event_pass.EventPasses, "_extract", do.acknowledgements_of_the_asked_alone),
        when.GIFTS_SELDOM,
        LEFT_WRONG,
    ),
    "what a store shows less than orders explain is believed": Mutant(
        without(decision, "_explain", do.less_is_believed), when.UNHEARD, SOLD_TWICE
    ),
    "demand without a name is forgotten": Mutant(
        around(decision, "_target", do.nameless_demand_is_forgotten),
        when.UNHEARD_AND_AWAY,
        SOLD_TWICE,
    ),
}

WRITES: Final[Mapping[str, Mutant]] = {
    "the expected quantity is what the store shows": Mutant(
        around(act, "_send", do.expected_is_what_is_shown), when.LATE_ALONE, SOLD_TWICE
    ),
    "quantities are set blindly": Mutant(
        without(SimShop, "_execute", do.without_comparing), when.LATE, SOLD_TWICE
    ),
    "a call leaves without an intent": Mutant(
        without(MemoryLevels, "prepare", do.nothing), when.BUSY, ("C3", "S5")
    ),
    "a level may have two writes in flight": Mutant(
        without(MemoryLevels, "_in_flight", do.never), when.UNSURE, (*SOLD_TWICE, "C3", "C4")
    ),
    "older figures of the ERP overwrite newer ones": Mutant(
        without(MemoryLevels, "_is_outdated", do.never), when.SLOW_PASSES, LEFT_WRONG
    ),
    "a lost answer is sent again under a new key": Mutant(
        around(act, "_send", do.again_with_a_new_key), when.ANSWERS_LOST, SOLD_TWICE
    ),
    "a delta is sent twice": Mutant(around(act, "_send", do.deltas_twice), when.LATE, SOLD_TWICE),
    "a write without answer counts as applied": Mutant(
        do.verdict("applied"), when.UNSURE, ("C3", "C4")
    ),
    "a write without answer counts as not applied": Mutant(
        do.verdict("not_applied"), when.UNSURE, ("C3", "C4")
    ),
    "a write without answer is judged at once": Mutant(
        do.no_patience, when.REQUESTS_LATE, ("C3", "C4")
    ),
    "what has to fall waits for an explanation": Mutant(
        without(event_pass.EventPasses, "_send", do.falls_are_not_sent_again), when.LATE, ("I6",)
    ),
    "what needs a closer look is forgotten": Mutant(
        without(event_pass.EventPasses, "_mark_rest", do.nothing), when.AWAY, LEFT_WRONG
    ),
}

NEWS: Final[Mapping[str, Mutant]] = {
    "an order counts with all its earlier states": Mutant(
        without(MemoryOrders, "_replace_older", do.every_state_counts),
        when.REFUNDS_SELDOM,
        LEFT_WRONG,
    ),
    "orders do not concern the other stores": Mutant(
        without(MemoryOrders, "record_order_lines", do.without_marks), when.SELDOM, LEFT_WRONG
    ),
    "orders are not polled": Mutant(
        without(store_hearing.StoreEar, "_poll", do.nothing), when.DEAF, LEFT_WRONG
    ),
    "polls do not overlap": Mutant(do.no_overlap, when.OVERTAKEN_LISTS, LEFT_WRONG),
    "late events are not looked for": Mutant(
        without(hearing.ErpEar, "_low_id", lambda self, now, highest: highest),
        when.EVENTS_LATE,
        LEFT_WRONG,
    ),
    "events count as heard before they are marked": Mutant(
        without(hearing.ErpEar, "_record", do.heard_before_marked), when.CRASHING, LEFT_WRONG
    ),
    "events without a SKU are passed over": Mutant(
        around(hearing.ErpEar, "_marks_of", do.only_with_a_sku), when.HOLDING, LEFT_WRONG
    ),
    "work counts as done before it is done": Mutant(
        without(event_pass.EventPasses, "run", do.done_before_it_is_done),
        when.CRASHING,
        LEFT_WRONG,
    ),
    "a mark made meanwhile is cleared as well": Mutant(
        without(MemoryDirtyList, "clear", do.whatever_was_marked_since),
        when.COLLIDING,
        LEFT_WRONG,
    ),
    "ends of holds are not remembered": Mutant(
        without(event_pass.EventPasses, "_set_clocks", do.nothing), when.HOLDS_EXPIRE, LEFT_WRONG
    ),
    "a hold never ends": Mutant(
        without(offers, "is_open", lambda *_: True), when.HOLDS_EXPIRE, LEFT_WRONG
    ),
    "a reservation takes nothing": Mutant(
        without(reservations, "_save", do.reservation_without_order), when.RESERVING, ("S9",)
    ),
}

MUTANTS: Final = {**VALUES, **WRITES, **NEWS}
