"""What Dagster loads. Opens no connection: only the settings file is read.

Put the list of definitions here. ``build_definitions`` takes the settings and the resources as
arguments, so that tests and other deployments build the same graph from their own.
"""

from collections.abc import Mapping

import dagster as dg

from inventory_sync.defs.assets.atp import available_to_promise_asset
from inventory_sync.defs.assets.erp import erp_snapshot
from inventory_sync.defs.assets.orders import orders_in_flight
from inventory_sync.defs.assets.promises import projected, promise_dates_asset
from inventory_sync.defs.assets.stores import store_assets
from inventory_sync.defs.checks import (
    atp_is_the_sum_of_its_terms,
    every_order_reaches_the_erp,
    holds_are_the_same,
    no_hold_is_forgotten,
    quarantine_checks,
    store_checks,
)
from inventory_sync.defs.jobs import event_sync, full_sync, webhooks_check
from inventory_sync.defs.resources import FrameIOManager, InventorySync
from inventory_sync.defs.retention import every_night, retention
from inventory_sync.defs.sensors import event_sensors
from inventory_sync.settings import Settings, load_settings


def build_definitions(
    settings: Settings, *, resources: Mapping[str, object] | None = None
) -> dg.Definitions:
    """The whole graph for these settings; ``resources`` replace the real ones by name."""
    stores = settings.stores
    return dg.Definitions(
        assets=[
            erp_snapshot,
            orders_in_flight,
            available_to_promise_asset,
            projected,
            promise_dates_asset,
            *(asset for name, store in stores.items() for asset in store_assets(name, store)),
        ],
        asset_checks=[
            *quarantine_checks(),
            atp_is_the_sum_of_its_terms,
            no_hold_is_forgotten,
            holds_are_the_same,
            every_order_reaches_the_erp,
            *(check for name in stores for check in store_checks(name)),
        ],
        jobs=[full_sync, event_sync, retention],
        schedules=[every_night, webhooks_check(stores)],
        sensors=event_sensors(),
        resources={
            "inventory_sync": InventorySync(),
            "frames": FrameIOManager(),
            **(resources or {}),
        },
        # Stores are published side by side; a forked child has the imports already.
        executor=dg.multiprocess_executor.configured(
            {"max_concurrent": 4, "start_method": {"forkserver": {}}}
        ),
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The graph of the settings file, or of the sandbox when there is none."""
    return build_definitions(load_settings())
