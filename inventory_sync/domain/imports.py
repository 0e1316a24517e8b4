"""Imports: a line of a Shopify order becomes an order of the ERP, exactly once.

Put here the states of an import and what comes next, once the ERP has been looked at. Keep the
asking out (``flow/imports.py``). Whatever the state is, the line stays deducted as an order in
flight until the ERP acknowledges it (``orders.py``), so no state can raise an offer.

The life of an import. Only what the ERP is seen to have counts; what it answers does not.

    waiting -> asked -> answered -> done -> closed     the ERP has it; it was shipped or cancelled
                 ^  |                |
                 +--|----------------+                  the shop's order was changed or cancelled
                    +-> waiting, parked                 refused: tried again, or left to a person
    theirs                                              somebody else has imported it

``asked`` is written down before the call and keeps everybody from asking again until the call can
no longer land; then the ERP is read. An order that is there by then is asked for once more, as the
call may have died half-way: an ERP that has it as it shall be changes nothing. So is one that a
change of ours may have left at 0: the connector goes on with it, or says that people did it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal

ImportState = Literal["waiting", "asked", "answered", "done", "parked", "theirs", "closed"]

ACTIVE: Final[tuple[ImportState, ...]] = ("waiting", "asked", "answered", "done", "parked")
"""States that may still change; whatever is ``theirs`` or ``closed`` is never looked at again."""

_SETTLES: Final = ("answered", "done")
"""In these states an order that is in the ERP as it shall be is all that was wanted. In others it
may stand there unconfirmed, so it is asked for once more: that confirms it, or changes nothing."""

LANDS_WITHIN: Final = timedelta(minutes=10)
"""A call without an answer has run, or never will, after so long: the server has given it up."""

LEAVES_WITHIN: Final = timedelta(minutes=1)
"""A call that has not left so long after it was written down is not sent at all."""

MOST_TRIES: Final = 5
FIRST_WAIT: Final = timedelta(minutes=1)
"""The time after a first try; it doubles with each."""

HELD_WAIT: Final = timedelta(minutes=10)
"""So often it is looked whether the shop still holds a line back."""

LOOK_EVERY: Final = timedelta(hours=1)
"""So often the ERP is looked at for what is parked: people may have settled it there."""


@dataclass(frozen=True, slots=True)
class OrderImport:
    """What is remembered of an order line on its way into the ERP.

    ``booked_units``: what the ERP was last seen to have of our doing. ``asked_units``: what it was
    asked to have, in the request of number ``version``, which was made ``tries`` times.
    ``seen_units``: what the shop wanted when we looked last. ``look_at``: not before. ``changes``
    counts what was saved: whoever knows less has come too late.
    """

    store: str
    order_id: str
    line_id: str
    order_name: str
    state: ImportState
    changed_at: datetime
    version: int = 0
    tries: int = 0
    booked_units: int = 0
    asked_units: int = 0
    seen_units: int = 0
    erp_location: str | None = None
    look_at: datetime | None = None
    reason: str | None = None
    changes: int = 0

    @property
    def request_id(self) -> str:
        """The request for these units; whoever makes it again means the same one."""
        return f"import:{self.order_id}:{self.line_id}:{self.version}"

    @property
    def is_changing(self) -> bool:
        """Whether a change of an order that the ERP has had may have died between its steps."""
        return self.state in ("asked", "waiting") and self.tries > 0 and self.booked_units > 0


@dataclass(frozen=True, slots=True)
class LineToImport:
    """A line of the order ledger as the shop has it now, all its locations together.

    ``to_ship_units``: what the shop has not shipped; ``None``: it was not told. ``is_on_hold``: the
    shop holds a part of it back.
    """

    store: str
    order_id: str
    line_id: str
    order_name: str
    sku: str | None
    store_location_ids: tuple[str, ...]
    wanted_units: int
    to_ship_units: int | None
    is_on_hold: bool = False
    known: OrderImport | None = None


@dataclass(frozen=True)
class ErpView:
    """What one reading of the ERP says. ``acknowledged``: (order, line) -> the quantity of each
    row about it, below 0 if it cannot be read; ``skus``: those it keeps stock of; ``atp_micros``:
    by SKU and location.
    """

    acknowledged: Mapping[tuple[str, str], Sequence[Decimal]]
    skus: frozenset[str]
    locations: frozenset[str]
    atp_micros: Mapping[tuple[str, str], int]


def looked_at(
    line: LineToImport, view: ErpView, mapped: Mapping[str, Sequence[str]], now: datetime
) -> OrderImport:
    """The import after a look at the ERP; in state ``asked``, the request is to be made now.

    ``mapped``: store location -> the ERP locations behind it.
    """
    known = line.known or OrderImport(
        line.store, line.order_id, line.line_id, line.order_name, "waiting", now
    )
    told = view.acknowledged.get((line.order_id, line.line_id), ())
    if len(told) > 1:
        return _parked(
            known, line, f"the ERP has {len(told)} orders for it: cancel all but one there", now
        )
    has = told[0] if told else None
    if has is not None and has < 0:
        return _parked(known, line, "the quantity that the ERP has of it cannot be read", now)
    if not known.version:
        return _first(known, line, has, (view, mapped), now)
    return _again(known, line, has, now)


def _first(
    known: OrderImport,
    line: LineToImport,
    has: Decimal | None,
    places: tuple[ErpView, Mapping[str, Sequence[str]]],
    now: datetime,
) -> OrderImport:
    """Nobody was asked for it yet."""
    if has is not None:
        return _ended(known, line, "theirs", now)
    if line.wanted_units == 0 or line.to_ship_units == 0:
        return _ended(known, line, "closed", now)
    found, obstacle = _place(line, *places)
    if found is None:
        return _parked(known, line, obstacle, now)
    return _ask(replace(known, erp_location=found), line, now)


def _again(
    known: OrderImport, line: LineToImport, has: Decimal | None, now: datetime
) -> OrderImport:
    """It was asked for. Base is what the ERP had of our doing: anything else is people's."""
    rest, is_there = _rest(known, line, has), has == line.wanted_units
    if rest:
        return _ended(replace(known, booked_units=int(has or 0), tries=0), line, rest, now)
    if known.state == "parked" and is_there and not line.is_on_hold:
        once_more = replace(known, booked_units=int(has or 0), tries=MOST_TRIES - 1)
        return _ask(once_more, line, now)
    if known.state == "parked" and line.wanted_units == known.seen_units:
        return replace(known, look_at=now + LOOK_EVERY, changed_at=now)
    is_half_done = known.is_changing and not has
    is_wanted = known.state == "waiting" and known.tries == 0  # by a person, as the ERP is now
    by_people = None if is_half_done or is_wanted else _by_people(known, line, has)
    if by_people:
        return _parked(known, line, by_people, now)
    return _ask(known if is_half_done else replace(known, booked_units=int(has or 0)), line, now)


