"""What must hold whenever the product writes to a store (protocol B.9, S4, S5 and S10; B.3).

Put here what is known of a write from its intent to its end. What must hold at any time is
``checks.py``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from inventory_sync.domain.publication import LevelKey, SetQuantities
from inventory_sync.flow.gather import MISSING_ORDER_GRACE
from inventory_sync.simulation.clock import Clock
from inventory_sync.simulation.company import Company
from inventory_sync.simulation.erp import Books, SimErp
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync.simulation.memory.levels import STALE
from inventory_sync.simulation.memory.orders import OrderKey, StoredOrder
from inventory_sync.simulation.played_shop import PlayedShop
from inventory_sync.simulation.reference import Owed, offer, owed_units
from inventory_sync.simulation.truth import DRAFT_ORDER, Truth, Violation

SHOP_ORDER: Final = "gid://shopify/Order/"


@dataclass(frozen=True, slots=True)
class Written:
    """What a pass knew when it made an intent durable."""

    call: SetQuantities
    as_of: datetime
    known: Mapping[OrderKey, StoredOrder]
    at: float


class WriteChecks(Truth):
    """Follows every write. ``calls`` counts those that arrived at a store."""

    def __init__(
        self,
        company: Company,
        clock: Clock,
        erp: SimErp,
        ledger: MemoryLedger,
        shops: Mapping[str, PlayedShop],
    ) -> None:
        super().__init__(company, clock, erp, ledger, shops)
        self._written: dict[tuple[str, str], Written] = {}
        self._under_way: dict[tuple[str, LevelKey], str] = {}
        self._executed: set[tuple[str, str]] = set()
        self.calls = 0

    def prepared(
        self,
        store: str,
        call: SetQuantities,
        as_of: datetime,
        known: Mapping[OrderKey, StoredOrder],
    ) -> None:
        """An intent is durable."""
        if (store, call.idempotency_key) in self._written:
            raise Violation(f"S4: the key {call.idempotency_key} is used twice")
        self._written[store, call.idempotency_key] = Written(
            call, as_of, known, self._clock.seconds
        )
        for change in call.changes:
            self._under_way[store, change.key] = call.idempotency_key

    def about_to_apply(self, store: str, call: SetQuantities) -> None:
        """A call arrives at a store: it has a durable intent with the same content (S5, S10)."""
        self.calls += 1
        written = self._written.get((store, call.idempotency_key))
        if written is None or written.call != call:
            raise Violation(f"S5: a call to {store} without a durable intent: {call}")
        for change in call.changes:
            if not 0 <= change.quantity_units <= 1_000_000_000:
                raise Violation(f"S10: {change} is no quantity")

    def applied(self, store: str, call: SetQuantities) -> None:
        """A call was executed: no level shows what is sold already, as far as anybody can know.

        Everything that this very level sold counts, heard of or not; what other levels sold counts
        as far as the pass had read it, and the ERP's figures as they were at ``as_of``.
        """
        written = self._written[store, call.idempotency_key]
        self._executed.add((store, call.idempotency_key))
        for change in call.changes:
            open_write = self._ledger.open_writes.get((store, change.key))
            if open_write is None or open_write.idempotency_key != call.idempotency_key:
                raise Violation(
                    f"C3: {store} executes {call.idempotency_key} for {change.sku} after its "
                    "intent was settled"
                )
        books = self._erp.read.get(written.as_of)
        if books is None:
            raise Violation(f"a call to {store} rests on figures of {written.as_of}, hours ago")
        for change in call.changes:
            if not self.is_edited(store, change.key):
                self._demand_safe(store, change.key, change.sku, written, books)

    def _demand_safe(
        self, store: str, key: LevelKey, sku: str, written: Written, books: Books
    ) -> None:
        shown = self.shops[store].available(key)
        own, returned = self._own(store, key, written, books)
        owed = [*self._heard(store, key, written, books), *own]
        most = offer(self._company, books.atp, owed, (store, key.store_location_id, sku)) + returned
        if shown > max(most, 0):
            raise Violation(
                f"I1: {store} shows {shown} of {sku} at {key.store_location_id} after a write, "
                f"but at most {most} are left (ERP {_about(books.atp, sku, self._company)}, {owed})"
            )

    def _own(
        self, store: str, key: LevelKey, written: Written, books: Books
    ) -> tuple[list[Owed], int]:
        """What the level has sold in truth; and what came back that the pass had not heard of."""
        owed, returned = [], 0
        for line in self.shops[store].book.sold.values():
            if line.key != key:
                continue
            said = books.acknowledged.get((line.order_id, line.line_id))
            wanted = line.wanted_units
            known = written.known.get((store, line.order_id))
            if known is not None:
                back = sum(x.taken_units for x in known.lines) - line.taken_units
                returned += max(0, back)
                if back == 0:  # a refund without restock moves nothing: no pass can notice it
                    wanted = sum(x.current_units for x in known.lines)
            units = owed_units(wanted, line.taken_units, said)
            owed.append(Owed(store, key.store_location_id, line.sku, units))
        returned += self._drafts_ended(store, key, written)
        return [one for one in owed if one.units], returned

    def _drafts_ended(self, store: str, key: LevelKey, written: Written) -> int:
        """What draft orders kept back when the pass had heard of them, and do not any more."""
        drafts = self.shops[store].book.drafts
        units = 0
        for (at, order_id), order in written.known.items():
            if at != store or not order_id.startswith(DRAFT_ORDER):
                continue
            mine = (x for x in order.lines if x.inventory_item_id == key.inventory_item_id)
            then = sum(x.taken_units for x in mine if x.store_location_id == key.store_location_id)
            now = drafts[order_id].reserved_units if order_id in drafts else 0
            units += max(0, then - now)
        return units

    def _heard(self, store: str, key: LevelKey, written: Written, books: Books) -> Iterator[Owed]:
        for (at, _), order in written.known.items():
            for line in order.lines:
                place = line.store_location_id or ""
                is_own = (at, line.inventory_item_id, place) == (
                    store,
                    key.inventory_item_id,
                    key.store_location_id,
                )
                if is_own and line.order_id.startswith(SHOP_ORDER):
                    continue
                said = books.acknowledged.get((line.order_id, line.line_id))
                units = owed_units(line.current_units, line.taken_units, said)
                if units and line.sku:
                    yield Owed(at, place, line.sku, units)

    def settled_by_reading(
        self, store: str, key: LevelKey, verdict: str, unheard: Mapping[LevelKey, int]
    ) -> None:
        """A write was settled by what the store shows: rightly, unless an order was unheard, or the
        reading fitted neither way for so long that the lower offer had to do.
        """
        name = (store, self._under_way[store, key])
        was, written = name in self._executed, self._written[name]
        if was == (verdict == "applied") or self.is_edited(store, key):
            return
        (change,) = (one for one in written.call.changes if one.key == key)
        raises = change.quantity_units > change.expected_units
        waited = self._clock.seconds - written.at > MISSING_ORDER_GRACE.total_seconds()
        if key not in unheard and not (waited and (verdict == "applied") == raises):
            raise Violation(f"C4: {name} {change} is settled as {verdict}")
        self.misread(store, key)

    def misread(self, store: str, key: LevelKey) -> None:
        """A pass took an unheard cancellation for an edit by hand, or an unheard order for its own
        lost write: no reading can tell them apart. It is as if somebody had edited the level.
        """
        self.shops[store].book.edited[key] = self._clock.seconds
        self.measured["levels misread beside an order unheard"] += 1

    def lowered(self, store: str, sku: str, fate: str) -> None:
        """What has to fall never waits for an explanation (protocol B.5)."""
        if fate == STALE:
            raise Violation(f"I6: {store} keeps showing too much of {sku}: refused as stale")


def _about(atp: Mapping[tuple[str, str], int], sku: str, company: Company) -> object:
    return {pair: units for pair, units in atp.items() if pair[0] in company.parts(sku)}
