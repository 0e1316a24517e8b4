"""A stand-in for the Shopify Admin API: many shops on one local port, for tests and the demo.

It executes GraphQL over a true subset of the 2026-10 schema, moves stock as Shopify does when
orders come and go, throttles by cost, and fails on request. It needs nothing of the product; see
the README in this folder.

Put what a test imports here. Everything else is found in the module that knows the matter.
"""

from inventory_sync.sandbox.standin.drafts import (
    DraftEdit,
    complete_draft,
    delete_draft,
    place_draft,
    update_draft,
)
from inventory_sync.sandbox.standin.faults import Fault
from inventory_sync.sandbox.standin.foreign import (
    LevelEdit,
    LocationEdit,
    edit_level,
    edit_location,
)
from inventory_sync.sandbox.standin.holds import hold_order, release_order
from inventory_sync.sandbox.standin.order_changes import (
    LineUnits,
    RefundUnits,
    cancel_order,
    edit_order,
    fulfill_order,
    move_order,
    pay_order,
    refund_order,
)
from inventory_sync.sandbox.standin.orders import OrderRefused
from inventory_sync.sandbox.standin.placing import Wanted, place_order
from inventory_sync.sandbox.standin.seed import (
    ItemSeed,
    LevelSeed,
    LocationSeed,
    ShopSeed,
    shops_from_json,
    shops_to_json,
)
from inventory_sync.sandbox.standin.server import PortTaken, StandIn, running, serve
from inventory_sync.sandbox.standin.shop import Shop

__all__ = [
    "DraftEdit",
    "Fault",
    "ItemSeed",
    "LevelEdit",
    "LevelSeed",
    "LineUnits",
    "LocationEdit",
    "LocationSeed",
    "OrderRefused",
    "PortTaken",
    "RefundUnits",
    "Shop",
    "ShopSeed",
    "StandIn",
    "Wanted",
    "cancel_order",
    "complete_draft",
    "delete_draft",
    "edit_level",
    "edit_location",
    "edit_order",
    "fulfill_order",
    "hold_order",
    "move_order",
    "pay_order",
    "place_draft",
    "place_order",
    "refund_order",
    "release_order",
    "running",
    "serve",
    "shops_from_json",
    "shops_to_json",
    "update_draft",
]
