"""What a database offers, held against the contract: names and declared types of columns.

Put the rules of which database type serves which kind here. Keep rows out: a wrong value in a
right column is a fault of that row, not of the contract.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, inspect, types
from sqlalchemy.dialects.postgresql import DOMAIN
from sqlalchemy.engine.reflection import ObjectKind

from inventory_sync.domain.frames import DATASETS, SQL_TYPES, Column, Dataset, Kind

_NUMBERS: Final = (types.Numeric, types.Float, types.Integer)
_SERVING: Final[Mapping[Kind, tuple[type[types.TypeEngine[Any]], ...]]] = {
    "text": (types.String,),
    "quantity": _NUMBERS,
    "boolean": (types.Boolean,),
    "date": (types.Date,),
    "timestamp": (types.DateTime,),
    "integer": (types.Integer,),
}
# SQLite knows neither booleans nor times: they are 0 and 1, and ISO text in a column of any
# declaration. A column of a view often has no declared type at all (NullType).
_SERVING_SQLITE: Final = {
    "text": (types.String, types.NullType),
    "quantity": (*_NUMBERS, types.NullType),
    "boolean": (types.Boolean, *_NUMBERS, types.NullType),
    "date": (types.Date, types.String, types.Numeric, types.NullType),
    "timestamp": (types.DateTime, types.String, types.Numeric, types.NullType),
    "integer": (types.Integer, types.NullType),
}
_LISTED_COLUMNS: Final = 20


@dataclass(frozen=True, slots=True)
class Found:
    """The tables and views of contract names in a schema, with their columns' declared types.

    ``schema`` is ``None`` where the database has no schemas.
    """

    dialect: str
    schema: str | None
    schema_exists: bool
    columns: Mapping[str, Mapping[str, types.TypeEngine[Any]]]


def found_datasets(connection: Connection, schema: str | None) -> Found:
    """Look the datasets up in the database's catalogue, views included."""
    inspector = inspect(connection)
    tables = inspector.get_multi_columns(
        schema=schema, filter_names=list(DATASETS), kind=ObjectKind.ANY
    )
    return Found(
        dialect=connection.dialect.name,
        schema=schema,
        schema_exists=bool(tables) or schema is None or inspector.has_schema(schema),
        columns={
            name: {column["name"]: column["type"] for column in columns}
            for (_, name), columns in tables.items()
        },
    )


def problems_of(datasets: Sequence[Dataset], found: Found) -> list[str]:
    """Every way in which the found columns break the contract, one sentence each."""
    if not found.schema_exists:
        return [
            f"Schema {found.schema} does not exist in the ERP database: create the contract views"
            " there, or name their schema under erp.schema."
        ]
    return [problem for dataset in datasets for problem in _dataset_problems(dataset, found)]


def _dataset_problems(dataset: Dataset, found: Found) -> list[str]:
    offered = found.columns.get(dataset.name)
    if offered is None:
        return [] if dataset.optional else [_missing_dataset(dataset, found)]
    problems = (_column_problem(dataset, column, offered, found) for column in dataset.columns)
    return [problem for problem in problems if problem is not None]


def _missing_dataset(dataset: Dataset, found: Found) -> str:
    names = ", ".join(column.name for column in dataset.columns)
    return (
        f"Dataset {dataset.name} is missing{_place(found)}: create a view of that name with the"
        f" columns {names}."
    )


def _column_problem(
    dataset: Dataset,
    column: Column,
    offered: Mapping[str, types.TypeEngine[Any]],
    found: Found,
) -> str | None:
    due = SQL_TYPES[column.kind]
    if column.name not in offered:
        return (
            f"Dataset {dataset.name}{_place(found)} has no column {column.name} ({due}); it has"
            f" {_listed(offered)}: add the column to the view."
        )
    declared = offered[column.name]
    if _serves(declared, column.kind, found.dialect):
        return None
    return (
        f"Column {column.name} of dataset {dataset.name}{_place(found)} is {_spelled(declared)},"
        f" but the contract asks for {due}: convert it in the view."
    )


def _serves(declared: types.TypeEngine[Any], kind: Kind, dialect: str) -> bool:
    if isinstance(declared, DOMAIN):
        return _serves(declared.data_type, kind, dialect)
    if dialect == "sqlite":
        return isinstance(declared, _SERVING_SQLITE[kind])
    if dialect != "postgresql":
        # Elsewhere a boolean is often a small number; a time without zone is read as UTC.
        return isinstance(declared, _SERVING[kind]) or (
            kind == "boolean" and isinstance(declared, _NUMBERS)
        )
    if kind == "timestamp" and not getattr(declared, "timezone", False):
        return False  # its meaning would depend on the session that reads it
    return isinstance(declared, _SERVING[kind])


def _spelled(declared: types.TypeEngine[Any]) -> str:
    if isinstance(declared, types.NullType):
        return "of a type that is not known here"
    if isinstance(declared, types.DateTime) and not declared.timezone:
        return f"{declared} without time zone".lower()
    return str(declared).lower()


def _listed(offered: Mapping[str, object]) -> str:
    names = sorted(offered)
    shown = ", ".join(names[:_LISTED_COLUMNS])
    return f"{shown} and more" if len(names) > _LISTED_COLUMNS else shown or "no columns"


def _place(found: Found) -> str:
    return "" if found.schema is None else f" in schema {found.schema}"
