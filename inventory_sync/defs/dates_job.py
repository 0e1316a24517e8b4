"""The job that keeps the dates of all stores true, and when it runs.

Put here what is about dates alone; quantities are published by the jobs in ``jobs.py``.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Final

import dagster as dg

from inventory_sync.domain.calendar import zone_named
from inventory_sync.settings import Settings
from inventory_sync.settings.model import PromiseLocation

_MINUTES_LATER: Final = 3
_WINTER_AND_SUMMER: Final = (date(2026, 1, 1), date(2026, 7, 1))


def dates_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """Compute the dates anew every hour, soon after cut-offs strike.

    What is published ends at the next cut-off; from then on buyers read "date on request".
    """
    stores = settings.stores
    promised = [dg.AssetKey(["stores", name, "published_promises"]) for name in stores]
    levels = [dg.AssetKey(["stores", name, "published_quantities"]) for name in stores]
    kept = dg.AssetKey(["orders", "promise_slips"])
    needed = dg.AssetSelection.assets(*promised, kept).upstream().required_multi_asset_neighbors()
    job = dg.define_asset_job(
        "promises_sync",
        selection=needed - dg.AssetSelection.assets(*levels),
        description="Read the ERP and bring the dates of every store and of placed orders up to "
        "date, for what full_sync has published, and keep what is promised in the promise ledger. "
        "Quantities stay as they are. Safe at any time.",
        tags={"inventory_sync/kind": "promises"},
    )
    return dg.ScheduleDefinition(
        name="promises",
        job=job,
        cron_schedule=f"{_minutes(settings.promise.locations.values())} * * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def _minutes(places: Iterable[PromiseLocation]) -> str:
    """The minutes of an hour at which a cut-off has just struck somewhere.

    Not every cut-off is at a full hour, nor every time zone whole hours away from another.
    """
    struck = {
        datetime.combine(day, time.fromisoformat(place.cutoff), zone_named(place.time_zone))
        .astimezone(UTC)
        .minute
        for place in places
        for day in _WINTER_AND_SUMMER
    }
    minutes = sorted((minute + _MINUTES_LATER) % 60 for minute in struck or {0})
    return ",".join(map(str, minutes))
