"""Where things are in a Tryton database: the company, its warehouses, and what of each counts.

Put here which location belongs to which warehouse's *area*: the places whose stock can be promised.
Keep out what lies there. It is read once, and again whenever a location turns up that is not in it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from inventory_sync.domain.errors import ContractBroken
from inventory_sync.erp.api_rows import LocationRecord
from inventory_sync.erp.tryton_client import Record, TrytonRest

StockOf = Literal["storage", "warehouse"]

_OPTIONAL_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "stock.move": ("production_input", "production_output"),
    "sale.sale": ("web_id", "shopify_identifier_char"),
    "sale.line": ("components", "shopify_identifier_char"),
    "product.product": ("components",),
}
_PLACE: Final = (
    "name",
    "code",
    "type",
    "parent",
    "active",
    "storage_location",
    "input_location",
    "output_location",
)
_ANY: Final = ["active", "in", [True, False]]


@dataclass(frozen=True, slots=True)
class Warehouse:
    """A warehouse: its name in the contract, its root, and the ids of its zones."""

    id: int
    name: str
    title: str
    counted: int
    input: int
    output: int
    unavailable: tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """The company and its places. ``area`` maps each location whose stock can be promised to its
    warehouse; ``inside`` each location of a warehouse, whatever lies there.
    """

    company: int
    time_zone: str | None
    warehouses: tuple[Warehouse, ...]
    area: Mapping[int, Warehouse]
    inside: Mapping[int, Warehouse]
    types: Mapping[int, str]
    has: frozenset[str]

    @property
    def outputs(self) -> list[int]:
        """The output zones from which shipments leave, where they are no part of an area."""
        return [w.output for w in self.warehouses if w.output not in self.area]

    @property
    def inputs(self) -> frozenset[int]:
        """The input zones into which receipts come, where they are no part of an area."""
        return frozenset(w.input for w in self.warehouses if w.input not in self.area)

    def records(self) -> list[LocationRecord]:
        """The rows of ``locations``."""
        return [LocationRecord(w.name, w.title, self.time_zone) for w in self.warehouses]

    def warehouse(self, name: str) -> Warehouse:
        """The warehouse of this name. Raises ``ContractBroken``."""
        for each in self.warehouses:
            if each.name == name:
                return each
        raise ContractBroken(f"Tryton has no warehouse {name}: correct the location.")


def read_layout(
    rest: TrytonRest, *, stock_of: StockOf, unavailable: Collection[str], company: str | None
) -> Layout:
    """Ask Tryton for its places. Raises ``ContractBroken`` when names do not fit."""
    company_id, time_zone = _company(rest, company)
    places = rest.rows(
        "stock.location",
        [_ANY],
        [*_PLACE],
    )
    roots = [place for place in places if place["type"] == "warehouse" and place["active"]]
    shut = _shut(places, unavailable)
    area: dict[int, Warehouse] = {}
    inside: dict[int, Warehouse] = {}
    warehouses = []
    for root in roots:
        counted = root["id"] if stock_of == "warehouse" else root["storage_location"]
        within = _below(places, [counted])
        closed = _below(places, shut)
        warehouse = Warehouse(
            id=root["id"],
            name=root["code"] or root["name"],
            title=root["name"],
            counted=counted,
            input=root["input_location"],
            output=root["output_location"],
            unavailable=_tops(places, within & closed),
        )
        warehouses.append(warehouse)
        area |= dict.fromkeys(within - closed, warehouse)
        inside |= dict.fromkeys(_below(places, [root["id"]]) | within, warehouse)
    _demand_distinct(warehouses)
    return Layout(
        company=company_id,
        time_zone=time_zone,
        warehouses=tuple(warehouses),
        area=area,
        inside=inside,
        types={place["id"]: place["type"] for place in places},
        has=frozenset(
            f"{model}.{field}"
            for model, names in _OPTIONAL_FIELDS.items()
            for field in rest.fields_of(model, names)
        ),
    )


def _company(rest: TrytonRest, name: str | None) -> tuple[int, str | None]:
    found = rest.rows("company.company", [], ["party.name", "timezone"])
    named = [each for each in found if name in (None, each["party."]["name"])]
    if len(named) != 1:
        names = ", ".join(each["party."]["name"] for each in found) or "none"
        raise ContractBroken(
            f"The key sees the companies {names} in Tryton: name the one whose stock is sold under"
            " erp.company."
        )
    return named[0]["id"], named[0]["timezone"]


def _shut(places: Iterable[Record], names: Collection[str]) -> list[int]:
    """The locations that are named, by code or name, as those whose stock cannot be sold."""
    found = [place for place in places if {place["code"], place["name"]} & set(names)]
    known = {name for place in found for name in (place["code"], place["name"])}
    missing = sorted(set(names) - known)
    if missing:
        raise ContractBroken(
            f"Tryton has no location {missing[0]}: correct erp.unavailable_locations."
        )
    return [place["id"] for place in found]


def _tops(places: Iterable[Record], ids: Collection[int]) -> tuple[int, ...]:
    """Those of these locations that lie in none of them."""
    return tuple(p["id"] for p in places if p["id"] in ids and p["parent"] not in ids)


def _below(places: Iterable[Record], roots: Iterable[int]) -> set[int]:
    """The roots with all that lies in them."""
    children: dict[int | None, list[int]] = {}
    for place in places:
        children.setdefault(place["parent"], []).append(place["id"])
    found: set[int] = set()
    left = list(roots)
    while left:
        place_id = left.pop()
        if place_id not in found:
            found.add(place_id)
            left += children.get(place_id, ())
    return found


def _demand_distinct(warehouses: Iterable[Warehouse]) -> None:
    names = [each.name for each in warehouses]
    for name in names:
        if names.count(name) > 1:
            raise ContractBroken(
                f"Tryton has two warehouses {name}: give each its own code, for stores are mapped"
                " to them by it."
            )
