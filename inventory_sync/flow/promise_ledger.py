"""Keeping promises: what is given is written down, and so is what slips and what has shipped.

Put here how one reading of the ERP and the ledger's memory come together. When a promise slips is
``domain/slips.py``; which dates are given is ``promising.py`` and ``order_dates.py``.

When a line has shipped, the contract does not say. It is found shipped by the first pass that sees
no open commitment for a line that the ERP has acknowledged, so the day is right to one pass.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from inventory_sync.domain.atp import Atp
from inventory_sync.domain.calendar import LocalToday
from inventory_sync.domain.frames import DATASETS, ErpSnapshot
from inventory_sync.domain.given_promises import (
    SEPARATOR,
    SEVERAL,
    STOCK,
    Recording,
    arrivals,
    given_promises,
)
from inventory_sync.domain.order_dates import NOT_SAID
from inventory_sync.domain.promise import Place, departs_on
from inventory_sync.domain.set_aside import restored
from inventory_sync.domain.shortages import known_to_erp, shortages
from inventory_sync.domain.slips import (
    Ended,
    Line,
    OpenLine,
    OrderPromise,
    follow,
    settle,
)
from inventory_sync.flow.days import days_of
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.promising import places_of

_EXTERNAL = {"external_order_id": "order_id", "external_line_id": "line_id"}


@dataclass(frozen=True)
class Reading:
    """All that one reading of the ERP says about dates.

    ``figures_of``: by our clock, when it began; ``table``: ``promise_table``; ``steps``: the
    projection; ``order_dates``: of all open lines; ``aside``: the rows in quarantine
    (``ASIDE_COLUMNS``).
    """

    figures_of: datetime
    snapshot: ErpSnapshot
    atp: Atp
    steps: pd.DataFrame
    table: pd.DataFrame
    order_dates: pd.DataFrame
    aside: pd.DataFrame


@dataclass(frozen=True)
class Kept:
    """What was written down: which promises are given, which published ones slipped just now, and
    the promises of all orders that are open or were settled just now.

    ``is_late``: nothing was, for a reading that began later was first; its orders are told.
    """

    given: pd.DataFrame
    slipped: pd.DataFrame
    orders: list[OrderPromise]
    is_late: bool = False


def keep_promises(parts: Parts, reading: Reading, *, pass_id: str) -> Kept:
    """Write down what is promised now, and what has become of what was promised before."""
    snapshot, atp, rules = reading.snapshot, reading.atp, parts.promises.rules
    today, _ = days_of(parts, snapshot.locations)
    known = known_to_erp(atp, snapshot)
    coming = arrivals(snapshot.supply, known, atp.kits, today, rules)
    given = given_promises(reading.table, reading.steps, coming)
    recording = Recording(given, coming, reading.figures_of)
    slipped = parts.ledger.record_promises(recording, pass_id=pass_id, at=parts.now())
    if slipped is None:
        return Kept(given, pd.DataFrame(), parts.ledger.order_promises(settled_since=None), True)
    short = shortages(atp, snapshot, reading.steps, today, rules)
    found = _followed(parts, reading, (coming, short, today), pass_id=pass_id)
    return Kept(given, slipped, found)


def _followed(
    parts: Parts,
    reading: Reading,
    about: tuple[pd.DataFrame, pd.DataFrame, LocalToday],
    *,
    pass_id: str,
) -> list[OrderPromise]:
    """The promises of orders as they stand now; changed ones are written."""
    (coming, short, today), book = about, parts.ledger
    lines = _open_lines(parts, reading, short, today)
    before = {each.line: each for each in book.order_promises(settled_since=None)}
    news = {line.line for line in lines} - before.keys()
    before |= {each.line: each for each in book.settled_promises(news)}
    rests = _Rests(reading.steps, coming)
    now: list[OrderPromise] = []
    for line in lines:
        known = before.get(line.line)
        basis = rests.on(line) if known is None and line.ships_on else ("", "")
        at = today.at(line.location)
        found = follow(known, line, basis, today=at, now=parts.now(), pass_id=pass_id)
        now += [found] if found else []
    gone = before.keys() - {line.line for line in lines}
    ended = _ended(parts, reading, {key: before[key] for key in gone}, today)
    now += [
        settle(before[key], ended[key]) if key in ended else before[key] for key in sorted(gone)
    ]
    changed = [each for each in now if each != before.get(each.line)]
    book.save_order_promises(changed, figures_of=reading.figures_of, at=parts.now())
    return now


def _open_lines(
    parts: Parts, reading: Reading, short: pd.DataFrame, today: LocalToday
) -> list[OpenLine]:
    """Every open order line with its date, where it ships from, and whether it can be met."""
    theirs = reading.snapshot.commitments[[*_EXTERNAL, "location", "commitment_id"]]
    rows = theirs.dropna(subset=list(_EXTERNAL)).rename(columns=_EXTERNAL)
    rows = rows.merge(short.assign(is_short=True), "left", "commitment_id")
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows.to_dict("records"):
        key = row["order_id"], row["line_id"]
        if key not in found or row["is_short"] is True:  # of several parts, the one that is short
            found[key] = {str(name): value for name, value in row.items()}
    places = {place.location: place for place in places_of(parts, reading.snapshot.locations)}
    return [
        _open_line(row, found.get((row["order_id"], row["line_id"])), places, today)
        for row in reading.order_dates.to_dict("records")
    ]


def _open_line(
    row: Mapping[Any, Any],
    theirs: Mapping[str, Any] | None,
    places: Mapping[str, Place],
    today: LocalToday,
) -> OpenLine:
    location = str(theirs["location"]) if theirs else ""
    is_short = theirs is not None and theirs["is_short"] is True
    covered = None
    if theirs and is_short and pd.notna(theirs["covered_in_days"]):
        day = today.at(location) + timedelta(days=int(theirs["covered_in_days"]))
        covered = departs_on(places.get(location), day)
    return OpenLine(
        row["store"],
        row["order_id"],
        row["line_id"],
        str(row["sku"]),
        location,
        None if pd.isna(row["ships_on"]) else row["ships_on"].date(),
        str(row["source"]),
        is_short,
        covered,
        row["reason"] == NOT_SAID,
    )


def _ended(
    parts: Parts, reading: Reading, missing: Mapping[Line, OrderPromise], today: LocalToday
) -> dict[Line, Ended]:
    """How lines ended that are open no longer; the others wait for a word of either side.

    A line whose commitment is in quarantine has not ended: nobody can read what is left of it.
    """
    aside = _in_quarantine(reading.aside)
    gone = {line: promise for line, promise in missing.items() if line[1:] not in aside}
    if not gone:
        return {}
    acks = reading.snapshot.acknowledged_orders.rename(columns=_EXTERNAL)
    acks = acks[acks["order_id"].isin({order for _, order, _ in gone})]
    columns = (acks[name].tolist() for name in ("order_id", "line_id", "quantity_micros"))
    said = {(order, line): micros for order, line, micros in zip(*columns, strict=True)}
    ledger = parts.ledger.order_lines()
    wanted = ledger.groupby(["store", "order_id", "line_id"])["current_units"].sum().to_dict()
    found: dict[Line, Ended] = {}
    for line, promise in gone.items():
        accepted, on = said.get(line[1:]), today.at(promise.location)
        if accepted == 0 or wanted.get(line) == 0:
            found[line] = Ended("cancelled", on)
        elif accepted is not None:
            found[line] = Ended("shipped", on)
    return found


def _in_quarantine(aside: pd.DataFrame) -> set[tuple[str, str]]:
    """The order lines, as (order, line), that commitments in quarantine name."""
    rows = restored(DATASETS["commitments"], aside)[list(_EXTERNAL)].dropna()
    return set(rows.astype(str).itertuples(index=False, name=None))


class _Rests:
    """What a date of an order rests on: stock, or supply that comes until then."""

    def __init__(self, steps: pd.DataFrame, coming: pd.DataFrame) -> None:
        first = steps.drop_duplicates(["sku", "location"])
        lacking = first[first["atp_micros"] < 0]
        self._lacking = set(
            zip(lacking["sku"].astype(str), lacking["location"].astype(str), strict=True)
        )
        self._coming = coming[coming["sku"].isin({sku for sku, _ in self._lacking})]

    def on(self, line: OpenLine) -> tuple[str, str]:
        """The supply ids and their kind. Where all demand is covered by stock, nothing is needed.

        Which of several supplies an order gets, nobody says: all that come until its date count.
        """
        here = self._coming[self._coming["sku"] == line.sku]
        if line.location:
            here = here[here["location"] == line.location]
        lacks = any(
            sku == line.sku and line.location in ("", location) for sku, location in self._lacking
        )
        if not lacks:
            return "", STOCK
        until = here[here["arrives_on"] <= pd.Timestamp(line.ships_on or date.max)]
        kinds = sorted(set(until["kind"]))
        kind = kinds[0] if len(kinds) == 1 else SEVERAL if kinds else ""
        return SEPARATOR.join(sorted(set(until["supply_id"]))), kind
