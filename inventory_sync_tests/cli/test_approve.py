"""``approve`` and ``rollback``, from the command to what the store shows."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import typer

from inventory_sync.cli import approve, rollback
from inventory_sync.flow.parts import Parts
from inventory_sync.ledger.ledger import connect
from inventory_sync_tests.cli.conftest import Ended
from inventory_sync_tests.flow.wide_world import WideWorld, build_wide_world

Command = Callable[..., Ended]


@pytest.fixture
def world(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[WideWorld]:
    """The commands reach this company instead of the real world; 30 of 100 tables are gone."""
    ledger = connect(database)
    it = build_wide_world(ledger)
    it.run()
    it.now += timedelta(hours=2)
    it.empty(30)
    it.run()

    @contextmanager
    def parts(settings: object) -> Iterator[Parts]:
        yield it.parts

    for module in (approve, rollback):
        monkeypatch.setattr(module, "load_settings", lambda: None)
        monkeypatch.setattr(module, "open_parts", parts)
    yield it
    ledger.close()


def test_an_approved_pass_is_published_and_reported(command: Command, world: WideWorld) -> None:
    (stop,) = world.ledger.stops()
    ended = command("approve", stop.pass_id, "--by", "anna", "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["stores"]["b2b"]["counts"]["applied"] == 30
    assert world.zeroed() == 30
    late = command("approve", stop.pass_id)
    assert (late.code, "it was approved by anna" in late.err) == (1, True)


def test_more_than_was_approved_fails_and_says_so(command: Command, world: WideWorld) -> None:
    (stop,) = world.ledger.stops()
    world.empty(90)
    ended = command("approve", stop.pass_id)
    assert (ended.code, world.zeroed()) == (1, 0)
    assert "this is more than was approved" in " ".join(ended.out.split())


def test_a_rollback_shows_its_changes_and_asks_before_it_writes(
    command: Command, world: WideWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.run(override_guard=True)
    world.fill()
    asked: list[str] = []

    def answer(question: str, *, err: bool) -> bool:
        asked.append(question)
        return len(asked) > 1

    monkeypatch.setattr(typer, "confirm", answer)
    since = (world.now - timedelta(minutes=5)).isoformat()
    assert command("rollback", "--to", since, "--dry-run").code == 0
    assert asked == []
    declined = command("rollback", "--to", since)
    assert (declined.code, "Nothing was written." in declined.out) == (1, True)
    assert world.zeroed() == 30
    done = command("rollback", "--to", since)
    assert (done.code, world.zeroed()) == (0, 0)
    assert asked == ["Write these 30 levels?"] * 2
