"""The promise ledger: every date that was given, with its reason, and what became of it.

Put recording and reading of promises here. Keep out when a promise slips: that is
``domain/slips.py``.
"""

from collections.abc import Collection, Iterable
from dataclasses import asdict, fields
from datetime import date, datetime
from typing import Final

import pandas as pd
from sqlalchemy import Engine, or_, select, text

from inventory_sync.domain.given_promises import GIVEN_COLUMNS
from inventory_sync.domain.slips import SLIP_COLUMNS, Line, OrderPromise
from inventory_sync.ledger.frames import as_rows, given, read_frame, stage
from inventory_sync.ledger.locks import wait_for_turn
from inventory_sync.ledger.tables_promise_ledger import order_promises, promises

_TYPES: Final = {name: "bigint" if name == "units" else "text" for name in GIVEN_COLUMNS}
_SAME: Final = " and ".join(
    f"told.{name} = known.{name}"
    for name in ("sku", "location", "units", "ships_on", "source", "supply_ids")
)
_END: Final = text(f"""
    update inventory_sync.promises as known set ended_at = :at
    where ended_at is null and not exists (select from given as told where {_SAME})""")
_BEGIN: Final = text(f"""
    insert into inventory_sync.promises ({", ".join(GIVEN_COLUMNS)}, pass_id, made_at)
    select {", ".join(GIVEN_COLUMNS)}, :pass_id, :at from given as told
    where not exists (
        select from inventory_sync.promises as known where known.ended_at is null and {_SAME})""")
_SLIP: Final = text(f"""
    update inventory_sync.promises as promise
    set now_on = given.now_on, slip_reason = given.reason
    from {given(promise_id="bigint", now_on="text", reason="text")}
    where promise.promise_id = given.promise_id""")

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
    select {_ORDER_NAMES} from {given(**_ORDER_TYPES)} order by {", ".join(_ORDER_KEY)}
    on conflict ({", ".join(_ORDER_KEY)}) do update
    set {", ".join(f"{name} = excluded.{name}" for name in _ORDER_CHANGES)}
    """)
_SETTLED: Final = text(f"""
    select {", ".join(f"known.{name}" for name in _ORDER_TYPES)}
    from inventory_sync.order_promises as known
    join {given(**dict.fromkeys(_ORDER_KEY, "text"))} using ({", ".join(_ORDER_KEY)})
    where known.outcome is not null""")


class PromiseLedger:
    """The part of the ledger that remembers promises."""

    _engine: Engine

    def promises_on_supply(self) -> pd.DataFrame:
        """The open promises that rest on supply: ``promise_id`` and ``GIVEN_COLUMNS``."""
        columns = [promises.c[name] for name in ("promise_id", *GIVEN_COLUMNS)]
        query = select(*columns).where(promises.c.ended_at.is_(None), promises.c.supply_ids != "")
        with self._engine.connect() as connection:
            return read_frame(connection, query)

    def record_promises(
        self, rows: pd.DataFrame, slips: pd.DataFrame, *, pass_id: str, at: datetime
    ) -> None:
        """Remember what is promised now (``GIVEN_COLUMNS``): the same is not written twice, what is
        promised no longer ends. ``slips`` (``SLIP_COLUMNS``) says which were broken by supply.
        """
        told = [
            {"promise_id": int(promise_id), "now_on": now_on, "reason": reason}
            for promise_id, now_on, reason in slips[list(SLIP_COLUMNS)].itertuples(index=False)
        ]
        with self._engine.begin() as connection:
            wait_for_turn(connection, "promises")
            connection.execute(_SLIP, {"rows": as_rows(told)})
            stage(connection, rows, _TYPES)
            connection.execute(_END, {"at": at})
            connection.execute(_BEGIN, {"pass_id": pass_id, "at": at})

    def slipped_promises(self, *, since: date) -> pd.DataFrame:
        """Published promises that supply has broken, for ``since`` and later, soonest first."""
        names = (*GIVEN_COLUMNS, "made_at", "ended_at", "now_on", "slip_reason")
        query = (
            select(*(promises.c[name] for name in names))
            .where(promises.c.slip_reason.is_not(None), promises.c.ships_on >= since.isoformat())
            .order_by(promises.c.ships_on, promises.c.sku, promises.c.location)
        )
        with self._engine.connect() as connection:
            return read_frame(connection, query)

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

    def save_order_promises(self, changed: Iterable[OrderPromise]) -> None:
        """Write promises of orders as they are now (new or changed; by order line).

        What was promised, and when, is written once and never changed.
        """
        rows = [
            {name: _text(value) for name, value in asdict(promise).items()} for promise in changed
        ]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(_ORDER, {"rows": as_rows(rows)})


def _text(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
