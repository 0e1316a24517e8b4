"""A person who launches a run can approve a stopped pass in its config."""

from typing import Any

import pytest

from inventory_sync.defs.assets import erp
from inventory_sync.defs.assets.erp import ErpRead, approval_in_run
from inventory_sync.defs.assets.stores import Publishing
from inventory_sync.domain.stops import Approval


def test_a_run_without_an_id_approves_nothing() -> None:
    assert (ErpRead().approve, Publishing().approve) == ("", "")
    assert approval_in_run("run-1", "") is None


def test_the_reading_of_the_erp_is_told_what_the_run_approves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: dict[str, Any] = {}

    class Stop(Exception):
        pass

    def read(parts: object, pass_id: str, **named: Any) -> None:
        told.update(named)
        raise Stop

    class Anything:
        def __getattr__(self, name: str) -> Any:
            return Anything()

        def __call__(self, *arguments: object, **named: object) -> Any:
            return Anything()

    context: Any = type("Context", (), {"job_name": "full_sync", "run": type("", (), {})()})()
    context.run.run_id = "run-1"
    parts: Any = Anything()
    monkeypatch.setattr(erp, "read_erp", read)
    with pytest.raises(Stop):
        erp._read_once(parts, context, ErpRead(approve="pass-1"))
    assert told["approval"] == Approval("Dagster run run-1", "pass-1")
