"""Hearing the stores: hints in the inbox become orders in the ledger; polling finds what got lost.

Put here what a hint leads to. A hint tells only where to look: orders and drafts are fetched again
(bad inputs C.1). Recording an order marks its SKUs in the same transaction.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from inventory_sync.domain.dirty import Mark
from inventory_sync.domain.errors import StoreStopped, StoreUnreachable
from inventory_sync.domain.publication import LEVEL
from inventory_sync.domain.webhooks import InboxEntry
from inventory_sync.flow.event_pass import EXPLAIN_AFTER, STOPPED_FOR, UNREACHABLE_FOR
from inventory_sync.flow.full_pass import note_failure
from inventory_sync.flow.gather import SETTLE_AFTER, placed, read_orders
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.reservations import hear_drafts, poll_drafts

POLL_EVERY = timedelta(seconds=60)
"""Orders are listed so often for what no webhook told."""

HINTS_AT_ONCE = 500


class Suspect(NamedTuple):
    """What a level is told to show, and when that is compared with what explains it."""

    units: int | None
    told_at: datetime
    look_at: datetime


class StoreEar:
    """Orders of all stores: by webhook at once, by polling at the latest."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._pool = parts.threads(max(1, len(parts.policies)))
        self._away: dict[str, datetime] = {}
        self._suspects: dict[str, dict[str, Suspect]] = {store: {} for store in parts.policies}
        self._poll_at = dict.fromkeys(parts.policies, parts.now())

    def hear(self) -> datetime | None:
        """Fetch what hints point at, and poll the stores whose time has come."""
        now = self._parts.now()
        near = [store for store in self._parts.policies if self._away.get(store, now) <= now]
        entries: dict[str, list[InboxEntry]] = defaultdict(list)
        for entry in self._parts.ledger.inbox(near, limit=HINTS_AT_ONCE):
            entries[entry.hint.store].append(entry)
        tasks = [(store, partial(self._look, store, mine)) for store, mine in entries.items()]
        for store in near:
            if self._poll_at[store] <= now:
                self._poll_at[store] = now + POLL_EVERY
                tasks.append((store, partial(self._poll, store)))
        waiting = [(store, self._pool.submit(task)) for store, task in tasks]
        for store, done in waiting:
            try:
                done.result()
            except (StoreStopped, StoreUnreachable) as error:
                self._leave_alone(store, error)
        for store in near:
            self._check_levels(store, now)
        if sum(map(len, entries.values())) == HINTS_AT_ONCE:
            return now
        times = [self._poll_at[store] for store in near]
        times += [each.look_at for store in near for each in self._suspects[store].values()]
        times += [at for at in self._away.values() if at > now]
        return min(times, default=None)

    def _leave_alone(self, store: str, error: StoreStopped | StoreUnreachable) -> None:
        """Its hints stay in the inbox; the other stores go on."""
        now = self._parts.now()
        if isinstance(error, StoreStopped):
            note_failure(self._parts, store, self._parts.new_id(), error)
            self._away[store] = now + STOPPED_FOR
        else:
            self._away[store] = now + UNREACHABLE_FOR

    def _poll(self, store: str) -> None:
        read_orders(self._parts, store)
        poll_drafts(self._parts, store)
        self._find_lost_writes(store)

    def _find_lost_writes(self, store: str) -> None:
        """A write without an outcome closes its level: no pass comes back to it by itself."""
        now = self._parts.now()
        under_way = self._parts.ledger.open_intents(store)
        if under_way.empty:
            return
        lost = under_way[under_way["created_at"] + SETTLE_AFTER <= now]
        reason = "a write to it has no known outcome"
        marks = [Mark(sku, now, now, reason) for sku in sorted(set(lost["sku"]))]
        self._parts.ledger.mark("repair", marks)

    def _look(self, store: str, entries: Sequence[InboxEntry]) -> None:
        about: dict[str, dict[str, None]] = defaultdict(dict)
        for entry in entries:
            about[entry.hint.subject] |= dict.fromkeys(entry.hint.ids)
        if any(entry.hint.subject == "store" for entry in entries):
            # Said to be uninstalled: if it is so, the store refuses to answer.
            self._parts.storefronts[store].facts()
        read_at = self._parts.now()
        for lines in self._parts.storefronts[store].orders_of(list(about["order"])):
            mine = placed(self._parts, store, lines)
            self._parts.ledger.record_order_lines(store, mine, read_at=read_at)
        if about["draft_order"]:
            drafts = self._parts.storefronts[store].drafts_of(list(about["draft_order"]))
            hear_drafts(self._parts, store, list(about["draft_order"]), drafts)
        self._suspect(store, entries)
        self._parts.ledger.inbox_done([e.inbox_id for e in entries], at=self._parts.now())

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