def _by_people(known: OrderImport, line: LineToImport, has: Decimal | None) -> str | None:
    """What people have made of the order in the ERP, if it is not as we left it."""
    if has is None:
        return "the ERP does not have its order any more" if known.booked_units else None
    if has in (known.booked_units, known.asked_units, line.wanted_units):
        return None
    what = f"the ERP has {has.normalize():f} of it, the shop {line.wanted_units}"
    return f"{what}: somebody has changed it in the ERP"


def _rest(known: OrderImport, line: LineToImport, has: Decimal | None) -> ImportState | None:
    """The state in which nothing is left to do, if it has come to that.

    Goods that have left the shop are over whatever the ERP has: it never took the order, or it has
    forgotten it since.
    """
    if line.wanted_units and line.to_ship_units == 0:
        return "closed"
    is_gone = has is None and known.booked_units > 0 and not known.is_changing
    if line.wanted_units == 0 and (has == 0 or is_gone):
        return "closed"
    return "done" if has == line.wanted_units and known.state in _SETTLES else None


def _place(
    line: LineToImport, view: ErpView, mapped: Mapping[str, Sequence[str]]
) -> tuple[str | None, str]:
    """The ERP location that has most to promise, or why there is none."""
    if line.sku not in view.skus:
        return None, f"the ERP keeps no stock of {line.sku or 'an item without SKU'}"
    if len(line.store_location_ids) != 1:
        places = len(line.store_location_ids) or "no"
        return None, f"it ships from {places} locations of the shop"
    behind = mapped.get(line.store_location_ids[0], ())
    offered = [place for place in behind if place in view.locations]
    if not offered:
        return None, f"no ERP location is mapped to {line.store_location_ids[0]}"
    sku = line.sku or ""
    return max(offered, key=lambda place: view.atp_micros.get((sku, place), 0)), ""


