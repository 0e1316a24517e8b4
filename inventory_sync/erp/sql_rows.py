"""Rows out of any database that SQLAlchemy speaks to, in batches, as tables of text.

Put the portable way of reading here. Keep out what a vendor does better (``postgres_copy``) and
what the texts mean (``conversion``).
"""

from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
from sqlalchemy import Connection, Select, column, select, table

from inventory_sync.domain.frames import Dataset
from inventory_sync.erp.sql_scope import Scope

BATCH_ROWS: Final = 20_000


def row_chunks(
    connection: Connection, dataset: Dataset, schema: str | None, scope: Scope | None
) -> Iterator[pa.Table]:
    """Rows of a dataset as tables of text.

    ``str`` of a float is the shortest decimal that denotes it, and of a decimal or a time it is
    exact, so nothing is lost on the way.
    """
    names = [c.name for c in dataset.columns]
    # Columns without a type: SQLAlchemy then hands over the driver's values untouched.
    statement: Select[*tuple[Any, ...]] = select(*(column(name) for name in names)).select_from(
        table(dataset.name, *(column(name) for name in names), schema=schema)
    )
    condition = scope.portable(dataset) if scope else None
    if condition is not None:
        statement = statement.where(condition)
    # The option must stay on this statement, for those of a connection outlive it.
    rows = connection.execute(statement, execution_options={"yield_per": BATCH_ROWS})
    for batch in rows.partitions():
        columns = zip(*batch, strict=True)
        yield pa.table({name: _texts(values) for name, values in zip(names, columns, strict=True)})


def _texts(values: tuple[object, ...]) -> pa.Array:
    return pa.array([None if value is None else str(value) for value in values], pa.string())
