"""``inventory-sync sync``: one full pass without Dagster.

Put here what the command prints. The pass itself is ``flow/full_pass.py``.
"""

from inventory_sync.cli.show import console, print_json, print_table, records
from inventory_sync.flow.full_pass import PassReport, full_pass
from inventory_sync.flow.publish import Wishes
from inventory_sync.settings import load_settings
from inventory_sync.wiring import open_parts

SHOWN_CHANGES = 30


def run_sync(wishes: Wishes, *, as_json: bool) -> int:
    """Run the pass, print what it did, and return the exit code: 0 when every store was served."""

    def tell(line: str) -> None:
        if not as_json:
            console.print(line, markup=False)

    with open_parts(load_settings(), tell=tell) as parts:
        report = full_pass(parts, wishes)
    report_pass(report, wishes, as_json=as_json)
    return 0 if report.good else 1


def report_pass(report: PassReport, wishes: Wishes, *, as_json: bool) -> None:
    """Print what a pass did, or would do."""
    if as_json:
        print_json(_as_json(report))
    else:
        _print(report, wishes)


def _as_json(report: PassReport) -> dict[str, object]:
    return {
        "pass_id": report.pass_id,
        "failures": report.failures,
        "stores": {
            name: {
                "live": store.live,
                "counts": store.counts,
                "changes": records(store.rows[store.rows["action"] != "keep"]),
                "findings": records(store.findings),
            }
            for name, store in report.stores.items()
        },
    }


def _print(report: PassReport, wishes: Wishes) -> None:
    for name, store in report.stores.items():
        if not store.live:
            reason = "dry run" if wishes.dry_run else "mode: dry_run in the settings"
            changes = store.rows[store.rows["action"] == "write"]
            columns = ["sku", "store_location_id", "observed_units", "quantity_units", "reason"]
            print_table(
                f"{name} would change {len(changes)} levels ({reason}; nothing was written)",
                ["SKU", "store location", "shows", "should show", "remark"],
                changes[columns].head(SHOWN_CHANGES).to_numpy().tolist(),
            )
    columns = ["levels", "to_write", "applied", "held", "refused", "unknown", "findings"]
    print_table(
        f"Pass {report.pass_id}",
        ["store", "mode", *columns],
        [
            [name, "live" if store.live else "dry run", *(store.counts[c] for c in columns)]
            for name, store in report.stores.items()
        ],
    )
    for reason in report.failures.values():
        console.print(reason, style="red", markup=False)
    if any(store.counts["findings"] for store in report.stores.values()):
        console.print("Run `inventory-sync status` to see what should be mended.")
