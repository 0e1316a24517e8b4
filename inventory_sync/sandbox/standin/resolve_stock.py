"""How the fields of the shop and its stock are answered.

Put the resolver of a new query field about locations, items and levels here; a field that is an
attribute of its object under the same name (in snake_case) needs none. Orders are in
``resolve_orders.py``, mutations in ``resolve_writes.py``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from inventory_sync.sandbox.standin.access import FIELD_OF_KIND, check_access
from inventory_sync.sandbox.standin.paging import Key, Page, page
from inventory_sync.sandbox.standin.resolve_orders import find_in_orders
from inventory_sync.sandbox.standin.resolving import (
    Info,
    Resolver,
    Variant,
    by_id,
    item_of_variant,
    paging_of,
    shop_of,
)
from inventory_sync.sandbox.standin.search import Fields, matcher
from inventory_sync.sandbox.standin.seed import Plan
from inventory_sync.sandbox.standin.shop import Shop
from inventory_sync.sandbox.standin.stock import (
    QUANTITY_NAMES,
    Item,
    Level,
    Location,
    gid,
    gid_number,
)

_PLAN_NAMES: dict[Plan, str] = {
    "standard": "Basic",
    "advanced": "Advanced",
    "plus": "Shopify Plus",
    "enterprise": "Commerce Components",
}

# The shop


def _shop_facts(_: Any, info: Info) -> dict[str, Any]:
    shop = shop_of(info)
    return {
        "gid": gid("Shop", shop.number),
        "name": shop.handle,
        "myshopify_domain": shop.domain,
        "currency_code": "USD",
        "iana_timezone": "America/New_York",
        "plan": {
            "public_display_name": _PLAN_NAMES[shop.plan],
            "shopify_plus": shop.plan in {"plus", "enterprise"},
            "partner_development": False,
        },
        "resource_limits": {
            "location_limit": 1000,
            "max_product_options": 3,
            "max_product_variants": 2048,
            "redirect_limit_reached": False,
        },
    }


def _versions(_: Any, info: Info) -> list[dict[str, Any]]:
    return [
        {"handle": version, "display_name": version, "supported": True}
        for version in shop_of(info).api_versions
    ]


def _installation(_: Any, info: Info) -> dict[str, Any]:
    shop = shop_of(info)
    scopes = [{"handle": scope, "description": scope} for scope in sorted(shop.scopes)]
    return {"gid": gid("AppInstallation", shop.number), "access_scopes": scopes}


def _node(_: Any, info: Info, id: str) -> Any:
    """The object of any gid that this API knows; ``None`` when there is none."""
    shop = shop_of(info)
    kind = id.removeprefix("gid://shopify/").partition("/")[0]
    if kind not in FIELD_OF_KIND:
        return None
    check_access(FIELD_OF_KIND[kind], shop.scopes)
    return _FINDERS[kind](shop, id)


def _numbered(kind: str, table: Callable[[Shop], Mapping[int, Any]]) -> Callable[[Shop, str], Any]:
    return lambda shop, id: table(shop).get(gid_number(id, kind) or 0)


def _find_variant(shop: Shop, id: str) -> Variant | None:
    item = item_of_variant(shop, gid_number(id, "ProductVariant") or 0)
    return Variant(item) if item else None


_FINDERS: dict[str, Callable[[Shop, str], Any]] = {
    "Location": lambda shop, id: shop.stock.location(id),
    "InventoryItem": lambda shop, id: shop.stock.item(id),
    "InventoryLevel": lambda shop, id: shop.stock.level_of_gid(id),
    "ProductVariant": _find_variant,
    "Order": _numbered("Order", lambda shop: shop.orders),
    "DraftOrder": _numbered("DraftOrder", lambda shop: shop.drafts),
    **{
        kind: find_in_orders(kind)
        for kind in ("LineItem", "FulfillmentOrder", "Fulfillment", "Refund")
    },
}


def _nodes(_: Any, info: Info, ids: Sequence[str]) -> list[Any]:
    return [_node(_, info, each) for each in ids]


def _one(kind: str) -> Resolver:
    """The object of a gid of this kind; a gid of another kind finds nothing."""

    def resolve(_: Any, info: Info, id: str | None = None) -> Any:
        if id is None:  # `location` without an id is the shop's first
            return next(iter(shop_of(info).stock.locations.values()), None)
        return _node(_, info, id) if id.startswith(f"gid://shopify/{kind}/") else None

    return resolve


# Stock

_ITEM_FIELDS: Fields = {
    "id": lambda item: item.id,
    "sku": lambda item: item.sku,
    "tracked": lambda item: item.tracked,
    "updated_at": lambda item: item.updated_at,
}
_LOCATION_FIELDS: Fields = {
    "id": lambda location: location.id,
    "name": lambda location: location.name,
    "active": lambda location: location.is_active,
}


def _locations(
    _: Any,
    info: Info,
    includeInactive: bool,
    includeLegacy: bool,
    sortKey: str,
    query: str | None = None,
    **paging: Any,
) -> Page[Location]:
    wanted = matcher(query, _LOCATION_FIELDS, default="name")
    by_name = sortKey == "NAME"

    def key(location: Location) -> Key:
        return (location.name, location.id) if by_name else (location.id,)

    rows = sorted(shop_of(info).stock.locations.values(), key=key)
    return page(
        rows,
        key,
        paging_of(**paging),
        keep=lambda row: (row.is_active or includeInactive) and wanted(row),
    )


def _items(_: Any, info: Info, query: str | None = None, **paging: Any) -> Page[Item]:
    wanted = matcher(query, _ITEM_FIELDS, default="sku")
    return page(shop_of(info).stock.item_list, by_id, paging_of(**paging), keep=wanted)


def _variants(
    _: Any, info: Info, sortKey: str, query: str | None = None, **paging: Any
) -> Page[Variant]:
    fields = {
        **_ITEM_FIELDS,
        "id": lambda item: Variant(item).id,
        "inventory_quantity": lambda item: _sellable_units(shop_of(info), item),
    }
    wanted = matcher(query, fields, default="sku")
    found = page(shop_of(info).stock.item_list, by_id, paging_of(**paging), keep=wanted)
    variants = [Variant(item) for item in found.nodes]
    return Page(
        variants,
        lambda variant: (variant.item.id,),
        found.has_next_page,
        found.has_previous_page,
    )


def _sellable_units(shop: Shop, item: Item) -> int:
    """What a variant shows: ``available`` summed over active levels only."""
    levels = shop.stock.levels_of(item.id)
    return sum(level.quantity("available") for level in levels if level.is_active)


def _duplicates(item: Item, info: Info) -> int:
    """How many other items have the same SKU."""
    return 0 if item.sku is None else len(shop_of(info).stock.with_sku(item.sku)) - 1


def _item_level(item: Item, info: Info, locationId: str, includeInactive: bool) -> Level | None:
    stock = shop_of(info).stock
    location = stock.location(locationId)
    level = stock.level(item.id, location.id) if location else None
    return level if level and (level.is_active or includeInactive) else None


def _item_levels(item: Item, info: Info, includeInactive: bool, **paging: Any) -> Page[Level]:
    return page(
        shop_of(info).stock.levels_of(item.id),
        lambda level: (level.location_id,),
        paging_of(**paging),
        keep=lambda level: level.is_active or includeInactive,
    )


def _location_level(
    location: Location, info: Info, inventoryItemId: str, includeInactive: bool
) -> Level | None:
    item = shop_of(info).stock.item(inventoryItemId)
    return _item_level(item, info, location.gid, includeInactive) if item else None


def _location_levels(
    location: Location, info: Info, includeInactive: bool, **paging: Any
) -> Page[Level]:
    return page(
        shop_of(info).stock.levels_at(location.id),
        lambda level: (level.item_id,),
        paging_of(**paging),
        keep=lambda level: level.is_active or includeInactive,
    )


def _quantities(level: Level, info: Info, names: Sequence[str]) -> list[dict[str, Any]]:
    """The real server does not tell when ``on_hand`` changed."""
    return [
        {
            "gid": level.gid.replace("InventoryLevel", "InventoryQuantity") + f"&name={name}",
            "name": name,
            "quantity": level.quantity(name),
            "updated_at": None if name == "on_hand" else level.updated_at,
        }
        for name in names
        if name in QUANTITY_NAMES
    ]


RESOLVERS: dict[str, Resolver] = {
    "QueryRoot.shop": _shop_facts,
    "QueryRoot.publicApiVersions": _versions,
    "QueryRoot.currentAppInstallation": _installation,
    "QueryRoot.node": _node,
    "QueryRoot.nodes": _nodes,
    "QueryRoot.location": _one("Location"),
    "QueryRoot.inventoryItem": _one("InventoryItem"),
    "QueryRoot.inventoryLevel": _one("InventoryLevel"),
    "QueryRoot.productVariant": _one("ProductVariant"),
    "QueryRoot.order": _one("Order"),
    "QueryRoot.draftOrder": _one("DraftOrder"),
    "QueryRoot.locations": _locations,
    "QueryRoot.inventoryItems": _items,
    "QueryRoot.productVariants": _variants,
    "Location.inventoryLevel": _location_level,
    "Location.inventoryLevels": _location_levels,
    "InventoryItem.inventoryLevel": _item_level,
    "InventoryItem.inventoryLevels": _item_levels,
    "InventoryItem.duplicateSkuCount": _duplicates,
    "InventoryItem.variant": lambda item, info: Variant(item),
    "InventoryLevel.item": lambda level, info: shop_of(info).stock.items[level.item_id],
    "InventoryLevel.location": lambda level, info: shop_of(info).stock.locations[level.location_id],
    "InventoryLevel.quantities": _quantities,
    "ProductVariant.sku": lambda variant, info: variant.item.sku,
    "ProductVariant.inventoryPolicy": lambda variant, info: variant.item.policy,
    "ProductVariant.inventoryItem": lambda variant, info: variant.item,
    "ProductVariant.inventoryQuantity": lambda variant, info: _sellable_units(
        shop_of(info), variant.item
    ),
}
