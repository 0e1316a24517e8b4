"""Running commands as a person does: their exit code, what they print, and what they leave."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from inventory_sync.cli.app import main
from inventory_sync.ledger import Ledger, connect

SETTINGS = """\
erp: {url: "postgresql://reader@erp.invalid/erp"}
stores:
  b2b-us:
    shop: acme-b2b.myshopify.com
    access_token: shpat_x
    locations: {"gid://shopify/Location/1001": [NYC]}
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that commands run in; nothing of this machine's own settings counts."""
    for variable in ("INVENTORY_SYNC_CONFIG", "INVENTORY_SYNC_DATABASE_URL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("INVENTORY_SYNC_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def command(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Ended]]:
    """Runs ``inventory-sync`` with these arguments, through its real entry point."""

    def run(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["inventory-sync", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code or 0
        assert isinstance(code, int)
        return Ended(code, *capsys.readouterr())

    yield run
    structlog.reset_defaults()  # the logger holds the captured stream of this test


@pytest.fixture
def ledger(folder: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    """The ledger that the commands of this test use; one store is in the settings."""
    (folder / "inventory_sync.yaml").write_text(SETTINGS)
    monkeypatch.setenv("INVENTORY_SYNC_DATABASE_URL", database)
    opened = connect(database)
    yield opened
    opened.close()
