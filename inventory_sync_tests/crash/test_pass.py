"""kill -9 between any two durable steps of a pass: whoever comes next ends right, and once."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from signal import SIGKILL

import pytest
from sqlalchemy import create_engine

from inventory_sync.domain.few import decide
from inventory_sync.domain.webhooks import Hint
from inventory_sync.flow.full_pass import full_pass
from inventory_sync.flow.ledger_port import Ledger
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.publish import Wishes
from inventory_sync.sandbox.company.acme import Acme
from inventory_sync.sandbox.standin import Fault, Wanted, place_order
from inventory_sync.sandbox.standin.faults import FaultKind
from inventory_sync.sandbox.standin.foreign import LevelEdit, edit_level
from inventory_sync.settings import load_settings
from inventory_sync.wiring import Databases, open_parts
from inventory_sync_tests.conftest import fresh_database
from inventory_sync_tests.crash.books import (
    ALL_CRASHES,
    accepted,
    assert_nothing_is_left,
    dirty,
    open_intents,
)
from inventory_sync_tests.crash.worker import (
    STEPS_OF_LEDGER,
    Ended,
    Place,
    Work,
    do_not_wait,
    run,
    work_until_quiet,
)
from inventory_sync_tests.endtoend.stage import SET_QUANTITIES, Stage, acme_stage

CLOCK = "RETRO-CLOCK-RED"
ADJUST_QUANTITIES = "InventorySyncAdjustQuantities"
NOW_AND_THEN, SELDOM = (1, 1) if ALL_CRASHES else (3, 7)
"""Only the first story dies at every step each time; with ``make crash`` the others do as well."""
READING = {
    *("dirty", "heard_since", "heard_until", "inbox", "known", "last_good_counts", "next_clock"),
    *("next_due", "open_findings", "open_intents", "order_cursor", "order_ids_of", "order_lines"),
    *("publications", "published_as_of", "reservation", "reservations", "skus_of_document"),
    *("store_states", "take", "taken_units", "unfinished_reservations", "waterfalls"),
    *("batch_until", "drift", "newest_changes", "pass_ended_at", "published_levels"),
    *("published_promises", "availability_told", "recent_moves", "stops", "written_since"),
    *("imports", "lines_to_import", "import_lock"),
    *("order_promises", "settled_promises", "slipped_promises"),
    *("lane_lock", "promise_lock", "store_lock", "on_work"),
}
WRITING = {"prepare", "set_quantities", "settle"}

pytestmark = pytest.mark.xdist_group("crash")


@dataclass
class Scene:
    """The demo company after its first synchronisation, with the parts of those who go on.

    ``happened`` counts what came then.
    """

    stage: Stage
    acme: Acme
    place: Place
    parts: Parts
    happened: Iterator[int] = field(default_factory=count)

    def run(self, work: Work, deadly_step: int | None = None, *, hot: bool = False) -> Ended:
        return run(self.place, work, deadly_step, hot=hot)

    def calls(self, operation: str) -> int:
        """How many times the stores have been asked for something."""
        return sum(shop.statistics.requests[operation] for shop in self.stage.shops.values())

    def count_stock(self) -> None:
        """A count in Newark finds six clocks more, the next one six clocks less."""
        self.acme.adjust_stock(CLOCK, "EWR", -6 if next(self.happened) % 2 else 6)

    def sell(self) -> None:
        """A customer buys a clock, and the webhook that tells so has been answered."""
        order = place_order(self.stage.shops["b2c-us"], [Wanted(CLOCK, 1, 2001)])
        now, name = datetime.now(UTC), f"sale-{next(self.happened)}"
        hint = Hint(
            store="b2c-us",
            topic="orders/create",
            subject="order",
            webhook_id=name,
            event_id=name,
            digest=name,
            ids=(order.gid,),
            triggered_at=now,
            received_at=now,
        )
        assert self.parts.ledger.receive([hint]) == 1

    def lose_an_answer(self, kind: FaultKind) -> None:
        """A store's answer to an event pass never comes, and in another one a clerk miscounts."""
        self.stage.shops["b2c-us"].faults.add([Fault(kind, operation=SET_QUANTITIES)])
        self.count_stock()
        assert not self.run("order_events").was_killed
        assert open_intents(self.stage) > 0
        assert dirty(self.stage) != []
        edit_level(self.stage.shops["b2b-us"], LevelEdit(CLOCK, 1001, delta=40))


