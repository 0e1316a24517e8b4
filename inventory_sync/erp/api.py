"""The connector over an ERP's API: an ``ErpSource`` made of calls, for an ERP without a snapshot.

Put here the order of the reads, and what all such ERPs have in common. One ERP's API is a *face*,
in a module of its own (``tryton.py``). Keep out sockets (``api_client.py``) and how changes become
events (``api_events.py``).

No call sees what another one saw, so everything is read in the order that errs downwards: an
acknowledgement before the order it is about (protocol, P2e-torn), a commitment before the stock it
takes, stock before the supply that becomes stock. What moves in between is then counted against us
twice for a moment, never for us twice; the change that moved it is an event, and is read again. An
order that is edited may have no commitment for a moment: its acknowledgement counts if it is the
same before and after the commitments were read.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final, Protocol

import pandas as pd

from inventory_sync.domain.batches import Changed, Interest
from inventory_sync.domain.extract import ErpEvent, ErpExtract, OrderRequest
from inventory_sync.domain.frames import DATASETS, PROMISE_DATES, ErpSnapshot, no_faults
from inventory_sync.erp.api_events import instant_of, last_id_at, numbered
from inventory_sync.erp.api_rows import (
    AcknowledgedRecord,
    Change,
    CommitmentRecord,
    ComponentRecord,
    LocationRecord,
    OwnFigures,
    ProductRecord,
    StockRecord,
    SupplyRecord,
    text_chunks,
)
from inventory_sync.erp.conversion import typed_frame
from inventory_sync.erp.extract_rows import COLUMNS, DATED, Rows, assembled, components_of, related

Skus = Collection[str] | None
"""The rows about these SKUs; ``None``: all rows."""

_READ_ORDER: Final = (
    "acknowledged_orders",
    "locations",
    "products",
    "components",
    "commitments",
    "stock",
    "supply",
)


class ErpFace(Protocol):
    """One ERP's API in the words of the contract.

    For a few SKUs the number of calls is bounded, whatever the catalogue is; for all of them pages
    are read in parallel. Every method raises ``ErpUnavailable`` when the ERP cannot be asked and
    ``ContractBroken`` when it does not have, or does not let us see, what we need.
    """

    def locations(self) -> Iterable[LocationRecord]:
        """The warehouses."""
        ...

    def products(self, skus: Skus) -> Iterable[ProductRecord]:
        """Goods and kits, active or not."""
        ...

    def components(self, skus: Skus) -> Iterable[ComponentRecord]:
        """The parts of kits; of a few SKUs, where the kit or the part is one of them."""
        ...

    def acknowledged(self, order_ids: Collection[str] | None) -> Iterable[AcknowledgedRecord]:
        """The Shopify order lines that the ERP knows; ``None``: of all orders."""
        ...

    def commitments(self, skus: Skus) -> Iterable[CommitmentRecord]:
        """Open demand."""
        ...

    def stock(self, skus: Skus) -> Iterable[StockRecord]:
        """What there is, also where that is nothing: what has no row is not known."""
        ...

    def supply(self, skus: Skus) -> Iterable[SupplyRecord]:
        """What is to come."""
        ...

    def changes(self, since: datetime) -> Iterable[Change]:
        """Each record that was changed at this instant or later, in any order, once."""
        ...

    def last_change_at(self) -> datetime | None:
        """The newest stamp of a record that is watched."""
        ...

    def skus_of_document(self, document: str) -> Collection[str]:
        """The SKUs on the lines of a document, open or not."""
        ...

    def request(self, requests: Sequence[OrderRequest]) -> None:
        """As ``ErpSource.request``."""
        ...

    def check(self) -> list[str]:
        """What this key may not see or do: one sentence per problem."""
        ...

    def calls(self) -> int:
        """How many calls were sent so far."""
        ...

    def own_figures(self) -> OwnFigures | None:
        """What the ERP would offer of all goods now; ``None``: it is not asked. It may refuse."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


