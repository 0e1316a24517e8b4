"""A delivery is in the inbox once, on disk before it is acknowledged (protocol B.9, S8)."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from inventory_sync.domain.webhooks import Hint
from inventory_sync.ledger import Ledger, connect
from inventory_sync_tests.ledger.samples import hint, minutes

EVERYBODY = ("b2b-us", "b2c-eu")


def waiting(ledger: Ledger, stores: Sequence[str] = EVERYBODY, limit: int = 100) -> list[Hint]:
    return [entry.hint for entry in ledger.inbox(stores, limit=limit)]


def test_a_delivery_is_seen_by_another_process_as_it_came(ledger: Ledger, database: str) -> None:
    level = hint(
        subject="inventory_level",
        topic="inventory_levels/update",
        ids=('gid://shopify/InventoryItem/1@"NYC", {a}', "", "Bär 熊"),
        told_units=-3,
    )
    plain = hint(2, event_id=None, triggered_at=None, ids=())

    assert ledger.receive([level, plain]) == 2

    assert waiting(connect(database)) == [level, plain]


def test_a_repeated_webhook_id_is_one_delivery(ledger: Ledger) -> None:
    again = hint(2, webhook_id="delivery-1")

    assert ledger.receive([hint()]) == 1
    assert ledger.receive([again]) == 0
    assert waiting(ledger) == [hint()]


def test_a_repeated_event_of_one_topic_is_one_delivery(ledger: Ledger) -> None:
    again = hint(2, event_id="event-1")
    other_topic = hint(3, event_id="event-1", topic="orders/edited")

    assert ledger.receive([hint()]) == 1
    assert ledger.receive([again]) == 0
    assert ledger.receive([other_topic]) == 1
    assert waiting(ledger) == [hint(), other_topic]


def test_deliveries_without_an_event_id_are_not_the_same(ledger: Ledger) -> None:
    both = [hint(1, event_id=None), hint(2, event_id=None)]

    assert ledger.receive(both) == 2


def test_the_same_body_counts_again_only_after_an_hour(ledger: Ledger) -> None:
    soon = hint(2, digest="sha256-1", received_at=minutes(60))
    later = hint(3, digest="sha256-1", received_at=minutes(61))

    assert ledger.receive([hint(received_at=minutes(1))]) == 1
    assert ledger.receive([soon]) == 0
    assert ledger.receive([later]) == 1


def test_a_body_is_news_again_once_it_was_looked_at(ledger: Ledger) -> None:
    """A hold that is placed, released and placed again says the same thing twice."""
    ledger.receive([hint(1)])
    ledger.inbox_done(
        [entry.inbox_id for entry in ledger.inbox(["b2b-us"], limit=9)], at=minutes(2)
    )

    assert ledger.receive([hint(2, digest="sha256-1")]) == 1


def test_doubles_within_one_call_are_seen_too(ledger: Ledger) -> None:
    call = [
        hint(1),
        hint(1),
        hint(2, webhook_id="delivery-1"),
        hint(3, event_id="event-1"),
        hint(4, digest="sha256-1"),
        hint(5),
    ]

    assert ledger.receive(call) == 2
    assert waiting(ledger) == [hint(1), hint(5)]


def test_nothing_received_is_fine(ledger: Ledger) -> None:
    assert ledger.receive([]) == 0
    ledger.inbox_done([], at=minutes(0))


def test_two_stores_may_be_told_the_same(ledger: Ledger) -> None:
    assert ledger.receive([hint(store="b2b-us"), hint(store="b2c-eu")]) == 2
    assert waiting(ledger, ["b2b-us"]) == [hint(store="b2b-us")]
    assert waiting(ledger, ["b2c-eu"]) == [hint(store="b2c-eu")]
    assert waiting(ledger, ["closed-store"]) == []
    assert waiting(ledger, []) == []


def test_deliveries_come_in_the_order_they_were_received_up_to_the_limit(ledger: Ledger) -> None:
    for number in (3, 1, 2):
        ledger.receive([hint(number)])

    assert [found.webhook_id for found in waiting(ledger, limit=2)] == ["delivery-3", "delivery-1"]


def test_a_dead_delivery_is_kept_for_a_person_and_handed_to_nobody(ledger: Ledger) -> None:
    dead = hint(2, dead_reason="The body is no JSON object.")

    assert ledger.receive([hint(), dead]) == 2

    assert waiting(ledger) == [hint()]
    kept = ledger.inbox_dead().iloc[0]
    assert (kept["webhook_id"], kept["dead_reason"]) == ("delivery-2", dead.dead_reason)


def test_what_is_done_is_not_handed_on_again_but_still_known_as_a_double(ledger: Ledger) -> None:
    ledger.receive([hint(1), hint(2)])
    first, _ = ledger.inbox(EVERYBODY, limit=9)

    ledger.inbox_done([first.inbox_id], at=minutes(3))

    assert waiting(ledger) == [hint(2)]
    assert ledger.receive([hint(1)]) == 0


def test_done_deliveries_are_kept_for_a_week_and_dead_ones_for_90_days(ledger: Ledger) -> None:
    day = 24 * 60
    ledger.receive([hint(1), hint(2), hint(3, dead_reason="no id")])
    first, second = ledger.inbox(EVERYBODY, limit=9)
    ledger.inbox_done([first.inbox_id], at=minutes(10))
    ledger.inbox_done([], at=minutes(7 * day + 10))
    assert ledger.receive([hint(1, received_at=minutes(8 * day))]) == 0

    ledger.inbox_done([], at=minutes(7 * day + 11))
    assert ledger.receive([hint(1, received_at=minutes(8 * day))]) == 1
    assert len(ledger.inbox_dead()) == 1

    ledger.inbox_done([second.inbox_id], at=minutes(91 * day))
    assert ledger.inbox_dead().empty


def test_of_the_same_delivery_received_by_two_at_once_one_is_kept(ledger: Ledger) -> None:
    for number in range(10):
        # Only the digest tells that they are one: no index would see it.
        twins = [hint(number, webhook_id=f"{number}-a"), hint(number, webhook_id=f"{number}-b")]
        hints = [replace(twin, event_id=None) for twin in twins]
        with ThreadPoolExecutor(2) as pool:
            new = list(pool.map(lambda one: ledger.receive([one]), hints))

        assert sorted(new) == [0, 1]


def test_what_was_given_up_waits_no_more_and_is_kept_with_its_reason(ledger: Ledger) -> None:
    ledger.receive([hint(1), hint(2)])
    first, second = ledger.inbox(EVERYBODY, limit=9)

    ledger.inbox_give_up(first.inbox_id, reason="it could not be heard")

    assert ledger.inbox(EVERYBODY, limit=9) == [second]
    assert ledger.inbox_dead()["dead_reason"].tolist() == ["it could not be heard"]
