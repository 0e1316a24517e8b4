"""The command line: ``inventory-sync COMMAND``. Exit codes: 0 good, 1 it failed, 2 bad usage.

Put the options of a command here, what it does into a module beside this one.
"""

import logging
import signal
import sys
from pathlib import Path
from typing import Annotated, Literal

import structlog
import typer

from inventory_sync import __version__
from inventory_sync.cli.bench_commands import bench
from inventory_sync.cli.contract_commands import contracts
from inventory_sync.cli.drift_commands import add_drift_commands
from inventory_sync.cli.explain_command import explain
from inventory_sync.cli.guard_commands import add_guard_commands
from inventory_sync.cli.import_commands import imports
from inventory_sync.cli.mishap_commands import sandbox
from inventory_sync.cli.promise_commands import promises
from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.settings import SettingsError

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Keeps the quantities of Shopify stores equal to what the ERP can promise.",
)
app.add_typer(bench, name="bench")
app.add_typer(contracts, name="contracts")
app.add_typer(sandbox, name="sandbox")
add_guard_commands(app)
add_drift_commands(app)
webhooks = typer.Typer(no_args_is_help=True, help="The stores' webhook subscriptions.")
app.add_typer(webhooks, name="webhooks")
app.add_typer(promises, name="promises")
app.add_typer(imports, name="imports")

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        typer.echo(f"inventory-sync {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Without the Dagster UI; then stop.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port of the Dagster UI.", min=1, max=65535)] = 3000,
    erp: Annotated[
        Literal["sandbox", "tryton"],
        typer.Option(help="The small demo ERP, or a real Tryton 8.0 (built once)."),
    ] = "sandbox",
) -> None:
    """Run the main job on the sandbox: a demo ERP and three Shopify stores, all on this machine."""
    from inventory_sync.cli.demo import run_demo

    raise typer.Exit(run_demo(once=once, ui_port=port, erp=erp))


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="Port of the Dagster UI.", min=1, max=65535)] = 3000,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="The pages alone: nobody can start or change a run.")
    ] = False,
) -> None:
    """Serve the Dagster UI and its daemon on this machine, for your own settings."""
    from inventory_sync.cli.dagster_ui import serve

    raise typer.Exit(serve(port, read_only=read_only))


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="Where to write the two files.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
) -> None:
    """Write a commented settings file and the SQL skeleton of the ERP contract views."""
    from inventory_sync.cli.init import write_skeletons

    for path in write_skeletons(folder, force=force):
        typer.echo(f"wrote {path}")


@app.command()
def doctor(
    fix: Annotated[
        bool, typer.Option("--fix", help="Connect or activate levels of live stores, with 0 units.")
    ] = False,
    go_live: Annotated[
        bool, typer.Option("--go-live", help="Also what must be settled before the first write.")
    ] = False,
    json: Json = False,
) -> None:
    """Check databases, ERP contract, stores and mappings; one line each, and the way out."""
    from inventory_sync.cli.doctor import examine

    raise typer.Exit(examine(fix=fix, go_live=go_live, as_json=json))


