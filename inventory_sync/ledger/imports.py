"""Imports as they are now: which order lines are on their way into the ERP, and which are due.

Put reading and writing of imports here. Keep out what comes next: ``domain/imports``.
"""

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine, Row, and_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from inventory_sync.domain.imports import ACTIVE, LineToImport, OrderImport
from inventory_sync.domain.reservations import RESERVATION_ORDERS
from inventory_sync.ledger.tables_imports import order_imports

_FIELDS: Final = tuple(field.name for field in fields(OrderImport))

# Open lines and active imports are few, however many orders there were; both have an index.
# A line of an order that Shopify holds back waits.
_DUE: Final = text(f"""
    with candidate as (
        select store, order_id, line_id from inventory_sync.order_lines
        where to_ship_units > 0 and created_at >= :since
            and greatest(first_seen_at, updated_at) <= :quiet_since
            and not starts_with(order_id, :prefix_1) and not starts_with(order_id, :prefix_2)
        union
        select store, order_id, line_id from inventory_sync.order_imports
        where state in ('waiting', 'asked', 'answered', 'done', 'parked')
    )
    select candidate.store, candidate.order_id, candidate.line_id,
        coalesce(line.order_name, known.order_name) as name, line.sku, line.places,
        coalesce(line.wanted_units, 0)::bigint as wanted_units, line.to_ship_units::bigint,
        coalesce(line.is_on_hold, false) as is_on_hold,
        {", ".join(f"known.{name} as known_{name}" for name in _FIELDS)}
    from candidate
    left join inventory_sync.order_imports as known
        using (store, order_id, line_id)
    left join lateral (
        select max(order_name) as order_name, max(sku) as sku,
            array_agg(store_location_id order by store_location_id)
                filter (where current_units > 0 and store_location_id <> '') as places,
            sum(current_units) as wanted_units,
            case when bool_and(to_ship_units is not null) then sum(to_ship_units) end
                as to_ship_units,
            bool_or(is_on_hold) as is_on_hold
        from inventory_sync.order_lines as part
        where part.store = candidate.store and part.order_id = candidate.order_id
            and part.line_id = candidate.line_id
    ) as line on true
    where candidate.store = any(:stores) and (
        known.state is null and line.wanted_units > 0 and not line.is_on_hold
        or known.state in ('waiting', 'asked', 'answered', 'parked') and known.look_at <= :now
        or known.state = 'parked' and known.seen_units <> coalesce(line.wanted_units, 0)
        or known.state = 'done' and (
            known.booked_units <> coalesce(line.wanted_units, 0) or line.to_ship_units = 0))
    order by known.look_at nulls first, candidate.order_id, candidate.line_id
    limit :limit""")


class Imports:
    """The part of the ledger that remembers what was brought into the ERP."""

    _engine: Engine

    def lines_to_import(
        self,
        stores: Sequence[str],
        *,
        since: datetime,
        quiet_since: datetime,
        now: datetime,
        limit: int,
    ) -> list[LineToImport]:
        """Lines of these stores that have to be looked at: new ones of orders placed at or after
        ``since``, of which nothing new was heard after ``quiet_since``, and those whose import is
        due or whose order has changed.
        """
        values = {"stores": list(stores), "since": since, "quiet_since": quiet_since, "now": now}
        prefixes = dict(zip(("prefix_1", "prefix_2"), RESERVATION_ORDERS, strict=True))
        with self._engine.connect() as connection:
            rows = connection.execute(_DUE, {**values, **prefixes, "limit": limit})
            return [_line(row) for row in rows]

    def save_import(self, new: OrderImport) -> OrderImport | None:
        """Write an import that was read or made with ``changes`` as they are in the ledger.

        Returns it with its new ``changes``; ``None``: somebody else has written it since.
        """
        saved = replace(new, changes=new.changes + 1)
        table, values = order_imports.c, asdict(saved)
        if new.changes == 0:
            statement: Any = insert(order_imports).values(values).on_conflict_do_nothing()
        else:
            same = and_(
                table.store == new.store,
                table.order_id == new.order_id,
                table.line_id == new.line_id,
                table.changes == new.changes,
            )
            statement = update(order_imports).where(same).values(values)
        with self._engine.begin() as connection:
            written = connection.execute(statement.returning(table.changes)).first()
        return saved if written else None

    def imports(self, *, parked_only: bool = False) -> list[OrderImport]:
        """The imports that may still change, oldest change first."""
        states = ("parked",) if parked_only else ACTIVE
        table = order_imports.c
        query = (
            select(*(table[name] for name in _FIELDS))
            .where(table.state.in_(states))
            .order_by(table.changed_at, table.order_id, table.line_id)
        )
        with self._engine.connect() as connection:
            return [OrderImport(*row) for row in connection.execute(query)]


def _line(row: Row[Any]) -> LineToImport:
    found = row._mapping
    known = None
    if found["known_state"] is not None:
        known = OrderImport(*(found[f"known_{name}"] for name in _FIELDS))
    return LineToImport(
        store=found["store"],
        order_id=found["order_id"],
        line_id=found["line_id"],
        order_name=found["name"],
        sku=found["sku"],
        store_location_ids=tuple(found["places"] or ()),
        wanted_units=found["wanted_units"],
        to_ship_units=found["to_ship_units"],
        is_on_hold=found["is_on_hold"],
        known=known,
    )
