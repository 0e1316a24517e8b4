"""What a code server keeps warm between the ticks of its sensors.

Put here what must not be made anew for each event: the parts, a pooled instance of Dagster's
storage, and the lanes at work. A tick that fails drops it all, so the next one starts from nothing.
"""

import logging
import threading
from contextlib import ExitStack
from dataclasses import dataclass

import dagster as dg

from inventory_sync.defs.reporting import Reporter
from inventory_sync.defs.resources import InventorySync
from inventory_sync.domain.dirty import Lane
from inventory_sync.flow.lane import LaneWorker
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.shift import Shift

_LOG = logging.getLogger(__name__)
_POOLED_SECONDS = 3600
_STATEMENT_TIMEOUT_MILLISECONDS = 15_000


@dataclass(frozen=True)
class Post:
    """Where a lane is at work: its shift, and who reports what the shift has done."""

    shift: Shift
    reporter: Reporter


class Warm:
    """One per code server. Sensors evaluate in threads, so all of it is made under a lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._parts: Parts | None = None
        self._instance: dg.DagsterInstance | None = None
        self._posts: dict[Lane, Post] = {}

    def post(self, name: Lane, resource: InventorySync, given: dg.DagsterInstance) -> Post:
        """The post of a lane, made when it is first asked for."""
        with self._lock:
            if self._parts is None or self._instance is None:
                self._parts = self._stack.enter_context(resource.parts(_LOG))
                self._instance = self._pooled(given)
            if name not in self._posts:
                self._posts[name] = self._new_post(name, resource, self._parts, self._instance)
            return self._posts[name]

    def _new_post(
        self,
        name: Lane,
        resource: InventorySync,
        parts: Parts,
        instance: dg.DagsterInstance,
    ) -> Post:
        settings = resource.settings()
        worker = LaneWorker(
            parts, name, poll_seconds=settings.erp.poll_seconds, mode=settings.event_mode
        )
        self._stack.enter_context(worker.listening())
        reporter = self._stack.enter_context(Reporter(instance, parts, name).running())
        shift = Shift(worker, reporter.take, parts.now)
        self._stack.callback(shift.stop)
        return Post(shift, reporter)

    def drop(self) -> None:
        """End all work and close everything; the next tick opens it again."""
        with self._lock:
            stack, self._stack = self._stack, ExitStack()
            self._parts, self._instance = None, None
            self._posts.clear()
        stack.close()

    def _pooled(self, given: dg.DagsterInstance) -> dg.DagsterInstance:
        """Dagster's storage through a pool: without one, each report opens its own connections."""
        if not given.is_persistent:
            return given
        pooled = dg.DagsterInstance.from_ref(given.get_ref())
        pooled.optimize_for_webserver(
            statement_timeout=_STATEMENT_TIMEOUT_MILLISECONDS,
            pool_recycle=_POOLED_SECONDS,
            max_overflow=5,
        )
        self._stack.callback(pooled.dispose)
        return pooled


WARM = Warm()
"""Of this process."""
