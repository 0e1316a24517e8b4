"""A line of a checklist: what was looked at, how it is, and the way out.

Put here what the lines of ``doctor`` and ``doctor --go-live`` are made of. Keep the looking out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from inventory_sync.cli.show import clean, console, print_table
from inventory_sync.domain.publication import StoreFacts
from inventory_sync.domain.quarantine import Judged
from inventory_sync.flow.plan import Survey

Result = Literal["ok", "warn", "fail"]

_STYLES: Final = {"ok": "green", "warn": "yellow", "fail": "bold red"}


@dataclass(frozen=True)
class Line:
    """One thing that was looked at; ``rows`` are examples of it."""

    result: Result
    what: str
    detail: str = ""
    rows: Sequence[Mapping[str, Any]] = ()


@dataclass
class Seen:
    """What the looking has read, for those who look further. ``None``: the ERP cannot be read."""

    judged: Judged | None = None
    facts: dict[str, StoreFacts] = field(default_factory=dict)
    surveys: dict[str, Survey] = field(default_factory=dict)


def print_line(line: Line) -> None:
    """A line of the terminal, and its examples below it."""
    console.print(
        f"[{_STYLES[line.result]}]{line.result:<4}[/] {clean(line.what)}"
        + (f": {clean(line.detail)}" if line.detail else "")
    )
    if line.rows:
        names = list(line.rows[0])
        print_table("", names, [[row[name] for name in names] for row in line.rows])
