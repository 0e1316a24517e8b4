"""The embedded PostgreSQL: started by the first process that needs it, stopped by the last.

Put here who uses the server, its addresses and the sentences for its failures. Keep out the
PostgreSQL programs (``postmaster``) and our own tables (``schema``).

Two lock files beside the data do the counting, so that the kernel notices a killed process for
us: every user holds ``postgres.users`` shared for as long as it lives, and whoever starts or stops
the server holds ``postgres.lock`` alone. The last user is the one who can get the former alone.
"""

import errno
import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import util as process_exit
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg
from psycopg import sql

from inventory_sync.ledger import postmaster
from inventory_sync.ledger.errors import EmbeddedPostgresFailed

_WAY_OUT: Final = "or set INVENTORY_SYNC_DATABASE_URL to a PostgreSQL of your own"
_ROOM_BYTES: Final = 100_000_000
"""What an empty cluster takes, with its write-ahead log."""


class EmbeddedPostgres:
    """A running server, kept up by this object until ``release`` or the end of the process."""

    def __init__(self, home: Path, socket_folder: Path, mark: int) -> None:
        self._home = home
        self._socket_folder = socket_folder
        self._mark: int | None = mark
        # Unlike atexit, this also runs in multiprocessing's children, and never in a bare fork:
        # a fork inherits the mark itself, so the server stays up for it.
        process_exit.Finalize(None, self.release, exitpriority=-1)

    def url(self, database: str) -> str:
        """The address of a database for our own engines (psycopg 3)."""
        return f"postgresql+psycopg://{self._address(database)}"

    def dagster_url(self, database: str) -> str:
        """The address of a database for Dagster's storage, which speaks psycopg2 only."""
        return f"postgresql+psycopg2://{self._address(database)}"

    def ensure_database(self, name: str) -> None:
        """Create the database ``name`` unless it exists; safe from several processes at once."""
        with (
            _told_clearly(self._home),
            _alone(self._home),
            psycopg.connect(self._connection_string(), autocommit=True) as connection,
        ):
            known = connection.execute("select from pg_database where datname = %s", (name,))
            if known.fetchone() is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))

    def release(self) -> None:
        """Say that this process needs the server no more; the last one to say so stops it.

        May be called twice. A home that was deleted meanwhile is left alone: PostgreSQL ends by
        itself when it misses its files.
        """
        if self._mark is None:
            return
        os.close(self._mark)
        self._mark = None
        if not _data(self._home).exists():
            return
        with _told_clearly(self._home), _alone(self._home):
            if not _is_used(self._home) and postmaster.is_running(_data(self._home)):
                postmaster.stop(_data(self._home))

    def _address(self, database: str) -> str:
        # The port is named because a PGPORT in the environment would otherwise be taken.
        folder = quote(str(self._socket_folder))
        return f"postgres@/{quote(database)}?host={folder}&port={postmaster.PORT}"

    def _connection_string(self) -> str:
        return psycopg.conninfo.make_conninfo(
            user="postgres",
            dbname="postgres",
            host=str(self._socket_folder),
            port=postmaster.PORT,
        )


def start(home: Path) -> EmbeddedPostgres:
    """Use the server whose data are under ``<home>/postgres``; start it, create it if need be.

    Raises ``EmbeddedPostgresFailed`` when the folder cannot be written, the disk is full, or the
    data are of another major version of PostgreSQL.
    """
    home = home.expanduser().absolute()
    with _told_clearly(home):
        home.mkdir(parents=True, exist_ok=True)
        home = home.resolve()
        with _alone(home):
            mark = _open_lock(home / "postgres.users")
            try:
                fcntl.flock(mark, fcntl.LOCK_SH)
                socket_folder = _ensure_running(_data(home))
            except BaseException:
                os.close(mark)
                raise
    return EmbeddedPostgres(home, socket_folder, mark)


def _data(home: Path) -> Path:
    return home / "postgres"


def _ensure_running(data: Path) -> Path:
    """Create and launch what is missing; the folder of the server's socket."""
    version_file = data / "PG_VERSION"
    if not version_file.exists():
        postmaster.create(data)
    version = version_file.read_text().strip()
    if version != str(postmaster.MAJOR_VERSION):
        raise EmbeddedPostgresFailed(
            f"The data in {data} belong to PostgreSQL {version}, and this program brings "
            f"PostgreSQL {postmaster.MAJOR_VERSION}; move the folder away to begin with an empty "
            f"ledger, {_WAY_OUT}."
        )
    if not postmaster.is_running(data):
        postmaster.launch(data)
    return postmaster.await_socket_folder(data)


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Nobody else starts, stops or creates in this home meanwhile, in any process or thread."""
    lock = _open_lock(home / "postgres.lock")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        # Unlocked by name: closing would leave it locked in a child forked meanwhile.
        fcntl.flock(lock, fcntl.LOCK_UN)
        os.close(lock)


def _is_used(home: Path) -> bool:
    """Whether any living process holds its mark."""
    lock = _open_lock(home / "postgres.users")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(lock)


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


@contextmanager
def _told_clearly(home: Path) -> Iterator[None]:
    """Turn every failure of files, programs and connections into one sentence for a person."""
    try:
        yield
    except (OSError, subprocess.SubprocessError, psycopg.Error) as failure:
        cause = _cause(home, failure)
        raise EmbeddedPostgresFailed(
            f"The embedded PostgreSQL under {home} failed: {cause}, {_WAY_OUT}."
        ) from failure


def _cause(home: Path, failure: Exception) -> str:
    """What went wrong and what to do, for the failures that have an own way out."""
    said = f"{failure} {getattr(failure, 'output', None) or ''}"
    number = getattr(failure, "errno", None)
    if number in {errno.EACCES, errno.EPERM, errno.EROFS} or "Permission denied" in said:
        place = getattr(failure, "filename", None) or home
        return f"no permission to write {place}; let this user write there"
    if number == errno.ENOSPC or "No space left on device" in said or _disk_is_full(home):
        return "the disk is full; free some space"
    if number in {errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY}:
        place = getattr(failure, "filename", None) or home
        return f"{place} is in the way; move it away"
    if isinstance(failure, subprocess.CalledProcessError):
        told = postmaster.last_words(_data(home)) or _last_line(failure.output)
        return f"{told or failure}; repair that"
    return f"{_last_line(str(failure))}; repair that"


def _disk_is_full(home: Path) -> bool:
    return os.path.isdir(home) and shutil.disk_usage(home).free < _ROOM_BYTES


def _last_line(text: str | None) -> str:
    lines = [line.strip() for line in (text or "").splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else ""
