"""A question for a date is answered from plain rows, or from frames when a row is odd, the same."""

import json
from dataclasses import replace

import pytest

from inventory_sync.cli.serve import answer
from inventory_sync.domain.errors import PromiseRefused, UnknownSku
from inventory_sync.domain.order_promise import OrderPromise, Wanted
from inventory_sync.domain.promise import NoDate, Place
from inventory_sync.flow.parts import Parts, PromisePolicy
from inventory_sync.flow.promising import promise_now
from inventory_sync.receiver.promise import Inquiry
from inventory_sync_tests.domain.dated_worlds import supply
from inventory_sync_tests.domain.promises import calendar
from inventory_sync_tests.erp.rows import Row, component, location, product
from inventory_sync_tests.flow.world import World, held

ODD = supply("S-ODD", sku="OAK-TABLE", quantity="-1", due_date="2026-12-01")
"""What frames leave out, with a finding, and plain rows do not judge."""


@pytest.fixture
def asked(world: World, monkeypatch: pytest.MonkeyPatch) -> "Asked":
    world.erp.rows = {
        **world.erp.rows,
        "locations": [location("NYC"), location("PLANT-1")],
        "supply": [supply(sku="OAK-TABLE", quantity="30", due_date="2026-12-01")],
        "promise_dates": [promised("RETRO-CLOCK", "2026-11-20")],
    }
    return Asked(world, monkeypatch)


def promised(sku: str, day: str) -> dict[str, str | None]:
    return {"sku": sku, "location": "NYC", "quantity": "12", "promise_date": day}


