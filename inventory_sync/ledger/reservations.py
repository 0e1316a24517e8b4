"""Reservations as they are now: who holds how much for which order, and how it ended.

Put reading and writing of reservations here. Keep out their deduction: that is a line of the order
ledger (``orders``).
"""

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Final

from sqlalchemy import Connection, Engine, or_, select
from sqlalchemy.dialects.postgresql import insert

from inventory_sync.domain.reservations import Reservation
from inventory_sync.ledger.schema import reservations

_FIELDS: Final = tuple(field.name for field in fields(Reservation))


class Reservations:
    """The part of the ledger that remembers reservations."""

    _engine: Engine

    def reservations(self, *, held_only: bool = False) -> list[Reservation]:
        """Reservations, oldest first; ``held_only``: those that wait for a decision."""
        table = reservations.c
        query = select(*(table[name] for name in _FIELDS)).order_by(
            table.created_at, table.reservation_id
        )
        if held_only:
            query = query.where(table.state == "held")
        with self._engine.connect() as connection:
            return [Reservation(*row) for row in connection.execute(query)]

    def reservation(self, reservation_id: str) -> Reservation | None:
        """One reservation, whatever its state."""
        table = reservations.c
        query = select(*(table[name] for name in _FIELDS)).where(
            table.reservation_id == reservation_id
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Reservation(*row)

    def save_reservations(self, changed: Sequence[Reservation]) -> None:
        """Write reservations as they are now (new or changed; by reservation_id).

        One that has ended stays in the state it ended in, whoever comes later with another.
        """
        with self._engine.begin() as connection:
            put_reservations(connection, changed)


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
        where=or_(old.state == "held", old.state == new.state),
    )
    rows = sorted(changed, key=lambda reservation: reservation.reservation_id)
    connection.execute(upsert, [asdict(reservation) for reservation in rows])
