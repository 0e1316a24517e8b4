"""The Dagster UI with its daemon.

Put here how Dagster's own programs are started. How any child is ended stands in ``processes.py``.
"""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from inventory_sync.cli.processes import HOST, await_answer, child, free_port_or_fail
from inventory_sync.cli.show import console
from inventory_sync.settings import load_settings
from inventory_sync.wiring import Databases

_PATIENCE_SECONDS: Final = 120
_WORKSPACE: Final = """\
load_from:
  - python_module:
      module_name: inventory_sync.definitions
      location_name: inventory_sync
"""


def serve(port: int, *, read_only: bool = False) -> int:
    """Serve the UI of one's own settings until Ctrl-C; ``read_only``: its pages alone."""
    load_settings()
    with (
        Databases.of().dagster_environment() as environment,
        dagster_ui(port, environment, read_only=read_only) as process,
    ):
        console.print(f"Dagster UI: http://{HOST}:{port} (Ctrl-C stops it)")
        return wait_for_end(process)


@contextmanager
def dagster_ui(
    port: int, environment: Mapping[str, str], *, read_only: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """Start webserver, daemon and code server; yield when the UI answers; stop all of them.

    ``read_only``: the webserver without a daemon, in which nothing can be started or changed. It
    may run beside the others.
    """
    free_port_or_fail(port, "the Dagster UI", "choose another one with --port")
    folder = Path(environment["DAGSTER_HOME"])
    workspace = folder / "workspace.yaml"
    log = folder / ("dagster_read_only.log" if read_only else "dagster.log")
    workspace.write_text(_WORKSPACE, encoding="utf-8")
    command = ui_command(port, workspace, read_only=read_only)
    with log.open("wb") as output, child(command, environment, output.fileno()) as process:
        url = f"http://{HOST}:{port}/server_info"
        await_answer(url, process, log, patience_seconds=_PATIENCE_SECONDS)
        yield process


def ui_command(port: int, workspace: Path, *, read_only: bool) -> list[str]:
    """What is run. The UI has no login, so it listens on this machine alone, always."""
    program = ["dagster_webserver", "--read-only"] if read_only else ["dagster", "dev"]
    return ["-m", *program, "-w", str(workspace), "-h", HOST, "-p", str(port)]


def wait_for_end(process: subprocess.Popen[bytes]) -> int:
    """Wait until Ctrl-C (0) or until the process ends by itself (1)."""
    try:
        process.wait()
    except KeyboardInterrupt:
        console.print("\nstopping ...")
        return 0
    return 1
