"""A storefront's question is answered when Shopify has signed it just now, and not otherwise."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.datastructures import QueryParams

from inventory_sync.domain.errors import ErpUnavailable, PromiseRefused, UnknownSku
from inventory_sync.receiver import promise
from inventory_sync.receiver.promise import PROMISE_PATH, Inquiry, message_of
from inventory_sync.receiver.verify import sign_query
from inventory_sync_tests.receiver.deliveries import (
    NOW,
    OLD_SECRET,
    OTHER_SHOP,
    SECRET,
    SHOP,
    Book,
    repeat,
    sending,
)

Pairs = list[tuple[str, str]]
CLOCKS = {"sku": "RETRO-CLOCK", "quantity": "12"}


def forwarded(asked: dict[str, str] | Pairs, *, secret: bytes = SECRET, **added: str) -> str:
    """The path of a question as the app proxy of a store forwards it."""
    usual = {
        "shop": SHOP,
        "logged_in_customer_id": "",
        "path_prefix": "/apps/dates",
        "timestamp": str(int(NOW.timestamp())),
    } | added
    pairs = [*(asked.items() if isinstance(asked, dict) else asked), *usual.items()]
    signature = sign_query(message_of(QueryParams(pairs)), secret).decode()
    return f"{PROMISE_PATH}?{urlencode([*pairs, ('signature', signature)])}"


@contextmanager
def asking(ask: Callable[[Inquiry], str] = repeat) -> Iterator[Any]:
    with sending(Book(), ask) as sender:
        yield sender.client


def test_the_signature_is_that_of_shopifys_own_example() -> None:
    query = QueryParams(
        "extra=1&extra=2&shop=shop-name.myshopify.com&logged_in_customer_id=1"
        "&path_prefix=%2Fapps%2Fawesome_reviews&timestamp=1317327555&signature=left-out"
    )
    expected = b"4c68c8624d737112c91818c11017d24d334b524cb5c2b8ba08daa056f7395ddb"
    assert sign_query(message_of(query), b"hush") == expected


def test_a_question_is_handed_on_with_the_store_that_signed_it() -> None:
    with asking() as client:
        answer = client.get(forwarded(CLOCKS | {"ship_to": "US"}))
    expected = {"store": "b2b-us", "sku": "RETRO-CLOCK", "quantity_units": 12, "region": "US"}
    assert (answer.status_code, answer.json()) == (200, expected)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"


def test_the_secret_before_the_present_one_signs_too() -> None:
    with asking() as client:
        assert client.get(forwarded(CLOCKS, secret=OLD_SECRET)).status_code == 200


def test_any_sku_survives_the_way() -> None:
    with asking() as client:
        for sku in ("OAK TABLE & CHAIR", "a=b", "桌子", "100%", "NULL"):
            assert client.get(forwarded({"sku": sku, "quantity": "1"})).json()["sku"] == sku


@pytest.mark.parametrize(
    "path",
    [
        PROMISE_PATH,
        f"{PROMISE_PATH}?sku=RETRO-CLOCK&quantity=12",
        forwarded(CLOCKS, secret=b"another-secret"),
        forwarded(CLOCKS, shop="stranger.myshopify.com"),
        forwarded(CLOCKS, shop=OTHER_SHOP),
        forwarded(CLOCKS, shop=SHOP.upper()),
        forwarded(CLOCKS) + "&quantity=500",
        forwarded(CLOCKS).replace("quantity=12", "quantity=13"),
        forwarded(CLOCKS).replace("signature=", "signature=%C3%A9"),
        forwarded(CLOCKS, timestamp=str(int(NOW.timestamp()) - 91)),
        forwarded(CLOCKS, timestamp=str(int(NOW.timestamp()) + 91)),
        forwarded(CLOCKS, timestamp="now"),
        forwarded(CLOCKS, timestamp="\uff11\uff13"),
    ],
)
def test_what_shopify_has_not_signed_just_now_learns_nothing(path: str) -> None:
    with asking() as client:
        answer = client.get(path)
    assert answer.status_code == 401
    assert set(answer.json()) == {"error"}


@pytest.mark.parametrize(
    ("asked", "about"),
    [
        ({"sku": "RETRO-CLOCK"}, "quantity"),
        ({"quantity": "12"}, "sku"),
        ({"sku": "", "quantity": "12"}, "sku"),
        ({"sku": "x" * 256, "quantity": "12"}, "sku"),
        ({"sku": "RETRO\0CLOCK", "quantity": "12"}, "sku"),
        *(
            (CLOCKS | {"quantity": text}, "quantity")
            for text in ("0", "-1", "2.5", "1_000", "\uff11\uff12", "1e3", "9" * 10, "NaN", "")
        ),
        (CLOCKS | {"ship_to": ""}, "ship_to"),
        (CLOCKS | {"location": "PLANT-1"}, "Only"),
        ([*CLOCKS.items(), ("sku", "OAK-TABLE")], "sku"),
    ],
)
def test_a_question_that_says_something_else_is_refused(
    asked: dict[str, str] | Pairs, about: str
) -> None:
    with asking() as client:
        answer = client.get(forwarded(asked))
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(about)


@pytest.mark.parametrize(
    ("reason", "status", "sentence"),
    [
        (UnknownSku("The ERP has no SKU RETRO-CLOCK."), 404, "The ERP has no SKU RETRO-CLOCK."),
        (PromiseRefused("Known regions: US."), 422, "Known regions: US."),
        (
            ErpUnavailable("The ERP at 10.0.0.7 is away."),
            503,
            "There is no answer now; ask again later.",
        ),
    ],
)
def test_why_there_is_no_answer_is_said_but_nothing_from_inside(
    reason: Exception, status: int, sentence: str
) -> None:
    def refuse(inquiry: Inquiry) -> str:
        raise reason

    with asking(refuse) as client:
        answer = client.get(forwarded(CLOCKS))
        counted = str(client.get("/metrics").text)
    assert (answer.status_code, answer.json()) == (status, {"error": sentence})
    assert f'inventory_sync_promise_inquiries_total{{status="{status}"}} 1.0' in counted


def test_only_reading_is_possible() -> None:
    with asking() as client:
        assert client.post(forwarded(CLOCKS)).status_code == 405


def test_slow_answers_keep_nobody_else_waiting_and_are_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(promise, "MOST_WAITING", 2)
    inside, go_on = threading.Semaphore(0), threading.Event()

    def wait(inquiry: Inquiry) -> str:
        inside.release()
        go_on.wait()
        return "{}"

    with asking(wait) as client, ThreadPoolExecutor(2) as pool:
        slow = [pool.submit(client.get, forwarded(CLOCKS)) for _ in range(2)]
        for _ in slow:
            inside.acquire()
        assert client.get("/healthz").status_code == 200
        assert client.get(forwarded(CLOCKS)).status_code == 429
        go_on.set()
        assert [answer.result().status_code for answer in slow] == [200, 200]
        assert client.get(forwarded(CLOCKS)).status_code == 200


def test_an_answer_that_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promise, "PATIENCE_SECONDS", 0.05)
    go_on = threading.Event()

    def wait(inquiry: Inquiry) -> str:
        go_on.wait()
        return "{}"

    with asking(wait) as client:
        assert client.get(forwarded(CLOCKS)).status_code == 503
        go_on.set()
