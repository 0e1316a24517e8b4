"""How frames and lists look in a terminal, and as JSON for programs.

Put shared ways of printing here. Text from outside is stripped of control characters first.
"""

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

_FILE_WIDTH = 120
_GID = "gid://shopify/"

# Without emoji, a SKU such as OAK:tree:01 is shown as it is.
console = Console(width=None if sys.stdout.isatty() else _FILE_WIDTH, emoji=False)


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows under a title; numbers stand to the right."""
    table = Table(title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    for index, name in enumerate(columns):
        numeric = bool(rows) and all(_is_number(row[index]) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(value)) for value in row))
    console.print(table)


def print_json(value: Any) -> None:
    """Print JSON on standard output; times as ISO texts, missing values as null.

    What is not ASCII is escaped: it could turn a terminal around, or be unknown to it.
    """
    console.file.write(json.dumps(value, indent=2, default=_json_text) + "\n")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as plain values, missing ones as ``None``."""
    plain = frame.astype("object").where(frame.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]


def plain(value: Any) -> str:
    """A value as text: nothing from outside can move the terminal; gids are shortened."""
    if pd.isna(value):
        return "-"
    text = str(value).replace(_GID, "")
    return "".join(mark if mark.isprintable() else "?" for mark in text)


def clean(value: Any) -> str:
    """The same within Rich's markup: nothing from outside can colour it either."""
    return escape(plain(value))


def _json_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
