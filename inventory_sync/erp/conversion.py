"""From texts, as a source sends them, to typed frames with a listing of what could not be read.

Put the reading of one kind of cell here; every connector delivers through it, so a quantity or a
time means the same wherever it came from. Keep SQL out, and keep out any judgement of a row:
negative or unknown is for the domain to say.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from inventory_sync.domain.frames import FAULT_COLUMNS, Column, Dataset, Kind, no_faults
from inventory_sync.domain.units import REASONS, to_micros

_TIMESTAMP = pa.timestamp("us", "UTC")
_BOOLEANS: Final[Mapping[str, bool]] = {
    "t": True, "true": True, "1": True, "f": False, "false": False, "0": False
}  # fmt: skip
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class _Cells:
    """One converted column of one chunk; the faulty rows by position, with their reasons."""

    values: pa.Array
    faulty: NDArray[np.int64]
    reasons: list[str]


def typed_frame(dataset: Dataset, chunks: Iterable[pa.Table]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The typed frame of a dataset and its fault listing (see ``ErpSnapshot``).

    Each chunk has the columns of the dataset by their ERP names, all text, null where the source
    has none. Chunks are converted as they come, so that only typed rows accumulate in memory.
    """
    tables: list[pa.Table] = []
    listings: list[pd.DataFrame] = []
    first_row = 0
    for chunk in chunks:
        if chunk.num_rows:
            table, listing = _typed_chunk(dataset, chunk, first_row)
            tables.append(table)
            listings.append(listing)
            first_row += chunk.num_rows
    if not tables:
        return dataset.empty_frame(), no_faults()
    return _to_pandas(dataset, pa.concat_tables(tables)), _one_listing(listings)


def _typed_chunk(
    dataset: Dataset, chunk: pa.Table, first_row: int
) -> tuple[pa.Table, pd.DataFrame]:
    arrays: dict[str, pa.Array] = {}
    listings: list[pd.DataFrame] = []
    for column in dataset.columns:
        texts = chunk.column(column.name).combine_chunks()
        cells = _convert(column, texts)
        arrays[column.field] = cells.values
        if len(cells.faulty):
            listings.append(_listing(column, texts, cells, first_row))
    return pa.table(arrays), _one_listing(listings)


def _convert(column: Column, texts: pa.Array) -> _Cells:
    if column.kind == "text":
        return _all_fine(texts.dictionary_encode() if column.repeated else texts)
    if column.kind == "quantity":
        micros = to_micros(texts)
        faulty = np.flatnonzero(micros.reason_codes)
        reasons = [REASONS[code] for code in micros.reason_codes[faulty]]
        return _Cells(pa.array(micros.values), faulty, reasons)
    if column.kind == "timestamp":
        try:
            return _all_fine(texts.cast(_TIMESTAMP))
        except pa.ArrowInvalid:  # no offset, or a text that is no time: read them one by one
            pass
    return _convert_distinct(_SCALARS[column.kind], texts)


def _all_fine(values: pa.Array) -> _Cells:
    return _Cells(values, np.empty(0, np.int64), [])


@dataclass(frozen=True, slots=True)
class _Scalar:
    """How to read one text of a kind; ``read`` raises ``ValueError`` when it is none."""

    read: Callable[[str], object]
    arrow_type: pa.DataType
    reason: str


def _read_boolean(text: str) -> bool:
    try:
        return _BOOLEANS[text.lower()]
    except KeyError:
        raise ValueError(text) from None


def _read_timestamp(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    # PostgreSQL always sends an offset; where a database keeps none, times are UTC by contract.
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def _read_integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError(text)
    return int(text)


_SCALARS: Final[Mapping[Kind, _Scalar]] = {
    "boolean": _Scalar(_read_boolean, pa.bool_(), "is neither true nor false"),
    "date": _Scalar(date.fromisoformat, pa.date32(), "is not a date from year 1 to 9999"),
    "timestamp": _Scalar(_read_timestamp, _TIMESTAMP, "is not a time from year 1 to 9999"),
    "integer": _Scalar(_read_integer, pa.int64(), "is not an integer"),
}


def _convert_distinct(scalar: _Scalar, texts: pa.Array) -> _Cells:
    """Read each distinct text once; one that cannot be read becomes null and is reported."""
    encoded = texts.dictionary_encode()
    values: list[object] = []
    for text in encoded.dictionary.to_pylist():
        try:
            values.append(scalar.read(text))
        except (ValueError, OverflowError):
            values.append(None)
    cells = pa.array(values, scalar.arrow_type).take(encoded.indices)
    unread = pc.and_(pc.is_null(cells), pc.is_valid(texts)).to_numpy(zero_copy_only=False)
    faulty = np.flatnonzero(unread)
    return _Cells(cells, faulty, [scalar.reason] * len(faulty))


def _listing(column: Column, texts: pa.Array, cells: _Cells, first_row: int) -> pd.DataFrame:
    columns = (
        pd.Series(cells.faulty + first_row, dtype="int64"),
        pd.Series([column.name] * len(cells.faulty), dtype="str"),
        pd.Series(cells.reasons, dtype="str"),
        pd.Series(texts.take(pa.array(cells.faulty)).to_pylist(), dtype="str"),
    )
    return pd.DataFrame(dict(zip(FAULT_COLUMNS, columns, strict=True)))


def _one_listing(listings: list[pd.DataFrame]) -> pd.DataFrame:
    listing = pd.concat([no_faults(), *listings])
    return listing.sort_values("row", kind="stable", ignore_index=True)


def _to_pandas(dataset: Dataset, table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.unify_dictionaries().to_pandas(date_as_object=False)
    for column in dataset.columns:
        if column.dtype == "category":
            codes = frame[column.field].cat
            # Without any value pandas cannot see that the categories are texts.
            texts: Any = codes.categories.astype("str")
            frame[column.field] = codes.rename_categories(texts)
    plain = {c.field: c.dtype for c in dataset.columns if c.dtype != "category"}
    return frame.astype(plain)
