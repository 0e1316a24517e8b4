"""Dagster keeps its memory in our PostgreSQL, and no secret is written to disk."""

from pathlib import Path

import pytest
import yaml
from dagster import DagsterInstance
from sqlalchemy import make_url

from inventory_sync.ledger.dagster_home import URL_VARIABLE, write_dagster_home
from inventory_sync.ledger.embedded import start


def test_dagster_keeps_its_memory_in_the_embedded_server(tmp_path: Path) -> None:
    server = start(tmp_path)
    server.ensure_database("dagster")

    environment = write_dagster_home(tmp_path, server.dagster_url("dagster"))

    assert environment == {"DAGSTER_HOME": str(tmp_path / "dagster")}
    with DagsterInstance.from_config(environment["DAGSTER_HOME"]) as instance:
        assert instance.get_runs_count() == 0
        assert type(instance.run_storage).__name__ == "PostgresRunStorage"
        assert type(instance.run_coordinator).__name__ == "QueuedRunCoordinator"
        assert not instance.telemetry_enabled
        pools = instance.get_concurrency_config().pool_config
        assert pools.default_pool_limit == 1
        assert pools.pool_granularity is not None
        assert pools.pool_granularity.value == "op"
    server.release()


def test_a_url_with_a_password_goes_into_the_environment_alone(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make_url(database).set(password="s3cret").render_as_string(hide_password=False)

    environment = write_dagster_home(tmp_path, url)

    written = (tmp_path / "dagster" / "dagster.yaml").read_text()
    assert "s3cret" not in written
    assert environment[URL_VARIABLE].startswith("postgresql+psycopg2://")
    assert "s3cret" in environment[URL_VARIABLE]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with DagsterInstance.get() as instance:
        assert instance.get_runs_count() == 0


def test_a_second_start_leaves_the_file_alone_and_another_database_changes_it(
    tmp_path: Path,
) -> None:
    write_dagster_home(tmp_path, "postgresql://clerk@db.example/dagster")
    path = tmp_path / "dagster" / "dagster.yaml"
    first = path.stat()

    write_dagster_home(tmp_path, "postgresql+psycopg://clerk@db.example/dagster")
    assert path.stat().st_ino == first.st_ino

    write_dagster_home(tmp_path, "postgresql://clerk@db.example/other")
    storage = yaml.safe_load(path.read_text())["storage"]["postgres"]
    assert storage == {"postgres_url": "postgresql+psycopg2://clerk@db.example/other"}
    files = {entry.name for entry in path.parent.rglob("*") if entry.is_file()}
    assert files == {"dagster.yaml", "nux.yaml"}
