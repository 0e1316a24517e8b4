"""``inventory-sync serve`` starts only when it can verify, and says for whom it listens."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from inventory_sync.cli.serve import store_secrets
from inventory_sync.settings import load_settings
from inventory_sync_tests.cli.conftest import SETTINGS, Ended

Command = Callable[..., Ended]
WITH_SECRET = SETTINGS.replace(
    "    access_token", "    webhook_secret: new-secret\n    access_token"
)


def test_without_any_secret_there_is_nothing_to_serve(command: Command, folder: Path) -> None:
    (folder / "inventory_sync.yaml").write_text(SETTINGS)
    sentence = (
        "No store has a webhook_secret, so no webhook can be verified; "
        "set it to the client secret of the store's app.\n"
    )
    assert command("serve") == Ended(1, "", sentence)


@pytest.mark.parametrize("secret", ['""', '"  "', "${EMPTY_SECRET}"])
def test_an_empty_secret_is_a_mistake_in_the_settings(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    monkeypatch.setenv("EMPTY_SECRET", "")
    (folder / "inventory_sync.yaml").write_text(WITH_SECRET.replace("new-secret", secret))
    ended = command("serve")
    assert ended.code == 2
    assert "stores.b2b-us.webhook_secret: is empty" in ended.err


def test_a_taken_port_is_one_sentence(command: Command, folder: Path) -> None:
    (folder / "inventory_sync.yaml").write_text(WITH_SECRET)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = command("serve", "--port", str(port))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"The receiver cannot listen at 127.0.0.1, port {port}: ")
    assert "--port" in ended.err
    assert ended.err.count("\n") == 1


def test_the_secret_before_the_present_one_counts_too(folder: Path) -> None:
    file = folder / "inventory_sync.yaml"
    file.write_text(
        WITH_SECRET.replace(
            "    access_token", "    previous_webhook_secret: old\n    access_token"
        )
    )
    (served,) = store_secrets(load_settings(file).stores).values()
    assert list(served.secrets) == [b"new-secret", b"old"]
    assert served.shop == "acme-b2b.myshopify.com"
    assert "secret" not in repr(served).replace("StoreSecrets", "")


def test_a_store_without_a_secret_is_not_served(folder: Path) -> None:
    file = folder / "inventory_sync.yaml"
    file.write_text(SETTINGS)
    assert store_secrets(load_settings(file).stores) == {}


def test_without_its_database_it_does_not_start(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INVENTORY_SYNC_DATABASE_URL", "postgresql://sync@127.0.0.1:1/sync")
    (folder / "inventory_sync.yaml").write_text(WITH_SECRET)
    ended = command("serve", "--port", "0")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("The ledger in database sync at 127.0.0.1 cannot be used: ")
