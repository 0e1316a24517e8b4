"""A Tryton server on this machine, on copies of the company that ``building.py`` keeps.

Put here how it is started, awaited and stopped. What is asked of it is ``rest.py``.
"""

import json
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import httpx

from inventory_sync.sandbox.tryton.building import CONFIGURATION, DATABASE, Built, CannotBuild

HOST: Final = "127.0.0.1"
_LONGEST_START_SECONDS: Final = 120
_STOP_SECONDS: Final = 20
_DATES: Final = (
    ("stock_move", "planned_date"),
    ("stock_move", "effective_date"),
    ("purchase_line", "delivery_date_store"),
)


@contextmanager
def serving(
    built: Built, folder: Path, *, port: int, databases: Sequence[str] = (DATABASE,)
) -> Iterator[str]:
    """The origin of a server on databases in this folder; stopped afterwards.

    A database that is not there is copied from the company: all of them before the server starts,
    for it lists them once. Raises ``CannotBuild``.
    """
    for name in databases:
        open_company(built, folder, name)
    configuration = folder / "trytond.conf"
    configuration.write_text(CONFIGURATION.format(data=folder, port=port), encoding="utf-8")
    with running(built.programs, configuration, databases[0], port=port) as origin:
        yield origin


@contextmanager
def running(programs: Path, configuration: Path, database: str, *, port: int) -> Iterator[str]:
    """The origin of a server of this configuration, which has this database among others; it writes
    ``trytond.log`` beside it. Raises ``CannotBuild``.
    """
    log = configuration.parent / "trytond.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [programs / "trytond", "-c", configuration, "-d", database],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            origin = f"http://{HOST}:{port}"
            _await(f"{origin}/{database}/rest/model/party.party", process, log)
            yield origin
        finally:
            _stop(process)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def open_company(built: Built, folder: Path, name: str = DATABASE) -> dict[str, Any]:
    """What one must know of the records of a database in this folder.

    If it is not there, it is copied from the company as if that had been opened today.
    """
    target, known = folder / f"{name}.sqlite", folder / f"{name}.json"
    if not target.exists():
        known.write_text(json.dumps(built.state), encoding="utf-8")
        _copy(built, target)
    state: dict[str, Any] = json.loads(known.read_text(encoding="utf-8"))
    return state


def _copy(built: Built, target: Path) -> None:
    age = (datetime.now(UTC).date() - date.fromisoformat(built.state["today"])).days
    draft = target.with_suffix(".new")
    shutil.copyfile(built.database, draft)
    with closing(sqlite3.connect(draft)) as database, database:
        for table, column in _DATES if age else ():
            database.execute(f"UPDATE {table} SET {column} = date({column}, ?)", (f"{age} days",))
    draft.rename(target)


def _await(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Return when it answers, if only that we may not look."""
    ends = time.monotonic() + _LONGEST_START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        try:
            httpx.get(url, timeout=5, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["nothing"]
    raise CannotBuild(f"Tryton does not start; {log} ends with: {last[0]}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
