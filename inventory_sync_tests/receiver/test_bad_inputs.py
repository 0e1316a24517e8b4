"""What strangers, proxies and Shopify's bad days send: each has one defined answer, never a 500."""

import base64
import gzip
import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.ledger import Ledger
from inventory_sync.receiver.verify import StoreSecrets, sign
from inventory_sync_tests.receiver.deliveries import (
    NOW,
    OLD_SECRET,
    ORDER,
    OTHER_SHOP,
    PATH,
    SECRET,
    Book,
    Sender,
    app,
    encoded,
    head,
    headers,
    line,
    listening,
    order,
    sending,
)

BODY = encoded(order())
MEGABYTE = 1_000_000


def test_an_order_that_is_signed_rightly_is_taken_in(sender: Sender, book: Book) -> None:
    assert sender.send(BODY) == 200
    (hint,) = book.hints
    assert (hint.store, hint.topic, hint.subject) == ("b2b-us", "orders/create", "order")
    assert (hint.ids, hint.received_at, hint.dead_reason) == ((ORDER,), NOW, None)


# --- signatures: items 1 to 6 ---


@pytest.mark.parametrize(
    "signature",
    [
        pytest.param("", id="1 none"),
        pytest.param(sign(BODY, b"another secret").decode(), id="2 of another secret"),
        pytest.param(hmac.new(SECRET, BODY, "sha256").hexdigest(), id="3 in hex"),
        pytest.param("Ünterschrift\xff", id="4 not ASCII"),
        pytest.param(sign(BODY, SECRET).decode() + "=", id="4 longer"),
        pytest.param(sign(encoded(json.dumps(order(), indent=1).encode()), SECRET).decode(),
                     id="5 of the same JSON written anew"),
        pytest.param(base64.b64encode(hashlib.sha256(BODY).digest()).decode(), id="2 of no secret"),
    ],
)  # fmt: skip
def test_a_wrong_signature_is_refused_and_nothing_is_kept(
    sender: Sender, book: Book, signature: str
) -> None:
    assert sender.send(BODY, x_shopify_hmac_sha256=signature) == 401
    assert book.hints == []


def test_a_secret_of_another_store_does_not_open_this_one(sender: Sender, book: Book) -> None:
    signature = sign(BODY, b"client-secret-of-b2c-us").decode()
    assert sender.send(BODY, x_shopify_hmac_sha256=signature) == 401
    assert book.hints == []


def test_both_secrets_count_while_one_replaces_the_other(sender: Sender, book: Book) -> None:
    for secret in (SECRET, OLD_SECRET):
        assert sender.send(BODY, x_shopify_hmac_sha256=sign(BODY, secret).decode()) == 200
    assert len(book.hints) == 2


@pytest.mark.parametrize("secrets", [(), (b"",), (b"  \n",), (SECRET, b"")])
def test_6_a_store_with_an_empty_secret_cannot_be_served(secrets: tuple[bytes, ...]) -> None:
    with pytest.raises(InventorySyncError, match="is empty, and anybody could sign with it"):
        StoreSecrets("acme-b2b.myshopify.com", secrets)


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b'{"id": NaN}'])
def test_nothing_is_parsed_before_the_signature_is_right(
    sender: Sender, book: Book, body: bytes
) -> None:
    assert sender.send(body, x_shopify_hmac_sha256="d3Jvbmc=") == 401
    assert book.hints == []


