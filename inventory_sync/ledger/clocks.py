"""Clocks: when commitments end, so that a lane looks at their SKUs by the clock, not by chance.

Put setting and ringing here. Keep out which commitments end and when: that is read from the ERP.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Engine, func, select, text

from inventory_sync.domain.dirty import Clock, Mark
from inventory_sync.ledger.dirty import put_on_list
from inventory_sync.ledger.frames import as_rows, given
from inventory_sync.ledger.locks import wait_for_turn
from inventory_sync.ledger.schema import commitment_clocks

# What was set from later figures stays.
_STOP: Final = """
    delete from inventory_sync.commitment_clocks where set_at <= :at {restriction}"""
_STOP_ALL: Final = text(_STOP.format(restriction=""))
_STOP_SOME: Final = text(_STOP.format(restriction="and sku = any(:skus)"))

_CLOCK: Final = {"commitment_id": "text", "sku": "text", "rings_at": "timestamptz"}
_SET: Final = text(f"""
    insert into inventory_sync.commitment_clocks as clock (set_at, {", ".join(_CLOCK)})
    select :at, {", ".join(_CLOCK)} from {given(**_CLOCK)}
    on conflict (commitment_id) do update
    set sku = excluded.sku, rings_at = excluded.rings_at, set_at = excluded.set_at
    where clock.set_at <= excluded.set_at""")

_RING: Final = text("""
    delete from inventory_sync.commitment_clocks where rings_at <= :now returning sku, rings_at""")


class Clocks:
    """The part of the ledger that knows when commitments end."""

    _engine: Engine

    def set_clocks(
        self, skus: Collection[str] | None, clocks: Sequence[Clock], *, at: datetime
    ) -> None:
        """Replace the clocks of some SKUs (``None``: of all) by those of a reading of the ERP.

        ``at`` is when it was read: a clock that was set from a later reading stays as it is. Of
        two clocks of one commitment the earlier counts.
        """
        earliest: dict[str, Clock] = {}
        for clock in sorted(clocks, key=lambda clock: clock.rings_at):
            earliest.setdefault(clock.commitment_id, clock)
        rows = as_rows({n: getattr(c, n) for n in _CLOCK} for c in earliest.values())
        with self._engine.begin() as connection:
            wait_for_turn(connection, "commitment_clocks")
            if skus is None:
                connection.execute(_STOP_ALL, {"at": at})
            else:
                connection.execute(_STOP_SOME, {"at": at, "skus": list(skus)})
            if earliest:
                connection.execute(_SET, {"at": at, "rows": rows})

    def next_clock(self) -> datetime | None:
        """When the next commitment ends, by our clock; ``None`` when none does."""
        with self._engine.connect() as connection:
            first: datetime | None = connection.scalar(
                select(func.min(commitment_clocks.c.rings_at))
            )
        return first

    def ring_clocks(self, *, now: datetime) -> list[str]:
        """Mark the SKUs whose commitments have ended in lane ``hold_events``; the SKUs, sorted.

        Each clock rings once: it is gone with the same transaction that marks its SKU.
        """
        with self._engine.begin() as connection:
            rung = connection.execute(_RING, {"now": now}).all()
            marks = [Mark(row.sku, row.rings_at, row.rings_at, "expired") for row in rung]
            if marks:
                put_on_list(connection, "hold_events", marks)
        return sorted({mark.sku for mark in marks})
