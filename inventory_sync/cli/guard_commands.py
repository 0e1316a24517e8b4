"""The commands of the write guard with their options: ``approve``, ``refuse`` and ``rollback``.

Put their options here, what they do into ``approve.py`` and ``rollback.py``.
"""

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
PassId = Annotated[str, typer.Argument(metavar="PASS", help="Its id, as `status` shows it.")]
Store = Annotated[str | None, typer.Option(help="Only for this store.")]
By = Annotated[str | None, typer.Option(help="Who decides; else the user of this machine.")]


def add_guard_commands(app: typer.Typer) -> None:
    """Make them commands of ``inventory-sync``."""
    for command in (approve, refuse, rollback):
        app.command()(command)


def approve(pass_id: PassId, store: Store = None, by: By = None, json: Json = False) -> None:
    """Derive a stopped pass anew, and publish it if it is no worse than what was stopped."""
    from inventory_sync.cli.approve import approve_pass

    raise typer.Exit(approve_pass(pass_id, store=store, by=by, as_json=json))


def refuse(pass_id: PassId, store: Store = None, by: By = None) -> None:
    """Do not publish a stopped pass; nobody is asked about the same plan again."""
    from inventory_sync.cli.approve import refuse_pass

    raise typer.Exit(refuse_pass(pass_id, store=store, by=by))


def rollback(
    to: Annotated[
        str | None,
        typer.Option(
            metavar="TIME|PASS",
            help="The last time (UTC), or the last pass, at which the numbers were right.",
        ),
    ] = None,
    store: Annotated[list[str] | None, typer.Option(help="Only this store; repeatable.")] = None,
    safe: Annotated[bool, typer.Option("--safe", help="Only lower, raise nothing.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the changes only.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Put right what was written since a time, from the ERP and the settings as they are now.

    Mend these first. Without --to, every level is looked at. No old number is sent again.
    """
    from inventory_sync.cli.rollback import roll_back

    if json and not (yes or dry_run):
        raise typer.BadParameter("--json does not ask: give --yes or --dry-run as well")
    stores = tuple(store or ())
    is_agreed = None if dry_run else yes
    raise typer.Exit(roll_back(to, stores, only_lower=safe, is_agreed=is_agreed, as_json=json))
