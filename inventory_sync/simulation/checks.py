"""What must never happen (protocol B.9), looked at after every event and at rest.

Put an invariant here, in terms of the truth that the world keeps by hand. Measured, not forbidden,
is what a shared pool cannot prevent: a unit that another channel sold while its news were under way
(protocol B.3, 4 and 5).
"""

from collections.abc import Mapping, Sequence
from typing import Final

from inventory_sync.domain.evidence import Verdict
from inventory_sync.domain.publication import LevelKey
from inventory_sync.domain.reservations import Reservation
from inventory_sync.simulation.played_shop import SoldLine
from inventory_sync.simulation.truth import WINDOW_SECONDS, Violation
from inventory_sync.simulation.write_checks import WriteChecks

__all__ = ["RESERVATION", "Checks", "Violation"]

NOTICED_SECONDS: Final = 600.0
"""After this a person has noticed the finding about an edit by hand."""

RESERVATION: Final = "reservation "
"""Who takes units when a person reserves them, with the name of the reservation after it."""


class Checks(WriteChecks):
    """All that is checked."""

    # --- when units are taken ---

    def sold(self, line: SoldLine, units: int) -> None:
        """S1: an order was accepted; more than there is only while others' news are under way."""
        by = (line.store, line.key)
        left = self._left(line.store, line.key.store_location_id, line.sku)
        parts = self._company.parts(line.sku)
        short = max(min(-left[part], units * times) for part, times in parts.items())
        if short > 0 and not self.is_edited(line.store, line.key):
            if not self._others_took(line.sku, by):
                raise Violation(
                    f"S1: {line.store} sold {units} of {line.sku} at {line.key.store_location_id} "
                    f"and {short} of it do not exist; nobody else had taken any: left {left} "
                    f"(ERP {self._erp.books().atp}, in flight {self.owed_now()})"
                )
            self.measured["oversold units within the window"] += short
        self.demanded(line.sku, by)

    def reserved(self, held: Reservation) -> None:
        """S9: the units exist, and they are out of every offer when they are promised."""
        by = RESERVATION + held.reservation_id
        self._demand_that_they_exist(held, by)
        parts = set(self._company.parts(held.sku))
        offers = self.offers_now()
        for store, shop in self.shops.items():
            for (name, gid), key in shop.keys.items():
                shown, most = shop.available(key), offers[store, key]
                concerned = parts & set(self._company.parts(name))
                if not concerned or shown <= most or self.is_edited(store, key):
                    continue
                if (store, key) in self._ledger.open_writes or self._others_took(name, by):
                    continue
                raise Violation(
                    f"S9: {held.sku} was reserved, but {store} still shows {shown} of {name} at "
                    f"{gid} instead of {most}"
                )
        self.not_reserved(held)

    def not_reserved(self, wish: Reservation) -> None:
        """Nobody waits for news of it any more: every store knows, or nothing was taken."""
        self.heard_of(wish.sku, RESERVATION + wish.reservation_id)

    def _demand_that_they_exist(self, held: Reservation, by: str) -> None:
        left = self._left(held.store, held.store_location_id, held.sku)
        if min(left.values()) < 0 and not self._others_took(held.sku, by):
            raise Violation(
                f"S9: {held.quantity_units} of {held.sku} were reserved that do not all exist: "
                f"left {left}"
            )

    # --- after every event ---

    def explained(self) -> None:
        """S7: what a level shows is what we set, less what its orders took, heard of or not."""
        for (store, key), base in self._ledger.published.items():
            if (store, key) in self._ledger.open_writes:
                continue
            shop = self.shops[store]
            edited_at = shop.book.edited.get(key)
            if not self._is_explained(store, key):
                if edited_at is None:
                    raise Violation(
                        f"S7: {store} shows {shop.available(key)} of {base.sku} at "
                        f"{key.store_location_id} and sold {shop.taken(key)}; the ledger has set "
                        f"{base.quantity_units} when {base.taken_units} were sold: {base}"
                    )
            elif edited_at and self._clock.seconds - edited_at > WINDOW_SECONDS:
                del shop.book.edited[key]

    def _is_explained(self, store: str, key: LevelKey) -> bool:
        base = self._ledger.published.get((store, key))
        shown = self.shops[store].available(key) + self.shops[store].taken(key)
        return base is not None and shown == base.quantity_units + base.taken_units

    def _declare_drafts(self) -> None:
        """A draft that Shopify reserves and we do not, small or refused, is an edit by hand."""
        held = {r.order_id for r in self._ledger.reservations(held_only=True)}
        for shop in self.shops.values():
            for draft in shop.book.drafts.values():
                if draft.reserved_units and draft.draft_id not in held:
                    shop.book.edited[draft.key] = self._clock.seconds

    def bounded(self) -> None:
        """Nothing shows more than there is for longer than news can be under way."""
        self._declare_drafts()
        for (store, key), most in self.offers_now().items():
            shop = self.shops[store]
            sku = next(sku for (sku, gid), one in shop.keys.items() if one == key)
            shown = shop.available(key)
            if shown <= most or (store, key) not in self._ledger.published:
                continue
            if not self.is_edited(store, key) and not self._others_took(sku, None):
                raise Violation(
                    f"S2: {store} shows {shown} of {sku} at {key.store_location_id}, but only "
                    f"{most} are left and nothing was taken for {WINDOW_SECONDS:.0f} s: "
                    f"ERP {self._erp.books().atp}, in flight {self.owed_now()}"
                )

    def judged(self, verdicts: Mapping[str, Sequence[Verdict]]) -> None:
        """A1, no false alarm: where nothing goes wrong no check is red. Two things that people do
        are true alarms: a unit is sold twice while news are under way, and an order is edited
        without restock, of which Shopify tells nothing but that units are gone.
        """
        for store, each in verdicts.items():
            for verdict in each:
                if verdict.passed:
                    continue
                if self._is_true(store, verdict):
                    self.measured[f"true alarms: {verdict.name.replace('_', ' ')}"] += 1
                    continue
                raise Violation(
                    f"A1: {verdict.name} of {store} is red without a fault: {verdict.number} "
                    f"{verdict.unit}, {verdict.examples.to_dict('records')} "
                    f"(ERP {self._erp.books().atp}, in flight {self.owed_now()})"
                )

    def _is_true(self, store: str, verdict: Verdict) -> bool:
        if not {"store_location_id", "sku"}.issubset(verdict.examples):
            return False
        rows = verdict.examples[["store_location_id", "sku"]].itertuples(index=False)
        if verdict.name == "overselling":
            return all(min(self._left(store, gid, sku).values()) < 0 for gid, sku in rows)
        keys = self.shops[store].keys
        return all(self.is_edited(store, keys[sku, gid]) for gid, sku in rows)

    def edits_to_heal(self) -> bool:
        """Whether a level was edited by hand some minutes ago and nobody has taken it as right."""
        held = {r.order_id for r in self._ledger.reservations(held_only=True)}
        for store, shop in self.shops.items():
            drafts = shop.book.drafts.values()
            kept = {draft.key for draft in drafts if draft.draft_id not in held}
            for key, edited_at in shop.book.edited.items():
                is_noticed = edited_at + NOTICED_SECONDS < self._clock.seconds
                if is_noticed and key not in kept and not self._is_explained(store, key):
                    return True
        return False

    def at_rest(self, *, after_edits: bool) -> None:
        """Q1-Q3: everything is explained, shown as the reference has it, and nothing is left to do.

        Levels that were edited by hand are looked at when a pass has healed them.
        """
        offers = self.offers_now()
        for (store, key), most in offers.items():
            shop = self.shops[store]
            if key in shop.book.edited and not after_edits:
                continue
            base = self._ledger.published.get((store, key))
            if shop.available(key) != most:
                raise Violation(
                    f"Q2: at rest {store} shows {shop.available(key)} of {key} ({base}), and "
                    f"should show {most}"
                )
        for store, key in self._ledger.open_writes:
            raise Violation(f"Q3: a write to {store} {key} is open at rest")
        for entry in self._ledger.inbox(list(self.shops), limit=1):
            raise Violation(f"Q3: nobody has looked at {entry}")
        for one in self._ledger.unfinished_reservations():
            raise Violation(f"Q3: {one.next_step} is still to be done about {one}")
        for row in self._ledger.dirty().to_dict("records"):
            raise Violation(f"Q3: something is dirty at rest: {row}")
        if after_edits:
            for shop in self.shops.values():
                shop.book.edited.clear()
        self.explained()
