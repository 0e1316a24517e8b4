"""``inventory-sync status``: what the ledger knows, in the order in which one asks.

Put listings of the ledger here. Nothing is read from the ERP or a store.
"""

from dataclasses import asdict

import pandas as pd

from inventory_sync.cli.show import console, print_json, print_table, records
from inventory_sync.domain.stops import EVERY_STORE, StoppedPass
from inventory_sync.domain.units import micros_to_decimal
from inventory_sync.flow.imports import IMPORTS_SCOPE
from inventory_sync.ledger import connect
from inventory_sync.settings import load_settings
from inventory_sync.wiring import Databases

SHOWN_PASSES = 10
SHOWN_FINDINGS = 50
SHOWN_CHANGES = 20
SHOWN_DEAD = 20


def show_status(*, as_json: bool) -> int:
    """Print it. Returns 1 when a store is stopped, a plan waits, or the last pass ended badly."""
    settings = load_settings()
    with Databases.of().ledger_url() as url:
        ledger = connect(url)
        try:
            passes = _in_utc(ledger.last_passes(SHOWN_PASSES))
            states = ledger.store_states()
            findings = ledger.open_findings()
            if not settings.erp.import_orders:  # switched off: nobody looks at what was parked
                findings = findings[findings["scope"] != IMPORTS_SCOPE]
            intents = [ledger.open_intents(s).assign(store=s) for s in settings.stores]
            stops = ledger.stops()
            dead = ledger.inbox_dead()
        finally:
            ledger.close()
    lost = pd.concat(intents, ignore_index=True)
    stopped = states[states["status"] == "stopped"]
    good = (
        stopped.empty
        and not stops
        and (passes.empty or passes["status"].iloc[0] in ("done", "running"))
    )
    if as_json:
        listing = {
            "good": good,
            "passes": records(passes),
            "stores": records(states),
            "findings": records(findings),
            "writes_without_outcome": records(lost),
            "stopped_passes": [asdict(stop) for stop in stops],
            "webhooks_set_aside": records(dead),
        }
        print_json(listing)
        return 0 if good else 1
    for stop in stops:
        _print_stop(stop)
    _print(passes, states, findings, lost)
    _print_dead(dead)
    return 0 if good else 1


def _print_stop(stop: StoppedPass) -> None:
    """A plan that waits for a person, as a diff."""
    at_all = stop.store == EVERY_STORE
    what = "The reading of the ERP" if at_all else f"The plan of {stop.store}"
    state = "was refused and is stopped" if stop.state == "refused" else "waits for you"
    console.print(
        f"{what} in pass {stop.pass_id} {state}: {stop.reason}.", style="red", markup=False
    )
    if stop.changes:
        tally = stop.tally
        print_table(
            f"{stop.changed_levels} of {stop.levels} levels would change: {tally.zeroed} to zero, "
            f"{tally.raised} up, {tally.dropped} down by more than half; the largest changes",
            ["SKU", "store location", "shows", "would show", "change", "ATP", "in flight"],
            [
                [
                    each.sku,
                    each.store_location_id,
                    each.shown_units,
                    each.quantity_units,
                    f"{each.quantity_units - each.shown_units:+d}",
                    _units(each.waterfall.get("atp_micros")),
                    _units(each.waterfall.get("in_flight_micros")),
                ]
                for each in stop.changes[:SHOWN_CHANGES]
            ],
        )
        if stop.changed_levels > SHOWN_CHANGES:
            console.print(f"... and {stop.changed_levels - SHOWN_CHANGES} more.")
    console.print(
        f"`inventory-sync approve {stop.pass_id}` derives it anew and publishes it if it is no "
        f"worse; `inventory-sync refuse {stop.pass_id}` leaves the stores as they are.\n",
        markup=False,
    )


def _units(micros: int | None) -> str:
    return "-" if micros is None else f"{micros_to_decimal(micros):f}"


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


def _print_dead(dead: pd.DataFrame) -> None:
    """Deliveries that could not be understood; what they told is found by polling."""
    if dead.empty:
        return
    print_table(
        f"Webhooks set aside ({len(dead)}; orders are polled all the same)",
        ["received (UTC)", "store", "topic", "delivery", "reason"],
        [
            [
                f"{r['received_at']:%Y-%m-%d %H:%M}",
                r["store"],
                r["topic"],
                r["webhook_id"],
                r["dead_reason"],
            ]
            for r in records(
                dead.head(SHOWN_DEAD).assign(
                    received_at=lambda rows: pd.to_datetime(rows["received_at"], utc=True)
                )
            )
        ],
    )
    if len(dead) > SHOWN_DEAD:
        console.print(f"... and {len(dead) - SHOWN_DEAD} more; --json shows all.")
