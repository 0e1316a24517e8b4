"""A shop in memory, quick enough for a thousand hours: what its units do when something is sold.

Put here how ``available`` moves, as the stand-in moves it, and whom the shop tells. What is sold is
in the book of ``played_shop.py``, the product's door is ``sim_shop.py``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import LevelKey
from inventory_sync.domain.reservations import Draft, DraftLine
from inventory_sync.domain.webhooks import Hint, Subject
from inventory_sync.simulation.played_shop import DraftSale, PlayedShop, RefundKind, SoldLine


@dataclass(frozen=True, slots=True)
class ShopTerms:
    """How a simulated shop behaves.

    ``replays``: a repeated idempotency key is answered as before, else it is executed again;
    ``tells_levels``: it sends webhooks about levels; ``lag_seconds``: how late the list of orders
    learns of an update.
    """

    replays: bool = True
    tells_levels: bool = True
    lag_seconds: Callable[[], float] = lambda: 0.0


class ShopModel(PlayedShop):
    """The shop as shoppers and clerks know it."""

    def __init__(
        self,
        store: str,
        places: Mapping[str, Sequence[str]],
        *,
        now: Callable[[], datetime],
        terms: ShopTerms | None = None,
    ) -> None:
        """``places``: store location (gid) -> the SKUs that it stocks."""
        super().__init__()
        self.store = store
        self._now, self._terms = now, terms or ShopTerms()
        self._numbers = count(sum(map(ord, store)) * 1_000_000)
        self._places = tuple(places)
        skus = sorted({sku for stocked in places.values() for sku in stocked})
        self._items = {sku: f"gid://shopify/InventoryItem/{next(self._numbers)}" for sku in skus}
        self.keys = {
            (sku, gid): LevelKey(self._items[sku], gid)
            for gid, stocked in places.items()
            for sku in stocked
        }
        self._units = dict.fromkeys(self.keys.values(), 0)
        self._orders: dict[str, OrderLine] = {}
        self._listed_at: dict[str, float] = {}
        self._draft_list: dict[str, Draft] = {}
        self._hints: list[Hint] = []

    def available(self, key: LevelKey) -> int:
        """What the shop shows and sells."""
        return self._units[key]

    def take_hints(self) -> Sequence[Hint]:
        """The deliveries that are owed since the last call."""
        owed, self._hints = self._hints, []
        return owed

    # --- what shoppers and clerks do ---

    def _place(self, sku: str, key: LevelKey, units: int) -> tuple[str, str]:
        number = next(self._numbers)
        order_id, line_id = f"gid://shopify/Order/{number}", f"gid://shopify/LineItem/{number}"
        self._orders[order_id] = OrderLine(
            order_id,
            f"#{number}",
            line_id,
            sku,
            key.inventory_item_id,
            key.store_location_id,
            units,
            units,
            self._stamp(),
        )
        self._move(key, -units)
        self._touch(order_id, "orders/create")
        return order_id, line_id

    def _cancel(self, line: SoldLine, *, restock: bool) -> None:
        back = line.wanted_units if restock else 0
        self._move(line.key, back)
        self._update(line.order_id, "orders/cancelled", wanted=-line.wanted_units, taken=-back)

    def _edit(self, line: SoldLine, units: int, *, restock: bool) -> None:
        delta = units - line.wanted_units
        if delta > 0 or restock:
            self._move(line.key, -delta)
        # As the adapter reads it: units that were edited away count as restocked.
        self._update(line.order_id, "orders/edited", wanted=delta, taken=delta)

    def _refund(self, line: SoldLine, units: int, kind: RefundKind) -> None:
        back = 0 if kind == "NO_RESTOCK" else units
        self._move(line.key, back)
        self._update(line.order_id, "refunds/create", wanted=-units, taken=-back)

    def _fulfill(self, line: SoldLine, units: int) -> None:
        self._update(line.order_id, "orders/fulfilled", wanted=0, taken=0)

    def _change(self, sku: str, key: LevelKey, delta: int) -> None:
        self._move(key, delta)

    def _draft(self, sku: str, key: LevelKey, units: int, until: datetime | None) -> str:
        number = next(self._numbers)
        line_id = f"gid://shopify/DraftOrderLineItem/{number}"
        draft_id = f"gid://shopify/DraftOrder/{number}"
        line = DraftLine(line_id, sku, key.inventory_item_id, units)
        self._draft_list[draft_id] = Draft(
            draft_id, f"#D{number}", True, None, until, self._stamp(), (line,)
        )
        self._move(key, -units if until else 0)
        self._tell("draft_orders/create", "draft_order", draft_id)
        return draft_id

    def _complete(self, draft: DraftSale) -> tuple[str, str]:
        self._move(draft.key, draft.reserved_units)
        order_id, line_id = self._place(draft.sku, draft.key, draft.units)
        self._draft_list[draft.draft_id] = replace(
            self._draft_list[draft.draft_id],
            is_open=False,
            order_id=order_id,
            reserves_until=None,
            updated_at=self._stamp(),
        )
        self._tell("draft_orders/update", "draft_order", draft.draft_id)
        return order_id, line_id

    def _discard(self, draft: DraftSale) -> None:
        self._move(draft.key, draft.reserved_units)
        del self._draft_list[draft.draft_id]
        self._tell("draft_orders/delete", "draft_order", draft.draft_id)

    def lapsed(self, now: datetime) -> Iterator[DraftSale]:
        """The units of reservations that are over go back on the shelf."""
        for draft in super().lapsed(now):
            told = self._draft_list[draft.draft_id]
            self._draft_list[draft.draft_id] = replace(told, reserves_until=None)
            self._move(draft.key, draft.units)
            yield draft

    def _update(self, order_id: str, topic: str, *, wanted: int, taken: int) -> None:
        line = self._orders[order_id]
        self._orders[order_id] = replace(
            line,
            current_units=line.current_units + wanted,
            taken_units=line.taken_units + taken,
            updated_at=self._stamp(),
        )
        self._touch(order_id, topic)

    def _touch(self, order_id: str, topic: str) -> None:
        self._listed_at[order_id] = self._now().timestamp() + self._terms.lag_seconds()
        self._tell(topic, "order", order_id)

    def _move(self, key: LevelKey, units: int) -> None:
        self._units[key] += units
        if units and self._terms.tells_levels:
            one = f"{key.inventory_item_id}@{key.store_location_id}"
            self._tell("inventory_levels/update", "inventory_level", one, self._units[key])

    def _tell(self, topic: str, subject: Subject, about: str, units: int | None = None) -> None:
        name = f"{self.store}-{next(self._numbers)}"
        now, ids = self._now(), (about,)
        names = f"W{name}", f"E{name}", name
        self._hints.append(Hint(self.store, topic, subject, *names, ids, now, now, None, units))

    def _stamp(self) -> datetime:
        """Shopify's time stamps have whole seconds."""
        return self._now().replace(microsecond=0)
