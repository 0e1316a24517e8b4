"""How a business step of the demo ERP runs: one transaction, allowed by the document's state.

Put what every step needs here. Keep the steps out: they are in ``sales_steps.py`` and
``supply_steps.py``. What follows from a step (balances, the change log, the announcement) is in
``triggers.sql``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, text
from sqlalchemy.exc import IntegrityError

from inventory_sync.sandbox.office import OfficeRefused

_NUMBER_COLUMNS = {
    "sales_orders": "order_no",
    "purchase_orders": "order_no",
    "production_orders": "order_no",
    "transfers": "transfer_no",
    "reservations": "reservation_no",
}


class AcmeRefused(OfficeRefused):
    """Acme's ERP does not allow this step; the message says why."""


class Steps:
    """Steps on the ERP in the database that ``database.create`` has built.

    Every step raises ``AcmeRefused`` when it is not allowed; then nothing has changed.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except IntegrityError as error:
            raise AcmeRefused(f"The ERP's own rules forbid it: {error.orig}") from error

    def _move_on(self, table: str, number: str, *, to: str, allowed: tuple[str, ...]) -> None:
        """The whole step when it is only a new state."""
        with self._transaction() as connection:
            require_state(connection, table, number, allowed)
            set_state(connection, table, number, to)


def run(connection: Connection, statement: str, **parameters: object) -> CursorResult[Any]:
    """Run one statement with ``:name`` parameters."""
    return connection.execute(text(statement), parameters)


def next_number(connection: Connection, prefix: str) -> str:
    """The number of a new document, such as SO-50001."""
    number = run(connection, "SELECT nextval('acme.document_numbers')").scalar_one()
    return f"{prefix}-{number}"


def require_state(
    connection: Connection, table: str, number: str, allowed: tuple[str, ...]
) -> None:
    """Lock a document and make sure that it is in one of the allowed states."""
    column = _NUMBER_COLUMNS[table]
    state = run(
        connection, f"SELECT state FROM acme.{table} WHERE {column} = :no FOR UPDATE", no=number
    ).scalar()
    if state is None:
        raise AcmeRefused(f"There is no {number} among the {table.replace('_', ' ')}.")
    if state not in allowed:
        raise AcmeRefused(f"{number} is {state}; this step needs it {' or '.join(allowed)}.")


def set_state(connection: Connection, table: str, number: str, state: str) -> None:
    """Give a document its new state."""
    column = _NUMBER_COLUMNS[table]
    run(
        connection,
        f"UPDATE acme.{table} SET state = :state WHERE {column} = :no",
        state=state,
        no=number,
    )
