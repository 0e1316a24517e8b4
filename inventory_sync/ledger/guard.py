"""What the write guard remembers: stopped passes, what was changed lately, how far the ERP reached.

Put queries of the guard here. Keep out when it objects: that is ``domain/guards.py``.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, Engine, Index, Row, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from inventory_sync.domain.guards import both, within
from inventory_sync.domain.stops import Objection, PlannedChange, StoppedPass, Tally
from inventory_sync.ledger.locks import wait_for_turn
from inventory_sync.ledger.schema import passes, write_intents
from inventory_sync.ledger.tables_guard import erp_watermarks, stopped_passes

Index("write_intents_recent_idx", write_intents.c.created_at,
      postgresql_where=text("version > 1"))  # fmt: skip

# Per level, from what it was before the first write to what the last one made of it, counted as
# ``moves_of`` counts steep moves. First publications do not count, nor what a person let through.
_RECENT: Final = text("""
    select store,
        count(*) filter (where before > 0 and after <= 0),
        count(*) filter (where 2 * after > 3 * greatest(before, 0)),
        count(*) filter (where before > 0 and 2 * after < before)
    from (
        select store,
            (array_agg(expected_units order by intent_id))[1] as before,
            (array_agg(quantity_units order by intent_id desc))[1] as after
        from inventory_sync.write_intents as intent
        where version > 1 and created_at > :since and status = 'applied' and not exists (
            select from inventory_sync.stopped_passes as stop
            where stop.carried_by = intent.pass_id)
        group by store, inventory_item_id, store_location_id) as level
    group by store""")
_LEVELS: Final = text("""
    select store, count(*) from inventory_sync.publications
    where cast(:stores as text[]) is null or store = any(:stores) group by store""")
_WRITTEN: Final = text("""
    select store, sku from inventory_sync.write_intents
    where created_at > :since and status in ('open', 'applied')
    group by store, sku order by store, sku""")

_STANDING: Final = stopped_passes.c.ended_at.is_(None)


class Guard:
    """The part of the ledger that the write guard works with."""

    _engine: Engine

    def recent_moves(self, *, since: datetime) -> dict[str, Tally]:
        """Per store, what passes have moved since then; slow after many (0.2 s at 90,000)."""
        with self._engine.connect() as connection:
            return {
                row[0]: Tally(*row[1:]) for row in connection.execute(_RECENT, {"since": since})
            }

    def published_levels(self, stores: Collection[str] | None = None) -> dict[str, int]:
        """How many levels of each of these stores (``None``: all) are published or adopted."""
        which = None if stores is None else list(stores)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(_LEVELS, {"stores": which})}

    def keep_stop(self, stop: StoppedPass, *, whole: bool = True) -> StoppedPass:
        """Remember a stopped plan; returns the one that stands in its store from now on.

        A plan that is no worse than the one that stands already is the same to a person: that one
        stays. A worse one takes its place; one that is not about the ``whole`` store keeps what
        stood there beside its own. One that was carried out ends what stood only if it is whole.
        """
        with self._engine.begin() as connection:
            wait_for_turn(connection, f"stopped_passes {stop.store}")
            mine = stopped_passes.c.store == stop.store
            row = connection.execute(select(stopped_passes).where(_STANDING, mine)).one_or_none()
            standing = _stop(row) if row else None
            if standing and stop.ended_at is None and within(stop.objections, standing.objections):
                seen = update(stopped_passes).where(_STANDING, mine)
                connection.execute(seen.values(last_seen_at=stop.stopped_at))
                return standing
            if standing and not whole:
                stop = replace(stop, objections=both(stop.objections, standing.objections))
            if whole or stop.ended_at is None:
                _end(connection, stop.store, at=stop.stopped_at)
            values = _values(stop)
            connection.execute(
                insert(stopped_passes)
                .values(values)
                .on_conflict_do_update(index_elements=["pass_id", "store"], set_=values)
            )
        return stop

    def decide_stop(
        self,
        stop: StoppedPass,
        state: Literal["approved", "refused"],
        *,
        by: str,
        at: datetime,
        carried_by: str | None = None,
    ) -> None:
        """Remember what a person decided; an approved one stands no longer."""
        statement = (
            update(stopped_passes)
            .where(_STANDING, stopped_passes.c.pass_id == stop.pass_id)
            .where(stopped_passes.c.store == stop.store)
            .values(state=state, decided_by=by, decided_at=at, carried_by=carried_by)
        )
        if state == "approved":
            statement = statement.values(ended_at=at)
        with self._engine.begin() as connection:
            connection.execute(statement)

    def expire_stop(self, store: str, *, at: datetime) -> None:
        """A pass found nothing to object to: what stood in this store stands no longer."""
        with self._engine.begin() as connection:
            _end(connection, store, at=at)

    def stops(self, pass_id: str | None = None) -> list[StoppedPass]:
        """What was stopped in a pass or carried out by it, or all that stands; oldest first."""
        table = stopped_passes.c
        query = select(stopped_passes).order_by(table.stopped_at, table.store)
        which: ColumnElement[bool] = _STANDING
        if pass_id is not None:
            which = or_(table.pass_id == pass_id, table.carried_by == pass_id)
        with self._engine.connect() as connection:
            return [_stop(row) for row in connection.execute(query.where(which))]

    def newest_changes(self) -> dict[str, datetime]:
        """Per dataset of the ERP, its newest change in the last good pass."""
        query = select(erp_watermarks.c.dataset, erp_watermarks.c.newest_at)
        with self._engine.connect() as connection:
            return {row.dataset: row.newest_at for row in connection.execute(query)}

    def record_newest_changes(self, pass_id: str, newest: Mapping[str, datetime]) -> None:
        """Remember the newest change of each dataset."""
        rows = [
            {"dataset": name, "newest_at": at, "pass_id": pass_id} for name, at in newest.items()
        ]
        if not rows:
            return
        statement = insert(erp_watermarks)
        replaced = {name: statement.excluded[name] for name in ("newest_at", "pass_id")}
        with self._engine.begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=["dataset"], set_=replaced), rows
            )

    def written_since(self, since: datetime) -> dict[str, list[str]]:
        """Store -> the SKUs that were written after then, or whose write has no outcome."""
        found: dict[str, list[str]] = {}
        with self._engine.connect() as connection:
            for store, sku in connection.execute(_WRITTEN, {"since": since}):
                found.setdefault(store, []).append(sku)
        return found

    def pass_ended_at(self, pass_id: str) -> datetime | None:
        """When a pass ended (or began, while it runs); ``None`` when there is no such pass."""
        query = select(passes.c.finished_at, passes.c.started_at).where(passes.c.pass_id == pass_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        found: datetime | None = (row.finished_at or row.started_at) if row else None
        return found


def _end(connection: Connection, store: str, *, at: datetime) -> None:
    mine = update(stopped_passes).where(_STANDING, stopped_passes.c.store == store)
    connection.execute(mine.where(stopped_passes.c.state == "waiting").values(state="expired"))
    connection.execute(mine.values(ended_at=at))


def _values(stop: StoppedPass) -> dict[str, Any]:
    plain = {
        "objections": [asdict(each) for each in stop.objections],
        "tally": asdict(stop.tally),
        "changes": [{**asdict(each), "waterfall": dict(each.waterfall)} for each in stop.changes],
    }
    kept = (
        "pass_id",
        "store",
        "stopped_at",
        "levels",
        "changed_levels",
        "state",
        "decided_by",
        "decided_at",
        "carried_by",
        "ended_at",
    )
    return {
        **{name: getattr(stop, name) for name in kept},
        **plain,
        "last_seen_at": stop.stopped_at,
    }


def _stop(row: Row[Any]) -> StoppedPass:
    facts = dict(row._mapping)
    del facts["last_seen_at"]
    many: dict[str, Sequence[Any]] = {
        "objections": tuple(Objection(**each) for each in facts["objections"]),
        "changes": tuple(PlannedChange(**each) for each in facts["changes"]),
    }
    return StoppedPass(**{**facts, **many, "tally": Tally(**facts["tally"])})
