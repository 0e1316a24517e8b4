"""The truth about the company, kept by hand: what is left, who has taken what, what is unheard of.

Put here what can be asked about the world as it is now; what must follow from it is ``checks.py``
and ``write_checks.py``.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from inventory_sync.domain.publication import LevelKey
from inventory_sync.simulation.clock import Clock
from inventory_sync.simulation.company import Company
from inventory_sync.simulation.erp import SimErp
from inventory_sync.simulation.memory import MemoryLedger
from inventory_sync.simulation.played_shop import PlayedShop, SoldLine
from inventory_sync.simulation.reference import Owed, offer, owed_units

WINDOW_SECONDS: Final = 900.0
"""News of another channel's sale are everywhere after this at the latest: a lost webhook, an order
that is listed late, a write without an answer, a store that is away.
"""

CAME_BACK: Final = "units that came back to the shelf"

LAPSE: Final = "a reservation that is over"
LAPSE_WINDOW_SECONDS: Final = 60.0
"""Who gives units back when the time of a draft order is over. Three clocks know it by themselves,
Shopify's, the ERP's and ours, and they differ by seconds.
"""


DRAFT_ORDER: Final = "gid://shopify/DraftOrder/"


class Violation(AssertionError):
    """Something happened that must never happen."""


class Truth:
    """The company as it is. ``measured``: what a shared pool cannot prevent, counted."""

    def __init__(
        self,
        company: Company,
        clock: Clock,
        erp: SimErp,
        ledger: MemoryLedger,
        shops: Mapping[str, PlayedShop],
    ) -> None:
        self._company, self._clock, self._erp = company, clock, erp
        self._ledger, self.shops = ledger, shops
        self._news_until: dict[str, list[tuple[float, object]]] = {sku: [] for sku in company.skus}
        self.measured: Counter[str] = Counter()

    def owed_now(self) -> list[Owed]:
        """What the ERP does not know of all orders and reservations, heard of or not."""
        said = self._erp.acknowledged
        owed = [
            Owed(line.store, line.key.store_location_id, line.sku, units)
            for line in self.lines()
            if (
                units := owed_units(
                    line.wanted_units, line.taken_units, said.get((line.order_id, line.line_id))
                )
            )
        ]
        told = self._ledger.reservations()
        newest = {r.line: r for r in told if r.state != "refused"}
        now = self._clock.now()
        for r in newest.values():
            if r.expires_at and r.expires_at <= now and r.state == "held":
                continue
            units = owed_units(r.owed_units, r.taken_units, said.get((r.order_id, r.line_id)))
            if units:
                owed.append(Owed(r.store, r.store_location_id, r.sku, units))
        return owed

    def _sent_back(self) -> Iterator[Owed]:
        """What is on the shelf of a shop again, while the ERP still counts it as sold."""
        for line in self.lines():
            said = self._erp.acknowledged.get((line.order_id, line.line_id), 0)
            back = said - max(line.wanted_units, line.taken_units)
            if back > 0:
                yield Owed(line.store, line.key.store_location_id, line.sku, -back)
        yield from self._let_go()

    def _let_go(self) -> Iterator[Owed]:
        """What a draft order held that is an order by now, or nothing: the order counts alone."""
        for r in self._ledger.reservations():
            if not r.order_id.startswith(DRAFT_ORDER):
                continue
            if r.order_id in self.shops[r.store].book.drafts:
                continue
            promise = self._erp.promises.get(f"R:{r.order_id}/{r.line_id}")
            in_erp = promise.units if promise and self._erp.is_open(promise) else 0
            said = self._erp.acknowledged.get((r.order_id, r.line_id))
            units = in_erp + owed_units(r.owed_units, r.taken_units, said)
            if units:
                yield Owed(r.store, r.store_location_id, r.sku, -units)

    def lines(self) -> Iterator[SoldLine]:
        """Every order of every shop."""
        for shop in self.shops.values():
            yield from shop.book.sold.values()

    def offers_now(self) -> dict[tuple[str, LevelKey], int]:
        """The reference for every level."""
        atp, owed = self._erp.books().atp, self.owed_now()
        return {
            (store, key): offer(self._company, atp, owed, (store, gid, sku))
            for store, shop in self.shops.items()
            for (sku, gid), key in shop.keys.items()
        }

    def is_edited(self, store: str, key: LevelKey) -> bool:
        """Whether somebody has changed the level by hand and no pass has looked at it since."""
        return key in self.shops[store].book.edited

    def unheard(self, store: str) -> dict[LevelKey, int]:
        """Units by level that orders took of which the ledger has not heard; below zero: units that
        came back by a cancellation or a refund.
        """
        shop = self.shops[store]
        found = {
            key: shop.taken(key)
            - self._ledger.taken_from(store, key.inventory_item_id, key.store_location_id)
            for key in shop.keys.values()
        }
        return {key: units for key, units in found.items() if units}

    # --- demand ---

    def demanded(self, sku: str, by: object, *, window_seconds: float = WINDOW_SECONDS) -> None:
        """Somebody took units, or gave some back of which the ERP has to hear: ``by`` is a level or
        the ERP.
        """
        for part in self._company.parts(sku):
            self._news_until[part].append((self._clock.seconds + window_seconds, by))

    def heard_of(self, sku: str, by: object) -> None:
        """Everybody knows what this one took."""
        for part in self._company.parts(sku):
            self._news_until[part] = [one for one in self._news_until[part] if one[1] != by]

    def came_back(self, store: str, sku: str, key: LevelKey, units: int) -> None:
        """Units are on the shelf of a shop again. Where more was sold than there is, they are owed
        to others, and nobody can keep the shop from selling them for a moment.
        """
        left = self._left(store, key.store_location_id, sku)
        parts = self._company.parts(sku)
        if units and any(left[part] < units * times for part, times in parts.items()):
            self.demanded(sku, CAME_BACK)

    def _left(self, store: str, gid: str, sku: str) -> dict[str, int]:
        """The truth by part, below zero where too much is sold; what came back is back."""
        atp, owed = self._erp.books().atp, [*self.owed_now(), *self._sent_back()]
        places = set(self._company.places[store][gid])
        left = {}
        for part in self._company.parts(sku):
            left[part] = sum(atp.get((part, at), 0) for at in places)
            for one in owed:
                if places & set(self._company.places[one.store][one.store_location_id]):
                    left[part] -= one.units * self._company.parts(one.sku).get(part, 0)
        return left

    def _others_took(self, sku: str, by: object) -> bool:
        now = self._clock.seconds
        for part in self._company.parts(sku):
            fresh = [one for one in self._news_until[part] if one[0] >= now]
            self._news_until[part] = fresh
            if any(who != by for _, who in fresh):
                return True
        return False
