"""A number explains itself: what it was made of, who published it, and what has come since."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.errors import ErpUnavailable
from inventory_sync.domain.explained import Explanation, LevelExplained
from inventory_sync.domain.units import SCALE
from inventory_sync.flow.explanation import NotExplained, Question, explain
from inventory_sync_tests.erp.rows import commitment, supply
from inventory_sync_tests.flow.lanes import SET, Lanes, add_kit
from inventory_sync_tests.flow.world import World


def ask(world: World, sku: str = "OAK-TABLE", **asked: object) -> Explanation:
    return explain(world.parts, world.ledger, Question(sku, **asked))


def at_b2b(told: Explanation) -> LevelExplained:
    (level,) = [level for level in told.levels if level.store == "b2b"]
    for number in (level.published.number, level.later and level.later.number, level.now):
        if number:
            assert sum(s.change_micros for s in number.steps) == number.quantity_units * SCALE
    return level


def figures(level: LevelExplained) -> dict[str, int]:
    """The steps of what was published, in units, without the totals."""
    steps = level.published.number.steps
    return {s.name: s.change_micros // SCALE for s in steps if not s.is_total}


def reasons(level: LevelExplained) -> list[str]:
    return [why for change in level.changes for why in change.because]


def order(name: str, units: str, **other: str | None) -> dict:
    """A commitment of a confirmed order."""
    usual = {"kind": "order", "order_id": f"{name}-DOC", "expires_at": None}
    return commitment(name, sku="OAK-TABLE", quantity=units, location="NYC", **usual | other)


def test_an_event_pass_leaves_each_commitment_by_id_and_kind(lanes: Lanes) -> None:
    lanes.commit(order("SO-1", "4"), order("HOLD-7", "2", kind="hold"))
    lanes.event(kind="order_changed")
    lanes.turn()
    level = at_b2b(ask(lanes.world))
    assert figures(level) == {"physical": 20, "hold": -2, "order": -4, "in_flight": 0}
    rows = [
        (row.name, row.kind, row.place, row.document, row.micros // SCALE)
        for step in level.published.number.steps
        for row in step.rows
    ]
    assert rows == [
        ("HOLD-7", "hold", "NYC", "HOLD-7-DOC", 2),
        ("SO-1", "order", "NYC", "SO-1-DOC", 4),
    ]
    assert (level.published.by.kind, level.published.code_version) == ("event", "test")
    assert (level.published.write.answer, level.changes) == ("accepted", ())
    assert level.published.write.pass_id == lanes.reports[-1].pass_id


def test_a_full_pass_leaves_the_same(lanes: Lanes) -> None:
    lanes.commit(order("SO-1", "4"), order("HOLD-7", "2", kind="hold"))
    lanes.world.run()
    by_full = at_b2b(ask(lanes.world)).published
    assert (by_full.by.kind, by_full.code_version) == ("full", "test")
    now = at_b2b(ask(lanes.world)).now
    assert by_full.number.steps == now.steps, "the frames and the quick way tell the same"


def test_an_order_after_the_pass_is_named_as_what_lies_between(lanes: Lanes) -> None:
    world = lanes.world
    world.set_stock(OAK_TABLE="9")
    world.run()
    lanes.later(5)
    world.stores["b2c"].buy(world.key("b2c"), 2)
    name = world.stores["b2c"].orders[-1][0].order_name
    lanes.hint("b2c", "orders/create", world.stores["b2c"].orders[-1][0].order_id)
    lanes.turn("store_orders")
    lanes.later(5)
    level = at_b2b(ask(world))
    assert level.published.number.quantity_units == 7
    assert level.now.quantity_units == 7
    before = level.published.write.created_at - timedelta(seconds=1)
    level = at_b2b(ask(world, at=before, then=world.now))
    assert (level.published.number.quantity_units, level.later.number.quantity_units) == (9, 7)
    since = f"{before:%Y-%m-%d %H:%M:%S UTC}"
    assert reasons(level) == [f"2 units: order {name} of b2c came after {since}"]


def test_what_the_erp_says_now_stands_beside_what_was_published(lanes: Lanes) -> None:
    lanes.commit(order("SO-1", "4"))
    lanes.world.run()
    lanes.commit(order("SO-2", "3"))
    level = at_b2b(ask(lanes.world))
    assert (level.published.number.quantity_units, level.now.quantity_units) == (16, 17)
    assert sum(change.change_micros for change in level.changes) == 1 * SCALE
    assert reasons(level) == [
        "3 units: order SO-2 of SO-2-DOC at NYC came after the pass",
        "4 units: order SO-1 of SO-1-DOC at NYC is not open any more",
    ]


def test_rules_are_steps_of_their_own_and_a_changed_rule_is_named(lanes: Lanes) -> None:
    world = lanes.world
    rules = OfferRules(share=Decimal("0.5"), buffer_units=2, cap_units=5)
    world.policies["b2b"] = replace(world.policies["b2b"], rules=rules)
    world.run()
    level = at_b2b(ask(world))
    assert figures(level) == {
        "physical": 20, "in_flight": 0, "share": -10, "buffer": -2, "cap": -3
    }  # fmt: skip
    world.policies["b2b"] = replace(world.policies["b2b"], rules=replace(rules, cap_units=4))
    assert reasons(at_b2b(ask(world))) == ["cap of 5 before; cap of 4 now"]


def test_the_same_for_a_past_moment(lanes: Lanes) -> None:
    world = lanes.world
    moments = []
    for number, units in enumerate(("4", "6", "1")):
        lanes.later(60)
        lanes.commit(order(f"SO-{number}", units))
        lanes.event()
        lanes.turn()
        moments.append(world.now)
    told = [at_b2b(ask(world, at=moment)) for moment in moments]
    assert [level.published.number.quantity_units for level in told] == [16, 14, 19]
    behind = [level.published.number.steps[1].rows for level in told]
    assert [[row.name for row in rows] for rows in behind] == [["SO-0"], ["SO-1"], ["SO-2"]]
    assert all(level.now is None for level in told)


def test_what_shopify_refused_is_told_beside_what_it_shows(lanes: Lanes) -> None:
    world = lanes.world
    world.set_stock(OAK_TABLE="9")
    world.run()
    world.stores["b2b"].refused_items.add(world.key("b2b").inventory_item_id)
    world.set_stock(OAK_TABLE="7")
    lanes.event()
    lanes.turn()
    level = at_b2b(ask(world, reads_stores=True))
    assert (level.published.number.quantity_units, level.observed_units) == (9, 9)
    assert [try_.answer for try_ in level.published.attempts] == [
        "refused: NON_MUTABLE_INVENTORY_ITEM: a bundle"
    ]
    assert reasons(level) == ["9 before, 7 now"]


def test_supply_is_listed_as_not_counted(lanes: Lanes) -> None:
    rows = [supply("PO-9", sku="OAK-TABLE", quantity="30", location="NYC", due_date="2026-12-24")]
    lanes.world.erp.rows = {**lanes.world.erp.rows, "supply": rows}
    (coming,) = ask(lanes.world).supply
    assert (coming.supply_id, coming.micros // SCALE) == ("PO-9", 30)
    assert at_b2b(ask(lanes.world)).now.quantity_units == 20


def test_a_kit_names_the_part_that_limits_it(lanes: Lanes) -> None:
    add_kit(lanes.world)
    lanes.world.set_stock(OAK_TABLE="3")
    lanes.world.run()
    level = at_b2b(ask(lanes.world, SET))
    assert figures(level) == {"physical": 0, "basis": 3, "in_flight": 0}
    labels = [step.label for step in level.published.number.steps if step.name == "basis"]
    assert labels == ["a kit: what its parts allow, limited by OAK-TABLE"]


def test_an_odd_row_goes_the_careful_way_and_says_so(lanes: Lanes) -> None:
    lanes.world.run()
    lanes.commit(order("SO-1", "many"))
    level = at_b2b(ask(lanes.world))
    assert level.now.quantity_units == 20
    lanes.commit(order("SO-1", "4"), order("SO-1", "5"))
    assert at_b2b(ask(lanes.world)).now is not None


def test_an_erp_that_is_away_leaves_what_was_published(lanes: Lanes) -> None:
    lanes.world.run()
    lanes.world.erp.failure = ErpUnavailable("The ERP does not answer.")
    level = at_b2b(ask(lanes.world))
    assert level.published.number.quantity_units == 20
    assert (level.now, level.why_not_now) == (None, "The ERP does not answer.")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"sku": "OAK-TABEL"}, "the ERP has no SKU OAK-TABEL"),
        ({"sku": "OAK-TABLE", "store": "b2x"}, "no store b2x; the settings have b2b, b2c"),
        ({"sku": "OAK-TABLE", "location": "MOON"}, "not published at MOON"),
        ({"sku": "OAK-TABLE", "at": datetime(2030, 1, 1, tzinfo=UTC)}, "still to come"),
        ({"sku": "OAK-TABLE", "at": datetime(2026, 1, 1, tzinfo=UTC)}, "for 90 days"),
    ],
)
def test_a_question_without_an_answer_says_why(world: World, asked: dict, sentence: str) -> None:
    with pytest.raises(NotExplained, match=sentence):
        ask(world, **asked)
