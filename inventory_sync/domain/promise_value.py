"""The JSON that a store keeps: the availability of a variant, and the dates of an order's lines.

Put the two formats here. The storefront's reading of the first is
``shopify/extensions/availability-block/assets/profile.js``: both change together. Unknown is a
missing step or a null, and never a date.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from inventory_sync.domain.profile import Profile

VERSION: Final = 1

NOTHING: Final = '{"v":1,"places":[]}'
"""The availability of what is not promised any more: shown as "date on request"."""


@dataclass(frozen=True, slots=True)
class PlaceProfile:
    """What one store location promises; its gid, and its name as buyers read it."""

    store_location_id: str
    name: str
    profile: Profile


@dataclass(frozen=True, slots=True)
class LineDate:
    """When a line of an order ships: ``source`` is whose date it is, None without a date."""

    line_id: str
    sku: str
    ships_on: date | None
    source: str | None


def availability(places: Sequence[PlaceProfile]) -> str:
    """The value of a variant: one profile per store location.

    ``{"v":1,"places":[{"id":"gid://shopify/Location/1001","name":"NYC",
    "until":"2026-12-03T20:00:00Z","steps":[[12,"2026-12-03"],[52,"2026-12-20"]]}]}``
    """
    return _json({"v": VERSION, "places": [_place(each) for each in places]})


def order_dates(lines: Sequence[LineDate]) -> str:
    """The value of an order: the date of each line, and of the whole once every line has one.

    ``{"v":1,"ships_complete_on":"2026-12-03","lines":[{"id":"gid://shopify/LineItem/7",
    "sku":"OAK-TABLE","ships_on":"2026-12-03","source":"erp"}]}``
    """
    days = [each.ships_on for each in lines]
    known = [day for day in days if day is not None]
    complete = max(known) if known and len(known) == len(days) else None
    rows = [
        {
            "id": each.line_id,
            "sku": each.sku,
            "ships_on": each.ships_on and each.ships_on.isoformat(),
            "source": each.source,
        }
        for each in lines
    ]
    whole = complete and complete.isoformat()
    return _json({"v": VERSION, "ships_complete_on": whole, "lines": rows})


def locations_of(value: str) -> list[str]:
    """The store locations of a variant's value that we wrote ourselves."""
    return [place["id"] for place in json.loads(value)["places"]]


def dates_of_lines(value: str) -> dict[str, LineDate]:
    """The lines of an order's value that we wrote ourselves, by line."""
    return {
        row["id"]: LineDate(
            row["id"],
            row["sku"],
            date.fromisoformat(row["ships_on"]) if row["ships_on"] else None,
            row["source"],
        )
        for row in json.loads(value)["lines"]
    }


def same(one: str, other: str) -> bool:
    """Whether two values say the same; a store may write JSON in another way than we do."""
    return one == other or _parsed(one) == _parsed(other)


def promises_less(before: str, after: str, at: datetime) -> bool:
    """Whether some quantity ships later than before from some place, or has lost its date.

    What cannot be read promised nothing, and neither does a place whose dates have ended at the
    instant ``at``: buyers read "date on request" there already.
    """
    now = _steps_by_place(after, at)
    return any(
        (ships := _ships_on(now.get(place, ()), units)) is None or ships > day
        for place, steps in _steps_by_place(before, at).items()
        for units, day in steps
    )


def _place(each: PlaceProfile) -> dict[str, Any]:
    until = each.profile.valid_until
    return {
        "id": each.store_location_id,
        "name": each.name,
        "until": until and until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "steps": [[units, day.isoformat()] for units, day in each.profile.steps],
    }


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _parsed(value: str) -> Any:
    """The content; text that is no JSON stands for itself."""
    try:
        return json.loads(value)
    except ValueError:
        return (value,)


def _steps_by_place(value: str, at: datetime) -> dict[str, list[tuple[int, str]]]:
    """Units and days by place, of those that have not ended at that instant; whatever somebody else
    wrote into it, nothing breaks.
    """
    content = _parsed(value)
    places = content.get("places") if isinstance(content, dict) else None
    found: dict[str, list[tuple[int, str]]] = {}
    for place in places if isinstance(places, list) else ():
        match place:
            case {"id": str(gid), "until": until, "steps": list(steps)} if _is_ahead(until, at):
                found[gid] = [
                    (each[0], each[1])
                    for each in steps
                    if isinstance(each, list)
                    and len(each) == 2
                    and isinstance(each[0], int)
                    and isinstance(each[1], str)
                ]
    return found


def _is_ahead(until: object, at: datetime) -> bool:
    """Whether a place's dates still count; like a storefront, only if it says until when."""
    try:
        end = datetime.fromisoformat(str(until))
    except ValueError:
        return False
    return end.replace(tzinfo=end.tzinfo or UTC) > at


def _ships_on(steps: Sequence[tuple[int, str]], units: int) -> str | None:
    return next((day for most, day in steps if units <= most), None)
