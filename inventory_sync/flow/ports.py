"""What a pass needs from the outside, as small Protocols: the ERP and the stores.

Put a method here when a pass calls it; what the ledger has to offer is ``ledger_port.py``. Adapters
do not import this module: they fit by shape, and each port has one contract suite in the tests that
its real adapter and its fake both pass.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from inventory_sync.domain.batches import Changed, Interest
from inventory_sync.domain.extract import ErpEvent, ErpExtract, OrderRequest
from inventory_sync.domain.frames import ErpSnapshot
from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import (
    CatalogItem,
    Export,
    Level,
    LevelKey,
    Outcome,
    SetQuantities,
    StoreFacts,
)
from inventory_sync.domain.reservations import Draft
from inventory_sync.domain.webhooks import Subscription


class ErpSource(Protocol):
    """Where supply and demand come from."""

    def snapshot(
        self, skus: Collection[str] | None = None, order_ids: Collection[str] = ()
    ) -> ErpSnapshot:
        """Read all contract datasets as of one instant.

        With ``skus``, only the rows of their closure (see ``ErpExtract``), and acknowledgements
        only of the Shopify orders named. Raises ``ErpUnavailable`` when the source cannot be read
        and ``ContractBroken`` when a dataset or column is missing: then nothing is published.
        """
        ...

    def extract(
        self, skus: Collection[str], order_ids: Collection[str], *, dated: bool = False
    ) -> ErpExtract:
        """The same for a few SKUs as plain rows: fast, and neither converted nor judged.

        Supply, promise dates and time zones are read only if ``dated``. Raises what ``snapshot``
        raises.
        """
        ...

    def events(
        self, after_id: int, *, limit: int = 10_000, besides: Collection[int] = ()
    ) -> list[ErpEvent]:
        """Events with a higher id ``besides`` those of these ids, lowest first.

        Ids may commit out of order (design 5); among so many heard events a late one is few bytes.
        """
        ...

    def last_event_id(self) -> int:
        """The highest event id now, 0 when there is none."""
        ...

    def skus_of_document(self, document: str) -> list[str]:
        """The SKUs of the open commitments of an ERP document; empty when it has none."""
        ...

    def changed(
        self, interest: Interest, since: datetime, until: datetime | None = None
    ) -> Changed:
        """What has changed at or after ``since``, and before ``until`` if given; some more may be.

        Raises what ``snapshot`` raises.
        """
        ...

    def supplied_skus(self) -> frozenset[str]:
        """The SKUs that have a row of supply, of whatever kind and date.

        Raises what ``snapshot`` raises.
        """
        ...

    def on_event(self, ring: Callable[[str], None]) -> AbstractContextManager[bool]:
        """Call ``ring`` from another thread whenever the ERP announces events.

        It is told their kind where the ERP says it, else anything that is no kind of event.
        Yields false where the ERP cannot announce: then its events are found by polling alone.
        """
        ...

    def request(self, requests: Sequence[OrderRequest]) -> None:
        """Ask the ERP to reserve, confirm, release or import. A request id that it has is not asked
        again; an import may be, and changes nothing where the ERP has the order as it shall be.

        Raises ``ErpUnavailable`` when it cannot be asked, or does not answer: then nobody knows
        what became of it. ``ContractBroken`` when it does not take requests or refuses these, and
        of these ``NeedsDecision`` when only people can go on.
        """
        ...


class Storefront(Protocol):
    """One Shopify store. Every method may raise ``StoreStopped`` (do not go on with this store:
    revoked token, missing scope, frozen shop) or ``StoreUnreachable`` (try later).
    """

    @property
    def store(self) -> str:
        """The name of the store in the settings."""
        ...

    @property
    def parallel_calls(self) -> int:
        """How many calls may usefully be under way at once at this store's restore rate."""
        ...

    def facts(self) -> StoreFacts:
        """What the store says about itself."""
        ...

    def catalog(self) -> Iterator[CatalogItem]:
        """Every inventory item, also those without SKU and those that share one."""
        ...

    def levels(self, store_location_id: str) -> Iterator[Level]:
        """Every level at one location, inactive ones included; those are not believed."""
        ...

    def export(self, store_location_ids: Sequence[str]) -> Export | None:
        """All that ``catalog`` and ``levels`` tell of these locations, in one export.

        ``None`` when pages are quick enough, and when there is no export that can be believed. It
        is old when it comes: who decides by it reads again what has moved since the call.
        """
        ...

    def levels_of(
        self, store_location_id: str, inventory_item_ids: Sequence[str]
    ) -> Iterator[Level]:
        """The levels of the given items at one location; an unconnected one says so."""
        ...

    def order_lines(self, updated_since: datetime) -> Iterator[Sequence[OrderLine]]:
        """Lines of all orders updated since, oldest update first; each value holds whole orders."""
        ...

    def orders_of(self, ids: Sequence[str]) -> Iterator[Sequence[OrderLine]]:
        """Lines of the orders with these gids (of orders or fulfillment orders), whole orders.

        An order that does not exist is left out.
        """
        ...

    def drafts_of(self, ids: Sequence[str]) -> Sequence[Draft]:
        """The draft orders with these gids; one that does not exist (any more) is left out.

        A store whose app may not read draft orders (an optional scope) has none, here and below.
        """
        ...

    def drafts_since(self, updated_since: datetime) -> Iterator[Sequence[Draft]]:
        """All draft orders updated since, also completed ones, oldest update first."""
        ...

    def await_turn(self) -> None:
        """Wait, as long as it takes, until the rate limit would let ``set_quantities`` send now.

        Nothing is reserved. Called before an intent is prepared, so that the call seldom finds its
        time over.
        """
        ...

    def set_quantities(self, call: SetQuantities) -> Outcome:
        """Send one call. Waits for the rate limit; sends again only what provably did not run.

        A call that could not leave within its ``within_seconds`` is refused with the code
        ``NOT_SENT`` and will never be sent: whoever finds its intent open can wait for its end.
        Raises ``StoreStopped`` or ``StoreUnreachable`` only when nothing was changed. A relative
        call must not name a level twice (``ValueError``).
        """
        ...

    def connect(self, key: LevelKey, idempotency_key: str) -> str | None:
        """Connect or activate a level with 0 available. Returns the reason when refused."""
        ...

    def webhooks(self) -> Sequence[Subscription]:
        """The webhook subscriptions that our app has in this store, whoever made them."""
        ...

    def subscribe(self, topic: str, uri: str) -> str | None:
        """Subscribe to one of ``SUBSCRIBED``. Returns the reason when refused."""
        ...

    def unsubscribe(self, subscription_id: str) -> str | None:
        """Remove a subscription. Returns the reason when refused."""
        ...
