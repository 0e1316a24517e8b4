"""The fence: a call is on disk before it leaves, and only if nobody else has got in between.

Put here what keeps two publishers of a level apart (protocol B.3, docs/decisions/0008): the open
intent, the version, and the instant of the ERP's figures. What came of a call is ``intents.py``.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from sqlalchemy import Engine, Row, text

from inventory_sync.domain.errors import WriteInFlight
from inventory_sync.domain.publication import Decided, LevelKey, SetQuantities
from inventory_sync.ledger.frames import as_rows, given
from inventory_sync.ledger.levels import LEVEL, level_keys, same_level
from inventory_sync.ledger.together import Together

_CALL: Final = {
    "store": "text",
    "pass_id": "text",
    "idempotency_key": "text",
    "relative": "boolean",
    "as_of": "timestamptz",
    "created_at": "timestamptz",
}
_CHANGE: Final = {
    **LEVEL,
    "sku": "text",
    "row_in_call": "bigint",
    "expected_units": "bigint",
    "quantity_units": "bigint",
    "taken_units": "bigint",
    "waterfall": "jsonb",
}

# A level with an open intent yields no row. Sorted, so that two calls over the same levels wait
# for each other instead of dead-locking.
_PREPARE: Final = text(f"""
    insert into inventory_sync.write_intents (
        {", ".join(_CALL | _CHANGE)}, version, status)
    select {", ".join(_CALL | _CHANGE)},
        1 + coalesce((
            select max(earlier.version) from inventory_sync.write_intents as earlier
            where {same_level("earlier", "given.store")}), 0), 'open'
    from {given(**_CALL, **_CHANGE)}
    order by store, inventory_item_id, store_location_id
    on conflict do nothing
    returning intent_id, store, idempotency_key, inventory_item_id, store_location_id""")

_TAKE_BACK: Final = text(
    "delete from inventory_sync.write_intents where intent_id = any(:intent_ids)"
)

# Locked in the order of the key. Who stamps a level locks it too and looks for intents afterwards,
# so whichever comes second sees the first. What is returned is the newest state of each row.
_VERSION: Final = {**LEVEL, "version": "bigint"}
_LOCK: Final = text(f"""
    select published.store, published.inventory_item_id, published.store_location_id,
        published.version, published.as_of
    from {given(store="text", **LEVEL)}
    join inventory_sync.publications as published on {same_level("published", "given.store")}
    order by published.store, published.inventory_item_id, published.store_location_id
    for update of published""")

_STAMP: Final = text(f"""
    update inventory_sync.publications as published
    set as_of = greatest(published.as_of, :as_of)
    from {given(**_VERSION)}
    where {same_level("published")} and published.version = given.version and not exists (
        select from inventory_sync.write_intents as intent
        where {same_level("intent")} and intent.status = 'open')
    returning published.inventory_item_id, published.store_location_id""")


class Fence:
    """The part of the ledger that lets one publisher at a time write a level."""

    _engine: Engine

    def prepare(
        self,
        store: str,
        pass_id: str,
        call: SetQuantities,
        *,
        decided: Mapping[LevelKey, Decided],
        as_of: datetime,
        created_at: datetime,
    ) -> None:
        """Write down what a call is about to do; it is on disk when this returns.

        ``as_of`` is the instant of the ERP's figures behind it, by the ERP's clock.

        Raises ``WriteInFlight`` and writes nothing when a level has an open intent, was written
        after its version was read, or was decided from later figures: the store compares quantities
        and cannot tell that two publishers computed the same step (protocol B.2, C2).
        """
        self._prepare_together(_Planned(store, pass_id, call, dict(decided), as_of, created_at))

    @cached_property
    def _prepare_together(self) -> Together["_Planned", None]:
        return Together(self._prepare_all)

    def _prepare_all(self, planned: Sequence["_Planned"]) -> list[Exception | None]:
        """All calls in one transaction; what is lost of one takes back that call alone."""
        rows = [row for each in planned for row in each.rows()]
        with self._engine.begin() as connection:
            ours = _by_call(connection.execute(_PREPARE, {"rows": as_rows(rows)}))
            # Asked in a later statement: now that the levels are ours, no version can change.
            levels = [{"store": s, **_named(key)} for (s, _), keys in ours.items() for key in keys]
            published = {
                (row.store, LevelKey(row.inventory_item_id, row.store_location_id)): row
                for row in connection.execute(_LOCK, {"rows": as_rows(levels)})
            }
            results: list[Exception | None] = []
            for each in planned:
                written = ours.get(each.name, {})
                lost = each.lost(set(written), published)
                if lost and written:
                    connection.execute(_TAKE_BACK, {"intent_ids": list(written.values())})
                results.append(WriteInFlight(each.store, lost) if lost else None)
        return results

    def stamp(
        self, store: str, versions: Mapping[LevelKey, int], *, as_of: datetime
    ) -> set[LevelKey]:
        """Note that levels were found right as of an ERP instant; returns those that were stamped.

        A level is not, when it was written since its version was read, or is being written: what
        was found is then no longer what it shows.
        """
        if not versions:
            return set()
        rows = as_rows({**_named(key), "version": version} for key, version in versions.items())
        with self._engine.begin() as connection:
            connection.execute(
                _LOCK, {"rows": as_rows({"store": store, **_named(k)} for k in versions)}
            )
            found = connection.execute(_STAMP, {"store": store, "rows": rows, "as_of": as_of})
            return level_keys(found.all())


@dataclass(frozen=True)
class _Planned:
    """A call with what is kept beside it, before it is on disk."""

    store: str
    pass_id: str
    call: SetQuantities
    decided: Mapping[LevelKey, Decided]
    as_of: datetime
    created_at: datetime

    @property
    def name(self) -> tuple[str, str]:
        """What tells it from other calls."""
        return self.store, self.call.idempotency_key

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row for each level (``_CALL`` and ``_CHANGE``)."""
        facts = {
            "store": self.store,
            "pass_id": self.pass_id,
            "idempotency_key": self.call.idempotency_key,
            "relative": self.call.relative,
            "as_of": self.as_of,
            "created_at": self.created_at,
        }
        for row, change in enumerate(self.call.changes):
            beside = self.decided[change.key]
            yield {
                **facts,
                **_named(change.key),
                "sku": change.sku,
                "row_in_call": row,
                "expected_units": change.expected_units,
                "quantity_units": change.quantity_units,
                "taken_units": beside.taken_units,
                "waterfall": dict(beside.waterfall),
            }

    def lost(
        self, ours: set[LevelKey], published: Mapping[tuple[str, LevelKey], Row[Any]]
    ) -> set[LevelKey]:
        """The levels that somebody else is writing, has written since, or has newer figures of."""
        keys = {change.key for change in self.call.changes}
        overtaken = {
            key
            for key in ours
            if (row := published.get((self.store, key)))
            and (
                row.version != self.decided[key].version
                or (row.as_of is not None and row.as_of > self.as_of)
            )
        }
        return (keys - ours) | overtaken


def _by_call(rows: Iterable[Row[Any]]) -> dict[tuple[str, str], dict[LevelKey, int]]:
    """The levels that were written down for each call, with the ids of their intents."""
    found: dict[tuple[str, str], dict[LevelKey, int]] = defaultdict(dict)
    for row in rows:
        key = LevelKey(row.inventory_item_id, row.store_location_id)
        found[row.store, row.idempotency_key][key] = row.intent_id
    return found


def _named(key: LevelKey) -> dict[str, str]:
    return {
        "inventory_item_id": key.inventory_item_id,
        "store_location_id": key.store_location_id,
    }