def _ask(known: OrderImport, line: LineToImport, now: datetime) -> OrderImport:
    """Write down that the ERP is asked, before it is; park what was asked for too often.

    Nothing is created of what has begun to ship without the ERP, or of what the shop holds back.
    """
    if line.wanted_units and not known.booked_units:
        if line.to_ship_units != line.wanted_units:
            why = "a part of it was shipped before the ERP knew of it"
            return _parked(known, line, why, now)
        if line.is_on_hold:
            return _held(known, now)
    is_same = known.tries > 0 and known.asked_units == line.wanted_units
    tries = known.tries + 1 if is_same else 1
    if tries > MOST_TRIES:
        why = known.reason or "the ERP has not taken it"
        return _parked(known, line, f"{MOST_TRIES} tries: {why}", now)
    return replace(
        known,
        state="asked",
        version=known.version + (not is_same),
        tries=tries,
        asked_units=line.wanted_units,
        seen_units=line.wanted_units,
        look_at=now + LANDS_WITHIN,
        changed_at=now,
        reason=None,
    )


def answered(asked: OrderImport, now: datetime) -> OrderImport:
    """The ERP has taken the request; whether it has the order is looked at a little later."""
    if asked.asked_units == 0 and asked.booked_units == 0:  # it never had it, and never will
        return replace(asked, state="closed", look_at=None, changed_at=now)
    wait = _wait(asked.tries)
    return replace(asked, state="answered", look_at=now + wait, changed_at=now)


def unanswered(asked: OrderImport, reason: str, now: datetime) -> OrderImport:
    """Nobody knows what became of the request: it stays ``asked`` until it can no longer land."""
    return replace(asked, reason=reason, changed_at=now)


def refused(asked: OrderImport, reason: str, now: datetime, *, is_final: bool) -> OrderImport:
    """The ERP was asked and has refused, or was not asked after all; nothing is under way."""
    is_over = is_final or asked.tries >= MOST_TRIES
    state: ImportState = "parked" if is_over else "waiting"
    wait = LOOK_EVERY if is_over else _wait(asked.tries)
    return replace(asked, state=state, reason=reason, look_at=now + wait, changed_at=now)


def tried_again(parked: OrderImport, now: datetime) -> OrderImport:
    """A person wants it to be tried anew, whatever the ERP has of it now."""
    return replace(parked, state="waiting", tries=0, reason=None, look_at=now, changed_at=now)


def _wait(tries: int) -> timedelta:
    return FIRST_WAIT * (1 << max(0, tries - 1))


def _held(known: OrderImport, now: datetime) -> OrderImport:
    why = "the shop holds it back"
    return replace(known, state="waiting", reason=why, look_at=now + HELD_WAIT, changed_at=now)


def _parked(known: OrderImport, line: LineToImport, reason: str, now: datetime) -> OrderImport:
    return _seen(known, line, now, state="parked", reason=reason, look_at=now + LOOK_EVERY)


def _ended(
    known: OrderImport, line: LineToImport, state: ImportState, now: datetime
) -> OrderImport:
    return _seen(known, line, now, state=state, reason=None, look_at=None)


def _seen(known: OrderImport, line: LineToImport, now: datetime, **after: Any) -> OrderImport:
    return replace(known, seen_units=line.wanted_units, changed_at=now, **after)
