"""The sandbox's Tryton for tests: a database that is only read, and copies that may be changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from inventory_sync.sandbox.tryton.building import DATABASE, CannotBuild, build
from inventory_sync.sandbox.tryton.server import free_port, serving

__all__ = ["CannotBuild", "TrytonServer", "running"]

_COPIES = tuple(f"own_{number}" for number in range(20))


class TrytonServer:
    """A running server. ``state`` has the ids of the seeded records; ``erp`` is only to be read."""

    def __init__(self, origin: str, state: dict[str, Any]) -> None:
        self.origin = origin
        self.state = state
        self._copies = iter(_COPIES)

    @property
    def key(self) -> str:
        """The key of the REST application."""
        return str(self.state["rest_key"])

    @property
    def erp(self) -> str:
        """The URL of the seeded database."""
        return f"{self.origin}/{DATABASE}"

    def own(self) -> str:
        """The URL of a copy that nobody else uses."""
        return f"{self.origin}/{next(self._copies)}"


@contextmanager
def running(folder: Path) -> Iterator[TrytonServer]:
    """A server on databases in this folder. Raises ``CannotBuild``."""
    built = build()
    with serving(built, folder, port=free_port(), databases=(DATABASE, *_COPIES)) as origin:
        yield TrytonServer(origin, built.state)
