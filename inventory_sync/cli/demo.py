"""``inventory-sync demo``: the main job on the sandbox, and what each store shows then.

Put here the order of the demo and what it prints. The sandbox itself is started by ``sandbox.py``,
or by ``tryton_sandbox.py``.
"""

import subprocess
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, Literal

import dagster as dg
import pandas as pd
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from inventory_sync.cli.dagster_ui import dagster_ui, wait_for_end
from inventory_sync.cli.live import receiver, show_traffic
from inventory_sync.cli.processes import HOST, child, free_port_or_fail
from inventory_sync.cli.sandbox import Sandbox, control_url, sandbox, stand_in_port
from inventory_sync.cli.show import console, print_table, records
from inventory_sync.cli.tryton_sandbox import tryton_sandbox
from inventory_sync.domain.position import KINDS
from inventory_sync.domain.units import micros_to_decimal
from inventory_sync.settings import Settings, load_settings
from inventory_sync.settings.load import CONFIG_VARIABLE
from inventory_sync.wiring import open_ledger, open_parts

Erp = Literal["sandbox", "tryton"]

JOB: Final = "full_sync"
_RUN_TAG: Final = "inventory_sync/demo"
_SHOWN_PER_STORE: Final = 8
_POLL_SECONDS: Final = 0.3


def run_demo(*, once: bool, ui_port: int, erp: Erp) -> int:
    """Start the sandbox, run the job through Dagster, print what the stores show, serve the UI."""
    if not once:
        free_port_or_fail(ui_port, "the Dagster UI", "choose another one with --port")
    with ExitStack() as stack:
        what = "the demo ERP" if erp == "sandbox" else "Tryton"
        console.print(f"Starting PostgreSQL, {what} and three Shopify stores ...")
        here = stack.enter_context(sandbox() if erp == "sandbox" else tryton_sandbox())
        settings = load_settings(here.settings_file)
        dagster = stack.enter_context(here.databases.dagster_environment())
        environment = {**dagster, **here.environment, CONFIG_VARIABLE: str(here.settings_file)}
        if not _run_job(environment, here.folder / "full_sync.log"):
            return 1
        _print_stores(settings, here.databases.home / "frames")
        if once:
            return 0
        console.print("Starting the Dagster UI and its daemon ...")
        process = stack.enter_context(dagster_ui(ui_port, environment))
        console.print(f"\n[bold]Dagster UI: http://{HOST}:{ui_port}[/] (Ctrl-C stops everything)")
        console.print(f"  lineage: http://{HOST}:{ui_port}/asset-groups")
        console.print("In another terminal: inventory-sync status, holds, sync --dry-run, doctor")
        if here.environment:
            named = {CONFIG_VARIABLE: str(here.settings_file), **here.environment}
            told = " ".join(f"{name}={value}" for name, value in named.items())
            console.print(f"  there first: export {told}", soft_wrap=True)
        return _watch_traffic(stack, settings, here, environment, process)


def _watch_traffic(
    stack: ExitStack,
    settings: Settings,
    here: Sandbox,
    environment: Mapping[str, str],
    process: subprocess.Popen[bytes],
) -> int:
    """Orders, holds and receipts begin; the sensors serve them; Ctrl-C ends it (0)."""
    parts = stack.enter_context(open_parts(settings, here.databases))
    ledger = stack.enter_context(open_ledger(here.databases))
    stack.enter_context(receiver(settings, environment, here.folder, parts))
    console.print("Traffic begins: orders, holds, receipts; a container after a minute.\n")
    stop = threading.Event()
    try:
        show_traffic(parts, ledger, here, control_url(stand_in_port(settings)), stop)
    except KeyboardInterrupt:
        console.print("\nstopping ...")
        return 0
    return wait_for_end(process)


def _run_job(environment: Mapping[str, str], log: Path) -> bool:
    """Run the job as Dagster's own command does, showing each asset when it is there."""
    tag = str(uuid.uuid4())
    command = ["-m", "dagster", "job", "execute", "-m", "inventory_sync.definitions", "-j", JOB]
    command += ["--tags", f'{{"{_RUN_TAG}": "{tag}"}}']
    shown = Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console
    )
    with log.open("wb") as output, shown:
        task = shown.add_task(f"running {JOB}", total=None)
        with child(command, environment, output.fileno()) as process:
            for line in _progress(environment, tag, process):
                console.print(f"  {line}")
            shown.update(task, completed=1, total=1)
            if process.returncode:
                console.print(f"{JOB} failed; {log} has the details.", style="red")
            return process.returncode == 0


def _progress(
    environment: Mapping[str, str], tag: str, process: subprocess.Popen[bytes]
) -> Iterator[str]:
    """The assets of the run, each once, as they are materialized; ends with the process."""
    cursor: str | None = None
    with dg.DagsterInstance.from_config(environment["DAGSTER_HOME"]) as instance:
        ended = False
        while not ended:
            ended = _has_ended(process)
            for run in instance.get_runs(dg.RunsFilter(tags={_RUN_TAG: tag})):
                found = instance.get_records_for_run(
                    run.run_id, cursor, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION
                )
                cursor = found.cursor
                for record in found.records:
                    key = record.event_log_entry.get_dagster_event().asset_key
                    yield key.to_user_string() if key else ""


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(_POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _print_stores(settings: Settings, frames: Path) -> None:
    """What each store now shows and why, for the levels that say most."""
    for name in settings.stores:
        rows = _newest(frames / "stores" / name / "published_quantities")
        rows["committed_micros"] = rows[[f"{kind}_micros" for kind in KINDS]].sum(axis=1)
        interest = (
            (rows["in_flight_micros"] != 0) * 4
            + (rows["committed_micros"] > 0) * 2
            + (rows["quantity_units"] != rows["observed_units"])
        )
        best = rows.loc[interest.sort_values(ascending=False, kind="stable").index]
        print_table(
            f"{name}: {len(rows)} levels, {int((rows['action'] == 'write').sum())} changed",
            [
                "store",
                "location",
                "SKU",
                "physical",
                "committed",
                "ATP",
                "in flight",
                "offer",
                "observed",
                "before",
            ],
            [_row(name, row) for row in records(best.head(_SHOWN_PER_STORE))],
        )
    console.print(
        "ATP = physical - unavailable - committed. Offer = share of (ATP - in flight) - buffer, "
        "hidden below a limit and capped; observed is what Shopify shows now."
    )


def _row(store: str, row: Mapping[str, Any]) -> list[object]:
    place = str(row["store_location_id"]).rsplit("/", 1)[-1]
    terms = [units(row[f"{name}_micros"]) for name in ("physical", "committed")]
    if row["limited_by"]:
        terms = ["kit of", row["limited_by"]]
    pool = [units(row[f"{name}_micros"]) for name in ("atp", "in_flight")]
    shown = [row[name] for name in ("offer_units", "shown_units", "observed_units")]
    return [store, place, row["sku"], *terms, *pool, *shown]


def units(micros: int) -> str:
    """Micros as the number of units that a person reads."""
    return f"{micros_to_decimal(micros):f}"


def _newest(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(max(folder.glob("*.parquet"), key=lambda file: file.stat().st_mtime))
