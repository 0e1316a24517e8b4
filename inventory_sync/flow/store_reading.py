"""One store, read whole: what it shows, and what is known of how that came about.

Put here the order in which a store is read, and what becomes of an answer that is old when it
comes. Single reads are in ``gather.py``; decisions are kept out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from inventory_sync.domain.decision import StoreView
from inventory_sync.domain.errors import StoreStopped
from inventory_sync.domain.findings import findings_frame
from inventory_sync.domain.publication import LEVEL
from inventory_sync.flow.gather import (
    await_lost_writes,
    catalog_frame,
    levels_frame,
    read_back,
    read_orders,
    settle_lost_writes,
    view_of,
)
from inventory_sync.flow.parts import Parts

CATCH_UP_ROUNDS = 3
"""How often what moved since an export was begun is read again; each round is shorter."""


def read_store(parts: Parts, store: str) -> tuple[StoreView, pd.DataFrame]:
    """What the store shows now, with lost writes settled; and findings about its locations.

    Raises ``StoreStopped`` when none of the mapped locations can be used.
    """
    storefront, policy = parts.storefronts[store], parts.policies[store]
    await_lost_writes(parts, store)
    read_at = parts.now()
    found = {location.store_location_id: location for location in storefront.facts().locations}
    usable = [gid for gid in policy.locations if gid in found and found[gid].is_active]
    if not usable:
        raise StoreStopped(
            store=store,
            reason="none of the locations in the settings exists and is active in Shopify",
            way_out=f"correct stores.{store}.locations, or activate the locations",
        )
    before = _Known.now(parts, store)
    export = storefront.export(usable)
    if export is None:
        catalog = catalog_frame(storefront.catalog())
        levels = pd.concat(
            [levels_frame(storefront.levels(at)) for at in usable], ignore_index=True
        )
    else:
        catalog, levels = catalog_frame(export.items), levels_frame(export.levels)
    read_orders(parts, store)
    _follow_renames(parts, store, catalog)
    if export is not None:
        levels, before = _caught_up(parts, store, levels, usable, before)
    settle_lost_writes(parts, store, levels, read_at=read_at)
    view = replace(view_of(parts, store, catalog, levels, usable), read_at=read_at)
    if export is not None:
        view = _without_moving(view, _Known.now(parts, store).moved(before))
    lost = findings_frame(
        pd.Series([gid for gid in policy.locations if gid not in usable], dtype="object"),
        "unusable-location",
        "the location does not exist or is not active in Shopify: nothing is published there",
    )
    return view, lost


def _follow_renames(parts: Parts, store: str, catalog: pd.DataFrame) -> None:
    """Orders of an item that has another SKU now count for that one, also those read long ago."""
    lines = parts.ledger.order_lines()
    sold = lines.loc[lines["store"] == store, ["inventory_item_id", "sku"]].drop_duplicates()
    both = sold.merge(catalog, on="inventory_item_id", suffixes=("_then", ""))
    renamed = both[both["sku"].notna() & both["sku"].ne(both["sku_then"])]
    for item, sku in renamed[["inventory_item_id", "sku"]].drop_duplicates().to_numpy().tolist():
        parts.ledger.rename_item(store, item, sku)


@dataclass(frozen=True)
class _Known:
    """What the ledger knew of a store's levels at one moment: our writes, and its order lines."""

    publications: pd.DataFrame
    lines: pd.DataFrame

    @classmethod
    def now(cls, parts: Parts, store: str) -> "_Known":
        lines = parts.ledger.order_lines()
        return cls(parts.ledger.publications(store), lines[lines["store"] == store])

    def moved(self, since: "_Known") -> set[str]:
        """The items of which a level was written, or an order changed, in between: an order that
        came and went leaves no other trace.
        """
        wrote = ["inventory_item_id", "store_location_id", "version", "published_at"]
        sold = ["inventory_item_id", "store_location_id", "line_id", "taken_units", "updated_at"]
        return _new_items(since.publications[wrote], self.publications[wrote]) | _new_items(
            since.lines[sold], self.lines[sold]
        )


def _new_items(then: pd.DataFrame, now: pd.DataFrame) -> set[str]:
    """The items with a row that is in one of the two frames only."""
    either = pd.concat([then, now], ignore_index=True).astype("object")
    return set(either.drop_duplicates(keep=False)["inventory_item_id"])


def _caught_up(
    parts: Parts, store: str, levels: pd.DataFrame, places: Sequence[str], before: _Known
) -> tuple[pd.DataFrame, _Known]:
    """The levels of an export, with all that moved since it was begun read again; and what was
    known when nothing but what is read again could have moved.

    The rule that protects from an old answer: **the export is believed of a level only if neither
    a write of ours nor an order changed its item since before the export was begun**, for all that
    the ledger knows after the orders were read. Every other level is read by its id, and the orders
    after it, as always. What moves even then is held (``_without_moving``); a level that is written
    after that is refused by its version (``Ledger.prepare``). What no ledger knows yet, such as an
    edit by staff, is met by the compare-and-swap as after any reading.
    """
    for _ in range(CATCH_UP_ROUNDS):
        known = _Known.now(parts, store)
        moved = known.moved(before)
        if not moved:
            break
        parts.tell(f"{store}: {len(moved)} items moved during the export and are read again")
        keys = [(item, place) for place in places for item in sorted(moved)]
        fresh = read_back(parts.storefronts[store], pd.DataFrame(keys, columns=LEVEL))
        kept = levels[~levels["inventory_item_id"].isin(moved)]
        levels = pd.concat([kept, fresh], ignore_index=True)
        before = known
        read_orders(parts, store)
    return levels, before


def _without_moving(view: StoreView, moved: set[str]) -> StoreView:
    """The view, in which every level of an item that moved counts as busy.

    That holds back for a pass what this reading itself has settled: it is seldom, and no harm.
    """
    moving = view.levels.loc[view.levels["inventory_item_id"].isin(moved), LEVEL]
    return replace(view, busy=pd.concat([view.busy[LEVEL], moving], ignore_index=True))
