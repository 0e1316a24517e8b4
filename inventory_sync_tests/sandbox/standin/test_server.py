"""Over HTTP: faults and the control interface."""

import json
import random
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from inventory_sync.sandbox.standin import Fault, StandIn, Wanted, place_order, running
from inventory_sync.sandbox.standin.faults import Faults
from inventory_sync.sandbox.standin.seed import shops_to_json
from inventory_sync_tests.sandbox.standin.shops import (
    ACME,
    EWR,
    NYC,
    SET,
    TOKEN,
    fresh_key,
    item_gid,
    open_shop,
    post,
    row,
    set_input,
    units,
)

HANDLE = ACME.handle
SHOP = "query Facts { shop { name } }"


@pytest.fixture(scope="module")
def stand_in() -> Iterator[StandIn]:
    with running([]) as server:
        yield server


@pytest.fixture
def client(stand_in: StandIn) -> Iterator[httpx.Client]:
    """A client of a stand-in whose only shop has just been opened."""
    with httpx.Client(base_url=stand_in.url, timeout=10) as client:
        put = client.put(f"/control/{HANDLE}", content=_seed())
        assert put.status_code == 201
        yield client


def _seed(**changes: Any) -> str:
    (shop,) = json.loads(shops_to_json([ACME]))
    return json.dumps({**shop, **changes})


def _post(
    client: httpx.Client, document: str, timeout: float = 10, **variables: Any
) -> httpx.Response:
    return client.post(
        f"/{HANDLE}/admin/api/2026-10/graphql.json",
        json={"query": document, "variables": variables},
        headers={"X-Shopify-Access-Token": TOKEN},
        timeout=timeout,
    )


def _control(client: httpx.Client, path: str, **body: Any) -> Any:
    response = client.post(f"/control/{HANDLE}{path}", json=body)
    assert response.status_code == 200, response.text
    return response.json()


def _ambush(client: httpx.Client, kind: str, **more: Any) -> None:
    _control(client, "/faults", faults=[{"kind": kind, **more}])


def test_a_shop_answers_graphql_over_http(client: httpx.Client) -> None:
    response = _post(client, SHOP)
    assert response.json()["data"] == {"shop": {"name": HANDLE}}
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["x-shopify-api-version"] == "2026-10"


def test_an_unknown_shop_is_not_found(client: httpx.Client) -> None:
    response = client.post("/nobody/admin/api/2026-10/graphql.json", json={"query": SHOP})
    assert response.status_code == 404


@pytest.mark.parametrize(
    ("kind", "status"),
    [("http_500", 500), ("http_503", 503), ("http_429", 429), ("http_430", 430)],
)
def test_a_status_fault_strikes_once(client: httpx.Client, kind: str, status: int) -> None:
    _ambush(client, kind, seconds=2.0)
    response = _post(client, SHOP)
    assert response.status_code == status
    assert response.headers.get("retry-after") == ("2.0" if status == 429 else None)
    assert _post(client, SHOP).status_code == 200


def test_a_page_instead_of_json(client: httpx.Client) -> None:
    _ambush(client, "html_200")
    response = _post(client, SHOP)
    assert (response.status_code, response.headers["content-type"]) == (
        200,
        "text/html; charset=utf-8",
    )


def test_null_data(client: httpx.Client) -> None:
    _ambush(client, "data_null")
    assert _post(client, SHOP).json() == {"data": None}


