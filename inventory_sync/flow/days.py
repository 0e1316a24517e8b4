"""What day it is at each location of the ERP, and how far ahead the ATP looks from there.

Put here what turns the time zones of the settings and of the ERP into days. The settings know
better than the ERP. Keep out what is promised of a day: that is ``promising.py``.
"""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd

from inventory_sync.domain.atp import Atp, available_to_promise
from inventory_sync.domain.calendar import LocalToday, zone_named
from inventory_sync.domain.covered import Lookahead
from inventory_sync.domain.errors import CalendarRefused
from inventory_sync.domain.quarantine import Judged
from inventory_sync.flow.parts import Parts


def days_of(parts: Parts, locations: pd.DataFrame) -> tuple[LocalToday, list[str]]:
    """What day it is at each location of the ERP, and those whose time zone nobody knows."""
    return local_days(parts, _named(locations))


def days_now(parts: Parts) -> LocalToday:
    """What day it is at each location. Raises what ``extract`` raises."""
    dates = parts.erp.extract((), (), dated=True).dates
    return local_days(parts, dates.zones if dates else {})[0]


def local_days(parts: Parts, named: Mapping[str, str]) -> tuple[LocalToday, list[str]]:
    """The same from the names of time zones by location."""
    zones: dict[str, ZoneInfo] = {}
    unknown = []
    for location, zone in named.items():
        try:
            zones[location] = zone_named(zone)
        except CalendarRefused:
            unknown.append(location)
    for location, place in parts.promises.places.items():
        if place.calendar:
            zones[location] = place.calendar.zone
    return LocalToday(parts.now(), zones), unknown


def lookahead(parts: Parts, named: Mapping[str, str], taken_at: datetime) -> Lookahead | None:
    """How far the ATP looks ahead from the instant of a reading; ``None`` by the method ``stock``.

    ``named``: location -> the time zone that the ERP gives it.
    """
    if not parts.promises.offered:
        return None
    today, unknown = local_days(parts, named)
    timeless = frozenset(unknown) - today.zones.keys()
    return Lookahead(LocalToday(taken_at, today.zones), parts.promises.rules, timeless)


def atp_of(parts: Parts, judged: Judged) -> Atp:
    """The ATP by the method of the settings, as of the instant of the snapshot."""
    snapshot = judged.snapshot
    ahead = lookahead(parts, _named(snapshot.locations), snapshot.taken_at)
    return available_to_promise(judged, snapshot.taken_at, ahead)


def _named(locations: pd.DataFrame) -> dict[str, str]:
    named = locations[["location", "time_zone"]].dropna()
    return dict(named.astype(str).itertuples(index=False, name=None))
