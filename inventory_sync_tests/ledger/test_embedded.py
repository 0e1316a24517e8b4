"""The embedded PostgreSQL is shared by processes, ends with the last one, and survives kills."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from inventory_sync.ledger import EmbeddedPostgresFailed, connect, postmaster
from inventory_sync.ledger.embedded import EmbeddedPostgres, start

_USER_OF_THE_SERVER = """
import sys
from pathlib import Path
from inventory_sync.ledger.embedded import start
server = start(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
"""

_FORKING_USER = """
import os, sys
from pathlib import Path
import psycopg
from inventory_sync.ledger.embedded import start
server = start(Path(sys.argv[1]))
heard, tell = os.pipe()
if os.fork():
    server.release()
    os.write(tell, b"released")
    os.wait()
else:
    os.read(heard, 8)
    psycopg.connect(server.url("postgres").replace("+psycopg", "")).execute("select 1")
    print("ready", flush=True)
"""

Helper = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home without anything in it; whatever server is left in it is stopped at the end."""
    folder = tmp_path / "home"
    yield folder
    if (folder / "postgres" / "PG_VERSION").exists() and postmaster.is_running(folder / "postgres"):
        postmaster.stop(folder / "postgres")


@pytest.fixture
def run(home: Path) -> Iterator[Helper]:
    """Start another process on the same home."""
    started: list[subprocess.Popen[str]] = []

    def begin(script: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def await_ready(process: "subprocess.Popen[str]") -> None:
    """Wait until the other process has its server, and show what it said if it has not."""
    assert process.stdout is not None
    if process.stdout.readline() != "ready\n":
        pytest.fail(process.communicate()[1])


def postmaster_pid(home: Path) -> int:
    """The process id that PostgreSQL wrote down."""
    return int((home / "postgres" / "postmaster.pid").read_text().split()[0])


def is_up(home: Path) -> bool:
    """Whether a server runs on the home."""
    return postmaster.is_running(home / "postgres")


def answer(server: EmbeddedPostgres) -> int:
    """Ask the server for a number."""
    with psycopg.connect(server.url("postgres").replace("+psycopg", "")) as connection:
        row = connection.execute("select 42").fetchone()
    assert row is not None
    return int(row[0])


def test_two_processes_share_one_server_that_ends_with_the_last(home: Path, run: Helper) -> None:
    other = run(_USER_OF_THE_SERVER)
    await_ready(other)
    first_pid = postmaster_pid(home)

    server = start(home)
    other.communicate("that is all\n")
    assert postmaster_pid(home) == first_pid
    assert answer(server) == 42

    server.release()
    server.release()
    assert not is_up(home)


def test_a_process_that_only_ends_stops_the_server(home: Path, run: Helper) -> None:
    other = run(_USER_OF_THE_SERVER)
    await_ready(other)

    _, complaints = other.communicate("that is all\n")

    assert not is_up(home)
    assert complaints == ""


def test_a_killed_process_does_not_keep_the_server_up(home: Path, run: Helper) -> None:
    other = run(_USER_OF_THE_SERVER)
    await_ready(other)
    server = start(home)

    other.kill()
    other.wait()
    assert answer(server) == 42

    server.release()
    assert not is_up(home)


def test_a_server_left_by_a_killed_process_is_used_by_the_next(home: Path, run: Helper) -> None:
    other = run(_USER_OF_THE_SERVER)
    await_ready(other)
    other.kill()
    other.wait()
    left = postmaster_pid(home)

    server = start(home)

    assert postmaster_pid(home) == left
    server.release()
    assert not is_up(home)


def test_processes_that_start_at_the_same_moment_get_one_server(home: Path, run: Helper) -> None:
    others = [run(_USER_OF_THE_SERVER) for _ in range(3)]
    for other in others:
        await_ready(other)

    servers = [
        process
        for process in psutil.process_iter(["cmdline"])
        if "-D" in (words := process.info["cmdline"] or []) and str(home / "postgres") in words
    ]
    assert [process.pid for process in servers] == [postmaster_pid(home)]


def test_a_forked_child_keeps_the_server_up_without_its_parent(home: Path, run: Helper) -> None:
    await_ready(run(_FORKING_USER))


def test_data_survive_a_killed_server(home: Path) -> None:
    server = start(home)
    server.ensure_database("stock")
    with create_engine(server.url("stock")).begin() as connection:
        connection.execute(text("create table clocks as select 7 as units"))
    os.kill(postmaster_pid(home), signal.SIGKILL)

    again = start(home)

    with create_engine(again.url("stock")).connect() as connection:
        assert connection.scalar(text("select units from clocks")) == 7
    server.release()
    assert is_up(home)
    again.release()
    assert not is_up(home)


@pytest.mark.parametrize("left", ["{pid}\n/elsewhere\n1\n5432\n/tmp\n\n1 1\nready\n", "{pid}\n"])
def test_a_lock_file_whose_process_id_is_now_somebody_elses_is_no_obstacle(
    home: Path, left: str
) -> None:
    start(home).release()
    (home / "postgres" / "postmaster.pid").write_text(left.format(pid=os.getpid()))

    server = start(home)

    assert answer(server) == 42
    server.release()


def test_a_creation_that_was_killed_halfway_is_thrown_away(home: Path) -> None:
    (home / "postgres.new" / "base").mkdir(parents=True)
    (home / "postgres.new" / "PG_VERSION").write_text("18\n")

    server = start(home)

    assert answer(server) == 42
    assert not (home / "postgres.new").exists()
    server.release()


def test_a_path_of_any_length_with_spaces_works_for_both_drivers(home: Path) -> None:
    deep = home / ("a very long name " * 6).strip() / "it's home"
    server = start(deep)
    server.ensure_database("two words")
    server.ensure_database("two words")

    for url in (server.url("two words"), server.dagster_url("two words")):
        with create_engine(url).connect() as connection:
            assert connection.scalar(text("select current_database()")) == "two words"
    assert make_url(server.dagster_url("two words")).drivername == "postgresql+psycopg2"
    connect(server.url("two words")).close()
    socket_folder = Path(str(make_url(server.url("postgres")).query["host"]))
    assert socket_folder.is_dir()
    server.release()
    assert not socket_folder.exists()


def test_a_persons_own_postgresql_settings_do_not_leak_in(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "9999")
    monkeypatch.setenv("PGDATA", "/nowhere")
    server = start(home)

    assert answer(server) == 42
    with create_engine(server.url("postgres")).connect() as connection:
        assert connection.scalar(text("show listen_addresses")) == ""
        assert connection.scalar(text("show unix_socket_permissions")) == "0700"
    server.release()


def test_a_home_that_was_deleted_meanwhile_is_no_failure(home: Path) -> None:
    import shutil

    server = start(home)
    pid = postmaster_pid(home)
    shutil.rmtree(home / "postgres")

    server.release()

    os.kill(pid, signal.SIGKILL)


def test_data_of_another_major_version_are_left_alone(home: Path) -> None:
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "PG_VERSION").write_text("16\n")

    with pytest.raises(EmbeddedPostgresFailed, match=r"belong to PostgreSQL 16.*move the folder"):
        start(home)

    assert (home / "postgres" / "PG_VERSION").read_text() == "16\n"


def test_a_home_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("not a folder")

    with pytest.raises(EmbeddedPostgresFailed, match="home is in the way; move it away"):
        start(tmp_path / "home")


def test_strange_files_in_the_place_of_the_data_are_kept(home: Path) -> None:
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "letter.txt").write_text("Dear reader")

    with pytest.raises(EmbeddedPostgresFailed, match="postgres is in the way; move it away"):
        start(home)

    assert (home / "postgres" / "letter.txt").exists()


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full; free some space"),
        (
            subprocess.CalledProcessError(1, "initdb", "could not write: No space left on device"),
            "the disk is full; free some space",
        ),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), "no permission to write /x"),
        (OSError(errno.EROFS, "Read-only file system", "/x"), "no permission to write /x"),
        (
            subprocess.CalledProcessError(1, "initdb", "running\ninitdb: error: out of luck.\n"),
            "initdb: error: out of luck; repair that",
        ),
    ],
    ids=["full", "full for initdb", "no permission", "read only", "anything else"],
)
def test_each_failure_is_one_sentence_with_the_way_out(
    home: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception, sentence: str
) -> None:
    def fail(_: Path) -> None:
        raise failure

    monkeypatch.setattr(postmaster, "create", fail)

    with pytest.raises(EmbeddedPostgresFailed) as told:
        start(home)

    assert sentence in str(told.value)
    assert "INVENTORY_SYNC_DATABASE_URL" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_server_that_cannot_start_tells_its_own_last_words(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postmaster._SERVER_SETTINGS, "max_connections", "none")

    with pytest.raises(EmbeddedPostgresFailed, match='invalid value for parameter "max_conn'):
        start(home)


def test_nothing_is_said_about_the_missing_runtime_folder() -> None:
    script = "import inventory_sync.ledger.embedded"
    environment = {k: v for k, v in os.environ.items() if k != "XDG_RUNTIME_DIR"}

    said = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )

    assert said.stderr == ""
