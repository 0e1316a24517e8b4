"""An order that changes makes its SKUs dirty, in the same transaction and only then."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from inventory_sync.domain.orders import OrderLine
from inventory_sync.ledger import Ledger
from inventory_sync_tests.ledger.samples import LAX, STORE, line, minutes

LINES = [line(line_id="a"), line(line_id="b", sku="OAK-TABLE")]


def record(ledger: Ledger, *lines: OrderLine, read: float = 1, store: str = STORE) -> set[str]:
    return ledger.record_order_lines(store, lines, read_at=minutes(read))


def marked(ledger: Ledger) -> dict[str, Any]:
    """SKU -> when it happened, of the list of lane ``store_orders``; empties the list."""
    rows = ledger.take(["store_orders"], due=minutes(600), limit=100)
    ledger.clear(rows)
    assert ledger.dirty().empty
    return {row.sku: row.occurred_at for row in rows}


@pytest.fixture
def told(ledger: Ledger) -> Ledger:
    """A ledger that has heard of one order with a clock and a table, and looked at it."""
    record(ledger, *LINES)
    marked(ledger)
    return ledger


def test_a_new_order_marks_the_skus_of_its_lines(ledger: Ledger) -> None:
    late = line(order_id="order 2", line_id="c", sku="WALL-LAMP", updated_at=minutes(2))

    assert record(ledger, *LINES, late, read=3) == {"RETRO-CLOCK", "OAK-TABLE", "WALL-LAMP"}

    assert marked(ledger) == {
        "RETRO-CLOCK": minutes(0),
        "OAK-TABLE": minutes(0),
        "WALL-LAMP": minutes(2),
    }


def test_a_mark_tells_of_the_oldest_order_and_is_due_at_once(ledger: Ledger) -> None:
    record(
        ledger,
        line(order_id="order 2", line_id="c", updated_at=minutes(2)),
        line(order_id="order 1", line_id="d", updated_at=minutes(1)),
        read=3,
    )

    (row,) = ledger.take(["store_orders"], due=minutes(3), limit=9)
    assert (row.occurred_at, row.due_at) == (minutes(1), minutes(3))


@pytest.mark.parametrize(
    ("change", "skus"),
    [
        ({"current_units": 0}, {"RETRO-CLOCK"}),
        ({"taken_units": 0}, {"RETRO-CLOCK"}),
        ({"store_location_id": LAX}, {"RETRO-CLOCK"}),
        ({"store_location_id": None}, {"RETRO-CLOCK"}),
        ({"sku": "WALL-CLOCK"}, {"RETRO-CLOCK", "WALL-CLOCK"}),
        ({"sku": None}, {"RETRO-CLOCK"}),
        ({"line_id": "z"}, {"RETRO-CLOCK"}),
        ({"order_name": "#1001-R"}, set()),
        ({"is_on_hold": True}, set()),
        ({}, set()),
    ],
)
def test_a_line_that_is_not_as_before_marks_its_sku(
    told: Ledger, change: dict[str, Any], skus: set[str]
) -> None:
    now = {"line_id": "a", "updated_at": minutes(2)} | change

    changed = record(told, line(**now), line(line_id="b", sku="OAK-TABLE", updated_at=minutes(2)))

    assert changed == skus
    assert marked(told) == dict.fromkeys(skus, minutes(2))


def test_a_line_that_is_gone_marks_its_sku(told: Ledger) -> None:
    assert record(told, line(line_id="a", updated_at=minutes(2))) == {"OAK-TABLE"}
    assert marked(told) == {"OAK-TABLE": minutes(2)}


def test_the_same_answer_again_marks_nothing(told: Ledger) -> None:
    assert record(told, *LINES) == set()
    assert record(told, *LINES, read=9) == set()
    assert marked(told) == {}


def test_an_older_state_marks_nothing(told: Ledger) -> None:
    assert record(told, line(line_id="a", current_units=9, updated_at=minutes(-1)), read=9) == set()
    assert record(told, line(line_id="a", current_units=9), read=0.5) == set()
    assert marked(told) == {}


def test_lines_without_a_sku_mark_nothing(ledger: Ledger) -> None:
    assert record(ledger, line(sku=None), line(line_id="b", sku="")) == set()
    assert marked(ledger) == {}


def test_the_same_order_number_in_another_store_is_news_there(told: Ledger) -> None:
    assert record(told, *LINES, store="b2c-eu") == {"RETRO-CLOCK", "OAK-TABLE"}


def test_an_order_is_not_recorded_without_its_mark(ledger: Ledger) -> None:
    """Else a crash between the two would leave the other stores with the old quantity."""
    with ledger._engine.begin() as connection:
        connection.execute(text("alter table inventory_sync.dirty_skus add check (sku <> 'OAK')"))

    with pytest.raises(Exception, match="check constraint"):
        record(ledger, line(), line(line_id="b", sku="OAK"))

    assert ledger.order_lines().empty
    assert marked(ledger) == {}


STATES = st.lists(
    st.dictionaries(
        st.tuples(st.sampled_from("ab"), st.sampled_from([LAX, None])),
        st.tuples(st.sampled_from(["OAK-TABLE", "RETRO-CLOCK"]), st.integers(0, 2)),
        min_size=1,
    ),
    min_size=1,
    max_size=4,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(states=STATES)
def test_what_changed_is_what_is_owed_of_a_sku(
    ledger: Ledger, states: list[dict[tuple[str, str | None], tuple[str, int]]]
) -> None:
    """A SKU whose lines tell other sums than before is always among those that are returned."""
    with ledger._engine.begin() as connection:
        connection.execute(text("truncate inventory_sync.order_lines"))
    before: dict[tuple[str, str | None], int] = {}
    for minute, state in enumerate(states, start=1):
        lines = [
            line(
                line_id=name,
                store_location_id=place,
                sku=sku,
                taken_units=units,
                updated_at=minutes(minute),
            )
            for (name, place), (sku, units) in state.items()
        ]
        now: dict[tuple[str, str | None], int] = {}
        for (_, place), (sku, units) in state.items():
            now[sku, place] = now.get((sku, place), 0) + units
        others = {sku for sku, place in before.keys() | now.keys()
                  if before.get((sku, place), 0) != now.get((sku, place), 0)}  # fmt: skip

        assert others <= record(ledger, *lines, read=minute)
        before = now
