"""Hearing the stores: hints in the inbox become orders in the ledger; polling finds what got lost.

Put here what a hint leads to. A hint tells only where to look: orders and drafts are fetched again
(bad inputs C.1). Recording an order marks its SKUs in the same transaction.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from inventory_sync.domain.dirty import Mark
from inventory_sync.domain.errors import (
    ContractBroken,
    ErpUnavailable,
    InventorySyncError,
    StoreStopped,
    StoreUnreachable,
)
from inventory_sync.domain.publication import LEVEL
from inventory_sync.domain.webhooks import InboxEntry
from inventory_sync.flow.away import Away
from inventory_sync.flow.drafts import NOT_ITS_FAULT, hear_draft, poll_drafts
from inventory_sync.flow.event_pass import EXPLAIN_AFTER
from inventory_sync.flow.full_pass import note_failure
from inventory_sync.flow.gather import arrived_by, placed, read_orders
from inventory_sync.flow.parts import Parts

POLL_EVERY = timedelta(seconds=60)
"""Orders are listed so often for what no webhook told."""

HINTS_AT_ONCE = 500

MOST_TRIES = 5
"""A hint that could not be heard so often, a minute apart, is kept with its reason and left."""


class Suspect(NamedTuple):
    """What a level is told to show, and when that is compared with what explains it."""

    units: int | None
    told_at: datetime
    look_at: datetime


class Postponed(NamedTuple):
    """A hint that could not be heard ``tries`` times for a reason of its own."""

    again_at: datetime
    tries: int


class StoreEar:
    """Orders of all stores: by webhook at once, by polling at the latest."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._pool = parts.threads(max(1, len(parts.policies)))
        self._away = Away()
        self._suspects: dict[str, dict[str, Suspect]] = {store: {} for store in parts.policies}
        self._poll_at = dict.fromkeys(parts.policies, parts.now())
        self._postponed: dict[int, Postponed] = {}

    def hear(self) -> datetime | None:
        """Fetch what hints point at, and poll the stores whose time has come."""
        now = self._parts.now()
        near = [store for store in self._parts.policies if not self._away.has(store, now)]
        entries: dict[str, list[InboxEntry]] = defaultdict(list)
        limit = HINTS_AT_ONCE + len(self._postponed)
        for entry in self._parts.ledger.inbox(near, limit=limit):
            later = self._postponed.get(entry.inbox_id)
            if later is None or later.again_at <= now:
                entries[entry.hint.store].append(entry)
        tasks = [(store, partial(self._look, store, mine)) for store, mine in entries.items()]
        for store in near:
            if self._poll_at[store] <= now:
                self._poll_at[store] = now + POLL_EVERY
                tasks.append((store, partial(self._poll, store)))
        waiting = [(store, self._pool.submit(task)) for store, task in tasks]
        for store, done in waiting:
            if error := done.exception():
                self._not_heard(store, error)
        for store in near:
            self._check_levels(store, now)
        if sum(map(len, entries.values())) >= HINTS_AT_ONCE:
            return now
        times = [self._poll_at[store] for store in near]
        times += [each.look_at for store in near for each in self._suspects[store].values()]
        times += self._away.ends(now)
        times += [later.again_at for later in self._postponed.values()]
        return min(times, default=None)

    def _not_heard(self, store: str, error: BaseException) -> None:
        """What one store answers does not stop the others."""
        match error:
            case StoreStopped() | StoreUnreachable():
                self._leave_alone(store, error)
            case ErpUnavailable() | ContractBroken():  # only drafts need the ERP
                self._parts.tell(f"{store}: its draft orders are heard later: {error}")
            case Exception() if not isinstance(error, AssertionError):
                why = InventorySyncError(f"The answers of {store} are not understood: {error!r}")
                note_failure(self._parts, store, self._parts.new_id(), why)
            case _:
                raise error

    def _leave_alone(self, store: str, error: StoreStopped | StoreUnreachable) -> None:
        """Its hints stay in the inbox; the other stores go on."""
        self._away.add(store, error, self._parts.now())
        if isinstance(error, StoreStopped):
            note_failure(self._parts, store, self._parts.new_id(), error)

    def _poll(self, store: str) -> None:
        read_orders(self._parts, store)
        self._find_lost_writes(store)
        poll_drafts(self._parts, store)

    def _find_lost_writes(self, store: str) -> None:
        """A write without an outcome closes its level: no pass comes back to it by itself."""
        now = self._parts.now()
        under_way = self._parts.ledger.open_intents(store)
        if under_way.empty:
            return
        lost = under_way[arrived_by(under_way) <= now]
        reason = "a write to it has no known outcome"
        marks = [Mark(sku, now, now, reason) for sku in sorted(set(lost["sku"]))]
        self._parts.ledger.mark("repair", marks)

    def _look(self, store: str, entries: Sequence[InboxEntry]) -> None:
        """Orders first: they do not wait for drafts, which need the ERP and more time."""
        drafts = [entry for entry in entries if entry.hint.subject == "draft_order"]
        others = [entry for entry in entries if entry.hint.subject != "draft_order"]
        if others:
            self._look_at_all(store, others, self._look_at)
        if drafts:
            self._look_at_all(store, drafts, self._look_at_drafts)

    def _look_at_all(self, store: str, entries: Sequence[InboxEntry], look: "_Look") -> None:
        """All at once, and one by one if that fails: a bad one does not stop the others."""
        try:
            look(store, entries)
        except (ErpUnavailable, ContractBroken):
            self._postpone(entries)
            raise
        except NOT_ITS_FAULT:
            raise
        except Exception as error:
            if len(entries) == 1:
                self._failed(entries[0], error)
                return
            for entry in entries:
                self._look_at_all(store, [entry], look)

    def _failed(self, entry: InboxEntry, error: Exception) -> None:
        """Try it again later, but not for ever."""
        hint, known = entry.hint, self._postponed.get(entry.inbox_id)
        tries = known.tries + 1 if known else 1
        reason = f"it could not be heard: {type(error).__name__}: {error}"
        self._parts.tell(f"{hint.store}: {hint.topic} about {', '.join(hint.ids)}: {reason}")
        if tries < MOST_TRIES:
            again_at = self._parts.now() + POLL_EVERY
            self._postponed[entry.inbox_id] = Postponed(again_at, tries)
        else:
            self._parts.ledger.inbox_give_up(entry.inbox_id, reason=reason)
            self._postponed.pop(entry.inbox_id, None)

    def _postpone(self, entries: Sequence[InboxEntry]) -> None:
        """It is not their fault: they are heard when the ERP can be asked again."""
        again_at = self._parts.now() + POLL_EVERY
        for entry in entries:
            known = self._postponed.get(entry.inbox_id, Postponed(again_at, 0))
            self._postponed[entry.inbox_id] = known._replace(again_at=again_at)

    def _look_at(self, store: str, entries: Sequence[InboxEntry]) -> None:
        """Fetch the orders again; what a level is told to show is compared later."""
        orders = [gid for e in entries if e.hint.subject == "order" for gid in e.hint.ids]
        if any(entry.hint.subject == "store" for entry in entries):
            # Said to be uninstalled: if it is so, the store refuses to answer.
            self._parts.storefronts[store].facts()
        read_at = self._parts.now()
        for lines in self._parts.storefronts[store].orders_of(list(dict.fromkeys(orders))):
            mine = placed(self._parts, store, lines)
            self._parts.ledger.record_order_lines(store, mine, read_at=read_at)
        self._suspect(store, entries)
        self._done(entries)

    def _look_at_drafts(self, store: str, entries: Sequence[InboxEntry]) -> None:
        """Fetch the drafts again; each is done when its reservations are."""
        ids = list(dict.fromkeys(gid for entry in entries for gid in entry.hint.ids))
        told = {each.draft_id: each for each in self._parts.storefronts[store].drafts_of(ids)}
        for draft_id in ids:
            hear_draft(self._parts, store, draft_id, told.get(draft_id))
        self._done(entries)

    def _done(self, entries: Sequence[InboxEntry]) -> None:
        self._parts.ledger.inbox_done([e.inbox_id for e in entries], at=self._parts.now())
        for entry in entries:
            self._postponed.pop(entry.inbox_id, None)

    def _suspect(self, store: str, entries: Sequence[InboxEntry]) -> None:
        """Remember what levels are told to show: the order behind it may be heard a moment later.

        What is forgotten by a crash is found by the next pass that reads the store.
        """
        now = self._parts.now()
        for entry in entries:
            hint = entry.hint
            if hint.subject == "inventory_level":
                told = Suspect(hint.told_units, hint.triggered_at or now, now + EXPLAIN_AFTER)
                self._suspects[store] |= dict.fromkeys(hint.ids, told)

    def _check_levels(self, store: str, now: datetime) -> None:
        """A level that is still not told as explained is read; most tell of our own writes.

        What was told before we last wrote to the level, or read it, tells nothing about now.
        """
        told = {
            (item, location): suspect
            for one, suspect in self._suspects[store].items()
            if suspect.look_at <= now
            for item, _, location in (one.partition("@"),)
        }
        if not told:
            return
        items = sorted({item for item, _ in told})
        rows = self._parts.ledger.publications(store, items)
        taken = self._parts.ledger.taken_units(store, items)
        rows = rows.merge(
            taken.rename(columns={"taken_units": "taken_now_units"}), how="left", on=LEVEL
        )
        since = rows["taken_now_units"].fillna(0) - rows["taken_units"]
        explained = (rows["quantity_units"] - since).tolist()
        known_at = rows[["published_at", "observed_at"]].max(axis=1)
        marks = [
            Mark(sku, now, now, "the store shows an unexplained quantity")
            for sku, item, location, units, at in zip(
                rows["sku"], rows[LEVEL[0]], rows[LEVEL[1]], explained, known_at, strict=True
            )
            if (suspect := told.get((item, location)))
            and suspect.units != units
            and suspect.told_at >= at
        ]
        self._parts.ledger.mark("repair", marks)
        for item, location in told:
            del self._suspects[store][f"{item}@{location}"]


_Look = Callable[[str, Sequence[InboxEntry]], None]
