"""A bulk operation of a shop: begun at one instant, done some time later.

Put what an operation is at a moment here. How its query is run is in ``bulk.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from inventory_sync.sandbox.standin.stock import gid

Status = Literal["CREATED", "RUNNING", "COMPLETED", "FAILED", "CANCELED"]
ErrorCode = Literal["ACCESS_DENIED", "INTERNAL_SERVER_ERROR"]


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query found: JSON Lines, and how many of them are roots."""

    lines: tuple[bytes, ...] = ()
    roots: int = 0


@dataclass(slots=True)
class BulkOperation:
    """It runs by itself: only the clock (seconds) tells how far it is.

    ``rows`` are of the instant at which it began; ``seconds`` is how long it takes (``inf``: for
    ever). With an ``error_code`` it fails in the end; ``file_is_lost``: the file cannot be had.
    """

    id: int
    query: str
    created_at: datetime
    began_at: float
    seconds: float
    clock: Callable[[], float]
    now: Callable[[], datetime]
    file_url: str
    rows: Rows = Rows()
    error_code: ErrorCode | None = None
    file_is_lost: bool = False
    is_canceled: bool = False

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("BulkOperation", self.id)

    @property
    def status(self) -> Status:
        """How far it is now."""
        if self.is_canceled:
            return "CANCELED"
        passed = self.clock() - self.began_at
        if passed < self.seconds:
            return "RUNNING" if passed > 0 else "CREATED"
        return "FAILED" if self.error_code else "COMPLETED"

    @property
    def is_under_way(self) -> bool:
        """Whether it occupies one of the shop's places."""
        return self.status in {"CREATED", "RUNNING"}

    @property
    def content(self) -> bytes:
        """The file; of a failed operation it is cut off in the middle."""
        lines = self.rows.lines
        if self.error_code:
            lines = lines[: len(lines) // 2]
        return b"".join(line + b"\n" for line in lines)
