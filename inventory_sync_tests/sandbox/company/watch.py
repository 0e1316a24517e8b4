"""What one step of the ERP changes in the contract, as sets of rows before and after."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, text

from inventory_sync.sandbox.company.seed import DEMO_SEED

SEED = DEMO_SEED
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

# Without updated_at: touching a document is no change of its meaning.
_COLUMNS = {
    "stock": "sku, location, physical, unavailable",
    "commitments": "commitment_id, sku, location, quantity, kind",
    "supply": "supply_id, sku, location, quantity, kind, confirmed",
    "acknowledged_orders": "external_order_id, external_line_id, quantity",
}
_PLACE = {"stock": (0, 1), "commitments": (1, 2), "supply": (1, 2)}
_EVENTS = "SELECT event_id, kind, sku, location, document FROM erp_contract.events"

Rows = dict[str, set[tuple[Any, ...]]]


@dataclass
class Change:
    """Rows that vanished and rows that came, per dataset; and the events, without their ids."""

    gone: Rows = field(default_factory=dict)
    new: Rows = field(default_factory=dict)
    events: list[tuple[str, str | None, str | None, str | None]] = field(default_factory=list)

    @property
    def places(self) -> set[tuple[str, str]]:
        """(SKU, location) of every row of stock, commitments and supply that differs."""
        return {
            (row[_PLACE[dataset][0]], row[_PLACE[dataset][1]])
            for rows in (self.gone, self.new)
            for dataset in _PLACE
            for row in rows.get(dataset, ())
        }

    @property
    def event_places(self) -> set[tuple[str | None, str | None]]:
        return {(sku, location) for _, sku, location, _ in self.events}

    @property
    def kinds(self) -> set[str]:
        return {kind for kind, *_ in self.events}


@contextmanager
def watching(engine: Engine) -> Iterator[Change]:
    """``with watching(engine) as change: step`` fills ``change`` when the step is done."""
    change = Change()
    before, last_event_id = _contract(engine), _last_event_id(engine)
    yield change
    after = _contract(engine)
    for dataset in _COLUMNS:
        if gone := before[dataset] - after[dataset]:
            change.gone[dataset] = gone
        if new := after[dataset] - before[dataset]:
            change.new[dataset] = new
    with engine.connect() as connection:
        rows = connection.execute(
            text(f"{_EVENTS} WHERE event_id > :last ORDER BY event_id"), {"last": last_event_id}
        )
        change.events = [tuple(row)[1:] for row in rows]


def _contract(engine: Engine) -> Rows:
    with engine.connect() as connection:
        return {
            dataset: {
                tuple(row)
                for row in connection.execute(text(f"SELECT {columns} FROM erp_contract.{dataset}"))
            }
            for dataset, columns in _COLUMNS.items()
        }


def _last_event_id(engine: Engine) -> int:
    with engine.connect() as connection:
        last = connection.execute(text("SELECT max(event_id) FROM erp_contract.events"))
        return int(last.scalar_one() or 0)