class ApiErp:
    """An ``ErpSource`` over a face. ``tell`` hears how a full load goes on.

    Instants are by our clock: an API tells its own to the second at best.
    """

    def __init__(
        self,
        face: ErpFace,
        *,
        tell: Callable[[str], None] = lambda line: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._face = face
        self._tell = tell
        self._clock = clock
        self._hints: dict[str, frozenset[str]] = {}
        self._last_event_id = 0

    def close(self) -> None:
        """Close the connections."""
        self._face.close()

    def calls(self) -> int:
        """How many calls were sent to the ERP so far."""
        return self._face.calls()

    def own_figures(self) -> OwnFigures | None:
        """What the ERP itself would offer now, where it can be asked for that."""
        return self._face.own_figures()

    def check(self) -> list[str]:
        """What is wrong with the ERP's data or our rights: one sentence per problem."""
        return self._face.check()

    def snapshot(
        self, skus: Collection[str] | None = None, order_ids: Collection[str] = ()
    ) -> ErpSnapshot:
        """All datasets, of all SKUs or of a few; ``taken_at`` is before the first call."""
        taken_at = self._clock()
        closure = None if skus is None else self._closure(skus)
        frames: dict[str, pd.DataFrame] = {PROMISE_DATES.name: PROMISE_DATES.empty_frame()}
        faults: dict[str, pd.DataFrame] = {PROMISE_DATES.name: no_faults()}
        for name, records in self._datasets(_READ_ORDER, closure, order_ids):
            dataset = DATASETS[name]
            frames[name], faults[name] = typed_frame(dataset, text_chunks(dataset, records))
            if skus is None:
                self._tell(f"ERP: {len(frames[name]):,} rows of {name} are read")
        return ErpSnapshot(taken_at=taken_at, faults=faults, **frames)

    def extract(
        self, skus: Collection[str], order_ids: Collection[str], *, dated: bool = False
    ) -> ErpExtract:
        """A few SKUs as plain rows; ``taken_at`` is before the first call."""
        taken_at = self._clock()
        closure = self._closure(skus)
        rows: dict[str, Rows] = {}
        wanted = [name for name in _READ_ORDER if dated or name not in DATED]
        for name, records in self._datasets(wanted, closure, order_ids):
            columns = COLUMNS[name]
            rows[name] = [tuple(getattr(row, column) for column in columns) for row in records]
        return assembled(rows, closure.skus, taken_at, is_dated=dated)

    def events(
        self, after_id: int, *, limit: int = 10_000, besides: Collection[int] = ()
    ) -> list[ErpEvent]:
        """The changes since as events, lowest id first; raises what ``snapshot`` raises."""
        found = numbered(self._face.changes(instant_of(after_id)))
        if found:
            self._last_event_id = max(self._last_event_id, found[-1].event_id)
        new = (e for e in found if e.event_id > after_id and e.event_id not in besides)
        return list(islice(new, limit))

    def last_event_id(self) -> int:
        """An id that no change told so far is above, 0 when nothing has ever changed.

        Ids are times, which never go back; so it is asked for once, and then it follows ``events``.
        """
        if not self._last_event_id:
            newest = self._face.last_change_at()
            self._last_event_id = 0 if newest is None else last_id_at(newest)
        return self._last_event_id

    def skus_of_document(self, document: str) -> list[str]:
        """The SKUs of the lines of an ERP document, sorted; also of those that are not open."""
        return sorted(set(self._face.skus_of_document(document)))

    def changed(
        self, interest: Interest, since: datetime, until: datetime | None = None
    ) -> Changed:
        """What has changed since; a record that was changed again later is found by that alone."""
        taken_at = self._clock()
        found = [
            change
            for change in self._face.changes(since)
            if _concerns(change, interest) and (until is None or change.changed_at < until)
        ]
        return Changed(
            taken_at,
            frozenset(change.sku for change in found if change.sku),
            frozenset(change.document for change in found if change.document and not change.sku),
        )

    def supplied_skus(self) -> frozenset[str]:
        """The SKUs that have a row of supply."""
        return frozenset(row.sku for row in self._face.supply(None) if row.sku)

    @contextmanager
    def on_event(self, ring: Callable[[str], None]) -> Iterator[bool]:
        """An API announces nothing to us: its changes are found by asking."""
        yield False

    def request(self, requests: Sequence[OrderRequest]) -> None:
        """Reserve, confirm or release through the ERP's own objects, each request once."""
        self._face.request(requests)

    def _closure(self, skus: Collection[str]) -> "_Closure":
        """The SKUs with all that share a kit with them; asked once if it is as it was."""
        wanted = frozenset(skus).union(*(self._hints.get(sku, ()) for sku in skus))
        while True:
            components = list(self._face.components(wanted)) if wanted else []
            found = related(components_of([tuple(row) for row in components]), skus)
            if found <= wanted:
                break
            wanted = found
        if len(found) > len(skus):
            self._hints |= dict.fromkeys(skus, found)
        return _Closure(found, [row for row in components if found & set(row[:2])])

    def _datasets(
        self, names: Sequence[str], closure: "_Closure | None", order_ids: Collection[str]
    ) -> Iterator[tuple[str, Sequence[tuple[Any, ...]]]]:
        """The datasets, read in this order."""
        first: Sequence[tuple[Any, ...]] = ()
        for name in names:
            rows = self._read(name, closure, order_ids)
            if name == "acknowledged_orders":
                first = rows
                continue
            if name == "commitments":
                again = frozenset(self._read("acknowledged_orders", closure, order_ids))
                yield "acknowledged_orders", [row for row in first if row in again]
            yield name, rows

    def _read(
        self, name: str, closure: "_Closure | None", order_ids: Collection[str]
    ) -> Sequence[tuple[Any, ...]]:
        """The rows of one dataset, all of them read when this returns."""
        face = self._face
        if name == "acknowledged_orders":
            return list(face.acknowledged(None if closure is None else order_ids))
        if name == "components" and closure is not None:
            return closure.components
        if name == "locations":
            return list(face.locations())
        rows: Iterable[tuple[Any, ...]] = getattr(face, name)(closure and closure.skus)
        return list(rows)


@dataclass(frozen=True, slots=True)
class _Closure:
    """SKUs that belong together, and the parts lists that connect them."""

    skus: frozenset[str]
    components: list[ComponentRecord]


def _concerns(change: Change, interest: Interest) -> bool:
    return (
        change.kind in interest.event_kinds
        or (interest.stock and change.about == "stock")
        or change.about in interest.supply_kinds | interest.commitment_kinds
    )
