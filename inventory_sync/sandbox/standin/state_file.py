"""The shops in a file, so that a stand-in which starts again goes on where it stopped.

Put what survives a restart here: stock, orders, drafts, tokens, webhook subscriptions, metafields.
What does not: inventory history, idempotency keys, statistics, the bucket, faults, bulk operations,
and deliveries under way.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from inventory_sync.sandbox.standin.metafields import Definition
from inventory_sync.sandbox.standin.orders import DraftOrder, Order
from inventory_sync.sandbox.standin.seed import ShopSeed, first_problem
from inventory_sync.sandbox.standin.shop import OpenShop, Shop
from inventory_sync.sandbox.standin.stock import Item, Level, Location
from inventory_sync.sandbox.standin.subscriptions import Subscription


@dataclass(frozen=True, slots=True)
class SavedShop:
    """A shop at one moment. ``seed`` carries what never changes; its items are in ``items``."""

    seed: ShopSeed
    access_token: str | None
    locked: bool
    number: int
    last_id: int
    locations: list[Location]
    items: list[Item]
    levels: list[Level]
    orders: list[Order]
    drafts: list[DraftOrder]
    subscriptions: list[Subscription] = field(default_factory=list)
    metafields: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    definitions: dict[str, Definition] = field(default_factory=dict)


_SHOP: TypeAdapter[SavedShop] = TypeAdapter(SavedShop)
_SHOPS: TypeAdapter[list[SavedShop]] = TypeAdapter(list[SavedShop])


def save_shops(shops: Iterable[Shop], path: Path) -> None:
    """Write all shops; the file is the old one or the new one, never half of it."""
    content = b"[" + b",".join(_dump(shop) for shop in shops) + b"]"
    draft = path.with_name(path.name + ".new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _dump(shop: Shop) -> bytes:
    with shop.lock:
        seed = ShopSeed(
            handle=shop.handle,
            myshopify_domain=shop.domain,
            access_token="",
            plan=shop.plan,
            scopes=tuple(sorted(shop.scopes)),
            idempotency_mode=shop.idempotency_mode,
            api_versions=shop.api_versions,
            webhook_secret=shop.webhook_secret,
        )
        saved = SavedShop(
            seed=seed,
            access_token=shop.access_token,
            locked=shop.locked,
            number=shop.number,
            last_id=shop.last_id,
            locations=[*shop.stock.locations.values()],
            items=shop.stock.item_list,
            levels=[*shop.stock.all_levels()],
            orders=[*shop.orders.values()],
            drafts=[*shop.drafts.values()],
            subscriptions=[*shop.subscriptions.values()],
            metafields=shop.metafields,
            definitions=shop.definitions,
        )
        return _SHOP.dump_json(saved)


def load_shops(path: Path, open_shop: OpenShop) -> list[Shop]:
    """The shops of a file. Raises ``ValueError`` with one sentence when it is damaged."""
    try:
        return [_load(saved, open_shop) for saved in _SHOPS.validate_json(path.read_bytes())]
    except ValidationError as error:
        raise ValueError(
            f"The state file {path} is damaged ({first_problem(error)});"
            " delete it to start from the seeds."
        ) from None


def _load(saved: SavedShop, open_shop: OpenShop) -> Shop:
    shop = open_shop(saved.seed)
    shop.access_token = saved.access_token
    shop.locked = saved.locked
    shop.number, shop.last_id = saved.number, saved.last_id
    for location in saved.locations:
        shop.stock.add_location(location)
    for item in saved.items:
        shop.stock.add_item(item)
    for level in saved.levels:
        shop.stock.add_level(level)
    shop.orders = {order.id: order for order in saved.orders}
    shop.drafts = {draft.id: draft for draft in saved.drafts}
    shop.subscriptions = {each.id: each for each in saved.subscriptions}
    shop.metafields = saved.metafields
    shop.definitions = saved.definitions
    return shop
