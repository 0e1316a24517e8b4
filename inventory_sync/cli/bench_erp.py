"""``inventory-sync bench erp``: the ERP of the settings, read and compared. It is only read.

Put here how it is opened and shown; what is measured is ``bench/erp.py``.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import typer

from inventory_sync.bench.erp import Comparison, Measured, Step, measure
from inventory_sync.cli.show import console, print_json, print_table
from inventory_sync.erp.api import ApiErp
from inventory_sync.settings import load_settings
from inventory_sync.wiring import Databases, erp_source

_NAMED: Final = 10
"""So many SKU-locations that are not explained are named."""


def measured(sku: str | None) -> tuple[str, Measured]:
    """The connector's name, and what was measured. Raises what reading the ERP raises."""
    settings = load_settings()
    with erp_source(settings, Databases.of(), tell=_tell) as source:
        if isinstance(source, ApiErp):
            found = measure(source, calls=source.calls, own=source.own_figures, sku=sku)
        else:
            found = measure(source, calls=None, own=lambda: None, sku=sku)
    return settings.erp.connector, found


def show_erp(connector: str, found: Measured, conditions: str, *, as_json: bool) -> int:
    """Print it; 1 when a difference is not explained."""
    comparison = found.comparison
    title = f"The ERP, through the connector {connector}"
    if as_json:
        steps = [asdict(step) for step in found.steps]
        beside = asdict(comparison) if comparison else None
        document = {"title": title, "conditions": conditions, "rows": steps, "comparison": beside}
        print_json({**document, "missing": found.missing})
    else:
        columns = ["what", "seconds", "calls", "rows", "SKUs"]
        print_table(title, columns, [_row(step) for step in found.steps])
        if comparison:
            _print_comparison(comparison)
        else:
            console.print(found.missing)
        console.print(conditions)
    return 1 if comparison and comparison.unexplained else 0


def _print_comparison(comparison: Comparison) -> None:
    rows: list[Sequence[Any]] = [["equal", comparison.equal, None]]
    rows += [[each.cause, each.pairs, round(each.units, 3)] for each in comparison.differences]
    rows.append(["not explained", len(comparison.unexplained), None])
    title = f"{comparison.name}, beside our ATP of {comparison.compared:,} SKU-locations"
    columns = ["the ERP has more by", "SKU-locations", "units"]
    print_table(title, columns, rows)
    if comparison.unexplained:
        named = comparison.unexplained[:_NAMED]
        print_table("Not explained, the first of them", ["SKU", "location"], named)


def _row(step: Step) -> list[Any]:
    return [step.name, round(step.seconds, 3), step.calls, step.rows, step.skus]


def _tell(line: str) -> None:
    typer.echo(line, err=True)
