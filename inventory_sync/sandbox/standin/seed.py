"""What a shop looks like when it opens: frozen values, with a JSON round trip.

Put a new property that a test may want to choose here. Keep anything that changes while the shop
is open out: that is ``stock.py`` and ``orders.py``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError

Plan = Literal["standard", "advanced", "plus", "enterprise"]
Policy = Literal["DENY", "CONTINUE"]
IdempotencyMode = Literal["replay", "reprocess"]

API_VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")

SCOPES = (
    "read_draft_orders",
    "read_inventory",
    "read_locations",
    "read_merchant_managed_fulfillment_orders",
    "read_orders",
    "read_products",
    "write_inventory",
    "write_merchant_managed_fulfillment_orders",
    "write_orders",
    "write_products",
)

# Signs webhooks where a test does not choose.
WEBHOOK_SECRET = "sandbox-webhooks"

# An unknown key is a typing mistake, never a wish to be ignored.
STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class LocationSeed:
    """A location of the shop; ``id`` is the number at the end of its gid."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    id: int
    name: str
    active: bool = True
    fulfills_online_orders: bool = True


@dataclass(frozen=True, slots=True)
class LevelSeed:
    """Units of an item that are available at a location. An inactive level keeps its units."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    location_id: int
    available: int
    active: bool = True


@dataclass(frozen=True, slots=True)
class ItemSeed:
    """A product variant with its inventory item. Two items may share a SKU, or have none."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    sku: str | None
    tracked: bool = True
    policy: Policy = "DENY"
    levels: tuple[LevelSeed, ...] = ()


@dataclass(frozen=True, slots=True)
class ShopSeed:
    """A whole shop. Raises ``ValueError`` with one sentence when its parts do not fit together.

    ``handle`` is its place in the URL; ``access_token`` what ``X-Shopify-Access-Token`` must say;
    ``webhook_secret`` the app's client secret, with which the shop signs its webhooks;
    ``idempotency_mode`` what happens to a call that repeats an idempotency key with the same
    parameters: ``replay`` answers as before, ``reprocess`` does it again (both were seen live).
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    handle: str
    myshopify_domain: str
    access_token: str
    plan: Plan = "standard"
    locations: tuple[LocationSeed, ...] = ()
    items: tuple[ItemSeed, ...] = ()
    scopes: tuple[str, ...] = SCOPES
    idempotency_mode: IdempotencyMode = "replay"
    api_versions: tuple[str, ...] = API_VERSIONS
    webhook_secret: str = WEBHOOK_SECRET

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", self.handle):
            raise ValueError(f"handle {self.handle!r} must consist of a-z, 0-9 and '-'")
        if not self.api_versions:
            raise ValueError(f"shop {self.handle!r} supports no API version; name at least one")
        known = {location.id for location in self.locations}
        if len(known) < len(self.locations):
            raise ValueError(f"shop {self.handle!r} has two locations with the same id")
        for item in self.items:
            _check_levels(self.handle, item, known)


def _check_levels(handle: str, item: ItemSeed, known: set[int]) -> None:
    places = [level.location_id for level in item.levels]
    if unknown := set(places) - known:
        raise ValueError(
            f"item {item.sku!r} of shop {handle!r} has a level at location {min(unknown)},"
            " which the shop does not have"
        )
    if len(set(places)) < len(places):
        raise ValueError(f"item {item.sku!r} of shop {handle!r} has two levels at one location")


_SHOPS: TypeAdapter[tuple[ShopSeed, ...]] = TypeAdapter(tuple[ShopSeed, ...])


def shops_to_json(shops: Iterable[ShopSeed]) -> str:
    """The shops as a JSON list, readable by ``shops_from_json``."""
    return _SHOPS.dump_json(tuple(shops), indent=2).decode()


def shops_from_json(text: str | bytes) -> tuple[ShopSeed, ...]:
    """Read a JSON list of shops. Raises ``ValueError`` with one sentence that names the place."""
    try:
        shops = _SHOPS.validate_json(text, strict=False)
    except ValidationError as error:
        raise ValueError(first_problem(error)) from None
    handles = [shop.handle for shop in shops]
    for handle in handles:
        if handles.count(handle) > 1:
            raise ValueError(f"two shops have the handle {handle!r}; each needs its own")
    return shops


def first_problem(error: ValidationError) -> str:
    """The first thing that is wrong with a JSON document, as one sentence."""
    problem = error.errors(include_url=False)[0]
    place = ".".join(str(step) for step in problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
