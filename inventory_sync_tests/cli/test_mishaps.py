"""``inventory-sync sandbox break``: what it says when it cannot."""

import socket

import pytest
from typer.testing import CliRunner

from inventory_sync.cli import mishaps
from inventory_sync.cli.app import app
from inventory_sync.domain.errors import InventorySyncError


def failed(*command: str) -> str:
    error = CliRunner().invoke(app, ["sandbox", *command]).exception
    assert isinstance(error, InventorySyncError)
    return str(error)


def test_an_unknown_failure_is_told_with_those_that_there_are() -> None:
    assert "only: overselling, order_cancellations" in failed("break", "bad-luck")


def test_without_a_running_demo_it_says_how_to_start_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setattr(mishaps, "stand_in_port", lambda settings: port)
    assert "start `inventory-sync demo`" in failed("mend", "overselling")