# --- bodies that cannot be used: items 7 to 13 ---


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(BODY[:-20], "it is not JSON, or not all of it", id="7 cut short"),
        pytest.param(b"", "it is not JSON, or not all of it", id="7 empty"),
        pytest.param(BODY + BODY, "it is not JSON, or not all of it", id="7 twice in one"),
        pytest.param(b'\xff{"id": 1}', "it is not UTF-8 text", id="7 not UTF-8"),
        pytest.param(BODY.decode().encode("utf-16"), "it is not UTF-8 text", id="7 UTF-16"),
        pytest.param(b"[1, 2]", "its JSON is not an object", id="7 a list"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "its JSON is nested too deeply",
                     id="10 objects in objects"),
        pytest.param(b'{"a":' + b"[" * 100_000, "its JSON is nested too deeply",
                     id="10 lists in lists"),
        pytest.param(b'{"id": 1, "quantity":5,"quantity":500}', "a key of its JSON stands twice",
                     id="11 a key twice"),
        pytest.param(b'{"id": 1, "line_items": [{"sku": "A", "sku": "B"}]}',
                     "a key of its JSON stands twice", id="11 a key twice, inside"),
        pytest.param(b'{"id": NaN}', "its JSON holds NaN or Infinity", id="12 NaN"),
        pytest.param(b'{"id": 1, "price": -Infinity}', "its JSON holds NaN or Infinity",
                     id="12 Infinity"),
        pytest.param(b'{"id": 1, "price": 1e400}',
                     "a number of its JSON is larger than any quantity", id="12 1e400"),
        pytest.param(b'{"id": ' + b"9" * 10_000 + b"}",
                     "a number of its JSON is larger than any id", id="13 10,000 digits"),
        pytest.param(b'{"id": 18446744073709551616}',
                     "a number of its JSON is larger than any id", id="13 2 to the 64th"),
    ],
)  # fmt: skip
def test_a_signed_body_that_cannot_be_used_is_answered_once_and_kept_for_a_person(
    sender: Sender, book: Book, body: bytes, reason: str
) -> None:
    assert sender.send(body) == 200
    (hint,) = book.hints
    assert hint.dead_reason == f"The body cannot be used: {reason}."
    assert hint.ids == ()


def test_8_ten_megabytes_are_refused_before_any_of_them_has_come(book: Book) -> None:
    fields = headers(b"", content_length=str(10 * MEGABYTE))
    with listening(app(book)) as port, socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(head(fields))
        assert wire.recv(1000).startswith(b"HTTP/1.1 413 ")
    assert book.hints == []


def test_8_ten_megabytes_without_a_length_are_refused_after_two(book: Book) -> None:
    chunk = b"%x\r\n" % MEGABYTE + bytes(MEGABYTE) + b"\r\n"
    fields = headers(b"", transfer_encoding="chunked")
    with listening(app(book)) as port, socket.create_connection(("127.0.0.1", port)) as wire:
        wire.sendall(head(fields) + 3 * chunk)  # and no end
        assert wire.recv(1000).startswith(b"HTTP/1.1 413 ")
    assert book.hints == []


def test_8_a_sender_that_reads_late_still_learns_that_it_was_too_much(sender: Sender) -> None:
    def stream() -> Iterator[bytes]:
        for _ in range(10):
            yield bytes(MEGABYTE)

    answer = sender.client.post(PATH, content=stream(), headers=headers(b""))
    assert answer.status_code == 413


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate", "br", "identity, gzip"])
def test_9_a_compressed_body_is_refused_unopened(sender: Sender, book: Book, encoding: str) -> None:
    bomb = gzip.compress(bytes(10 * MEGABYTE))
    assert sender.send(bomb, content_encoding=encoding) == 415
    assert book.hints == []


# --- values that would be used if any were: items 14 and 20 to 24 ---


@pytest.mark.parametrize("quantity", [-1, 0, 2.5, "3", True, "１２", "1_000", None, 10**18])  # noqa: RUF001
def test_14_no_quantity_in_a_body_makes_any_difference(
    sender: Sender, book: Book, quantity: object
) -> None:
    body = order(line_items=[line(quantity=quantity, current_quantity=quantity)])
    assert sender.send(body) == 200
    (hint,) = book.hints
    assert (hint.ids, hint.dead_reason) == ((ORDER,), None)


