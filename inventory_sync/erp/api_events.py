"""Event ids out of change stamps, for an ERP that keeps no log of events.

Put here how a change gets the id that it has at every reading, also after a restart. An id is the
microsecond of the change, and a slot among the changes of that microsecond. Keep out which records
are watched (the faces) and what is heard when (``flow/hearing.py``).
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby, islice
from typing import Final
from zlib import crc32

from inventory_sync.domain.extract import ErpEvent
from inventory_sync.erp.api_rows import Change

_EPOCH: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""Counted from here, ids fit into 63 bits until 2091."""

_SLOT_BITS: Final = 12
_LAST_SLOT: Final = (1 << _SLOT_BITS) - 1
_MICROSECOND: Final = timedelta(microseconds=1)

MOST_AT_ONCE: Final = 1_000
"""More changes of one instant (an import, a mass update) are one event about everything."""

MOST_CHANGES: Final = 20_000
"""After so many changes looking at everything is cheaper than following them."""


def instant_of(event_id: int) -> datetime:
    """The instant of the changes with such an id."""
    return _EPOCH + (event_id >> _SLOT_BITS) * _MICROSECOND


def last_id_at(instant: datetime) -> int:
    """The highest id that a change of this instant may have."""
    return _first_id_at(instant) | _LAST_SLOT


def _first_id_at(instant: datetime) -> int:
    return max((instant - _EPOCH) // _MICROSECOND, 0) << _SLOT_BITS


def numbered(changes: Iterable[Change]) -> list[ErpEvent]:
    """The events of these changes, lowest id first.

    A slot is chosen by the record's name, so a record keeps its id when others of the same instant
    are changed again. Where two fall together, the one whose name comes later takes the next slot.
    """
    found = list(islice(changes, MOST_CHANGES + 1))
    if len(found) > MOST_CHANGES:
        return [_everything(max(change.changed_at for change in found))]
    found.sort()
    groups = groupby(found, key=lambda change: change.changed_at)
    return [event for instant, group in groups for event in _of_instant(instant, list(group))]


def _of_instant(instant: datetime, changes: list[Change]) -> Iterator[ErpEvent]:
    if len(changes) > MOST_AT_ONCE:
        yield _everything(instant)
        return
    taken: dict[int, Change] = {}
    for change in changes:
        slot = crc32(change.key.encode()) & _LAST_SLOT
        while slot in taken:
            slot = (slot + 1) & _LAST_SLOT
        taken[slot] = change
    first = _first_id_at(instant)
    for slot, change in sorted(taken.items()):
        yield ErpEvent(
            first | slot, instant, change.kind, change.sku, change.location, change.document
        )


def _everything(instant: datetime) -> ErpEvent:
    return ErpEvent(last_id_at(instant), instant, "stock_adjusted", None, None, None)
