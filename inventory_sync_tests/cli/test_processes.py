"""Children: they get what they need, and none of them outlives the command.

Every process of a family inherits the writing end of one pipe, so its reading end comes to an end
exactly when the last of them is gone: no test has to guess how long that takes.
"""

import os
import select
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from inventory_sync.cli import processes
from inventory_sync.cli.processes import HOST, await_answer, child, free_port_or_fail
from inventory_sync.domain.errors import InventorySyncError

PATIENCE_SECONDS = 30

# The alarm ends what a failing test would leave behind.
POLITE = "import signal; signal.alarm(60); print('ready', flush=True); signal.pause()"
STUBBORN = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); {POLITE}"
PARENT = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", sys.argv[1]], start_new_session=sys.argv[2] == "apart")
exec(sys.argv[3])
"""


class Family:
    """A child with its descendants, known by what they write."""

    def __init__(self) -> None:
        self.reading_end, self._writing_end = os.pipe()
        self._unread = b""

    @contextmanager
    def child(
        self, code: str, *arguments: str, **environment: str
    ) -> Iterator[subprocess.Popen[bytes]]:
        """The child under test, running this code."""
        with child(["-c", code, *arguments], environment, self._writing_end) as process:
            os.close(self._writing_end)
            yield process

    def line(self, patience_seconds: float = PATIENCE_SECONDS) -> str | None:
        """The next line, or ``None`` when nobody is left who could write one."""
        while b"\n" not in self._unread:
            ready, _, _ = select.select([self.reading_end], [], [], patience_seconds)
            assert ready, "the family neither wrote nor ended"
            block = os.read(self.reading_end, 4096)
            if not block:
                return None
            self._unread += block
        line, _, self._unread = self._unread.partition(b"\n")
        return line.decode()

    def await_end(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """Return when they all have ended; what they still say of it does not matter."""
        while self.line(patience_seconds) is not None:
            pass


@pytest.fixture
def family(monkeypatch: pytest.MonkeyPatch) -> Iterator[Family]:
    """A family to be started; whoever does not go by himself is killed sooner than in earnest."""
    monkeypatch.setattr(processes, "_STOP_SECONDS", 0.5)
    started = Family()
    yield started
    os.close(started.reading_end)


def test_a_child_gets_the_environment_and_nothing_to_read(family: Family) -> None:
    code = "import os, sys; print(os.environ['GREETING'], 'PATH' in os.environ, sys.stdin.read())"
    with family.child(code, GREETING="hello") as process:
        assert family.line() == "hello True "
        assert process.wait(PATIENCE_SECONDS) == 0


def test_what_a_child_says_of_its_errors_stands_in_its_output(family: Family) -> None:
    with family.child("raise SystemExit('it cannot start')") as process:
        assert family.line() == "it cannot start"
        assert process.wait(PATIENCE_SECONDS) == 1


def test_a_child_is_asked_before_it_is_killed(family: Family) -> None:
    code = f"""
try:
    {POLITE}
except KeyboardInterrupt:
    print('tidied up')
"""
    with family.child(code) as process:
        assert family.line() == "ready"
    assert family.line() == "tidied up"
    assert process.returncode == 0
    family.await_end()


def test_a_child_that_ignores_ctrl_c_is_killed(family: Family) -> None:
    with family.child(STUBBORN) as process:
        assert family.line() == "ready"
    assert process.returncode == -signal.SIGKILL
    family.await_end()


def test_a_child_ends_when_the_command_fails(family: Family) -> None:
    with pytest.raises(ZeroDivisionError), family.child(POLITE):
        assert family.line() == "ready"
        raise ZeroDivisionError
    family.await_end()


@pytest.mark.parametrize(
    ("then", "session"),
    [(POLITE, "together"), (STUBBORN, "apart")],
    ids=["in the session of a polite child", "in a session beside a stubborn child"],
)
def test_a_grandchild_that_ignores_ctrl_c_does_not_stay(
    family: Family, then: str, session: str
) -> None:
    with family.child(PARENT, STUBBORN, session, then):
        assert [family.line(), family.line()] == ["ready", "ready"]
    family.await_end()


def test_a_grandchild_does_not_stay_when_the_child_has_gone_by_itself(family: Family) -> None:
    with family.child(PARENT, STUBBORN, "together", "raise SystemExit(3)") as process:
        assert family.line() == "ready"
        assert process.wait(PATIENCE_SECONDS) == 3
    family.await_end(patience_seconds=3)


def test_a_taken_port_is_named_with_the_way_out() -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InventorySyncError) as caught:
            free_port_or_fail(port, "the Dagster UI", "choose another one with --port")
    expected = f"Port {port} is taken, and the Dagster UI needs it: choose another one with --port."
    assert str(caught.value) == expected


def test_a_port_taken_on_all_addresses_is_taken() -> None:
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InventorySyncError, match=f"Port {port} is taken"):
            free_port_or_fail(port, "the Dagster UI", "choose another one")


def test_a_port_is_free_again_when_its_server_has_gone() -> None:
    """Also while its last connections are still in TIME_WAIT."""
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((HOST, port)), server.accept()[0]:
            pass
    free_port_or_fail(port, "the Dagster UI", "choose another one")


class _Answer(BaseHTTPRequestHandler):
    """Answers 503 to the first request and 200 to all others."""

    requests = 0

    def do_GET(self) -> None:
        """One more request."""
        type(self).requests += 1
        self.send_response(503 if self.requests == 1 else 200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_an_answer_is_awaited_until_it_is_a_success(family: Family, tmp_path: Path) -> None:
    with HTTPServer((HOST, 0), _Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            with family.child(POLITE) as process:
                url = f"http://{HOST}:{server.server_port}/healthz"
                log = tmp_path / "child.log"
                await_answer(url, process, log, patience_seconds=PATIENCE_SECONDS)
        finally:
            server.shutdown()
            thread.join()
    assert _Answer.requests == 2


def _closed_port() -> int:
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_a_child_that_ends_before_it_answers_is_told_by_its_last_line(
    family: Family, tmp_path: Path
) -> None:
    log = tmp_path / "child.log"
    log.write_text("starting\nthe port is in use\n\n")
    url = f"http://{HOST}:{_closed_port()}/healthz"
    with family.child("pass") as process, pytest.raises(InventorySyncError) as caught:
        await_answer(url, process, log, patience_seconds=PATIENCE_SECONDS)
    assert str(caught.value) == f"{url} does not answer; {log} ends with: the port is in use"


def test_a_child_that_never_answers_is_not_awaited_for_ever(family: Family, tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    log.touch()
    url = f"http://{HOST}:{_closed_port()}/healthz"
    with family.child(POLITE) as process:
        with pytest.raises(InventorySyncError, match=r"does not answer; .* ends with: nothing"):
            await_answer(url, process, log, patience_seconds=0.2)
        assert process.poll() is None
