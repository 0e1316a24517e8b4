"""The dirty list: one row per SKU and lane, cleared only when nobody has marked it meanwhile."""

from concurrent.futures import ThreadPoolExecutor

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory_sync.domain.dirty import LANES, DirtySku, Mark
from inventory_sync.ledger import Ledger
from inventory_sync_tests.ledger.samples import minutes

LATE = minutes(60)


def mark(sku: str, occurred: float = 0, due: float = 0, reason: str = "order_placed") -> Mark:
    """A mark whose times are minutes after noon."""
    return Mark(sku, minutes(occurred), minutes(due), reason)


def taken(ledger: Ledger, limit: int = 100) -> list[DirtySku]:
    return ledger.take(["order_events"], due=LATE, limit=limit)


def test_however_often_a_sku_is_marked_it_is_one_row(ledger: Ledger) -> None:
    ledger.mark("order_events", [mark("OAK-TABLE", 3, 5, "order_placed")])
    ledger.mark("order_events", [mark("OAK-TABLE", 2, 9, "stock_moved")])
    ledger.mark("order_events", [mark("OAK-TABLE", 4, 4, "order_edited")])

    (row,) = taken(ledger)

    assert (row.lane, row.sku, row.reason, row.marks) == (
        "order_events",
        "OAK-TABLE",
        "order_edited",
        3,
    )
    assert (row.occurred_at, row.due_at) == (minutes(2), minutes(4))


def test_marks_of_one_call_become_one_row_as_well(ledger: Ledger) -> None:
    ledger.mark(
        "order_events",
        [
            mark("OAK-TABLE", 3, 5),
            mark("RETRO-CLOCK", 9, 9),
            mark("OAK-TABLE", 4, 1, "stock_moved"),
        ],
    )

    table, clock = taken(ledger)

    assert (table.occurred_at, table.due_at) == (minutes(3), minutes(1))
    assert (table.reason, table.marks) == ("stock_moved", 2)
    assert (clock.sku, clock.marks) == ("RETRO-CLOCK", 1)


def test_a_sku_of_two_lanes_is_two_rows(ledger: Ledger) -> None:
    ledger.mark("order_events", [mark("OAK-TABLE")])
    ledger.mark("repair", [mark("OAK-TABLE", reason="the store shows something else")])

    both = ledger.take(["repair", "order_events"], due=LATE, limit=9)
    ledger.clear(taken(ledger))

    assert [row.lane for row in both] == ["order_events", "repair"]
    assert taken(ledger) == []
    assert [row.lane for row in ledger.take(LANES, due=LATE, limit=9)] == ["repair"]


def test_what_is_taken_stays_on_the_list_until_it_is_cleared(ledger: Ledger) -> None:
    ledger.mark("order_events", [mark("OAK-TABLE")])

    first = taken(ledger)
    assert taken(ledger) == first

    ledger.clear(first)
    assert taken(ledger) == []


def test_clearing_spares_what_was_marked_again(ledger: Ledger) -> None:
    ledger.mark("order_events", [mark("OAK-TABLE", 1), mark("RETRO-CLOCK", 2)])
    before = taken(ledger)
    ledger.mark("order_events", [mark("OAK-TABLE", 1)])

    ledger.clear(before)

    (left,) = taken(ledger)
    assert left.sku == "OAK-TABLE"
    assert left.generation > before[0].generation


def test_what_is_postponed_keeps_its_age_and_what_was_marked_again_its_time(
    ledger: Ledger,
) -> None:
    ledger.mark("order_events", [mark("OAK-TABLE", 1), mark("RETRO-CLOCK", 2)])
    before = taken(ledger)
    ledger.mark("order_events", [mark("RETRO-CLOCK", 3)])

    ledger.postpone(before, due_at=minutes(9), reason="a store could not be told")

    now = ledger.take(["order_events"], due=minutes(8), limit=9)
    assert [row.sku for row in now] == ["RETRO-CLOCK"]
    table = taken(ledger)[0]
    assert (table.sku, table.occurred_at, table.due_at) == ("OAK-TABLE", minutes(1), minutes(9))
    ledger.clear(before)
    assert [row.sku for row in taken(ledger)] == ["RETRO-CLOCK"]


