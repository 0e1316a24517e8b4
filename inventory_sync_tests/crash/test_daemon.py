"""kill -9 of the daemon and of the code server while events trickle in: all follow, and once."""

import statistics
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from inventory_sync.flow.full_pass import full_pass
from inventory_sync.flow.lane import LaneWorker
from inventory_sync.flow.publish import Wishes
from inventory_sync.sandbox.company.acme import Acme
from inventory_sync.sandbox.standin.shop import Adjustment, Shop
from inventory_sync.settings import load_settings
from inventory_sync.wiring import DATABASE_VARIABLE, Databases, open_parts
from inventory_sync_tests.crash.besides import besides
from inventory_sync_tests.crash.books import assert_nothing_is_left, is_quiet
from inventory_sync_tests.crash.dagster_programs import PROGRAMS, Program, Programs
from inventory_sync_tests.endtoend.stage import Stage, acme_stage
from inventory_sync_tests.endtoend.workshop import await_that

CLOCK = "RETRO-CLOCK-RED"
STORE, PLACE = "b2b-us", 1001  # shows each clock that New York finds
PAUSE_SECONDS = 0.2
PATIENCE_SECONDS = 180

pytestmark = pytest.mark.xdist_group("crash")


class ClockedHistory(deque[Adjustment]):
    """Notes what a level shows after each accepted write, and when, in seconds of one clock."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop.history, shop.history.maxlen)
        (item,) = shop.stock.with_sku(CLOCK)
        self._level = shop.stock.level(item.id, PLACE)
        self.shown: list[tuple[float, int]] = []

    def append(self, group: Adjustment) -> None:
        super().append(group)
        assert self._level is not None
        self.shown.append((time.monotonic(), self._level.quantity("available")))


@dataclass
class Trickle:
    """Every now and then a count in New York finds a clock more, so a store's level counts events.

    ``commits``: when each event was committed; ``at_first``: what was shown before.
    """

    stage: Stage
    history: ClockedHistory
    at_first: int
    commits: list[float] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator["Trickle"]:
        with besides(self._run, self._over):
            yield self

    def followed(self) -> int:
        """How many of the events the store shows by now."""
        return self.history.shown[-1][1] - self.at_first if self.history.shown else 0

    def delays(self) -> list[float]:
        """Seconds from each commit until the store showed it."""
        return [
            next(at for at, units in self.history.shown if units >= self.at_first + number) - since
            for number, since in enumerate(self.commits, start=1)
        ]

    def _run(self) -> None:
        engine = create_engine(self.stage.erp_url)
        acme = Acme(engine)
        while not self._over.wait(PAUSE_SECONDS):
            acme.adjust_stock(CLOCK, "NYC", 1)
            self.commits.append(time.monotonic())
        engine.dispose()


@pytest.fixture
def databases(tmp_path: Path) -> Databases:
    return Databases(tmp_path / "home", None)


@pytest.fixture
def stage(tmp_path: Path, databases: Databases) -> Iterator[Stage]:
    with (
        databases.ledger_url() as ledger_url,
        databases.embedded_url("acme_erp") as erp_url,
        acme_stage(tmp_path, erp_url, ledger_url) as it,
    ):
        # However long it takes, the level that counts the events does not reach its cap.
        it.settings_file = it.settings_with("cap_units: 500", "cap_units: 100000")
        with open_parts(load_settings(it.settings_file), databases) as parts:
            full_pass(parts, Wishes(override_guard=True))
            LaneWorker(parts, "order_events", poll_seconds=1).turn(lambda report: None)
        assert it.wrong() == {}
        yield it


@pytest.fixture
def trickle(stage: Stage) -> Trickle:
    shop = stage.shops[STORE]
    shop.history = history = ClockedHistory(shop)
    (item,) = shop.stock.with_sku(CLOCK)
    return Trickle(stage, history, stage.shown()[STORE, item.gid, PLACE])


@pytest.fixture
def programs(tmp_path: Path, databases: Databases, stage: Stage) -> Iterator[Programs]:
    with databases.dagster_environment() as dagster:
        environment = {**stage.environment, **dagster, DATABASE_VARIABLE: ""}
        with Programs(tmp_path, environment).running() as programs:
            yield programs


def has_tables(stage: Stage) -> bool:
    """Whether Dagster has made its tables."""
    return stage.ledger("SELECT to_regclass('job_ticks')")[0][0] is not None


def await_service(trickle: Trickle) -> None:
    """Return when a tick has ended that began after this was called, and later events are shown."""
    since = trickle.stage.ledger("SELECT now() AT TIME ZONE 'UTC'")[0][0]
    counted = "SELECT count(*) FROM job_ticks WHERE status = 'SKIPPED' AND timestamp > :since"

    def has_ticked() -> bool:
        return bool(trickle.stage.ledger(counted, since=since)[0][0])

    await_that(has_ticked, "a sensor has ticked", patience_seconds=PATIENCE_SECONDS)
    happened = len(trickle.commits) + 1
    await_that(
        lambda: trickle.followed() >= happened,
        "the next event is shown",
        patience_seconds=PATIENCE_SECONDS,
    )


def test_every_event_is_followed_once_whatever_is_killed(
    trickle: Trickle, programs: Programs
) -> None:
    stage, outages = trickle.stage, dict[Program, slice]()
    await_that(lambda: has_tables(stage), "Dagster is there", patience_seconds=PATIENCE_SECONDS)
    with trickle.running():
        await_service(trickle)
        for program in PROGRAMS:
            begin = trickle.followed()
            programs.kill(program)
            await_service(trickle)
            outages[program] = slice(begin, trickle.followed())
    await_that(
        lambda: is_quiet(stage), "nothing is left to be done", patience_seconds=PATIENCE_SECONDS
    )
    assert_nothing_is_left(stage)
    assert trickle.followed() == len(trickle.commits)
    delays = trickle.delays()
    for program, events in outages.items():
        print(f"{program} killed: events were shown after {max(delays[events]):.1f} s at most")
    print(f"{len(delays)} events, {statistics.median(delays):.2f} s at the median")
