"""What the queries about inventory levels share: how SQL and Python name a level.

Put here only what both ``intents`` and ``publications`` need.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import ARRAY, Row, Text, bindparam, func

from inventory_sync.domain.publication import LevelKey

LEVEL: Final = {"inventory_item_id": "text", "store_location_id": "text"}
"""The columns of a level in a table of ``frames.given``."""


def same_level(alias: str, store: str = ":store") -> str:
    """The SQL condition that a row of ``alias`` is the level of ``given`` in ``store``."""
    return (
        f"{alias}.store = {store} and {alias}.inventory_item_id = given.inventory_item_id "
        f"and {alias}.store_location_id = given.store_location_id"
    )


def level_keys(rows: Sequence[Row[Any]]) -> set[LevelKey]:
    """The levels that a query returned."""
    return {LevelKey(row.inventory_item_id, row.store_location_id) for row in rows}


def any_of(values: Iterable[str]) -> Any:
    """``any(array)``: a comparison with many texts in a single parameter."""
    return func.any(bindparam(None, list(values), ARRAY(Text)))
