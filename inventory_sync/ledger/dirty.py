"""The dirty list: which SKUs have to be looked at again, by which lane, and since when.

Put marking, taking and clearing here. Keep out what makes a SKU dirty: events are in ``heard``,
ends of commitments in ``clocks``, deliveries in ``inbox``.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, Engine, func, select, text

from inventory_sync.domain.dirty import DirtySku, Lane, Mark
from inventory_sync.ledger.frames import as_rows, given, read_frame
from inventory_sync.ledger.levels import any_of
from inventory_sync.ledger.schema import dirty_skus

_MARK: Final = {
    "sku": "text",
    "occurred_at": "timestamptz",
    "due_at": "timestamptz",
    "reason": "text",
    "marks": "bigint",
}

# Sorted, so that two lanes that mark or clear the same SKUs wait for each other, not dead-lock.
_PUT: Final = text(f"""
    insert into inventory_sync.dirty_skus as dirty (lane, {", ".join(_MARK)})
    select :lane, {", ".join(_MARK)} from {given(**_MARK)}
    order by sku
    on conflict (lane, sku) do update
    set generation = default, reason = excluded.reason,
        occurred_at = least(dirty.occurred_at, excluded.occurred_at),
        due_at = least(dirty.due_at, excluded.due_at),
        marks = dirty.marks + excluded.marks""")
_RING: Final = text("select pg_notify('inventory_sync_' || :lane, '')")

_TAKE: Final = text("""
    select lane, sku, generation, occurred_at, due_at, reason, marks
    from inventory_sync.dirty_skus
    where lane = any(:lanes) and due_at <= :due
    order by reason = any(:last), occurred_at, lane, sku
    limit :limit""")

_TAKEN: Final = {"lane": "text", "sku": "text", "generation": "bigint"}
_STILL: Final = f"""
    select dirty.lane, dirty.sku
    from {given(**_TAKEN)} join inventory_sync.dirty_skus as dirty
        on dirty.lane = given.lane and dirty.sku = given.sku
        and dirty.generation = given.generation
    order by dirty.lane, dirty.sku
    for update of dirty"""
_CLEAR: Final = text(f"""
    with done as ({_STILL})
    delete from inventory_sync.dirty_skus as dirty using done
    where dirty.lane = done.lane and dirty.sku = done.sku""")
_POSTPONE: Final = text(f"""
    with late as ({_STILL})
    update inventory_sync.dirty_skus as dirty set due_at = :due_at, reason = :reason from late
    where dirty.lane = late.lane and dirty.sku = late.sku""")


class DirtyList:
    """The part of the ledger that knows what the lanes still have to do."""

    _engine: Engine

    def mark(self, lane: Lane, marks: Sequence[Mark]) -> None:
        """Put SKUs on the list of a lane, and wake who waits for it (``on_work``).

        However often a SKU is marked it is one row: its oldest event, its earliest due time, its
        newest reason.
        """
        if not marks:
            return
        with self._engine.begin() as connection:
            put_on_list(connection, lane, marks)

    def take(
        self, lanes: Sequence[Lane], *, due: datetime, limit: int, last: Collection[str] = ()
    ) -> list[DirtySku]:
        """The SKUs that are due by then, oldest event first. They stay on the list.

        Those marked for one of the reasons ``last`` come behind all others.
        """
        wanted = {"lanes": list(lanes), "due": due, "limit": limit, "last": list(last)}
        with self._engine.connect() as connection:
            return [DirtySku(*row) for row in connection.execute(_TAKE, wanted)]

    def next_due(self, lanes: Sequence[Lane]) -> dict[Lane, datetime]:
        """When the next SKU of each lane is due; lanes without work are left out."""
        query = (
            select(dirty_skus.c.lane, func.min(dirty_skus.c.due_at))
            .where(dirty_skus.c.lane == any_of(lanes))
            .group_by(dirty_skus.c.lane)
        )
        with self._engine.connect() as connection:
            return {lane: due_at for lane, due_at in connection.execute(query)}

    def clear(self, done: Sequence[DirtySku]) -> None:
        """Take SKUs off the list, unless they have been marked again since they were taken."""
        if not done:
            return
        rows = ({name: getattr(sku, name) for name in _TAKEN} for sku in done)
        with self._engine.begin() as connection:
            connection.execute(_CLEAR, {"rows": as_rows(rows)})

    def postpone(self, work: Sequence[DirtySku], *, due_at: datetime, reason: str) -> None:
        """Put off SKUs that were taken, unless they have been marked again since."""
        if not work:
            return
        rows = ({name: getattr(sku, name) for name in _TAKEN} for sku in work)
        later = {"rows": as_rows(rows), "due_at": due_at, "reason": reason}
        with self._engine.begin() as connection:
            connection.execute(_POSTPONE, later)

    def dirty(self) -> pd.DataFrame:
        """The whole list: lane, sku, generation, occurred_at, due_at, reason, marks."""
        query = select(dirty_skus).order_by(dirty_skus.c.occurred_at, dirty_skus.c.sku)
        with self._engine.connect() as connection:
            return read_frame(connection, query)


def put_on_list(
    connection: Connection, lane: Lane, marks: Sequence[Mark], *, rings: bool = True
) -> None:
    """Mark SKUs within the transaction of whoever has heard of them; at least one mark."""
    connection.execute(_PUT, {"lane": lane, "rows": as_rows(_one_per_sku(marks))})
    if rings:
        connection.execute(_RING, {"lane": lane})


def _one_per_sku(marks: Sequence[Mark]) -> list[dict[str, Any]]:
    """A statement changes a row only once, so marks of one SKU are joined before."""
    joined: dict[str, dict[str, Any]] = {}
    for mark in marks:
        fresh = {"occurred_at": mark.occurred_at, "due_at": mark.due_at, "marks": 0}
        before = joined.get(mark.sku, fresh)
        joined[mark.sku] = {
            "sku": mark.sku,
            "occurred_at": min(mark.occurred_at, before["occurred_at"]),
            "due_at": min(mark.due_at, before["due_at"]),
            "reason": mark.reason,
            "marks": 1 + before["marks"],
        }
    return list(joined.values())
