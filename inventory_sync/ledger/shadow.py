"""Shadow mode in the ledger: where stores in dry run differ from ours, and who was right.

Put reading and writing of that history here. Keep out who is right (``domain/shadow.py``).
"""

from datetime import datetime
from typing import Final

import pandas as pd
from sqlalchemy import Engine, select, text

from inventory_sync.ledger.frames import read_frame, stage
from inventory_sync.ledger.tables_shadow import shadow

_APART: Final = {
    "inventory_item_id": "text",
    "store_location_id": "text",
    "sku": "text",
    "shown_units": "bigint",
    "wanted_units": "bigint",
    "taken_units": "bigint",
}
_DECIDED: Final = {
    "inventory_item_id": "text",
    "store_location_id": "text",
    "is_right": "text",
    "reason": "text",
    "is_over": "boolean",
}

_SEE: Final = text("""
    insert into inventory_sync.shadow as known (store, inventory_item_id, store_location_id, sku,
        began_at, first_shown_units, first_wanted_units, seen_at, shown_units, wanted_units,
        taken_units)
    select :store, inventory_item_id, store_location_id, sku, :at, shown_units, wanted_units, :at,
        shown_units, wanted_units, taken_units
    from given
    on conflict (store, inventory_item_id, store_location_id) where ended_at is null do update
    set seen_at = excluded.seen_at, shown_units = excluded.shown_units,
        wanted_units = excluded.wanted_units, taken_units = excluded.taken_units""")
_DECIDE: Final = text("""
    update inventory_sync.shadow as known
    set is_right = given.is_right, reason = given.reason,
        ended_at = case when given.is_over then cast(:at as timestamptz) end
    from given
    where known.store = :store and known.ended_at is null
        and known.inventory_item_id = given.inventory_item_id
        and known.store_location_id = given.store_location_id""")


class ShadowHistory:
    """The part of the ledger that remembers what we would have shown."""

    _engine: Engine

    def record_shadow(
        self, store: str, apart: pd.DataFrame, decided: pd.DataFrame, *, at: datetime
    ) -> None:
        """Note the levels that are apart now, and what was decided about known differences.

        ``apart``: ids, sku, shown, wanted and taken units; ``decided``: ids, is_right, reason, and
        ``is_over`` where both show the same again.
        """
        about = {"store": store, "at": at}
        for rows, types, statement in ((decided, _DECIDED, _DECIDE), (apart, _APART, _SEE)):
            if rows.empty:
                continue
            with self._engine.begin() as connection:
                stage(connection, rows, types)
                connection.execute(statement, about)

    def shadow(
        self, *, store: str | None = None, open_only: bool = False, since: datetime | None = None
    ) -> pd.DataFrame:
        """The differences, newest first."""
        query = select(shadow).order_by(shadow.c.began_at.desc(), shadow.c.shadow_id)
        if store is not None:
            query = query.where(shadow.c.store == store)
        if open_only:
            query = query.where(shadow.c.ended_at.is_(None))
        if since is not None:
            query = query.where(shadow.c.seen_at >= since)
        with self._engine.connect() as connection:
            return read_frame(connection, query)
