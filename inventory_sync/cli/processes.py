"""Child processes that never outlive the command, and the ports they listen on.

Put here how a child is started, awaited and ended. Keep out which children there are.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import httpx
import psutil

from inventory_sync.domain.errors import InventorySyncError

HOST: Final = "127.0.0.1"
_STOP_SECONDS: Final = 20


def free_port_or_fail(port: int, what: str, way_out: str) -> None:
    """Raise ``InventorySyncError`` when somebody listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise InventorySyncError(
                f"Port {port} is taken, and {what} needs it: {way_out}."
            ) from None


@contextmanager
def child(
    arguments: list[str], environment: Mapping[str, str], output: int
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python child in a session of its own, ended with all its descendants afterwards."""
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, **environment},
        stdout=output,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _end(process)


def await_answer(
    url: str, process: subprocess.Popen[bytes], log: Path, *, patience_seconds: float
) -> None:
    """Return when the URL answers with success; raise when the child ends or is too slow."""
    deadline = time.monotonic() + patience_seconds
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=5, trust_env=False).is_success:
                return
        except httpx.TransportError:
            pass  # not listening yet
        if _ended(process, within_seconds=0.1):
            break
    last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["nothing"]
    raise InventorySyncError(f"{url} does not answer; {log} ends with: {last[0]}")


def _ended(process: subprocess.Popen[bytes], *, within_seconds: float) -> bool:
    try:
        process.wait(within_seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """Interrupt politely, then kill whatever is left of the family."""
    family = _family(process.pid)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        if not _ended(process, within_seconds=_STOP_SECONDS):
            process.kill()
            process.wait()
    for member in psutil.wait_procs(family, timeout=5)[1]:
        member.kill()


def _family(pid: int) -> set[psutil.Process]:
    """The child's descendants by birth, and those of its session: an orphan has no parent."""
    members = {other for other in psutil.process_iter() if _session(other.pid) == pid != other.pid}
    with suppress(psutil.NoSuchProcess):
        members.update(psutil.Process(pid).children(recursive=True))
    return members


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:  # it has ended meanwhile
        return None
