"""How much of the commitments supply covers before they are due: the ATP method ``projected``.

Put here what that method adds to the stock method, for frames and plain rows alike. The balance
with its look-ahead is ``lookahead.py``, the day of a row ``dated_rows.py``; where it is added is
``atp.py`` and ``few/offers.py``.

Today's projection is the stock less all commitments, and what is covered. Without any supply
nothing is, so a supply that is not believed leaves the stock method, which never offers more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from inventory_sync.domain.calendar import LocalToday
from inventory_sync.domain.dated_rows import (
    Known,
    ProjectionRules,
    Report,
    dated_demand,
    dated_supply,
)
from inventory_sync.domain.frames import ErpSnapshot
from inventory_sync.domain.keys import code_pairs
from inventory_sync.domain.kits import explode, resolve
from inventory_sync.domain.lookahead import DatedRows, promisable
from inventory_sync.domain.position import Codes

COVERED_COLUMNS: Final = ("sku", "location", "covered_micros", "covered_by")

_NAMED: Final = 3
"""So many supplies are named one by one."""


@dataclass(frozen=True, slots=True)
class Lookahead:
    """What today is and how dated rows count. Of ``timeless`` locations nobody knows the time zone:
    there no supply counts.
    """

    today: LocalToday
    rules: ProjectionRules
    timeless: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Cover:
    """For each key: the ``micros`` of commitments that need no stock of today, and from which day
    on (``needed``) the first of them would. ``used``: which rows of supply they rest on.
    """

    micros: NDArray[np.int64]
    needed: NDArray[np.int64]
    used: NDArray[np.bool_]


def cover(keys: int, supply: DatedRows, demand: DatedRows, days: int) -> Cover:
    """What supply covers of the demand for each key (0 to ``keys`` - 1); all micros are positive.

    No more than the demand is covered: what is due today is not here, so nobody may buy it yet.
    Which of the supplies is meant for which demand nobody says: told are the earliest supplies and
    the latest demand. Raises what ``promisable`` raises.
    """
    both = DatedRows(
        np.concatenate([supply.key, demand.key]),
        np.concatenate([supply.day, demand.day]),
        np.concatenate([supply.micros, -demand.micros]),
    )
    steps = promisable(np.zeros(keys, np.int64), both, days)
    micros = np.minimum(steps.micros[steps.day == 0], 0)  # every key has a step on day 0
    np.add.at(micros, demand.key, demand.micros)
    arrives, leaves = supply.day.astype(np.int64), demand.day.astype(np.int64)
    used = _before(supply.key, arrives, supply.micros) < micros[supply.key]
    later = _before(demand.key, -leaves, demand.micros) < micros[demand.key]
    needed = np.full(keys, days, np.int64)
    np.minimum.at(needed, demand.key[later], leaves[later])
    return Cover(micros, needed, used & (supply.micros > 0))


def told(today: date, needed: date, supplies: Sequence[tuple[str, date]]) -> str:
    """What covers the commitments of a key, in words."""
    names = [f"{name} of {day}" for name, day in supplies[:_NAMED]]
    names += [f"{len(supplies) - _NAMED} more"] if len(supplies) > _NAMED else []
    until = f"not needed until {needed}, " if needed > today else ""
    return f"{until}covered by supply {', '.join(names)}"


def covered_by_supply(snapshot: ErpSnapshot, lookahead: Lookahead) -> pd.DataFrame:
    """What supply covers of a believed snapshot (``COVERED_COLUMNS``); a pair without has no row.

    Raises ``ContractBroken`` when the quantities together are too large for an exact sum.
    """
    kits, today, rules = resolve(snapshot.components), lookahead.today, lookahead.rules
    known = Known(
        frozenset(snapshot.products["sku"].astype(str)),
        frozenset(snapshot.locations["location"].astype(str)) - lookahead.timeless,
        frozenset(kits.parts),
    )
    supply = dated_supply(snapshot.supply, known, today, rules, Report())
    demand = dated_demand(snapshot.commitments, today.now, today, rules, Report())
    demand = explode(demand[["sku", "location", "quantity_micros", "day"]], kits)
    demand = demand[demand["sku"].isin(set(supply["sku"]))]
    pairs, (supply_key, demand_key) = code_pairs(supply, demand)
    found = cover(
        len(pairs),
        _rows(supply, supply_key),
        _rows(demand, demand_key),
        rules.horizon_days + 1,
    )
    supply = supply.assign(key=supply_key)[found.used].sort_values(["key", "day", "supply_id"])
    named = _named(supply)
    return pd.DataFrame(
        [
            (sku, location, micros, _sentence(today, location, needed, named[key]))
            for key, (sku, location, micros, needed) in enumerate(
                zip(pairs["sku"], pairs["location"], found.micros, found.needed, strict=True)
            )
            if micros
        ],
        columns=list(COVERED_COLUMNS),
    )


def no_cover() -> pd.DataFrame:
    """Nothing is covered: the method ``stock``."""
    return pd.DataFrame([], columns=list(COVERED_COLUMNS))


def _sentence(
    today: LocalToday, location: str, needed: int, supplies: Sequence[tuple[str, date]]
) -> str:
    first = today.at(location)
    return told(first, first + timedelta(days=int(needed)), supplies)


def _rows(rows: pd.DataFrame, key: NDArray[np.int64]) -> DatedRows:
    return DatedRows(
        key, rows["day"].to_numpy(np.int64), rows["quantity_micros"].to_numpy(np.int64)
    )


def _named(supply: pd.DataFrame) -> dict[int, list[tuple[str, date]]]:
    found: dict[int, list[tuple[str, date]]] = {}
    columns = (supply[name].tolist() for name in ("key", "supply_id", "due_date"))
    for key, name, due in zip(*columns, strict=True):
        found.setdefault(key, []).append((str(name), due.date()))
    return found


def _before(key: Codes, rank: NDArray[np.int64], micros: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each row, the micros of the rows of its key that come before it by their rank."""
    order = np.lexsort((rank, key))
    key, micros = key[order], micros[order]
    before = np.cumsum(micros) - micros
    starts = np.flatnonzero(np.append(True, key[1:] != key[:-1])) if len(key) else key
    before -= np.repeat(before[starts], np.diff(np.append(starts, len(key))))
    result = np.empty_like(before)
    result[order] = before
    return result
