"""Publications: per level of a store, what we last set or adopted, and what it showed when read.

Put here what answers "what should the store show, and why". Keep out how a write comes about and
ends (``intents``): an applied write becomes a publication there, in one statement.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Engine, func, select, text

from inventory_sync.domain.publication import LevelKey
from inventory_sync.ledger.frames import read_frame, stage
from inventory_sync.ledger.levels import LEVEL, any_of, same_level
from inventory_sync.ledger.schema import publications, snapshots

_ADOPTED: Final = {
    **LEVEL,
    "sku": "text",
    "quantity_units": "bigint",
    "taken_units": "bigint",
    "version": "bigint",
}
# As ``prepare`` locks them too: whichever comes second sees the first.
_LOCK_GIVEN: Final = text(f"""
    select from given join inventory_sync.publications as published on {same_level("published")}
    order by published.inventory_item_id, published.store_location_id
    for update of published""")
# Event passes write at any time: a level that is being written, or was written since it was read,
# has a better base already.
_BEING_WRITTEN: Final = text(f"""
    delete from given using inventory_sync.write_intents as intent
    where {same_level("intent")} and intent.status = 'open'""")
_ADOPT: Final = text("""
    insert into inventory_sync.publications as published (
        store, inventory_item_id, store_location_id, sku, quantity_units, taken_units, origin,
        version, pass_id, published_at, observed_units, observed_at)
    select :store, inventory_item_id, store_location_id, sku, quantity_units, taken_units,
        'adopted', version, :pass_id, :at, quantity_units, :at
    from given
    order by inventory_item_id, store_location_id
    on conflict (store, inventory_item_id, store_location_id) do update
    set sku = excluded.sku, quantity_units = excluded.quantity_units,
        taken_units = excluded.taken_units, origin = excluded.origin, intent_id = null,
        pass_id = excluded.pass_id, published_at = excluded.published_at, waterfall = null,
        observed_units = excluded.observed_units, observed_at = excluded.observed_at
    where published.version = excluded.version""")

# Locked in the order of the key, so that two readings wait for each other, not dead-lock.
_OBSERVED: Final = {**LEVEL, "observed_units": "bigint"}
_OBSERVE: Final = text(f"""
    with sorted as (
        select publication.inventory_item_id, publication.store_location_id,
            given.observed_units as seen_units
        from given join inventory_sync.publications as publication
            on {same_level("publication")}
        where publication.observed_at is null or publication.observed_at <= :at
        order by publication.inventory_item_id, publication.store_location_id
        for update of publication)
    update inventory_sync.publications as publication
    set observed_units = sorted.seen_units, observed_at = :at
    from sorted
    where publication.store = :store
        and publication.inventory_item_id = sorted.inventory_item_id
        and publication.store_location_id = sorted.store_location_id""")


class Publications:
    """The part of the ledger that knows what every level of every store should show."""

    _engine: Engine

    def publications(
        self, store: str, inventory_item_ids: Sequence[str] | None = None
    ) -> pd.DataFrame:
        """Per level, what we last set or adopted, and what the store showed when last read.

        ``version`` counts our applied writes and goes back into ``prepare``; ``observed_units`` is
        null while nothing was read since. ``inventory_item_ids`` restricts what is read.
        """
        elsewhere = {"store", "intent_id", "waterfall"}
        query = select(*(c for c in publications.c if c.name not in elsewhere)).where(
            publications.c.store == store
        )
        if inventory_item_ids is not None:
            query = query.where(publications.c.inventory_item_id == any_of(inventory_item_ids))
        with self._engine.connect() as connection:
            return read_frame(connection, query)

    def published_as_of(self, store: str) -> datetime | None:
        """The instant of the newest ERP snapshot from which the store was served, if any.

        A pass that has waited for another one must not bring back older figures.
        """
        served_by = select(publications.c.pass_id).where(publications.c.store == store).distinct()
        query = select(func.max(snapshots.c.taken_at)).where(snapshots.c.pass_id.in_(served_by))
        with self._engine.connect() as connection:
            newest: datetime | None = connection.scalar(query)
        return newest

    def waterfall(self, store: str, key: LevelKey) -> dict[str, Any] | None:
        """How the published quantity of a level came about; ``None`` when we did not set it."""
        query = select(publications.c.waterfall).where(
            publications.c.store == store,
            publications.c.inventory_item_id == key.inventory_item_id,
            publications.c.store_location_id == key.store_location_id,
        )
        with self._engine.connect() as connection:
            return connection.scalar(query)

    def adopt(self, store: str, levels: pd.DataFrame, *, pass_id: str, at: datetime) -> None:
        """Take quantities that we did not write as the base that explains later ones.

        ``levels`` has inventory_item_id, store_location_id, sku, quantity_units, taken_units and
        the version that was read. A level that is being written, or was written since, is left out.
        """
        with self._engine.begin() as connection:
            stage(connection, levels, _ADOPTED)
            connection.execute(_LOCK_GIVEN, {"store": store})
            connection.execute(_BEING_WRITTEN, {"store": store})
            connection.execute(_ADOPT, {"store": store, "pass_id": pass_id, "at": at})

    def record_observed(self, store: str, levels: pd.DataFrame, *, at: datetime) -> None:
        """Note what the store shows: inventory_item_id, store_location_id, observed_units.

        Levels that we never set or adopted are passed over, as are readings older than the one
        known.
        """
        with self._engine.begin() as connection:
            stage(connection, levels, _OBSERVED)
            connection.execute(_OBSERVE, {"store": store, "at": at})
