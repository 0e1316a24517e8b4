"""What was promised is kept, in both ledgers alike, and ends when it is promised no longer.

Of recordings from figures of different age the later one counts, in whatever order they are made.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from inventory_sync.domain.given_promises import GIVEN_COLUMNS, Pair, Recording
from inventory_sync.domain.slips import OrderPromise
from inventory_sync.flow.promise_ledger_port import PromiseBook
from inventory_sync.ledger import Ledger
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync_tests.ledger.samples import minutes, wipe

DAY = timedelta(days=1)
STOCK = ("RETRO-CLOCK", "NYC", 12, "", "computed", "", "stock", "")
PURCHASE = ("RETRO-CLOCK", "NYC", 40, "2026-12-03", "computed", "PO-7\nPO-8", "purchase",
            "2026-12-02")  # fmt: skip
LATER = (*PURCHASE[:3], "2026-12-17", *PURCHASE[4:7], "2026-12-16")
TABLE = ("OAK-TABLE", "NYC", 5, "", "computed", "", "stock", "")
CLOCKS, TABLES = frozenset({("RETRO-CLOCK", "NYC")}), frozenset({("OAK-TABLE", "NYC")})

Row = tuple[Any, ...]


@pytest.fixture(params=["postgres", "memory"])
def book(request: pytest.FixtureRequest) -> PromiseBook:
    return empty(request.param, request)


def empty(kind: str, request: pytest.FixtureRequest) -> PromiseBook:
    if kind == "memory":
        return MemoryLedger()
    ledger: Ledger = request.getfixturevalue("shared_ledger")
    wipe(ledger)
    return ledger


def record(
    book: PromiseBook,
    *rows: Row,
    at: float = 0,
    figures: float | None = None,
    pairs: frozenset[Pair] | None = None,
) -> pd.DataFrame | None:
    """What the supply of the rows says of its arrival is what they say."""
    told = pd.DataFrame(rows, columns=list(GIVEN_COLUMNS))
    arrive = [
        (*row[:2], name, row[6], row[7]) for row in rows if row[5] for name in row[5].split("\n")
    ]
    names = ["sku", "location", "supply_id", "kind", "arrives_on"]
    coming = pd.DataFrame(arrive, columns=names).astype({"arrives_on": "datetime64[s]"})
    figures_of = minutes(at if figures is None else figures)
    recording = Recording(told, coming, figures_of, pairs)
    return book.record_promises(recording, pass_id=f"pass-{at:g}", at=minutes(at))


def history(book: PromiseBook) -> list[tuple]:
    """Every promise that was ever given: units, date, pass, and when it ended."""
    return [(row[2], row[3], pass_id, ended) for row, pass_id, ended in kept(book)]


def open_rows(book: PromiseBook) -> set[Row]:
    return {row for row, _, ended in kept(book) if ended is None}


def kept(book: PromiseBook) -> list[tuple[Row, str, datetime | None]]:
    if isinstance(book, MemoryLedger):
        found = [(each.row, each.pass_id, each.ended_at) for each in book.given_promises]
        return sorted(found, key=lambda each: (each[1], each[0]))
    query = f"select {', '.join(GIVEN_COLUMNS)}, pass_id, ended_at from inventory_sync.promises"
    with book._engine.connect() as connection:
        rows = connection.execute(text(f"{query} order by pass_id, sku, location, units"))
        return [(tuple(row[:-2]), row[-2], row[-1]) for row in rows]


def test_what_is_promised_again_is_not_written_again(book: PromiseBook) -> None:
    record(book, STOCK, PURCHASE)
    record(book, PURCHASE, STOCK, at=1)
    assert history(book) == [(12, "", "pass-0", None), (40, "2026-12-03", "pass-0", None)]


def test_what_is_promised_no_longer_ends_and_stays_on_record(book: PromiseBook) -> None:
    record(book, STOCK, PURCHASE)
    record(book, (*STOCK[:2], 10, *STOCK[3:]), PURCHASE, at=5)
    assert history(book) == [
        (12, "", "pass-0", minutes(5)),
        (40, "2026-12-03", "pass-0", None),
        (10, "", "pass-5", None),
    ]
    record(book, at=6)
    assert [ended for *_, ended in history(book)] == [minutes(5), minutes(6), minutes(6)]


def test_a_slip_is_kept_with_its_reason_and_listed_until_its_date(book: PromiseBook) -> None:
    record(book, PURCHASE)
    found = record(book, LATER, at=1)
    assert found is not None
    reason = "PO-7 comes on 2026-12-16 instead of 2026-12-02"
    assert found[["units", "now_on", "reason"]].to_numpy().tolist() == [[40, "2026-12-17", reason]]
    (row,) = book.slipped_promises(since=date(2026, 12, 3)).to_dict("records")
    assert (row["units"], row["ships_on"], row["now_on"], row["slip_reason"]) == (
        40, "2026-12-03", "2026-12-17", reason,
    )  # fmt: skip
    assert row["ended_at"] == pd.Timestamp(minutes(1))
    assert book.slipped_promises(since=date(2026, 12, 4)).empty


def test_a_slip_is_listed_no_longer_once_its_supply_comes_as_promised(book: PromiseBook) -> None:
    """A buyer of the ERP deletes a line and writes it anew: two events, and no slip."""
    record(book, PURCHASE)
    record(book, at=1, pairs=CLOCKS)
    assert len(book.slipped_promises(since=date(2026, 12, 3))) == 1
    record(book, (*PURCHASE[:2], 35, *PURCHASE[3:]), at=2, pairs=CLOCKS)
    assert book.slipped_promises(since=date(2026, 12, 3)).empty
    record(book, LATER, at=3)
    assert len(book.slipped_promises(since=date(2026, 12, 3))) == 2


def test_a_recording_of_few_leaves_all_others_as_they_are(book: PromiseBook) -> None:
    record(book, STOCK, PURCHASE, TABLE)
    elsewhere = ("RETRO-CLOCK", "LAX", 3, *STOCK[3:])
    record(book, STOCK, elsewhere, at=1, pairs=CLOCKS)
    assert open_rows(book) == {STOCK, TABLE}


def test_the_hour_from_older_figures_leaves_what_an_event_has_recorded(book: PromiseBook) -> None:
    record(book, PURCHASE, TABLE)
    record(book, LATER, at=2, pairs=CLOCKS)
    less = (*TABLE[:2], 4, *TABLE[3:])
    found = record(book, PURCHASE, less, at=3, figures=1)
    assert found is not None
    assert found.empty
    assert open_rows(book) == {LATER, less}
    record(book, PURCHASE, at=4, figures=3)
    assert open_rows(book) == {PURCHASE}


def test_who_has_waited_for_another_recording_leaves_what_that_recorded(book: PromiseBook) -> None:
    record(book, LATER, at=5, figures=4, pairs=CLOCKS)
    record(book, PURCHASE, at=3, figures=1)
    assert open_rows(book) == {LATER}


def test_what_an_event_found_gone_the_hour_does_not_bring_back(book: PromiseBook) -> None:
    record(book, at=2, pairs=CLOCKS)
    record(book, PURCHASE, at=3, figures=1)
    assert open_rows(book) == set()


def test_an_event_from_older_figures_than_the_hour_records_nothing(book: PromiseBook) -> None:
    record(book, PURCHASE, figures=2, at=3)
    assert record(book, LATER, at=4, figures=1, pairs=CLOCKS | TABLES) is None
    assert record(book, at=4, figures=1) is None
    assert open_rows(book) == {PURCHASE}
    assert record(book, LATER, at=4, figures=2, pairs=CLOCKS) is not None, "not older"


def test_of_two_events_the_later_figures_count_for_each_pair(book: PromiseBook) -> None:
    record(book, PURCHASE, TABLE, at=1)
    record(book, LATER, at=3, pairs=CLOCKS)
    less = (*TABLE[:2], 4, *TABLE[3:])
    found = record(book, PURCHASE, less, at=4, figures=2, pairs=CLOCKS | TABLES)
    assert found is not None
    assert found.empty
    assert open_rows(book) == {LATER, less}


def test_an_instant_that_is_still_to_come_hinders_nobody(book: PromiseBook) -> None:
    """A clock that was a year fast for a minute must not stop the ledger for a year."""
    year = 525_600
    record(book, PURCHASE, at=year)
    record(book, TABLE, at=year, pairs=TABLES)
    record(book, LATER, at=1, pairs=CLOCKS)
    record(book, LATER, at=2)
    assert open_rows(book) == {LATER}
    book.save_order_promises([ORDER], figures_of=minutes(2), at=minutes(3))
    assert book.order_promises(settled_since=None) == [ORDER]


UNIVERSE = [(sku, place) for sku in ("RETRO-CLOCK", "OAK-TABLE") for place in ("NYC", "LAX")]


@dataclass(frozen=True)
class Step:
    """A recording: from figures of that minute, of these pairs (none: of everything), for each of
    all the promises of one day (0: from stock alone).
    """

    figures: int
    pairs: frozenset[Pair] | None
    days: tuple[int, ...]

    def rows(self) -> list[Row]:
        return [
            row
            for pair, day in zip(UNIVERSE, self.days, strict=True)
            for row in promised(pair, day)
        ]


def promised(pair: Pair, day: int) -> list[Row]:
    stock = (*pair, 2, "", "computed", "", "stock", "")
    name, on = f"PO-{pair[0]}-{pair[1]}", f"2026-12-{day:02}"
    return [stock, (*pair, 9, on, "computed", name, "purchase", on)] if day else [stock]


STEPS = st.lists(
    st.builds(
        Step,
        st.integers(0, 9),
        st.none() | st.frozensets(st.sampled_from(UNIVERSE), min_size=1),
        st.tuples(*[st.integers(0, 3)] * len(UNIVERSE)),
    ),
    max_size=8,
)


def told_by(steps: list[Step]) -> tuple[set[Row], set[tuple[Row, str]]]:
    """The oracle: pair by pair, what is open at the end, and what has slipped with its new date."""
    known: dict[Pair, tuple[int, int]] = {}
    slipped: set[tuple[Row, str]] = set()
    for step in steps:
        for number, pair in enumerate(UNIVERSE):
            figures, before = known.get(pair, (-1, 0))
            if (step.pairs is None or pair in step.pairs) and step.figures >= figures:
                day = step.days[number]
                known[pair] = step.figures, day
                if before and (day == 0 or day > before):
                    later = f"2026-12-{day:02}" if day else ""
                    slipped.add((promised(pair, before)[1], later))
    rows = {row for pair, (_, day) in known.items() for row in promised(pair, day)}
    back = {(*row[:2], row[5]): row[3] for row in rows if row[5]}
    still = {one for one in slipped if back.get((*one[0][:2], one[0][5]), "9") > one[0][3]}
    return rows, still


@pytest.mark.parametrize(("kind", "examples"), [("postgres", 30), ("memory", 100)])
def test_whatever_is_recorded_in_whatever_order_the_latest_figures_count(
    kind: str, examples: int, request: pytest.FixtureRequest
) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(STEPS)
    def play(steps: list[Step]) -> None:
        book = empty(kind, request)
        for number, step in enumerate(steps):
            record(book, *step.rows(), at=10 + number, figures=step.figures, pairs=step.pairs)
        rows, slipped = told_by(steps)
        assert open_rows(book) == rows
        listed = book.slipped_promises(since=date(2026, 12, 1))
        names = [*GIVEN_COLUMNS, "now_on"]
        found = {tuple(row) for row in listed[names].itertuples(index=False)}
        assert found == {(*row, later) for row, later in slipped}

    play()


ORDER = OrderPromise(
    "b2b-us", "gid://shopify/Order/1", "gid://shopify/LineItem/11", "RETRO-CLOCK", "NYC",
    date(2026, 12, 3), "erp", "PO-7", "purchase", datetime(2026, 11, 23, 9, tzinfo=UTC), "pass-1",
    date(2026, 12, 3),
)  # fmt: skip


def save(book: PromiseBook, *orders: OrderPromise, figures: float = 0) -> None:
    book.save_order_promises(orders, figures_of=minutes(figures), at=minutes(9))


def test_the_promise_of_an_order_comes_back_as_it_was_saved(book: PromiseBook) -> None:
    other = replace(ORDER, line_id="gid://shopify/LineItem/12", location="", supply_ids="")
    save(book, other, ORDER)
    assert book.order_promises(settled_since=None) == [ORDER, other]
    late = replace(ORDER, expected_on=None, reason="no date", slipped_at=minutes(3))
    save(book, late)
    assert book.order_promises(settled_since=None) == [late, other]
    save(book)


@pytest.mark.parametrize(("since", "found"), [(0, 1), (1, 0), (None, 0)])
def test_settled_promises_are_told_as_far_back_as_is_asked(
    book: PromiseBook, since: int | None, found: int
) -> None:
    save(book, replace(ORDER, outcome="shipped", settled_on=date(2026, 12, 4)))
    asked = None if since is None else date(2026, 12, 4) + since * DAY
    assert len(book.order_promises(settled_since=asked)) == found


def test_what_was_promised_is_never_overwritten_not_even_once_it_is_settled(
    book: PromiseBook,
) -> None:
    settled = replace(ORDER, outcome="shipped", settled_on=date(2026, 12, 4))
    save(book, settled)
    other = ("b2b-us", ORDER.order_id, "gid://shopify/LineItem/99")
    assert book.settled_promises([ORDER.line, other]) == [settled]
    save(book, replace(ORDER, promised_on=date(2026, 12, 20), made_at=minutes(9)))
    assert book.order_promises(settled_since=None) == [ORDER]
    assert book.settled_promises([ORDER.line]) == []


def test_orders_are_followed_by_the_latest_figures_alone(book: PromiseBook) -> None:
    record(book, at=2)
    save(book, ORDER, figures=2)
    save(book, replace(ORDER, expected_on=None, slipped_at=minutes(3)), figures=1)
    assert book.order_promises(settled_since=None) == [ORDER]
    record(book, at=4, pairs=CLOCKS)
    late = replace(ORDER, expected_on=None, slipped_at=minutes(5))
    save(book, late, figures=2)
    assert book.order_promises(settled_since=None) == [late], "events follow no orders"


def test_old_promises_are_forgotten_and_open_ones_are_not(ledger: Ledger) -> None:
    record(ledger, STOCK, PURCHASE)
    record(ledger, STOCK, at=1)
    save(ledger, replace(ORDER, outcome="shipped", settled_on=date(2026, 1, 4)), figures=1)
    deleted = ledger.forget(before=minutes(5))
    assert (deleted["promises"], deleted["order_promises"]) == (1, 1)
    assert ledger.forget(before=minutes(5))["promises"] == 0
