"""The lanes over the small company of ``world.py``: events happen, lanes take a turn, time passes.

Put here how tests of event passes drive the flow. What is asserted belongs into the tests.
"""

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from inventory_sync.domain.dirty import FAST_LANES, DirtySku, Lane
from inventory_sync.domain.extract import EVERYTHING, ErpEvent
from inventory_sync.domain.publication import LevelKey
from inventory_sync.domain.webhooks import TOPICS, Hint
from inventory_sync.flow.careful_pass import CarefulReport, careful_pass
from inventory_sync.flow.event_pass import EventPasses
from inventory_sync.flow.event_report import EventReport
from inventory_sync.flow.full_pass import full_pass, serve_everything
from inventory_sync.flow.lane import EventMode, Handover, LaneWorker, serve_dirty
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.publish import Wishes
from inventory_sync_tests.erp.rows import commitment, product
from inventory_sync_tests.flow.world import World

SET = "DINING-SET"
TABLES_PER_SET, CLOCKS_PER_SET = 1, 2


@dataclass
class Lanes:
    """The three lanes, each of which works one turn when it is told to; the clock is the world's.

    ``restart`` forgets everything that a process keeps: what is left stands in the ledger.
    """

    world: World
    mode: EventMode = "sensor"
    reports: list[EventReport] = field(default_factory=list)
    careful: list[CarefulReport] = field(default_factory=list)
    _ids: count = field(default_factory=lambda: count(1))
    _hints: count = field(default_factory=lambda: count(1))
    _stack: ExitStack = field(default_factory=ExitStack)
    _workers: dict[Lane, LaneWorker] = field(default_factory=dict)

    @property
    def parts(self) -> Parts:
        return self.world.parts

    def restart(self) -> None:
        self._stack.close()
        parts = self.parts
        self._workers = {
            name: self._stack.enter_context(
                LaneWorker(parts, name, poll_seconds=1, mode=self.mode).listening()
            )
            for name in FAST_LANES
        }

    def close(self) -> None:
        self._stack.close()

    # --- what happens ---

    def event(
        self,
        sku: str | None = "OAK-TABLE",
        kind: str = "stock_changed",
        *,
        document: str | None = None,
        event_id: int | None = None,
    ) -> ErpEvent:
        """The ERP writes an event down."""
        number = next(self._ids) if event_id is None else event_id
        event = ErpEvent(number, self.world.now, kind, sku, "NYC", document)
        self.world.erp.happened.append(event)
        return event

    def hint(self, store: str, topic: str, *ids: str, told_units: int | None = None) -> None:
        """A webhook arrives."""
        number = next(self._hints)
        self.world.ledger.receive(
            [
                Hint(
                    store=store,
                    topic=topic,
                    subject=TOPICS[topic],
                    webhook_id=f"webhook-{number}",
                    event_id=None,
                    digest=f"digest-{number}",
                    ids=ids,
                    triggered_at=self.world.now,
                    received_at=self.world.now,
                    told_units=told_units,
                )
            ]
        )

    def commit(self, *rows: dict) -> None:
        """These are the commitments of the ERP from now on."""
        self.world.erp.rows = {**self.world.erp.rows, "commitments": list(rows)}

    def later(self, seconds: float) -> None:
        """Time passes, for us, the ERP and the stores."""
        step = timedelta(seconds=seconds)
        self.world.now += step
        self.world.erp.taken_at += step
        for front in self.world.stores.values():
            front.now = max(front.now, self.world.now)

    # --- what is done about it ---

    def turn(self, name: Lane = "order_events") -> Handover | None:
        """A lane hears, serves what is due, and stops."""
        worker = self._workers[name]
        with worker.alone() as is_mine:
            turn = worker.turn(self.reports.append) if is_mine else None
        if not isinstance(turn, Handover):
            return None
        worker.asked()
        return turn

    def turns(self) -> None:
        """Every lane takes a turn; what needs a run is left on the list."""
        for name in FAST_LANES:
            self.turn(name)

    def run_job(self) -> None:
        """What the job ``event_sync`` does."""
        parts = self.parts
        left = serve_dirty(parts, mode=self.mode, report=self.reports.append)
        if any(item.sku == EVERYTHING for item in left):
            serve_everything(parts, left)
        elif left:
            self.careful.append(careful_pass(parts, left))

    def until_quiet(self, rounds: int = 40) -> None:
        """Turns and runs until nothing is on the list; time passes in between, as it is needed."""
        for _ in range(rounds):
            handovers = [self.turn(name) for name in FAST_LANES]
            if any(handovers):
                self.run_job()
            left = self.world.ledger.dirty()
            if left.empty:
                return
            due_in = (left["due_at"].min() - self.world.now).total_seconds()
            self.later(max(1.0, due_in))
        raise AssertionError(f"still dirty: {self.world.ledger.dirty().to_dict('records')}")

    # --- what can be asked ---

    def dirty(self, lane: Lane | None = None) -> dict[str, str]:
        """SKU -> why it is on the list, of all lanes or of one."""
        rows = self.world.ledger.dirty()
        mine = rows if lane is None else rows[rows["lane"] == lane]
        return dict(zip(mine["sku"], mine["reason"], strict=True))

    def shown(self, sku: str = "OAK-TABLE") -> list[int]:
        """What the two stores show."""
        return [self.world.shown(store, sku) for store in ("b2b", "b2c")]

    def quiet(self) -> bool:
        """Whether a careful full pass finds nothing to write and nothing to report."""
        report = full_pass(self.parts, Wishes())
        return all(
            not store.counts["to_write"] and not store.counts["findings"]
            for store in report.stores.values()
        )


def work_on(world: World, *skus: str, lane: Lane = "order_events") -> list[DirtySku]:
    """SKUs as a lane takes them from the list."""
    return [DirtySku(lane, sku, 0, world.now, world.now, "stock_changed", 1) for sku in skus]


def event_pass(world: World, *skus: str) -> EventReport:
    """One event pass of a process that was just started."""
    passes = EventPasses(world.parts)
    try:
        return passes.run(work_on(world, *(skus or ("OAK-TABLE",))))
    finally:
        passes.close()


def add_kit(world: World) -> None:
    """A dining set of one table and two clocks, sold in both stores."""
    world.erp.rows = {
        **world.erp.rows,
        "products": [*world.erp.rows["products"], product(SET)],
        "components": [
            {"kit_sku": SET, "component_sku": sku, "quantity": str(units)}
            for sku, units in (("OAK-TABLE", TABLES_PER_SET), ("RETRO-CLOCK", CLOCKS_PER_SET))
        ],
    }
    for front in world.stores.values():
        front.add_level(front.add_item(SET), front.locations[0].store_location_id, 0)


def sales_order(units: str, sku: str = "OAK-TABLE", **changes: str | None) -> dict:
    """An open commitment of an order that somebody placed in the ERP."""
    values = {"sku": sku, "quantity": units, "kind": "order", "expires_at": None}
    return dict(commitment(f"SO-{sku}", **(values | changes)))


def watch_reading(world: World) -> list[str]:
    """From now on, the list holds what is read of the stores."""
    seen: list[str] = []

    def watched(front: object, name: str) -> None:
        really = getattr(front, name)

        def read(*arguments: object) -> object:
            seen.append(name)
            return really(*arguments)

        setattr(front, name, read)

    for front in world.stores.values():
        for name in ("facts", "catalog", "levels", "levels_of", "order_lines", "orders_of"):
            watched(front, name)
    return seen


def level_id(key: LevelKey) -> str:
    """A level as a webhook names it."""
    return f"{key.inventory_item_id}@{key.store_location_id}"
