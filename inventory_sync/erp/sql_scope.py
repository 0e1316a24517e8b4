"""Which rows of the contract are read: all of them, or those about a few SKUs.

Put here how a restriction is said in SQL. Keep out who belongs to a few SKUs: that is
``sql_extract.py``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import sql
from sqlalchemy import ColumnElement, column, false, or_

from inventory_sync.domain.frames import Dataset

_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "products": ("sku",),
    "components": ("kit_sku", "component_sku"),
    "stock": ("sku",),
    "commitments": ("sku",),
    "supply": ("sku",),
    "promise_dates": ("sku",),
    "acknowledged_orders": ("external_order_id",),
}
"""By which columns each dataset is restricted; others are read whole."""

_IN_AT_ONCE: Final = 500  # SQLite takes few parameters in a statement


def is_storable(value: str) -> bool:
    """Whether PostgreSQL can hold the text; of what it cannot, it has no row either."""
    return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


@dataclass(frozen=True)
class Scope:
    """Rows of these SKUs, and acknowledgements of these orders."""

    skus: tuple[str, ...]
    order_ids: tuple[str, ...]

    def values(self, dataset: Dataset) -> Sequence[str]:
        """What the key columns of the dataset may hold."""
        return self.order_ids if dataset.name == "acknowledged_orders" else self.skus

    def postgres(self, dataset: Dataset) -> sql.Composable:
        """The condition for PostgreSQL with its values in it, for COPY takes no parameters."""
        keys = _KEYS.get(dataset.name)
        if keys is None:
            return sql.SQL("true")
        values = sql.Literal([value for value in self.values(dataset) if is_storable(value)])
        parts = [sql.SQL("{} = any({})").format(sql.Identifier(key), values) for key in keys]
        return sql.SQL(" or ").join(parts)

    def portable(self, dataset: Dataset) -> ColumnElement[bool] | None:
        """The condition for any database; ``None`` where everything is read."""
        keys = _KEYS.get(dataset.name)
        if keys is None:
            return None
        values = list(self.values(dataset))
        parts = [values[at : at + _IN_AT_ONCE] for at in range(0, len(values), _IN_AT_ONCE)]
        columns: list[ColumnElement[Any]] = [column(key) for key in keys]
        return or_(false(), *(each.in_(part) for each in columns for part in parts))
