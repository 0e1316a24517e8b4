"""How frames and lists look in a terminal, and as JSON for programs.

Put shared ways of printing here. Text from outside is stripped of control characters first.
"""

import json
import sys
from collections.abc import Sequence
from typing import Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

_FILE_WIDTH = 120
_GID = "gid://shopify/"

console = Console(width=None if sys.stdout.isatty() else _FILE_WIDTH)


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows under a title; numbers stand to the right."""
    table = Table(title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    for index, name in enumerate(columns):
        numeric = bool(rows) and all(_is_number(row[index]) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(clean(value) for value in row))
    console.print(table)


def print_json(value: Any) -> None:
    """Print JSON on standard output; times as ISO texts, missing values as null."""
    console.file.write(json.dumps(value, indent=2, default=str, ensure_ascii=False) + "\n")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as plain values, missing ones as ``None``."""
    plain = frame.astype("object").where(frame.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]


def clean(value: Any) -> str:
    """A cell as text: nothing from outside can colour or move the terminal; gids are shortened."""
    if pd.isna(value):
        return "-"
    text = str(value).replace(_GID, "")
    return escape("".join(mark if mark.isprintable() else "?" for mark in text))


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
