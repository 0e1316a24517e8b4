import json

import pytest

from inventory_sync.sandbox.standin import ItemSeed
from inventory_sync.sandbox.standin.cost import CostOf
from inventory_sync.sandbox.standin.documents import SCHEMA, read_operation
from inventory_sync.sandbox.standin.throttle import Bucket
from inventory_sync_tests.sandbox.standin.shops import (
    SET,
    Clock,
    ask,
    fresh_key,
    item_gid,
    open_shop,
    post,
    row,
    set_input,
)

ITEMS = "query Items($n: Int!) { inventoryItems(first: $n) { nodes { id sku tracked } } }"
LOCATION = 'query Place { location(id: "gid://shopify/Location/1001") { name } }'


def _requested(document: str, **variables: object) -> int:
    return CostOf(SCHEMA, read_operation(document, None, variables)).requested()


@pytest.mark.parametrize(
    ("document", "points"),
    [
        ("{ shop { name } }", 1),
        ("{ shop { name plan { publicDisplayName } } }", 2),
        ("{ inventoryItems(first: 10) { nodes { id } pageInfo { hasNextPage } } }", 10),
        ("{ inventoryItems(first: 10) { edges { cursor node { variant { id } } } } }", 20),
        ("{ orders(first: 3) { nodes { lineItems(first: 5) { nodes { id } } } } }", 18),
        ('{ nodes(ids: ["a", "b"]) { ... on InventoryItem { variant { id } } } }', 4),
        (
            "{ orders(first: 2) { nodes { refunds { refundLineItems(first: 4) { nodes { id }}}}}}",
            12,
        ),
        ("{ __typename }", 0),
        ("query { ...F } fragment F on QueryRoot { shop { ...G } } fragment G on Shop { id }", 1),
    ],
)
def test_a_query_costs_its_objects_and_full_pages(document: str, points: int) -> None:
    assert _requested(document) == points


def test_a_mutation_costs_10_and_its_objects_however_many_rows_it_has() -> None:
    assert _requested(SET) == 10 + 2 + 3  # group, user errors; changes with item and location


LEVELS_AT_LOCATION = """{ location(id: "gid://shopify/Location/1001") {
  inventoryLevels(first: 250) { nodes { item { id } quantities(names: ["available"]) { quantity } }
    pageInfo { hasNextPage endCursor } } } }"""
LEVELS_OF_ITEMS = """query ($ids: [ID!]!, $at: ID!) { location(id: $at) { id } nodes(ids: $ids) {
  ... on InventoryItem { id inventoryLevel(locationId: $at) {
    quantities(names: ["available"]) { quantity } } } } }"""


@pytest.mark.parametrize(
    ("document", "variables", "points"),
    [
        (ITEMS, {"n": 250}, 250),
        (LEVELS_AT_LOCATION, {}, 751),
        (LEVELS_OF_ITEMS, {"ids": ["x"] * 250, "at": "x"}, 751),
    ],
)
def test_full_pages_of_items_and_levels_stay_under_the_single_query_limit(
    document: str, variables: dict[str, object], points: int
) -> None:
    assert _requested(document, **variables) == points


