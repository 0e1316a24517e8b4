"""What Dagster loads. Opens no connection: only the settings file is read.

Put the list of definitions here. ``build_definitions`` takes the settings and the resources as
arguments, so that tests and other deployments build the same graph from their own.
"""

from collections.abc import Mapping
from typing import Final

import dagster as dg

from inventory_sync.contracts import load_contracts
from inventory_sync.defs.alerts import alert_sensor
from inventory_sync.defs.assets.atp import available_to_promise_asset
from inventory_sync.defs.assets.erp import erp_snapshot
from inventory_sync.defs.assets.order_dates import order_dates_asset
from inventory_sync.defs.assets.orders import orders_in_flight
from inventory_sync.defs.assets.promise_slips import promise_slips
from inventory_sync.defs.assets.promises import projected, promise_dates_asset
from inventory_sync.defs.assets.published_promises import promise_asset
from inventory_sync.defs.assets.stores import store_assets
from inventory_sync.defs.batches import batch_definitions
from inventory_sync.defs.checks import (
    atp_is_the_sum_of_its_terms,
    every_order_reaches_the_erp,
    holds_are_the_same,
    no_hold_is_forgotten,
    quarantine_checks,
    store_checks,
)
from inventory_sync.defs.contract_checks import contract_checks
from inventory_sync.defs.contract_fit import refuse_misfits
from inventory_sync.defs.dates_job import dates_schedule
from inventory_sync.defs.event_dates import event_dates
from inventory_sync.defs.failures import failure_checks
from inventory_sync.defs.jobs import event_sync, full_sync, webhooks_check
from inventory_sync.defs.order_imports import no_order_import_is_parked, order_imports
from inventory_sync.defs.promise_checks import no_promise_was_broken_silently
from inventory_sync.defs.reconcile import reconcile_job, reconcile_schedule
from inventory_sync.defs.resources import FrameIOManager, InventorySync
from inventory_sync.defs.retention import every_night, retention
from inventory_sync.defs.sensors import event_sensors
from inventory_sync.settings import Settings, Store, load_settings

# Stores are published side by side; a forked child has the imports already.
_EXECUTOR: Final = dg.multiprocess_executor.configured(
    {"max_concurrent": 4, "start_method": {"forkserver": {}}}
)


def build_definitions(
    settings: Settings, *, resources: Mapping[str, object] | None = None
) -> dg.Definitions:
    """The whole graph for these settings; ``resources`` replace the real ones by name."""
    stores = settings.stores
    batches = batch_definitions(settings)
    assets = [
        erp_snapshot,
        orders_in_flight,
        available_to_promise_asset,
        projected,
        promise_dates_asset,
        order_dates_asset,
        promise_slips,
        *(asset for name, store in stores.items() for asset in _of_store(name, store)),
    ]
    contracts = load_contracts(settings.data_contracts)
    refuse_misfits(contracts, assets)
    checks = [
        *quarantine_checks(),
        *contract_checks(contracts, list(stores)),
        atp_is_the_sum_of_its_terms,
        no_hold_is_forgotten,
        holds_are_the_same,
        every_order_reaches_the_erp,
        no_promise_was_broken_silently,
        *([no_order_import_is_parked] if settings.erp.import_orders else []),
        *(check for name in stores for check in store_checks(name)),
        *(check for name, store in stores.items() for check in failure_checks(name, store)),
    ]
    return dg.Definitions(
        assets=assets,
        asset_checks=checks,
        jobs=[
            full_sync,
            event_sync,
            reconcile_job,
            retention,
            *(each.job for each in batches.values()),
        ],
        schedules=[
            every_night,
            webhooks_check(stores),
            dates_schedule(settings),
            reconcile_schedule(settings),
            *(each.schedule for each in batches.values()),
        ],
        sensors=[
            *event_sensors([each.job for each in batches.values()]),
            event_dates,
            *([order_imports] if settings.erp.import_orders else []),
            alert_sensor([key for check in checks for key in check.check_keys]),
        ],
        resources={
            "inventory_sync": InventorySync(),
            "frames": FrameIOManager(),
            **(resources or {}),
        },
        executor=_EXECUTOR,
    )


def _of_store(name: str, store: Store) -> list[dg.AssetsDefinition]:
    return [*store_assets(name, store), promise_asset(name, store)]


@dg.definitions
def defs() -> dg.Definitions:
    """The graph of the settings file, or of the sandbox when there is none."""
    return build_definitions(load_settings())
