"""What each variant and each order of a store was last told of dates.

Put here what a pass has to know to write only what has changed. Keep out why a date was given and
what became of it.
"""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Engine, Select, delete, literal, select, text, update

from inventory_sync.domain.metafields import Owner, PublishedPromise
from inventory_sync.ledger.frames import as_rows, given
from inventory_sync.ledger.levels import any_of
from inventory_sync.ledger.tables_promises import promised_orders, published_promises

ORDERS_ARE_KEPT: Final = timedelta(days=400)
"""An order that was told nothing new for so long is forgotten; the horizon is half a year."""

_GIVEN: Final = given(owner_id="text", sku="text", value="jsonb", digest="text")
_SAVE_VARIANTS: Final = text(f"""
    insert into inventory_sync.published_promises as known
        (store, variant_id, sku, profile, digest, pass_id, published_at)
    select :store, owner_id, sku, value, digest, :pass_id, :at from {_GIVEN} order by owner_id
    on conflict (store, variant_id) do update
    set sku = excluded.sku, profile = excluded.profile, digest = excluded.digest,
        pass_id = excluded.pass_id, published_at = excluded.published_at""")
_SAVE_ORDERS: Final = text(f"""
    insert into inventory_sync.promised_orders as known
        (store, order_id, dates, digest, pass_id, published_at)
    select :store, owner_id, value, digest, :pass_id, :at from {_GIVEN} order by owner_id
    on conflict (store, order_id) do update
    set dates = excluded.dates, digest = excluded.digest,
        pass_id = excluded.pass_id, published_at = excluded.published_at""")


_VARIANTS: Final = select(
    *(
        published_promises.c[name]
        for name in ("variant_id", "sku", "profile", "digest", "published_at")
    )
)
_ORDERS: Final = select(
    promised_orders.c.order_id,
    literal(None),
    *(promised_orders.c[name] for name in ("dates", "digest", "published_at")),
)


class PublishedPromises:
    """The part of the ledger that knows what the stores were told of dates."""

    _engine: Engine

    def published_promises(self, store: str, owner: Owner) -> dict[str, PublishedPromise]:
        """What was last written, or was about to be, by the gid of the variant or order."""
        if owner == Owner.VARIANT:
            return self._told(_VARIANTS.where(published_promises.c.store == store))
        return self._told(_ORDERS.where(promised_orders.c.store == store))

    def availability_told(
        self, store: str, *, skus: Collection[str]
    ) -> dict[str, PublishedPromise]:
        """The same of the variants alone that were told as one of these SKUs."""
        of = published_promises.c
        return self._told(_VARIANTS.where(of.store == store, of.sku == any_of(skus)))

    def _told(self, query: Select[Any]) -> dict[str, PublishedPromise]:
        with self._engine.connect() as connection:
            return {
                owner_id: PublishedPromise(
                    owner_id,
                    sku,
                    json.dumps(value, separators=(",", ":"), ensure_ascii=False),
                    digest,
                    told_at,
                )
                for owner_id, sku, value, digest, told_at in connection.execute(query)
            }

    def found_right(self, store: str, variant_ids: Collection[str], *, at: datetime) -> None:
        """Variants that would be told the same now: told by whom they were, right as of ``at``."""
        of = published_promises.c
        same = update(published_promises).where(
            of.store == store, of.variant_id == any_of(sorted(variant_ids))
        )
        with self._engine.begin() as connection:
            connection.execute(same.values(published_at=at))

    def save_published_promises(
        self,
        store: str,
        owner: Owner,
        promises: Sequence[PublishedPromise],
        *,
        pass_id: str,
        at: datetime,
    ) -> None:
        """Remember what is written now; of variants or orders that are not named nothing changes.

        Orders of long ago are forgotten in passing.
        """
        if not promises:
            return
        rows = [
            {"owner_id": each.owner_id, "sku": each.sku, "digest": each.digest}
            | {"value": json.loads(each.value)}
            for each in promises
        ]
        save = _SAVE_VARIANTS if owner == Owner.VARIANT else _SAVE_ORDERS
        where = {"store": store, "pass_id": pass_id, "at": at}
        with self._engine.begin() as connection:
            connection.execute(save, {**where, "rows": as_rows(rows)})
            if owner == Owner.ORDER:
                old = promised_orders.c.published_at < at - ORDERS_ARE_KEPT
                connection.execute(delete(promised_orders).where(old))
