"""``inventory-sync init``: the two files with which one's own ERP and stores begin.

Put the skeletons here. They are written from the same vocabulary that the connector checks.
"""

from collections.abc import Iterator
from pathlib import Path

from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.domain.frames import DATASETS, SQL_TYPES, Column, Dataset
from inventory_sync.settings.load import DEFAULT_FILE

SQL_FILE = "erp_contract.sql"

_SETTINGS = """\
# Settings of inventory_sync. Unknown keys, keys that stand twice and wrong types are errors.
#   ${NAME}        is replaced by the environment variable NAME
#   ${file:PATH}   is replaced by the text of a file, relative to this one
# Check your work with `inventory-sync doctor`, then look at `inventory-sync sync --dry-run`.

erp:
  connector: sql
  url: ${ERP_URL}               # for example postgresql+psycopg://reader:secret@erp-db/erp
  schema: erp_contract          # where the views of erp_contract.sql are
  poll_seconds: 1

stores:
  # The name is yours to choose (lower case); it names the store's assets in Dagster.
  main:
    shop: your-shop.myshopify.com
    api_version: "2026-10"
    access_token: ${MAIN_TOKEN} # scopes: read_products, read_inventory, write_inventory,
                                #         read_locations, read_orders,
                                #         read_merchant_managed_fulfillment_orders,
                                #         read_draft_orders for large_order_units, and to show
                                #         dates write_products, write_orders and
                                #         write_merchant_managed_fulfillment_orders
    large_order_units: null     # a draft order of so many units of an item reserves its stock
    mode: dry_run               # computes and shows, writes nothing; `live` writes
    locations:                  # Shopify location -> the ERP locations whose ATP it offers
      "gid://shopify/Location/1": [MAIN]
    rules:                      # from what is free to what is shown, in this order
      share: 1.0                # the part of the pool that this store may offer
      buffer_units: 0           # then so many units less
      hide_below_units: 0       # then 0 if fewer than this are left
      cap_units: null           # and never more than this (null: no cap)

pooling: {policy: shared}       # every store offers its share of the whole pool

# A pass that would change this much looks like a mistake, and is stopped whole.
guard:
  max_zeroed_share: 0.2         # part of a store's levels that fall to 0
  max_raised_share: 0.5         # ... that rise
  max_dropped_share: 0.5        # ... that fall by more than half
  max_missing_share: 0.1        # part of the ERP's rows that have vanished

# What `inventory-sync doctor --go-live` wants in writing before the first live write.
go_live:
  owners:                       # who decides: a person or a team
    number_to_display: null
    channels: null
    holds: null
    locations: null
  not_sold_online: []           # ERP locations that no store offers, on purpose

"""

_PURPOSES = {
    "locations": "Every warehouse, plant or zone that stock can be in.",
    "products": "Every SKU; untracked ones (services) are never published.",
    "components": "The parts of kits, per kit. No rows when you sell no kits.",
    "stock": "What is in storage now, one row per SKU and location. unavailable is the part of it\n"
    "-- that cannot be sold: damaged, in quarantine, in QC.",
    "commitments": "Every open demand, with its open quantity. kind: pending, reservation, hold,\n"
    "-- order, work, transfer. An order on hold must stay in here until it is cancelled.",
    "supply": "Dated incoming units. kind: purchase, production, transfer.",
    "acknowledged_orders": "Every Shopify order line that the ERP knows, also when shipped or\n"
    "-- cancelled; quantity is what it accepted of it (0 when cancelled).",
    "promise_dates": "Optional: where the ERP computes promise dates itself.",
    "events": "What happened, ascending; a null sku means: look at everything of this document.",
}


def write_skeletons(folder: Path, *, force: bool) -> Iterator[Path]:
    """Write the settings file and the SQL skeleton; yields each path when it is written.

    Raises ``InventorySyncError`` when a file exists (unless ``force``) or cannot be written.
    """
    files = {folder / DEFAULT_FILE: _SETTINGS, folder / SQL_FILE: contract_sql()}
    there = [str(path) for path in files if path.exists()]
    if there and not force:
        raise InventorySyncError(
            f"{' and '.join(there)} exist(s) already; use --force to replace, or another folder."
        )
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise InventorySyncError(f"{path} cannot be written: {error.strerror}.") from None
        yield path


def contract_sql() -> str:
    """The contract as views to be filled in: every dataset, column and type, without rows."""
    head = (
        "-- The ERP contract: views that inventory_sync reads, in one schema of the ERP's database."
        "\n-- Replace each `select ... where false` by a query on your own tables. Give the reader"
        "\n-- only SELECT on this schema. Quantities may have up to six decimals: round stock down"
        "\n-- and demand up. `inventory-sync doctor` checks names and types.\n\n"
        "create schema if not exists erp_contract;\n"
    )
    return head + "".join(_view(dataset) for dataset in DATASETS.values())


def _view(dataset: Dataset) -> str:
    last = dataset.columns[-1]
    columns = "\n".join(
        _column(column, "" if column is last else ",") for column in dataset.columns
    )
    return (
        f"\n-- {_PURPOSES[dataset.name]}\n"
        f"create or replace view erp_contract.{dataset.name} as\nselect\n{columns}\nwhere false;\n"
    )


def _column(column: Column, comma: str) -> str:
    remark = "  -- may be null" if column.nullable else ""
    return f"    null::{SQL_TYPES[column.kind]} as {column.name}{comma}{remark}"
