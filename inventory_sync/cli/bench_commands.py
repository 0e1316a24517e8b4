"""``inventory-sync bench ...``: what can be measured on this machine.

Put the options of a measurement here. What is measured is in ``bench`` and in the modules beside
this one; how it is shown is ``benches.py``.
"""

from typing import Annotated

import typer

bench = typer.Typer(no_args_is_help=True, help="Measure speed on this machine.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


@bench.command("atp")
def bench_atp(
    keys: Annotated[int, typer.Option(help="SKU-locations.", min=1)] = 10_000_000,
    json: Json = False,
) -> None:
    """ATP of millions of SKU-locations, beside pandas, a database engine and the memory bound."""
    from inventory_sync.cli.benches import show_atp

    raise typer.Exit(show_atp(keys, as_json=json))


@bench.command("projection")
def bench_projection(
    rows: Annotated[int, typer.Option(help="Dated rows.", min=1)] = 10_000_000,
    json: Json = False,
) -> None:
    """Projected ATP of millions of dated rows over 180 days, beside pandas and a database."""
    from inventory_sync.cli.benches import show_projection

    raise typer.Exit(show_projection(rows, as_json=json))


@bench.command("erp-read")
def bench_erp_read(
    rows: Annotated[int, typer.Option(help="Stock rows.", min=1)] = 1_000_000,
    json: Json = False,
) -> None:
    """Reading the ERP contract from the embedded PostgreSQL, beside other ways of reading."""
    from inventory_sync.cli.benches import show_erp_read

    raise typer.Exit(show_erp_read(rows, as_json=json))


@bench.command("erp")
def bench_erp(
    sku: Annotated[
        str | None, typer.Option(help="The SKU that an event pass reads; else a busy one.")
    ] = None,
    json: Json = False,
) -> None:
    """The ERP of the settings, which is only read: its load, its own figures beside our ATP."""
    from inventory_sync.cli.benches import show_erp

    raise typer.Exit(show_erp(sku, as_json=json))


@bench.command("publish")
def bench_publish(
    levels: Annotated[
        int, typer.Option(help="Levels of each store; 2,500 take three minutes.", min=1)
    ] = 20_000,
    json: Json = False,
) -> None:
    """A cold full publish to two stand-in stores at once, against what their plans allow."""
    from inventory_sync.cli.benches import show_publish

    raise typer.Exit(show_publish(levels, as_json=json))


@bench.command("events")
def bench_events(
    sku_locations: Annotated[int, typer.Option(help="SKU-locations.", min=5000)] = 1_000_000,
    rate: Annotated[float, typer.Option(help="Events per second.", min=0.01)] = 50.0,
    seconds: Annotated[float, typer.Option(help="How long.", min=1)] = 60.0,
    runs: Annotated[
        bool, typer.Option("--runs", help="Every event by a run (event_mode: runs).")
    ] = False,
    json: Json = False,
) -> None:
    """From the commit of an ERP event to the mutation in four stores, with a stock daemon."""
    from inventory_sync.cli.benches import show_events

    mode = "runs" if runs else "sensor"
    raise typer.Exit(
        show_events(
            sku_locations=sku_locations, per_second=rate, seconds=seconds, mode=mode, as_json=json
        )
    )


@bench.command("webhooks")
def bench_webhooks(
    deliveries: Annotated[int, typer.Option(help="Webhooks in all.", min=64)] = 20_000,
    json: Json = False,
) -> None:
    """Signed webhooks over 64 connections to the real receiver, on disk before each answer."""
    from inventory_sync.cli.benches import show_webhooks

    raise typer.Exit(show_webhooks(deliveries, as_json=json))


@bench.command("promise")
def bench_promise(
    sku_locations: Annotated[int, typer.Option(help="SKU-locations.", min=10_000)] = 1_000_000,
    questions: Annotated[int, typer.Option(help="Questions.", min=1, max=900)] = 300,
    json: Json = False,
) -> None:
    """The answer to a question for a date, in a process that runs already."""
    from inventory_sync.cli.benches import show_promise_answers

    raise typer.Exit(show_promise_answers(sku_locations, questions, as_json=json))
