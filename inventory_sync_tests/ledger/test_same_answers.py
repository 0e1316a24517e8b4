"""Whatever is done to both ledgers, in PostgreSQL and in memory, they tell the same afterwards.

What holds for one of them is so known to hold for the other: the simulation's findings count.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory_sync.domain.dirty import LANES, Clock, DirtySku, Lane, Mark
from inventory_sync.domain.errors import WriteInFlight
from inventory_sync.domain.extract import ErpEvent
from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import Applied, Decided, LevelKey, Refusal, Refused
from inventory_sync.flow.ledger_port import Ledger
from inventory_sync.ledger import Ledger as PostgresLedger
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync_tests.ledger.samples import (
    CLOCK,
    HELD,
    LAX,
    NOON,
    NYC,
    PASS,
    SKUS,
    TABLE,
    call,
    hint,
    levels,
    line,
    minutes,
    wipe,
)

STORES = ["b2b-us", "b2c-eu"]
NAMES = ["OAK-TABLE", "RETRO-CLOCK", "WALL-LAMP"]
ITEMS = [CLOCK.inventory_item_id, TABLE.inventory_item_id]
CODES = ["CHANGE_FROM_QUANTITY_STALE", "INVALID_LOCATION"]
LATE = minutes(10_000)


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

    def receive(self, hints: list[Any], minute: int) -> object:
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


def everything(ledger: Ledger) -> dict[str, object]:
    """All that a ledger tells, in a form that can be compared."""
    told: dict[str, object] = {
        "dirty": rows_of(ledger.dirty().drop(columns="generation")),
        "due": [ledger.next_due(lane) for lane in LANES],
        "heard": [(ledger.heard_until(lane), ledger.heard_since(lane, NOON)) for lane in LANES],
        "documents": [ledger.skus_of_document(document) for document in ("SO-1", "SO-2")],
        "inbox": [entry.hint for entry in ledger.inbox(STORES, limit=100)],
        "clock": ledger.next_clock(),
        "reservations": ledger.reservations(),
        "held": ledger.reservations(held_only=True),
        "orders": [ledger.order_ids_of([sku]) for sku in NAMES],
        "known": [ledger.known([sku], stale_since=minutes(3)) for sku in NAMES],
        "known_together": ledger.known(NAMES, stale_since=minutes(5)),
        "order_lines": rows_of(ledger.order_lines()),
        "counts": ledger.last_good_counts(),
        "states": rows_of(ledger.store_states()[["store", "status", "reason", "since"]]),
    }
    for store in STORES:
        told |= {
            f"taken {store}": rows_of(ledger.taken_units(store)),
            f"taken of an item {store}": rows_of(ledger.taken_units(store, ITEMS[:1])),
            f"published {store}": rows_of(ledger.publications(store)),
            f"published of an item {store}": rows_of(ledger.publications(store, ITEMS[:1])),
            f"open {store}": rows_of(ledger.open_intents(store)),
            f"as of {store}": ledger.published_as_of(store),
            f"cursor {store}": ledger.order_cursor(store),
        }
    return told


def rows_of(frame: pd.DataFrame) -> object:
    """The rows of a frame in whatever order, and the types of its columns."""
    plain = frame.astype("object").where(frame.notna(), None)
    types = frame.dtypes.astype(str).to_dict()
    return types, sorted(plain.to_numpy().tolist(), key=repr)


def step(what: str, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    """A step with drawn arguments."""
    return st.builds(Step, st.just(what), st.fixed_dictionaries(arguments))


MINUTE = st.integers(0, 9)
STORE, SKU, LANE = st.sampled_from(STORES), st.sampled_from(NAMES), st.sampled_from(LANES[:2])
CALL = st.sampled_from(["key-1", "key-2"])
LEVEL = st.sampled_from([CLOCK, TABLE])
AT = MINUTE.map(minutes)
VERSION = st.integers(0, 3)
VERSIONS = st.dictionaries(LEVEL, VERSION, min_size=1)
DECIDED = st.builds(Decided, st.integers(0, 3), VERSION, st.just({"atp": 1}))
HINTS = st.lists(
    st.builds(
        lambda number, **changes: hint(number, digest=f"sha256-{number}", **changes),
        st.integers(1, 4),
        store=STORE,
        webhook_id=st.sampled_from(["delivery-1", "delivery-2", "delivery-3", "delivery-4"]),
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
        inventory_item_id=st.none() | st.sampled_from(ITEMS),
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
    Refused, st.dictionaries(st.integers(0, 1), st.builds(Refusal, st.sampled_from(CODES), SKU))
)
STEPS = st.one_of(
    step("mark", lane=LANE, marks=st.lists(st.builds(Mark, SKU, AT, AT, SKU), max_size=3)),
    step("take", lanes=st.lists(LANE), minute=MINUTE, limit=st.integers(1, 3)),
    step("clear"),
    step("hear", lane=LANE, events=EVENTS, minute=MINUTE, restart=st.none() | st.integers(0, 5)),
    step("receive", hints=HINTS, minute=st.sampled_from([0, 59, 61, 200])),
    step("finish", stores=st.lists(STORE), count=st.integers(1, 2)),
    step(
        "set_clocks",
        skus=st.none() | st.lists(SKU),
        clocks=st.lists(st.builds(Clock, st.sampled_from(["H-1", "H-2"]), SKU, AT), max_size=2),
        minute=MINUTE,
    ),
    step("ring_clocks", minute=MINUTE),
    step(
        "reserve",
        number=st.integers(1, 2),
        state=st.sampled_from(["held", "confirmed", "released"]),
        units=st.integers(1, 3),
    ),
    step("record_order_lines", store=STORE, lines=LINES, minute=MINUTE),
    step("rename_item", store=STORE, item=st.sampled_from(ITEMS), sku=SKU),
    step("advance", store=STORE, minute=MINUTE),
    step(
        "prepare",
        store=STORE,
        key=CALL,
        decided=st.dictionaries(LEVEL, DECIDED, min_size=1),
        minute=MINUTE,
    ),
    step("settle", store=STORE, key=CALL, outcome=OUTCOME, minute=MINUTE),
    step(
        "settle_key",
        store=STORE,
        key=LEVEL,
        status=st.sampled_from(["applied", "not_applied"]),
        minute=MINUTE,
    ),
    step("stamp", store=STORE, versions=VERSIONS, minute=MINUTE),
    step("adopt", store=STORE, versions=VERSIONS, minute=MINUTE),
    step("observe", store=STORE, units=VERSIONS, minute=MINUTE),
    step("doubt", scope=STORE, skus=st.sets(SKU)),
    step("set_state", store=STORE, status=st.sampled_from(["ok", "stopped"]), minute=MINUTE),
    step("run_pass", number=MINUTE, status=st.sampled_from(["done", "failed"]), rows=MINUTE),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEPS, max_size=30))
def test_both_ledgers_answer_the_same(shared_ledger: PostgresLedger, steps: list[Step]) -> None:
    wipe(shared_ledger)
    one, other = Player(shared_ledger), Player(MemoryLedger())

    answers = [(taken.play(one), taken.play(other)) for taken in steps]

    assert [first for first, _ in answers] == [second for _, second in answers]
    assert everything(one.ledger) == everything(other.ledger)
