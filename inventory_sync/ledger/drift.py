"""Drift over time: each difference from the moment it was found until it was gone.

Put reading and writing of that history here. Keep out why a level differs (``domain/drift.py``).
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Engine, select, text

from inventory_sync.domain.drift import DIFFERENCE_COLUMNS
from inventory_sync.domain.publication import LevelKey
from inventory_sync.ledger.frames import read_frame, stage
from inventory_sync.ledger.levels import any_of
from inventory_sync.ledger.schema import publications
from inventory_sync.ledger.tables_drift import drift

_UNITS: Final = ("shown_units", "explained_units", "wanted_units")
_FOUND: Final = {name: "bigint" if name in _UNITS else "text" for name in DIFFERENCE_COLUMNS}
_NAMES: Final = ", ".join(DIFFERENCE_COLUMNS)

# One difference of a level ends where another one, of another cause, begins.
_END: Final = text("""
    update inventory_sync.drift as known set repaired_at = :at, repaired_by = 'others'
    where store = :store and repaired_at is null and not exists (
        select from given where given.subject = known.subject and given.cause = known.cause)""")
# A level was right when it was last written, or when the store was last compared; whichever is
# later. Other stores of the same pass do not count.
_FOUND_NOW: Final = text(f"""
    insert into inventory_sync.drift as known (
        store, {_NAMES}, good_at, found_at, last_seen_at, pass_id)
    select :store, {_NAMES}, greatest(compared.at, (
            select max(published_at) from inventory_sync.publications as published
            where published.store = :store and published.sku = given.sku
                and published.store_location_id = given.store_location_id
                and published.origin = 'published')), :at, :at, :pass_id
    from given, (
        select max(at) as at from inventory_sync.reconciliations
        where store = :store and pass_id <> :pass_id) as compared
    on conflict (store, subject) where repaired_at is null do update
    set shown_units = excluded.shown_units, explained_units = excluded.explained_units,
        wanted_units = excluded.wanted_units, last_seen_at = excluded.last_seen_at,
        pass_id = excluded.pass_id""")
_COMPARED: Final = text("""
    insert into inventory_sync.reconciliations (pass_id, store, at, levels, drifted)
    values (:pass_id, :store, :at, :levels, :drifted)
    on conflict (pass_id, store) do update
    set at = excluded.at, levels = excluded.levels, drifted = excluded.drifted""")
_MENDED: Final = text("""
    update inventory_sync.drift set repaired_at = :at, repaired_by = 'reconcile'
    where store = :store and repaired_at is null and subject = any(:subjects)""")
_FIGURES: Final = text("""
    with compared as (
        select store, count(*) as comparisons, sum(levels) as levels, max(at) as last_at
        from inventory_sync.reconciliations where at >= :since group by store),
    found as (
        select store, count(*) as found, count(*) filter (where repaired_at is null) as open,
            percentile_cont(0.5) within group (order by extract(epoch from found_at - good_at))
                as detect_seconds,
            percentile_cont(0.5) within group (order by extract(epoch from repaired_at - found_at))
                as repair_seconds
        from inventory_sync.drift where found_at >= :since or repaired_at is null group by store)
    select compared.store, comparisons, compared.levels::bigint, last_at,
        coalesce(found, 0) as found, coalesce(open, 0) as open,
        coalesce(round(found * 1000.0 / nullif(compared.levels, 0), 3), 0)::float8
            as found_per_1000,
        detect_seconds, repair_seconds
    from compared left join found using (store) order by compared.store""")

FIGURES: Final = (
    "store",
    "comparisons",
    "levels",
    "last_at",
    "found",
    "open",
    "found_per_1000",
    "detect_seconds",
    "repair_seconds",
)


class DriftHistory:
    """The part of the ledger that remembers how stores differed from what they should show."""

    _engine: Engine

    def waterfalls(self, store: str, skus: Collection[str]) -> dict[LevelKey, Mapping[str, Any]]:
        """How the published quantity of each level of the SKUs came about, where we wrote it."""
        query = select(
            publications.c.inventory_item_id,
            publications.c.store_location_id,
            publications.c.waterfall,
        ).where(
            publications.c.store == store,
            publications.c.sku == any_of(skus),
            publications.c.waterfall.is_not(None),
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return {LevelKey(item, place): fall for item, place, fall in rows}

    def record_drift(
        self, store: str, found: pd.DataFrame, *, levels: int, pass_id: str, at: datetime
    ) -> None:
        """Note that so many levels of a store were compared, and what was found to differ.

        ``found``: ``DIFFERENCE_COLUMNS``, each subject once. What was open and is not in it, or has
        another cause now, is over.
        """
        about = {"store": store, "pass_id": pass_id, "at": at}
        with self._engine.begin() as connection:
            stage(connection, found, _FOUND)
            connection.execute(_END, {"store": store, "at": at})
            connection.execute(_FOUND_NOW, about)
            connection.execute(_COMPARED, {**about, "levels": levels, "drifted": len(found)})

    def mend_drift(self, store: str, subjects: Collection[str], *, at: datetime) -> None:
        """Note that reconcile has put these right."""
        with self._engine.begin() as connection:
            connection.execute(_MENDED, {"store": store, "subjects": list(subjects), "at": at})

    def drift(self, *, open_only: bool = False, since: datetime | None = None) -> pd.DataFrame:
        """What was found, newest first."""
        query = select(drift).order_by(drift.c.found_at.desc(), drift.c.drift_id)
        if open_only:
            query = query.where(drift.c.repaired_at.is_(None))
        if since is not None:
            query = query.where(drift.c.found_at >= since)
        with self._engine.connect() as connection:
            return read_frame(connection, query)

    def drift_figures(self, since: datetime) -> pd.DataFrame:
        """Per store, over what was compared since then (``FIGURES``).

        ``found_per_1000``: of a thousand levels compared, so many differed for a new reason;
        ``detect_seconds``: from when a level was last known to be right to its discovery, which is
        the longest that it can have been wrong; ``repair_seconds``: from there until it was gone.
        Both are medians.
        """
        with self._engine.connect() as connection:
            rows = connection.execute(_FIGURES, {"since": since}).all()
        return pd.DataFrame([tuple(row) for row in rows], columns=list(FIGURES))
