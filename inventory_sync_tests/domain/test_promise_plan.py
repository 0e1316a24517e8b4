"""Which availability a variant gets, and what is written first."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from inventory_sync.domain.metafields import Metafield, PublishedPromise, StoreVariant
from inventory_sync.domain.profile import Profile
from inventory_sync.domain.promise_plan import Action, in_order, plan_variants
from inventory_sync.domain.promise_value import (
    NOTHING,
    LineDate,
    PlaceProfile,
    availability,
    dates_of_lines,
    order_dates,
    promises_less,
    same,
)

NYC, LAX = "gid://shopify/Location/1001", "gid://shopify/Location/1002"
CUTOFF = datetime(2026, 12, 3, 20, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 14, tzinfo=UTC)
THIRD, TENTH, TWENTIETH = date(2026, 12, 3), date(2026, 12, 10), date(2026, 12, 20)
ITEM = "gid://shopify/InventoryItem/7"


def place(*steps, at=NYC, name="New York"):
    return PlaceProfile(at, name, Profile(tuple(steps), CUTOFF if steps else None))


def variant(held=None, sku="RETRO-CLOCK"):
    metafield = None if held is None else Metafield(held, "digest-1")
    return StoreVariant("gid://shopify/ProductVariant/7", ITEM, sku, metafield)


def plan(found, places, *, skus=("RETRO-CLOCK",), known=None, figures_of=MORNING):
    (made,) = plan_variants(
        [found],
        {ITEM: places} if places else {},
        skus=frozenset(skus),
        known={known.owner_id: known} if known else {},
        at=MORNING,
        figures_of=figures_of,
    )
    return made


def written(digest, value=NOTHING):
    return PublishedPromise("gid://shopify/ProductVariant/7", "RETRO-CLOCK", value, digest)


CLOCK = place((12, THIRD), (52, TWENTIETH))


@pytest.mark.parametrize(
    ("seconds", "digest", "places", "action"),
    [
        (1, "digest-1", [CLOCK], Action.LEAVE),
        (1, "digest-1", [], Action.KEEP),
        (0, "digest-1", [CLOCK], Action.WRITE),
        (1, "digest-2", [CLOCK], Action.LEAVE),
        (1, "digest-2", [], Action.LEAVE),
        (1, None, [CLOCK], Action.LEAVE),
        (0, "digest-2", [], Action.KEEP),
    ],
    ids=[
        "told since",
        "told the same",
        "told before",
        "read before it was told",
        "read the same before it was told",
        "its answer was lost",
        "changed by others",
    ],
)
def test_only_what_was_told_from_later_figures_is_left(seconds, digest, places, action):
    told = replace(written(digest), told_at=MORNING + timedelta(seconds=seconds))
    made = plan(variant(held=NOTHING), places, known=told, figures_of=MORNING)
    assert (made.action, made.lowers) == (action, False)
    assert made.finding != "foreign-promise" or action == Action.KEEP


def test_the_value_is_what_the_storefront_reads():
    assert json.loads(availability([CLOCK, place(at=LAX, name="L. A.")])) == {
        "v": 1,
        "places": [
            {
                "id": NYC,
                "name": "New York",
                "until": "2026-12-03T20:00:00Z",
                "steps": [[12, "2026-12-03"], [52, "2026-12-20"]],
            },
            {"id": LAX, "name": "L. A.", "until": None, "steps": []},
        ],
    }


def test_a_new_variant_is_written_where_there_must_be_nothing():
    made = plan(variant(), [CLOCK])
    assert (made.action, made.write.expected_digest) == (Action.WRITE, None)
    assert made.write.value == availability([CLOCK])


def test_what_is_there_already_is_kept_however_the_store_writes_it():
    spaced = json.dumps(json.loads(availability([CLOCK])), indent=1, sort_keys=True)
    assert plan(variant(spaced), [CLOCK]).action == Action.KEEP


def test_what_differs_is_written_over_what_was_read():
    made = plan(variant(NOTHING), [CLOCK])
    assert (made.action, made.lowers) == (Action.WRITE, False)
    assert made.write.expected_digest == "digest-1"


def test_what_is_no_longer_promised_is_withdrawn_and_reads_on_request():
    made = plan(variant(availability([CLOCK])), [], skus=())
    assert (made.action, made.value, made.lowers) == (Action.WRITE, NOTHING, True)
    assert made.finding is None


def test_a_variant_without_a_mapped_location_is_found_and_gets_nothing():
    made = plan(variant(), [])
    assert (made.action, made.finding) == (Action.NONE, "no-promise-place")


def test_an_item_that_the_erp_does_not_have_is_left_alone():
    made = plan(variant(sku="GIFT-CARD"), [])
    assert (made.action, made.finding) == (Action.NONE, None)


@pytest.mark.parametrize("held", [NOTHING, "not json", '{"v":1,"places":7}', "[]", '{"v":9}'])
def test_what_somebody_else_wrote_is_reported_and_written_anew(held):
    made = plan(variant(held), [CLOCK], known=written("digest-0"))
    assert (made.action, made.finding) == (Action.WRITE, "foreign-promise")


def test_what_somebody_has_deleted_is_reported_and_written_anew():
    made = plan(variant(), [CLOCK], known=written("digest-0"))
    assert (made.action, made.finding) == (Action.WRITE, "foreign-promise")


@pytest.mark.parametrize("digest", ["digest-1", None])
def test_what_we_wrote_or_may_have_written_is_not_foreign(digest):
    assert plan(variant(NOTHING), [CLOCK], known=written(digest)).finding is None


def test_a_value_beyond_the_limit_is_refused_before_it_is_sent_and_shows_no_date():
    far = [place((1, THIRD), at=f"{NYC}{n}", name="N" * 300) for n in range(500)]
    made = plan(variant(), far)
    assert (made.action, made.finding) == (Action.NONE, "promise-too-large")
    shown = plan(variant(availability([CLOCK])), far)
    assert (shown.action, shown.value) == (Action.WRITE, NOTHING)


def test_what_promises_less_goes_first():
    more = plan(variant(NOTHING), [CLOCK])
    less = plan(variant(availability([CLOCK])), [place((12, THIRD), (52, date(2026, 12, 21)))])
    kept = plan(variant(availability([CLOCK])), [CLOCK])
    assert in_order([more, kept, less]) == ([less], [more])


@pytest.mark.parametrize(
    ("after", "less"),
    [
        (place((12, THIRD), (52, TWENTIETH)), False),
        (place((12, THIRD), (60, TWENTIETH)), False),
        (place((52, THIRD)), False),
        (place((12, TENTH), (52, TWENTIETH)), True),
        (place((11, THIRD), (52, TWENTIETH)), True),
        (place((12, THIRD)), True),
        (place(), True),
        (place((52, THIRD), at=LAX), True),
    ],
)
def test_a_promise_is_less_when_some_quantity_ships_later_or_has_no_date(after, less):
    assert promises_less(availability([CLOCK]), availability([after]), MORNING) is less


@pytest.mark.parametrize(("seconds", "less"), [(-1, True), (0, False), (5, False)])
def test_from_the_cut_off_on_a_place_promises_nothing_that_could_be_broken(seconds, less):
    at = CUTOFF + timedelta(seconds=seconds)
    assert promises_less(availability([CLOCK]), availability([place()]), at) is less


STEPS = f'"id":"{NYC}","steps":[[99,"2026-11-23"]]'


@pytest.mark.parametrize(
    "strange",
    ["{", "[]", "null", '{"places":[{"id":1}]}', '{"places":7}']
    + [f'{{"places":[{{{STEPS}{until}}}]}}' for until in ("", ',"until":7', ',"until":"soon"')],
)
def test_what_cannot_be_read_promised_nothing(strange):
    assert promises_less(strange, availability([CLOCK]), MORNING) is False
    assert same(strange, availability([CLOCK])) is False


def test_the_dates_of_an_order_come_back_line_by_line():
    lines = [
        LineDate("gid://shopify/LineItem/1", "OAK-TABLE", THIRD, "erp"),
        LineDate("gid://shopify/LineItem/2", "RETRO-CLOCK", TENTH, "computed"),
    ]
    value = order_dates(lines)
    assert json.loads(value)["ships_complete_on"] == "2026-12-10"
    assert list(dates_of_lines(value).values()) == lines


def test_an_order_with_an_undated_line_has_no_date_as_a_whole():
    lines = [
        LineDate("gid://shopify/LineItem/1", "OAK-TABLE", THIRD, "erp"),
        LineDate("gid://shopify/LineItem/2", "RETRO-CLOCK", None, None),
    ]
    assert json.loads(order_dates(lines))["ships_complete_on"] is None
