"""What has become of promises: kept, put off, or broken without a word.

Put here when a promise slips. Keep out where promises are kept, and which dates are given.

Two kinds are followed. A *published* promise, for whatever may be ordered, slips when the supply
that it rests on is put off; when its units are only sold, it has served its purpose. The promise of
an *order* is the first date that the order had, whoever gave it; every later date is a slip.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Literal

import pandas as pd

from inventory_sync.domain.calendar import LocalToday
from inventory_sync.domain.given_promises import SEPARATOR

Line = tuple[str, str, str]
"""Store, order and line."""

Outcome = Literal["shipped", "cancelled"]

OVERDUE: Final = "its date has passed and it has not shipped"
LATER: Final = "its date was put off"
NO_DATE: Final = "it has no date any more"
UNCOVERED: Final = "what is there and what is to come does not cover it on its date"


@dataclass(frozen=True, slots=True)
class OrderPromise:
    """The first date of an order line, and what is expected now.

    ``expected_on`` is ``None`` when there is no date any more. ``slipped_at``: when a later date
    was first noticed. ``supply_ids`` and ``supply_kind``: as in ``given_promises``. ``settled_on``:
    the day at the location on which it was found shipped or cancelled.
    """

    store: str
    order_id: str
    line_id: str
    sku: str
    location: str
    promised_on: date
    source: str
    supply_ids: str
    supply_kind: str
    made_at: datetime
    pass_id: str
    expected_on: date | None
    reason: str = ""
    slipped_at: datetime | None = None
    outcome: Outcome | None = None
    settled_on: date | None = None

    @property
    def line(self) -> Line:
        """Its key."""
        return self.store, self.order_id, self.line_id

    @property
    def days_late(self) -> int | None:
        """How much later than promised it shipped; below zero: earlier."""
        if self.outcome != "shipped" or self.settled_on is None:
            return None
        return (self.settled_on - self.promised_on).days

    def broken_silently(self, today: LocalToday) -> bool:
        """Whether its date passed, or passed before it shipped, without having been listed.

        Its days are those of its location.
        """
        if self.outcome == "cancelled":
            return False
        end = self.settled_on or today.at(self.location)
        listed = (
            self.slipped_at is not None
            and today.day_of(self.slipped_at, self.location) <= self.promised_on
        )
        return end > self.promised_on and not listed


@dataclass(frozen=True, slots=True)
class OpenLine:
    """An order line that has not shipped, with its date now (``None``: on request).

    ``covered_on``: when a shortage ends that makes its date impossible, ``None`` where nothing ends
    it; only if ``is_short``. ``is_unsaid``: the ERP has it and gives no date, so a date that was
    promised before stands as long as it can be met.
    """

    store: str
    order_id: str
    line_id: str
    sku: str
    location: str
    ships_on: date | None
    source: str
    is_short: bool = False
    covered_on: date | None = None
    is_unsaid: bool = False

    @property
    def line(self) -> Line:
        """Its key."""
        return self.store, self.order_id, self.line_id


@dataclass(frozen=True, slots=True)
class Ended:
    """How an order line ended, as far as both sides tell."""

    outcome: Outcome
    on: date


def follow(
    known: OrderPromise | None,
    line: OpenLine,
    rests_on: tuple[str, str],
    *,
    today: date,
    now: datetime,
    pass_id: str,
) -> OrderPromise | None:
    """The promise of an open line as it stands now; ``None`` while it never had a date.

    ``rests_on``: the supply ids and their kind, for a promise that is new. A promise that was
    settled is open again with its line, and stays what it was.
    """
    if known is None:
        if line.ships_on is None:
            return None
        known = OrderPromise(
            *line.line, line.sku, line.location, line.ships_on, line.source, *rests_on, now,
            pass_id, line.ships_on,
        )  # fmt: skip
    if line.is_unsaid:
        line = replace(line, ships_on=known.promised_on)
    expected, reason = _expected(known, line, today)
    slips = expected is None or expected > known.promised_on
    return replace(
        known,
        location=line.location or known.location,
        expected_on=expected,
        reason=reason if slips else "",
        slipped_at=(known.slipped_at or now) if slips else None,
        outcome=None,
        settled_on=None,
    )


def settle(known: OrderPromise, ended: Ended) -> OrderPromise:
    """The promise of a line that is open no longer."""
    return replace(known, outcome=ended.outcome, settled_on=ended.on)


def _expected(known: OrderPromise, line: OpenLine, today: date) -> tuple[date | None, str]:
    if line.ships_on is None:
        return None, NO_DATE
    if line.is_short:
        covered = line.covered_on and max(line.covered_on, line.ships_on, today)
        return covered, UNCOVERED
    if line.ships_on < today:
        return today, OVERDUE
    return line.ships_on, LATER if line.ships_on > known.promised_on else ""


SLIP_COLUMNS: Final = ("promise_id", "now_on", "reason")


def published_slips(before: pd.DataFrame, now: pd.DataFrame, coming: pd.DataFrame) -> pd.DataFrame:
    """The published promises that supply has broken (``SLIP_COLUMNS``).

    ``before``: open promises that rest on supply, with ``promise_id`` and ``GIVEN_COLUMNS``;
    ``now``: what is promised now; ``coming``: ``arrivals``. ``now_on`` is ``''`` without a date.
    """
    ladders = _ladders(now, set(before["sku"]))
    arrives = _arrivals(coming, before["supply_ids"])
    found = [
        (row["promise_id"], later, _put_off(row, arrives))
        for row in before.to_dict("records")
        if (later := _later(row, ladders)) is not None and _put_off(row, arrives)
    ]
    return pd.DataFrame(found, columns=list(SLIP_COLUMNS))


_Ladder = dict[tuple[str, str], list[tuple[int, str]]]


def _ladders(now: pd.DataFrame, skus: Collection[str]) -> _Ladder:
    found: _Ladder = {}
    rows = now[now["sku"].isin(skus)].sort_values("units")
    for sku, location, units, ships_on in rows[["sku", "location", "units", "ships_on"]].itertuples(
        index=False
    ):
        found.setdefault((sku, location), []).append((units, ships_on))
    return found


def _later(row: Mapping[Any, Any], ladders: _Ladder) -> str | None:
    """The later date of as many units, ``''`` for none; ``None`` when it is not later."""
    steps = ladders.get((str(row["sku"]), str(row["location"])), [])
    units = int(row["units"])
    date_now = next((ships_on for reach, ships_on in steps if reach >= units), None)
    if date_now is None:
        return ""
    return date_now if date_now > str(row["ships_on"]) else None


def _arrivals(coming: pd.DataFrame, ids: Iterable[str]) -> dict[str, str]:
    wanted = {name for joined in ids for name in joined.split(SEPARATOR)}
    rows = coming[coming["supply_id"].isin(wanted)]
    return dict(zip(rows["supply_id"], rows["arrives_on"].dt.strftime("%Y-%m-%d"), strict=True))


def _put_off(row: Mapping[Any, Any], arrives: Mapping[str, str]) -> str:
    """What happened to the supply of a promise; empty when it comes as it did."""
    for name in str(row["supply_ids"]).split(SEPARATOR):
        at = arrives.get(name)
        if at is None:
            return f"{name} does not count any more"
        if at > str(row["arrives_on"]):
            return f"{name} comes on {at} instead of {row['arrives_on']}"
    return ""
