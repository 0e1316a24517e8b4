"""The product as it runs: the lanes in one process, runs beside them, restarts after crashes.

Put here who runs what and when, as the daemon would. What is run is the product's own code.
"""

import random
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, cast

from inventory_sync.domain.dirty import FAST_LANES, LANES, Lane
from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.domain.evidence import Limits
from inventory_sync.domain.extract import EVERYTHING
from inventory_sync.domain.guards import GuardLimits
from inventory_sync.flow.careful_pass import careful_pass
from inventory_sync.flow.event_report import EventReport, StoreOutcome
from inventory_sync.flow.full_pass import full_pass, serve_everything
from inventory_sync.flow.lane import Handover, LaneWorker, serve_dirty
from inventory_sync.flow.ledger_port import Ledger
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.ports import ErpSource, Storefront
from inventory_sync.flow.publish import Wishes
from inventory_sync.flow.reconciling import reconcile
from inventory_sync.simulation.outside import Onlooker, Outside
from inventory_sync.simulation.process import Crash, OneThread, Process, Watched
from inventory_sync.simulation.road import Client

POLL_SECONDS: Final = 30.0
CODE_SERVER: Final = "code server"

DEEPEST: Final = 3
"""So many lanes and runs come between each other's steps at once."""

SECONDS_PER_STEP: Final[Mapping[str, float]] = {
    "extract": 0.004,
    "snapshot": 0.02,
    "send": 0.15,
    "order_lines": 0.1,
    "orders_of": 0.08,
    "levels": 0.1,
    "levels_of": 0.08,
    "export": 30.0,
}
"""One way of a call over the border; where nothing is said, 2 ms."""


@dataclass
class Schedule:
    """When each lane works again, and what is under way."""

    wake_at: dict[Lane, float] = field(default_factory=dict)
    depth: int = 0
    run_is_due: bool = False
    running: bool = False


