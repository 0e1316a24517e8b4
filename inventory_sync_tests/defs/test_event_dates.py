"""How a tick that renews dates spends its time."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from inventory_sync.defs.event_dates import CALLS_LEAVE_SECONDS, Desk


class Opened:
    """Stands for the resource: keeps what the parts were opened with."""

    def __init__(self) -> None:
        self.left: list[Callable[[], float]] = []

    @contextmanager
    def parts(
        self, log: logging.Logger, *, reserve_share: float, left_seconds: Callable[[], float]
    ) -> Iterator[str]:
        self.left.append(left_seconds)
        yield "parts"


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
    desk.drop()
    assert desk.away is away
