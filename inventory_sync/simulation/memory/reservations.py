"""Reservations in memory. Put the rules of ``ledger/reservations.py`` here."""

from collections.abc import Sequence
from dataclasses import replace

from inventory_sync.domain.reservations import MAY_CHANGE, NextStep, Reservation


class MemoryReservations:
    """The part of the ledger that remembers reservations."""

    def __init__(self) -> None:
        super().__init__()
        self._reservations: dict[str, Reservation] = {}

    def reservations(
        self, *, held_only: bool = False, order_id: str | None = None
    ) -> list[Reservation]:
        """As ``Ledger.reservations``."""
        found = [r for r in self._reservations.values() if r.state == "held" or not held_only]
        found = [r for r in found if order_id is None or r.order_id == order_id]
        return sorted(found, key=lambda r: (r.created_at, r.reservation_id))

    def unfinished_reservations(self) -> list[Reservation]:
        """As ``Ledger.unfinished_reservations``."""
        return [r for r in self.reservations() if r.next_step]

    def step_done(self, reservation_id: str, step: NextStep) -> None:
        """As ``Ledger.step_done``."""
        known = self._reservations[reservation_id]
        if known.next_step == step:
            self._reservations[reservation_id] = replace(known, next_step=None)

    def reservation(self, reservation_id: str) -> Reservation | None:
        """As ``Ledger.reservation``."""
        return self._reservations.get(reservation_id)

    def save_reservations(self, reservations: Sequence[Reservation]) -> None:
        """As ``Ledger.save_reservations``."""
        for new in reservations:
            old = self._reservations.get(new.reservation_id)
            if old is None or old.state in {*MAY_CHANGE, new.state}:
                self._reservations[new.reservation_id] = new
