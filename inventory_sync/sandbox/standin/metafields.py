"""What Shopify does with ``metafieldsSet`` and ``metafieldDefinitionCreate``.

Put the checks of those two mutations here, with the texts that the real server answers where they
are known, and what is kept. Keep GraphQL out: requests come as plain mappings. A call is all or
nothing. Unlike Shopify, the app's own namespace is kept and told as it is asked for: ``$app...``.
"""

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inventory_sync.sandbox.standin.orders import Order
from inventory_sync.sandbox.standin.resolving import Variant, item_of_variant
from inventory_sync.sandbox.standin.shop import Shop
from inventory_sync.sandbox.standin.stock import gid, gid_number
from inventory_sync.sandbox.standin.writes import UserError

METAFIELDS_LIMIT = 25
VALUE_LIMIT_BYTES = 128 * 1024  # JSON, from API version 2026-04 on
OWN_NAMESPACE = "$app"

Owner = Variant | Order
OWNER_TYPES = {Variant: "PRODUCTVARIANT", Order: "ORDER"}


@dataclass(frozen=True, slots=True)
class Metafield:
    """One metafield as it stands."""

    owner: Owner
    namespace: str
    key: str
    type: str
    value: str

    @property
    def id(self) -> int:
        """Its number."""
        return zlib.crc32(f"{self.owner.gid} {self.namespace}.{self.key}".encode())

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("Metafield", self.id)

    @property
    def compare_digest(self) -> str:
        """Another one for every value."""
        return hashlib.sha256(self.value.encode()).hexdigest()

    @property
    def size_in_bytes(self) -> int:
        """Of the value."""
        return len(self.value.encode())

    @property
    def owner_type(self) -> str:
        """The kind of its owner, in the spelling of Shopify's enum."""
        return OWNER_TYPES[type(self.owner)]


@dataclass(frozen=True, slots=True)
class Definition:
    """What a kind of metafield is for, and who may read it."""

    id: int
    name: str
    namespace: str
    key: str
    description: str | None
    owner_type: str
    type: str
    storefront_access: str

    @property
    def gid(self) -> str:
        """Its global id."""
        return gid("MetafieldDefinition", self.id)


def owner_of(shop: Shop, owner_gid: str) -> Owner | None:
    """The variant or order with this gid."""
    if number := gid_number(owner_gid, "ProductVariant"):
        item = item_of_variant(shop, number)
        return Variant(item) if item else None
    return shop.orders.get(gid_number(owner_gid, "Order") or 0)


def metafield_of(shop: Shop, owner: Owner, namespace: str | None, key: str) -> Metafield | None:
    """What an owner holds under this name."""
    where = namespace or OWN_NAMESPACE
    found = shop.metafields.get(owner.gid, {}).get(f"{where}.{key}")
    return Metafield(owner, where, key, *found) if found else None


def set_metafields(
    shop: Shop, requests: Sequence[Mapping[str, Any]]
) -> tuple[list[Metafield] | None, list[UserError]]:
    """Set all or none; what was set, or the errors."""
    if len(requests) > METAFIELDS_LIMIT:
        message = f"Exceeded the maximum metafields input limit of {METAFIELDS_LIMIT}."
        return None, [UserError(("metafields",), message, "LESS_THAN_OR_EQUAL_TO")]
    wanted = [_wanted(shop, request) for request in requests]
    errors = [
        error
        for index, (request, row) in enumerate(zip(requests, wanted, strict=True))
        for error in _errors(shop, ("metafields", str(index)), request, row)
    ]
    if errors:
        return [], errors
    rows = [row for row in wanted if row]
    for row in rows:
        held = shop.metafields.setdefault(row.owner.gid, {})
        held[f"{row.namespace}.{row.key}"] = (row.type, row.value)
    return rows, []


def define(shop: Shop, request: Mapping[str, Any]) -> tuple[Definition | None, list[UserError]]:
    """Make a definition; the errors where it is there already or is not the app's to make."""
    namespace = request.get("namespace") or OWN_NAMESPACE
    key, owner_type = request["key"], request["ownerType"]
    access = request.get("access") or {}
    name = f"{owner_type} {namespace}.{key}"
    if not 2 <= len(key) <= 64:
        code = "TOO_SHORT" if len(key) < 2 else "TOO_LONG"
        return None, [UserError(("definition", "key"), "Key must have 2 to 64 characters.", code)]
    if access.get("admin") and not namespace.startswith(OWN_NAMESPACE):
        message = "Setting access controls on a definition under this namespace is not permitted."
        return None, [UserError(("definition",), message, "ADMIN_ACCESS_INPUT_NOT_ALLOWED")]
    if name in shop.definitions:
        message = f"Key is in use for {owner_type} metafields on the '{namespace}' namespace."
        return None, [UserError(("definition", "key"), message, "TAKEN")]
    made = shop.definitions[name] = Definition(
        shop.next_id(),
        request["name"],
        namespace,
        key,
        request.get("description"),
        owner_type,
        request["type"],
        access.get("storefront") or "NONE",
    )
    return made, []


def _wanted(shop: Shop, request: Mapping[str, Any]) -> Metafield | None:
    """What shall be there; None without its owner. A definition makes the type needless."""
    owner = owner_of(shop, request["ownerId"])
    if owner is None:
        return None
    namespace, key = request.get("namespace") or OWN_NAMESPACE, request["key"]
    definition = shop.definitions.get(f"{OWNER_TYPES[type(owner)]} {namespace}.{key}")
    kind = request.get("type") or (definition.type if definition else "")
    return Metafield(owner, namespace, key, kind, request["value"])


def _errors(
    shop: Shop, path: tuple[str, ...], request: Mapping[str, Any], row: Metafield | None
) -> Iterator[UserError]:
    if row is None:
        yield UserError((*path, "ownerId"), "Owner does not exist.", "INVALID_VALUE")
        return
    if not row.type:
        yield UserError((*path, "type"), "Type can't be blank.", "BLANK")
    if not row.value:
        yield UserError((*path, "value"), "Value can't be blank.", "BLANK")
    elif row.type == "json" and not _is_json(row.value):
        yield UserError((*path, "value"), "Value is invalid JSON.", "INVALID_VALUE")
    elif row.size_in_bytes > VALUE_LIMIT_BYTES:
        yield UserError((*path, "value"), "Value is larger than 128 KB.", "TOO_LONG")
    held = metafield_of(shop, row.owner, row.namespace, row.key)
    # The same value is accepted whatever the digest (facts 5), and without one nothing is compared.
    is_new = held is None or held.value != row.value
    digest = held.compare_digest if held else None
    if is_new and request.get("compareDigest", digest) != digest:
        message = (
            "The resource has been updated since it was loaded. Try again with an updated"
            " `compareDigest` value."
        )
        yield UserError(path, message, "STALE_OBJECT")


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True
