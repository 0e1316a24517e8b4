"""How a protection of the product is switched off, for as long as a test needs.

Put a stand-in here that does the same without its protection. Each takes away exactly one thing;
what it is called is what is missing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from inventory_sync.domain import decision
from inventory_sync.domain.dirty import DirtySku
from inventory_sync.domain.extract import HOLD_KINDS, ErpEvent
from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import (
    Applied,
    LevelKey,
    SetQuantities,
    Unknown,
    level_keys,
)
from inventory_sync.domain.units import SCALE
from inventory_sync.flow import event_pass, gather
from inventory_sync.flow.act import act
from inventory_sync.simulation.memory.dirty import MemoryDirtyList
from inventory_sync.simulation.memory.levels import MemoryLevels
from inventory_sync.simulation.memory.orders import MemoryOrders, newest_states
from inventory_sync.simulation.sim_shop import SimShop

Off = Callable[[], AbstractContextManager[Any]]


def without(owner: Any, name: str, stand_in: Any) -> Off:
    """Something else in the place of an attribute."""
    return lambda: patch.object(owner, name, stand_in)


def around(owner: Any, name: str, change: Callable[..., Any]) -> Off:
    """``change`` is called with the original in front of its arguments."""
    original = getattr(owner, name)

    def changed(*arguments: Any, **named: Any) -> Any:
        return change(original, *arguments, **named)

    return lambda: patch.object(owner, name, changed)


def never(*_: Any, **__: Any) -> bool:
    return False


def nothing(*_: Any, **__: Any) -> None:
    return None


# --- writing ---


def expected_is_what_is_shown(send: Any, parts: Any, plan: Any, sent: Any, batch: Any) -> Any:
    """Protocol P2: the expected quantity is read again, which launders the unknown order."""
    shown = {
        change.key: next(
            iter(
                parts.storefronts[plan.store].levels_of(
                    change.key.store_location_id, [change.key.inventory_item_id]
                )
            )
        ).available_units
        for change in batch.changes
    }
    changes = tuple(replace(each, expected_units=shown[each.key]) for each in batch.changes)
    return send(parts, plan, sent, replace(batch, changes=changes))


_EXECUTE = SimShop._execute


def without_comparing(self: Any, call: SetQuantities) -> Any:
    """Absolute quantities are set whatever is shown (P1)."""
    shown = [replace(each, expected_units=self.available(each.key)) for each in call.changes]
    return _EXECUTE(self, call if call.relative else replace(call, changes=tuple(shown)))


def again_with_a_new_key(send: Any, parts: Any, plan: Any, sent: Any, batch: Any) -> Any:
    """Protocol C5: what was not answered is sent once more."""
    batch, outcome = send(parts, plan, sent, batch)
    if isinstance(outcome, Unknown):
        item = batch.changes[0].key.inventory_item_id
        intents = parts.ledger.open_intents(plan.store)
        mine = intents.loc[intents["inventory_item_id"] == item, "idempotency_key"]
        if mine.empty:  # somebody has settled it meanwhile
            return batch, outcome
        key = str(mine.iloc[0])
        call = SetQuantities(parts.new_id(), "gid://again", batch.changes, batch.relative)
        outcome = past_the_checks(parts.storefronts[plan.store], call)
        if isinstance(outcome, Applied):
            parts.ledger.settle(plan.store, key, outcome, at=parts.now())
    return batch, outcome


def deltas_twice(send: Any, parts: Any, plan: Any, sent: Any, batch: Any) -> Any:
    """Protocol D4: a delta arrives more than once."""
    batch, outcome = send(parts, plan, sent, batch)
    if batch.relative and isinstance(outcome, Applied):
        call = SetQuantities(parts.new_id(), "gid://again", batch.changes, relative=True)
        past_the_checks(parts.storefronts[plan.store], call)
    return batch, outcome


def past_the_checks(storefront: Any, call: SetQuantities) -> Any:
    """Any second call has no intent, which is found at once: here the shop has to tell the harm."""
    return storefront._outside._front.set_quantities(call)


def falls_are_not_sent_again(self: Any, orders: Any) -> Any:
    return act(self._parts, orders)


def verdict(status: str) -> Off:
    """Whatever is shown, a write without an answer was applied, or was not."""

    def settle(original: Any, intents: pd.DataFrame, *read: Any, **named: Any) -> pd.DataFrame:
        return intents.assign(verdict=status)

    return around(gather, "settle_by_reading", settle)


@contextmanager
def no_patience() -> Iterator[None]:
    """A call that has no answer yet is taken for one that can no longer arrive."""
    with (
        patch.object(gather, "SETTLE_AFTER", timedelta(0)),
        patch.object(gather, "LATEST_ARRIVAL", timedelta(0)),
        patch.object(event_pass, "SETTLE_AFTER", timedelta(0)),
    ):
        yield


def all_are_stamped(
    self: Any, store: str, versions: Mapping[LevelKey, int], *, as_of: datetime
) -> set[LevelKey]:
    """Says so, and notes nothing."""
    return set(versions)


_ADOPT = MemoryLevels.adopt


def adopts_over_writes(
    self: Any, store: str, levels: pd.DataFrame, *, pass_id: str, at: datetime
) -> None:
    """What was shown is written down although somebody has written since."""
    newest = [self.published[store, key].version for key in level_keys(levels)]
    _ADOPT(self, store, levels.assign(version=newest), pass_id=pass_id, at=at)


# --- deciding ---


def no_line_is_in_flight(in_flight: Any, lines: Any, acknowledged: Any) -> Any:
    return in_flight(lines, acknowledged).iloc[:0]


def as_if_nothing_was_acknowledged(in_flight: Any, lines: Any, acknowledged: Any) -> Any:
    return in_flight(lines, {})


def only_what_the_buyer_wants(not_yet_known: Any, current: Any, taken: Any, *said: Any) -> Any:
    """Units that were refunded without restock count as if they were back."""
    return not_yet_known(current, current, *said)


def below_nothing(current: Any, taken: Any, known: Any, said: Any) -> Any:
    """Less is wanted than the ERP knows: the rest is given back before the ERP does so itself."""
    return np.where(known & (said == current), 0, np.maximum(current, taken) - said)


def below_zero(pools: Any, rules: Any) -> Any:
    return pools // SCALE


def own_store_alone(touched_by: Any, store: str, gid: str, stores: Any) -> Any:
    return [(at, place) for at, place in touched_by(store, gid, stores) if at == store]


def acknowledgements_of_the_asked_alone(self: Any, skus: Any) -> Any:
    """Whoever shares a kit with them is left out."""
    return self._parts.erp.extract(skus, self._parts.ledger.order_ids_of(skus))


_EXPLAIN = decision._explain


def less_is_believed(rows: pd.DataFrame, view: Any) -> pd.DataFrame:
    """What a store shows less than orders explain is no sign of an unknown order."""
    return _EXPLAIN(rows, view).assign(provisional_units=0)


def nameless_demand_is_forgotten(target: Any, rows: pd.DataFrame) -> pd.DataFrame:
    """Units that are missing lower the offer once, and are not carried in the base."""
    rows = target(rows)
    return rows.assign(taken_units=rows["taken_units"] - rows["provisional_units"])


# --- hearing ---


def acknowledgements_later(self: Any) -> None:
    """The ERP's stock and its acknowledgements are not one snapshot."""
    self._clock.sleep(20.0)


