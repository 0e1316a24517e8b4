"""What each store is told and what it shows: a factory that makes two assets per store.

Put a store's assets here, so that lineage, checks, retries and concurrency are per store.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg
import pandas as pd

from inventory_sync.defs.assets.erp import OWNERS, approval_in_run
from inventory_sync.defs.basis import BASIS_INS, basis_of
from inventory_sync.defs.metadata import columns, explained_by, table
from inventory_sync.defs.resources import InventorySync
from inventory_sync.domain.errors import (
    PassRefused,
    StoreStopped,
    StoreUnreachable,
    WriteInFlight,
)
from inventory_sync.flow.full_pass import note_failure
from inventory_sync.flow.observe import observe_store
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.publish import StoreReport, Wishes, publish_store
from inventory_sync.settings import Store


class Publishing(dg.Config):
    """How a store is published in this run; what is set narrows or widens what a pass may do.

    ``approve`` is the id of a stopped pass: it is derived anew, and published if it is no worse.
    """

    dry_run: bool = False
    override_guard: bool = False
    approve: str = ""
    trust_observed: bool = False
    skus: list[str] = []  # noqa: RUF012 - dg.Config copies defaults


_COLUMNS = {
    "sku": "text: the ERP's item code",
    "inventory_item_id": "text: Shopify's inventory item (gid)",
    "store_location_id": "text: Shopify's location (gid)",
    "physical_micros": "int64: on hand at the ERP locations behind it, in millionths",
    "atp_micros": "int64: their ATP, in millionths",
    "in_flight_micros": "int64: orders that the ERP does not know yet, in millionths",
    "pool_micros": "int64: ATP less in flight, in millionths",
    "offer_units": "int64: after share, buffer, hide and cap",
    "observed_units": "int64: what the store showed before",
    "explained_units": "int64: what we last set, less orders since",
    "quantity_units": "int64: what it shall show",
    "action": "text: write, keep or hold",
    "reason": "text: why it is not simply the offer",
    "shown_units": "int64: what the store showed after",
}


def store_assets(name: str, store: Store) -> list[dg.AssetsDefinition]:
    """The assets ``stores/<name>/published_quantities`` and ``.../observed_quantities``."""
    return [_published(name, store), _observed(name, store)]


def _published(name: str, store: Store) -> dg.AssetsDefinition:
    how = "is written to" if store.mode == "live" else "is computed, not written to (dry run)"

    @store_asset(
        name,
        "published_quantities",
        ins=BASIS_INS,
        deps=[["orders", "in_flight"]],
        description=f"What {store.shop} offers at its {len(store.locations)} location(s). "
        f"The store {how}.",
        metadata=columns(_COLUMNS),
    )
    def published_quantities(
        context: dg.AssetExecutionContext,
        config: Publishing,
        inventory_sync: InventorySync,
        atp: pd.DataFrame,
        components: pd.DataFrame,
        products: pd.DataFrame,
        locations: pd.DataFrame,
        acknowledged_orders: pd.DataFrame,
        commitments: pd.DataFrame,
    ) -> dg.Output[pd.DataFrame]:
        basis = basis_of(
            atp=atp,
            components=components,
            products=products,
            locations=locations,
            acknowledged_orders=acknowledged_orders,
            commitments=commitments,
        )
        wishes = Wishes(
            dry_run=config.dry_run,
            skus=frozenset(config.skus) or None,
            override_guard=config.override_guard,
            approval=approval_in_run(context.run.run_id, config.approve),
            trust_observed=config.trust_observed,
        )
        with inventory_sync.parts(context.log) as parts, _told(parts, name, context):
            report = publish_store(parts, name, basis, pass_id=context.run.run_id, wishes=wishes)
        report.rows.attrs["only"] = sorted(config.skus)  # the frame holds nothing else
        return dg.Output(report.rows, metadata=_published_metadata(parts, report))

    return published_quantities


def _observed(name: str, store: Store) -> dg.AssetsDefinition:
    @store_asset(
        name,
        "observed_quantities",
        deps=[["stores", name, "published_quantities"]],
        description=f"What {store.shop} says it shows, read back after publishing.",
        metadata=columns(
            {
                "inventory_item_id": "text: Shopify's inventory item (gid)",
                "store_location_id": "text: Shopify's location (gid)",
                "sku": "text: the ERP's item code",
                "observed_units": "int64: available, as Shopify shows it now",
                "published_units": "int64: what we last set",
                "explained_units": "int64: that, less orders since",
            }
        ),
    )
    def observed_quantities(
        context: dg.AssetExecutionContext, inventory_sync: InventorySync
    ) -> dg.Output[pd.DataFrame]:
        with inventory_sync.parts(context.log) as parts, _told(parts, name, context):
            rows = observe_store(parts, name)
        drifted = rows[rows["observed_units"].ne(rows["explained_units"])]
        return dg.Output(
            rows,
            metadata={
                "levels": len(rows),
                "units shown": int(rows["observed_units"].sum()),
                "unexplained": len(drifted),
                "unexplained levels": table(drifted),
            },
        )

    return observed_quantities


@contextmanager
def _told(parts: Parts, store: str, context: dg.AssetExecutionContext) -> Iterator[None]:
    """Keep in the ledger why nothing came of a store; only what may pass by itself is retried."""
    try:
        yield
    except (StoreStopped, StoreUnreachable, PassRefused, WriteInFlight) as error:
        note_failure(parts, store, context.run.run_id, error)
        passing = isinstance(error, StoreUnreachable | WriteInFlight)
        raise dg.Failure(str(error), allow_retries=passing) from None


def store_asset(
    store: str,
    name: str,
    *,
    description: str,
    metadata: Mapping[str, Any],
    ins: Mapping[str, dg.AssetIn] | None = None,
    deps: Sequence[Sequence[str]],
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """An asset of one store: at most one step at a time works on it, and passing faults retry."""
    of_the_store = f"store_{store.replace('-', '_')}"  # Dagster allows no '-' in these names
    return dg.asset(
        key=["stores", store, name],
        description=description,
        metadata=metadata,
        ins=ins,
        deps=deps,
        group_name=of_the_store,
        owners=OWNERS,
        kinds={"shopify"},
        tags={"inventory_sync/store": store, "inventory_sync/storey": "stores"},
        pool=of_the_store,
        io_manager_key="frames",
        retry_policy=dg.RetryPolicy(max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL),
    )


def _published_metadata(parts: Parts, report: StoreReport) -> dict[str, Any]:
    rows = report.rows
    change = (rows["quantity_units"] - rows["observed_units"]).abs()
    biggest = rows.assign(change=rows["quantity_units"] - rows["observed_units"]).loc[
        change.sort_values(ascending=False).index
    ]
    shown = ["sku", "store_location_id", "atp_micros", "in_flight_micros", "offer_units"]
    shown += ["observed_units", "quantity_units", "change", "action", "reason"]
    return {
        **{name.replace("_", " "): value for name, value in report.counts.items()},
        "units offered": int(rows["offer_units"].sum()),
        "mode": "live" if report.live else "dry run: nothing written",
        "biggest changes": table(biggest.loc[biggest["change"] != 0, shown]),
        "explained by": explained_by(parts, biggest["sku"].head(50).astype(str)),
        "to mend": table(report.findings),
    }
