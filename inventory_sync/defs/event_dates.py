"""The sensor that renews dates after events: of lowest priority, and apart from the lanes.

Put here how a tick spends its time. What it renews is ``flow/event_dates.py``. It has parts of its
own: its calls leave a reserve of the rate limits to quantities, and a failure drops no lane.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Final

import dagster as dg

from inventory_sync.defs.assets.published_promises import RESERVE_SHARE
from inventory_sync.defs.resources import InventorySync
from inventory_sync.flow.away import Away
from inventory_sync.flow.event_dates import renew_dates
from inventory_sync.flow.parts import Parts

STAY: Final = timedelta(seconds=4)
INTERVAL_SECONDS: Final = 10

CALLS_LEAVE_SECONDS: Final = 25.0
"""Of a tick; an answer may take ten more. Dagster gives it 60, and the desk may be taken at first.
"""

ERP_SECONDS: Final = 20
"""So long the ERP may take to answer, which it does in a tenth of a second. By default a statement
may take two minutes: then Dagster would give up the tick, and nobody would read why.
"""

_LOG = logging.getLogger(__name__)


class Desk:
    """Keeps the parts open between ticks, and knows which stores are away. One per code server; a
    failure closes the parts.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._parts: Parts | None = None
        self._until_seconds = 0.0
        self.away = Away()

    @contextmanager
    def parts(self, resource: InventorySync) -> Iterator[Parts | None]:
        """The parts for one tick; None while an earlier one still has them."""
        if not self._lock.acquire(timeout=STAY.total_seconds()):
            yield None
            return
        try:
            self._until_seconds = self._clock() + CALLS_LEAVE_SECONDS
            if self._parts is None:
                opened = resource.parts(
                    _LOG,
                    reserve_share=RESERVE_SHARE,
                    left_seconds=self._left_seconds,
                    erp_seconds=ERP_SECONDS,
                )
                self._parts = self._stack.enter_context(opened)
            yield self._parts
        except Exception:
            self._close()
            raise
        finally:
            self._lock.release()

    def drop(self) -> None:
        """Close everything; the next tick opens it again."""
        with self._lock:
            self._close()

    def _left_seconds(self) -> float:
        return self._until_seconds - self._clock()

    def _close(self) -> None:
        stack, self._stack, self._parts = self._stack, ExitStack(), None
        stack.close()


DESK = Desk()
"""Of this process."""


@dg.sensor(
    name="event_dates",
    minimum_interval_seconds=INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="The dates that stores tell of SKUs whose orders, stock or supply have changed: "
    "renewed soon after the event, several events at once, after their quantities. "
    "Switched off, dates follow with the hourly schedule `promises`.",
)
def event_dates(
    context: dg.SensorEvaluationContext, inventory_sync: InventorySync
) -> dg.SkipReason:
    """Everything is in the ledger's list, so a tick asks for no run."""
    with DESK.parts(inventory_sync) as parts:
        renewed = renew_dates(parts, DESK.away, stay=STAY) if parts else None
    if renewed is None:
        return dg.SkipReason("an earlier tick, or another process, is renewing dates")
    for reason in renewed.reasons:
        context.log.warning(reason)
    return dg.SkipReason(renewed.sentence())
