"""The stand-in as a command: what it cannot use, and what survives a restart."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from inventory_sync.sandbox.standin.__main__ import main
from inventory_sync.sandbox.standin.seed import shops_to_json
from inventory_sync_tests.sandbox.standin.shops import ACME, TOKEN

HANDLE = ACME.handle


def _order(client: httpx.Client, sku: str) -> Any:
    lines = [{"sku": sku, "quantity": 1}]
    return client.post(f"/control/{HANDLE}/orders", json={"lines": lines}).json()


def test_a_taken_port_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", str(port)]) == 1
    assert capsys.readouterr().err == (
        f"Port {port} on 127.0.0.1 cannot be used (Address already in use); choose another.\n"
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "Invalid JSON"),
        ('[{"handle": "acme"}]', "0.myshopify_domain: Field required"),
        (None, "No such file"),
    ],
)
def test_an_unusable_seed_file_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, sentence: str
) -> None:
    path = tmp_path / "shops.json"
    if content is not None:
        path.write_text(content)
    assert main(["--seed", str(path), "--port", "0"]) == 2
    error = capsys.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1


def test_a_damaged_state_file_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state.json"
    state.write_text("[{")
    assert main(["--port", "0", "--state", str(state)]) == 1
    assert "is damaged" in capsys.readouterr().err


def test_a_state_file_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "missing" / "state.json"
    assert main(["--port", "0", "--state", str(state)]) == 1
    error = capsys.readouterr().err
    assert f"The state file {state} cannot be used" in error
    assert error.count("\n") == 1


@contextmanager
def _started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """The stand-in as a user starts it, with a client; killed at the end if it still runs."""
    command = [sys.executable, "-m", "inventory_sync.sandbox.standin", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split(" at ")[1].split(" ")[0]
            with httpx.Client(base_url=url) as client:
                yield process, client
        finally:
            process.kill()


def test_a_restarted_stand_in_goes_on_where_it_stopped(tmp_path: Path) -> None:
    seeds, state = tmp_path / "shops.json", tmp_path / "state.json"
    seeds.write_text(shops_to_json([ACME, replace(ACME, handle="acme-b2c")]))
    arguments = ["--seed", str(seeds), "--state", str(state)]
    with _started(*arguments) as (process, client):
        order = _order(client, "RETRO-CLOCK")
        before = client.get(f"/control/{HANDLE}/state").json()
        client.post(f"/control/{HANDLE}/token", json={"access_token": "shpat_other"})
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    with _started(*arguments) as (_, client):
        assert client.get(f"/control/{HANDLE}/state").json() == before
        assert client.get(f"/control/{HANDLE}/orders").json()["orders"] == [order]
        old_token = {"X-Shopify-Access-Token": TOKEN}
        asked = client.post(f"/{HANDLE}/admin/api/2026-10/graphql.json", headers=old_token)
        assert asked.status_code == 401
        again = _order(client, "OAK-TABLE")
        assert again["id"] > order["id"]
        assert again["name"] == "#1002"


def test_a_killed_stand_in_has_saved_what_happened_before(tmp_path: Path) -> None:
    seeds, state = tmp_path / "shops.json", tmp_path / "state.json"
    seeds.write_text(shops_to_json([ACME]))
    with _started("--seed", str(seeds), "--state", str(state)) as (process, client):
        at_first = state.read_bytes()
        _order(client, "RETRO-CLOCK")
        while state.read_bytes() == at_first:
            client.get("/healthz")
        process.kill()
    (saved,) = json.loads(state.read_bytes())
    assert len(saved["orders"]) == 1
