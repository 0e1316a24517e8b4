"""What was heard of the ERP's events: a cursor per lane, and what is needed to hear each one once.

Put here what a lane remembers of events. Keep out the events themselves (the ERP has them) and what
they mean (``flow/hearing.py``).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, select, text

from inventory_sync.domain.dirty import Lane, Mark
from inventory_sync.domain.extract import ErpEvent
from inventory_sync.ledger.dirty import put_on_list
from inventory_sync.ledger.frames import as_rows, given, pruning
from inventory_sync.ledger.schema import erp_cursors, erp_documents, erp_events_heard

_EVENT: Final = {"event_id": "bigint", "sku": "text", "document": "text"}

_HEAR: Final = text(f"""
    insert into inventory_sync.erp_events_heard (lane, heard_at, {", ".join(_EVENT)})
    select :lane, :at, {", ".join(_EVENT)} from {given(**_EVENT)}
    order by event_id
    on conflict do nothing""")

# A later event of a document may name no SKU: then it means all that were named before.
_LINK: Final = text(f"""
    insert into inventory_sync.erp_documents as known (document, sku, last_heard_at)
    select distinct document, sku, cast(:at as timestamptz) from {given(**_EVENT)}
    where document is not null and sku is not null
    order by document, sku
    on conflict (document, sku) do update
    set last_heard_at = greatest(known.last_heard_at, excluded.last_heard_at)""")

_RAISE: Final = text("""
    insert into inventory_sync.erp_cursors as cursor (lane, event_id) values (:lane, :event_id)
    on conflict (lane) do update set event_id = greatest(cursor.event_id, excluded.event_id)""")

FORGET_EVERY: Final = timedelta(minutes=1)

_AT_MOST: Final = 20_000
"""Rows at a time: more than are heard in a minute, so that the tables do not grow."""

# A day is far more than the overlap in which events are read again.
_FORGET_EVENTS: Final = pruning(
    "inventory_sync.erp_events_heard",
    "lane = :lane and heard_at < cast(:at as timestamptz) - interval '1 day'",
    at_most=_AT_MOST,
)
_FORGET_DOCUMENTS: Final = pruning(
    "inventory_sync.erp_documents",
    "last_heard_at < cast(:at as timestamptz) - interval '120 days'",
    at_most=_AT_MOST,
)


class Heard:
    """The part of the ledger that knows which events of the ERP each lane has heard."""

    _engine: Engine

    @cached_property
    def _forgot_at(self) -> dict[Lane, datetime]:
        """When this object last deleted what a lane needs no more."""
        return {}

    def heard_until(self, lane: Lane) -> int | None:
        """The highest event id that the lane has heard; ``None`` before the first."""
        query = select(erp_cursors.c.event_id).where(erp_cursors.c.lane == lane)
        with self._engine.connect() as connection:
            return connection.scalar(query)

    def heard_since(self, lane: Lane, after: datetime) -> dict[int, datetime]:
        """The events heard after then: id -> when heard. They are kept for a day."""
        heard = erp_events_heard.c
        query = select(heard.event_id, heard.heard_at).where(
            heard.lane == lane, heard.heard_at > after
        )
        with self._engine.connect() as connection:
            return {row.event_id: row.heard_at for row in connection.execute(query)}

    def record_events(
        self,
        lane: Lane,
        events: Sequence[ErpEvent],
        marks: Sequence[Mark],
        *,
        at: datetime,
        restart_at: int | None = None,
    ) -> None:
        """Remember events as heard and mark what they concern, in one transaction.

        An event heard before keeps the time it was heard at first. ``restart_at`` sets the cursor
        back and forgets what was heard: the ERP counts its events anew.
        """
        where = {"lane": lane, "at": at}
        with self._engine.begin() as connection:
            if restart_at is not None:
                connection.execute(delete(erp_events_heard).where(erp_events_heard.c.lane == lane))
                connection.execute(delete(erp_cursors).where(erp_cursors.c.lane == lane))
                connection.execute(_RAISE, {"lane": lane, "event_id": restart_at})
            if events:
                _hear(connection, events, where)
            if at - self._forgot_at.get(lane, at - FORGET_EVERY) >= FORGET_EVERY:
                self._forgot_at[lane] = at
                connection.execute(_FORGET_EVENTS, where)
                connection.execute(_FORGET_DOCUMENTS, where)
            if marks:
                put_on_list(connection, lane, marks, rings=False)  # the lane is awake

    def skus_of_document(self, document: str) -> list[str]:
        """The SKUs that events of the last months named for an ERP document, sorted."""
        query = select(erp_documents.c.sku).where(erp_documents.c.document == document)
        with self._engine.connect() as connection:
            return sorted(connection.scalars(query))


def _hear(connection: Connection, events: Sequence[ErpEvent], where: dict[str, Any]) -> None:
    rows = as_rows({name: getattr(event, name) for name in _EVENT} for event in events)
    connection.execute(_HEAR, {**where, "rows": rows})
    connection.execute(_LINK, {"at": where["at"], "rows": rows})
    newest = max(event.event_id for event in events)
    connection.execute(_RAISE, {"lane": where["lane"], "event_id": newest})
