"""Reservations as they are now: who holds how much for which order, and how it ended.

Put reading and writing of reservations here. Keep out their deduction: that is a line of the order
ledger (``orders``).
"""

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Final

from sqlalchemy import ColumnElement, Connection, Engine, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from inventory_sync.domain.reservations import MAY_CHANGE, NextStep, Reservation
from inventory_sync.ledger.tables_reservations import reservations

_FIELDS: Final = tuple(field.name for field in fields(Reservation))


class Reservations:
    """The part of the ledger that remembers reservations."""

    _engine: Engine

    def reservations(
        self, *, held_only: bool = False, order_id: str | None = None
    ) -> list[Reservation]:
        """Reservations, oldest first; ``held_only``: those that wait for a decision."""
        conditions = [reservations.c.state == "held"] if held_only else []
        conditions += [reservations.c.order_id == order_id] if order_id else []
        return self._read(*conditions)

    def unfinished_reservations(self) -> list[Reservation]:
        """Those with a step that is still to be done, oldest first."""
        return self._read(reservations.c.next_step.is_not(None))

    def reservation(self, reservation_id: str) -> Reservation | None:
        """One reservation, whatever its state."""
        found = self._read(reservations.c.reservation_id == reservation_id)
        return found[0] if found else None

    def save_reservations(self, changed: Sequence[Reservation]) -> None:
        """Write reservations as they are now (new or changed; by reservation_id).

        One that has ended stays in the state it ended in, whoever comes later with another.
        """
        with self._engine.begin() as connection:
            put_reservations(connection, changed)

    def step_done(self, reservation_id: str, step: NextStep) -> None:
        """Note that a step is done; another one that was asked for meanwhile stays."""
        statement = (
            update(reservations)
            .where(
                reservations.c.reservation_id == reservation_id, reservations.c.next_step == step
            )
            .values(next_step=None)
        )
        with self._engine.begin() as connection:
            connection.execute(statement)

    def _read(self, *conditions: ColumnElement[bool]) -> list[Reservation]:
        table = reservations.c
        query = (
            select(*(table[name] for name in _FIELDS))
            .where(*conditions)
            .order_by(table.created_at, table.reservation_id)
        )
        with self._engine.connect() as connection:
            return [Reservation(*row) for row in connection.execute(query)]


def put_reservations(connection: Connection, changed: Sequence[Reservation]) -> None:
    """``save_reservations`` as a part of a transaction."""
    if not changed:
        return
    statement = insert(reservations)
    new = statement.excluded
    old = reservations.c
    upsert = statement.on_conflict_do_update(
        index_elements=["reservation_id"],
        set_={name: new[name] for name in _FIELDS},
        where=or_(*(old.state == state for state in sorted(MAY_CHANGE)), old.state == new.state),
    )
    rows = sorted(changed, key=lambda reservation: reservation.reservation_id)
    connection.execute(upsert, [asdict(reservation) for reservation in rows])
