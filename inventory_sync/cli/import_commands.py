"""``inventory-sync imports list|retry``: the options. What they do is ``imports.py``."""

from typing import Annotated

import typer

imports = typer.Typer(no_args_is_help=True, help="Orders on their way into the ERP.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


@imports.command("list")
def list_imports(json: Json = False) -> None:
    """List what is under way or parked, and why; 1 when an order is parked."""
    from inventory_sync.cli.imports import show_imports

    raise typer.Exit(show_imports(as_json=json))


@imports.command("retry")
def retry(
    orders: Annotated[
        list[str] | None, typer.Argument(help="Names or gids, as `list` shows them.")
    ] = None,
    all_of_them: Annotated[bool, typer.Option("--all", help="Every order that is parked.")] = False,
) -> None:
    """Let parked orders be tried again, once their reasons are mended."""
    from inventory_sync.cli.imports import retry_imports

    if bool(orders) == all_of_them:
        raise typer.BadParameter("name the orders, or give --all")
    raise typer.Exit(retry_imports(orders or []))
