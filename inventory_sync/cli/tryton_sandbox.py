"""The sandbox with a real Tryton: built once, served on this machine, with the same stand-in.

Put here how it is set up for a demo. What Tryton is made of and how it is served stands in
``sandbox/tryton``. Everything lies in a home folder of its own, with an embedded database: a ledger
remembers what *one* ERP said.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from inventory_sync.cli.processes import free_port_or_fail
from inventory_sync.cli.sandbox import (
    Sandbox,
    control_url,
    open_shops,
    place_orders,
    stand_in,
    stand_in_port,
)
from inventory_sync.cli.show import console
from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.sandbox import tryton
from inventory_sync.sandbox.tryton.building import Built, CannotBuild, build
from inventory_sync.sandbox.tryton.office import TrytonOffice
from inventory_sync.sandbox.tryton.server import open_company, serving
from inventory_sync.sandbox.tryton.shops import MARKET, ORDERS, shops
from inventory_sync.settings import Settings, load_settings
from inventory_sync.wiring import DATABASE_VARIABLE, HOME_VARIABLE, Databases, home_folder

STORIES_PER_MINUTE: Final = 10
"""Tryton takes a second or two to process a sale, and as long to ship it."""

_SETTINGS: Final = Path(tryton.__file__).parent / "inventory_sync.yaml"


@contextmanager
def tryton_sandbox() -> Iterator[Sandbox]:
    """Tryton and the three shops, ready to be synchronised; stopped afterwards, and kept.

    Raises ``InventorySyncError`` where there is no Tryton to be had.
    """
    databases = Databases(home_folder() / "tryton", None)
    folder = databases.home / "sandbox"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        built = _built()
        with ExitStack() as stack:
            yield stack.enter_context(_running(built, databases, folder))
    except CannotBuild as reason:
        raise InventorySyncError(f"{reason}. The demo without it: inventory-sync demo.") from None


@contextmanager
def _running(built: Built, databases: Databases, folder: Path) -> Iterator[Sandbox]:
    is_new = not (folder / "erp.sqlite").exists()
    state = open_company(built, folder)
    file, settings = _settings(folder, state)
    if is_new:
        open_shops(folder, shops())
    erp_url = settings.erp.url.get_secret_value()
    port = urlsplit(erp_url).port or 0
    free_port_or_fail(port, "the demo's Tryton", "stop what listens there")
    with serving(built, folder, port=port), stand_in(stand_in_port(settings), folder):
        office = TrytonOffice(erp_url, state, today=datetime.now(UTC).date())
        try:
            place_orders(control_url(stand_in_port(settings)), office, ORDERS)
            yield Sandbox(
                file,
                databases,
                MARKET,
                office,
                STORIES_PER_MINUTE,
                {HOME_VARIABLE: str(databases.home), DATABASE_VARIABLE: ""},
            )
        finally:
            office.close()


def _built() -> Built:
    """What is in the cache, or a progress line while it is built."""
    shown = Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console
    )
    with shown:
        task = shown.add_task("looking for Tryton", total=None)
        built = build(lambda step: shown.update(task, description=f"Tryton, once: {step}"))
        shown.update(task, description=f"Tryton 8.0 is in {built.programs.parents[1]}")
        shown.update(task, completed=1, total=1)
    return built


def _settings(folder: Path, state: dict[str, Any]) -> tuple[Path, Settings]:
    """The demo's settings, with the key of this Tryton in a file beside them."""
    key, file = folder / "tryton_key", folder / "inventory_sync.yaml"
    key.touch(mode=0o600)
    key.write_text(state["rest_key"], encoding="utf-8")
    file.write_text(_SETTINGS.read_text(encoding="utf-8"), encoding="utf-8")
    return file, load_settings(file)
