"""Steps that can be done to any ledger, and all that it tells afterwards.

Put a step here that ``test_same_answers.py`` draws. Keep out what is compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from inventory_sync.domain.dirty import LANES, Clock, DirtySku, Lane, Mark
from inventory_sync.domain.errors import WriteInFlight
from inventory_sync.domain.extract import ErpEvent
from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import Applied, Decided, LevelKey, Refused
from inventory_sync.domain.webhooks import Hint
from inventory_sync.flow.ledger_port import Ledger
from inventory_sync_tests.ledger.samples import (
    CLOCK,
    HELD,
    NOON,
    PASS,
    SKUS,
    TABLE,
    call,
    levels,
    minutes,
)

STORES = ["b2b-us", "b2c-eu"]
NAMES = ["OAK-TABLE", "RETRO-CLOCK", "WALL-LAMP"]
ITEMS = [CLOCK.inventory_item_id, TABLE.inventory_item_id]


@dataclass(frozen=True)
class Step:
    """Something that is done to a ledger; ``play`` gives what it answered."""

    what: str
    arguments: dict[str, Any]

    def play(self, player: "Player") -> object:
        """Do it."""
        return getattr(player, self.what)(**self.arguments)


class Player:
    """Does steps to one ledger; its methods are the steps."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.taken: list[DirtySku] = []

    def mark(self, lane: Lane, marks: list[Mark]) -> None:
        self.ledger.mark(lane, marks)

    def take(self, lanes: list[Lane], minute: int, limit: int) -> object:
        self.taken = self.ledger.take(lanes, due=minutes(minute), limit=limit)
        return [replace(row, generation=0) for row in self.taken]

    def clear(self) -> None:
        self.ledger.clear(self.taken)

    def hear(self, lane: Lane, events: list[ErpEvent], minute: int, restart: int | None) -> None:
        marks = [Mark(one.sku, NOON, NOON, one.kind) for one in events if one.sku]
        self.ledger.record_events(lane, events, marks, at=minutes(minute), restart_at=restart)

    def receive(self, hints: list[Hint], minute: int) -> object:
        return self.ledger.receive([replace(one, received_at=minutes(minute)) for one in hints])

    def finish(self, stores: list[str], count: int) -> object:
        entries = self.ledger.inbox(stores, limit=count)
        self.ledger.inbox_done([entry.inbox_id for entry in entries], at=minutes(5))
        return [entry.hint for entry in entries]

    def set_clocks(self, skus: list[str] | None, clocks: list[Clock], minute: int) -> None:
        self.ledger.set_clocks(skus, clocks, at=minutes(minute))

    def ring_clocks(self, minute: int) -> object:
        return self.ledger.ring_clocks(now=minutes(minute))

    def reserve(self, number: int, state: Any, units: int) -> None:
        changes = {"reservation_id": f"res-{number}", "state": state, "quantity_units": units}
        self.ledger.save_reservations([replace(HELD, **changes)])

    def record_order_lines(self, store: str, lines: list[OrderLine], minute: int) -> object:
        return self.ledger.record_order_lines(store, lines, read_at=minutes(minute))

    def rename_item(self, store: str, item: str, sku: str) -> None:
        self.ledger.rename_item(store, item, sku)

    def advance(self, store: str, minute: int) -> None:
        self.ledger.advance_order_cursor(store, minutes(minute))

    def prepare(
        self, store: str, key: str, decided: Mapping[LevelKey, Decided], minute: int
    ) -> object:
        facts: dict[str, Any] = {
            "decided": decided,
            "as_of": minutes(minute),
            "created_at": minutes(minute),
        }
        try:
            self.ledger.prepare(store, PASS, call(key, *decided, quantity=minute), **facts)
        except WriteInFlight as refused:
            return refused.keys
        return None

    def settle(self, store: str, key: str, outcome: Applied | Refused, minute: int) -> None:
        self.ledger.settle(store, key, outcome, at=minutes(minute))

    def settle_key(self, store: str, key: LevelKey, status: Any, minute: int) -> None:
        self.ledger.settle_key(store, key, status, at=minutes(minute), settled_by="read")

    def stamp(self, store: str, versions: Mapping[LevelKey, int], minute: int) -> object:
        return self.ledger.stamp(store, versions, as_of=minutes(minute))

    def adopt(self, store: str, versions: Mapping[LevelKey, int], minute: int) -> None:
        rows = [(key, SKUS[key], minute, 1, version) for key, version in versions.items()]
        columns = ("sku", "quantity_units", "taken_units", "version")
        found = levels(*rows, columns=columns)
        self.ledger.adopt(store, found, pass_id=f"pass-{minute}", at=minutes(minute))

    def observe(self, store: str, units: Mapping[LevelKey, int], minute: int) -> None:
        found = levels(*units.items(), columns=("observed_units",))
        self.ledger.record_observed(store, found, at=minutes(minute))

    def doubt(self, scope: str, skus: set[str]) -> None:
        self.ledger.record_doubts(scope, skus, pass_id=PASS)

    def set_state(self, store: str, status: Any, minute: int) -> None:
        self.ledger.set_store_state(store, status, at=minutes(minute), pass_id=PASS, reason="why")

    def run_pass(self, number: int, status: Any, rows: int) -> None:
        pass_id, at = f"pass-{number}", minutes(number)
        self.ledger.begin_pass(pass_id, "full", started_at=at, code_version="1")
        self.ledger.record_snapshot(pass_id, {"stock": rows}, taken_at=at)
        self.ledger.finish_pass(pass_id, status=status, finished_at=at, counts={})


