"""Recordings of published promises: what is given begins, what is given no longer ends.

Put here how one recording comes after another. They come from figures of different age, the hourly
one of everything from the oldest; so each tells the instant of its figures, and of each SKU and
location it leaves alone what was recorded from later ones. Keep out when a promise slips
(``domain/slips.py``) and promises of orders (``promise_ledger.py``).
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, Engine, TextClause, exists, select, text

from inventory_sync.domain.given_promises import GIVEN_COLUMNS, LATEST, Pair, Recording
from inventory_sync.domain.slips import published_slips
from inventory_sync.ledger.frames import as_rows, given, read_frame, stage
from inventory_sync.ledger.locks import wait_for_turn
from inventory_sync.ledger.tables_promise_ledger import promises

TURN: Final = "promises"
"""Whoever writes promises waits for it, so nothing is recorded while another recording is made."""

EVERYTHING: Final[Pair] = ("", "")
"""What a recording of the whole catalogue claims; no SKU has an empty name."""

IS_LATER: Final = "figures_of > :figures_of and figures_of <= :latest"
"""Of a recording: its figures are later than ours. ``latest``: ``LATEST`` from now."""

_TABLE: Final = "inventory_sync.promise_recordings"
_TYPES: Final = {name: "bigint" if name == "units" else "text" for name in GIVEN_COLUMNS}
_NAMES: Final = ", ".join(GIVEN_COLUMNS)
_SAME: Final = " and ".join(
    f"given.{name} = known.{name}"
    for name in ("sku", "location", "units", "ships_on", "source", "supply_ids")
)

_CLAIM: Final = text(f"""
    insert into {_TABLE} as known (sku, location, figures_of)
    select sku, location, :figures_of from {given(sku="text", location="text")}
    where not exists (select from {_TABLE} where sku = '' and {IS_LATER})
    order by sku, location
    on conflict (sku, location) do update set figures_of = excluded.figures_of
    where not (known.figures_of > :figures_of and known.figures_of <= :latest)
    returning sku, location""")
_FORGET_EARLIER: Final = text(f"delete from {_TABLE} where sku <> '' and not ({IS_LATER})")
_LEAVE_LATER: Final = text(f"""
    delete from given using {_TABLE} as later
    where later.sku = given.sku and later.location = given.location""")


def _end(told: str, is_ours: str) -> TextClause:
    """Ends what is not told any more, and gives back what of it rested on supply."""
    return text(f"""
        with ended as (
            update inventory_sync.promises as known set ended_at = :at
            where ended_at is null and {is_ours}
                and not exists (select from {told} where {_SAME})
            returning promise_id, {_NAMES})
        select promise_id, {_NAMES} from ended where supply_ids <> ''""")


def _begin(told: str) -> TextClause:
    return text(f"""
        insert into inventory_sync.promises ({_NAMES}, pass_id, made_at)
        select {_NAMES}, :pass_id, :at from {told}
        where not exists (
            select from inventory_sync.promises as known
            where known.ended_at is null and {_SAME})""")


_END_ALL: Final = _end(
    "given",
    f"""not exists (
        select from {_TABLE} as later
        where later.sku = known.sku and later.location = known.location)""",
)
_BEGIN_ALL: Final = _begin("given")
_END_FEW: Final = _end(
    given(**_TYPES),
    """(known.sku, known.location) in (
        select sku, location
        from json_to_recordset(cast(:pairs as json)) as pair(sku text, location text))""",
)
_BEGIN_FEW: Final = _begin(given(**_TYPES))

_SLIP: Final = text(f"""
    update inventory_sync.promises as promise
    set now_on = given.now_on, slip_reason = given.reason
    from {given(promise_id="bigint", now_on="text", reason="text")}
    where promise.promise_id = given.promise_id""")


class PromiseRecordings:
    """The part of the ledger that remembers what was promised for whatever might be ordered."""

    _engine: Engine

    def record_promises(
        self, recording: Recording, *, pass_id: str, at: datetime
    ) -> pd.DataFrame | None:
        """Remember what is promised now: the same is not written twice, what is promised no longer
        ends. What was recorded from later figures stays as it is.

        Returns the promises that supply has broken (``promise_id``, ``GIVEN_COLUMNS`` and
        ``SLIP_COLUMNS``); ``None`` when all of it was recorded from later figures.
        """
        when = {"figures_of": recording.figures_of, "latest": at + LATEST, "at": at}
        told = {**when, "pass_id": pass_id}
        with self._engine.begin() as connection:
            if recording.pairs is None:
                return _record_all(connection, recording, told)
            return _record_few(connection, recording, recording.pairs, told)

    def slipped_promises(self, *, since: date) -> pd.DataFrame:
        """Published promises that supply has broken, for ``since`` and later, soonest first; but
        for those whose supply comes as it was promised, after all.
        """
        names = (*GIVEN_COLUMNS, "made_at", "ended_at", "now_on", "slip_reason")
        again = promises.alias("again")
        is_back = exists().where(
            *(again.c[name] == promises.c[name] for name in ("sku", "location", "supply_ids")),
            again.c.ended_at.is_(None),
            again.c.ships_on <= promises.c.ships_on,
        )
        query = (
            select(*(promises.c[name] for name in names))
            .where(promises.c.slip_reason.is_not(None), promises.c.ships_on >= since.isoformat())
            .where(~is_back)
            .order_by(promises.c.ships_on, promises.c.sku, promises.c.location)
        )
        with self._engine.connect() as connection:
            return read_frame(connection, query)


def _record_all(
    connection: Connection, recording: Recording, told: dict[str, Any]
) -> pd.DataFrame | None:
    stage(connection, recording.given, _TYPES)  # takes the longest, so others need not wait for it
    wait_for_turn(connection, TURN)
    if not _claim(connection, [EVERYTHING], told):
        return None
    connection.execute(_FORGET_EARLIER, told)
    connection.execute(_LEAVE_LATER)
    slipped = _slipped(connection, connection.execute(_END_ALL, told), recording)
    connection.execute(_BEGIN_ALL, told)
    return slipped


def _record_few(
    connection: Connection, recording: Recording, pairs: Iterable[Pair], told: dict[str, Any]
) -> pd.DataFrame | None:
    wait_for_turn(connection, TURN)
    mine = _claim(connection, sorted(pairs), told)
    if not mine:
        return None
    told |= {"rows": _rows(recording.about(mine)), "pairs": _as_pairs(mine)}
    slipped = _slipped(connection, connection.execute(_END_FEW, told), recording)
    connection.execute(_BEGIN_FEW, told)
    return slipped


def _claim(connection: Connection, pairs: Iterable[Pair], told: dict[str, Any]) -> set[Pair]:
    """Of these pairs, those of which nobody has recorded later figures; now ours count for them."""
    claimed = connection.execute(_CLAIM, {**told, "rows": _as_pairs(pairs)})
    return {(sku, location) for sku, location in claimed}


def _slipped(connection: Connection, ended: Iterable[Any], recording: Recording) -> pd.DataFrame:
    """Of the promises that have ended, those that supply has broken; that is kept with them."""
    rows = pd.DataFrame(map(tuple, ended), columns=["promise_id", *GIVEN_COLUMNS])
    slips = published_slips(rows, recording.given, recording.coming)
    if len(slips):
        connection.execute(_SLIP, {"rows": _rows(slips)})
    return rows.merge(slips, on="promise_id")


def _rows(frame: pd.DataFrame) -> str:
    names = [str(name) for name in frame]
    rows = frame.itertuples(index=False, name=None)
    return as_rows(dict(zip(names, row, strict=True)) for row in rows)


def _as_pairs(pairs: Iterable[Pair]) -> str:
    return as_rows({"sku": sku, "location": location} for sku, location in pairs)
