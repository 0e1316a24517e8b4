"""The commands ``inventory-sync sandbox``: one of the seven failures, brought about in the demo.

Put their options here, what they do into ``mishaps.py``.
"""

from typing import Annotated

import typer

sandbox = typer.Typer(no_args_is_help=True, help="Let things go wrong in the running demo.")

What = Annotated[str, typer.Argument(help="The failure, by the name of its check.")]


@sandbox.command("break")
def break_it(failure: What) -> None:
    """Let a failure happen; the next `inventory-sync reconcile` shows its check red."""
    from inventory_sync.cli.mishaps import happen

    typer.echo(happen(failure))


@sandbox.command()
def mend(failure: What) -> None:
    """Do what people would do about it."""
    from inventory_sync.cli.mishaps import undo

    typer.echo(undo(failure))
