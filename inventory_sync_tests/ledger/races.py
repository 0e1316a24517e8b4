"""Two calls at once, each stopped at a lock that the test holds back."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy import Connection, NullPool, create_engine, text

from inventory_sync_tests.ledger.samples import SPOON, STORE

_WAITING = text("""
    select count(*) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'""")
_HOLD_SPOON = text("""
    select from inventory_sync.publications where inventory_item_id = :spoon for update""")
_OPEN_SPOON = text("""
    insert into inventory_sync.write_intents (store, inventory_item_id, store_location_id, sku,
        pass_id, idempotency_key, row_in_call, version, expected_units, quantity_units,
        taken_units, relative, waterfall, status, created_at)
    values (:store, :item, :location, 'MINIMALIST-SPOON', 'pass-9', 'key-9', 0, 9, 5, 7, 0, false,
        '{}', 'open', now())""")


class Race:
    """Runs calls one after the other, each until it waits for a lock that is held back."""

    def __init__(self, watcher: Connection, holder: Connection, pool: ThreadPoolExecutor) -> None:
        self._watcher, self._holder, self._pool = watcher, holder, pool
        self._waiting = 0

    def hold_spoon(self) -> None:
        """Nobody gets beyond the publication of the spoon."""
        self._holder.execute(_HOLD_SPOON, {"spoon": SPOON.inventory_item_id})

    def hold_intent_of_spoon(self) -> None:
        """Nobody gets beyond the intent of the spoon; the clock's is made, but not its lock."""
        where = {"item": SPOON.inventory_item_id, "location": SPOON.store_location_id}
        self._holder.execute(_OPEN_SPOON, {"store": STORE, **where})

    def until_it_waits(self, work: Callable[[], object]) -> "Future[object]":
        """Start the call in another thread and return once it waits for a lock."""
        run = self._pool.submit(work)
        self._waiting += 1
        while self._watcher.scalar(_WAITING) < self._waiting:
            assert not run.done(), run.result()
        return run

    def let_go(self) -> None:
        """Free what is held back: the calls go on, in the order in which they came to wait."""
        self._holder.rollback()


@contextmanager
def connection_to(database: str, isolation: str) -> Iterator[Connection]:
    engine = create_engine(database, isolation_level=isolation, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