def told_of_dirty_skus(ledger: Ledger) -> object:
    """What lanes see of dirty SKUs, events and clocks."""
    return (
        rows_of(ledger.dirty().drop(columns="generation")),
        ledger.next_due(LANES),
        [(ledger.heard_until(lane), ledger.heard_since(lane, NOON)) for lane in LANES],
        [ledger.skus_of_document(document) for document in ("SO-1", "SO-2")],
        ledger.next_clock(),
    )


def told_of_deliveries(ledger: Ledger) -> object:
    """What lanes see of the inbox and of reservations."""
    return (
        [entry.hint for entry in ledger.inbox(STORES, limit=100)],
        ledger.reservations(),
        ledger.reservations(held_only=True),
    )


def told_of_orders(ledger: Ledger) -> object:
    """What passes see of order lines."""
    return (
        rows_of(ledger.order_lines()),
        [rows_of(ledger.taken_units(STORES[0], items)) for items in (None, ITEMS[:1])],
        [ledger.order_cursor(store) for store in STORES],
        [ledger.order_ids_of([sku]) for sku in NAMES],
        ledger.known(NAMES[:2], stale_since=NOON),
        rows_of(ledger.dirty().drop(columns="generation")),
    )


def told_of_levels(ledger: Ledger) -> object:
    """What passes see of levels and writes."""
    return (
        [rows_of(ledger.publications(STORES[0], items)) for items in (None, ITEMS[:1])],
        [rows_of(ledger.open_intents(store)) for store in STORES],
        [ledger.known([sku], stale_since=minutes(5)) for sku in NAMES],
    )


def told_of_full_passes(ledger: Ledger) -> object:
    """What passes see of those before them."""
    states = ledger.store_states()[["store", "status", "reason", "way_out", "since"]]
    return (
        rows_of(states),
        ledger.last_good_counts(),
        [ledger.published_as_of(store) for store in STORES],
        ledger.known(NAMES, stale_since=NOON),
    )


def rows_of(frame: pd.DataFrame) -> object:
    """The rows of a frame in whatever order, and the types of its columns."""
    plain = frame.astype("object").where(frame.notna(), None)
    types = frame.dtypes.astype(str).to_dict()
    return types, sorted(plain.to_numpy().tolist(), key=repr)
