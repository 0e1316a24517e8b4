"""Building Tryton, without building it: every program is played."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from inventory_sync.cli import tryton_sandbox
from inventory_sync.domain.errors import InventorySyncError
from inventory_sync.sandbox.tryton import building
from inventory_sync.sandbox.tryton.building import CACHE_VARIABLE, CannotBuild, build

PIP, FILL = "--require-hashes", str(Path(building.__file__).parent / "fill.py")


class Programs:
    """Notes what is run; ``fails``: the word of a command that fails, and what it says."""

    def __init__(self) -> None:
        self.fails: tuple[str, str] | None = None
        self.run: list[Sequence[str]] = []

    def __call__(self, command: Sequence[str], **_: Any) -> subprocess.CompletedProcess[str]:
        self.run.append(command)
        if self.fails and self.fails[0] in command:
            return subprocess.CompletedProcess(command, 1, "", f"WARNING: slow\n{self.fails[1]}\n")
        if FILL in command:
            Path(command[-1]).write_text('{"today": "2026-11-23"}')
        return subprocess.CompletedProcess(command, 0, "", "")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    found = Programs()
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    monkeypatch.setattr(subprocess, "run", found)
    return found


def test_what_was_built_is_used_again(programs: Programs) -> None:
    told: list[str] = []
    first = build(told.append)
    assert len(programs.run) == 5
    assert len(told) == 4
    assert first.database.is_file()
    assert first.state == {"today": "2026-11-23"}
    assert build(told.append) == first
    assert len(programs.run) == 5
    assert len(told) == 4


def test_a_registry_without_tryton_is_one_sentence_and_tried_again(programs: Programs) -> None:
    reason = "No matching distribution found for trytond==8.0.12"
    programs.fails = (PIP, f"ERROR: {reason}")
    with pytest.raises(CannotBuild, match=f"registry does not have .*: {reason}$"):
        build()
    programs.fails = None
    assert build().database.is_file()


def test_half_a_company_is_none(programs: Programs, tmp_path: Path) -> None:
    programs.fails = (FILL, "ValueError: no such unit")
    with pytest.raises(CannotBuild, match=r"python failed: ValueError: no such unit$"):
        build()
    assert list(tmp_path.rglob("erp.sqlite")) == []
    assert len(programs.run) == 5
    programs.fails = None
    build()
    assert len(programs.run) == 8  # what was installed stays


def test_the_demo_says_how_to_go_on_without_it(
    programs: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INVENTORY_SYNC_HOME", str(tmp_path / "home"))
    programs.fails = (PIP, "ERROR: No matching distribution found for trytond==8.0.12")
    with (
        pytest.raises(InventorySyncError, match=r"trytond==8\.0\.12\. .*: inventory-sync demo\.$"),
        tryton_sandbox.tryton_sandbox(),
    ):
        raise AssertionError("there is no Tryton")
