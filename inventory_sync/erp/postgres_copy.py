"""Rows out of PostgreSQL by COPY, in the transaction of the connection that is handed in.

Put what is special about COPY here: its SQL and its CSV. Why COPY and not a cursor, ADBC or
pandas: docs/decisions/0002. Keep out what the texts mean (``conversion``).
"""

from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv as pa_csv
from psycopg import Connection, sql

from inventory_sync.domain.frames import Column, Dataset
from inventory_sync.erp.sql_scope import Scope

BLOCK_BYTES: Final = 4 * 1024 * 1024
"""Text that is collected before it is converted; bounds the memory beside the typed rows."""


def copied_chunks(
    connection: Connection[Any], dataset: Dataset, schema: str, scope: Scope | None
) -> Iterator[pa.Table]:
    """Rows of a dataset as tables of text; extra columns of the view are not sent."""
    statement = sql.SQL("COPY (SELECT {} FROM {} WHERE {}) TO STDOUT (FORMAT csv)").format(
        sql.SQL(", ").join(_selected(column) for column in dataset.columns),
        sql.Identifier(schema, dataset.name),
        scope.postgres(dataset) if scope else sql.SQL("true"),
    )
    names = [column.name for column in dataset.columns]
    block = bytearray()
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in copy:
            block += row  # PostgreSQL sends whole rows, so a block never ends inside a value
            if len(block) >= BLOCK_BYTES:
                yield _parsed(block, names)
                block = bytearray()
    if block:
        yield _parsed(block, names)


def _selected(column: Column) -> sql.Composable:
    name = sql.Identifier(column.name)
    # char(n) sends its padding, which text does not have.
    return sql.SQL("CAST({} AS text)").format(name) if column.kind == "text" else name


def _parsed(block: bytearray, names: list[str]) -> pa.Table:
    return pa_csv.read_csv(
        pa.BufferReader(block),
        read_options=pa_csv.ReadOptions(
            column_names=names, block_size=len(block) + 1, use_threads=False
        ),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        # Everything is text, so '00123', '1E5' and 'NA' stay what they are; null is the empty
        # value without quotes, an empty text has quotes.
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
