"""``inventory-sync reconcile``: compare every store with what it should show.

Put here what the command prints. What it does is ``flow/reconciling.py``.
"""

from dataclasses import asdict
from datetime import UTC, datetime

from inventory_sync.cli.show import console, print_json, print_table, records
from inventory_sync.domain.drift import MEANINGS, Cause
from inventory_sync.domain.evidence import Verdict
from inventory_sync.flow.reconciling import Reconciliation, reconcile
from inventory_sync.flow.shadow import remember_shadow
from inventory_sync.settings import load_settings
from inventory_sync.wiring import Databases, check_limits, open_ledger, open_parts

SHOWN_DIFFERENCES = 30


def run_reconcile(*, repair: bool, as_json: bool) -> int:
    """Compare, print, and return the exit code: 0 when no check or store failed."""
    settings = load_settings()
    with open_parts(settings) as parts:
        found = reconcile(parts, repair=repair, limits=check_limits(settings))
    if found.in_dry_run:
        with open_ledger(Databases.of()) as ledger:
            remember_shadow(ledger, found, at=datetime.now(UTC))
    if as_json:
        print_json(_as_json(found))
    else:
        _print(found)
    failed = any(not each.passed for verdicts in found.verdicts.values() for each in verdicts)
    return 1 if failed or found.failures else 0


def _as_json(found: Reconciliation) -> dict[str, object]:
    return {
        "pass_id": found.pass_id,
        "failures": found.failures,
        "stores": {
            store: {
                "live": each.live,
                "counts": each.counts,
                "differences": [
                    {**row, "is_repaired": row["subject"] in each.repaired}
                    for row in records(each.found)
                ],
                "checks": [_told(verdict) for verdict in found.verdicts.get(store, [])],
            }
            for store, each in found.stores.items()
        },
    }


def _told(verdict: Verdict) -> dict[str, object]:
    return {**asdict(verdict), "passed": verdict.passed, "examples": records(verdict.examples)}


def _print(found: Reconciliation) -> None:
    for store, each in found.stores.items():
        rows = records(each.found.head(SHOWN_DIFFERENCES))
        what = f"{len(each.found)} of {len(each.levels)} levels differ"
        mode = "" if each.live else "; in dry run: see `inventory-sync shadow`"
        print_table(
            f"{store}: {what}, {len(each.repaired)} repaired{mode}",
            ["SKU", "store location", "shows", "explained", "should show", "cause", "whose"],
            [
                [row["sku"], row["store_location_id"], row["shown_units"], row["explained_units"],
                 row["wanted_units"], row["cause"], row["owner"]]
                for row in rows
            ],
        )  # fmt: skip
        if len(each.found) > SHOWN_DIFFERENCES:
            console.print(f"... and {len(each.found) - SHOWN_DIFFERENCES} more; --json shows all.")
    print_table(
        "The seven failures",
        ["store", "check", "", "number", "of", "at most"],
        [
            [store, each.name, "good" if each.passed else "FAILED", each.number, each.unit,
             each.limit]
            for store, verdicts in found.verdicts.items()
            for each in verdicts
        ],
    )  # fmt: skip
    causes = sorted({cause for each in found.stores.values() for cause in each.drifted["cause"]})
    for cause in causes:
        meaning = MEANINGS[Cause(cause)]
        console.print(f"{cause}: {meaning.told}. {meaning.way_out}.", markup=False)
    for reason in found.failures.values():
        console.print(reason, style="red", markup=False)