def test_what_a_query_did_not_use_is_given_back() -> None:
    shop = open_shop()
    cost = ask(shop, ITEMS, n=250)["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (250, 4)
    assert cost["throttleStatus"] == {
        "maximumAvailable": 2000.0,
        "currentlyAvailable": 1996,
        "restoreRate": 100.0,
    }
    assert shop.statistics.points_spent == 4


def test_a_query_above_the_single_query_limit_is_refused_free_of_charge() -> None:
    shop = open_shop()
    document = "{ inventoryItems(first: 250) { nodes { variant { inventoryItem { id } } } } }"
    document = document.replace("variant {", "inventoryLevels(first: 4) { nodes { id } } variant {")
    content = ask(shop, document)
    (error,) = content["errors"]
    assert error["message"] == (
        "Query cost is 1750, which exceeds the single query max cost limit (1000)."
    )
    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert "data" not in content
    assert shop.bucket.available == 2000


def test_an_empty_bucket_throttles_and_fills_with_time() -> None:
    clock = Clock()
    shop = open_shop(clock)
    shop.bucket.drain(200)
    throttled = ask(shop, ITEMS, n=250)
    (error,) = throttled["errors"]
    assert error["message"] == "Throttled"
    assert error["extensions"]["code"] == "THROTTLED"
    assert "data" not in throttled
    assert throttled["extensions"]["cost"]["requestedQueryCost"] == 250
    assert throttled["extensions"]["cost"]["actualQueryCost"] is None
    assert throttled["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 200
    clock.seconds += 0.5
    assert "data" in ask(shop, ITEMS, n=250)


def test_statistics_tell_how_well_a_caller_behaves() -> None:
    clock = Clock()
    shop = open_shop(clock)
    shop.bucket.drain(150)
    ask(shop, ITEMS, n=250)
    ask(shop, ITEMS, n=250)
    ask(shop, LOCATION)
    clock.seconds += 10
    ask(shop, ITEMS, n=250)
    counted = shop.statistics
    assert counted.requests == {"Items": 3, "Place": 1}
    assert counted.throttled == 2
    assert counted.max_throttled_in_a_row == 2
    assert counted.throttled_in_a_row == 0
    assert counted.max_deficit_points == 100
    assert counted.points_spent == 1 + 4


@pytest.mark.parametrize(
    ("plan", "rate"),
    [("standard", 100), ("advanced", 200), ("plus", 1000), ("enterprise", 2000)],
)
def test_a_plan_has_its_restore_rate_and_twenty_seconds_of_it_in_the_bucket(
    plan: str, rate: int
) -> None:
    status = open_shop(plan=plan).bucket.status()
    assert status["restoreRate"] == rate
    assert status["maximumAvailable"] == 20 * rate


def test_a_bucket_never_overflows() -> None:
    clock = Clock()
    bucket = Bucket("standard", clock)
    clock.seconds = 1_000_000
    bucket.give_back(50)
    assert bucket.available == 2000


def test_complaints_about_variables_are_free_of_charge() -> None:
    shop = open_shop()
    request = {**set_input(row(shop, "RETRO-CLOCK", 1)), "ignoreCompareQuantity": True}
    content = ask(shop, SET, input=request, key=fresh_key())
    (error,) = content["errors"]
    assert error["message"] == (
        "Variable $input of type InventorySetQuantitiesInput! was provided invalid value for"
        " ignoreCompareQuantity (Field is not defined on InventorySetQuantitiesInput)"
    )
    assert error["extensions"]["code"] == "INVALID_VARIABLE"
    assert error["extensions"]["value"] == request
    assert error["extensions"]["problems"] == [
        {
            "path": ["ignoreCompareQuantity"],
            "explanation": "Field is not defined on InventorySetQuantitiesInput",
        }
    ]
    assert "extensions" not in content
    assert "data" not in content


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"quantity": None}, {"path": ["quantities", 0, "quantity"]}),
        ({"quantity": "3"}, {"path": ["quantities", 0, "quantity"]}),
        ({"quantity": 2**31}, {"path": ["quantities", 0, "quantity"]}),
        ({"locationId": None}, {"path": ["quantities", 0, "locationId"]}),
    ],
)
def test_a_variable_of_the_wrong_type_names_its_place(
    change: dict[str, object], problem: dict[str, object]
) -> None:
    shop = open_shop()
    request = set_input({**row(shop, "RETRO-CLOCK", 1), **change})
    (error,) = ask(shop, SET, input=request, key=fresh_key())["errors"]
    assert error["extensions"]["code"] == "INVALID_VARIABLE"
    assert [each["path"] for each in error["extensions"]["problems"]] == [problem["path"]]


def test_a_missing_variable_is_named() -> None:
    shop = open_shop()
    (error,) = ask(shop, ITEMS)["errors"]
    assert error["message"] == "Variable $n of type Int! was provided invalid value"
    assert error["extensions"]["problems"] == [
        {"path": [], "explanation": "Expected value to not be null"}
    ]


def test_a_page_of_250_levels_comes_whole() -> None:
    shop = open_shop(items=tuple(ItemSeed(f"SKU-{n}") for n in range(300)))
    reply = post(shop, ITEMS, {"n": 250})
    assert len(json.loads(reply.body)["data"]["inventoryItems"]["nodes"]) == 250
    assert item_gid(shop, "SKU-299") not in reply.body.decode()