@pytest.mark.parametrize("number", [-1, 0, 2.5, "3", True, "１２", "1_000", None, [1]])  # noqa: RUF001
def test_14_what_is_no_id_is_not_taken_for_one(sender: Sender, book: Book, number: object) -> None:
    assert sender.send({"id": number}) == 200
    (hint,) = book.hints
    assert hint.dead_reason == "The body names nothing that its topic could be about."


def test_20_deliveries_out_of_order_name_the_same_order(sender: Sender, book: Book) -> None:
    """Which one is newer does not matter: the order is fetched as it is then."""
    for topic in ("orders/paid", "orders/updated", "orders/create"):
        assert sender.send(BODY, topic, x_shopify_webhook_id=topic) == 200
    assert [hint.ids for hint in book.hints] == 3 * [(ORDER,)]


@pytest.mark.parametrize(
    ("told", "believed"),
    [
        ("2026-11-24T09:30:00Z", False),
        ("1970-01-01T00:00:00Z", False),
        ("0001-01-01T00:00:00+14:00", False),
        ("2026-11-22T09:30:00Z", True),  # a day late
        ("2026-11-23T04:29:59-05:00", True),
        ("2026-11-23T09:29:59", False),
        ("yesterday", False),
        ("", False),
    ],
)
def test_21_a_delivery_counts_whenever_it_claims_to_be_from(
    sender: Sender, book: Book, told: str, believed: bool
) -> None:
    assert sender.send(BODY, x_shopify_triggered_at=told) == 200
    (hint,) = book.hints
    assert (hint.ids, hint.dead_reason) == ((ORDER,), None)
    assert (hint.triggered_at is not None) == believed


def test_22_an_order_of_5000_lines_is_one_id(sender: Sender, book: Book) -> None:
    lines = [line(id=10**12 + number, sku=f"OAK-TABLE-{number}") for number in range(5_000)]
    assert sender.send(order(line_items=lines)) == 200
    assert [hint.ids for hint in book.hints] == [(ORDER,)]


STRANGE_LINES: dict[str, Any] = {
    "23 a custom item": line(variant_id=None, sku=None),
    "23 a deleted product": line(product_exists=False, product_id=None),
    "23 a gift card": line(gift_card=True, sku="GIFT"),
    "23 a tip": line(sku="", title="Tip", variant_inventory_management=None),
    "24 a removed line": line(current_quantity=0),
}
STRANGE_ORDERS = {what: order(line_items=[odd]) for what, odd in STRANGE_LINES.items()} | {
    "24 a test order": order(test=True),
    "24 a refund without restock": order(refunds=[{"restock": False, "refund_line_items": []}]),
    "23 no lines": order(line_items=None),
}


@pytest.mark.parametrize("body", STRANGE_ORDERS.values(), ids=STRANGE_ORDERS)
def test_what_is_strange_about_an_order_is_left_to_who_fetches_it(
    sender: Sender, book: Book, body: dict[str, Any]
) -> None:
    assert sender.send(body, "orders/updated") == 200
    assert [(hint.ids, hint.dead_reason) for hint in book.hints] == [((ORDER,), None)]


# --- replays and forged headers: items 15 to 19 ---


def _inbox(ledger: Ledger) -> list[tuple[str, tuple[str, ...]]]:
    entries = ledger.inbox(["b2b-us"], limit=100)
    return [(entry.hint.topic, entry.hint.ids) for entry in entries]


@pytest.mark.parametrize(
    "other_ids",
    [
        pytest.param({}, id="15 under the same id"),
        pytest.param({"x_shopify_webhook_id": "another", "x_shopify_event_id": "another"},
                     id="16 under new ids"),
        pytest.param({"x_shopify_webhook_id": "", "x_shopify_event_id": ""}, id="16 without ids"),
    ],
)  # fmt: skip
def test_a_replay_is_answered_and_not_written_again(
    ledger: Ledger, other_ids: dict[str, str]
) -> None:
    with sending(ledger) as sender:
        assert sender.send(BODY) == 200
        assert sender.send(BODY, **other_ids) == 200
        assert "inventory_sync_inbox_new_total 1.0" in sender.metrics()
    assert _inbox(ledger) == [("orders/create", (ORDER,))]


