"""One Shopify store behind the ``Storefront`` port.

Put here how each method of the port becomes a call, and what is written. Reading is in the readers
beside this one, the rules behind it in the pure modules.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime

from inventory_sync.domain.errors import StoreUnreachable
from inventory_sync.domain.orders import OrderLine
from inventory_sync.domain.publication import (
    CatalogItem,
    Export,
    Level,
    LevelKey,
    Outcome,
    Refusal,
    Refused,
    SetQuantities,
    StoreFacts,
    StoreLocation,
    Unknown,
)
from inventory_sync.domain.reservations import Draft
from inventory_sync.domain.webhooks import Subscription
from inventory_sync.shopify import operations
from inventory_sync.shopify.answers import (
    ActivateAnswer,
    AdjustQuantitiesAnswer,
    LocationsAnswer,
    QuantitiesPayload,
    SetQuantitiesAnswer,
    ShopAnswer,
)
from inventory_sync.shopify.client import ShopifyClient
from inventory_sync.shopify.draft_reader import DraftReader
from inventory_sync.shopify.exports import WORTH_SECONDS, Exports
from inventory_sync.shopify.order_reader import OrderReader
from inventory_sync.shopify.promises import ShopifyPromises
from inventory_sync.shopify.protocol import Answer, Rejected
from inventory_sync.shopify.reader import Reader
from inventory_sync.shopify.stock_reader import StockReader
from inventory_sync.shopify.subscriptions import Subscriptions
from inventory_sync.shopify.text import shown
from inventory_sync.shopify.writes import (
    activate_variables,
    adjust_quantities_variables,
    quantities_outcome,
    set_quantities_variables,
)

_SET_QUANTITIES_POINTS = 13  # recorded cost of one call, whatever its rows (facts 3)
_SLOW_ANSWER_SECONDS = 2
_FEWEST_CALLS, _MOST_CALLS = 4, 32


class ShopifyStorefront:
    """The ``Storefront`` port over one ``ShopifyClient``.

    A store whose pages take longer than ``export_worth_seconds`` is read by an export.
    """

    def __init__(
        self, client: ShopifyClient, *, export_worth_seconds: float = WORTH_SECONDS
    ) -> None:
        self._client = client
        self._reader = Reader(client)
        self._stock = StockReader(client, self._reader)
        self._exports = Exports(client, self._reader, worth_seconds=export_worth_seconds)
        self._orders = OrderReader(client, self._reader)
        self._drafts = DraftReader(client, self._reader)
        self._subscriptions = Subscriptions(client, self._reader)
        self.promises = ShopifyPromises(client, self._reader)

    @property
    def store(self) -> str:
        """The name of the store in the settings."""
        return self._client.store

    @property
    def parallel_calls(self) -> int:
        """Calls that spend the whole restore rate even while answers are slow."""
        calls_per_second = self._client.restore_points_per_second / _SET_QUANTITIES_POINTS
        return min(
            max(math.ceil(calls_per_second * _SLOW_ANSWER_SECONDS), _FEWEST_CALLS), _MOST_CALLS
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def facts(self) -> StoreFacts:
        """What the store says about itself; ``api_version`` is the one that really answered."""
        about = self._reader.read(operations.SHOP, ShopAnswer)
        locations = [
            StoreLocation(node.id, node.name, node.is_active)
            for page in self._reader.pages(
                operations.LOCATIONS, LocationsAnswer, lambda page: page.locations
            )
            for node in page.locations.nodes
        ]
        versions = about.public_api_versions
        return StoreFacts(
            myshopify_domain=about.shop.myshopify_domain,
            plan=about.shop.plan.public_display_name,
            api_version=self._client.served_version,
            scopes=about.scopes,
            supported_versions=tuple(each.handle for each in versions if each.supported),
            locations=tuple(locations),
        )

    # --- reading ---

    def catalog(self) -> Iterator[CatalogItem]:
        """Every inventory item, also those without SKU and those that share one."""
        return self._stock.catalog()

    def levels(self, store_location_id: str) -> Iterator[Level]:
        """Every level at one location, inactive ones included."""
        return self._stock.levels(store_location_id)

    def export(self, store_location_ids: Sequence[str]) -> Export | None:
        """All that ``catalog`` and ``levels`` tell of these locations, as it was a while ago.

        ``None`` when pages are quick enough, and when there is no export that can be believed.
        """
        return self._exports.export(store_location_ids)

    def levels_of(
        self, store_location_id: str, inventory_item_ids: Sequence[str]
    ) -> Iterator[Level]:
        """The levels of the given items at one location; an unconnected one says so."""
        return self._stock.levels_of(store_location_id, inventory_item_ids)

    def order_lines(self, updated_since: datetime) -> Iterator[Sequence[OrderLine]]:
        """Lines of all orders updated since, oldest update first; each value holds whole orders."""
        return self._orders.lines_since(updated_since)

    def orders_of(self, ids: Sequence[str]) -> Iterator[Sequence[OrderLine]]:
        """Lines of the orders with these gids (of orders or fulfillment orders), whole orders."""
        return self._orders.lines_of(ids)

    def drafts_of(self, ids: Sequence[str]) -> Sequence[Draft]:
        """The draft orders with these gids; one that does not exist (any more) is left out."""
        return self._drafts.drafts_of(ids)

    def drafts_since(self, updated_since: datetime) -> Iterator[Sequence[Draft]]:
        """Draft orders updated since, oldest update first."""
        return self._drafts.drafts_since(updated_since)

    # --- writing ---

    def await_turn(self) -> None:
        """Wait until the rate limit would let a call of ``set_quantities`` go at once."""
        self._client.await_turn(operations.SET_QUANTITIES)

    def set_quantities(self, call: SetQuantities) -> Outcome:
        """Send one call soon or never; again only while it provably did not run."""
        operation, variables = (
            (operations.ADJUST_QUANTITIES, adjust_quantities_variables(call))
            if call.relative
            else (operations.SET_QUANTITIES, set_quantities_variables(call))
        )
        result = self._client.command(operation, variables, within_seconds=call.within_seconds)
        if isinstance(result, Unknown):
            return result
        if isinstance(result, Rejected):
            return Refused(rows={}, general=(Refusal(result.code, result.message),))
        try:
            payload = self._payload(call, result)
        except StoreUnreachable as error:
            return Unknown(error.cause)
        return quantities_outcome(
            call,
            has_group=payload.inventory_adjustment_group is not None,
            user_errors=payload.user_errors,
        )

    def _payload(self, call: SetQuantities, answer: Answer) -> QuantitiesPayload:
        if call.relative:
            adjusted = self._reader.check(AdjustQuantitiesAnswer, answer.data)
            return adjusted.inventory_adjust_quantities
        return self._reader.check(SetQuantitiesAnswer, answer.data).inventory_set_quantities

    def connect(self, key: LevelKey, idempotency_key: str) -> str | None:
        """Connect or activate a level with 0 available. Returns the reason when refused.

        Raises ``StoreUnreachable`` when the outcome is not known; connecting again is harmless.
        """
        result = self._client.command(operations.ACTIVATE, activate_variables(key, idempotency_key))
        if isinstance(result, Unknown):
            raise self._client.unreachable(result.cause)
        if isinstance(result, Rejected):
            return result.message
        payload = self._reader.check(ActivateAnswer, result.data).inventory_activate
        if payload.user_errors:
            return "; ".join(shown(error.message) for error in payload.user_errors)
        if payload.inventory_level is None or not payload.inventory_level.is_active:
            return "Shopify accepted the request but the level is still not active"
        return None

    # --- webhooks ---

    def webhooks(self) -> list[Subscription]:
        """The webhook subscriptions that our app has in this store."""
        return self._subscriptions.all()

    def subscribe(self, topic: str, uri: str) -> str | None:
        """Subscribe to a topic of ``SUBSCRIBED``; returns the reason when refused.

        Raises ``StoreUnreachable`` when the outcome is not known; doing it again is harmless.
        """
        return self._subscriptions.add(topic, uri)

    def unsubscribe(self, subscription_id: str) -> str | None:
        """Remove a subscription; returns the reason when refused, raises as ``subscribe``."""
        return self._subscriptions.remove(subscription_id)
