"""``init``: two files that work as they are written."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from inventory_sync.cli.init import contract_sql
from inventory_sync.domain.frames import DATASETS
from inventory_sync.erp.sql import SqlErp
from inventory_sync.settings import SettingsError, load_settings
from inventory_sync_tests.cli.conftest import Ended

Command = Callable[..., Ended]


def test_init_writes_the_settings_and_the_contract(command: Command, folder: Path) -> None:
    ended = command("init")
    assert ended == Ended(0, "wrote inventory_sync.yaml\nwrote erp_contract.sql\n", "")
    assert (folder / "inventory_sync.yaml").read_text().startswith("# Settings of inventory_sync.")
    assert (folder / "erp_contract.sql").read_text() == contract_sql()


def test_init_makes_the_folder_that_it_is_given(command: Command, folder: Path) -> None:
    assert command("init", "new/acme").code == 0
    written = {path.name for path in (folder / "new" / "acme").iterdir()}
    assert written == {"inventory_sync.yaml", "erp_contract.sql"}


@pytest.mark.parametrize("name", ["inventory_sync.yaml", "erp_contract.sql"])
def test_init_overwrites_nothing(command: Command, folder: Path, name: str) -> None:
    (folder / name).write_text("mine")
    ended = command("init")
    assert (ended.code, ended.out) == (1, "")
    assert name in ended.err and "--force" in ended.err
    assert [path.name for path in folder.iterdir() if path.is_file()] == [name]
    assert (folder / name).read_text() == "mine"


def test_init_overwrites_when_it_is_forced(command: Command, folder: Path) -> None:
    (folder / "erp_contract.sql").write_text("mine")
    assert command("init", "--force").code == 0
    assert (folder / "erp_contract.sql").read_text() == contract_sql()


def test_init_says_why_it_cannot_write(command: Command, folder: Path) -> None:
    (folder / "file").touch()
    ended = command("init", "file/inside")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "file/inside/inventory_sync.yaml cannot be written: Not a directory.\n"


def test_the_settings_load_once_the_two_variables_are_set(command: Command, folder: Path) -> None:
    command("init")
    environment = {"ERP_URL": "postgresql+psycopg://reader@erp-db/erp", "MAIN_TOKEN": "shpat_x"}
    settings = load_settings(folder / "inventory_sync.yaml", environment)
    assert {name: store.mode for name, store in settings.stores.items()} == {"main": "dry_run"}
    assert settings.erp.url.get_secret_value() == environment["ERP_URL"]


def test_the_settings_say_which_variables_they_need(command: Command, folder: Path) -> None:
    command("init")
    with pytest.raises(SettingsError) as caught:
        load_settings(folder / "inventory_sync.yaml", {})
    assert str(caught.value).splitlines()[1:] == [
        "  erp.url: the environment variable ERP_URL is not set",
        "  stores.main.access_token: the environment variable MAIN_TOKEN is not set",
    ]


def test_the_sql_makes_an_empty_contract_with_which_the_connector_is_content(
    command: Command, folder: Path, database: str
) -> None:
    command("init")
    engine = create_engine(database)
    for _ in range(2):  # views may be written again
        with engine.begin() as connection:
            connection.exec_driver_sql((folder / "erp_contract.sql").read_text())
    engine.dispose()
    erp = SqlErp(database)
    assert erp.check() == []
    snapshot = erp.snapshot()
    assert [len(snapshot.stock), len(snapshot.commitments), len(snapshot.products)] == [0, 0, 0]
    erp.close()


def test_without_the_sql_the_connector_names_every_dataset(database: str) -> None:
    """The check above can fail."""
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.exec_driver_sql("create schema erp_contract")
    engine.dispose()
    erp = SqlErp(database)
    problems = "\n".join(erp.check())
    needed = [dataset.name for dataset in DATASETS.values() if not dataset.optional]
    assert [name for name in needed if f"Dataset {name} is missing" not in problems] == []
    erp.close()