def test_17_a_created_order_replayed_as_cancelled_is_the_same_order_to_fetch(
    ledger: Ledger,
) -> None:
    with sending(ledger) as sender:
        assert sender.send(BODY, "orders/create") == 200
        assert sender.send(BODY, "orders/cancelled", x_shopify_webhook_id="forged") == 200
    assert _inbox(ledger) == [("orders/create", (ORDER,)), ("orders/cancelled", (ORDER,))]


@pytest.mark.parametrize("topic", ["inventory_levels/update", "draft_orders/delete"])
def test_17_an_order_under_the_topic_of_something_else_is_an_order(
    sender: Sender, book: Book, topic: str
) -> None:
    assert sender.send(BODY, topic) == 200
    (hint,) = book.hints
    assert (hint.subject, hint.ids, hint.dead_reason) == ("order", (ORDER,), None)


def test_18_a_delivery_for_another_shop_is_refused_and_counted(sender: Sender, book: Book) -> None:
    assert sender.send(BODY, x_shopify_shop_domain=OTHER_SHOP) == 401
    assert book.hints == []
    counted = 'outcome="wrong_shop",store="b2b-us",topic="orders/create"} 1.0'
    assert any(counted in figure for figure in sender.metrics())


def test_18_a_delivery_that_names_no_shop_is_its_signer_s(sender: Sender, book: Book) -> None:
    assert sender.send(BODY, x_shopify_shop_domain="") == 200
    assert len(book.hints) == 1


@pytest.mark.parametrize("topic", ["orders/teleported", "", "\xff\x1b[2J" + 300 * "x"])
def test_19_an_unknown_topic_is_answered_and_kept_for_a_person(
    sender: Sender, book: Book, topic: str
) -> None:
    assert sender.send(BODY, topic) == 200
    (hint,) = book.hints
    assert (hint.ids, hint.dead_reason) == ((), "The topic is none that we know.")
    assert hint.topic.isprintable()
    assert len(hint.topic) <= 100


def test_19_invented_topics_cannot_fill_the_inbox(ledger: Ledger) -> None:
    with sending(ledger) as sender:
        for number in range(20):
            other = {"x_shopify_webhook_id": f"w{number}", "x_shopify_event_id": f"e{number}"}
            assert sender.send(BODY, f"orders/forged-{number}", **other) == 200
        assert "inventory_sync_inbox_new_total 1.0" in sender.metrics()


# --- connections: item 25, more in test_connection ---


def test_25_a_sender_that_goes_in_the_middle_of_a_body_leaves_nothing(book: Book) -> None:
    fields = headers(BODY, content_length=str(len(BODY)))
    with listening(app(book)) as port:
        with socket.create_connection(("127.0.0.1", port)) as wire:
            wire.sendall(head(fields) + BODY[:-1])
        with socket.create_connection(("127.0.0.1", port)) as wire:
            wire.sendall(head(fields) + BODY)
            assert wire.recv(1000).startswith(b"HTTP/1.1 200 ")
    assert len(book.hints) == 1


def test_25_a_sender_that_goes_after_the_body_leaves_a_whole_row_or_none(ledger: Ledger) -> None:
    """It never learns that it was heard, and sends again: then there is still one row."""
    request = head(headers(BODY, content_length=str(len(BODY)))) + BODY
    with listening(app(ledger)) as port:
        with socket.create_connection(("127.0.0.1", port)) as wire:
            wire.sendall(request)
        with socket.create_connection(("127.0.0.1", port)) as wire:
            wire.sendall(request)
            assert wire.recv(1000).startswith(b"HTTP/1.1 200 ")
    assert _inbox(ledger) == [("orders/create", (ORDER,))]
