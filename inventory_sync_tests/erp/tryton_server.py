"""A real Tryton 8.0 for tests: built once into a cache, then started on copies of its database.

The recipe (``bootstrap.py``, ``requirements.in``) is looked for in ``../shared/erp/tryton`` beside
this repository, or in the folder that INVENTORY_SYNC_TRYTON_RECIPE names. What is built lies in
``inventory_sync`` of the user's cache folder, or where INVENTORY_SYNC_TRYTON_CACHE says, and is
built again when the recipe or the month changes (its documents are dated).
"""

import fcntl
import hashlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx

_REPOSITORY = Path(__file__).parents[2]
_FILES = ("bootstrap.py", "requirements.in")
_LONGEST_BUILD_SECONDS = 900
_LONGEST_START_SECONDS = 120
_COPIES = tuple(f"own_{number}" for number in range(8))

_CONFIGURATION = """\
[database]
uri = sqlite://
path = {data}
list = True
[web]
listen = 127.0.0.1:{port}
[queue]
worker = False
"""


class CannotBuild(Exception):
    """Why there is no Tryton here."""


class TrytonServer:
    """A running server. ``state`` has the ids of the seeded records; ``erp`` is only to be read."""

    def __init__(self, built: Path, data: Path, port: int) -> None:
        self.state: dict[str, Any] = json.loads((built / "state.json").read_text())
        self.origin = f"http://127.0.0.1:{port}"
        self._seeded = built / "data" / "erp.sqlite"
        self._data = data
        self._copies = iter(_COPIES)

    @property
    def key(self) -> str:
        """The key of the REST application."""
        return str(self.state["rest_key"])

    @property
    def erp(self) -> str:
        """The URL of the seeded database."""
        return f"{self.origin}/erp"

    def own(self) -> str:
        """The URL of a copy that nobody else uses."""
        return f"{self.origin}/{next(self._copies)}"

    def seed(self) -> None:
        """Copy the database, before the server starts: it lists its databases once."""
        for name in ("erp", *_COPIES):
            self._copy(name)

    def _copy(self, name: str) -> None:
        """As if it had been seeded today."""
        copy = self._data / f"{name}.sqlite"
        shutil.copy(self._seeded, copy)
        age = (datetime.now(UTC).date() - date.fromisoformat(self.state["today"])).days
        dates = [("stock_move", "planned_date"), ("stock_move", "effective_date")]
        dates += [("purchase_line", "delivery_date_store")]
        with closing(sqlite3.connect(copy)) as database, database:
            for table, column in dates if age else ():
                database.execute(
                    f"UPDATE {table} SET {column} = date({column}, ?)", (f"{age} days",)
                )


@contextmanager
def running(folder: Path) -> Iterator[TrytonServer]:
    """A server on databases in this folder. Raises ``CannotBuild``."""
    folder_of_build = built()
    port = free_port()
    configuration = folder / "trytond.conf"
    configuration.write_text(_CONFIGURATION.format(data=folder, port=port))
    server = TrytonServer(folder_of_build, folder, port)
    server.seed()
    with serving(folder_of_build, configuration, "erp", port):
        yield server


@contextmanager
def serving(built: Path, configuration: Path, database: str, port: int) -> Iterator[None]:
    """Tryton's server process while it answers; it writes ``trytond.log`` beside its settings."""
    with (configuration.parent / "trytond.log").open("w") as log:
        process = subprocess.Popen(
            [built / "venv" / "bin" / "trytond", "-c", configuration, "-d", database],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _await(f"http://127.0.0.1:{port}/{database}/rest/model/party.party", process)
            yield
        finally:
            process.kill()  # its databases are copies, and its pools take long to say goodbye
            process.wait(timeout=30)


def _await(url: str, process: "subprocess.Popen[bytes]") -> None:
    ends = time.monotonic() + _LONGEST_START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        try:
            if httpx.get(url, timeout=5).status_code:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("Tryton does not start: see trytond.log beside its settings.")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def built() -> Path:
    """The folder of the build, made now if need be; other test processes wait for it."""
    recipe = _recipe()
    month = f"{datetime.now(UTC).date():%Y-%m}"
    inputs = b"".join((recipe / name).read_bytes() for name in _FILES) + month.encode()
    folder = _cache() / f"tryton-{hashlib.sha256(inputs).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "is_built").exists():
            _build(recipe, folder)
            (folder / "is_built").touch()
    return folder


def _build(recipe: Path, folder: Path) -> None:
    for name in _FILES:
        shutil.copyfile(recipe / name, folder / name)
    python = folder / "venv" / "bin" / "python"
    step(sys.executable, "-m", "venv", "--clear", folder / "venv")
    step(python, "-m", "pip", "install", "-q", "-r", folder / "requirements.in")
    step(python, folder / "bootstrap.py", "--reset")


def step(*command: Any, environment: Mapping[str, str] | None = None) -> None:
    """Run a step of a build. Raises ``CannotBuild`` with its last words."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=_LONGEST_BUILD_SECONDS,
        check=False,
        env=environment,
    )
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise CannotBuild(f"a step of its build failed: {' '.join(last)}")


def _recipe() -> Path:
    named = os.environ.get("INVENTORY_SYNC_TRYTON_RECIPE")
    recipe = Path(named) if named else _REPOSITORY.parent / "shared" / "erp" / "tryton"
    if not all((recipe / name).is_file() for name in _FILES):
        raise CannotBuild(
            "its recipe is not in ../shared/erp/tryton; INVENTORY_SYNC_TRYTON_RECIPE may name it"
        )
    return recipe


def _cache() -> Path:
    named = os.environ.get("INVENTORY_SYNC_TRYTON_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "inventory_sync"