_REPLACE_OLDER = MemoryOrders._replace_older


def every_state_counts(
    self: Any, key: tuple[str, str], told: Sequence[OrderLine], read_at: datetime
) -> set[str]:
    """What an order was before counts beside what it is now."""
    before = self.orders.get(key)
    changed = _REPLACE_OLDER(self, key, told, read_at)
    if before is not None:
        then = [line for line in before.lines if not line.line_id.endswith("'")]
        again = [replace(line, line_id=line.line_id + "'") for line in then]
        lines = self.orders[key].lines + tuple(again)
        self.orders[key] = replace(self.orders[key], lines=lines)
    return changed


def told_last_wins(
    self: Any, key: tuple[str, str], told: Sequence[OrderLine], read_at: datetime
) -> set[str]:
    """An older state that is told later replaces a newer one."""
    self.orders.pop(key, None)
    return _REPLACE_OLDER(self, key, told, read_at)


def without_marks(
    self: Any, store: str, lines: Sequence[OrderLine], *, read_at: datetime
) -> set[str]:
    """Orders are written down, and no SKU is looked at again because of them."""
    for order_id, told in newest_states(lines).items():
        self._replace_older((store, order_id), told, read_at)
    return set()


def whatever_was_marked_since(self: MemoryDirtyList, done: Sequence[DirtySku]) -> None:
    for one in done:
        self._dirty.pop((one.lane, one.sku), None)


_RUN = event_pass.EventPasses.run


def done_before_it_is_done(self: Any, work: Sequence[DirtySku]) -> Any:
    self._parts.ledger.clear(work)
    return _RUN(self, work)


def heard_before_marked(self: Any, events: Sequence[ErpEvent], now: datetime) -> None:
    """Two steps instead of one: a crash between them forgets the event."""
    ledger = self._parts.ledger
    mine = [e for e in events if (e.kind in HOLD_KINDS) == (self._lane == "hold_events")]
    if mine:
        ledger.record_events(self._lane, mine, [], at=now)
    for event in mine:
        ledger.mark(self._lane, self._marks_of(event, self._skus_of(event), now))
    self._heard |= {event.event_id: now for event in events}
    self._highest = max(self._highest or 0, *(event.event_id for event in events))


def only_with_a_sku(marks_of: Any, self: Any, event: ErpEvent, *about: Any) -> Any:
    return marks_of(self, event, *about) if event.sku else []


def reservation_without_order(parts: Any, reservation: Any) -> Any:
    parts.ledger.save_reservations([reservation])
    return reservation


no_overlap = partial(patch.object, gather, "OVERLAP", timedelta(0))
