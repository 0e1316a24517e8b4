"""``inventory-sync drift``: what differs, what differed, and how soon it was found and repaired.

Put listings of the history here. Nothing is read from the ERP or a store.
"""

from datetime import UTC, datetime, timedelta

import pandas as pd

from inventory_sync.cli.show import console, print_json, print_table, records
from inventory_sync.wiring import Databases, open_ledger

SHOWN_ROWS = 50


def show_drift(days: int, *, as_json: bool) -> int:
    """Print it. Returns 1 when something differs now."""
    since = datetime.now(UTC) - timedelta(days=days)
    with open_ledger(Databases.of()) as ledger:
        figures = ledger.drift_figures(since)
        now = ledger.drift(open_only=True)
        rows = ledger.drift(since=since)
    if as_json:
        print_json({"stores": records(figures), "open": records(now), "history": records(rows)})
        return 0 if now.empty else 1
    _print(figures, now, rows[rows["repaired_at"].notna()], days)
    return 0 if now.empty else 1


def _print(figures: pd.DataFrame, now: pd.DataFrame, over: pd.DataFrame, days: int) -> None:
    if figures.empty:
        console.print(f"No store was compared in {days} days: run `inventory-sync reconcile`.")
    print_table(
        f"Stores, over {days} days (medians)",
        ["store", "compared", "last (UTC)", "found", "of 1,000 levels", "open", "to find (min)",
         "to repair (min)"],
        [
            [row["store"], row["comparisons"], f"{row['last_at']:%Y-%m-%d %H:%M}", row["found"],
             row["found_per_1000"], row["open"], _minutes(row["detect_seconds"]),
             _minutes(row["repair_seconds"])]
            for row in records(figures)
        ],
    )  # fmt: skip
    _print_rows(f"Differs now ({len(now)})", now)
    _print_rows(f"Differed, and is right again ({len(over)})", over)


def _print_rows(title: str, rows: pd.DataFrame) -> None:
    print_table(
        title,
        ["store", "SKU", "store location", "cause", "whose", "shows", "should show",
         "found (UTC)", "repaired by"],
        [
            [row["store"], row["sku"], row["store_location_id"], row["cause"], row["owner"],
             row["shown_units"], row["wanted_units"], f"{row['found_at']:%Y-%m-%d %H:%M}",
             row["repaired_by"]]
            for row in records(rows.head(SHOWN_ROWS))
        ],
    )  # fmt: skip
    if len(rows) > SHOWN_ROWS:
        console.print(f"... and {len(rows) - SHOWN_ROWS} more; --json shows all.")


def _minutes(seconds: object) -> float | None:
    return round(float(str(seconds)) / 60, 1) if seconds is not None else None
