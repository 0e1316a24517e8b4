"""The kinds of columns that the ledger's tables are made of, and the schema that they stand in.

Put here what every table of ``schema`` shares. Keep the tables themselves out.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, DateTime, MetaData, Text

SCHEMA: Final = "inventory_sync"

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    },
)


def words(name: str, *, nullable: bool = False) -> Column[str]:
    """A column of text."""
    return Column(name, Text, nullable=nullable)


def number(name: str, *, nullable: bool = False) -> Column[int]:
    """A column of whole numbers; units of stock are such."""
    return Column(name, BigInteger, nullable=nullable)


def instant(name: str, *, nullable: bool = False) -> Column[object]:
    """A column of instants."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def truth(name: str) -> Column[bool]:
    """A column of yes or no."""
    return Column(name, Boolean, nullable=False)


def one_of(column: str, *values: str) -> CheckConstraint:
    """The column holds one of these words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({listed})", name=column)
