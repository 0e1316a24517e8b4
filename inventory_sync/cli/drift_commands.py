"""The commands of reconciliation with their options: ``reconcile``, ``drift`` and ``shadow``.

Put their options here, what they do into ``reconcile.py``, ``drift.py`` and ``shadow.py``.
"""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def add_drift_commands(app: typer.Typer) -> None:
    """Make them commands of ``inventory-sync``."""
    for command in (reconcile, drift, shadow):
        app.command()(command)


def reconcile(
    repair: Annotated[
        bool, typer.Option("--repair", help="Put right what is safe, in live stores.")
    ] = False,
    json: Json = False,
) -> None:
    """Read every store back, explain each difference, and judge the seven failures.

    Exit code 1 when a check fails or a store cannot be compared.
    """
    from inventory_sync.cli.reconcile import run_reconcile

    raise typer.Exit(run_reconcile(repair=repair, as_json=json))


def drift(
    days: Annotated[int, typer.Option(help="Of so many days.", min=1)] = 7, json: Json = False
) -> None:
    """Show what differs now, what differed, how soon it was found and how soon it was repaired.

    Exit code 1 when something differs now.
    """
    from inventory_sync.cli.drift import show_drift

    raise typer.Exit(show_drift(days, as_json=json))


def shadow(
    days: Annotated[int, typer.Option(help="Of so many days.", min=1)] = 7, json: Json = False
) -> None:
    """Show where stores in dry run differ from what we would show, and who was right."""
    from inventory_sync.cli.shadow import show_shadow

    raise typer.Exit(show_shadow(days, as_json=json))
