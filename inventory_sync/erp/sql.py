"""The ``sql`` connector: contract views in a database, read as of one instant, never written.

Put here what is read and written for the port. Keep out how a transaction is held
(``sql_database``), how rows travel (``postgres_copy``,
``sql_rows``), how columns are judged (``sql_contract``) and how errors speak (``sql_errors``).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection

from inventory_sync.announcements import announced
from inventory_sync.domain.batches import Changed, Interest
from inventory_sync.domain.errors import ContractBroken
from inventory_sync.domain.extract import ErpEvent, ErpExtract, OrderRequest
from inventory_sync.domain.frames import (
    ACKNOWLEDGED_ORDERS,
    DATASETS,
    SNAPSHOT_DATASETS,
    Dataset,
    ErpSnapshot,
    no_faults,
)
from inventory_sync.erp.conversion import typed_frame
from inventory_sync.erp.extract_rows import DATED
from inventory_sync.erp.postgres_copy import copied_chunks
from inventory_sync.erp.sql_changes import read_changed, read_supplied
from inventory_sync.erp.sql_contract import Found, found_datasets, problems_of
from inventory_sync.erp.sql_database import Reading, SqlDatabase
from inventory_sync.erp.sql_events import (
    before_unheard,
    last_event_id,
    probe_requests,
    read_events,
    skus_of_document,
    write_requests,
)
from inventory_sync.erp.sql_extract import Asked, read_extract, read_related
from inventory_sync.erp.sql_rows import row_chunks
from inventory_sync.erp.sql_scope import Scope, is_storable

# Where a database offers no common snapshot, an order that is acknowledged between two reads is
# then subtracted twice for a moment rather than by neither side (protocol, P2e-torn).
_READ_ORDER: Final = (
    ACKNOWLEDGED_ORDERS,
    *(dataset for dataset in SNAPSHOT_DATASETS if dataset is not ACKNOWLEDGED_ORDERS),
)


class SqlErp(SqlDatabase):
    """An ``ErpSource`` over any SQLAlchemy URL.

    PostgreSQL is read by COPY in one REPEATABLE READ, READ ONLY transaction. Other databases are
    read row by row in one transaction of their default isolation, without a statement timeout;
    SQLite has no schemas, so ``schema`` is ignored there, and the file is opened read only.
    """

    def __init__(
        self,
        url: str,
        schema: str = "erp_contract",
        *,
        statement_timeout_seconds: float = 60.0,
        notify_channel: str | None = None,
        imports_orders: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(url, schema, statement_timeout_seconds, clock)
        self._channel = notify_channel
        self._imports_orders = imports_orders
        self._is_checked = False
        self._offered: frozenset[str] = frozenset()
        self._hints: dict[str, frozenset[str]] = {}

    def snapshot(
        self, skus: Collection[str] | None = None, order_ids: Collection[str] = ()
    ) -> ErpSnapshot:
        """Read all datasets but the events as of one instant, of all SKUs or of a few.

        Raises ``ErpUnavailable`` when the database cannot be reached or is too slow, and
        ``ContractBroken`` when a dataset or column is missing, mistyped or fails when read.
        """
        with self._transaction() as reading:
            found = self._found(reading.connection)
            _demand_no(problems_of(SNAPSHOT_DATASETS, found))
            scope = None if skus is None else self._scope(reading, skus, order_ids)
            frames: dict[str, pd.DataFrame] = {}
            faults: dict[str, pd.DataFrame] = {}
            for dataset in _READ_ORDER:
                offered = dataset.name in found.columns
                frames[dataset.name], faults[dataset.name] = (
                    self._read(reading.connection, dataset, scope)
                    if offered
                    else (dataset.empty_frame(), no_faults())
                )
            return ErpSnapshot(taken_at=reading.taken_at, faults=faults, **frames)

    def extract(
        self, skus: Collection[str], order_ids: Collection[str], *, dated: bool = False
    ) -> ErpExtract:
        """A few SKUs as plain rows, as of one instant; if ``dated``, with what concerns days.

        The columns are looked up once; a statement that fails makes them be looked up again. Raises
        what ``snapshot`` raises.
        """
        with self._rechecking(), self._transaction() as reading:
            self._check_once(reading.connection)
            hint = self._hint(skus)
            asked = Asked(skus, order_ids, self._offered & DATED if dated else None)
            with self._explainer.explains():
                extract = read_extract(
                    reading.connection, self._schema, asked, hint, reading.taken_at
                )
        self._remember(skus, extract.skus)
        return extract

    def events(
        self, after_id: int, *, limit: int = 10_000, besides: Collection[int] = ()
    ) -> list[ErpEvent]:
        """Events with a higher id besides these, lowest first. Raises what ``snapshot`` raises."""
        with self._statement("events") as connection:
            if besides:
                after_id = before_unheard(connection, self._schema, after_id, besides)
            found: list[ErpEvent] = []
            while len(found) < limit:
                read = read_events(connection, self._schema, after_id, limit, self._clock())
                found += [event for event in read if event.event_id not in besides]
                if len(read) < limit:
                    break
                after_id = read[-1].event_id
        return found[:limit]

    def last_event_id(self) -> int:
        """The highest event id now, 0 when there is none."""
        with self._statement("events") as connection:
            return last_event_id(connection, self._schema)

    def skus_of_document(self, document: str) -> list[str]:
        """The SKUs of the open commitments of an ERP document; empty when it has none."""
        if self._is_postgres and not is_storable(document):
            return []
        with self._statement("commitments") as connection:
            return skus_of_document(connection, self._schema, document)

    def changed(
        self, interest: Interest, since: datetime, until: datetime | None = None
    ) -> Changed:
        """What has changed since, by the times of rows and events; raises what ``snapshot`` raises.

        A database other than PostgreSQL may give SKUs of a day before and after.
        """
        with self._transaction() as reading, self._explainer.explains():
            return read_changed(
                reading.connection, self._schema, interest, (since, until), reading.taken_at
            )

    def supplied_skus(self) -> frozenset[str]:
        """The SKUs that have a row of supply. Raises what ``snapshot`` raises."""
        with self._statement("supply") as connection:
            return read_supplied(connection, self._schema)

    @contextmanager
    def on_event(self, ring: Callable[[str], None]) -> Iterator[bool]:
        """Ring at each announcement, which may be the kind of an event; yields false where the
        database makes none.
        """
        if not self._is_postgres or self._channel is None:
            yield False
            return
        with announced(self._engine, [self._channel], ring):
            yield True

    def request(self, requests: Sequence[OrderRequest]) -> None:
        """Write to ``order_requests`` what is not there yet, all of it or nothing.

        Raises ``ContractBroken`` when there is no such table or it may not be written: create it as
        in the file that ``inventory-sync init`` writes, and grant insert and select.
        """
        with self._writing("order_requests") as connection:
            write_requests(connection, self._schema, requests)

    def check(self) -> list[str]:
        """What is wrong with the contract views, events included: one sentence per problem.

        Looks at names and declared types, not at rows; if orders are imported, also whether
        ``order_requests`` may be written. Raises ``ErpUnavailable``.
        """
        with self._transaction() as reading:
            problems = problems_of(tuple(DATASETS.values()), self._found(reading.connection))
        if self._imports_orders:
            try:
                with self._writing("order_requests") as connection:
                    probe_requests(connection, self._schema)
            except ContractBroken as refused:
                problems.append(str(refused))
        return problems

    def _check_once(self, connection: Connection) -> None:
        if not self._is_checked:
            found = self._found(connection)
            _demand_no(problems_of(SNAPSHOT_DATASETS, found))
            self._offered = frozenset(found.columns)
            self._is_checked = True

    @contextmanager
    def _rechecking(self) -> Iterator[None]:
        """A view may have changed since it was checked: then say so as a snapshot says it."""
        try:
            yield
        except ContractBroken:
            self._is_checked = False
            with self._transaction() as reading:  # the one that failed can read no more
                self._check_once(reading.connection)
            raise

    def _scope(self, reading: Reading, skus: Collection[str], order_ids: Collection[str]) -> Scope:
        with self._explainer.explains("components"):
            found = read_related(reading.connection, self._schema, skus, self._hint(skus))
        return Scope(tuple(sorted(found)), tuple(sorted(order_ids)))

    def _hint(self, skus: Collection[str]) -> frozenset[str]:
        """What belonged to these SKUs when they were read last; it is verified each time."""
        return frozenset().union(*(self._hints.get(sku, ()) for sku in skus))

    def _remember(self, skus: Collection[str], found: frozenset[str]) -> None:
        if len(found) > len(skus):
            self._hints |= dict.fromkeys(skus, found)

    def _found(self, connection: Connection) -> Found:
        with self._explainer.explains():
            return found_datasets(connection, self._schema)

    def _read(
        self, connection: Connection, dataset: Dataset, scope: Scope | None
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        with self._explainer.explains(dataset.name):
            return typed_frame(dataset, self._chunks(connection, dataset, scope))

    def _chunks(
        self, connection: Connection, dataset: Dataset, scope: Scope | None
    ) -> Iterator[pa.Table]:
        if self._is_postgres:
            driver: Any = connection.connection.driver_connection
            return copied_chunks(driver, dataset, self._schema_name, scope)
        return row_chunks(connection, dataset, self._schema, scope)


def _demand_no(problems: list[str]) -> None:
    if problems:
        rest = len(problems) - 1
        more = f" ({rest} more: run `inventory-sync doctor` to list them.)" if rest else ""
        raise ContractBroken(problems[0] + more)
