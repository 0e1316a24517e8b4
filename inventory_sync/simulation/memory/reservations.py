"""Reservations in memory. Put the rules of ``ledger/reservations.py`` here."""

from collections.abc import Sequence

from inventory_sync.domain.reservations import Reservation


class MemoryReservations:
    """The part of the ledger that remembers reservations."""

    def __init__(self) -> None:
        super().__init__()
        self._reservations: dict[str, Reservation] = {}

    def reservations(self, *, held_only: bool = False) -> list[Reservation]:
        """As ``Ledger.reservations``."""
        found = [r for r in self._reservations.values() if r.state == "held" or not held_only]
        return sorted(found, key=lambda r: (r.created_at, r.reservation_id))

    def reservation(self, reservation_id: str) -> Reservation | None:
        """As ``Ledger.reservation``."""
        return self._reservations.get(reservation_id)

    def save_reservations(self, reservations: Sequence[Reservation]) -> None:
        """As ``Ledger.save_reservations``."""
        for new in reservations:
            old = self._reservations.get(new.reservation_id)
            if old is None or old.state in {"held", new.state}:
                self._reservations[new.reservation_id] = new
