"""Bulk operations: what their file holds, of which instant, and how they end."""

import json
from typing import Any

import httpx
import pytest

from inventory_sync.sandbox.standin import Fault, Shop, Wanted, place_order, running
from inventory_sync_tests.sandbox.standin.shops import ACME, Clock, data, open_shop

LEVELS = """{
  inventoryItems { edges { node { id sku inventoryLevels { edges { node { id
    quantities(names: ["available"]) { name quantity } } } } } } }
}"""
BEGIN = """mutation Begin($query: String!, $grouped: Boolean! = false) {
  bulkOperationRunQuery(query: $query, groupObjects: $grouped) {
    bulkOperation { id status }
    userErrors { code field message }
  }
}"""
STATE = """query State($id: ID!) {
  bulkOperation(id: $id) {
    status errorCode objectCount rootObjectCount fileSize url partialDataUrl completedAt type query
  }
}"""
CANCEL = """mutation Cancel($id: ID!) {
  bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { field message } }
}"""


def begin(shop: Shop, query: str = LEVELS, **variables: Any) -> str:
    payload = data(shop, BEGIN, query=query, **variables)["bulkOperationRunQuery"]
    assert payload["userErrors"] == []
    assert payload["bulkOperation"]["status"] == "CREATED"
    gid: str = payload["bulkOperation"]["id"]
    return gid


def state(shop: Shop, gid: str) -> dict[str, Any]:
    found: dict[str, Any] = data(shop, STATE, id=gid)["bulkOperation"]
    return found


def rows(shop: Shop) -> list[dict[str, Any]]:
    *_, last = shop.bulk_operations.values()
    return [json.loads(line) for line in last.content.splitlines()]


def test_a_line_is_an_object_and_names_its_parent() -> None:
    shop = open_shop()
    begin(shop)
    items = {row["id"]: row["sku"] for row in rows(shop) if "__parentId" not in row}
    assert [*items.values()] == ["RETRO-CLOCK", "OAK-TABLE", "GIFT-CARD", "ATTIC-LAMP"]
    levels = [row for row in rows(shop) if "__parentId" in row]
    assert [(items[row["__parentId"]], row["quantities"][0]["quantity"]) for row in levels] == [
        ("RETRO-CLOCK", 5),
        ("RETRO-CLOCK", 20),
        ("OAK-TABLE", 3),
        ("GIFT-CARD", 0),
        ("ATTIC-LAMP", 2),
    ]


@pytest.mark.parametrize("grouped", [True, False])
def test_grouped_lines_follow_their_parent(grouped: bool) -> None:
    shop = open_shop()
    begin(shop, grouped=grouped)
    depths = "".join("." if "__parentId" in row else "I" for row in rows(shop))
    assert depths == ("I..I.I.I." if grouped else "IIII.....")


def test_its_file_is_of_the_instant_at_which_it_began() -> None:
    clock = Clock()
    shop = open_shop(clock)
    gid = begin(shop)
    place_order(shop, [Wanted("OAK-TABLE", 2)])
    clock.seconds += 0.5
    running_now = state(shop, gid)
    assert (running_now["status"], running_now["url"]) == ("RUNNING", None)
    clock.seconds += 10
    done = state(shop, gid)
    assert (done["status"], done["objectCount"], done["rootObjectCount"]) == ("COMPLETED", "9", "4")
    assert 3 in [row["quantities"][0]["quantity"] for row in rows(shop) if "__parentId" in row]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ shop { id } }", "must contain at least one connection"),
        ("{ inventoryItems { nodes { nonsense } } }", "Invalid bulk query"),
        ("{ nonsense", "Invalid bulk query"),
        (
            "{ locations { nodes { inventoryLevels { nodes { item { inventoryLevels { nodes"
            " { id } } } } } } } }",
            "nest connections deeper than 2",
        ),
        (
            "{ " + " ".join(f"a{n}: inventoryItems {{ nodes {{ id }} }}" for n in range(6)) + " }",
            "more than 5 connections",
        ),
    ],
)
def test_a_query_that_cannot_run_in_bulk_is_refused(query: str, message: str) -> None:
    shop = open_shop()
    payload = data(shop, BEGIN, query=query)["bulkOperationRunQuery"]
    (error,) = payload["userErrors"]
    assert payload["bulkOperation"] is None
    assert (error["code"], error["field"]) == ("INVALID", ["query"])
    assert message in error["message"]


def test_a_sixth_at_once_is_refused_until_one_is_canceled() -> None:
    shop = open_shop()
    first, *_ = [begin(shop) for _ in range(5)]
    (error,) = data(shop, BEGIN, query=LEVELS)["bulkOperationRunQuery"]["userErrors"]
    assert (error["code"], error["field"]) == ("OPERATION_IN_PROGRESS", None)
    assert first in error["message"]
    payload = data(shop, CANCEL, id=first)["bulkOperationCancel"]
    assert payload == {"bulkOperation": {"status": "CANCELED"}, "userErrors": []}
    begin(shop)


@pytest.mark.parametrize(
    ("kind", "status", "error_code", "has_part"),
    [
        ("bulk_failed", "FAILED", "INTERNAL_SERVER_ERROR", True),
        ("bulk_stuck", "RUNNING", None, False),
    ],
)
def test_it_fails_on_request(
    kind: Any, status: str, error_code: str | None, has_part: bool
) -> None:
    clock = Clock()
    shop = open_shop(clock)
    shop.faults.add([Fault(kind, operation="Begin")])
    gid = begin(shop)
    clock.seconds += 3600
    found = state(shop, gid)
    assert (found["status"], found["errorCode"], found["url"]) == (status, error_code, None)
    assert (found["partialDataUrl"] is not None) == has_part


def test_what_the_token_may_not_read_fails_as_access_denied() -> None:
    clock = Clock()
    shop = open_shop(clock, scopes=("read_locations",))
    gid = begin(shop)
    clock.seconds += 60
    assert state(shop, gid)["errorCode"] == "ACCESS_DENIED"


def test_its_file_is_served_without_a_token_once_it_is_done() -> None:
    clock = Clock()
    with running([ACME], clock=clock) as stand_in, httpx.Client(timeout=10) as client:
        reply = client.post(
            f"{stand_in.shop_url(ACME.handle)}/admin/api/2026-10/graphql.json",
            json={"query": BEGIN, "variables": {"query": LEVELS}},
            headers={"X-Shopify-Access-Token": ACME.access_token},
        )
        assert reply.status_code == 200
        (operation,) = stand_in.shops[ACME.handle].bulk_operations.values()
        assert operation.file_url.startswith(stand_in.url)
        assert client.get(operation.file_url).status_code == 404
        clock.seconds += 60
        file = client.get(operation.file_url)
        assert (file.status_code, file.content) == (200, operation.content)
        assert len(file.content.splitlines()) == 9
        assert client.get(f"{stand_in.shop_url(ACME.handle)}/bulk/other.jsonl").status_code == 404
