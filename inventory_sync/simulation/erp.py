"""The simulated ERP: what stands where, who has been promised what, and events about it.

Put here what the ERP books. It is the ``ErpSource`` of the product as well; when web orders reach
it is for the world to say. Event ids become visible out of order, as commits do.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from inventory_sync.domain.batches import Changed, Interest
from inventory_sync.domain.extract import (
    AcknowledgedRow,
    CommitmentRow,
    ComponentRow,
    ErpDates,
    ErpEvent,
    ErpExtract,
    OrderRequest,
    ProductRow,
    StockRow,
)
from inventory_sync.domain.frames import ErpSnapshot
from inventory_sync.simulation.clock import Clock
from inventory_sync.simulation.erp_frames import Instants, snapshot_of
from inventory_sync.simulation.stamped import Stamped

Pair = tuple[str, str]

SPOKEN_HOURS: Final = 2
"""How long acknowledgements of the past are remembered for the checks."""


@dataclass(frozen=True, slots=True)
class Promise:
    """Open demand in the ERP. ``order`` is (external_order_id, external_line_id) of a web order."""

    name: str
    document: str
    sku: str
    location: str
    units: int
    kind: str
    expires_at: datetime | None = None
    order: Pair | None = None


@dataclass(frozen=True, slots=True)
class Books:
    """What one reading of the ERP says, whole: units by (sku, location), and what it has of web
    orders.
    """

    atp: Mapping[Pair, int]
    acknowledged: Mapping[Pair, int]


class SimErp:
    """An ERP with ``kits`` (kit -> part -> units). ``skew`` is how far its clock is ahead of ours.

    Selling a kit commits the kit; whoever reads explodes it.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        skus: Sequence[str],
        locations: Sequence[str],
        kits: Mapping[str, Mapping[str, int]],
        skew: timedelta = timedelta(0),
    ) -> None:
        self.skus, self.locations, self.kits = tuple(skus), tuple(locations), dict(kits)
        self.physical: Stamped[Pair, int] = Stamped(self.now)
        self.promises: Stamped[str, Promise] = Stamped(self.now)
        self.acknowledged: Stamped[Pair, int] = Stamped(self.now)
        self.requests: dict[str, OrderRequest] = {}
        self.asked: Callable[[OrderRequest], None] = lambda request: None
        self.read: dict[datetime, Books] = {}
        self._clock, self._skew = clock, skew
        for sku in skus:
            for place in locations if sku not in kits else ():
                self.physical[sku, place] = 0
        self._events: list[tuple[float, ErpEvent]] = []
        self._last_id = 0
        self._bells: list[Callable[[str], None]] = []

    def now(self) -> datetime:
        """The time by the ERP's own clock."""
        return self._clock.now() + self._skew

    def is_open(self, promise: Promise) -> bool:
        """From ``expires_at`` on it is no longer open (design 5)."""
        return promise.expires_at is None or promise.expires_at > self.now()

    def books(self) -> Books:
        """What the ERP can promise now, without kits, and a copy of its acknowledgements."""
        atp = dict(self.physical)
        for promise in filter(self.is_open, self.promises.values()):
            for sku, times in self.kits.get(promise.sku, {promise.sku: 1}).items():
                key = (sku, promise.location)
                atp[key] = atp.get(key, 0) - times * promise.units
        return Books(atp, dict(self.acknowledged))

    # --- what the world does ---

    def tell(
        self, kind: str, sku: str | None, document: str | None, *, late_seconds: float = 0.0
    ) -> None:
        """An event; its id is taken now, and it is to be seen after ``late_seconds``."""
        self._last_id += 1
        event = ErpEvent(self._last_id, self.now(), kind, sku, None, document)
        seen_at = self._clock.seconds + late_seconds
        self._events.append((seen_at, event))
        self._clock.at(seen_at, self._ring)

    def _ring(self) -> None:
        for ring in tuple(self._bells):
            ring("")

    def promise(self, promise: Promise) -> None:
        """Enter demand, or change it; none of nothing stays."""
        if promise.units > 0:
            self.promises[promise.name] = promise
        else:
            self.promises.pop(promise.name, None)

    # --- the port ---

    def related(self, skus: Collection[str]) -> frozenset[str]:
        """The SKUs with all that share a kit with them."""
        found = set(skus)
        while True:
            groups = ({kit, *parts} for kit, parts in self.kits.items())
            more = set().union(*(group for group in groups if group & found)) - found
            if not more:
                return frozenset(found)
            found |= more

    def extract(
        self, skus: Collection[str], order_ids: Collection[str], *, dated: bool = False
    ) -> ErpExtract:
        """The rows of the closure of these SKUs, as of now; nothing here has a date."""
        closure = self.related(skus)
        taken_at = self._remember()
        stock = [
            StockRow(sku, place, units, 0)
            for (sku, place), units in self.physical.items()
            if sku in closure
        ]
        promised = [_row(p) for p in self.promises.values() if p.sku in closure]
        self._between_reads()
        wanted = set(order_ids)
        acks = [AcknowledgedRow(*k, n) for k, n in self.acknowledged.items() if k[0] in wanted]
        return ErpExtract(
            taken_at=taken_at,
            skus=closure,
            locations=frozenset(self.locations),
            products=[ProductRow(sku, True) for sku in self.skus if sku in closure],
            components=[
                ComponentRow(kit, part, units)
                for kit, parts in self.kits.items()
                if kit in closure
                for part, units in parts.items()
            ],
            stock=stock,
            commitments=promised,
            acknowledged=acks,
            dates=ErpDates({}, (), ()) if dated else None,
        )

    def snapshot(
        self, skus: Collection[str] | None = None, order_ids: Collection[str] = ()
    ) -> ErpSnapshot:
        """The same as frames; without ``skus``, everything."""
        everything = skus is None
        ids = {order for order, _ in self.acknowledged} if everything else order_ids
        extract = self.extract(self.skus if skus is None else skus, ids)
        return snapshot_of(
            extract,
            Instants(
                self.physical.changed_at, self.promises.changed_at, self.acknowledged.changed_at
            ),
        )

    def _remember(self) -> datetime:
        """Keep what this reading saw, for the checks; of one instant there is one reading."""
        taken_at = self.now()
        self.read = {
            at: books
            for at, books in self.read.items()
            if taken_at - at < timedelta(hours=SPOKEN_HOURS)
        }
        self.read[taken_at] = self.books()
        return taken_at

    def _between_reads(self) -> None:
        """Nothing happens between stock and acknowledgements: they are one snapshot."""

    def events(
        self, after_id: int, *, limit: int = 10_000, besides: Collection[int] = ()
    ) -> list[ErpEvent]:
        """Events that are to be seen by now, lowest id first."""
        now = self._clock.seconds
        seen = [e for at, e in self._events[after_id:] if at <= now and e.event_id not in besides]
        return seen[:limit]

    def last_event_id(self) -> int:
        """The highest id that is to be seen."""
        now = self._clock.seconds
        return next((e.event_id for at, e in reversed(self._events) if at <= now), 0)

    def skus_of_document(self, document: str) -> list[str]:
        """The SKUs of the open commitments of a document."""
        return sorted({p.sku for p in self.promises.values() if p.document == document})

    def changed(
        self, interest: Interest, since: datetime, until: datetime | None = None
    ) -> Changed:
        """Everything: what is looked at too often does no harm."""
        return Changed(self.now(), frozenset(self.skus), frozenset())

    def supplied_skus(self) -> frozenset[str]:
        """Everything, as in ``changed``."""
        return frozenset(self.skus)

    @contextmanager
    def on_event(self, ring: Callable[[str], None]) -> Iterator[bool]:
        """Call ``ring`` whenever an event becomes visible."""
        self._bells.append(ring)
        try:
            yield True
        finally:
            self._bells.remove(ring)

    def request(self, requests: Sequence[OrderRequest]) -> None:
        """Take requests; each id once."""
        for request in requests:
            if request.request_id not in self.requests:
                self.requests[request.request_id] = request
                self.asked(request)

    def answer(self, request: OrderRequest) -> None:
        """Do what was asked: reserve, confirm or release, and acknowledge the line."""
        order = (request.external_order_id, request.external_line_id)
        name = "R:" + "/".join(order)
        kind = "order" if request.action == "confirm" else "reservation"
        units = 0 if request.action == "release" else request.quantity_units
        known = self.promises.get(name)
        ends = None if kind == "order" else request.expires_at
        promise = Promise(name, name, request.sku, request.location, units, kind, ends, order)
        self.promise(replace(known, units=units, kind=kind, expires_at=ends) if known else promise)
        self.acknowledged[order] = units
        told = {"reserve": "hold_placed", "confirm": "hold_confirmed", "release": "hold_cancelled"}
        self.tell(told[request.action], request.sku, name)


def _row(promise: Promise) -> CommitmentRow:
    return CommitmentRow(
        promise.name,
        promise.document,
        promise.sku,
        promise.location,
        promise.units,
        promise.kind,
        promise.expires_at,
        promise.order[0] if promise.order else None,
    )
