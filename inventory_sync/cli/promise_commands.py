"""``inventory-sync promises slipped|score``: the options. What they print is ``promises.py``."""

from typing import Annotated

import typer

promises = typer.Typer(no_args_is_help=True, help="What has become of promises.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


@promises.command("slipped")
def slipped(json: Json = False) -> None:
    """List promises and orders that will be late, or are; 1 when there are such orders."""
    from inventory_sync.cli.promises import show_slipped

    raise typer.Exit(show_slipped(as_json=json))


@promises.command("score")
def score(
    days: Annotated[int, typer.Option(help="Shipped in the last days.", min=1, max=3650)] = 90,
    json: Json = False,
) -> None:
    """Promised against actual ship dates, by location and by the kind of supply behind them."""
    from inventory_sync.cli.promises import show_score

    raise typer.Exit(show_score(days, as_json=json))