@app.command()
def sync(
    sku: Annotated[list[str] | None, typer.Option(help="Only this SKU; may be repeated.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Compute and show only.")] = False,
    override_guard: Annotated[
        bool, typer.Option("--override-guard", help="Carry out what the guard would stop.")
    ] = False,
    trust_observed: Annotated[
        bool,
        typer.Option(
            "--trust-observed",
            help="Take what stores show as explained: you have made sure that no order is missing.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Run one full pass without Dagster: ERP, ATP, and every store brought to its offer."""
    from inventory_sync.cli.sync import run_sync
    from inventory_sync.flow.publish import Wishes

    wishes = Wishes(
        dry_run=dry_run,
        skus=frozenset(sku) if sku else None,
        override_guard=override_guard,
        trust_observed=trust_observed,
    )
    raise typer.Exit(run_sync(wishes, as_json=json))


@app.command("serve")
def serve_webhooks(
    host: Annotated[
        str | None, typer.Option(help="Address to listen at, else the one in the settings.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(help="Port to listen at, else the one in the settings.", min=0, max=65535),
    ] = None,
) -> None:
    """Receive the webhooks of all stores that have a webhook_secret, until Ctrl-C."""
    from inventory_sync.cli.serve import serve

    raise typer.Exit(serve(host, port))


@app.command()
def status(json: Json = False) -> None:
    """Show the last passes, stopped stores, rows in quarantine and writes without an outcome."""
    from inventory_sync.cli.status import show_status

    raise typer.Exit(show_status(as_json=json))


@webhooks.command("install")
def webhooks_install(json: Json = False) -> None:
    """Create the missing subscriptions of all live stores and remove stale ones."""
    from inventory_sync.cli.webhooks import install_webhooks

    raise typer.Exit(install_webhooks(as_json=json))


@webhooks.command("check")
def webhooks_check(json: Json = False) -> None:
    """Show each topic of each store; exit code 1 when a live store lacks one."""
    from inventory_sync.cli.webhooks import check_webhooks

    raise typer.Exit(check_webhooks(as_json=json))


@app.command()
def reserve(
    sku: Annotated[str, typer.Argument(help="The ERP's item code.")],
    quantity: Annotated[int, typer.Argument(help="Units.", min=1)],
    store: Annotated[str, typer.Option(help="The store whose customer waits.")],
    location: Annotated[
        str | None, typer.Option(help="Its location (gid); the first that has enough.")
    ] = None,
    hours: Annotated[float, typer.Option(help="Given back after this.", min=0.01)] = 48.0,
    json: Json = False,
) -> None:
    """Take stock out of every store's offer for an order that waits for a decision."""
    from inventory_sync.cli.holds import reserve_stock

    raise typer.Exit(
        reserve_stock(sku, quantity, store=store, location=location, hours=hours, as_json=json)
    )


@app.command()
def confirm(
    reservation: Annotated[str, typer.Argument(help="Its id, as `holds` lists it.")],
    json: Json = False,
) -> None:
    """The order is on: the ERP makes an order of the reservation."""
    from inventory_sync.cli.holds import decide

    raise typer.Exit(decide(reservation, is_on=True, as_json=json))


@app.command()
def release(
    reservation: Annotated[str, typer.Argument(help="Its id, as `holds` lists it.")],
    json: Json = False,
) -> None:
    """The order is off: the reserved stock is offered again."""
    from inventory_sync.cli.holds import decide

    raise typer.Exit(decide(reservation, is_on=False, as_json=json))


@app.command()
def simulate(
    hours: Annotated[float, typer.Option(help="Simulated hours.", min=1)] = 100.0,
    seed: Annotated[int, typer.Option(help="A seed repeats a run exactly.", min=0)] = 1,
    faultless: Annotated[
        bool, typer.Option("--faultless", help="Nothing goes wrong: no check may ever be red.")
    ] = False,
    json: Json = False,
) -> None:
    """Run the product's own core in a simulated company, with crashes, lost messages and rushes."""
    from inventory_sync.cli.simulate import simulate as run_simulation

    raise typer.Exit(run_simulation(hours, seed, faultless=faultless, as_json=json))


@app.command()
def promise(
    sku: Annotated[str, typer.Argument(help="As the ERP writes it.")],
    quantity: Annotated[int, typer.Argument(help="Units.", min=1)],
    location: Annotated[str | None, typer.Option(help="From this ERP location only.")] = None,
    ship_to: Annotated[
        str | None, typer.Option("--ship-to", help="Region of the settings' transit_days.")
    ] = None,
    json: Json = False,
) -> None:
    """When a quantity of a SKU can ship, from each location, and in parts."""
    from inventory_sync.cli.promise import show_promise

    raise typer.Exit(show_promise(sku, quantity, location=location, region=ship_to, as_json=json))


app.command()(explain)


@app.command()
def holds(json: Json = False) -> None:
    """List what is held and for how long, and holds that only the ERP or only Shopify knows."""
    from inventory_sync.cli.holds import show_holds

    raise typer.Exit(show_holds(as_json=json))


def main() -> None:
    """Run the command line; every foreseen error is one clear sentence, never a traceback."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    # Ctrl-C and an orderly kill end a command the same way: what it started is stopped.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    try:
        app()
    except SettingsError as error:
        _fail(str(error), 2)
    except InventorySyncError as error:
        _fail(str(error), 1)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        _fail(f"{error.strerror or error}: {error.filename or 'no file named'}.", 1)


def _fail(message: str, code: int) -> None:
    # A message may quote an ERP or a store: nothing in it may colour or move the terminal.
    shown = "".join(mark if mark.isprintable() or mark == "\n" else "?" for mark in message)
    typer.echo(shown, err=True)
    sys.exit(code)
