"""Ids out of change stamps: the same at every reading, above all that came before."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_sync.erp.api_events import (
    MOST_AT_ONCE,
    MOST_CHANGES,
    instant_of,
    last_id_at,
    numbered,
)
from inventory_sync.erp.api_rows import Change

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def change(key: str, microseconds: int = 0, sku: str | None = "RETRO-CLOCK") -> Change:
    at = NOON + timedelta(microseconds=microseconds)
    return Change(at, key, "order_changed", "order", sku, "NYC", "sale.sale,7")


RECORDS = st.dictionaries(
    st.integers(1, 10_000).map("stock.move,{}".format), st.integers(0, 2), max_size=60
)


@settings(max_examples=60)
@given(records=RECORDS)
def test_ids_ascend_with_time_and_are_distinct_whatever_the_order_of_reading(records):
    changes = [change(key, at) for key, at in records.items()]
    events = numbered(changes)
    ids = [event.event_id for event in events]
    assert ids == sorted(set(ids))
    assert len(ids) == len(records)
    assert [event.occurred_at for event in events] == sorted(c.changed_at for c in changes)
    assert all(instant_of(e.event_id) == e.occurred_at for e in events)
    assert all(e.event_id <= last_id_at(e.occurred_at) < 2**63 for e in events)
    assert numbered(reversed(changes)) == events


def test_a_record_keeps_its_id_when_another_of_its_instant_is_changed_again():
    both = {e.event_id for e in numbered([change("stock.move,1"), change("stock.move,2")])}
    (alone,) = numbered([change("stock.move,2")])
    assert alone.event_id in both


def test_records_whose_slots_fall_together_both_have_an_id():
    crowd = [change(f"stock.move,{number}") for number in range(MOST_AT_ONCE)]
    assert len({event.event_id for event in numbered(crowd)}) == MOST_AT_ONCE


def test_a_mass_update_is_one_event_about_everything():
    crowd = [change(f"stock.move,{number}") for number in range(MOST_AT_ONCE + 1)]
    (event,) = numbered(crowd)
    assert (event.sku, event.document, event.occurred_at) == (None, None, NOON)


def test_after_too_many_changes_everything_is_looked_at():
    many = (change(f"stock.move,{number}", number) for number in range(MOST_CHANGES + 5))
    (event,) = numbered(many)
    assert (event.sku, event.document) == (None, None)
    assert instant_of(event.event_id) == NOON + timedelta(microseconds=MOST_CHANGES)
