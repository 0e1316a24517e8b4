"""What every store must show, by brute force: SQL rows, dictionaries and decimals.

Put here a plain reading of the definitions of ATP and offer, for tests that run the whole product.
Keep the product out: nothing of it is imported, and the settings are read as any program would.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from itertools import product
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg.rows import dict_row

from inventory_sync.sandbox.standin import Shop

Row = dict[str, Any]
Place = tuple[str, int]  # store, number of its location
Key = tuple[str, str, int]  # store, inventory item (gid), number of its location
Shown = dict[Key, int]
Allowed = dict[Key, range]

NOTHING = Decimal(0)


@dataclass(frozen=True)
class Books:
    """What the ERP's contract says now."""

    products: list[Row]
    components: list[Row]
    stock: list[Row]
    commitments: list[Row]
    acknowledged_orders: list[Row]

    @classmethod
    def read(cls, erp_url: str) -> "Books":
        datasets = {}
        with psycopg.connect(erp_url.replace("+psycopg", ""), row_factory=dict_row) as connection:
            for name in cls.__dataclass_fields__:
                datasets[name] = connection.execute(f"SELECT * FROM erp_contract.{name}").fetchall()
            (now,) = connection.execute("SELECT now() AS now").fetchall()
        expiry = datasets["commitments"]
        datasets["commitments"] = [
            row for row in expiry if row["expires_at"] is None or row["expires_at"] > now["now"]
        ]
        return cls(**datasets)


def shown(shops: Mapping[str, Shop]) -> Shown:
    """Every level of every store, as it stands in the shops."""
    return {
        (store, item.gid, level.location_id): level.quantity("available")
        for store, shop in shops.items()
        for item in shop.stock.item_list
        for level in shop.stock.levels_of(item.id)
    }


def should_show(erp_url: str, settings_file: Path, shops: Mapping[str, Shop]) -> Allowed:
    """Every level that can be published, with the quantity that it must show.

    Mostly that is one quantity. Only for a kit whose parts are in flight, and may be taken from
    several warehouses, it is a range: it lies between what surely remains and what may remain.
    For orders as they were placed: edits, refunds and cancellations are not in here.
    """
    return should_show_by(Books.read(erp_url), settings_file, shops)


def should_show_by(books: Books, settings_file: Path, shops: Mapping[str, Shop]) -> Allowed:
    """The same by books that were read elsewhere."""
    stores = yaml.safe_load(settings_file.read_text())["stores"]
    naive = _Naive(books, stores, shops)
    return {
        (store, item.gid, level.location_id): naive.offers((store, level.location_id), item.sku)
        for store, shop in shops.items()
        for item in shop.stock.item_list
        if item.sku is not None and naive.can_publish(shop, item.sku, tracked=item.tracked)
        for level in shop.stock.levels_of(item.id)
        if level.is_active and (store, level.location_id) in naive.places
    }


def wrong(levels: Shown, allowed: Allowed) -> dict[Key, tuple[int, range]]:
    """The levels that show what they must not, with what is allowed."""
    return {key: (levels[key], units) for key, units in allowed.items() if levels[key] not in units}


