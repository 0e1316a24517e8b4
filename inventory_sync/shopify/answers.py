"""The shapes of Shopify's answers, checked before anything believes them.

Put one model per object that an operation selects here: strict types (a boolean or a float is no
quantity), bounds, and nothing beyond what we ask for. Keep the meaning of the values out: that is
``writes.py`` and ``storefront.py``. The shapes of orders are in ``order_answers.py``.
"""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic.alias_generators import to_camel

Node = TypeVar("Node")

Gid = Annotated[str, Field(pattern=r"^gid://shopify/[A-Za-z]+/[^\s/]+$", max_length=200)]
SignedUnits = Annotated[int, Field(ge=-2_000_000_000, le=2_000_000_000)]


class Shape(BaseModel):
    """Strict and frozen, with Shopify's spelling of names."""

    model_config = ConfigDict(strict=True, frozen=True, alias_generator=to_camel)


def fault_of(error: ValidationError) -> str:
    """Where an answer broke its shape and how; never the value, which may be anything."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    return f"{place or 'answer'}: {first['msg']}"


class PageInfo(Shape):
    """Whether a connection goes on, and where."""

    has_next_page: bool
    end_cursor: str | None = None


class Connection(Shape, Generic[Node]):
    """One page of a list."""

    nodes: list[Node]
    page_info: PageInfo


class Ref(Shape):
    """An object of which only the id was asked."""

    id: Gid


class NodesAnswer(Shape):
    """What a query by ids answers: an object per id, checked by who asked; ``None`` if gone."""

    nodes: list[dict[str, Any] | None]


# --- the store ---------------------------------------------------------------------------------


class _Plan(Shape):
    public_display_name: str


class _Shop(Shape):
    myshopify_domain: str
    plan: _Plan


class _Scope(Shape):
    handle: str


class _Installation(Shape):
    access_scopes: list[_Scope]


class _Version(Shape):
    handle: str
    supported: bool


class ShopAnswer(Shape):
    """What ``SHOP`` asks for."""

    shop: _Shop
    current_app_installation: _Installation
    public_api_versions: list[_Version]

    @property
    def scopes(self) -> frozenset[str]:
        """What the app may do."""
        return frozenset(each.handle for each in self.current_app_installation.access_scopes)


class LocationNode(Shape):
    """One location of the store."""

    id: Gid
    name: str
    is_active: bool


class LocationsAnswer(Shape):
    """What ``LOCATIONS`` asks for."""

    locations: Connection[LocationNode]


# --- items and levels --------------------------------------------------------------------------


class ItemNode(Shape):
    """One inventory item of the catalogue."""

    id: Gid
    sku: str | None
    tracked: bool


class CatalogAnswer(Shape):
    """What ``CATALOG`` asks for."""

    inventory_items: Connection[ItemNode]


class _Quantity(Shape):
    name: str
    quantity: SignedUnits


class _Level(Shape):
    is_active: bool
    quantities: list[_Quantity]


class LocationState(Shape):
    """The location that levels were asked about."""

    id: Gid
    is_active: bool


class LeveledItem(Shape):
    """An inventory item with its level at the location that was asked about, if it has one."""

    id: Gid
    tracked: bool
    inventory_level: _Level | None

    @property
    def available_units(self) -> int | None:
        """``available`` of the level, ``None`` when it has none."""
        quantities = self.inventory_level.quantities if self.inventory_level else []
        return next((each.quantity for each in quantities if each.name == "available"), None)


class LevelsAnswer(Shape):
    """What ``LEVELS_AT_LOCATION`` asks for."""

    location: LocationState | None
    inventory_items: Connection[LeveledItem]


class ReadBackAnswer(Shape):
    """What ``LEVELS_OF_ITEMS`` asks for: one node per id, in the order of the ids."""

    location: LocationState | None
    nodes: list[LeveledItem | None]


# --- writes ------------------------------------------------------------------------------------


class UserError(Shape):
    """Why a mutation refused. ``field`` is a path whose indexes are text; both may be absent."""

    message: str
    field: list[str] | None = None
    code: str | None = None


class QuantitiesPayload(Shape):
    """What became of a write; no group when nothing was changed."""

    inventory_adjustment_group: dict[str, Any] | None
    user_errors: list[UserError]


class SetQuantitiesAnswer(Shape):
    """What ``SET_QUANTITIES`` asks for."""

    inventory_set_quantities: QuantitiesPayload


class AdjustQuantitiesAnswer(Shape):
    """What ``ADJUST_QUANTITIES`` asks for."""

    inventory_adjust_quantities: QuantitiesPayload


class _ActivePart(Shape):
    is_active: bool


class _ActivatePayload(Shape):
    inventory_level: _ActivePart | None
    user_errors: list[UserError]


class ActivateAnswer(Shape):
    """What ``ACTIVATE`` asks for."""

    inventory_activate: _ActivatePayload


# --- subscriptions -----------------------------------------------------------------------------


class SubscriptionNode(Shape):
    """One webhook subscription; the topic in the spelling of Shopify's enum."""

    id: Gid
    topic: str
    uri: str


class SubscriptionsAnswer(Shape):
    """What ``SUBSCRIPTIONS`` asks for."""

    webhook_subscriptions: Connection[SubscriptionNode]


class _SubscribePayload(Shape):
    webhook_subscription: Ref | None
    user_errors: list[UserError]


class SubscribeAnswer(Shape):
    """What ``SUBSCRIBE`` asks for."""

    webhook_subscription_create: _SubscribePayload


class _UnsubscribePayload(Shape):
    deleted_webhook_subscription_id: Gid | None
    user_errors: list[UserError]


class UnsubscribeAnswer(Shape):
    """What ``UNSUBSCRIBE`` asks for."""

    webhook_subscription_delete: _UnsubscribePayload
