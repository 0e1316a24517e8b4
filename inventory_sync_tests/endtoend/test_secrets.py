"""Planted secrets turn up nowhere: not in the terminal, the ledger, Dagster's log or our files."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest
import yaml
from sqlalchemy import create_engine, make_url, text

from inventory_sync.settings import load_settings
from inventory_sync.wiring import DATABASE_VARIABLE, HOME_VARIABLE, Databases
from inventory_sync_tests.defs.play import run_full_sync
from inventory_sync_tests.endtoend.workshop import Workshop, workshop

TOKEN, WRONG_TOKEN = "canary-token-1b7e", "canary-wrong-token-5d20"
WEBHOOK_SECRET = "canary-webhook-88aa"
PASSWORD, WRONG_PASSWORD = "canary password/42#", "canary-wrong-password"
COMMAND = Path(sys.executable).with_name("inventory-sync")
SECRETS = re.compile("canary(?!_share)", re.IGNORECASE)  # that is a setting
ROLE = "secret_keeper"


@pytest.fixture(scope="module")
def guarded_server(postgres_server_uri: str) -> Iterator[None]:
    """A role of the test server that is let in with its password only; it may do everything."""
    engine = create_engine(postgres_server_uri, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        rules = Path(str(connection.scalar(text("SHOW hba_file"))))
        kept = rules.read_text()
        rules.write_text(f"local all {ROLE} scram-sha-256\n{kept}")
        connection.execute(text("SELECT pg_reload_conf()"))
        is_known = connection.scalar(text(f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'"))
        verb = "ALTER" if is_known else "CREATE"
        connection.execute(text(f"{verb} ROLE {ROLE} LOGIN SUPERUSER PASSWORD '{PASSWORD}'"))
        yield
        rules.write_text(kept)
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


def as_role(url: str, password: str = PASSWORD) -> str:
    """The URL of the same database, with a password that counts."""
    address = make_url(url).set(username=ROLE, password=password)
    return address.render_as_string(hide_password=False)


@dataclass
class Scene:
    """A workshop whose settings are full of secrets."""

    it: Workshop
    ledger_url: str

    def settings(self, *, token: str = TOKEN, password: str = PASSWORD) -> None:
        """Write the settings anew."""
        settings = yaml.safe_load(self.it.settings_file.read_text())
        settings["erp"]["url"] = as_role(self.it.erp_url, password)
        settings["stores"]["b2b-us"] |= {"access_token": token, "webhook_secret": WEBHOOK_SECRET}
        self.it.settings_file.write_text(yaml.safe_dump(settings))

    def command(self, *arguments: str) -> tuple[int, str]:
        """Run a command; its exit code and all that it printed."""
        wide = {"COLUMNS": "1000"}  # a secret that is wrapped would not be found
        environment = {**self.it.environment, DATABASE_VARIABLE: self.ledger_url, **wide}
        ended = subprocess.run(
            [COMMAND, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        return ended.returncode, ended.stdout + ended.stderr

    def ledger_dump(self) -> str:
        """Every row of every table of the ledger, as text."""
        tables = self.it.ledger(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'inventory_sync'"
        )
        rows = [
            row
            for (table,) in tables
            for (row,) in self.it.ledger(f"SELECT to_jsonb(t)::text FROM inventory_sync.{table} t")
        ]
        return "\n".join(rows)


@pytest.fixture
def scene(
    tmp_path: Path, database: str, ledger_database: str, guarded_server: None
) -> Iterator[Scene]:
    with workshop(tmp_path, database, ledger_database, skus=5, stores=("b2b-us",)) as it:
        it.shops["b2b-us"].access_token = TOKEN
        scene = Scene(it, as_role(ledger_database))
        scene.settings()
        yield scene


def test_a_pass_that_goes_well_tells_no_secret(scene: Scene) -> None:
    for command in ("doctor", "sync", "status"):
        code, said = scene.command(command)
        assert code == 0, said
        assert not SECRETS.search(said), command
    assert "SKU-0001" in scene.ledger_dump()
    assert not SECRETS.search(scene.ledger_dump())


def test_a_refused_token_is_not_told(scene: Scene) -> None:
    scene.settings(token=WRONG_TOKEN)
    for command in ("sync", "doctor", "status"):
        code, said = scene.command(command)
        assert code == 1
        assert "access_token" in said or "Invalid API key" in said
        assert not SECRETS.search(said), command
    assert "stopped" in scene.ledger_dump()
    assert not SECRETS.search(scene.ledger_dump())


def test_a_refused_password_of_the_erp_is_not_told(scene: Scene) -> None:
    scene.settings(password=WRONG_PASSWORD)
    for command in ("sync", "doctor"):
        code, said = scene.command(command)
        assert code == 1
        assert "password authentication failed" in said
        assert not SECRETS.search(said), command
    assert "password authentication failed" in scene.ledger_dump()
    assert not SECRETS.search(scene.ledger_dump())


def test_a_refused_password_of_the_ledger_is_not_told(scene: Scene) -> None:
    scene.ledger_url = as_role(scene.it.ledger_url, WRONG_PASSWORD)
    for command in ("sync", "doctor", "status"):
        code, said = scene.command(command)
        assert code == 1
        assert "password authentication failed" in said
        assert not SECRETS.search(said), command


@pytest.mark.parametrize("trouble", ["none", "token", "erp password", "ledger password"])
def test_dagster_s_log_of_a_run_holds_no_secret(
    scene: Scene,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    trouble: str,
) -> None:
    # The database may come back, so Dagster tries again, here without waiting.
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda policy, attempt: 0)
    if trouble == "token":
        scene.settings(token=WRONG_TOKEN)
    if trouble == "erp password":
        scene.settings(password=WRONG_PASSWORD)
    if trouble == "ledger password":
        scene.ledger_url = as_role(scene.it.ledger_url, WRONG_PASSWORD)
    monkeypatch.setenv(DATABASE_VARIABLE, scene.ledger_url)
    monkeypatch.setenv(HOME_VARIABLE, str(scene.it.folder / "home"))
    with dg.DagsterInstance.ephemeral() as instance:
        run = run_full_sync(scene.it, instance=instance)
        log = "\n".join(entry.to_json() for entry in instance.all_logs(run.result.run_id))
    assert run.result.success == (trouble == "none")
    assert "STEP_START" in log
    assert not SECRETS.search(log)
    assert not SECRETS.search("".join(capfd.readouterr()))


def test_the_files_that_we_write_hold_no_secret(scene: Scene, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Databases(home, scene.ledger_url).dagster_environment() as environment:
        assert any(SECRETS.search(value) for value in environment.values())
    written = [file for file in home.rglob("*") if file.is_file()]
    assert written
    assert not any(SECRETS.search(file.read_text(errors="replace")) for file in written)


def test_settings_show_no_secret_when_they_are_printed_or_wrong(scene: Scene) -> None:
    settings = load_settings(scene.it.settings_file)
    assert not SECRETS.search(f"{settings!r} {settings} {settings.model_dump_json()}")
    raw = yaml.safe_load(scene.it.settings_file.read_text())
    raw["stores"]["b2b-us"] |= {"acess_token": TOKEN, "webhook_secret": [WEBHOOK_SECRET]}
    raw["erp"]["url"] = PASSWORD
    scene.it.settings_file.write_text(yaml.safe_dump(raw))
    code, said = scene.command("sync")
    assert code == 2
    assert "acess_token" in said
    assert not SECRETS.search(said)