class _Naive:
    def __init__(self, books: Books, stores: Mapping[str, Row], shops: Mapping[str, Shop]) -> None:
        self.tracked = {row["sku"] for row in books.products if row["tracked"]}
        self.rules = {store: each.get("rules", {}) for store, each in stores.items()}
        self.places: dict[Place, list[str]] = {
            (store, int(gid.rpartition("/")[2])): locations
            for store, each in stores.items()
            for gid, locations in each["locations"].items()
        }
        self.parts: dict[str, dict[str, Decimal]] = defaultdict(dict)
        for row in books.components:
            self.parts[row["kit_sku"]][row["component_sku"]] = row["quantity"]
        self.free: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for row in books.stock:
            self.free[row["sku"], row["location"]] += row["physical"] - row["unavailable"]
        for row in books.commitments:
            for part, quantity in self.consists_of(row["sku"]).items():
                self.free[part, row["location"]] -= row["quantity"] * quantity
        in_flight = [*_in_flight(books.acknowledged_orders, shops)]
        # The lines that may be served from the warehouses of a store location.
        self.touching = {
            place: [
                (sku, units)
                for origin, sku, units in in_flight
                if set(locations) & set(self.places.get(origin, ()))
            ]
            for place, locations in self.places.items()
        }

    def can_publish(self, shop: Shop, sku: str, *, tracked: bool) -> bool:
        return tracked and sku in self.tracked and len(shop.stock.with_sku(sku)) == 1

    def consists_of(self, sku: str) -> dict[str, Decimal]:
        """The units of what is no kit that one unit takes, at any depth."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for part, quantity in self.parts.get(sku, {}).items():
            for base, units in self.consists_of(part).items():
                found[base] += quantity * units
        return found or {sku: Decimal(1)}

    def atp(self, sku: str, location: str) -> Decimal:
        parts = self.parts.get(sku)
        if not parts:
            return self.free.get((sku, location), NOTHING)
        return min(_floor(self.atp(part, location) / units) for part, units in parts.items())

    def offers(self, place: Place, sku: str) -> range:
        """What a store location may show: the lowest and the highest offer."""
        low, high = self.pool(place, sku)
        return range(self.offer(place[0], low), self.offer(place[0], high) + 1)

    def offer(self, store: str, pool: Decimal) -> int:
        rules = self.rules[store]
        share = Decimal(str(rules.get("share", 1)))
        units = int(_floor(share * max(NOTHING, pool))) - rules.get("buffer_units", 0)
        units = 0 if units < rules.get("hide_below_units", 0) else units
        return max(0, min(units, rules.get("cap_units") or units))

    def pool(self, place: Place, sku: str) -> tuple[Decimal, Decimal]:
        """ATP of all warehouses less what is in flight: at least and at most."""
        locations = self.places[place]
        atp = sum((self.atp(sku, location) for location in locations), NOTHING)
        if sku not in self.parts:
            return (atp - self.taken(place, sku),) * 2
        own = sum((units for line, units in self.touching[place] if line == sku), NOTHING)
        needed = self.consists_of(sku)
        others = {part: self.taken(place, part) - own * needed[part] for part in needed}
        flying = {part: units for part, units in others.items() if units}
        if len(locations) == 1:
            return (self.kits_left(sku, locations, own, {locations[0]: flying}),) * 2
        broken = sum(
            _floor(units / needed[part]) + len(locations) for part, units in flying.items()
        )
        # Some ways to take the parts: all units of a part from one warehouse, whichever that is.
        ways = product(locations, repeat=len(flying))
        left = [self.kits_left(sku, locations, own, _by_location(flying, way)) for way in ways]
        return atp - own - broken, min(left)

    def kits_left(
        self,
        sku: str,
        locations: list[str],
        own: Decimal,
        taken: Mapping[str, Mapping[str, Decimal]],
    ) -> Decimal:
        """Kits that remain in all warehouses when these parts have been taken there."""
        left = NOTHING
        for location in locations:
            parts = taken.get(location, {})
            left += min(
                self.atp(sku, location),
                *(
                    _floor((self.atp(part, location) - parts.get(part, NOTHING)) / units)
                    for part, units in self.consists_of(sku).items()
                ),
            )
        return left - own

    def taken(self, place: Place, sku: str) -> Decimal:
        """Units in flight of what is no kit, kits counted as their parts."""
        return sum(
            (units * self.consists_of(line).get(sku, 0) for line, units in self.touching[place]),
            NOTHING,
        )


def _in_flight(
    acknowledged: list[Row], shops: Mapping[str, Shop]
) -> Iterable[tuple[Place, str, Decimal]]:
    """Where each line was sold, its SKU, and what the ERP does not know of it."""
    known = {row["external_line_id"]: row["quantity"] for row in acknowledged}
    for store, shop in shops.items():
        for order in shop.orders.values():
            for line in order.lines:
                ((work, _),) = order.parts(line)
                units = max(NOTHING, line.current_quantity - known.get(line.gid, NOTHING))
                if line.sku is not None:
                    yield (store, work.location_id), line.sku, units


def _by_location(
    flying: Mapping[str, Decimal], way: Iterable[str]
) -> dict[str, dict[str, Decimal]]:
    """Each part as taken from the warehouse that stands for it in ``way``."""
    found: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for (part, units), location in zip(flying.items(), way, strict=True):
        found[location][part] = units
    return found


def _floor(units: Decimal) -> Decimal:
    return units.to_integral_value(ROUND_FLOOR)
