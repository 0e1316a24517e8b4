"""A shop that the world plays with: shoppers and clerks, and the truth about what they did.

Put here what can happen to a shop and the book that is kept of it, by hand and apart from the
product: what every order line still wants, and what it took out of ``available``. How units move is
left to a model: ``sim_shop.py``, or the stand-in of the Admin API, which the command line brings.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from inventory_sync.domain.publication import LevelKey
from inventory_sync.domain.webhooks import Hint
from inventory_sync.flow.ports import Storefront

RefundKind = Literal["CANCEL", "RETURN", "NO_RESTOCK"]


@dataclass(slots=True)
class SoldLine:
    """The truth about one order of one line.

    ``wanted_units``: what the buyer still wants; ``taken_units``: what left ``available`` and did
    not come back; ``shipped_units``: what went out of the door and was not sent back;
    ``lost_units``: refunded without restock, so that the ERP has to say what becomes of them.
    """

    store: str
    order_id: str
    line_id: str
    sku: str
    key: LevelKey
    changed_at: float
    wanted_units: int
    taken_units: int
    shipped_units: int = 0
    lost_units: int = 0
    is_cancelled: bool = False

    @property
    def unshipped_units(self) -> int:
        """What a cancellation or a shipment may still concern."""
        return max(0, self.wanted_units - self.shipped_units)


@dataclass(slots=True)
class DraftSale:
    """The truth about a draft order of one line; ``reserved_units`` left ``available``."""

    draft_id: str
    sku: str
    key: LevelKey
    units: int
    reserved_units: int
    until: datetime | None


@dataclass
class ShopBook:
    """All orders and drafts of a shop, as the world knows them, and which levels were edited by
    hand when (seconds).
    """

    sold: dict[str, SoldLine] = field(default_factory=dict)
    drafts: dict[str, DraftSale] = field(default_factory=dict)
    taken: Counter[LevelKey] = field(default_factory=Counter)
    edited: dict[LevelKey, float] = field(default_factory=dict)


class PlayedShop(ABC):
    """One store of the simulation. Numbers of orders and drafts are their gids."""

    store: str
    keys: Mapping[tuple[str, str], LevelKey]
    """(sku, store_location_id) -> level."""

    def __init__(self) -> None:
        self.book = ShopBook()

    # --- what the model behind it does ---

    @property
    @abstractmethod
    def front(self) -> Storefront:
        """The product's door to the shop."""

    @abstractmethod
    def available(self, key: LevelKey) -> int:
        """What the shop shows and sells."""

    @abstractmethod
    def take_hints(self) -> Sequence[Hint]:
        """The deliveries that are owed since the last call."""

    @abstractmethod
    def _place(self, sku: str, key: LevelKey, units: int) -> tuple[str, str]:
        """Sell whatever is available: (order, line)."""

    @abstractmethod
    def _cancel(self, line: SoldLine, *, restock: bool) -> None: ...

    @abstractmethod
    def _edit(self, line: SoldLine, units: int, *, restock: bool) -> None: ...

    @abstractmethod
    def _refund(self, line: SoldLine, units: int, kind: RefundKind) -> None: ...

    @abstractmethod
    def _fulfill(self, line: SoldLine, units: int) -> None: ...

    @abstractmethod
    def _change(self, sku: str, key: LevelKey, delta: int) -> None: ...

    @abstractmethod
    def _draft(self, sku: str, key: LevelKey, units: int, until: datetime | None) -> str: ...

    @abstractmethod
    def _complete(self, draft: DraftSale) -> tuple[str, str]: ...

    @abstractmethod
    def _discard(self, draft: DraftSale) -> None: ...

    # --- what shoppers and clerks do ---

    def sell(self, sku: str, key: LevelKey, units: int, *, at: float) -> SoldLine:
        """An order is placed, whatever is available: it was checked when the buyer began to pay."""
        order_id, line_id = self._place(sku, key, units)
        return self._note(SoldLine(self.store, order_id, line_id, sku, key, at, units, units))

    def _note(self, line: SoldLine) -> SoldLine:
        self.book.sold[line.order_id] = line
        self.book.taken[line.key] += line.taken_units
        return line

    def cancel(self, line: SoldLine, *, restock: bool, at: float) -> None:
        """An order of which nothing has shipped is cancelled."""
        self._cancel(line, restock=restock)
        line.lost_units += 0 if restock else line.wanted_units
        self._became(line, at, wanted=-line.wanted_units, taken=-line.wanted_units * restock)
        line.is_cancelled = True

    def edit(self, line: SoldLine, units: int, *, restock: bool, at: float) -> None:
        """The quantity of a line is set; without restock its units stay away from the shelf, which
        Shopify tells nobody: that is an edit of stock by hand as well.
        """
        self._edit(line, units, restock=restock)
        delta = units - line.wanted_units
        if not restock and delta < 0:
            self.book.edited[line.key] = at
        self._became(line, at, wanted=delta, taken=delta)

    def refund(self, line: SoldLine, units: int, kind: RefundKind, *, at: float) -> None:
        """Units are refunded: RETURN those that have shipped, else those that have not."""
        self._refund(line, units, kind)
        line.shipped_units -= units if kind == "RETURN" else 0
        line.lost_units += units if kind == "NO_RESTOCK" else 0
        self._became(line, at, wanted=-units, taken=-units * (kind != "NO_RESTOCK"))

    def _became(self, line: SoldLine, at: float, *, wanted: int, taken: int) -> None:
        line.wanted_units += wanted
        line.taken_units += taken
        line.changed_at = at
        self.book.taken[line.key] += taken

    def fulfill(self, line: SoldLine, units: int, *, at: float) -> None:
        """Units go out of the door."""
        self._fulfill(line, units)
        line.shipped_units += units
        line.changed_at = at

    def change(self, sku: str, key: LevelKey, delta: int, *, at: float) -> None:
        """Somebody changes a quantity by hand."""
        self._change(sku, key, delta)
        self.book.edited[key] = at

    def draft(self, sku: str, key: LevelKey, units: int, until: datetime | None) -> DraftSale:
        """A clerk writes a draft order, which may reserve its units."""
        draft_id = self._draft(sku, key, units, until)
        draft = DraftSale(draft_id, sku, key, units, units if until else 0, until)
        self.book.drafts[draft_id] = draft
        self.book.taken[key] += draft.reserved_units
        return draft

    def complete(self, draft: DraftSale, *, at: float) -> SoldLine:
        """A draft becomes an order, which takes over what it reserved."""
        order_id, line_id = self._complete(draft)
        self._forget(draft)
        sku, key, units = draft.sku, draft.key, draft.units
        return self._note(SoldLine(self.store, order_id, line_id, sku, key, at, units, units))

    def discard(self, draft: DraftSale) -> None:
        """A draft is thrown away."""
        self._discard(draft)
        self._forget(draft)

    def _forget(self, draft: DraftSale) -> None:
        self.book.taken[draft.key] -= draft.reserved_units
        del self.book.drafts[draft.draft_id]

    # --- the truth ---

    def taken(self, key: LevelKey) -> int:
        """What orders and drafts have taken from a level and not given back."""
        return self.book.taken[key]

    def lapsed(self, now: datetime) -> Iterator[DraftSale]:
        """Note which reservations of drafts are over; the model has given them back by itself."""
        for draft in self.book.drafts.values():
            if draft.until is not None and draft.until <= now and draft.reserved_units:
                self.book.taken[draft.key] -= draft.reserved_units
                draft.reserved_units = 0
                yield draft
