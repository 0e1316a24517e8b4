"""The datasets of the ERP contract, and the frames in which a connector delivers them.

Put the names, kinds and keys of columns here (design section 5), and the shape of a snapshot.
Keep out how a source is read (the ERP room) and which rows are believed (quarantine): a frame
here holds every row of the source, also the wrong ones.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, Literal

import pandas as pd

Kind = Literal["text", "quantity", "boolean", "date", "timestamp", "integer"]

_DTYPES: Final[Mapping[Kind, str]] = {
    "text": "str",
    "quantity": "int64",
    "boolean": "boolean",
    "date": "datetime64[s]",
    "timestamp": "datetime64[us, UTC]",
    "integer": "Int64",
}

SQL_TYPES: Final[Mapping[Kind, str]] = {
    "text": "text",
    "quantity": "numeric",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamptz",
    "integer": "bigint",
}
"""The word for each kind in the contract (design 5)."""

REPEATED_TEXTS: Final = frozenset(
    {"sku", "location", "kit_sku", "component_sku", "kind", "channel"}
)
"""Text columns that repeat few values in many rows. Their frames hold them as ``category`` (of
``str``), so that the arithmetic starts from integer codes; null has the code -1."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a contract dataset: its name in the ERP, its kind, and whether null is fine."""

    name: str
    kind: Kind
    nullable: bool = False

    @property
    def field(self) -> str:
        """The name in a frame: quantities become ``<name>_micros`` (see ``domain/units``)."""
        return f"{self.name}_micros" if self.kind == "quantity" else self.name

    @property
    def repeated(self) -> bool:
        """Whether the frame holds this text as a category."""
        return self.name in REPEATED_TEXTS

    @property
    def dtype(self) -> str:
        """The pandas dtype in a frame."""
        return "category" if self.repeated and self.kind == "text" else _DTYPES[self.kind]


