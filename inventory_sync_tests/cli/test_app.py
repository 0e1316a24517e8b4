"""The entry point: exit codes, and one sentence instead of a traceback."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from inventory_sync import __version__
from inventory_sync.cli import status
from inventory_sync.domain.errors import InventorySyncError
from inventory_sync_tests.cli.conftest import SETTINGS, Ended

Command = Callable[..., Ended]

COMMANDS = ["demo", "ui", "init", "doctor", "sync", "status", "bench"]


def test_the_version_is_told(command: Command) -> None:
    assert command("--version") == Ended(0, f"inventory-sync {__version__}\n", "")


@pytest.mark.parametrize("group", [[], ["bench"]])
def test_no_command_is_bad_usage_and_shows_the_help(command: Command, group: list[str]) -> None:
    ended = command(*group)
    assert ended.code == 2
    assert "Usage:" in ended.out + ended.err


def test_the_help_names_every_command(command: Command) -> None:
    ended = command("--help")
    assert ended.code == 0
    assert [name for name in COMMANDS if f" {name} " not in ended.out] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["publish"],
        ["status", "--xml"],
        ["sync", "--sku"],
        ["ui", "--port", "0"],
        ["ui", "--port", "65536"],
        ["ui", "--port", "http"],
        ["bench", "atp", "--keys", "0"],
        ["init", "one", "two"],
    ],
    ids=" ".join,
)
def test_bad_usage_ends_with_2(command: Command, arguments: list[str]) -> None:
    ended = command(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Error" in ended.err


@pytest.mark.parametrize("name", ["status", "doctor", "sync"])
def test_wrong_settings_end_with_2_and_a_sentence(
    command: Command, folder: Path, name: str
) -> None:
    (folder / "inventory_sync.yaml").write_text(SETTINGS.replace("shpat_x", "${B2B_TOKEN_GONE}"))
    ended = command(name)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "The settings file inventory_sync.yaml has mistakes:\n"
        "  stores.b2b-us.access_token: the environment variable B2B_TOKEN_GONE is not set\n"
    )


def test_a_settings_file_that_is_not_there_ends_with_2(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INVENTORY_SYNC_CONFIG", "gone.yaml")
    sentence = "There is no settings file gone.yaml; write one with `inventory-sync init`.\n"
    assert command("status") == Ended(2, "", sentence)


def test_a_failure_ends_with_1_and_a_sentence_without_the_password(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Port 1 of this machine answers nobody."""
    url = "postgresql://sync:canary-7f3a@127.0.0.1:1/sync"
    monkeypatch.setenv("INVENTORY_SYNC_DATABASE_URL", url)
    (folder / "inventory_sync.yaml").write_text(SETTINGS)
    ended = command("status")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("The ledger in database sync at 127.0.0.1 cannot be used: ")
    assert ended.err.count("\n") == 1
    assert "canary" not in ended.err


def _status_raises(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def show_status(*, as_json: bool) -> int:
        raise error

    monkeypatch.setattr(status, "show_status", show_status)


def test_a_full_disk_ends_with_1_and_a_sentence(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    _status_raises(monkeypatch, OSError(28, "No space left on device", "/data/frames"))
    assert command("status") == Ended(1, "", "No space left on device: /data/frames.\n")


def test_ctrl_c_ends_with_130(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    _status_raises(monkeypatch, KeyboardInterrupt())
    assert command("status").code == 130


def test_a_hostile_text_in_an_error_cannot_move_the_terminal(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = "SKU \x1b[2J\x1b]0;owned\x07\r\x9b31m\u202e'RETRO-CLOCK' is wrong.\nSecond line."
    _status_raises(monkeypatch, InventorySyncError(hostile))
    expected = "SKU ?[2J?]0;owned???31m?'RETRO-CLOCK' is wrong.\nSecond line.\n"
    assert command("status") == Ended(1, "", expected)


def test_an_error_of_ours_that_nobody_foresaw_is_not_hidden(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug must show where it is: only foreseen errors become sentences."""
    _status_raises(monkeypatch, ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError, match="a bug"):
        command("status")


def test_the_command_line_starts_without_dagster_and_databases() -> None:
    """Dagster alone takes seconds to load."""
    code = (
        "import sys, inventory_sync.cli.app\n"
        "slow = {'dagster', 'sqlalchemy', 'psycopg', 'graphql', 'httpx', 'duckdb'}\n"
        "sys.exit(', '.join(slow & set(sys.modules)) or 0)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_installed_command_prints_no_traceback(folder: Path) -> None:
    (folder / "inventory_sync.yaml").write_text("erp: [")
    ended = subprocess.run(
        [sys.executable, "-c", "from inventory_sync.cli.app import main; main()", "status"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("The settings file inventory_sync.yaml is not valid: line 1")
    assert ended.stderr.count("\n") == 1
