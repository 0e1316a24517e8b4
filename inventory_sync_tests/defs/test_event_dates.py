"""How a tick that renews dates spends its time."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from inventory_sync.defs.event_dates import CALLS_LEAVE_SECONDS, ERP_SECONDS, Desk
from inventory_sync.defs.resources import InventorySync
from inventory_sync.settings import Erp, Settings
from inventory_sync_tests.settings.samples import MINIMAL, load


class Opened:
    """Stands for the resource: keeps what the parts were opened with."""

    def __init__(self) -> None:
        self.left: list[Callable[[], float]] = []

    @contextmanager
    def parts(
        self,
        log: logging.Logger,
        *,
        reserve_share: float,
        left_seconds: Callable[[], float],
        erp_seconds: int,
    ) -> Iterator[str]:
        assert erp_seconds == ERP_SECONDS
        self.left.append(left_seconds)
        yield "parts"


def test_no_answer_of_the_erp_is_awaited_for_longer_than_a_tick_bears(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found: list[Erp] = []

    class Here(InventorySync):
        def settings(self) -> Settings:
            return load(tmp_path, MINIMAL)

    @contextmanager
    def opened(settings: Settings, **_: object) -> Iterator[None]:
        found.append(settings.erp)
        yield None

    monkeypatch.setattr("inventory_sync.wiring.open_parts", opened)
    for seconds in (None, ERP_SECONDS, 300):
        with Here().parts(logging.getLogger(), erp_seconds=seconds):
            pass
    limits = [(erp.statement_timeout_seconds, erp.call_timeout_seconds) for erp in found]
    assert limits == [(120, 30), (20, 20), (120, 30)]


def test_calls_leave_within_their_tick_though_the_parts_stay_open() -> None:
    now, opened = [1000.0], Opened()
    desk = Desk(clock=lambda: now[0])
    away = desk.away
    for _ in range(2):
        with desk.parts(opened):
            now[0] += 20
            (left,) = opened.left
            assert left() == CALLS_LEAVE_SECONDS - 20
        now[0] += 60
        assert left() < 0
    assert CALLS_LEAVE_SECONDS + 10 + 5 < 60, "an answer is awaited, the desk was taken"
    assert 5 + 10 + ERP_SECONDS < 60, "the desk was taken, the ERP is connected and then hangs"
    desk.drop()
    assert desk.away is away