@pytest.fixture(scope="module")
def scene(postgres_server_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("killed")
    databases = fresh_database(postgres_server_uri), fresh_database(postgres_server_uri)
    erp_url, ledger_url = map(next, databases)
    with acme_stage(folder, erp_url, ledger_url) as stage, ExitStack() as stack:
        engine = create_engine(erp_url)
        stack.callback(engine.dispose)
        acme = Acme(engine)
        acme.adjust_stock(CLOCK, "EWR", 40)
        place = Place(stage.settings_file, folder / "home", ledger_url)
        ours = Databases(place.home, ledger_url)
        parts = stack.enter_context(open_parts(load_settings(stage.settings_file), ours))
        do_not_wait(stack.enter_context(pytest.MonkeyPatch.context()).setattr)
        full_pass(parts, Wishes(override_guard=True))
        work_until_quiet(parts)  # from now on the lanes hear what happens
        assert_nothing_is_left(stage)
        yield Scene(stage, acme, place, parts)
    for database in databases:
        next(database, None)


def kill_everywhere(
    scene: Scene, work: Work, happen: Callable[[], None], *, hot: bool = False, every: int = 1
) -> set[str]:
    """The same work again and again, killed a step later each time, until it comes through.

    Returns the names of all its steps.
    """
    stage = scene.stage
    for deadly_step in count(step=every):
        happen()
        written, before = accepted(stage), stage.shown()
        ended = scene.run(work, deadly_step, hot=hot)
        assert ended.exit_code == (-SIGKILL if len(ended.steps) > deadly_step else 0)
        if ended.was_killed:
            print(f"{work}: killed before step {deadly_step}, {ended.steps[-1]}")
        work_until_quiet(scene.parts)
        assert_nothing_is_left(stage)
        after = stage.shown()
        changed = {key for key in after if after[key] != before[key]}
        assert accepted(stage) - written == Counter(dict.fromkeys(changed, 1))
        if not ended.was_killed:
            return set(ended.steps)
    raise AssertionError("it never comes through")


def test_everything_that_the_ledger_is_asked_for_is_read_or_is_a_step() -> None:
    methods = {name for name in dir(Ledger) if not name.startswith("_")}
    assert methods - STEPS_OF_LEDGER == READING


def test_a_killed_event_pass_loses_no_event_and_writes_each_level_once(scene: Scene) -> None:
    names = kill_everywhere(scene, "order_events", scene.count_stock)
    assert names >= WRITING | {"record_events", "stamp", "set_clocks", "clear", "note_pass"}


def test_a_delta_is_not_sent_again_when_its_pass_is_killed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decide, "HOT_ORDERS", 0)
    adjusted = scene.calls(ADJUST_QUANTITIES)
    names = kill_everywhere(scene, "order_events", scene.count_stock, hot=True, every=NOW_AND_THEN)
    assert names >= WRITING
    assert scene.calls(ADJUST_QUANTITIES) > adjusted


def test_a_killed_lane_loses_no_order_of_a_store(scene: Scene) -> None:
    names = kill_everywhere(scene, "store_orders", scene.sell, every=NOW_AND_THEN)
    assert names >= WRITING | {"record_order_lines", "inbox_done", "stamp", "clear", "note_pass"}


@pytest.mark.parametrize(
    ("kind", "every"), [("applied_answer_lost", NOW_AND_THEN), ("reset", SELDOM)]
)
def test_a_killed_careful_pass_settles_a_lost_write_once(
    scene: Scene, kind: FaultKind, every: int
) -> None:
    names = kill_everywhere(scene, "careful pass", lambda: scene.lose_an_answer(kind), every=every)
    assert names >= WRITING | {"begin_pass", "settle_key", "clear", "finish_pass"}
