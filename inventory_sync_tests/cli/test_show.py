"""What is printed: text from outside stays text, numbers and times stay what they are."""

import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from inventory_sync.cli import show

HOSTILE = {
    "\x1b[31mRED\x1b[0m": "?[31mRED?[0m",
    "\x1b]8;;http://evil.example\x07link": "?]8;;http://evil.example?link",
    "\x9b2J": "?2J",
    "RETRO\nCLOCK": "RETRO?CLOCK",
    "RETRO\r\x08\x7fCLOCK": "RETRO???CLOCK",
    "OAK\u2028TABLE": "OAK?TABLE",
    "\u202eKCOLC-ORTER": "?KCOLC-ORTER",
    "RETRO\u200bCLOCK": "RETRO?CLOCK",
    "\udcff": "?",
    "[bold red]SALE[/]": "[bold red]SALE[/]",
    "[/]": "[/]",
    "[link=http://evil.example]SALE": "[link=http://evil.example]SALE",
    "\\[bold]": "\\[bold]",
    "OAK\\": "OAK\\",
    "OAK:tree:01": "OAK:tree:01",
    "TABLE-é": "TABLE-é",
    "gid://shopify/Location/1001": "Location/1001",
}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What a terminal of the console's own kind receives; colours are left out."""
    received = io.StringIO()
    monkeypatch.setattr(show.console, "_file", received)
    return received


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
def test_a_cell_shows_a_text_as_it_is_without_its_powers(
    terminal: io.StringIO, hostile: str
) -> None:
    show.print_table("Levels", ["SKU"], [[hostile]])
    assert terminal.getvalue().splitlines()[-2].strip() == HOSTILE[hostile]


@settings(deadline=None)
@given(st.text())
def test_clean_text_is_one_line_of_printable_marks_whatever_was_in_it(text: str) -> None:
    shown = show.plain(text)
    assert shown.isprintable()
    assert Text.from_markup(show.clean(text), emoji=False).spans == []


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="\\")))
def test_clean_text_within_markup_reads_as_it_was_written(text: str) -> None:
    """But for backslashes, which the markup may double at the end."""
    received = io.StringIO()
    console = Console(file=received, width=100_000, emoji=False, highlight=False)
    console.print(f"[green]ok[/] {show.clean(text)}", soft_wrap=True)
    assert received.getvalue() == f"ok {show.plain(text)}\n"


@pytest.mark.parametrize("missing", [None, pd.NA, pd.NaT, float("nan")], ids=repr)
def test_a_missing_value_is_a_dash(missing: object) -> None:
    assert show.clean(missing) == "-"


def test_numbers_stand_to_the_right_and_texts_to_the_left(terminal: io.StringIO) -> None:
    show.print_table("Levels", ["SKU", "units"], [["RETRO-CLOCK", 7], ["OAK", -1234]])
    rows = [line.rstrip() for line in terminal.getvalue().splitlines()]
    assert rows[-3:-1] == ["  RETRO-CLOCK       7", "  OAK           -1234"]


def test_a_table_without_rows_still_names_its_columns(terminal: io.StringIO) -> None:
    show.print_table("Stores", ["store", "status"], [])
    assert "Stores" in terminal.getvalue()
    assert "store   status" in terminal.getvalue()


def test_json_keeps_hostile_texts_and_shows_none_of_their_powers(terminal: io.StringIO) -> None:
    show.print_json(list(HOSTILE))
    assert terminal.getvalue().isascii()
    assert terminal.getvalue().replace("\n", "").isprintable()
    assert json.loads(terminal.getvalue()) == list(HOSTILE)


def test_json_has_iso_times_plain_numbers_and_null(terminal: io.StringIO) -> None:
    noon = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    frame = pd.DataFrame(
        {
            "sku": pd.Series(["RETRO-CLOCK", None], dtype="str"),
            "units": pd.Series([7, None], dtype="Int64"),
            "share": [0.5, float("nan")],
            "at": pd.Series([noon, None], dtype="datetime64[us, UTC]"),
            "value": [Decimal("1.10"), {"levels": 3}],
        }
    )
    show.print_json(show.records(frame))
    assert json.loads(terminal.getvalue()) == [
        {"sku": "RETRO-CLOCK", "units": 7, "share": 0.5, "at": noon.isoformat(), "value": "1.10"},
        {"sku": None, "units": None, "share": None, "at": None, "value": {"levels": 3}},
    ]
