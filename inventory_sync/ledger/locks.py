"""One pass at a time on a store, whatever program runs it.

Put locks between processes here. PostgreSQL holds them: they end with the connection, so a killed
pass leaves none behind.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine, TextClause, text
from sqlalchemy.exc import OperationalError

from inventory_sync.domain.dirty import Lane
from inventory_sync.domain.errors import StoreUnreachable

PATIENCE_SECONDS: Final = 600

# Two numbers: ours among the locks of the database, and the store's.
_LOCK: Final = text("select pg_advisory_lock(hashtext('inventory_sync.store'), hashtext(:store))")
_PROMISES: Final = text(
    "select pg_advisory_lock(hashtext('inventory_sync.promises'), hashtext(:store))"
)
_TIMEOUT: Final = text("select set_config('lock_timeout', :milliseconds, false)")
_LOCK_NOT_AVAILABLE: Final = "55P03"


_LANE_LOCK: Final = text(
    "select pg_advisory_lock(hashtext('inventory_sync.lane'), hashtext(:lane))"
)
_IMPORTS: Final = text("select pg_advisory_lock(hashtext('inventory_sync.imports'), 0)")
_TURN: Final = text("select pg_advisory_xact_lock(hashtextextended('inventory_sync.' || :name, 0))")


def wait_for_turn(connection: Connection, name: str) -> None:
    """Let transactions that name the same thing run one after the other."""
    connection.execute(_TURN, {"name": name})


class Locks:
    """The part of the ledger that keeps two passes from working on one store."""

    _engine: Engine

    @contextmanager
    def store_lock(
        self, store: str, *, patience_seconds: float = PATIENCE_SECONDS
    ) -> Iterator[None]:
        """Hold the store for one pass; wait while another pass holds it.

        Raises ``StoreUnreachable`` when it is still held after ``patience_seconds``. Needs a
        connection of its own: not through a pooler that shares sessions.
        """
        with self._session_lock(_LOCK, {"store": store}, patience_seconds) as is_ours:
            if not is_ours:
                cause = f"another pass has been working on it for {patience_seconds:.0f} s"
                raise StoreUnreachable(store=store, cause=cause)
            yield

    @contextmanager
    def promise_lock(self, store: str, *, patience_seconds: float) -> Iterator[None]:
        """Let nobody else write the dates of a store's variants meanwhile.

        Raises ``StoreUnreachable`` when somebody still does so after ``patience_seconds``.
        """
        with self._session_lock(_PROMISES, {"store": store}, patience_seconds) as is_ours:
            if not is_ours:
                cause = f"its dates have been under renewal for {patience_seconds:.0f} s"
                raise StoreUnreachable(store=store, cause=cause)
            yield

    @contextmanager
    def lane_lock(self, lane: Lane, *, patience_seconds: float) -> Iterator[bool]:
        """Keep every other evaluation of a lane away; yields false when one still runs then.

        A daemon that was killed leaves an evaluation behind in the code server, beside which its
        successor starts another.
        """
        with self._session_lock(_LANE_LOCK, {"lane": lane}, patience_seconds) as is_ours:
            yield is_ours

    @contextmanager
    def import_lock(self, *, patience_seconds: float) -> Iterator[bool]:
        """Keep every other importer of orders away; yields false when one is still at work then."""
        with self._session_lock(_IMPORTS, {}, patience_seconds) as is_ours:
            yield is_ours

    @contextmanager
    def _session_lock(
        self, lock: TextClause, names: dict[str, str], patience_seconds: float
    ) -> Iterator[bool]:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            connection.detach()  # locks of many stores must not use up the pool that works
            timeout = str(max(1, int(patience_seconds * 1000)))  # 0 would mean for ever
            connection.execute(_TIMEOUT, {"milliseconds": timeout})
            is_ours = True
            try:
                connection.execute(lock, names)
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                    raise
                is_ours = False
            try:
                yield is_ours
            finally:
                # Closing the session ends the lock, whatever happened to it meanwhile.
                connection.invalidate()
                driver.close()
