"""A store in dry run beside the connector that still writes it: what is remembered, on a ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from inventory_sync.cli import shadow as command
from inventory_sync.domain.evidence import Limits
from inventory_sync.flow.reconciling import reconcile
from inventory_sync.flow.shadow import remember_shadow
from inventory_sync.ledger import Ledger, connect
from inventory_sync_tests.erp.rows import dataset_rows
from inventory_sync_tests.flow.world import World, build_world


@pytest.fixture
def world(database: str) -> Iterator[World]:
    """b2b is in dry run and shows 20 of everything, as its present connector says; so do we."""
    ledger = connect(database)
    it = build_world(ledger)
    it.policies["b2b"] = replace(it.policies["b2b"], live=False)
    for front in it.stores.values():
        front.now = it.now
    for sku in ("OAK-TABLE", "RETRO-CLOCK", "MINIMALIST-SPOON"):
        it.stores["b2b"].edit(it.key("b2b", sku), 20)
    it.run()
    yield it
    ledger.close()


def look(world: World) -> list[tuple[str, int, int, str | None, bool]]:
    """Compare an hour later: SKU, shown, ours, who was right, whether it is over; oldest first."""
    world.now += timedelta(hours=1)
    world.erp.taken_at = world.now
    assert isinstance(world.ledger, Ledger)
    found = reconcile(world.parts, repair=False, limits=Limits())
    remember_shadow(world.ledger, found, at=world.now)
    rows = world.ledger.shadow().iloc[::-1].astype("object")
    rows = rows.where(rows.notna(), None)
    columns = ["sku", "shown_units", "wanted_units", "is_right"]
    return [
        (*row[:-1], row[-1] is not None)
        for row in rows[[*columns, "ended_at"]].itertuples(index=False, name=None)
    ]


def test_a_store_that_agrees_leaves_nothing_behind(world: World) -> None:
    assert look(world) == []
    assert world.calls("b2b") == 0


def test_a_connector_that_lags_behind_the_erp_was_wrong_once_it_follows(world: World) -> None:
    world.set_stock(OAK_TABLE="12")
    assert look(world) == [("OAK-TABLE", 20, 12, None, False)]
    assert look(world) == [("OAK-TABLE", 20, 12, None, False)], "one difference, seen twice"
    world.stores["b2b"].edit(world.key("b2b"), 12)
    assert look(world) == [("OAK-TABLE", 20, 12, "ours", True)]
    assert world.calls("b2b") == 0, "nothing is ever written"


def test_a_number_of_ours_that_comes_to_the_stores_was_wrong(world: World) -> None:
    world.set_stock(OAK_TABLE="12")
    look(world)
    world.set_stock()
    assert look(world) == [("OAK-TABLE", 20, 12, "theirs", True)]


def test_an_order_that_the_erp_refuses_decides_at_once(world: World) -> None:
    world.set_stock(OAK_TABLE="0")
    assert look(world) == [("OAK-TABLE", 20, 0, None, False)]
    front = world.stores["b2b"]
    front.now = world.now + timedelta(minutes=1)
    line = front.buy(world.key("b2b"), 3)
    refusal = {
        "external_order_id": line.order_id,
        "external_line_id": line.line_id,
        "quantity": "0",
        "updated_at": (world.now + timedelta(minutes=30)).isoformat(),
    }
    world.erp.rows = {**world.erp.rows, **dataset_rows(acknowledged_orders=[refusal])} | {
        name: world.erp.rows[name] for name in ("locations", "products", "stock")
    }
    (row,) = look(world)
    assert (row[0], row[3], row[4]) == ("OAK-TABLE", "ours", False)


def test_the_report_counts_who_was_right(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def opened(databases: object) -> Iterator[Ledger]:
        assert isinstance(world.ledger, Ledger)
        yield world.ledger

    monkeypatch.setattr(command, "open_ledger", opened)
    assert command.show_shadow(3650, as_json=False) == 0
    assert "run `inventory-sync reconcile`" in capsys.readouterr().out
    world.set_stock(OAK_TABLE="12", RETRO_CLOCK="25")
    look(world)
    world.stores["b2b"].edit(world.key("b2b"), 12)
    look(world)
    assert isinstance(world.ledger, Ledger)
    (figures,) = command.scores(world.ledger.shadow())
    assert figures == {
        "store": "b2b", "differences": 2, "open": 1, "shows_more": 1, "shows_less": 1,
        "ours_right": 1, "theirs_right": 0, "neither_right": 0, "undecided": 1,
    }  # fmt: skip
    assert command.show_shadow(3650, as_json=False) == 0
    assert "the store came to our number" in " ".join(capsys.readouterr().out.split())
