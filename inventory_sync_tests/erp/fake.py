"""An ERP in memory, held to the same contract suite as the real connectors."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

import pyarrow as pa

from inventory_sync.domain.batches import Changed, Interest
from inventory_sync.domain.errors import ContractBroken, InventorySyncError
from inventory_sync.domain.extract import (
    AcknowledgedRow,
    CommitmentRow,
    ComponentRow,
    ErpDates,
    ErpEvent,
    ErpExtract,
    OrderRequest,
    ProductRow,
    PromiseDateRow,
    StockRow,
    SupplyRow,
)
from inventory_sync.domain.frames import SNAPSHOT_DATASETS, Dataset, ErpSnapshot, no_faults
from inventory_sync.erp.conversion import typed_frame
from inventory_sync_tests.erp.rows import Row, Rows

TAKEN_AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


class FakeErp:
    """Delivers the rows it holds, given as texts; change ``rows`` or ``failure`` at any time."""

    def __init__(self, rows: Rows, *, taken_at: datetime = TAKEN_AT) -> None:
        self.rows = rows
        self.taken_at = taken_at
        self.failure: InventorySyncError | None = None
        self.happened: list[ErpEvent] = []
        self.requested: dict[str, OrderRequest] = {}

    def snapshot(
        self, skus: Collection[str] | None = None, order_ids: Collection[str] = ()
    ) -> ErpSnapshot:
        """The rows as they are now, or the failure that was set."""
        if self.failure is not None:
            raise self.failure
        frames, faults = {}, {}
        wanted = None if skus is None else (self.related(skus), set(order_ids))
        for dataset in SNAPSHOT_DATASETS:
            frames[dataset.name], faults[dataset.name] = self._read(dataset, wanted)
        return ErpSnapshot(taken_at=self.taken_at, faults=faults, **frames)

    def related(self, skus: Collection[str]) -> set[str]:
        """The SKUs with all that are connected with them by parts lists, found step by step."""
        found = set(skus)
        while True:
            pairs = [
                {row["kit_sku"], row["component_sku"]} for row in self.rows.get("components", ())
            ]
            more = {sku for pair in pairs if pair & found for sku in pair if sku} - found
            if not more:
                return found
            found |= more

    def extract(
        self, skus: Collection[str], order_ids: Collection[str], *, dated: bool = False
    ) -> ErpExtract:
        """The same rows as plain values."""
        if self.failure is not None:
            raise self.failure
        for dataset in SNAPSHOT_DATASETS:
            self._demand(dataset)
        found = self.related(skus)
        rows = {
            dataset.name: restricted(dataset, self.rows.get(dataset.name, ()), found, order_ids)
            for dataset in SNAPSHOT_DATASETS
        }
        return ErpExtract(
            taken_at=self.taken_at,
            skus=frozenset(found),
            locations=frozenset(row["location"] for row in rows["locations"]),
            products=[ProductRow(r["sku"], truth(r["tracked"])) for r in rows["products"]],
            components=[
                ComponentRow(r["kit_sku"], r["component_sku"], number(r["quantity"]))
                for r in rows["components"]
            ],
            stock=[
                StockRow(r["sku"], r["location"], number(r["physical"]), number(r["unavailable"]))
                for r in rows["stock"]
            ],
            commitments=[_commitment(r) for r in rows["commitments"]],
            acknowledged=[
                AcknowledgedRow(
                    r["external_order_id"], r["external_line_id"], number(r["quantity"])
                )
                for r in rows["acknowledged_orders"]
            ],
            dates=_dates(rows) if dated else None,
        )

    def events(
        self, after_id: int, *, limit: int = 10_000, besides: Collection[int] = ()
    ) -> list[ErpEvent]:
        """What was put into ``happened``, lowest id first."""
        if self.failure is not None:
            raise self.failure
        later = [
            event
            for event in self.happened
            if event.event_id > after_id and event.event_id not in besides
        ]
        return sorted(later, key=lambda event: event.event_id)[:limit]

    def last_event_id(self) -> int:
        """The highest event id, 0 when there is none."""
        return max((event.event_id for event in self.happened), default=0)

    def skus_of_document(self, document: str) -> list[str]:
        """The SKUs of the open commitments of a document."""
        rows = self.rows.get("commitments", ())
        return sorted({r["sku"] for r in rows if r["order_id"] == document and r["sku"]})

    def changed(
        self, interest: Interest, since: datetime, until: datetime | None = None
    ) -> Changed:
        """The SKUs and documents of events and rows within that time."""
        if self.failure is not None:
            raise self.failure
        kinds = {"supply": interest.supply_kinds, "commitments": interest.commitment_kinds}
        if interest.stock:
            kinds["stock"] = frozenset({None})
        found = [
            (row["sku"], None)
            for name, wanted in kinds.items()
            for row in self.rows.get(name, ())
            if row.get("kind") in wanted and row["updated_at"]
            if _is_within(datetime.fromisoformat(row["updated_at"]), since, until)
        ]
        found += [
            (event.sku, event.document)
            for event in self.happened
            if event.kind in interest.event_kinds and _is_within(event.occurred_at, since, until)
        ]
        return Changed(
            self.taken_at,
            frozenset(sku for sku, _ in found if sku),
            frozenset(document for sku, document in found if document and not sku),
        )

    def supplied_skus(self) -> frozenset[str]:
        """The SKUs of the rows of supply."""
        if self.failure is not None:
            raise self.failure
        return frozenset(row["sku"] for row in self.rows["supply"] if row["sku"])

    @contextmanager
    def on_event(self, ring: Callable[[str], None]) -> Iterator[bool]:
        """Nothing is announced here."""
        yield False

    def request(self, requests: Sequence[OrderRequest]) -> None:
        """Keep the requests by id."""
        if self.failure is not None:
            raise self.failure
        for request in requests:
            self.requested.setdefault(request.request_id, request)

    def _read(self, dataset: Dataset, wanted: tuple[set[str], set[str]] | None):
        self._demand(dataset)
        if dataset.name in self.rows:
            return typed_frame(dataset, self._chunks(dataset, wanted))
        return dataset.empty_frame(), no_faults()

    def _demand(self, dataset: Dataset) -> None:
        if dataset.name not in self.rows and not dataset.optional:
            raise ContractBroken(f"Dataset {dataset.name} is missing in the fake ERP.")

    def _chunks(
        self, dataset: Dataset, wanted: tuple[set[str], set[str]] | None
    ) -> Iterator[pa.Table]:
        rows = self.rows[dataset.name]
        if wanted is not None:
            rows = restricted(dataset, rows, *wanted)
        for column in dataset.columns:
            if any(column.name not in row for row in rows):
                raise ContractBroken(f"Dataset {dataset.name} has no column {column.name}.")
        yield pa.table(
            {c.name: pa.array([row[c.name] for row in rows], pa.string()) for c in dataset.columns}
        )


def _is_within(instant: datetime, since: datetime, until: datetime | None) -> bool:
    return since <= instant and (until is None or instant < until)


def restricted(
    dataset: Dataset, rows: Sequence[Row], skus: Collection[str], order_ids: Collection[str]
) -> list[Row]:
    if dataset.name == "locations":
        return list(rows)
    if dataset.name == "acknowledged_orders":
        return [row for row in rows if row["external_order_id"] in order_ids]
    if dataset.name == "components":
        return [row for row in rows if {row["kit_sku"], row["component_sku"]} & set(skus)]
    return [row for row in rows if row["sku"] in skus]


def number(text: str | None) -> object:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return text


def truth(text: str | None) -> object:
    return {"1": True, "t": True, "true": True, "0": False, "f": False, "false": False}.get(
        text or "", text
    )


def _commitment(row: Row) -> CommitmentRow:
    ends = row["expires_at"]
    return CommitmentRow(
        row["commitment_id"],
        row["order_id"],
        row["sku"],
        row["location"],
        number(row["quantity"]),
        row["kind"],
        datetime.fromisoformat(ends) if ends else None,
        row["external_order_id"],
        _day(row["due_date"]),
    )


def _dates(rows: Mapping[str, Sequence[Row]]) -> ErpDates:
    return ErpDates(
        {row["location"]: row["time_zone"] for row in rows["locations"] if row["time_zone"]},
        [
            SupplyRow(
                r["supply_id"],
                r["sku"],
                r["location"],
                number(r["quantity"]),
                _day(r["due_date"]),
                truth(r["confirmed"]) if r["confirmed"] else None,
                r["kind"],
            )
            for r in rows["supply"]
        ],
        [
            PromiseDateRow(r["sku"], r["location"], number(r["quantity"]), _day(r["promise_date"]))
            for r in rows["promise_dates"]
        ],
    )


def _day(text: str | None) -> object:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return text
