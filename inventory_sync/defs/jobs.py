"""Jobs: which assets run together.

Put a job here with the sentence that says when to run it. Few jobs with broad selections; never one
per SKU or store.
"""

import dagster as dg

full_sync = dg.define_asset_job(
    "full_sync",
    selection=dg.AssetSelection.all(),
    description="Read the whole ERP and bring every store to what it should show. Safe to run at "
    "any time: a second run that finds nothing changed writes nothing.",
    tags={"inventory_sync/kind": "full"},
)