class Product:
    """The processes of the product. ``passes`` counts event passes."""

    def __init__(self, outside: Outside, rng: random.Random) -> None:
        self._outside, self._rng = outside, rng
        self._schedule = Schedule()
        self._ids = count(1)
        self._bells = ExitStack()
        self._hurry_up: dict[Lane, Callable[[], None]] = {}
        self.passes = 0

    def start(self) -> None:
        """Bring the first shops up to date, and begin to listen."""
        ledger, erp = self._outside.ledger, self._outside.erp
        self._bells.enter_context(ledger.on_work((*LANES, "inbox"), self._ring))
        self._bells.enter_context(erp.on_event(lambda _: self._ring()))
        self.sync()
        self._open()

    # --- processes ---

    def parts(self, process: Process) -> Parts:
        """The product's adapters as one process reaches them."""
        outside, clock = self._outside, self._outside.clock
        seen = Onlooker(outside, reads_stores=process.name != CODE_SERVER).seen

        def seconds(name: str) -> float:
            return SECONDS_PER_STEP.get(name, 0.002) * self._rng.uniform(0.5, 2.0)

        def watched(thing: object) -> Any:
            return Watched(thing, process, seconds, seen)

        return Parts(
            erp=cast(ErpSource, watched(outside.erp)),
            ledger=cast(Ledger, watched(outside.ledger)),
            storefronts={
                store: cast(Storefront, Client(road, process, seconds, clock))
                for store, road in outside.roads.items()
            },
            policies=outside.policies,
            limits=GuardLimits(),
            now=clock.now,
            sleep=lambda wanted: process.step("asleep", wanted),
            new_id=lambda: f"id-{next(self._ids)}",
            code_version="simulation",
            threads=OneThread,
        )

    def _process(self, name: str) -> Process:
        return Process(name, self._outside.clock, self._outside.faults)

    def _open(self) -> None:
        """Start the code server: each lane with everything warm."""
        process = self._process(CODE_SERVER)
        for name in FAST_LANES:
            parts = self.parts(process)
            worker = LaneWorker(parts, name, poll_seconds=POLL_SECONDS)
            self._wake(name, worker, process, self._rng.uniform(0.0, 5.0))

    def _restart(self) -> None:
        self._outside.happened("the code server crashed")
        self._outside.clock.after(self._rng.uniform(0.5, 12.0), self._open)

    # --- lanes ---

    def _ring(self) -> None:
        for hurry in tuple(self._hurry_up.values()):
            hurry()

    def _wake(self, name: Lane, worker: LaneWorker, process: Process, seconds: float) -> None:
        """Let a lane have its turn after so many seconds, unless it has one earlier."""
        clock, schedule = self._outside.clock, self._schedule
        at = clock.seconds + seconds
        schedule.wake_at[name] = at
        self._hurry_up[name] = lambda: self._hurry(name, worker, process)

        def turn() -> None:
            if process.alive and schedule.wake_at.get(name) == at:
                self._turn(name, worker, process)

        clock.at(at, turn, polls=True)

    def _hurry(self, name: Lane, worker: LaneWorker, process: Process) -> None:
        soon = self._rng.uniform(0.001, 0.03)
        if self._schedule.wake_at.get(name, 0.0) > self._outside.clock.seconds + soon:
            self._wake(name, worker, process, soon)

    def _turn(self, name: Lane, worker: LaneWorker, process: Process) -> None:
        seconds = self._rng.uniform(0.2, 0.5)
        if self._schedule.depth < DEEPEST:
            self._schedule.depth += 1
            try:
                seconds = self._work(name, worker)
            except Crash:
                if not process.alive:
                    self._restart()
                    return
                raise
            except InventorySyncError as error:
                self._outside.happened(f"{name} failed: {error}")
                seconds = 5.0
            finally:
                self._schedule.depth -= 1
        if process.alive:
            self._wake(name, worker, process, max(seconds, self._nap_seconds()))

    def _nap_seconds(self) -> float:
        """How long no poll could find anything: lanes poll again shortly before that is over."""
        quiet = self._outside.quiet
        if not quiet():
            return 0.0
        return quiet.until() - self._outside.clock.seconds - self._rng.uniform(0.0, POLL_SECONDS)

    def _work(self, name: Lane, worker: LaneWorker) -> float:
        """One turn; returns after how many seconds the next one is due."""
        outside = self._outside
        with outside.ledger.lane_lock(name, patience_seconds=0.0) as is_mine:
            if not is_mine:
                return 0.5
            turn = worker.turn(lambda report: self._report(name, report))
        if isinstance(turn, Handover):
            worker.asked()
            self._launch(turn.reason)
            return self._rng.uniform(1.0, 5.0)
        if turn is None:
            return POLL_SECONDS
        return max(0.001, outside.clock.seconds_of(turn) - outside.clock.seconds)

    def _report(self, name: Lane, report: EventReport) -> None:
        self.passes += 1
        for store, outcome in report.stores.items():
            sent = outcome.sent
            for row in report.waterfalls.get(store, ()):
                if row["quantity_units"] < row["expected_units"]:
                    self._lowered(store, row, outcome)
            if sent.applied or sent.refused or sent.unknown or outcome.repair:
                self._outside.happened(
                    f"{name} {report.pass_id} {store}: applied {len(sent.applied)}, refused "
                    f"{[why.code for why in sent.refused.values()]}, unknown {len(sent.unknown)}, "
                    f"repair {outcome.repair}"
                )

    def _lowered(self, store: str, row: Mapping[str, Any], outcome: StoreOutcome) -> None:
        gid = self._outside.checks.shops[store].keys[row["sku"], row["store_location_id"]]
        refused = outcome.sent.refused.get(gid)
        if refused and gid not in outcome.sent.applied and gid not in outcome.sent.unknown:
            self._outside.checks.lowered(store, row["sku"], refused.code)

    # --- runs ---

    def _launch(self, reason: str) -> None:
        """A run starts some seconds after it was asked for; several requests are one run."""
        if not self._schedule.run_is_due:
            self._schedule.run_is_due = True
            self._outside.clock.after(self._rng.uniform(2.0, 6.0), self._run)

    def _run(self) -> None:
        """What the job ``event_sync`` does."""
        self._schedule.run_is_due = False
        self._alone("event_sync", self._serve_dirty)

    def _serve_dirty(self, parts: Parts) -> None:
        careful = serve_dirty(parts, mode="sensor", report=lambda r: self._report("repair", r))
        if any(item.sku == EVERYTHING for item in careful):
            serve_everything(parts, careful)
        elif careful:
            self._outside.happened(f"careful pass over {[(c.sku, c.reason) for c in careful]}")
            careful_pass(parts, careful)

    def sync(self, wishes: Wishes | None = None) -> None:
        """What the job ``full_sync`` does."""

        def full(parts: Parts) -> None:
            report = full_pass(parts, wishes or Wishes())
            sent = {store: one.counts for store, one in report.stores.items()}
            self._outside.happened(f"full pass: {sent}, failures {report.failures}")

        self._alone("full_sync", full)

    def reconcile(self) -> None:
        """What the job ``reconcile`` does; nothing that it finds is repaired."""

        def judge(parts: Parts) -> None:
            found = reconcile(parts, repair=False, limits=Limits())
            self._outside.happened(f"reconcile: failures {found.failures}")
            self._outside.checks.judged(found.verdicts)

        self._alone("reconcile", judge)

    def call(self, name: str, work: Callable[[Parts], None]) -> None:
        """A command that a person runs, in a process of its own."""
        process = self._process(name)
        self._schedule.depth += 1
        try:
            work(self.parts(process))
        except Crash:
            if process.alive:
                raise
            self._outside.happened(f"{name} crashed")
        except InventorySyncError as error:
            self._outside.happened(f"{name} failed: {error}")
        finally:
            self._schedule.depth -= 1

    def _alone(self, name: str, work: Callable[[Parts], None]) -> None:
        """Runs wait for each other."""
        if self._schedule.running or self._schedule.depth >= DEEPEST:
            self._outside.clock.after(self._rng.uniform(1.0, 3.0), lambda: self._alone(name, work))
            return
        self._schedule.running = True
        try:
            self.call(name, work)
        finally:
            self._schedule.running = False

    def close(self) -> None:
        """End listening."""
        self._bells.close()
