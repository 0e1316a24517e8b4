"""The commands of the data contracts with their options: ``contracts check``.

Put their options here, what they do into ``contracts.py``.
"""

from typing import Annotated

import typer

contracts = typer.Typer(no_args_is_help=True, help="The data contracts.")


@contracts.callback()
def _contracts() -> None:
    """The data contracts: what every dataset has to be."""


@contracts.command()
def check(
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Hold the ERP's data, and our own tables of the last run, against their contracts."""
    from inventory_sync.cli.contracts import check_contracts

    raise typer.Exit(check_contracts(as_json=json))
