"""What each store tells its buyers of dates: a factory that makes one asset per store.

Put here what the asset takes and reports; the steps of publishing are the flow's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import dagster as dg
import pandas as pd

from inventory_sync.defs.assets.stores import store_asset
from inventory_sync.defs.metadata import columns, table
from inventory_sync.defs.resources import InventorySync
from inventory_sync.domain.errors import PassRefused, StoreStopped, StoreUnreachable
from inventory_sync.domain.findings import FINDING_COLUMNS, joined
from inventory_sync.domain.promise import Departures
from inventory_sync.flow.order_publishing import OrderReport, publish_order_dates
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.promise_publishing import (
    PromiseBasis,
    PromiseReport,
    publish_availability,
)
from inventory_sync.flow.promising import places_of
from inventory_sync.settings import Store

RESERVE_SHARE: Final = 0.5
"""Of the store's rate limit, so much is left to events: after a cut-off every date is written."""

_COLUMNS = {
    "sku": "text: the item code",
    "variant_id": "text: Shopify's product variant (gid)",
    "places": "int64: store locations that sell it",
    "steps": "int64: dates, over all of them",
    "bytes": "int64: of the metafield",
    "first_ships_on": "text: the first day on which any of it ships",
    "action": "text: write, keep, leave, none, refused or unknown; in a dry run what would be done",
    "lowers": "bool: some quantity ships later than the store said before: written first",
    "reason": "text: what is remarkable",
    "availability": "text: the metafield, as the storefront reads it",
}


class PublishingPromises(dg.Config):
    """How a store's dates are published in this run."""

    dry_run: bool = False


def promise_asset(name: str, store: Store) -> dg.AssetsDefinition:
    """The asset ``stores/<name>/published_promises``."""
    how = "is written to" if store.mode == "live" else "is computed, not written to (dry run)"

    @store_asset(
        name,
        "published_promises",
        ins={
            "promise_dates": dg.AssetIn(["atp", "promise_dates"]),
            "levels": dg.AssetIn(["stores", name, "published_quantities"]),
            "order_dates": dg.AssetIn(["orders", "promise_dates"]),
            "locations": dg.AssetIn(["erp", "locations"]),
            "products": dg.AssetIn(["erp", "products"]),
        },
        deps=[],
        description=f"Which quantity ships on which day, in a metafield of each variant of "
        f"{store.shop} that its storefront reads, and the date of each line on its placed orders. "
        f'The store {how}. Unknown is "date on request".',
        metadata=columns(_COLUMNS),
    )
    def published_promises(
        context: dg.AssetExecutionContext,
        config: PublishingPromises,
        inventory_sync: InventorySync,
        promise_dates: pd.DataFrame,
        levels: pd.DataFrame,
        order_dates: pd.DataFrame,
        locations: pd.DataFrame,
        products: pd.DataFrame,
    ) -> dg.Output[pd.DataFrame]:
        live = store.mode == "live" and not config.dry_run
        asked_at = datetime.fromisoformat(promise_dates.attrs["asked_at"])
        tracked = products.loc[products["tracked"].astype(bool), "sku"]
        with inventory_sync.parts(context.log, reserve_share=RESERVE_SHARE) as parts, _failing():
            places = places_of(parts, locations)
            departures = {each.location: Departures(each, asked_at) for each in places}
            skus = frozenset(tracked.astype(str))
            read_at = datetime.fromisoformat(promise_dates.attrs["read_at"])
            basis = PromiseBasis(promise_dates, departures, asked_at, skus, read_at)
            run_id = context.run.run_id
            shown = publish_availability(parts, name, basis, levels, pass_id=run_id, live=live)
            orders = publish_order_dates(parts, name, order_dates, pass_id=run_id, live=live)
            findings = _record(parts, name, run_id, shown, orders, levels)
        return dg.Output(shown.rows, metadata=_metadata(shown, orders, findings))

    return published_promises


def _record(
    parts: Parts,
    store: str,
    run_id: str,
    shown: PromiseReport,
    orders: OrderReport,
    levels: pd.DataFrame,
) -> pd.DataFrame:
    """Keep what a person should mend, beside the findings about quantities."""
    findings = joined([shown.findings, orders.findings], FINDING_COLUMNS)
    parts.ledger.record_findings(
        f"{store} promises",
        findings,
        pass_id=run_id,
        at=parts.now(),
        subjects=levels.attrs.get("only") or None,
    )
    return findings


@contextmanager
def _failing() -> Iterator[None]:
    """Quantities do not depend on dates, so a store is not stopped for them."""
    try:
        yield
    except (StoreStopped, StoreUnreachable, PassRefused) as error:
        passing = isinstance(error, StoreUnreachable)
        raise dg.Failure(str(error), allow_retries=passing) from None


def _metadata(shown: PromiseReport, orders: OrderReport, findings: pd.DataFrame) -> dict[str, Any]:
    rows, sent = shown.rows, shown.sent
    first = ["sku", "first_ships_on", "places", "steps", "lowers", "reason", "availability"]
    return {
        "variants": len(rows),
        "to write": int((rows["action"] == "write").sum()),
        "written": len(sent.digests),
        "unchanged": int((rows["action"] == "keep").sum()),
        "refused": len(sent.refused),
        "unknown": len(sent.unknown),
        "promise less than before": int(rows["lowers"].sum()),
        "without a date": int(rows["first_ships_on"].isna().sum()),
        "largest metafield (bytes)": int(rows["bytes"].max()) if len(rows) else 0,
        "open orders": orders.orders,
        "orders to tell": orders.changed,
        "orders told": len(orders.sent.digests),
        "deadlines set": orders.deadlines,
        "mode": "live" if shown.live else "dry run: nothing written",
        "remarks": "; ".join((*shown.remarks, *orders.remarks)),
        "to mend": table(findings),
        "changes": table(rows.loc[rows["action"].isin(["write", "refused", "unknown"]), first]),
    }
