"""The inbox: deliveries of the stores, on disk before they are acknowledged (protocol B.9, S8).

Put receiving and handing on here. Only the fields of a ``Hint`` are kept: nothing of a buyer ever
gets this far. Keep out what a delivery means.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Engine, Row, select, text

from inventory_sync.domain.webhooks import Hint, InboxEntry
from inventory_sync.ledger.frames import as_rows, given, pruning, read_frame
from inventory_sync.ledger.levels import any_of
from inventory_sync.ledger.locks import wait_for_turn
from inventory_sync.ledger.schema import inbox

_HINT: Final = {
    "store": "text",
    "topic": "text",
    "subject": "text",
    "webhook_id": "text",
    "event_id": "text",
    "digest": "text",
    "ids": "text[]",
    "triggered_at": "timestamptz",
    "received_at": "timestamptz",
    "dead_reason": "text",
    "told_units": "bigint",
}

# The same body under other ids is no news while the first waits; later it is: a store may return to
# an earlier state. The unique indexes see the other doubles, also those within the call. Rows keep
# the order of the call: ids tell which delivery is the older one.
_RECEIVE: Final = text(f"""
    insert into inventory_sync.inbox ({", ".join(_HINT)})
    select {", ".join(_HINT)} from {given(row_in_call="bigint", **_HINT)}
    where not exists (
        select from inventory_sync.inbox as earlier
        where earlier.store = given.store and earlier.digest = given.digest
            and earlier.done_at is null
            and earlier.received_at > given.received_at - interval '1 hour')
    order by row_in_call
    on conflict do nothing""")
_RING: Final = text("select pg_notify('inventory_sync_inbox', '')")

_DONE: Final = text("""
    update inventory_sync.inbox set done_at = :at
    where inbox_id = any(:inbox_ids) and done_at is null""")

_GIVE_UP: Final = text("""
    update inventory_sync.inbox set dead_reason = :reason
    where inbox_id = :inbox_id and done_at is null""")

_FORGET_DONE: Final = pruning(
    "inventory_sync.inbox", "done_at < cast(:at as timestamptz) - interval '7 days'"
)
_FORGET_DEAD: Final = pruning(
    "inventory_sync.inbox",
    "dead_reason is not null and received_at < cast(:at as timestamptz) - interval '90 days'",
)


class Inbox:
    """The part of the ledger that keeps deliveries until somebody has looked at them."""

    _engine: Engine

    def receive(self, hints: Sequence[Hint]) -> int:
        """Write accepted deliveries down, on disk when this returns; how many were new.

        A delivery that is there already is not written again: same store and webhook id, same
        store, event id and topic, or same store and digest as one of the last hour that nobody
        has looked at yet: a body may well come again when a store returns to an earlier state.
        """
        if not hints:
            return 0
        statements = list(_statements(hints))
        with self._engine.begin() as connection:
            # Commits that notify wait for each other in any case, and so every double is seen.
            wait_for_turn(connection, "inbox")
            new = sum(connection.execute(_RECEIVE, {"rows": r}).rowcount for r in statements)
            if new:
                connection.execute(_RING)
        return new

    def inbox(self, stores: Collection[str], *, limit: int) -> list[InboxEntry]:
        """Deliveries of these stores that nobody has looked at yet, oldest first, no dead ones."""
        query = (
            select(inbox)
            .where(
                inbox.c.done_at.is_(None),
                inbox.c.dead_reason.is_(None),
                inbox.c.store == any_of(stores),
            )
            .order_by(inbox.c.inbox_id)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def inbox_done(self, inbox_ids: Sequence[int], *, at: datetime) -> None:
        """These deliveries have been looked at; they are kept for another week."""
        with self._engine.begin() as connection:
            connection.execute(_DONE, {"inbox_ids": list(inbox_ids), "at": at})
            connection.execute(_FORGET_DONE, {"at": at})
            connection.execute(_FORGET_DEAD, {"at": at})

    def inbox_give_up(self, inbox_id: int, *, reason: str) -> None:
        """Nobody looks at this delivery any more; it is kept with its reason, as a dead one."""
        with self._engine.begin() as connection:
            connection.execute(_GIVE_UP, {"inbox_id": inbox_id, "reason": reason})

    def inbox_dead(self) -> pd.DataFrame:
        """Deliveries that could not be understood, newest first; they are kept for 90 days.

        inbox_id, store, topic, webhook_id, received_at, dead_reason.
        """
        dead = inbox.c
        query = (
            select(
                dead.inbox_id,
                dead.store,
                dead.topic,
                dead.webhook_id,
                dead.received_at,
                dead.dead_reason,
            )
            .where(dead.dead_reason.is_not(None))
            .order_by(dead.received_at.desc(), dead.inbox_id.desc())
        )
        with self._engine.connect() as connection:
            return read_frame(connection, query)


def _statements(hints: Sequence[Hint]) -> Iterator[str]:
    """The rows of each statement, of one body at most one: the next statement sees whether an
    earlier one was new.
    """
    rows: list[dict[str, Any]] = []
    bodies: set[tuple[str, str]] = set()
    for hint in hints:
        if (hint.store, hint.digest) in bodies:
            yield as_rows(rows)
            rows, bodies = [], set()
        rows.append({"row_in_call": len(rows)} | _row(hint))
        bodies.add((hint.store, hint.digest))
    yield as_rows(rows)


def _row(hint: Hint) -> dict[str, Any]:
    return {field.name: getattr(hint, field.name) for field in fields(hint)}


def _entry(row: Row[Any]) -> InboxEntry:
    values = {field.name: getattr(row, field.name) for field in fields(Hint)}
    return InboxEntry(row.inbox_id, Hint(**values | {"ids": tuple(row.ids)}))
