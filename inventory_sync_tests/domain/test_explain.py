"""Whatever a number is made of, its steps add up to it, and its rows add up to its steps."""

from decimal import Decimal

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.domain.allocation import OfferRules
from inventory_sync.domain.atp import available_to_promise, open_commitments
from inventory_sync.domain.behind import (
    KEPT_ROWS,
    CommitmentBehind,
    LineBehind,
    kept_rows,
    rows_behind,
)
from inventory_sync.domain.explain import Step, steps_of
from inventory_sync.domain.explain_changes import changes
from inventory_sync.domain.orders import in_flight, in_flight_pieces
from inventory_sync.domain.position import KINDS
from inventory_sync.domain.quarantine import judge
from inventory_sync.domain.units import SCALE
from inventory_sync_tests.domain.few.test_few_equals_frames import fast, quick
from inventory_sync_tests.domain.samples import NOW
from inventory_sync_tests.domain.test_allocation import as_acknowledged, as_frame
from inventory_sync_tests.domain.worlds import RULES, STORES, erps, order_lines
from inventory_sync_tests.erp.fake import FakeErp

ORDER = "gid://shopify/Order/1042"


def explained(plan, rules):
    """(store, place, SKU) -> waterfall with its rows, as an event pass keeps it."""
    return {
        (store, place, sku): {
            **offer.waterfall,
            "rules": rules.told(),
            **plan.behind.of(store, place, sku),
        }
        for store, table in plan.offers.items()
        for (place, sku), offer in table.items()
    }


def assert_adds_up(steps: tuple[Step, ...], quantity_units: int) -> None:
    total = 0
    for step in steps:
        total += step.change_micros
        assert step.total_micros == total
        if step.rows:
            assert -step.change_micros == sum(r.micros for r in step.rows) + step.rest_micros
    assert steps[-1].name == "quantity"
    assert total == quantity_units * SCALE


@settings(max_examples=25, deadline=None)
@given(erps(), order_lines(), RULES, st.integers(0, 30))
def test_the_steps_of_every_offer_add_up_to_it(rows, world, rules, quantity_units):
    plan = quick(rows, *world, fast(rules))
    for (_, _, sku), waterfall in explained(plan, fast(rules)).items():
        steps = steps_of(waterfall, waterfall["offer_units"])
        assert_adds_up(steps, waterfall["offer_units"])
        assert not {"other_version", "decision"} & {step.name for step in steps}
        # A write may differ from the offer: a doubt, or demand that nobody can name.
        assert_adds_up(steps_of(waterfall, quantity_units), quantity_units)
        if sku not in plan.behind.plain.kits.parts:
            assert all(step.rest_micros == 0 for step in steps)


@settings(max_examples=25, deadline=None)
@given(erps(), order_lines(), RULES)
def test_both_ways_of_deciding_keep_the_same_rows(rows, world, rules):
    lines, acknowledged = world
    found = explained(quick(rows, lines, acknowledged, fast(rules)), fast(rules))
    judged = judge(FakeErp(rows).snapshot())
    atp = available_to_promise(judged, NOW)
    flying = in_flight(as_frame(lines), as_acknowledged(acknowledged))
    pieces = in_flight_pieces(flying, atp.kits, STORES)
    commitments = open_commitments(judged.snapshot.commitments, NOW)
    for store, places in STORES.items():
        mine = {(gid, sku): fall for (at, gid, sku), fall in found.items() if at == store}
        levels = pd.DataFrame(list(mine), columns=["store_location_id", "sku"])
        told = rows_behind(levels, commitments, pieces[pieces["store"] == store], atp.kits, places)
        for key, fall in mine.items():
            assert told[key] == {name: fall[name] for name in told[key]}


