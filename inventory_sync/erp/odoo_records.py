"""What Odoo's records say, in the words of the contract: cells, warehouses, products, units.

Put here how a record of Odoo is understood, pure and for every version from 17 to 19. Keep calls
out (``odoo_client.py``), and out what is open and what is stock (``odoo_rows.py``).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, Final

from inventory_sync.domain.errors import ContractBroken

Record = Mapping[str, Any]

WAREHOUSE_FIELDS: Final = ("code", "name", "view_location_id")
LOCATION_FIELDS: Final = ("complete_name", "usage", "parent_path")
PRODUCT_FIELDS: Final = (
    "default_code",
    "name",
    "active",
    "type",
    "is_storable",
    "uom_id",
    "product_tmpl_id",
    "product_template_attribute_value_ids",
)
UNIT_FIELDS: Final = ("factor", "relative_factor")

_MICRO: Final = Decimal("0.000001")
_INSIDE: Final = frozenset({"internal", "view"})


def one(cell: object) -> int | None:
    """The id in a many2one, which comes as ``[id, name]``, as an id, or as false."""
    value = cell[0] if isinstance(cell, list | tuple) and cell else cell
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def label(cell: object) -> str | None:
    """The name in a many2one."""
    return str(cell[1]) if isinstance(cell, list | tuple) and len(cell) > 1 else None


def text(cell: object) -> str | None:
    """A text; Odoo says false where there is none."""
    return cell if isinstance(cell, str) and cell else None


def quantity(cell: object) -> Decimal:
    """A quantity to six decimals: Odoo computes in floats, and rounds to far fewer."""
    try:
        return Decimal(str(cell or 0)).quantize(_MICRO, ROUND_HALF_EVEN)
    except InvalidOperation:  # too large for the context, or no number: others judge it
        return Decimal(str(cell)) if isinstance(cell, int | float) else Decimal("NaN")


def instant(cell: object) -> datetime:
    """A time of Odoo: naive, UTC, cut to seconds."""
    return datetime.fromisoformat(str(cell)).replace(tzinfo=UTC)


# --- where ---


@dataclass(frozen=True)
class Places:
    """Which warehouse a stock location belongs to. ``names``: short name of a warehouse -> name,
    ``codes``: its id -> short name, ``views``: id of the location that all of its own lie below ->
    short name; ``usages``: id of every location -> what Odoo uses it for.
    """

    names: Mapping[str, str]
    codes: Mapping[int, str]
    views: Mapping[int, str]
    usages: Mapping[int, str]
    inside: Mapping[int, str]
    unavailable: frozenset[int]

    def stock(self, location: object) -> str | None:
        """The warehouse whose stock lies there; ``None`` outside of every warehouse."""
        return self.inside.get(one(location) or 0)

    def is_unavailable(self, location: object) -> bool:
        """Whether nothing can be promised from there."""
        return one(location) in self.unavailable

    def available(self, location: object) -> str | None:
        """The warehouse that can promise from there; ``None`` elsewhere, as in quarantine."""
        return None if self.is_unavailable(location) else self.stock(location)

    def is_used_for(self, location: object, usage: str) -> bool:
        """Whether it is a location for ``transit``, of a ``supplier`` and so on."""
        return self.usages.get(one(location) or 0) == usage

    def knows(self, location: object) -> bool:
        """Whether the location was there when the locations were read."""
        found = one(location)
        return found is None or found in self.usages


def places_of(
    warehouses: Sequence[Record], locations: Sequence[Record], unavailable: Collection[str]
) -> Places:
    """The warehouses with all that lies under their view location.

    ``unavailable``: complete names of locations that hold damaged goods and the like, such as
    "WH/Stock/Quarantine"; all below them too. Raises ``ContractBroken`` when one is not there, or
    two warehouses have one short name.
    """
    codes = {each["id"]: str(each["code"]) for each in warehouses}
    if len(set(codes.values())) < len(codes):
        raise ContractBroken(
            "Two warehouses of Odoo have the same short name, which is unique in one company only:"
            " name the company's id under erp.company, or rename one of them."
        )
    by_name = {each["complete_name"]: each["id"] for each in locations}
    for name in unavailable:
        if name not in by_name:
            raise ContractBroken(
                f"Odoo has no stock location {name}: correct erp.unavailable_locations, where"
                " a name is written with its parents, as Odoo shows it."
            )
    roots = {by_name[name] for name in unavailable}
    by_view = {one(each["view_location_id"]) or 0: str(each["code"]) for each in warehouses}
    inside: dict[int, str] = {}
    closed: set[int] = set()
    for each in locations:
        path = [int(part) for part in str(each["parent_path"] or "").split("/") if part]
        if each["usage"] in _INSIDE:
            for owner in (by_view[part] for part in path if part in by_view):
                inside[each["id"]] = owner  # the nearest one comes last
        if roots.intersection(path):
            closed.add(each["id"])
    return Places(
        names={str(each["code"]): str(each["name"]) for each in warehouses},
        codes=codes,
        views=by_view,
        usages={each["id"]: str(each["usage"]) for each in locations},
        inside=inside,
        unavailable=frozenset(closed),
    )


# --- what ---


@dataclass(frozen=True, slots=True)
class Product:
    """A product variant that has a SKU. ``is_counted``: Odoo keeps stock of it."""

    id: int
    sku: str
    name: str | None
    is_active: bool
    is_counted: bool
    unit_id: int | None
    template_id: int | None
    values: frozenset[int]


Products = Mapping[int, Product]
"""Products by their id in Odoo."""


def products_of(records: Iterable[Record]) -> Products:
    """The products that have a SKU; an archived one only if no active one has its SKU.

    Two that are active and share a SKU both stay: whoever judges rows sets the SKU aside.
    """
    named = [_product(each) for each in records if text(each["default_code"])]
    active = {each.sku for each in named if each.is_active}
    return {each.id: each for each in named if each.is_active or each.sku not in active}


def _product(record: Record) -> Product:
    # Stock was kept of a type of products until version 17, and is of a mark of goods since 18.
    is_counted = record["is_storable"] if "is_storable" in record else record["type"] == "product"
    return Product(
        id=record["id"],
        sku=record["default_code"],
        name=text(record["name"]),
        is_active=bool(record["active"]),
        is_counted=bool(is_counted),
        unit_id=one(record["uom_id"]),
        template_id=one(record["product_tmpl_id"]),
        values=frozenset(record.get("product_template_attribute_value_ids") or ()),
    )


@dataclass(frozen=True)
class Units:
    """How many reference units a unit of measure holds, by its id."""

    sizes: Mapping[int, Decimal]

    def convert(self, amount: Decimal, unit: object, to: object) -> Decimal:
        """An amount in another unit; a unit that is not known is taken for the same one."""
        given, wanted = self.sizes.get(one(unit) or 0), self.sizes.get(one(to) or 0)
        if given is None or wanted is None or given == wanted:
            return amount
        return quantity(amount * given / wanted)


def units_of(records: Iterable[Record]) -> Units:
    """The units of measure.

    Until version 18 ``factor`` says how many of the unit make one reference unit (a dozen: 1/12);
    from 19 on it is the size itself (12), which ``relative_factor`` beside it tells.
    """
    sizes: dict[int, Decimal] = {}
    for each in records:
        factor = Decimal(str(each["factor"] or 0))
        if factor > 0:
            sizes[each["id"]] = factor if "relative_factor" in each else 1 / factor
    return Units(sizes)
