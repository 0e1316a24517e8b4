"""The rows of the contract as a connector over an API gives them, and how they become texts.

Put one ``NamedTuple`` per dataset here, its fields the columns of design 5 in their order. Keep out
how they are read (the faces) and what the texts mean (``conversion.py``).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

import pyarrow as pa

from inventory_sync.domain.frames import Dataset

_ROWS_AT_ONCE = 20_000


class LocationRecord(NamedTuple):
    """A row of ``locations``."""

    location: str
    name: str
    time_zone: str | None = None


class ProductRecord(NamedTuple):
    """A row of ``products``."""

    sku: str
    name: str | None
    tracked: bool


class ComponentRecord(NamedTuple):
    """A row of ``components``."""

    kit_sku: str
    component_sku: str
    quantity: Decimal


class StockRecord(NamedTuple):
    """A row of ``stock``."""

    sku: str
    location: str
    physical: Decimal
    unavailable: Decimal
    updated_at: datetime


class CommitmentRecord(NamedTuple):
    """A row of ``commitments``: ``quantity`` is the open part."""

    commitment_id: str
    order_id: str
    sku: str
    location: str | None
    quantity: Decimal
    kind: str
    due_date: date | None
    expires_at: datetime | None
    channel: str | None
    external_order_id: str | None
    external_line_id: str | None
    updated_at: datetime


class SupplyRecord(NamedTuple):
    """A row of ``supply``: ``quantity`` is the open part."""

    supply_id: str
    sku: str
    location: str | None
    quantity: Decimal
    kind: str
    due_date: date | None
    confirmed: bool
    updated_at: datetime


class AcknowledgedRecord(NamedTuple):
    """A row of ``acknowledged_orders``."""

    external_order_id: str
    external_line_id: str
    quantity: Decimal
    updated_at: datetime


class Change(NamedTuple):
    """A record that was changed, as far as it says where to look.

    ``changed_at``: the ERP's stamp, aware. ``key`` names the record among all of the ERP, and
    tells changes of one instant apart. ``kind`` is one of the contract's events. ``about``: which
    rows it changes, ``stock`` or a kind of ``supply`` or ``commitments``. Without a SKU it is about
    all of its document, and without a document too about everything.
    """

    changed_at: datetime
    key: str
    kind: str
    about: str
    sku: str | None
    location: str | None = None
    document: str | None = None


class OwnFigures(NamedTuple):
    """What an ERP itself would offer, to be compared with ATP.

    ``quantities`` by SKU and location, of goods that are no kits; ``counted``: how much of each
    commitment, by its id, is taken off them, ``early``: how much of each supply is in them;
    ``besides``: what is taken off for anything that is no commitment of ours.
    """

    name: str
    quantities: Mapping[tuple[str, str], Decimal]
    counted: Mapping[str, Decimal]
    early: Mapping[str, Decimal]
    besides: Mapping[tuple[str, str], Decimal]


def text_chunks(dataset: Dataset, rows: Iterable[Sequence[Any]]) -> Iterator[pa.Table]:
    """Rows of a dataset as tables of text, which ``conversion.typed_frame`` reads."""
    names = [column.name for column in dataset.columns]
    left = iter(rows)
    while batch := list(islice(left, _ROWS_AT_ONCE)):
        columns = zip(*batch, strict=True)
        yield pa.table(
            {
                name: pa.array([_text(value) for value in values], pa.string())
                for name, values in zip(names, columns, strict=True)
            }
        )


def _text(value: object) -> str | None:
    """Exact: a decimal without an exponent, a time with its zone."""
    if isinstance(value, Decimal) and value.is_finite():
        return f"{value:f}"
    return None if value is None else str(value)
