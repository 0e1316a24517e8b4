"""Builds Tryton 8.0 and the company in it: once, into a cache, for every demo and test after that.

Put here what is installed, in which steps, and where it is kept. The environment is built again
when ``requirements.lock`` changes, the company also when ``fill.py``, ``books.py`` or the month
does (it keeps its accounts by months). How it is served is ``server.py``.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from inventory_sync.sandbox.tryton import books

CACHE_VARIABLE: Final = "INVENTORY_SYNC_TRYTON_CACHE"
DATABASE: Final = "erp"
MODULES: Final = (
    "product_kit", "production", "purchase", "sale", "sale_credit_limit", "sale_supply",
    "stock", "stock_forecast", "stock_lot", "stock_package", "stock_supply",
    "stock_supply_production", "web_shop", "web_shop_shopify",
)  # fmt: skip
CONFIGURATION: Final = """\
[database]
uri = sqlite://
path = {data}
list = True
[web]
listen = 127.0.0.1:{port}
[queue]
worker = False
"""

_HERE: Final = Path(__file__).parent
_LOCK: Final = _HERE / "requirements.lock"
_FILL: Final = _HERE / "fill.py"
_LONGEST_STEP_SECONDS: Final = 1200

Tell = Callable[[str], None]


class CannotBuild(Exception):
    """There is no Tryton to be had here; the message is one sentence with the reason."""


@dataclass(frozen=True)
class Built:
    """Tryton's programs, the company's database, and what one must know of its records."""

    programs: Path
    database: Path
    state: dict[str, Any]


def build(tell: Tell = lambda step: None) -> Built:
    """What is in the cache, built now if need be; another process that does so is waited for.

    ``tell`` hears each step. Raises ``CannotBuild``.
    """
    month = f"{datetime.now(UTC):%Y-%m}"
    folder = _cache() / f"tryton-{_digest(_LOCK.read_text(), sys.version)}"
    company = (
        folder
        / f"company-{_digest(_FILL.read_text(), json.dumps(books.as_json()), *MODULES, month)}"
    )
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        _install(folder, tell)
        if not company.exists():
            _found(folder, company, tell)
    state = json.loads((company / "state.json").read_text(encoding="utf-8"))
    return Built(folder / "venv" / "bin", company / f"{DATABASE}.sqlite", state)


def _install(folder: Path, tell: Tell) -> None:
    """The environment, of exactly the versions that are locked."""
    done, environment = folder / "is_installed", folder / "venv"
    if done.exists():
        return
    tell("installing Tryton 8.0 into an environment of its own (half a minute)")
    run_step([sys.executable, "-m", "venv", "--clear", environment])
    pip = [environment / "bin" / "python", "-m", "pip", "install", "--quiet"]
    run_step([*pip, "--disable-pip-version-check", "--require-hashes", "-r", _LOCK])
    done.touch()


def _found(folder: Path, company: Path, tell: Tell) -> None:
    """The company's folder, which appears when it is whole."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        data = Path(scratch)
        database, configuration = data / f"{DATABASE}.sqlite", data / "trytond.conf"
        configuration.write_text(CONFIGURATION.format(data=data, port=0))
        database.touch()
        state = found_company(folder / "venv" / "bin", configuration, tell)
        whole = data / "company"
        whole.mkdir()
        for file in (database, state):
            shutil.move(file, whole / file.name)
        whole.rename(company)


def found_company(programs: Path, configuration: Path, tell: Tell = lambda step: None) -> Path:
    """Fill the database ``DATABASE``, which is empty, where this configuration has it.

    The file that it returns says what one must know of its records. Raises ``CannotBuild``.
    """
    data = configuration.parent
    told, password, state = data / "books.json", data / "password", data / "state.json"
    told.write_text(json.dumps(books.as_json()), encoding="utf-8")
    password.write_text("admin\n")  # of a database that nobody but this machine reaches
    admin = [programs / "trytond-admin", "-c", configuration, "-d", DATABASE]
    named = {"TRYTONPASSFILE": str(password)}
    tell("creating its database")
    run_step([*admin, "--all", "--email", "admin@example.com", "-p"], named)
    tell("activating its modules: stock, sales, purchases, productions, web shops (a minute)")
    run_step([*admin, "-u", *MODULES, "--activate-dependencies"])
    tell("filling the company: products, warehouses, documents in every state (half a minute)")
    run_step([programs / "python", _FILL, configuration, DATABASE, told, state])
    return state


def run_step(command: list[Any], named: dict[str, str] | None = None) -> None:
    """Run a step of a build. Raises ``CannotBuild`` with its last words."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            env={**os.environ, **(named or {})},
            capture_output=True,
            text=True,
            timeout=_LONGEST_STEP_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CannotBuild(_sentence(command, "it took too long")) from None
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["it said nothing"]
        raise CannotBuild(_sentence(command, last[0].removeprefix("ERROR: ")))


def _sentence(command: list[Any], reason: str) -> str:
    if "pip" in command:
        return (
            "Tryton cannot be installed, the package registry does not have all that"
            f" {_LOCK.name} names or cannot be reached: {reason}"
        )
    return f"Tryton cannot be set up, {Path(command[0]).name} failed: {reason}"


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _cache() -> Path:
    """``inventory_sync`` in the user's cache folder, or what the variable names."""
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(named).absolute()
    caches = os.environ.get("XDG_CACHE_HOME")
    return (Path(caches) if caches else Path.home() / ".cache") / "inventory_sync"


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]
