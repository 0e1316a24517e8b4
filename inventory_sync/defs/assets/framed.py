"""An asset that is a frame: what all of them share is said once.

Put here what Dagster is told of every computed or read frame. Assets of a store have a pool and
retries besides (``stores.store_asset``); the reading of the ERP makes many at once (``erp.py``).
"""

from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg

from inventory_sync.defs.assets.erp import OWNERS
from inventory_sync.defs.metadata import columns


def frame_asset(
    room: str,
    name: str,
    *,
    made_from: Mapping[str, str],
    has: Mapping[str, str],
    kinds: frozenset[str] = frozenset({"pandas"}),
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """The asset ``room/name``. ``made_from``: argument -> asset (``erp/stock``); ``has``: column ->
    its type and meaning.
    """
    return dg.asset(
        key=[room, name],
        ins={argument: dg.AssetIn(asset.split("/")) for argument, asset in made_from.items()},
        group_name=room,
        owners=OWNERS,
        kinds=set(kinds),
        tags={"inventory_sync/storey": room},
        io_manager_key="frames",
        metadata=columns(has),
    )
