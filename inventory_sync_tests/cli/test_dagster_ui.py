"""The Dagster UI has no login, so nobody but this machine reaches it."""

from pathlib import Path

import pytest

from inventory_sync.cli.dagster_ui import ui_command


@pytest.mark.parametrize("read_only", [False, True])
def test_the_ui_listens_on_this_machine_alone(read_only: bool) -> None:
    command = ui_command(3000, Path("workspace.yaml"), read_only=read_only)
    assert command[command.index("-h") + 1] == "127.0.0.1"


def test_read_only_starts_no_daemon_and_allows_no_change() -> None:
    command = ui_command(3000, Path("workspace.yaml"), read_only=True)
    assert command[1:3] == ["dagster_webserver", "--read-only"]
    assert "dev" not in command