def test_a_generation_never_comes_back_after_its_sku_was_cleared(ledger: Ledger) -> None:
    """Else an orphaned pass would clear the mark of an event that it has never seen."""
    ledger.mark("order_events", [mark("OAK-TABLE")])
    orphaned = taken(ledger)
    ledger.clear(orphaned)
    ledger.mark("order_events", [mark("OAK-TABLE")])

    ledger.clear(orphaned)

    assert [row.sku for row in taken(ledger)] == ["OAK-TABLE"]


def test_the_oldest_event_is_taken_first_and_the_limit_holds(ledger: Ledger) -> None:
    names = {"MINIMALIST-SPOON": 2, "OAK-TABLE": 1, "RETRO-CLOCK": 2, "WALL-LAMP": 0}
    ledger.mark("order_events", [mark(sku, occurred) for sku, occurred in names.items()])

    assert [row.sku for row in taken(ledger, limit=3)] == [
        "WALL-LAMP",
        "OAK-TABLE",
        "MINIMALIST-SPOON",
    ]


def test_what_is_not_due_is_not_taken(ledger: Ledger) -> None:
    ledger.mark("order_events", [mark("OAK-TABLE", 0, 10), mark("RETRO-CLOCK", 1, 2)])

    now = ledger.take(["order_events"], due=minutes(2), limit=9)

    assert [row.sku for row in now] == ["RETRO-CLOCK"]


def test_the_lane_knows_when_its_next_sku_is_due(ledger: Ledger) -> None:
    assert ledger.next_due(["order_events"]) == {}

    ledger.mark("order_events", [mark("OAK-TABLE", 0, 10), mark("RETRO-CLOCK", 1, 3)])
    ledger.mark("repair", [mark("OAK-TABLE", 0, 1)])
    assert ledger.next_due(["order_events", "hold_events", "repair"]) == {
        "order_events": minutes(3),
        "repair": minutes(1),
    }

    ledger.clear(ledger.take(["order_events"], due=minutes(3), limit=9))
    assert ledger.next_due(["order_events"]) == {"order_events": minutes(10)}


def test_nothing_to_mark_or_to_clear_is_fine(ledger: Ledger) -> None:
    ledger.mark("order_events", [])
    ledger.clear([])

    assert ledger.dirty().empty


def test_any_sku_comes_back_as_it_was_marked(ledger: Ledger) -> None:
    skus = ["", 'six" plate, oak', "two\nlines", "O'Hare 100% \\N", "Bär 熊", "NULL", "{a,b}"]
    ledger.mark("order_events", [mark(sku) for sku in skus])

    assert sorted(row.sku for row in taken(ledger)) == sorted(skus)
    assert sorted(ledger.dirty()["sku"]) == sorted(skus)


def test_two_lanes_that_mark_and_clear_the_same_skus_wait_and_do_not_dead_lock(
    ledger: Ledger,
) -> None:
    skus = [f"SKU-{number:02}" for number in range(40)]

    def mark_and_clear(order: list[str]) -> None:
        for _ in range(20):
            ledger.mark("order_events", [mark(sku) for sku in order])
            ledger.clear(list(reversed(taken(ledger))))

    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(mark_and_clear, order) for order in (skus, skus[::-1])]
        for run in runs:
            run.result()

    ledger.clear(taken(ledger))
    assert ledger.dirty().empty


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["mark", "take", "clear"]),
        st.sampled_from(["OAK-TABLE", "RETRO-CLOCK"]),
        st.integers(0, 5),
    ),
    max_size=12,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_no_event_is_lost_between_marking_and_clearing(
    ledger: Ledger, steps: list[tuple[str, str, int]]
) -> None:
    """A mark is gone only once somebody has cleared what was taken after it."""
    ledger.clear(taken(ledger))
    owed: dict[str, list[int]] = {}
    held: list[DirtySku] = []
    seen: dict[str, list[int]] = {}
    for what, sku, minute in steps:
        if what == "mark":
            ledger.mark("order_events", [mark(sku, minute)])
            owed.setdefault(sku, []).append(minute)
        elif what == "take":
            held = taken(ledger)
            seen = {name: list(times) for name, times in owed.items()}
        else:
            ledger.clear(held)
            owed = {name: times for name, times in owed.items() if seen.get(name) != times}
            held, seen = [], {}
        found = {row.sku: (row.occurred_at, row.marks) for row in taken(ledger)}
        assert found == {name: (minutes(min(times)), len(times)) for name, times in owed.items()}
