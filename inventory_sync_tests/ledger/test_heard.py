"""Each lane hears every event of the ERP once, and forgets none between hearing and marking."""

from collections.abc import Sequence

import pytest

from inventory_sync.domain.dirty import Mark
from inventory_sync.domain.extract import ErpEvent
from inventory_sync.ledger import Ledger
from inventory_sync_tests.ledger.samples import NOON, minutes


def event(event_id: int, sku: str | None = "OAK-TABLE", document: str | None = None) -> ErpEvent:
    return ErpEvent(event_id, NOON, "order_placed", sku, "NYC", document)


def marks(*skus: str) -> Sequence[Mark]:
    return [Mark(sku, NOON, NOON, "order_placed") for sku in skus]


def dirty(ledger: Ledger) -> list[tuple[str, str]]:
    return sorted(zip(ledger.dirty()["lane"], ledger.dirty()["sku"], strict=True))


def test_the_cursor_is_the_highest_id_and_never_falls(ledger: Ledger) -> None:
    assert ledger.heard_until("order_events") is None

    ledger.record_events("order_events", [event(7), event(9), event(8)], [], at=minutes(1))
    ledger.record_events("order_events", [event(3)], [], at=minutes(2))

    assert ledger.heard_until("order_events") == 9
    assert ledger.heard_until("hold_events") is None


def test_an_event_that_is_heard_twice_keeps_the_time_it_was_heard_at_first(ledger: Ledger) -> None:
    ledger.record_events("order_events", [event(7), event(8)], [], at=minutes(1))
    ledger.record_events("order_events", [event(8), event(9)], [], at=minutes(2))

    assert ledger.heard_since("order_events", minutes(0)) == {
        7: minutes(1),
        8: minutes(1),
        9: minutes(2),
    }
    assert ledger.heard_since("order_events", minutes(1)) == {9: minutes(2)}
    assert ledger.heard_since("hold_events", minutes(0)) == {}


def test_what_events_concern_is_marked_with_them(ledger: Ledger) -> None:
    ledger.record_events("hold_events", [event(1)], marks("OAK-TABLE", "SET-1"), at=minutes(1))

    assert dirty(ledger) == [("hold_events", "OAK-TABLE"), ("hold_events", "SET-1")]


def test_events_that_cannot_be_marked_are_not_heard_either(ledger: Ledger) -> None:
    """One transaction: an event that counts as heard without its mark is lost for ever."""
    unspeakable = marks("OAK\0TABLE")  # PostgreSQL keeps no NUL in a text
    with pytest.raises(Exception, match=r"\\u0000|NUL"):
        ledger.record_events("order_events", [event(1)], unspeakable, at=minutes(1))

    assert ledger.heard_until("order_events") is None
    assert ledger.heard_since("order_events", minutes(0)) == {}


def test_a_restart_sets_the_cursor_back_and_forgets_what_was_heard(ledger: Ledger) -> None:
    ledger.record_events("order_events", [event(900)], [], at=minutes(1))
    ledger.record_events("hold_events", [event(901)], [], at=minutes(1))

    ledger.record_events("order_events", [], marks("OAK-TABLE"), at=minutes(2), restart_at=4)

    assert ledger.heard_until("order_events") == 4
    assert ledger.heard_since("order_events", minutes(0)) == {}
    assert ledger.heard_until("hold_events") == 901
    assert dirty(ledger) == [("order_events", "OAK-TABLE")]


def test_a_restart_with_events_goes_on_from_them(ledger: Ledger) -> None:
    ledger.record_events("order_events", [event(900), event(5)], [], at=minutes(1))

    ledger.record_events("order_events", [event(5), event(6)], [], at=minutes(2), restart_at=4)

    assert ledger.heard_until("order_events") == 6
    assert ledger.heard_since("order_events", minutes(0)) == {5: minutes(2), 6: minutes(2)}


def test_a_document_is_remembered_by_the_skus_that_its_events_named(ledger: Ledger) -> None:
    first = [
        event(1, "OAK-TABLE", "SO-1"),
        event(2, "RETRO-CLOCK", "SO-1"),
        event(3, "OAK-TABLE", "SO-1"),
        event(4, "OAK-TABLE", "SO-2"),
        event(5, None, "SO-3"),
        event(6, "WALL-LAMP", None),
    ]
    ledger.record_events("order_events", first, [], at=minutes(1))
    ledger.record_events("hold_events", [event(7, "WALL-LAMP", "SO-1")], [], at=minutes(2))

    assert ledger.skus_of_document("SO-1") == ["OAK-TABLE", "RETRO-CLOCK", "WALL-LAMP"]
    assert ledger.skus_of_document("SO-2") == ["OAK-TABLE"]
    assert ledger.skus_of_document("SO-3") == []


def test_what_was_heard_is_forgotten_after_a_day_and_documents_after_four_months(
    ledger: Ledger,
) -> None:
    day = 24 * 60
    ledger.record_events("order_events", [event(1, document="SO-1")], [], at=minutes(0))
    ledger.record_events("order_events", [event(2, document="SO-2")], [], at=minutes(day + 1))
    assert list(ledger.heard_since("order_events", minutes(-1))) == [2]
    assert ledger.skus_of_document("SO-1") == ["OAK-TABLE"]

    ledger.record_events("order_events", [event(3)], [], at=minutes(120 * day + 1))

    assert ledger.skus_of_document("SO-1") == []
    assert ledger.skus_of_document("SO-2") == ["OAK-TABLE"]
    assert ledger.heard_until("order_events") == 3
