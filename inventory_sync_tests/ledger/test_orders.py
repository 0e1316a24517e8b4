"""The order ledger holds the newest state of every order, whatever the deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory_sync.domain.orders import OrderLine
from inventory_sync.ledger import Ledger
from inventory_sync_tests.ledger.samples import CLOCK, LAX, NYC, STORE, TABLE, line, minutes

_store_numbers = count(1)


def lines_of(ledger: Ledger, store: str = STORE) -> pd.DataFrame:
    """The recorded lines of one store, in a fixed order."""
    lines = ledger.order_lines()
    return (
        lines[lines["store"] == store]
        .drop(columns="store")
        .sort_values(["line_id", "store_location_id"])
        .reset_index(drop=True)
    )


def test_a_recorded_line_comes_back_as_it_was_read(ledger: Ledger) -> None:
    ledger.record_order_lines(
        STORE, [line(sku=None, inventory_item_id=None, store_location_id=None)], read_at=minutes(1)
    )

    row = ledger.order_lines().iloc[0]

    assert row["store"] == STORE
    assert row["order_name"] == "#1001"
    assert row["updated_at"] == minutes(0)
    assert (row["current_units"], row["taken_units"]) == (1, 1)
    assert pd.isna(row["sku"])
    assert pd.isna(row["inventory_item_id"])
    assert pd.isna(row["store_location_id"])


def test_a_newer_state_replaces_every_line_of_its_order_and_no_other(ledger: Ledger) -> None:
    other = line(order_id="gid://shopify/Order/2", line_id="gid://shopify/LineItem/21")
    second = line(line_id="gid://shopify/LineItem/12", sku="OAK-TABLE")
    ledger.record_order_lines(STORE, [line(), second, other], read_at=minutes(1))

    moved = line(store_location_id=LAX, updated_at=minutes(2))
    ledger.record_order_lines(STORE, [moved], read_at=minutes(3))

    found = lines_of(ledger)[["line_id", "store_location_id"]].to_numpy().tolist()
    assert found == [[moved.line_id, LAX], [other.line_id, NYC]]


def test_an_older_state_that_arrives_late_changes_nothing(ledger: Ledger) -> None:
    ledger.record_order_lines(STORE, [line(updated_at=minutes(2))], read_at=minutes(3))

    ledger.record_order_lines(STORE, [line(taken_units=9)], read_at=minutes(4))

    assert lines_of(ledger)["taken_units"].tolist() == [1]


def test_of_two_states_with_one_time_stamp_the_one_read_later_is_kept(ledger: Ledger) -> None:
    ledger.record_order_lines(STORE, [line(taken_units=0)], read_at=minutes(2))

    ledger.record_order_lines(STORE, [line(taken_units=1)], read_at=minutes(1))

    assert lines_of(ledger)["taken_units"].tolist() == [0]


def test_an_order_that_is_twice_in_one_answer_counts_once(ledger: Ledger) -> None:
    states = [line(), line(), line(store_location_id=LAX, updated_at=minutes(1))]

    ledger.record_order_lines(STORE, states, read_at=minutes(2))

    assert lines_of(ledger)["store_location_id"].tolist() == [LAX]


def test_nothing_to_record_is_fine(ledger: Ledger) -> None:
    ledger.record_order_lines(STORE, [], read_at=minutes(1))

    assert ledger.order_lines().empty
    assert ledger.taken_units(STORE).empty


@dataclass(frozen=True)
class Delivery:
    """An answer of the store, and when it was read."""

    lines: tuple[OrderLine, ...]
    read_minute: int


@st.composite
def deliveries(draw: st.DrawFn) -> list[Delivery]:
    """Answers that each hold whole orders, as a store whose state only moves on would tell them."""
    answers = []
    for read_minute in range(1, draw(st.integers(1, 5)) + 1):
        lines = []
        for order in draw(st.sets(st.integers(1, 3), min_size=1)):
            updated = minutes(draw(st.integers(0, 3)))
            parts = draw(
                st.sets(st.tuples(st.integers(1, 2), st.sampled_from([NYC, LAX, None])), min_size=1)
            )
            lines += [
                line(
                    order_id=f"order {order}",
                    line_id=f"line {order}.{number}",
                    store_location_id=location,
                    taken_units=draw(st.integers(0, 3)),
                    updated_at=updated,
                )
                for number, location in sorted(parts, key=str)
            ]
        answers.append(Delivery(tuple(lines), read_minute))
    return answers


def recorded(ledger: Ledger, answers: Sequence[Delivery]) -> pd.DataFrame:
    """What a fresh store's ledger holds after these deliveries, time of first sight included."""
    store = f"store {next(_store_numbers)}"
    for answer in answers:
        ledger.record_order_lines(store, answer.lines, read_at=minutes(answer.read_minute))
    everything = pd.read_sql_query(
        "select * from inventory_sync.order_lines order by line_id, store_location_id",
        ledger._engine,
    )
    return everything[everything["store"] == store].drop(columns="store").reset_index(drop=True)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_the_ledger_is_the_same_whatever_the_order_and_number_of_deliveries(
    ledger: Ledger, data: st.DataObject
) -> None:
    answers = data.draw(deliveries())
    repeated = answers + data.draw(st.lists(st.sampled_from(answers), max_size=3))
    shuffled = data.draw(st.permutations(repeated))

    assert recorded(ledger, answers).equals(recorded(ledger, shuffled))


def test_taken_units_are_summed_per_level_and_unassigned_lines_apart(ledger: Ledger) -> None:
    lines = [
        line(line_id="a", taken_units=2),
        line(line_id="b", taken_units=3),
        line(line_id="b", taken_units=4, store_location_id=LAX),
        line(line_id="c", taken_units=5, store_location_id=None),
        line(line_id="d", taken_units=6, inventory_item_id=TABLE.inventory_item_id),
        line(line_id="e", taken_units=7, inventory_item_id=None),
    ]
    ledger.record_order_lines(STORE, lines, read_at=minutes(1))
    ledger.record_order_lines("b2c-eu", [line(line_id="z")], read_at=minutes(1))

    taken = ledger.taken_units(STORE)

    named = taken.astype(object).where(taken.notna(), None)
    rows = {(item, location): units for item, location, units in named.to_numpy().tolist()}
    assert rows == {
        (CLOCK.inventory_item_id, NYC): 5,
        (CLOCK.inventory_item_id, LAX): 4,
        (CLOCK.inventory_item_id, None): 5,
        (TABLE.inventory_item_id, NYC): 6,
    }
    assert taken["taken_units"].dtype == "int64"
    assert ledger.taken_units(STORE, [TABLE.inventory_item_id])["taken_units"].tolist() == [6]


def test_the_cursor_of_a_store_only_moves_forward(ledger: Ledger) -> None:
    assert ledger.order_cursor(STORE) is None

    ledger.advance_order_cursor(STORE, minutes(5))
    ledger.advance_order_cursor(STORE, minutes(3))

    assert ledger.order_cursor(STORE) == minutes(5)
    assert ledger.order_cursor("b2c-eu") is None