class Asked:
    """Asks for dates, and counts how often frames were read for it."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.snapshots = world, 0
        read = world.erp.snapshot

        def counted(*asked: object):
            self.snapshots += 1
            return read(*asked)

        monkeypatch.setattr(world.erp, "snapshot", counted)

    @property
    def parts(self) -> Parts:
        places = {
            name: Place(name, calendar(), rank) for rank, name in enumerate(("NYC", "PLANT-1"))
        }
        return replace(self.world.parts, promises=PromisePolicy(places=places))

    def promise(self, units: int, sku: str = "OAK-TABLE", **about: object) -> OrderPromise:
        return promise_now(self.parts, [Wanted(sku, units)], **about)


def test_frames_are_read_only_for_what_is_odd_and_say_the_same(asked: Asked) -> None:
    questions = [1, 20, 21, 50, 51]
    plain = [asked.promise(units, region="US") for units in questions]
    assert asked.snapshots == 0
    assert [answer.best is not None for answer in plain] == [True, True, True, True, False]
    asked.world.erp.rows = {
        **asked.world.erp.rows,
        "supply": [*asked.world.erp.rows["supply"], ODD],
    }
    assert [asked.promise(units, region="US") for units in questions] == plain
    assert asked.snapshots == len(questions)


def test_what_is_in_flight_is_promised_to_nobody_else_on_either_way(asked: Asked) -> None:
    world = asked.world
    world.run()
    asked.snapshots = 0
    world.stores["b2c"].buy(world.key("b2c"), 5)
    world.run()
    asked.snapshots = 0
    parts = asked.promise(46).split
    assert sum(each.promise.quantity_units for each in parts) == 45
    world.erp.rows = {**world.erp.rows, "supply": [*world.erp.rows["supply"], ODD]}
    assert asked.promise(46).split == parts
    assert asked.snapshots == 1


@pytest.mark.parametrize(
    ("due", "ships_on"),
    [("2026-12-20", "2026-11-23"), ("2026-11-25", "2026-12-02")],
    ids=["after the supply, which serves it", "before the supply"],
)
def test_a_commitment_of_the_erp_counts_on_its_day(asked: Asked, due: str, ships_on: str) -> None:
    rows = asked.world.erp.rows
    asked.world.erp.rows = {**rows, "commitments": [held("15", due_date=due)]}
    best = asked.promise(20).best
    assert best is not None
    assert best.ships_on.isoformat() == ships_on


def test_a_date_of_the_erp_that_has_passed_is_named(asked: Asked) -> None:
    said = asked.promise(3, "RETRO-CLOCK")
    assert said.best is not None
    assert said.notes == (
        "The ERP promises 12 x RETRO-CLOCK from NYC for 2026-11-20: "
        "that day has passed, so it does not count.",
    )
    assert asked.promise(3).notes == ()


@pytest.mark.parametrize("second", ["500", "5"], ids=["alike", "another quantity"])
def test_supply_whose_id_stands_twice_makes_no_date(asked: Asked, second: str) -> None:
    twice = [
        supply("S-1", sku="OAK-TABLE", quantity=each, due_date="2026-12-01")
        for each in ("500", second)
    ]
    asked.world.erp.rows = {**asked.world.erp.rows, "supply": twice}
    assert asked.promise(400).best is None
    asked.world.erp.rows = {**asked.world.erp.rows, "supply": twice[:1]}
    assert asked.promise(400).best is not None


@pytest.mark.parametrize("odd", [[], [ODD]], ids=["plain rows", "frames"])
def test_supply_whose_id_stands_at_another_sku_too_makes_no_date(
    asked: Asked, odd: list[Row]
) -> None:
    """Who asks reads the rows of one SKU; that the id is not unique, a full pass has seen."""
    world = asked.world
    twice = [
        supply("S-1", sku=sku, quantity="500", due_date="2026-12-01")
        for sku in ("OAK-TABLE", "RETRO-CLOCK")
    ]
    world.erp.rows = {**world.erp.rows, "supply": [*twice, *odd]}
    world.run()
    assert world.shown() == 20
    (line,) = asked.promise(400).lines
    assert (line.best, line.by_place[0].no_date) == (None, NoDate.UNCERTAIN)
    world.erp.rows = {**world.erp.rows, "supply": twice[:1]}
    world.run()
    assert asked.promise(400).best is not None


@pytest.mark.parametrize("odd", [[], [ODD]], ids=["plain rows", "frames"])
def test_what_a_full_pass_doubts_has_no_date_on_either_way(asked: Asked, odd: list[Row]) -> None:
    world = asked.world
    misspelt = held("20", sku="oak-table")
    supplies = [*world.erp.rows["supply"], *odd]
    world.erp.rows = {**world.erp.rows, "commitments": [misspelt], "supply": supplies}
    assert asked.promise(20).best is not None
    world.run()
    asked.snapshots = 0
    (line,) = asked.promise(20).lines
    assert (line.best, line.by_place[0].no_date) == (None, NoDate.UNCERTAIN)
    assert asked.snapshots == len(odd)


def test_a_doubt_about_a_kit_is_one_about_its_parts(asked: Asked) -> None:
    world = asked.world
    world.erp.rows = {
        **world.erp.rows,
        "products": [*world.erp.rows["products"], product("DINING-SET")],
        "components": [component("DINING-SET", "OAK-TABLE")],
    }
    assert asked.promise(1).best is not None
    world.ledger.record_doubts("full", {"DINING-SET"}, pass_id="p-1")
    assert asked.promise(1).best is None


def test_what_nobody_knows_is_refused_with_what_is_known(asked: Asked) -> None:
    with pytest.raises(UnknownSku, match="has no SKU OAK-TABEL"):
        asked.promise(1, "OAK-TABEL")
    with pytest.raises(PromiseRefused, match="has no location MARS"):
        asked.promise(1, locations=["MARS"])
    with pytest.raises(PromiseRefused, match="region MOON; known regions: US"):
        asked.promise(1, region="MOON")


def test_a_storefront_learns_of_the_locations_of_its_store_alone(asked: Asked) -> None:
    said = json.loads(answer(asked.parts, Inquiry("b2b", "OAK-TABLE", 12, "US")))
    (line,) = said["lines"]
    assert [place["location"] for place in line["by_place"]] == ["NYC"]
    assert "PLANT-1" not in json.dumps(said)
    assert (said["best"]["location"], said["open_units"]) == ("NYC", [0])
