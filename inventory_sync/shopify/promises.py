"""Where one Shopify store shows dates: metafields of variants and orders, and deadlines.

Put here how each method of ``PromiseStorefront`` becomes a call, and what an answer means. What is
in a metafield, and when it is written, is the domain's.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from inventory_sync.domain.errors import StoreUnreachable
from inventory_sync.domain.metafields import (
    MAX_METAFIELDS,
    Metafield,
    MetafieldsOutcome,
    MetafieldWrite,
    Owner,
    Stored,
    StoreOrder,
    StoreVariant,
    Work,
)
from inventory_sync.domain.publication import Refusal, Refused, Unknown
from inventory_sync.shopify import operations
from inventory_sync.shopify.answers import UserError
from inventory_sync.shopify.client import ShopifyClient
from inventory_sync.shopify.operations.promises import AVAILABILITY_KEY, NAMESPACE, ORDER_KEY
from inventory_sync.shopify.promise_answers import (
    DefineAnswer,
    MetafieldNode,
    MetafieldsPayload,
    OrderNode,
    SetDeadlineAnswer,
    SetMetafieldsAnswer,
    VariantNode,
    VariantsAnswer,
)
from inventory_sync.shopify.protocol import Answer, Rejected
from inventory_sync.shopify.reader import Reader, of_kind
from inventory_sync.shopify.text import shown

_KEYS: Mapping[Owner, str] = {Owner.VARIANT: AVAILABILITY_KEY, Owner.ORDER: ORDER_KEY}
_TYPE = "json"

# Who else may read: storefront and checkout a variant's (facts 5), buyers their own order's.
_DEFINITIONS: Mapping[Owner, Mapping[str, Any]] = {
    Owner.VARIANT: {
        "name": "Availability",
        "description": "Which quantity ships on which day, by location. Written by the app.",
        "access": {"admin": "MERCHANT_READ", "storefront": "PUBLIC_READ"},
    },
    Owner.ORDER: {
        "name": "Promised dates",
        "description": "When each line of the order ships. Written by the app.",
        "access": {"admin": "MERCHANT_READ", "customerAccount": "READ"},
    },
}
_THERE_ALREADY = "TAKEN"
_OPEN_STATES = ("OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED")


class ShopifyPromises:
    """The ``PromiseStorefront`` port over one ``ShopifyClient``."""

    def __init__(self, client: ShopifyClient, reader: Reader) -> None:
        self._client = client
        self._reader = reader

    # --- reading ---

    def variants(self) -> Iterator[StoreVariant]:
        """Every product variant, also those without SKU, with the availability that it holds."""
        for page in self._reader.pages_by_id(
            operations.VARIANTS, VariantsAnswer, lambda page: page.product_variants
        ):
            for node in page.product_variants.nodes:
                yield _variant(node)

    def variants_of(self, variant_ids: Collection[str]) -> Iterator[StoreVariant]:
        """The variants with these gids; one that does not exist is left out."""
        wanted = of_kind(sorted(variant_ids), "ProductVariant")
        for nodes in self._reader.nodes(operations.VARIANTS_BY_ID, wanted):
            yield from (_variant(self._reader.check(VariantNode, raw)) for raw in nodes)

    def orders_with_dates(self, order_ids: Collection[str]) -> Iterator[StoreOrder]:
        """The orders with these gids; one that does not exist is left out."""
        large: list[str] = []
        wanted = of_kind(sorted(order_ids), "Order")
        for nodes in self._reader.nodes(operations.ORDERS_WITH_DATES, wanted):
            for node in (self._reader.check(OrderNode, raw) for raw in nodes):
                if node.is_whole:
                    yield _order(node)
                else:
                    large.append(node.id)
        for nodes in self._reader.nodes(operations.LARGE_ORDER_WITH_DATES, large):
            yield from (_order(self._reader.check(OrderNode, raw)) for raw in nodes)

    # --- writing ---

    def define_promises(self, owner: Owner) -> str | None:
        """Make the definition of our metafield; one that is there is fine."""
        definition = {
            "namespace": NAMESPACE,
            "key": _KEYS[owner],
            "type": _TYPE,
            "ownerType": str(owner),
            **_DEFINITIONS[owner],
        }
        result = self._send(operations.DEFINE, {"definition": definition})
        if isinstance(result, Rejected):
            return result.message
        payload = self._reader.check(DefineAnswer, result.data).metafield_definition_create
        errors = [each for each in payload.user_errors if each.code != _THERE_ALREADY]
        return _reason(errors)

    def set_promises(self, owner: Owner, writes: Sequence[MetafieldWrite]) -> MetafieldsOutcome:
        """Write up to 25 values, all or none, each only over what was read."""
        if not 0 < len(writes) <= MAX_METAFIELDS:
            raise ValueError(f"a call sets 1 to {MAX_METAFIELDS} metafields, not {len(writes)}")
        rows = [
            {
                "ownerId": each.owner_id,
                "namespace": NAMESPACE,
                "key": _KEYS[owner],
                "type": _TYPE,
                "value": each.value,
                "compareDigest": each.expected_digest,  # null: there must not be one yet
            }
            for each in writes
        ]
        result = self._client.command(operations.SET_METAFIELDS, {"metafields": rows})
        if isinstance(result, Unknown):
            return result
        if isinstance(result, Rejected):
            return Refused(rows={}, general=(Refusal(result.code, result.message),))
        try:
            payload = self._reader.check(SetMetafieldsAnswer, result.data).metafields_set
        except StoreUnreachable as error:
            return Unknown(error.cause)
        return _outcome(writes, payload)

    def set_deadline(self, work_ids: Sequence[str], ships_by: datetime) -> str | None:
        """Tell by when fulfilment orders have to be fulfilled. Returns the reason when refused."""
        deadline = ships_by.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        variables = {"ids": list(work_ids), "deadline": deadline}
        result = self._send(operations.SET_DEADLINE, variables)
        if isinstance(result, Rejected):
            return result.message
        answer = self._reader.check(SetDeadlineAnswer, result.data)
        payload = answer.fulfillment_orders_set_fulfillment_deadline
        if not payload.user_errors and not payload.success:
            return "Shopify accepted the request but did nothing"
        return _reason(payload.user_errors)

    def _send(
        self, operation: operations.Operation, variables: Mapping[str, Any]
    ) -> Answer | Rejected:
        """An unknown outcome counts as unreachable: doing it again is harmless."""
        result = self._client.command(operation, variables)
        if isinstance(result, Unknown):
            raise self._client.unreachable(result.cause)
        return result


def _held(node: MetafieldNode | None) -> Metafield | None:
    return Metafield(node.value, node.compare_digest) if node else None


def _variant(node: VariantNode) -> StoreVariant:
    item = node.inventory_item
    return StoreVariant(node.id, item.id, item.sku or None, _held(node.metafield))


def _order(node: OrderNode) -> StoreOrder:
    """Work whose lines did not all come along counts as closed: its date is not known."""
    work = tuple(
        Work(
            each.id,
            each.status in _OPEN_STATES and not each.line_items.page_info.has_next_page,
            each.fulfill_by,
            frozenset(line.line_item.id for line in each.line_items.nodes),
        )
        for each in node.fulfillment_orders.nodes
    )
    return StoreOrder(node.id, _held(node.metafield), work)


def _reason(errors: Sequence[UserError]) -> str | None:
    return "; ".join(shown(error.message) for error in errors) or None


def _outcome(writes: Sequence[MetafieldWrite], payload: MetafieldsPayload) -> MetafieldsOutcome:
    """One user error means that nothing was written (facts 5)."""
    stored = {node.owner.id: node.compare_digest for node in payload.metafields or ()}
    if payload.user_errors:
        if stored:
            return Unknown("Shopify reported both metafields and errors")
        return _refused(payload.user_errors, len(writes))
    if stored.keys() != {each.owner_id for each in writes}:
        return Unknown("Shopify did not report every metafield")
    return Stored(stored)


def _refused(errors: Sequence[UserError], count: int) -> Refused:
    rows: dict[int, Refusal] = {}
    general: list[Refusal] = []
    for error in errors:
        refusal = Refusal(error.code or "", shown(error.message))
        index = _row_index(error.field, count)
        if index is None:
            general.append(refusal)
        else:
            rows.setdefault(index, refusal)
    return Refused(rows, tuple(general))


def _row_index(path: Sequence[str] | None, count: int) -> int | None:
    """The row in a path such as ``["metafields", "3", "value"]``."""
    if path is None or len(path) < 2 or path[0] != "metafields":
        return None
    step = path[1]
    known = step.isascii() and step.isdecimal() and len(step) <= 3 and int(step) < count
    return int(step) if known else None
