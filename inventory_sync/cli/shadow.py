"""``inventory-sync shadow``: where stores in dry run differ from us, and who was right.

Put listings of that history here. Nothing is read from the ERP or a store: ``reconcile`` does that.
"""

from datetime import UTC, datetime, timedelta

import pandas as pd

from inventory_sync.cli.show import console, print_json, print_table, records
from inventory_sync.wiring import Databases, open_ledger

SHOWN_ROWS = 50


def show_shadow(days: int, *, as_json: bool) -> int:
    """Print it; 0, for a difference is nobody's failure."""
    since = datetime.now(UTC) - timedelta(days=days)
    with open_ledger(Databases.of()) as ledger:
        rows = ledger.shadow(since=since)
    figures = scores(rows)
    if as_json:
        print_json({"stores": figures, "differences": records(rows)})
    else:
        _print(figures, rows, days)
    return 0


def scores(rows: pd.DataFrame) -> list[dict[str, object]]:
    """Per store: how often its number was higher or lower, and how often who was right."""
    higher = rows["first_shown_units"] > rows["first_wanted_units"]
    rows = rows.assign(higher=higher, is_open=rows["ended_at"].isna())
    return [
        {
            "store": store,
            "differences": len(mine),
            "open": int(mine["is_open"].sum()),
            "shows_more": int(mine["higher"].sum()),
            "shows_less": int((~mine["higher"]).sum()),
            **{
                f"{who}_right": int((mine["is_right"] == who).sum())
                for who in ("ours", "theirs", "neither")
            },
            "undecided": int(mine["is_right"].isna().sum()),
        }
        for store, mine in rows.groupby("store")
    ]


def _print(figures: list[dict[str, object]], rows: pd.DataFrame, days: int) -> None:
    if not figures:
        console.print(
            f"No store in dry run differed in {days} days: run `inventory-sync reconcile`, or let "
            "the job run, with a store in `mode: dry_run`."
        )
        return
    print_table(
        f"Stores in dry run, over {days} days",
        [name.replace("_", " ") for name in figures[0]],
        [list(each.values()) for each in figures],
    )
    print_table(
        "Differences, newest first",
        ["store", "SKU", "store location", "since (UTC)", "showed", "ours", "right", "reason"],
        [
            [row["store"], row["sku"], row["store_location_id"],
             f"{row['began_at']:%Y-%m-%d %H:%M}", row["shown_units"], row["wanted_units"],
             row["is_right"], row["reason"]]
            for row in records(rows.head(SHOWN_ROWS))
        ],
    )  # fmt: skip
    if len(rows) > SHOWN_ROWS:
        console.print(f"... and {len(rows) - SHOWN_ROWS} more; --json shows all.")
