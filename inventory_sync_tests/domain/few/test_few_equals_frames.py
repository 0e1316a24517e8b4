"""The quick way and the frames come to the same numbers, or the quick way steps aside."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.domain.allocation import OfferRules, offers
from inventory_sync.domain.atp import available_to_promise
from inventory_sync.domain.decision import StoreView, decide
from inventory_sync.domain.few.decide import StoreTerms, decide_few
from inventory_sync.domain.findings import Certainty
from inventory_sync.domain.orders import in_flight, in_flight_effect
from inventory_sync.domain.publication import LEVEL, LevelKey
from inventory_sync.domain.quarantine import judge
from inventory_sync_tests.domain.few.worlds import item_of, known_with, whole_extract
from inventory_sync_tests.domain.samples import NOW
from inventory_sync_tests.domain.test_allocation import as_acknowledged, as_frame
from inventory_sync_tests.domain.worlds import RULES, SKUS, STORES, erps, order_lines
from inventory_sync_tests.erp.fake import FakeErp

TERMS = ("physical_micros", "atp_micros", "in_flight_micros", "pool_micros", "offer_units")

ODD_ROWS = st.sampled_from(
    [
        ("stock", {"physical": "-1"}),
        ("stock", {"physical": None}),
        ("stock", {"physical": "nan"}),
        ("stock", {"unavailable": "a lot"}),
        ("stock", {"location": None}),
        ("stock", {"location": "MOON"}),
        ("stock", {"physical": "0.00000001"}),
        ("commitments", {"quantity": "-2"}),
        ("commitments", {"quantity": None}),
        ("commitments", {"kind": "wish"}),
        ("commitments", {"location": None}),
        ("commitments", {"commitment_id": "C-0"}),
        ("components", {"quantity": "0"}),
        ("components", {"component_sku": "MOONSTONE"}),
        ("components", {"component_sku": "BUNDLE"}),
        ("products", {"tracked": None}),
        ("stock", "twice"),
        ("commitments", "twice"),
        ("components", "twice"),
    ]
)


def frames_offers(rows, lines, acknowledged, rules):
    """(store, store location, SKU) -> row of the frames' offers; None where they are in doubt."""
    judged = judge(FakeErp(rows).snapshot())
    atp = available_to_promise(judged, NOW)
    flying = in_flight(as_frame(lines), as_acknowledged(acknowledged))
    effect = in_flight_effect(flying, atp.kits, STORES)
    found = {}
    for store, places in STORES.items():
        table = offers(atp, effect[effect["store"] == store], places, rules)
        for row in table.to_dict("records"):
            doubtful = row["certainty"] != Certainty.EXACT
            key = store, row["store_location_id"], row["sku"]
            found[key] = None if doubtful else row
    return found


def fast(rules):
    return OfferRules(rules.share, rules.buffer, rules.hide_below, rules.cap)


def quick(rows, lines, acknowledged, rules, base_units=5):
    terms = {store: StoreTerms(places, rules) for store, places in STORES.items()}
    known = known_with(lines, base_units, SKUS)
    return decide_few(whole_extract(rows, acknowledged), known, terms, now=NOW)


def flat(plan):
    return {
        (store, place, sku): offer
        for store, table in plan.offers.items()
        for (place, sku), offer in table.items()
    }


@settings(max_examples=60, deadline=None)
@given(erps(), order_lines(), RULES)
def test_every_term_of_every_offer_is_that_of_the_frames(rows, world, rules):
    lines, acknowledged = world
    plan = quick(rows, lines, acknowledged, fast(rules))
    expected = frames_offers(rows, lines, acknowledged, fast(rules))
    assert not plan.odd
    found = flat(plan)
    assert found.keys() == expected.keys()
    for key, offer in found.items():
        row = expected[key]
        told = {name: row[name] for name in TERMS}
        assert {name: offer.waterfall[name] for name in TERMS} == told, key
        assert offer.offer_units == row["offer_units"]
        limits = None if pd.isna(row["limited_by"]) else row["limited_by"]
        assert offer.waterfall["limited_by"] == limits


@settings(max_examples=60, deadline=None)
@given(erps(), order_lines(), ODD_ROWS, st.integers(0, 100))
def test_a_row_that_the_frames_doubt_is_never_counted(rows, world, odd, which):
    dataset, change = odd
    if not rows[dataset]:
        return
    changed = [dict(row) for row in rows[dataset]]
    victim = changed[which % len(changed)]
    changed += [dict(victim)] if change == "twice" else []
    victim |= {} if change == "twice" else change
    rows = {**rows, dataset: changed}
    lines, acknowledged = world
    expected = frames_offers(rows, lines, acknowledged, OfferRules())
    for key, offer in flat(quick(rows, lines, acknowledged, OfferRules())).items():
        assert expected[key] is not None, f"{key} is in doubt"
        assert offer.offer_units == expected[key]["offer_units"], key


@settings(max_examples=60, deadline=None)
@given(erps(), order_lines(), RULES, st.integers(0, 8))
def test_the_writes_are_those_of_the_frames_when_stores_show_what_is_explained(
    rows, world, rules, base_units
):
    lines, acknowledged = world
    plan = quick(rows, lines, acknowledged, fast(rules), base_units)
    judged = judge(FakeErp(rows).snapshot())
    atp = available_to_promise(judged, NOW)
    flying = in_flight(as_frame(lines), as_acknowledged(acknowledged))
    effect = in_flight_effect(flying, atp.kits, STORES)
    for store, places in STORES.items():
        taken = {}
        for line in lines:
            if line.store == store and line.place:
                key = LevelKey(item_of(line.sku), line.place)
                taken[key] = taken.get(key, 0) + line.taken
        offered = offers(atp, effect[effect["store"] == store], places, fast(rules))
        view = explained_view(places, base_units, taken)
        rows_planned = decide(offered, view, skus=pd.Index(SKUS), untracked=frozenset()).rows
        frames = {
            LevelKey(row["inventory_item_id"], row["store_location_id"]): (
                row["observed_units"],
                row["quantity_units"],
                row["taken_units"],
            )
            for row in rows_planned.to_dict("records")
            if row["action"] == "write"
        }
        writes = plan.stores[store]
        assert frames == {
            change.key: (
                change.expected_units,
                change.quantity_units,
                writes.decided[change.key].taken_units,
            )
            for change in writes.changes
        }
        assert set(writes.kept) | frames.keys() == {
            LevelKey(item_of(sku), place) for sku in SKUS for place in places
        }


def explained_view(places, base_units, taken) -> StoreView:
    keys = [(item_of(sku), place) for place in places for sku in SKUS]
    shown = [base_units - taken.get(LevelKey(*key), 0) for key in keys]
    levels = pd.DataFrame(keys, columns=LEVEL).assign(is_active=True, available_units=shown)
    return StoreView(
        catalog=pd.DataFrame(
            {"inventory_item_id": [item_of(sku) for sku in SKUS], "sku": SKUS, "tracked": True}
        ),
        levels=levels.astype({"is_active": "boolean", "available_units": "Int64"}),
        publications=pd.DataFrame(keys, columns=LEVEL).assign(
            quantity_units=base_units, taken_units=0, version=3
        ),
        taken=pd.DataFrame(
            [(key.inventory_item_id, key.store_location_id, units) for key, units in taken.items()],
            columns=[*LEVEL, "taken_units"],
        ).astype({"taken_units": "int64"}),
        busy=pd.DataFrame(columns=LEVEL),
    )
