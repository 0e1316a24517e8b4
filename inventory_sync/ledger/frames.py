"""Many rows in and out of the ledger: frames become SQL tables and back.

Put here how rows travel. Keep out which rows are meant: each statement stands beside the method
that runs it, and names the rows brought along ``given``.
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
import psycopg
import pyarrow as pa
from pyarrow import csv
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    DateTime,
    Select,
    TextClause,
    text,
)

from inventory_sync.ledger.database import unavailable

_DTYPES: Final = {"text": "str", "bigint": "Int64", "boolean": "boolean"}


def read_frame(connection: Connection, query: Select[Any]) -> pd.DataFrame:
    """The rows of a query of texts, integers, booleans and times, by COPY: measured twice as fast
    as rows that are fetched.

    Integers are ``int64``, nullable ones ``Int64``; texts ``str``; times ``datetime64[us, UTC]``.
    """
    columns = list(query.selected_columns)
    types = {column.name: _arrow_type(column) for column in columns}
    table = _parse(_copy_out(connection, query), types)
    frame: pd.DataFrame = table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    sure = {c.name: kind for c in columns if (kind := _numpy_type(c)) and not _nullable(c)}
    return frame.astype(sure)


def stage(connection: Connection, rows: pd.DataFrame, types: Mapping[str, str]) -> None:
    """Bring a frame along as the temporary table ``given``, which lasts until the commit.

    For any number of rows: a million come along in under a second.
    """
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    connection.execute(text(f"create temporary table given ({columns}) on commit drop"))
    buffer = io.BytesIO()
    typed = rows[list(types)].astype({name: _DTYPES[kind] for name, kind in types.items()})
    table = pa.Table.from_pandas(typed, preserve_index=False)
    csv.write_csv(table, buffer, csv.WriteOptions(include_header=False))
    with _named_failures(connection):
        cursor = connection.connection.cursor()
        with cursor.copy("copy given from stdin (format csv)") as target:
            target.write(buffer.getbuffer())
    # Nobody else analyses a temporary table, and the plan for ten rows is not that for a million.
    connection.execute(text("analyze given"))


def given(**types: str) -> str:
    """The SQL of a table named ``given`` with these columns, out of the parameter ``rows``.

    For the rows of one call or order: a temporary table would cost a round trip more.
    """
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    return f"json_to_recordset(cast(:rows as json)) as given({columns})"


def pruning(table: str, condition: str, *, at_most: int = 1000) -> TextClause:
    """The statement that deletes some of the rows that nobody needs any more, in passing.

    Rows that somebody else is deleting are left to them.
    """
    return text(f"""
        delete from {table} where ctid = any(array(
            select ctid from {table} where {condition} limit {at_most} for update skip locked))""")


def as_rows(rows: Iterable[Mapping[str, Any]]) -> str:
    """The parameter ``rows`` of ``given``; times become text, what is no number is refused."""
    return json.dumps(list(rows), default=_plain, allow_nan=False)


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} cannot be kept in the ledger.")


@contextmanager
def _named_failures(connection: Connection) -> Iterator[None]:
    """A COPY goes past SQLAlchemy, so its failures are named here."""
    try:
        yield
    except psycopg.OperationalError as failure:
        raise unavailable(connection.engine.url, failure) from failure


def _copy_out(connection: Connection, query: Select[Any]) -> io.BytesIO:
    compiled = query.compile(dialect=connection.dialect)
    buffer = io.BytesIO()
    with _named_failures(connection):
        cursor = connection.connection.cursor()
        with cursor.copy(f"copy ({compiled}) to stdout (format csv)", compiled.params) as rows:
            for block in rows:
                buffer.write(block)
    return buffer


def _parse(buffer: io.BytesIO, types: Mapping[str, pa.DataType]) -> pa.Table:
    """CSV as PostgreSQL writes it: null is empty, an empty text is quoted."""
    if buffer.tell() == 0:
        return pa.schema(types).empty_table()
    buffer.seek(0)
    return csv.read_csv(
        buffer,
        read_options=csv.ReadOptions(column_names=list(types)),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=types,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _arrow_type(column: ColumnElement[Any]) -> pa.DataType:
    if isinstance(column.type, BigInteger):
        return pa.int64()
    if isinstance(column.type, DateTime):
        return pa.timestamp("us", tz="UTC")
    if isinstance(column.type, Boolean):
        return pa.bool_()
    return pa.string()


def _numpy_type(column: ColumnElement[Any]) -> str | None:
    """What a column without nulls becomes, even if it has no rows."""
    if isinstance(column.type, BigInteger):
        return "int64"
    return "bool" if isinstance(column.type, Boolean) else None


def _nullable(column: ColumnElement[Any]) -> bool:
    return bool(getattr(column, "nullable", False))
