"""PostgreSQL is stopped hard, again and again, while lanes work: what was acknowledged stays.

The server of the ledger is one of its own. The ERP's is another one, so that each of its commits
counts; what a store sells is told by hints, which count once the ledger has taken them.
"""

import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy import create_engine

from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.domain.webhooks import Hint
from inventory_sync.flow import event_pass, gather
from inventory_sync.flow.careful_pass import careful_pass
from inventory_sync.flow.event_report import EventReport
from inventory_sync.flow.full_pass import full_pass
from inventory_sync.flow.lane import LaneWorker, serve_dirty
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.publish import Wishes
from inventory_sync.flow.shift import Shift
from inventory_sync.ledger import connect, embedded
from inventory_sync.ledger.errors import LedgerUnavailable
from inventory_sync.sandbox.company.acme import Acme
from inventory_sync.sandbox.standin import Wanted, place_order
from inventory_sync.settings import load_settings
from inventory_sync.wiring import DATABASE, Databases, open_parts
from inventory_sync_tests.crash.besides import besides
from inventory_sync_tests.crash.books import (
    ALL_CRASHES,
    accepted,
    assert_nothing_is_left,
    is_quiet,
)
from inventory_sync_tests.endtoend.stage import Stage, acme_stage
from inventory_sync_tests.endtoend.workshop import await_that

STOPS = 20 if ALL_CRASHES else 5
"""``make crash`` stops the server more often."""
CLOCKS = ("RETRO-CLOCK-RED", "RETRO-CLOCK-BLUE")
SOONER = timedelta(seconds=3)  # the stand-in is near: no call is under way for so long


pytestmark = pytest.mark.xdist_group("crash")


@dataclass
class Lanes:
    """The lanes at work as in a code server: whatever fails, the next tick begins with nothing."""

    stage: Stage
    reports: list[EventReport] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def await_work(self) -> None:
        """Return when a pass has ended that had not when this was called."""
        passes = len(self.reports)
        await_that(lambda: len(self.reports) > passes, "the lanes work")

    @contextmanager
    def at_work(self) -> Iterator["Lanes"]:
        with besides(self._work, self._over):
            yield self

    def _work(self) -> None:
        settings = load_settings(self.stage.settings_file)
        databases = Databases(self.stage.folder / "unused", self.stage.ledger_url)
        while not self._over.is_set():
            try:
                with open_parts(settings, databases) as parts:
                    self._visit(parts)
            except InventorySyncError as failure:
                self.failures.append(failure)
                self._over.wait(0.2)

    def _visit(self, parts: Parts) -> None:
        with ExitStack() as stack:
            shifts = []
            for name in ("order_events", "store_orders"):
                worker = LaneWorker(parts, name, poll_seconds=0.5)
                stack.enter_context(worker.listening())
                shifts.append(Shift(worker, self.reports.append, parts.now))
                stack.callback(shifts[-1].stop)
            while not self._over.is_set():
                if any([shift.visit(timedelta(milliseconds=30)) for shift in shifts]):
                    left = serve_dirty(parts, mode="sensor", report=self.reports.append)
                    if left:
                        careful_pass(parts, left)


@dataclass
class Street:
    """What happens to the company meanwhile. ``acknowledged``: deliveries that we have answered."""

    stage: Stage
    rng: random.Random
    acknowledged: list[str] = field(default_factory=list)
    refused: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def busy(self) -> Iterator["Street"]:
        with besides(self._be_busy, self._over):
            yield self

    def _be_busy(self) -> None:
        engine = create_engine(self.stage.erp_url)
        acme, ledger = Acme(engine), connect(self.stage.ledger_url)
        while not self._over.wait(self.rng.uniform(0, 0.1)):
            clock = self.rng.choice(CLOCKS)
            if self.rng.random() < 0.8:
                acme.adjust_stock(clock, "EWR", self.rng.choice((-3, -2, 2, 3, 4)))
                continue
            order = place_order(self.stage.shops["b2c-us"], [Wanted(clock, 1, 2001)])
            while True:  # as Shopify does, until it is answered
                try:
                    ledger.receive([_told(order.gid)])
                    self.acknowledged.append(order.gid)
                    break
                except LedgerUnavailable:
                    self.refused += 1
                    threading.Event().wait(0.2)
        ledger.close()
        engine.dispose()


def _told(order_id: str) -> Hint:
    now = datetime.now(UTC)
    return Hint(
        store="b2c-us",
        topic="orders/create",
        subject="order",
        webhook_id=order_id,
        event_id=order_id,
        digest=order_id,
        ids=(order_id,),
        triggered_at=now,
        received_at=now,
    )


@dataclass
class Server:
    """The ledger's PostgreSQL."""

    home: Path
    url: str

    def stop_hard(self, how: signal.Signals) -> None:
        """No checkpoint, no goodbye: at once (SIGQUIT), or without even knowing it (SIGKILL)."""
        pid = int((self.home / "postgres" / "postmaster.pid").read_text().split()[0])
        postmaster = psutil.Process(pid)
        os.kill(pid, how)
        postmaster.wait(60)

    def start(self) -> None:
        """Somebody comes who needs it; we hold on to it all the time, so it stays."""
        embedded.start(self.home).release()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    held = embedded.start(tmp_path / "home")
    held.ensure_database(DATABASE)
    yield Server(tmp_path / "home", held.url(DATABASE))
    held.release()


@pytest.fixture
def stage(tmp_path: Path, database: str, server: Server) -> Iterator[Stage]:
    with acme_stage(tmp_path, database, server.url) as it:
        engine = create_engine(database)
        for clock in CLOCKS:
            Acme(engine).adjust_stock(clock, "EWR", 60)
        engine.dispose()
        databases = Databases(tmp_path / "unused", server.url)
        with open_parts(load_settings(it.settings_file), databases) as parts:
            full_pass(parts, Wishes(override_guard=True))
            LaneWorker(parts, "order_events", poll_seconds=1).turn(lambda report: None)
        yield it


def test_whenever_postgresql_is_stopped_nothing_acknowledged_is_lost(
    stage: Stage, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (gather, event_pass):
        monkeypatch.setattr(module, "SETTLE_AFTER", SOONER)
    rng = random.Random(20)
    lanes, street = Lanes(stage), Street(stage, random.Random(5))
    with lanes.at_work():
        with street.busy():
            for number in range(STOPS):
                lanes.await_work()
                threading.Event().wait(rng.uniform(0, 0.2))
                server.stop_hard(signal.SIGKILL if number % 2 else signal.SIGQUIT)
                server.start()
            lanes.await_work()
        await_that(lambda: is_quiet(stage), "nothing is left to be done", patience_seconds=180)
    print(
        f"{STOPS} hard stops, {len(lanes.failures)} failed ticks, {len(lanes.reports)} passes, "
        f"{accepted(stage).total()} writes, {len(street.acknowledged)} deliveries "
        f"({street.refused} times not answered)"
    )
    assert {type(failure) for failure in lanes.failures} == {LedgerUnavailable}
    assert_nothing_is_left(stage)
    kept = stage.ledger("SELECT webhook_id FROM inventory_sync.inbox")
    assert sorted(webhook_id for (webhook_id,) in kept) == sorted(street.acknowledged)
