"""What the ledger remembers of a number: its write, its pass, the answer, the orders since.

Put reads here that explain a level, now or at a past instant. Everything is written by others in
passing: ``fence`` keeps the waterfall with each write (docs/decisions/0014).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, select, text

from inventory_sync.domain.explained import Adopted, LevelMemory, PassNote, Sold, Write
from inventory_sync.domain.publication import LevelKey
from inventory_sync.ledger.frames import as_rows, given
from inventory_sync.ledger.levels import LEVEL, any_of, same_level
from inventory_sync.ledger.schema import passes

SHOWN_ATTEMPTS: Final = 5
SHOWN_ORDERS: Final = 50

_LEVELS: Final = text("""
    select level.store, level.inventory_item_id, level.store_location_id, level.quantity_units,
        level.taken_units, level.origin, level.published_at, level.observed_units,
        level.observed_at, (
            select cast(coalesce(sum(line.taken_units), 0) as bigint)
            from inventory_sync.order_lines as line
            where line.store = level.store
                and line.inventory_item_id = level.inventory_item_id
                and line.store_location_id = level.store_location_id) as taken_by_now
    from inventory_sync.publications as level
    where level.sku = :sku
    order by level.store, level.inventory_item_id, level.store_location_id""")

_SAME: Final = """written.store = level.store
            and written.inventory_item_id = level.inventory_item_id
            and written.store_location_id = level.store_location_id"""

_COLUMNS: Final = (
    "store, sku, pass_id, version, expected_units, quantity_units, taken_units, relative, as_of, "
    "waterfall, status, refusal_code, refusal_message, created_at, settled_at, settled_by"
)

# Newest versions first, by the key of the versions: the last write before an instant is near.
_WRITES: Final = text(f"""
    select found.inventory_item_id, found.store_location_id,
        {", ".join(f"found.{name}" for name in _COLUMNS.split(", "))}
    from inventory_sync.publications as level cross join lateral (
        (select * from inventory_sync.write_intents as written
        where {_SAME} and written.status = 'applied' and written.settled_at <= :at
        order by written.version desc limit 1)
        union all
        (select * from inventory_sync.write_intents as written
        where {_SAME} and written.status <> 'applied' and written.created_at <= :at
        order by written.version desc limit {SHOWN_ATTEMPTS})) as found
    where level.sku = :sku
    order by found.version""")

_SOLD: Final = text(f"""
    select line.store, line.inventory_item_id, line.store_location_id, line.order_name,
        cast(sum(line.taken_units) as bigint) as units
    from {given(store="text", **LEVEL, since="timestamptz")}
    join inventory_sync.order_lines as line on {same_level("line", "given.store")}
        and line.first_seen_at > given.since and line.first_seen_at <= :at
    where line.taken_units <> 0
    group by line.store, line.inventory_item_id, line.store_location_id, line.order_id,
        line.order_name
    order by min(line.first_seen_at), line.order_name
    limit {SHOWN_ORDERS}""")

_NAMES: Final = text("""
    select distinct order_id, order_name from inventory_sync.order_lines
    where store = any(:stores) and order_id = any(:order_ids)""")

Place = tuple[str, LevelKey]


class Explaining:
    """The part of the ledger that knows why a number is what it is."""

    _engine: Engine

    def levels_of_sku(self, sku: str, *, at: datetime, is_now: bool) -> list[LevelMemory]:
        """Every level published under a SKU, as it stood at an instant.

        What the store showed and what all orders have taken is known of the present alone.
        """
        with self._engine.connect() as connection:
            levels = connection.execute(_LEVELS, {"sku": sku}).all()
            writes: defaultdict[Place, list[Write]] = defaultdict(list)
            for each in map(_write, connection.execute(_WRITES, {"sku": sku, "at": at})):
                writes[each.store, each.key].append(each)
            bases = {_place(row): _base(row, writes[_place(row)], at) for row in levels}
            sold = _sold(connection, bases, at)
        found = []
        for row in levels:
            place = _place(row)
            write, adopted = bases[place]
            after = write.version if write else 0
            base_taken = row.taken_units if adopted else write.taken_units if write else 0
            sold_units = row.taken_by_now - base_taken if is_now else None
            found.append(
                LevelMemory(
                    store=row.store,
                    key=place[1],
                    write=write,
                    attempts=tuple(
                        w for w in writes[place] if w.status != "applied" and w.version > after
                    ),
                    adopted=adopted,
                    sold=tuple(sold[place]),
                    sold_units=sold_units,
                    observed_units=row.observed_units if is_now else None,
                    observed_at=row.observed_at if is_now else None,
                )
            )
        return found

    def passes_named(self, pass_ids: Collection[str]) -> dict[str, PassNote]:
        """What the journal still knows of these passes."""
        query = select(passes.c.pass_id, passes.c.kind, passes.c.dagster_run_id).where(
            passes.c.pass_id == any_of(pass_ids)
        )
        with self._engine.connect() as connection:
            return {row.pass_id: PassNote(*row) for row in connection.execute(query)}

    def order_names(self, stores: Collection[str], order_ids: Collection[str]) -> dict[str, str]:
        """Order id -> the name that people know it by, of orders that are in the order ledger."""
        wanted = {"stores": list(stores), "order_ids": list(order_ids)}
        with self._engine.connect() as connection:
            return {row.order_id: row.order_name for row in connection.execute(_NAMES, wanted)}


def _base(
    row: Row[Any], writes: Iterable[Write], at: datetime
) -> tuple[Write | None, Adopted | None]:
    """The write on which a level rests, and what was taken over from the store since."""
    write = next((w for w in writes if w.status == "applied"), None)
    taken_over = row.origin == "adopted" and row.published_at <= at
    return write, Adopted(row.quantity_units, row.published_at) if taken_over else None


def _sold(
    connection: Connection, bases: dict[Place, tuple[Write | None, Adopted | None]], at: datetime
) -> defaultdict[Place, list[Sold]]:
    rows = [
        {
            "store": store,
            "inventory_item_id": key.inventory_item_id,
            "store_location_id": key.store_location_id,
            "since": since,
        }
        for (store, key), (write, adopted) in bases.items()
        if (since := adopted.at if adopted else write and write.created_at)
    ]
    found: defaultdict[Place, list[Sold]] = defaultdict(list)
    for row in connection.execute(_SOLD, {"rows": as_rows(rows), "at": at}):
        found[_place(row)].append(Sold(row.order_name, row.units))
    return found


def _write(row: Row[Any]) -> Write:
    values = tuple(row)
    return Write(LevelKey(values[0], values[1]), *values[2:])


def _place(row: Row[Any]) -> Place:
    return row.store, LevelKey(row.inventory_item_id, row.store_location_id)
