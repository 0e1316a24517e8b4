"""The checklist before the first live write: each line fails for its own reason alone."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from inventory_sync.cli import doctor, go_live
from inventory_sync.cli.checklist import Line
from inventory_sync.cli.go_live import comparison_line
from inventory_sync.domain.errors import StoreUnreachable
from inventory_sync.domain.extract import ErpEvent
from inventory_sync.domain.publication import StoreLocation
from inventory_sync.domain.scopes import NEEDED_SCOPES
from inventory_sync.flow.parts import Parts
from inventory_sync.settings import Settings
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync_tests.erp.rows import location
from inventory_sync_tests.flow.world import B2B, B2C, World, build_world

OWNERS = dict.fromkeys(("number_to_display", "channels", "holds", "locations"), "Ada")
GOOD = {"dataset": "erp/stock", "result": "good", "rows": 3, "wrong_rows": 0, "owner": "warehouse"}

Change = Callable[[dict[str, Any]], object]


def settings_with(change: Change = lambda raw: None) -> Settings:
    """Settings in which everything is decided, but for the change."""
    store = {"access_token": "shpat_x", "rules": {"share": 1.0}, "large_order_units": None}
    raw: dict[str, Any] = {
        "erp": {"url": "postgresql://reader@erp.invalid/erp"},
        "stores": {
            name: store
            | {"shop": f"{name}.myshopify.com", "locations": {gid: ["NYC"]}}
            | {"webhook_secret": "shpss_x"}
            for name, gid in (("b2b", B2B), ("b2c", B2C))
        },
        "pooling": {"policy": "shared"},
        "go_live": {"owners": dict(OWNERS), "not_sold_online": []},
    }
    change(raw)
    return Settings.model_validate(raw)


@pytest.fixture
def world() -> World:
    it = build_world(MemoryLedger())
    for front in it.stores.values():
        front.scopes = frozenset(NEEDED_SCOPES)
    it.run()  # both stores show what they should
    it.erp.happened = [ErpEvent(1, it.now, "order_created", "OAK-TABLE", "NYC", "SO-1")]
    return it


@pytest.fixture
def checklist(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Line]]:
    """Runs the doctor on the world with changed settings; the lines that are not good."""

    def run(change: Change = lambda raw: None) -> list[Line]:
        settings = settings_with(change)

        @contextmanager
        def opened(*_: object) -> Iterator[Parts]:
            yield world.parts

        @contextmanager
        def erp(*_: object) -> Iterator[object]:
            yield SimpleNamespace(check=list, snapshot=world.erp.snapshot)

        monkeypatch.setattr(doctor, "load_settings", lambda: settings)
        monkeypatch.setattr(doctor, "open_parts", opened)
        monkeypatch.setattr(doctor, "erp_source", erp)
        lines = list(doctor._all_lines(fix=False, go_live=True))
        return [line for line in lines if line.result != "ok"]

    monkeypatch.setattr(go_live, "contract_lines", lambda: iter([GOOD]))
    return run


def told(lines: list[Line]) -> list[tuple[str, str]]:
    return [(line.result, line.what) for line in lines]


def forget(*path: str) -> Change:
    """Settings in which this key does not stand."""

    def change(raw: dict[str, Any]) -> None:
        *way, last = path
        for step in way:
            raw = raw[step]
        del raw[last]

    return change


def test_where_everything_is_decided_and_equal_all_lines_are_good(
    checklist: Callable[..., list[Line]],
) -> None:
    assert checklist() == []


@pytest.mark.parametrize(
    ("missing", "result", "what"),
    [
        (("stores", "b2b", "rules"), "fail", "store b2b: number to display"),
        (("stores", "b2c", "large_order_units"), "fail", "store b2c: holds"),
        (("pooling", "policy"), "fail", "channels: shared stock"),
        (("go_live", "owners", "holds"), "fail", "owners"),
        (("stores", "b2b", "webhook_secret"), "warn", "channels: orders of b2b"),
    ],
)
def test_what_nobody_has_written_down_is_not_decided(
    checklist: Callable[..., list[Line]], missing: tuple[str, ...], result: str, what: str
) -> None:
    assert told(checklist(forget(*missing))) == [(result, what)]


def test_each_location_of_the_erp_is_sold_or_left_out_on_purpose(
    checklist: Callable[..., list[Line]], world: World
) -> None:
    world.erp.rows = {**world.erp.rows, "locations": [location("NYC"), location("PLANT-1")]}
    (line,) = checklist()
    assert (line.result, line.what) == ("fail", "locations")
    assert line.detail.startswith("PLANT-1: neither mapped")

    def left_out(*places: str) -> Change:
        return lambda raw: raw["go_live"].update(not_sold_online=list(places))

    assert checklist(left_out("PLANT-1")) == []
    details = [line.detail for line in checklist(left_out("PLANT-1", "NYC", "LAX"))]
    assert [detail.partition(":")[0] for detail in details] == ["NYC", "LAX"]


def test_an_erp_that_tells_no_event_is_remarked(
    checklist: Callable[..., list[Line]], world: World
) -> None:
    world.erp.happened = []
    assert told(checklist()) == [("warn", "channels: orders of the ERP")]


def test_a_location_of_the_store_that_nobody_keeps_right_is_remarked(
    checklist: Callable[..., list[Line]], world: World
) -> None:
    front = world.stores["b2b"]
    garage = StoreLocation("gid://shopify/Location/1009", "Garage", True)
    closed = StoreLocation("gid://shopify/Location/1010", "Closed", False)
    front.locations = (*front.locations, garage, closed)
    (line,) = checklist()
    assert (line.result, line.what) == ("warn", "store b2b: every location mapped")
    assert "Garage" in line.detail
    assert "Closed" not in line.detail


def test_a_broken_contract_fails_with_its_owner(
    checklist: Callable[..., list[Line]], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = GOOD | {"result": "error", "wrong_rows": 1}
    kept = GOOD | {"result": "warning", "wrong_rows": 1}
    monkeypatch.setattr(go_live, "contract_lines", lambda: iter([broken, kept]))
    (line,) = checklist()
    assert (line.result, line.what) == ("fail", "contract of erp/stock")
    assert "ask warehouse" in line.detail


def test_what_the_store_shows_today_is_counted_beside_what_we_would_show(
    checklist: Callable[..., list[Line]], world: World
) -> None:
    world.stores["b2b"].edit(world.key("b2b", "OAK-TABLE"), 90)
    world.stores["b2b"].edit(world.key("b2b", "RETRO-CLOCK"), 25)
    line = next(line for line in checklist() if line.what.endswith("against today"))
    assert line.result == "warn"
    assert "of 3 levels, 1 equal; the store shows 2 higher and 0 lower" in line.detail
    assert [(row["sku"], row["change"]) for row in line.rows] == [
        ("OAK-TABLE", -70),
        ("RETRO-CLOCK", -5),
    ]


def test_a_first_write_that_would_move_more_than_the_guard_bears_fails(world: World) -> None:
    rows = pd.DataFrame(
        {
            "sku": [f"SKU-{number}" for number in range(100)],
            "store_location_id": B2B,
            "observed_units": [7] * 30 + [5] * 70,
            "quantity_units": [0] * 30 + [5] * 70,
        }
    )
    line = comparison_line(world.parts, "b2b", rows)
    assert line.result == "fail"
    assert "set to zero 30 of 100 levels" in line.detail
    assert len(line.rows) == go_live.LARGEST
    few = rows.assign(observed_units=[7] * 3 + [0] * 27 + [5] * 70)
    assert comparison_line(world.parts, "b2b", few).result == "warn"


def test_a_store_that_cannot_be_reached_is_not_ready(
    checklist: Callable[..., list[Line]], world: World
) -> None:
    world.stores["b2c"].unreachable = StoreUnreachable(store="b2c", cause="it timed out")
    failed = told(checklist())
    assert ("fail", "store b2c: dry run against today") in failed
    assert ("fail", "store b2c: every location mapped") in failed
    assert not any("b2b" in what for _, what in failed)


def test_the_exit_code_and_the_json_tell_the_same(
    checklist: Callable[..., list[Line]], capsys: pytest.CaptureFixture[str]
) -> None:
    checklist()
    assert doctor.examine(fix=False, go_live=True, as_json=True) == 0
    lines = json.loads(capsys.readouterr().out)
    assert lines[-1]["what"] == "store b2c: dry run against today"
    checklist(forget("go_live"))
    assert doctor.examine(fix=False, go_live=True, as_json=False) == 1
    assert "go_live.owners.number_to_display" in " ".join(capsys.readouterr().out.split())
    assert doctor.examine(fix=False, as_json=False) == 0, "a pass works without"
