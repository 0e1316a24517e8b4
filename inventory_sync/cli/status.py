"""``inventory-sync status``: what the ledger knows, in the order in which one asks.

Put listings of the ledger here. Nothing is read from the ERP or a store.
"""

import pandas as pd

from inventory_sync.cli.show import console, print_json, print_table, records
from inventory_sync.ledger import connect
from inventory_sync.settings import load_settings
from inventory_sync.wiring import Databases

SHOWN_PASSES = 10
SHOWN_FINDINGS = 50


def show_status(*, as_json: bool) -> int:
    """Print it. Returns 1 when a store is stopped or the last pass did not end well."""
    settings = load_settings()
    with Databases.of().ledger_url() as url:
        ledger = connect(url)
        try:
            passes = _in_utc(ledger.last_passes(SHOWN_PASSES))
            states = ledger.store_states()
            findings = ledger.open_findings()
            intents = [ledger.open_intents(s).assign(store=s) for s in settings.stores]
        finally:
            ledger.close()
    lost = pd.concat(intents, ignore_index=True)
    stopped = states[states["status"] == "stopped"]
    good = stopped.empty and (passes.empty or passes["status"].iloc[0] in ("done", "running"))
    if as_json:
        listing = {
            "good": good,
            "passes": records(passes),
            "stores": records(states),
            "findings": records(findings),
            "writes_without_outcome": records(lost),
        }
        print_json(listing)
        return 0 if good else 1
    _print(passes, states, findings, lost)
    return 0 if good else 1


def _in_utc(passes: pd.DataFrame) -> pd.DataFrame:
    """The passes by UTC; a server may tell its own time zone's hours."""
    times = ["started_at", "finished_at"]
    return passes.assign(**{name: pd.to_datetime(passes[name], utc=True) for name in times})


def _print(
    passes: pd.DataFrame, states: pd.DataFrame, findings: pd.DataFrame, lost: pd.DataFrame
) -> None:
    print_table(
        "Last passes",
        ["began (UTC)", "kind", "ended as", "pass", "reason"],
        [
            [
                f"{r['started_at']:%Y-%m-%d %H:%M:%S}",
                r["kind"],
                r["status"],
                r["pass_id"],
                r["reason"],
            ]
            for r in records(passes)
        ],
    )
    print_table(
        "Stores",
        ["store", "status", "since (UTC)", "reason", "way out"],
        [
            [r["store"], r["status"], f"{r['since']:%Y-%m-%d %H:%M}", r["reason"], r["way_out"]]
            for r in records(states)
        ],
    )
    print_table(
        f"To mend ({len(findings)}; quarantined rows stand under erp)",
        ["where", "what", "kind", "severity", "reason", "value"],
        findings[["scope", "subject", "kind", "severity", "reason", "value"]]
        .head(SHOWN_FINDINGS)
        .astype("object")
        .to_numpy()
        .tolist(),
    )
    if len(findings) > SHOWN_FINDINGS:
        console.print(f"... and {len(findings) - SHOWN_FINDINGS} more; --json shows all.")
    if len(lost):
        print_table(
            "Writes without an outcome (the next pass settles them by reading)",
            ["store", "SKU", "store location", "from", "to", "begun (UTC)"],
            lost[
                [
                    "store",
                    "sku",
                    "store_location_id",
                    "expected_units",
                    "quantity_units",
                    "created_at",
                ]
            ]
            .to_numpy()
            .tolist(),
        )
