"""The availability profile: every promise of a SKU at a place, small enough for a storefront.

Put here how a ladder becomes the list that a shop's page looks a date up in. Keep out where it is
kept and how it is shown.
"""

import json
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from inventory_sync.domain.promise import Departures, Ladder
from inventory_sync.domain.units import SCALE

Steps = tuple[tuple[int, date], ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """Up to ``steps[i][0]`` units ship on ``steps[i][1]``; more than the last has no date.

    ``valid_until``: the instant after which the same projection gives other dates, for the cut-off
    has passed, or the first date. None when there is no date at all.
    """

    steps: Steps
    valid_until: datetime | None

    def ships_on(self, quantity_units: int) -> date | None:
        """What a storefront does: the date of the first step that is not below the quantity."""
        at = bisect_left(self.steps, quantity_units, key=lambda step: step[0])
        return self.steps[at][1] if at < len(self.steps) else None

    def as_json(self) -> str:
        """``[[12,"2026-12-03"],[40,"2026-12-20"]]``."""
        return _json(self.steps)


def profile(ladder: Ladder, departures: Departures, *, most_bytes: int) -> Profile:
    """The ladder in whole units, in at most so many bytes of JSON.

    Where it is too long, the last steps are merged: their quantities get the last date, which is
    later, never earlier. If not even one step fits, there is no date.
    """
    return profile_of(_whole_units(ladder), departures, most_bytes=most_bytes)


def profile_of(steps: Steps, departures: Departures, *, most_bytes: int) -> Profile:
    """The same for steps in whole units that are known already: rising units, rising dates."""
    fitting = _fitting(steps, most_bytes)
    return Profile(fitting, _valid_until(fitting, departures) if fitting else None)


def together(profiles: Sequence[Profile], *, most_bytes: int) -> Profile:
    """What several places can ship between them: on each date, the sum of what each has by then.

    As the pool of a store location is the sum over its ERP locations (design 5). A quantity may
    leave in several parts, the last of them on its date. Valid as long as each of the parts is.
    """
    dated = [each for each in profiles if each.steps]
    if len(dated) < 2:
        return dated[0] if dated else Profile((), None)
    arrivals = sorted(
        (day, units - before)
        for each in dated
        for (units, day), before in zip(
            each.steps, (0, *(units for units, _ in each.steps)), strict=False
        )
    )
    by_date: dict[date, int] = {}
    in_all = 0
    for day, more in arrivals:
        by_date[day] = in_all = in_all + more
    steps = _fitting(tuple((units, day) for day, units in by_date.items()), most_bytes)
    ends = [each.valid_until for each in dated if each.valid_until]
    return Profile(steps, min(ends) if steps else None)


def _whole_units(ladder: Ladder) -> Steps:
    """One step for each date, with the most units that ship on it."""
    most_by_date: dict[date, int] = {}
    reached = 0
    for rung in ladder.rungs:
        units = rung.micros // SCALE
        if units > reached:
            most_by_date[rung.ships_on] = reached = units
    return tuple((units, day) for day, units in most_by_date.items())


def _fitting(steps: Steps, most_bytes: int) -> Steps:
    """The steps, or the longest beginning of them that fits together with the last one."""
    if len(_json(steps)) <= most_bytes:
        return steps
    for kept in range(len(steps) - 2, -1, -1):
        merged = (*steps[:kept], steps[-1])
        if len(_json(merged)) <= most_bytes:
            return merged
    return ()


def _valid_until(steps: Steps, departures: Departures) -> datetime:
    calendar = departures.place.calendar
    day_after = steps[0][1] + timedelta(days=1)
    passes = datetime.combine(day_after, time(), departures.place.zone).astimezone(UTC)
    if calendar is None:
        return passes
    return min(passes, calendar.cutoff_at(calendar.counts_on(departures.asked_at)))


def _json(steps: Sequence[tuple[int, date]]) -> str:
    return json.dumps([[units, day.isoformat()] for units, day in steps], separators=(",", ":"))
