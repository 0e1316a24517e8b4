"""The addresses beside the webhooks, and what people learn of a delivery."""

import pytest
from structlog.testing import capture_logs

from inventory_sync.domain.errors import InventorySyncError
from inventory_sync_tests.receiver.deliveries import PATH, Book, Sender, encoded, headers, order

AWAY = InventorySyncError("The ledger in database sync cannot be used.")


def test_a_store_that_is_not_served_has_no_address(sender: Sender, book: Book) -> None:
    body = encoded(order())
    path = PATH.replace("b2b-us", "b2c-eu")
    assert sender.client.post(path, content=body, headers=headers(body)).status_code == 404
    assert sender.client.get(PATH).status_code == 405
    assert book.hints == []


def test_without_the_ledger_deliveries_have_to_come_again(sender: Sender, book: Book) -> None:
    book.failure = AWAY
    assert sender.send(order()) == 503
    book.failure = None
    assert sender.send(order()) == 200
    assert len(book.hints) == 1


def test_it_is_well_only_as_long_as_it_can_write(sender: Sender, book: Book) -> None:
    assert sender.client.get("/healthz").text == "ok\n"
    book.failure = AWAY
    answer = sender.client.get("/healthz")
    assert (answer.status_code, answer.text) == (503, "the ledger does not answer\n")


def test_deliveries_are_counted_by_store_topic_and_outcome(sender: Sender, book: Book) -> None:
    sender.send(order())
    sender.send(b"{")
    sender.send(order(), x_shopify_hmac_sha256="d3Jvbmc=")
    book.failure = AWAY
    sender.send(order())
    for outcome in ("stored", "dead_letter", "wrong_signature", "inbox_unavailable"):
        labels = f'outcome="{outcome}",store="b2b-us",topic="orders/create"'
        counted = f"inventory_sync_webhook_deliveries_total{{{labels}}} 1.0"
        assert counted in sender.metrics()
    assert "inventory_sync_webhook_seconds_count 4.0" in sender.metrics()
    assert "inventory_sync_inbox_batch_deliveries_count 2.0" in sender.metrics()


def test_strangers_cannot_invent_labels(sender: Sender) -> None:
    before = len(sender.metrics())
    for number in range(50):
        body = encoded(order())
        path = PATH.replace("b2b-us", f"store-{number}")
        sender.client.post(path, content=body, headers=headers(body, f"topic/{number}"))
        sender.send(body, f"topic/{number}", x_shopify_hmac_sha256="d3Jvbmc=")
    labels = {line.partition("{")[2].partition("}")[0] for line in sender.metrics()}
    deliveries = [label for label in labels if "outcome" in label]
    assert sorted(deliveries) == [
        'outcome="unknown_store",store="other",topic="other"',
        'outcome="wrong_signature",store="b2b-us",topic="other"',
    ]
    assert len(sender.metrics()) < before + 10


@pytest.mark.parametrize(
    ("topic", "body", "event"),
    [
        ("orders/create", b"{", "dead_letter"),
        ("customers/redact", {"customer": {"email": "canary@example.com"}}, "compliance_request"),
        ("app/uninstalled", {"myshopify_domain": "canary"}, "app_uninstalled"),
    ],
)
def test_people_learn_what_they_should_know_and_nothing_of_a_body(
    sender: Sender, topic: str, body: object, event: str
) -> None:
    with capture_logs() as logs:
        sender.send(body, topic)
    assert [(entry["event"], entry["topic"]) for entry in logs] == [(event, topic)]
    assert "canary" not in repr(logs)


def test_a_compliance_request_is_answered_with_how_much_was_deleted(sender: Sender) -> None:
    with capture_logs() as logs:
        assert sender.send({"shop_id": 1}, "shop/redact") == 200
    assert logs[0]["rows_deleted"] == 0


def test_a_hostile_header_cannot_move_the_terminal_that_shows_the_log(sender: Sender) -> None:
    with capture_logs() as logs:
        sender.send(order(), "\x9b31m\xadorders/create", x_shopify_webhook_id="\x9b2J")
    assert all(text.isprintable() for text in logs[0].values())
