"""Dagster's own programs in production: a supervisor starts again what dies, at once.

Put here how code server and daemon are started, killed and started again. What happens to the
company meanwhile, and what must come of it, is in ``test_daemon.py``.
"""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from inventory_sync.cli.bench_stores import free_port
from inventory_sync.cli.processes import HOST, child

Program = Literal["code server", "daemon"]
PROGRAMS: tuple[Program, ...] = ("daemon", "code server")


@dataclass
class Programs:
    """A code server and a daemon. Each is a session of its own, with all that it starts."""

    folder: Path
    environment: Mapping[str, str]
    port: int = field(default_factory=free_port)
    _running: dict[Program, subprocess.Popen[bytes]] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    @contextmanager
    def running(self) -> Iterator["Programs"]:
        """Start both; stop them afterwards."""
        with self._stack:
            self._start("code server")
            self._start("daemon")
            yield self

    def kill(self, program: Program) -> None:
        """kill -9, with the runs that it has started; the supervisor starts it again at once."""
        process = self._running[program]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._start(program)

    def log(self, program: Program) -> Path:
        """What a program has said."""
        return self.folder / f"{program}.log".replace(" ", "_")

    def _start(self, program: Program) -> None:
        with self.log(program).open("ab") as output:
            running = child(self._command(program), self.environment, output.fileno())
            self._running[program] = self._stack.enter_context(running)

    def _command(self, program: Program) -> list[str]:
        if program == "code server":
            return [
                *("-m", "dagster", "api", "grpc", "-m", "inventory_sync.definitions"),
                *("-h", HOST, "-p", str(self.port)),
            ]
        workspace = self.folder / "workspace.yaml"
        workspace.write_text(
            f"load_from: [{{grpc_server: {{host: {HOST}, port: {self.port},"
            " location_name: inventory_sync}}]\n"
        )
        return ["-m", "dagster._daemon", "run", "-w", str(workspace)]