def test_throttled_whatever_the_bucket_holds(client: httpx.Client) -> None:
    _ambush(client, "throttled")
    content = _post(client, SHOP).json()
    assert content["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert content["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 2000


@pytest.mark.parametrize("kind", ["reset", "truncated", "applied_answer_lost"])
def test_a_broken_connection_is_an_error_and_the_next_request_works(
    client: httpx.Client, stand_in: StandIn, kind: str
) -> None:
    shop = stand_in.shops[HANDLE]
    request = set_input(row(shop, "RETRO-CLOCK", 9, 5))
    _ambush(client, kind)
    with pytest.raises(httpx.TransportError):
        _post(client, SET, input=request, key=fresh_key())
    assert units(shop, "RETRO-CLOCK", NYC)[0] == (5 if kind == "reset" else 9)
    assert _post(client, SHOP).status_code == 200


def test_a_slow_answer_comes_late_but_the_write_is_done_at_once() -> None:
    shop = open_shop()
    shop.faults.add([Fault("slow", seconds=60)])
    request = set_input(row(shop, "RETRO-CLOCK", 9, 5))
    reply = post(shop, SET, {"input": request, "key": fresh_key()})
    assert reply.delay_seconds == 60
    assert units(shop, "RETRO-CLOCK", NYC) == (9, 0, 9)


def test_a_slow_answer_comes_whole(client: httpx.Client) -> None:
    _ambush(client, "slow", seconds=0.05)
    assert _post(client, SHOP).json()["data"] == {"shop": {"name": HANDLE}}


def test_a_caller_may_hang_up_on_a_slow_answer(client: httpx.Client) -> None:
    _ambush(client, "slow", seconds=3600)
    with pytest.raises(httpx.ReadTimeout):
        _post(client, SHOP, timeout=0.2)
    assert _post(client, SHOP).status_code == 200


def test_a_fault_strikes_only_the_operation_it_is_meant_for(client: httpx.Client) -> None:
    _ambush(client, "http_500", operation="Set", count=2)
    assert _post(client, SHOP).status_code == 200
    waiting = client.get(f"/control/{HANDLE}/faults").json()["faults"]
    assert [(fault["operation"], fault["count"]) for fault in waiting] == [("Set", 2)]
    assert client.delete(f"/control/{HANDLE}/faults").json() == {"faults": []}


def test_a_fault_with_a_probability_follows_its_seed() -> None:
    def strikes(seed: int) -> list[bool]:
        faults = Faults()
        fault = Fault("http_500", count=None, probability=0.3)
        faults.add([fault], rng=random.Random(seed))
        return [faults.strike("Facts", mutation=False) is not None for _ in range(100)]

    assert strikes(7) == strikes(7)
    assert strikes(7) != strikes(8)
    assert 10 < sum(strikes(7)) < 50


def test_mutation_faults_leave_queries_alone() -> None:
    faults = Faults()
    faults.add([Fault("applied_answer_lost")])
    assert faults.strike("Facts", mutation=False) is None
    assert faults.strike("Set", mutation=True) == Fault("applied_answer_lost")
    assert faults.strike("Set", mutation=True) is None


def test_an_order_lives_its_life_over_the_control_interface(client: httpx.Client) -> None:
    lines = [{"sku": "RETRO-CLOCK", "quantity": 4}]
    order = _control(client, "/orders", lines=lines)
    assert order["lines"][0]["location_ids"] == [NYC]
    at = f"/orders/{order['id']}"
    _control(client, f"{at}/edit", lines=[{"sku": "RETRO-CLOCK", "quantity": 3}])
    _control(client, f"{at}/fulfill", lines=[{"sku": "RETRO-CLOCK", "quantity": 1}])
    refund = {"sku": "RETRO-CLOCK", "quantity": 1, "restock_type": "CANCEL"}
    _control(client, f"{at}/refund", lines=[refund])
    _control(client, f"{at}/move", location_id=EWR)
    state = client.get(f"/control/{HANDLE}/state", params={"sku": "RETRO-CLOCK"}).json()
    shown = [
        (level["location_id"], level["available"], level["committed"], level["on_hand"])
        for level in state["items"][0]["levels"]
    ]
    assert shown == [(NYC, 4, 0, 4), (EWR, 19, 1, 20)]
    assert client.get(f"/control/{HANDLE}{at}").json()["status"] == "open"
    second = _control(client, "/orders", lines=lines, ignore_policy=True)
    assert _control(client, f"/orders/{second['id']}/cancel")["status"] == "cancelled"
    assert len(client.get(f"/control/{HANDLE}/orders").json()["orders"]) == 2


def test_a_draft_is_completed_over_the_control_interface(client: httpx.Client) -> None:
    draft = _control(client, "/drafts", lines=[{"sku": "OAK-TABLE", "quantity": 9}])
    order = _control(client, f"/drafts/{draft['id']}/complete")
    assert order["lines"][0]["quantity"] == 9


def test_a_foreign_edit_changes_a_level(client: httpx.Client, stand_in: StandIn) -> None:
    _control(client, "/levels", sku="RETRO-CLOCK", location_id=NYC, delta=-2)
    assert units(stand_in.shops[HANDLE], "RETRO-CLOCK", NYC) == (3, 0, 3)
    level = _control(
        client,
        "/levels",
        sku="RETRO-CLOCK",
        location_id=NYC,
        available=50,
        active=False,
        tracked=False,
    )
    assert (level["available"], level["active"], level["tracked"]) == (50, False, False)


def test_locations_tokens_and_the_bucket_can_be_changed(client: httpx.Client) -> None:
    shop = _control(client, "/locations", location_id=NYC, active=False)
    assert shop["locations"][0]["active"] is False
    _control(client, "/token", scopes=["read_orders"])
    assert "errors" in _post(client, "{ locations(first: 1) { nodes { id } } }").json()
    assert _control(client, "/bucket", points_left=5)["bucket"]["currentlyAvailable"] == 5
    _control(client, "/token", access_token=None)
    assert _post(client, SHOP).status_code == 401
    _control(client, "/token", access_token=TOKEN, locked=True)
    assert _post(client, SHOP).status_code == 423


def test_the_control_interface_shows_history_and_statistics(
    client: httpx.Client, stand_in: StandIn
) -> None:
    request = set_input(row(stand_in.shops[HANDLE], "RETRO-CLOCK", 9, 5))
    _post(client, SET, input=request, key=fresh_key())
    (group,) = client.get(f"/control/{HANDLE}/history").json()["history"]
    assert group["changes"][0] == {
        "sku": "RETRO-CLOCK",
        "location_id": NYC,
        "name": "available",
        "delta": 4,
    }
    statistics = client.get(f"/control/{HANDLE}/statistics").json()
    assert statistics["requests"] == {"Set": 1}
    assert statistics["statuses"] == {"200": 1}
    anew = client.delete(f"/control/{HANDLE}/statistics").json()
    assert anew["requests"] == {}


def test_the_overview_tells_no_token(client: httpx.Client) -> None:
    overview = client.get("/control")
    assert HANDLE in overview.text
    assert TOKEN not in overview.text
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("path", "body", "status", "sentence"),
    [
        ("/orders", {"lines": []}, 409, "an order needs at least one line"),
        ("/orders", {"lines": [{"sku": "GHOST", "quantity": 1}]}, 409, "no item with SKU 'GHOST'"),
        ("/orders", {"lines": [{"sku": "OAK-TABLE", "quantity": 0}]}, 409, "at least 1"),
        ("/orders", {"lines": [{"sku": "OAK-TABLE"}]}, 422, "lines.0.quantity: Field required"),
        ("/orders", {"line": []}, 422, "lines: Field required"),
        ("/orders/1/cancel", {}, 409, "has no order 1"),
        ("/levels", {"sku": "OAK-TABLE", "location_id": 7}, 409, "has no location 7"),
        ("/faults", {"faults": [{"kind": "slow", "count": 0}]}, 422, "must be at least 1"),
        ("/faults", {"faults": [{"kind": "fire"}]}, 422, "faults.0.kind: Input should be"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    client: httpx.Client, path: str, body: Any, status: int, sentence: str
) -> None:
    response = client.post(f"/control/{HANDLE}{path}", json=body)
    assert response.status_code == status
    assert sentence in response.json()["error"]


def test_an_unknown_shop_or_a_wrong_seed_is_one_sentence(client: httpx.Client) -> None:
    missing = client.get("/control/nobody/state")
    assert missing.status_code == 404
    assert "there is no shop 'nobody'" in missing.json()["error"]
    wrong = client.put("/control/other", content=_seed())
    assert wrong.json()["error"] == "the handle in the body is not the one in the path"
    plan = client.put(f"/control/{HANDLE}", content=_seed(plan="gold"))
    assert plan.status_code == 422
    assert plan.json()["error"].startswith("plan: ")


def test_ids_of_two_shops_do_not_meet(stand_in: StandIn, client: httpx.Client) -> None:
    other = {**json.loads(_seed()), "handle": "acme-b2c"}
    client.put("/control/acme-b2c", json=other)
    assert item_gid(stand_in.shops[HANDLE], "OAK-TABLE") != item_gid(
        stand_in.shops["acme-b2c"], "OAK-TABLE"
    )


def test_a_test_can_place_orders_directly(stand_in: StandIn, client: httpx.Client) -> None:
    order = place_order(stand_in.shops[HANDLE], [Wanted("OAK-TABLE", 1)])
    assert stand_in.shop_url(HANDLE).endswith(f"/{HANDLE}")
    found = _post(client, "query ($id: ID!) { order(id: $id) { name } }", id=order.gid)
    assert found.json()["data"] == {"order": {"name": order.name}}