@dataclass(frozen=True, slots=True)
class Dataset:
    """One contract dataset. ``key`` names the columns that should tell its rows apart."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    optional: bool = False

    def column(self, name: str) -> Column:
        """The column of this name in the ERP. Raises ``KeyError``."""
        return {column.name: column for column in self.columns}[name]

    def empty_frame(self) -> pd.DataFrame:
        """A frame of this dataset without rows, with the right columns and dtypes."""
        return pd.DataFrame({c.field: _empty_series(c) for c in self.columns})


def _empty_series(column: Column) -> "pd.Series[Any]":
    if column.dtype == "category":
        return pd.Series(pd.Categorical([], categories=pd.Index([], dtype="str")))
    return pd.Series([], dtype=column.dtype)


def _text(name: str, *, nullable: bool = False) -> Column:
    return Column(name, "text", nullable)


_SKU, _LOCATION = _text("sku"), _text("location")
_QUANTITY = Column("quantity", "quantity")
_DUE_DATE = Column("due_date", "date", nullable=True)
_UPDATED_AT = Column("updated_at", "timestamp")

LOCATIONS: Final = Dataset(
    "locations", (_LOCATION, _text("name"), _text("time_zone", nullable=True)), ("location",)
)
PRODUCTS: Final = Dataset(
    "products", (_SKU, _text("name", nullable=True), Column("tracked", "boolean")), ("sku",)
)
COMPONENTS: Final = Dataset(
    "components",
    (_text("kit_sku"), _text("component_sku"), _QUANTITY),
    ("kit_sku", "component_sku"),
)
STOCK: Final = Dataset(
    "stock",
    (
        _SKU,
        _LOCATION,
        Column("physical", "quantity"),
        Column("unavailable", "quantity"),
        _UPDATED_AT,
    ),
    ("sku", "location"),
)
COMMITMENTS: Final = Dataset(
    "commitments",
    (
        _text("commitment_id"),
        _text("order_id"),
        _SKU,
        _LOCATION,
        _QUANTITY,
        _text("kind"),
        _DUE_DATE,
        Column("expires_at", "timestamp", nullable=True),
        _text("channel", nullable=True),
        _text("external_order_id", nullable=True),
        _text("external_line_id", nullable=True),
        _UPDATED_AT,
    ),
    ("commitment_id",),
)
SUPPLY: Final = Dataset(
    "supply",
    (
        _text("supply_id"),
        _SKU,
        _LOCATION,
        _QUANTITY,
        _text("kind"),
        _DUE_DATE,
        Column("confirmed", "boolean"),
        _UPDATED_AT,
    ),
    ("supply_id",),
)
ACKNOWLEDGED_ORDERS: Final = Dataset(
    "acknowledged_orders",
    (_text("external_order_id"), _text("external_line_id"), _QUANTITY, _UPDATED_AT),
    ("external_order_id", "external_line_id"),
)
PROMISE_DATES: Final = Dataset(
    "promise_dates",
    (_SKU, _LOCATION, _QUANTITY, Column("promise_date", "date")),
    ("sku", "location", "promise_date"),
    optional=True,
)
EVENTS: Final = Dataset(
    "events",
    (
        Column("event_id", "integer"),
        Column("occurred_at", "timestamp"),
        _text("kind"),
        _text("sku", nullable=True),
        _text("location", nullable=True),
        _text("document", nullable=True),
    ),
    ("event_id",),
)

DATASETS: Final[Mapping[str, Dataset]] = {
    dataset.name: dataset
    for dataset in (
        LOCATIONS,
        PRODUCTS,
        COMPONENTS,
        STOCK,
        COMMITMENTS,
        SUPPLY,
        ACKNOWLEDGED_ORDERS,
        PROMISE_DATES,
        EVENTS,
    )
}
"""Every dataset of the contract by name, in the order of design section 5."""

FAULT_COLUMNS: Final = ("row", "column", "reason", "value")


@dataclass(frozen=True, slots=True)
class RowFault:
    """A cell that could not be read as its kind.

    ``row_position`` counts from 0 in the dataset's frame, ``column`` is the name in the ERP,
    ``reason`` completes the sentence "<column> <reason>", ``value_text`` is what the source held.
    """

    dataset: str
    row_position: int
    column: str
    reason: str
    value_text: str | None


@dataclass(frozen=True)
class ErpSnapshot:
    """What the ERP said at one instant (``taken_at``, aware, UTC, by the ERP's own clock if it
    tells): one frame per dataset, every row of the source in it.

    Columns and dtypes are those of ``DATASETS``; rows are numbered from 0. A cell that could not
    be read is 0 micros, or null in any other kind, and is listed in ``faults``: per dataset a
    frame of ``row`` (position), ``column`` (name in the ERP), ``reason``, ``value`` (the text).
    A missing quantity is listed there too, for an integer cannot be null; other nulls speak for
    themselves. An optional dataset that the ERP does not offer is an empty frame.
    """

    taken_at: datetime
    locations: pd.DataFrame
    products: pd.DataFrame
    components: pd.DataFrame
    stock: pd.DataFrame
    commitments: pd.DataFrame
    supply: pd.DataFrame
    acknowledged_orders: pd.DataFrame
    promise_dates: pd.DataFrame
    faults: Mapping[str, pd.DataFrame]

    def row_faults(self) -> Iterator[RowFault]:
        """The faults of all datasets one by one, for listings."""
        for dataset, listing in self.faults.items():
            for row, column, reason, value in listing.itertuples(index=False):
                yield RowFault(dataset, row, column, reason, None if pd.isna(value) else value)


SNAPSHOT_DATASETS: Final = tuple(
    DATASETS[field.name] for field in fields(ErpSnapshot) if field.name in DATASETS
)
"""The datasets that a snapshot holds: all but the events, which say only where to look."""


def no_faults() -> pd.DataFrame:
    """An empty fault listing."""
    return pd.DataFrame(
        {
            "row": pd.Series([], dtype="int64"),
            "column": pd.Series([], dtype="str"),
            "reason": pd.Series([], dtype="str"),
            "value": pd.Series([], dtype="str"),
        }
    )