@settings(max_examples=25, deadline=None)
@given(erps(), order_lines(), RULES, erps(), order_lines(), RULES)
def test_what_lies_between_two_numbers_adds_up_to_their_difference(
    rows, world, rules, other_rows, other_world, other_rules
):
    before = explained(quick(rows, *world, fast(rules)), fast(rules))
    after = explained(quick(other_rows, *other_world, fast(other_rules)), fast(other_rules))
    for key in before.keys() & after.keys():
        then, now = before[key]["offer_units"], after[key]["offer_units"]
        found = changes(steps_of(before[key], then), steps_of(after[key], now), since="yesterday")
        assert sum(change.change_micros for change in found) == (now - then) * SCALE


MICROS = st.integers(-(10**9), 10**9)
WATERFALLS = st.fixed_dictionaries(
    {},
    optional={
        **{f"{name}_micros": MICROS for name in ("physical", "unavailable", *KINDS)},
        **{f"{name}_micros": st.none() | MICROS for name in ("atp", "in_flight", "pool")},
        "offer_units": st.integers(0, 1000),
        "limited_by": st.none() | st.just("OAK-TABLE"),
        "rules": st.builds(
            lambda share, buffer, cap: (
                OfferRules(share=Decimal(share) / 10, buffer_units=buffer, cap_units=cap).told()
                | {"rule_of_a_later_version": 1}
            ),
            st.integers(0, 10),
            st.integers(0, 5),
            st.none() | st.integers(0, 50),
        ),
    },
)


@given(WATERFALLS, st.integers(0, 1000))
def test_what_another_version_has_left_adds_up_too(waterfall, quantity_units):
    assert_adds_up(steps_of(waterfall, quantity_units), quantity_units)


def many(count: int, **changed: int) -> dict:
    """A waterfall on so many orders of 1, 2, 3 ... units."""
    sizes = {f"SO-{n}": n for n in range(1, count + 1)} | changed
    rows = [CommitmentBehind(name, "order", "NYC", n * SCALE) for name, n in sizes.items() if n]
    total = sum(row.micros for row in rows)
    return {
        "physical_micros": 10_000 * SCALE,
        "order_micros": total,
        "atp_micros": 10_000 * SCALE - total,
        **kept_rows(rows, ()),
    }


def test_of_very_many_rows_the_biggest_are_kept_and_the_others_are_counted():
    waterfall = many(KEPT_ROWS + 2)
    (step,) = [step for step in steps_of(waterfall, 0) if step.name == "order"]
    assert (len(step.rows), step.rows[0].name) == (KEPT_ROWS, f"SO-{KEPT_ROWS + 2}")
    assert step.rest_micros == (1 + 2) * SCALE
    assert step.rest == "among 2 smaller rows that were not kept one by one"


def test_a_row_that_may_have_been_among_those_not_kept_is_not_called_new():
    before = many(KEPT_ROWS + 2)
    after = many(KEPT_ROWS + 2, **{f"SO-{KEPT_ROWS + 2}": 0, "SO-NEW": 500})
    (found,) = [
        change
        for change in changes(steps_of(before, 0), steps_of(after, 0), since="the pass")
        if change.name == "order"
    ]
    assert found.because == (
        "500 units: order SO-NEW at NYC came after the pass",
        f"{KEPT_ROWS + 2} units: order SO-{KEPT_ROWS + 2} at NYC is not open any more",
    )


def test_an_order_that_came_and_one_that_the_erp_took_over_are_told_by_name():
    def flying(*lines: LineBehind) -> dict:
        micros = sum(line.micros for line in lines)
        return {"physical_micros": 9 * SCALE, "in_flight_micros": micros, **kept_rows((), lines)}

    before = flying(LineBehind("b2b-us", "O-1", "L-1", SCALE, "DINING-SET"))
    after = flying(LineBehind("b2c-us", ORDER, "L-2", 2 * SCALE))
    names = {ORDER: "#1042", "O-1": "#1001"}
    (found,) = [
        change
        for change in changes(
            steps_of(before, 8, names), steps_of(after, 7, names), since="the pass"
        )
        if change.name == "in_flight"
    ]
    assert found.change_micros == -SCALE
    assert found.because == (
        "2 units: order #1042 of b2c-us came after the pass",
        "1 units: order #1001 of b2b-us for the kit DINING-SET is in the ERP's own figures by now",
    )
