"""The promises of order lines: the first date of each, with its reason, and what became of it.

Put recording and reading of them here. Keep out when a promise slips (``domain/slips.py``), and
what was promised for whatever might be ordered (``promise_recordings.py``).
"""

from collections.abc import Collection, Iterable
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Final

from sqlalchemy import Engine, or_, select, text

from inventory_sync.domain.given_promises import LATEST
from inventory_sync.domain.slips import Line, OrderPromise
from inventory_sync.ledger.frames import as_rows, given
from inventory_sync.ledger.locks import wait_for_turn
from inventory_sync.ledger.promise_recordings import IS_LATER, TURN
from inventory_sync.ledger.tables_promise_ledger import order_promises

_ORDER_TYPES: Final = {
    each.name: {
        "promised_on": "date",
        "expected_on": "date",
        "settled_on": "date",
        "made_at": "timestamptz",
        "slipped_at": "timestamptz",
    }.get(each.name, "text")
    for each in fields(OrderPromise)
}
_ORDER_KEY: Final = ("store", "order_id", "line_id")
_ORDER_CHANGES: Final = (
    "location", "expected_on", "reason", "slipped_at", "outcome", "settled_on",
)  # fmt: skip
"""What becomes of a promise; what it was stays as it was first written."""

_ORDER_NAMES: Final = ", ".join(_ORDER_TYPES)
_ORDER: Final = text(f"""
    insert into inventory_sync.order_promises as known ({_ORDER_NAMES})
    select {_ORDER_NAMES} from {given(**_ORDER_TYPES)}
    where not exists (
        select from inventory_sync.promise_recordings where sku = '' and {IS_LATER})
    order by {", ".join(_ORDER_KEY)}
    on conflict ({", ".join(_ORDER_KEY)}) do update
    set {", ".join(f"{name} = excluded.{name}" for name in _ORDER_CHANGES)}
    """)
_SETTLED: Final = text(f"""
    select {", ".join(f"known.{name}" for name in _ORDER_TYPES)}
    from inventory_sync.order_promises as known
    join {given(**dict.fromkeys(_ORDER_KEY, "text"))} using ({", ".join(_ORDER_KEY)})
    where known.outcome is not null""")


class PromiseLedger:
    """The part of the ledger that remembers the promises of order lines."""

    _engine: Engine

    def order_promises(self, *, settled_since: date | None) -> list[OrderPromise]:
        """Promises of orders: all that are open, and those that were settled on that day or later
        (``None``: no others). The soonest first.
        """
        table = order_promises.c
        is_open = table.outcome.is_(None)
        wanted = (
            is_open if settled_since is None else or_(is_open, table.settled_on >= settled_since)
        )
        query = (
            select(*(table[name] for name in _ORDER_TYPES))
            .where(wanted)
            .order_by(table.promised_on, *(table[name] for name in _ORDER_KEY))
        )
        with self._engine.connect() as connection:
            return [OrderPromise(*row) for row in connection.execute(query)]

    def settled_promises(self, lines: Collection[Line]) -> list[OrderPromise]:
        """The promises of these order lines that were settled."""
        rows = as_rows(dict(zip(_ORDER_KEY, line, strict=True)) for line in sorted(lines))
        with self._engine.connect() as connection:
            found = connection.execute(_SETTLED, {"rows": rows})
            return [OrderPromise(*row) for row in found]

    def save_order_promises(
        self, changed: Iterable[OrderPromise], *, figures_of: datetime, at: datetime
    ) -> None:
        """Write promises of orders as they are by these figures (new or changed; by order line).

        What was promised, and when, is written once and never changed. Nothing is written once
        everything was recorded from later figures.
        """
        rows = [
            {name: _text(value) for name, value in asdict(promise).items()} for promise in changed
        ]
        if rows:
            told = {"rows": as_rows(rows), "figures_of": figures_of, "latest": at + LATEST}
            with self._engine.begin() as connection:
                wait_for_turn(connection, TURN)
                connection.execute(_ORDER, told)


def _text(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
