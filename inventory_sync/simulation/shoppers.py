"""What shoppers and clerks of a store do.

Put a kind of event of a shop here. Each does one thing now and keeps the world's book of it.
"""

from collections.abc import Callable
from datetime import timedelta

from inventory_sync.domain.publication import LevelKey
from inventory_sync.simulation.company import LARGE_ORDER_UNITS
from inventory_sync.simulation.imports import Imports, Scene
from inventory_sync.simulation.played_shop import PlayedShop, SoldLine


class Shoppers(Imports):
    """The hands of buyers and clerks."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._paying: dict[LevelKey, int] = {}

    def _level(self) -> tuple[PlayedShop, str, LevelKey]:
        shop = self._rng.choice(list(self._checks.shops.values()))
        names = [name for name in shop.keys if not self.about or name[0] in self.about]
        sku, gid = self._rng.choice(names or list(shop.keys))
        return shop, sku, shop.keys[sku, gid]

    def _wanted(self, shop: PlayedShop, key: LevelKey) -> int:
        """Units that a buyer may have: buyers who are paying have theirs."""
        units = self._rng.choice((1, 1, 1, 2, 3))
        return units if shop.available(key) - self._paying.get(key, 0) >= units else 0

    def _buy(self) -> str | None:
        shop, sku, key = self._level()
        units = self._wanted(shop, key)
        if not units:
            return f"{shop.store}: {sku} is sold out"
        return self._sell(shop, sku, key, units)

    def _sell(self, shop: PlayedShop, sku: str, key: LevelKey, units: int) -> str:
        line = shop.sell(sku, key, units, at=self._clock.seconds)
        self._checks.sold(line, units)
        self._import_later(line)
        return f"{shop.store} sells {units} {sku} ({line.order_id[-6:]})"

    def _checkout(self) -> str | None:
        """A buyer begins to pay; the order comes when the money has."""
        shop, sku, key = self._level()
        units = self._wanted(shop, key)
        if not units:
            return None
        self._paying[key] = self._paying.get(key, 0) + units

        def paid() -> None:
            self._paying[key] -= units
            if self._rng.random() < 0.8:
                self._sell(shop, sku, key, units)

        self._clock.after(self._rng.uniform(1.0, 240.0), paid)
        return f"{shop.store}: somebody pays {units} {sku}"

    def _order(self, suits: Callable[[SoldLine], bool]) -> tuple[PlayedShop, SoldLine] | None:
        recent = self._clock.seconds - 6 * 3600
        found = [
            (shop, line)
            for shop in self._checks.shops.values()
            for line in shop.book.sold.values()
            if line.changed_at > recent and not line.is_cancelled and suits(line)
        ]
        return self._rng.choice(found) if found else None

    def _cancel(self) -> str | None:
        found = self._order(lambda line: line.wanted_units > 0 and not line.shipped_units)
        if found is None:
            return None
        shop, line = found
        restock = self._rng.random() < 0.7
        taken = line.taken_units
        shop.cancel(line, restock=restock, at=self._clock.seconds)
        self._gives_back(shop, line, taken)
        self._import_later(line)
        return f"{shop.store} cancels {line.order_id[-6:]} {line.sku}, restock {restock}"

    def _edit(self) -> str | None:
        found = self._order(lambda line: line.unshipped_units > 0)
        if found is None:
            return None
        shop, line = found
        more = min(2, max(0, shop.available(line.key) - self._paying.get(line.key, 0)))
        units = self._rng.randint(line.shipped_units, line.wanted_units + more)
        before, taken = line.wanted_units, line.taken_units
        if units == before:
            return None
        restock = units > before or self._rng.random() < 0.9
        shop.edit(line, units, restock=restock, at=self._clock.seconds)
        if units > before:
            self._checks.sold(line, units - before)
        else:
            self._gives_back(shop, line, taken if restock else line.taken_units)
        self._import_later(line)
        return f"{shop.store} edits {line.order_id[-6:]} {line.sku} {before} -> {units} ({restock})"

    def _refund(self) -> str | None:
        found = self._order(lambda line: line.wanted_units > 0)
        if found is None:
            return None
        shop, line = found
        if line.shipped_units and (not line.unshipped_units or self._rng.random() < 0.5):
            kind, most = "RETURN", line.shipped_units
        else:
            kind, most = self._rng.choice(("CANCEL", "NO_RESTOCK")), line.unshipped_units
        units, taken = self._rng.randint(1, most), line.taken_units
        if kind == "RETURN":
            shop.refund(line, units, "RETURN", at=self._clock.seconds)
        else:
            shop.refund(
                line, units, "CANCEL" if kind == "CANCEL" else "NO_RESTOCK", at=self._clock.seconds
            )
        self._gives_back(shop, line, taken)
        self._import_later(line)
        return f"{shop.store} refunds {units} of {line.order_id[-6:]} {line.sku}, {kind}"

    def _gives_back(self, shop: PlayedShop, line: SoldLine, taken_before: int) -> None:
        """An order wants less: the ERP has to hear of it."""
        self._checks.demanded(line.sku, (shop.store, line.key))
        self._checks.came_back(shop.store, line.sku, line.key, taken_before - line.taken_units)

    def _fulfill(self) -> str | None:
        found = self._order(lambda line: line.unshipped_units > 0)
        if found is None:
            return None
        shop, line = found
        units = self._rng.randint(1, line.unshipped_units)
        shop.fulfill(line, units, at=self._clock.seconds)
        self._import_later(line)
        return f"{shop.store} ships {units} of {line.order_id[-6:]} {line.sku}"

    def _edit_by_hand(self) -> str | None:
        shop, sku, key = self._level()
        delta = self._rng.choice((-2, -1, 1, 2, 3))
        shop.change(sku, key, delta, at=self._clock.seconds)
        self._faults.counts["edits by hand"] += 1
        return f"somebody edits {sku} in {shop.store} by {delta}"

    def _draft(self) -> str | None:
        shops = list(self._checks.shops.values())
        drafts = [(shop, draft) for shop in shops for draft in shop.book.drafts.values()]
        if drafts and self._rng.random() < 0.6:
            shop, draft = self._rng.choice(drafts)
            if self._rng.random() < 0.5:
                shop.discard(draft)
                self._checks.came_back(shop.store, draft.sku, draft.key, draft.reserved_units)
                return f"{shop.store} discards draft {draft.draft_id[-6:]}"
            reserved = draft.reserved_units
            if not reserved and shop.available(draft.key) < draft.units:
                return None
            line = shop.complete(draft, at=self._clock.seconds)
            self._checks.sold(line, draft.units)
            self._import_later(line)
            return f"{shop.store} completes draft {draft.draft_id[-6:]} as {line.order_id[-6:]}"
        shop, sku, key = self._level()
        units = self._rng.randint(1, LARGE_ORDER_UNITS + 2)
        if len(self._company.places[shop.store]) > 1:
            return None  # where Shopify takes the units of a draft from, it tells nobody
        if shop.available(key) - self._paying.get(key, 0) < units:
            return None
        until = None
        if self._rng.random() < 0.6:
            until = self._clock.now() + timedelta(minutes=self._rng.uniform(5, 240))
        draft = shop.draft(sku, key, units, until)
        if until:
            self._checks.demanded(sku, (shop.store, key))
        return f"{shop.store} drafts {units} {sku} ({draft.draft_id[-6:]}), until {until}"
