"""Whether units that somebody wants to reserve are there, and whether every store knows of it.

Put here what is asked of the ERP, of the ledger and of the stores before a reservation is promised.
What is written down about it is ``reservations.py``.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from inventory_sync.domain.dirty import DirtySku
from inventory_sync.domain.errors import ReservationRefused
from inventory_sync.domain.few.decide import FewPlan
from inventory_sync.domain.publication import LevelKey, level_keys
from inventory_sync.domain.reservations import Reservation
from inventory_sync.domain.units import SCALE
from inventory_sync.flow.careful_pass import CarefulReport, careful_pass
from inventory_sync.flow.event_pass import EventPasses
from inventory_sync.flow.parts import Parts

LOOKS: Final = 4
"""So often the stores are looked at until all of them show no more than what is left."""

Shown = Mapping[tuple[str, LevelKey], int]
"""(store, level) -> units that the store was seen to show."""


def place(parts: Parts, wanted: Reservation) -> Reservation:
    """Choose where to take the units from: the first store location whose pool holds them, and
    there the ERP location with the most. Raises ``ReservationRefused`` for an unknown SKU.
    """
    with planning(parts) as passes:
        plan = passes.plan({wanted.sku})
    policy = parts.policies[wanted.store]
    chosen = [wanted.store_location_id] if wanted.store_location_id else list(policy.locations)
    pools = {gid: _pool(plan, wanted.store, gid, wanted.sku) for gid in chosen}
    enough = [gid for gid, units in pools.items() if units >= wanted.quantity_units]
    best = enough[0] if enough else max(pools, key=lambda gid: pools[gid])
    places = policy.locations[best]
    erp_location = max(places, key=lambda place: plan.atp.micros.get((wanted.sku, place), 0))
    return replace(wanted, store_location_id=best, erp_location=erp_location)


@contextmanager
def planning(parts: Parts) -> Iterator[EventPasses]:
    """Event passes of which only the plan is wanted."""
    passes = EventPasses(parts)
    try:
        yield passes
    finally:
        passes.close()


def make_sure(
    parts: Parts, passes: EventPasses, wanted: Reservation, *, of_it_reserved: int
) -> None:
    """Every store shows no more than what is left, and the units are there.

    What a store shows less than orders explain was sold to somebody of whom we have not heard.
    Raises ``ReservationRefused``, also when a store cannot be looked at or does not follow.
    """
    trouble: str | None = None
    for _ in range(LOOKS):
        report = careful_pass(parts, [_work(parts, wanted.sku)])
        shown = _shown(report)
        demand_stock(passes.plan({wanted.sku}, shown), wanted, of_it_reserved=of_it_reserved)
        trouble = _trouble(parts, passes.plan({wanted.sku}), report, shown)
        if trouble is None:
            return
        if report.failures:
            break
    raise ReservationRefused(f"{wanted.sku} cannot be reserved now: {trouble}")


def _shown(report: CarefulReport) -> Shown:
    return {
        (store, key): int(units)
        for store, one in report.stores.items()
        for key, units in zip(level_keys(one.rows), one.rows["shown_units"].tolist(), strict=True)
    }


def _trouble(parts: Parts, plan: FewPlan, report: CarefulReport, shown: Shown) -> str | None:
    """Why a store may sell what is reserved, if one may; what was not read there sells nothing."""
    for store, writes in plan.stores.items():
        if not parts.policies[store].live:
            continue
        if store in report.failures and (writes.skus or writes.kept):
            return report.failures[store]
        if writes.busy or writes.careful:
            why = "; ".join(sorted(set(writes.careful.values()))) or "a write has no known outcome"
            return f"what {store} will show is not certain ({why})."
        for change in writes.changes:
            units = min(change.expected_units, shown.get((store, change.key), 0))
            if units > max(change.quantity_units, 0):
                return (
                    f"{store} shows {units} of {change.sku} and should show "
                    f"{change.quantity_units}; `inventory-sync status` may tell why."
                )
    return None


def demand_stock(plan: FewPlan, wanted: Reservation, *, of_it_reserved: int) -> None:
    """Raise ``ReservationRefused`` if the pool, with the units that are its own, is too small."""
    pool = _pool(plan, wanted.store, wanted.store_location_id, wanted.sku)
    if pool + of_it_reserved < wanted.quantity_units:
        raise ReservationRefused(
            f"{wanted.quantity_units} of {wanted.sku} cannot be reserved: "
            f"{max(pool + of_it_reserved, 0)} can be promised at {wanted.store_location_id}."
        )


def _pool(plan: FewPlan, store: str, gid: str, sku: str) -> int:
    """Units that can be promised at a store location, before share and buffer."""
    offer = plan.offers[store].get((gid, sku))
    if offer is None:
        raise ReservationRefused(
            f"{sku} cannot be reserved: the ERP does not count it, or one of its rows is in "
            "quarantine (see `inventory-sync status`)."
        )
    return int(offer.waterfall["pool_micros"] // SCALE)


def _work(parts: Parts, sku: str) -> DirtySku:
    now = parts.now()
    return DirtySku("store_orders", sku, 0, now, now, "reservation", 1)
