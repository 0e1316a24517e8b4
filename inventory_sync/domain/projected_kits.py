"""Projected ATP of kits: on each day, what the parts allow at one location.

Put here how the step functions of parts become those of kits. Keep the parts list and the order of
kits in ``kits.py``; the rule is the same (design 5), day by day: a promise of kits on a day takes
all parts on that day, and what can be promised of each part already looks ahead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inventory_sync.domain.kits import MOST_KITS, Kits
from inventory_sync.domain.units import SCALE

PAIR_STEPS: Final = ("sku", "location", "day", "atp_micros", "certainty")
"""Columns of steps whose ``day`` counts from today; sorted by SKU, location and day."""


@dataclass(frozen=True)
class _Levels:
    """What can be promised of one SKU: rows are all locations, columns are days.

    ``known``: whether the SKU has steps there; where it has none, everything is 0.
    """

    micros: NDArray[np.int64]
    certainty: NDArray[np.int8]
    known: NDArray[np.bool_]


@dataclass(frozen=True)
class _KitSteps:
    """The steps of one kit: positions of locations, days, micros and certainties."""

    place: NDArray[np.int64]
    day: NDArray[np.int64]
    micros: NDArray[np.int64]
    certainty: NDArray[np.int8]


def kit_steps(kits: Kits, steps: pd.DataFrame, days: int, doubts: pd.DataFrame) -> pd.DataFrame:
    """The steps of every kit at every location where one of its parts is known (``PAIR_STEPS``).

    ``steps`` are those of SKUs that are no kits, ``doubts`` how far each kit itself can be trusted
    (``sku``, ``location``, ``certainty``). Whole kits only; a part without steps has 0.
    """
    used = {part for content in kits.parts.values() for part in content}
    rows = steps[steps["sku"].isin(used)]
    places = pd.Index(sorted({*rows["location"], *doubts["location"]}), dtype="object")
    levels = _levels_of_parts(rows, places, days)
    none = np.zeros(0, np.int64)
    own = _by_sku(doubts)
    at = places.get_indexer(pd.Index(doubts["location"]))
    certainty = doubts["certainty"].to_numpy(np.int8)
    nothing = _nothing(len(places), days)
    found: list[_KitSteps] = []
    for kit in kits.order:
        parts = {part: levels.get(part, nothing) for part in kits.parts[kit]}
        made = _assembled(parts, {part: int(q * SCALE) for part, q in kits.parts[kit].items()})
        mine = own.get(kit, none)
        np.maximum.at(made.certainty, at[mine], certainty[mine])
        if kit in used:
            levels[kit] = made
        found.append(_rises(made))
    return _framed(kits.order, found, places)


def _levels_of_parts(rows: pd.DataFrame, places: pd.Index, days: int) -> dict[str, _Levels]:
    """Steps as one figure for each day: every location of a part has a step on day 0."""
    day = rows["day"].to_numpy(np.int64)
    at = places.get_indexer(pd.Index(rows["location"]))
    micros = rows["atp_micros"].to_numpy(np.int64)
    certainty = rows["certainty"].to_numpy(np.int8)
    # A step lasts until the next one, and the last one of a location to the end.
    following = np.append(day[1:], 0)
    lasts = np.where(following == 0, days, following) - day
    result = {}
    for part, mine in _by_sku(rows).items():
        levels = result[part] = _nothing(len(places), days)
        first = mine[day[mine] == 0]
        levels.micros[at[first]] = np.repeat(micros[mine], lasts[mine]).reshape(-1, days)
        levels.certainty[at[first]] = certainty[first]
        levels.known[at[first]] = True
    return result


def _by_sku(rows: pd.DataFrame) -> dict[str, NDArray[np.int64]]:
    """The positions of each SKU's rows, in their order."""
    codes, skus = pd.factorize(rows["sku"])
    order = np.argsort(codes, kind="stable")
    ends = np.bincount(codes, minlength=len(skus)).cumsum()
    return dict(zip(skus, np.split(order, ends[:-1]), strict=True)) if len(skus) else {}


def allowed(
    parts: Mapping[str, NDArray[np.int64]], need_micros: Mapping[str, int]
) -> NDArray[np.int64]:
    """Micros of a kit that the micros of its parts allow, element by element; whole kits only."""
    wholes = [micros // need_micros[part] for part, micros in parts.items()]
    kits: NDArray[np.int64] = np.minimum.reduce(wholes).clip(-MOST_KITS, MOST_KITS)
    return kits * SCALE


def _assembled(parts: dict[str, _Levels], need_micros: dict[str, int]) -> _Levels:
    """Kits that all parts allow; the worst certainty of the parts."""
    return _Levels(
        allowed({part: found.micros for part, found in parts.items()}, need_micros),
        np.maximum.reduce([found.certainty for found in parts.values()]),
        np.logical_or.reduce([found.known for found in parts.values()]),
    )


def _rises(levels: _Levels) -> _KitSteps:
    """Back to steps: the days on which a level differs from the day before."""
    rises = np.ones(levels.micros.shape, bool)
    rises[:, 1:] = levels.micros[:, 1:] != levels.micros[:, :-1]
    place, day = np.nonzero(rises & levels.known[:, None])
    return _KitSteps(place, day, levels.micros[place, day], levels.certainty[place])


def _framed(order: Sequence[str], found: Sequence[_KitSteps], places: pd.Index) -> pd.DataFrame:
    """The steps of all kits as one frame."""
    empty = _rises(_nothing(0, 1))
    parts = [empty, *found]
    return pd.DataFrame(
        {
            "sku": np.repeat(np.array(order, object), [len(steps.day) for steps in found]),
            "location": places.take(np.concatenate([steps.place for steps in parts])),
            "day": np.concatenate([steps.day for steps in parts]),
            "atp_micros": np.concatenate([steps.micros for steps in parts]),
            "certainty": np.concatenate([steps.certainty for steps in parts]),
        }
    )


def _nothing(places: int, days: int) -> _Levels:
    return _Levels(
        np.zeros((places, days), np.int64), np.zeros(places, np.int8), np.zeros(places, bool)
    )
