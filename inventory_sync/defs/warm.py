"""What a code server keeps warm between the ticks of its sensors.

Put here what must not be made anew for each event: the parts, the lanes and a pooled instance of
Dagster's storage. A tick that fails drops it all, so the next one starts from nothing.
"""

import logging
import threading
from contextlib import ExitStack

import dagster as dg

from inventory_sync.defs.resources import InventorySync
from inventory_sync.domain.dirty import Lane
from inventory_sync.flow.lane import LaneWorker
from inventory_sync.flow.parts import Parts

_LOG = logging.getLogger(__name__)
_POOLED_SECONDS = 3600
_STATEMENT_TIMEOUT_MILLISECONDS = 15_000


class Warm:
    """One per code server. Sensors evaluate in threads, so all of it is made under a lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._parts: Parts | None = None
        self._lanes: dict[Lane, LaneWorker] = {}
        self._instance: dg.DagsterInstance | None = None

    def lane(self, name: Lane, resource: InventorySync) -> LaneWorker:
        """The lane with its listeners, connected when it is first asked for."""
        with self._lock:
            if name not in self._lanes:
                settings = resource.settings()
                worker = LaneWorker(
                    self._open(resource),
                    name,
                    poll_seconds=settings.erp.poll_seconds,
                    mode=settings.event_mode,
                )
                self._lanes[name] = self._stack.enter_context(worker.listening())
            return self._lanes[name]

    def parts(self, resource: InventorySync) -> Parts:
        """The parts of all lanes."""
        with self._lock:
            return self._open(resource)

    def instance(self, given: dg.DagsterInstance) -> dg.DagsterInstance:
        """Dagster's storage through a pool: without one, each report opens its own connections."""
        with self._lock:
            if self._instance is None and given.is_persistent:
                pooled = dg.DagsterInstance.from_ref(given.get_ref())
                pooled.optimize_for_webserver(
                    statement_timeout=_STATEMENT_TIMEOUT_MILLISECONDS,
                    pool_recycle=_POOLED_SECONDS,
                    max_overflow=5,
                )
                self._stack.callback(pooled.dispose)
                self._instance = pooled
            return self._instance or given

    def drop(self) -> None:
        """Close everything; the next tick opens it again."""
        with self._lock:
            stack, self._stack = self._stack, ExitStack()
            self._parts, self._instance = None, None
            self._lanes.clear()
        stack.close()

    def _open(self, resource: InventorySync) -> Parts:
        if self._parts is None:
            self._parts = self._stack.enter_context(resource.parts(_LOG))
        return self._parts


WARM = Warm()
"""Of this process."""
