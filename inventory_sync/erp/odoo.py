"""The face of Odoo 17 to 19 (Community or Enterprise): which records are read for which dataset.

Put here the reads and their order. Keep out what the records mean (``odoo_rows.py``), how Odoo is
called (``odoo_client.py``), what changed (``odoo_changes.py``) and what we write
(``odoo_orders.py``). What it needs and how it counts is told in docs/erp-odoo.md.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from inventory_sync.domain.errors import ContractBroken
from inventory_sync.domain.extract import OrderRequest
from inventory_sync.erp.api_rows import (
    AcknowledgedRecord,
    Change,
    CommitmentRecord,
    ComponentRecord,
    LocationRecord,
    OwnFigures,
    ProductRecord,
    StockRecord,
    SupplyRecord,
)
from inventory_sync.erp.odoo_catalogue import Catalogue, read_catalogue
from inventory_sync.erp.odoo_changes import OdooChanges
from inventory_sync.erp.odoo_client import OLDEST, OdooClient, parts_of
from inventory_sync.erp.odoo_figures import free_to_use
from inventory_sync.erp.odoo_kits import components_of
from inventory_sync.erp.odoo_orders import OdooOrders
from inventory_sync.erp.odoo_records import (
    LOCATION_FIELDS,
    UNIT_FIELDS,
    WAREHOUSE_FIELDS,
    Places,
    Record,
    Units,
    one,
    places_of,
    units_of,
)
from inventory_sync.erp.odoo_references import CUSTOMER_REFERENCE, References
from inventory_sync.erp.odoo_rows import (
    MOVE_FIELDS,
    OPEN_MOVES,
    QUANT_FIELDS,
    Rules,
    acknowledged_of,
    moves_in,
    moves_out,
    quotations_out,
    stock_of,
)
from inventory_sync.erp.odoo_sales import SalesReader

_PLACES_LAST: Final = timedelta(minutes=5).total_seconds()
_INSIDE: Final = ["internal", "view"]
_NEEDED: Final = ("stock.warehouse", "stock.location", "stock.quant", "stock.move")
_READ: Final = (*_NEEDED, "product.product", "uom.uom", "sale.order", "sale.order.line", "mrp.bom")


@dataclass(frozen=True, slots=True)
class OdooOptions:
    """What the settings say about Odoo. ``partner_id``: the customer in whose name reservations are
    quotations; without it nothing is written.
    """

    time_zone: str | None = None
    quotations: dict[str, str] = field(default_factory=dict)
    unavailable_locations: tuple[str, ...] = ()
    order_field: str = CUSTOMER_REFERENCE
    line_field: str | None = None
    partner_id: int | None = None


class OdooFace:
    """An ``ErpFace``. Products are remembered from the begin of a pass to its end, per thread;
    warehouses and units for five minutes, or until an unknown location turns up.
    """

    def __init__(
        self,
        client: OdooClient,
        options: OdooOptions,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._options = options
        self._monotonic = monotonic
        self._rules = Rules(ZoneInfo(options.time_zone or "UTC"), options.quotations)
        references = References(options.order_field, options.line_field)
        self._changes = OdooChanges(client, references, self._rules)
        self._sales = SalesReader(client, references, self._rules)
        self._orders = OdooOrders(
            client, references, partner_id=options.partner_id, zone=self._rules.zone
        )
        self._frame: tuple[float, Places, Units] | None = None
        self._pass = threading.local()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def calls(self) -> int:
        """How many calls were sent so far."""
        return self._client.calls()

    def own_figures(self) -> OwnFigures:
        """What is *Free to Use* in Odoo. Raises ``ContractBroken`` where it cannot be told."""
        catalogue = read_catalogue(self._client)
        self._frame = None
        return free_to_use(self._client, catalogue, self._base()[0])

    # --- the catalogue ---

    def locations(self) -> list[LocationRecord]:
        """The warehouses by their short names."""
        places, _ = self._base()
        zone = self._options.time_zone
        return [LocationRecord(code, name, zone) for code, name in places.names.items()]

    def products(self, skus: Collection[str] | None) -> list[ProductRecord]:
        """Goods and kits. What Odoo keeps no stock of is not tracked, and what is archived too."""
        catalogue = self._catalogue(skus, anew=skus is None)
        return [
            ProductRecord(
                each.sku,
                each.name,
                each.is_active and (each.is_counted or catalogue.kits.bom_of(each) is not None),
            )
            for each in catalogue.about(skus)
        ]

    def components(self, skus: Collection[str] | None) -> list[ComponentRecord]:
        """The parts of kits; Odoo without manufacturing has none."""
        catalogue = self._catalogue(skus, anew=skus is not None)
        rows = components_of(catalogue.products, catalogue.kits, self._base()[1])
        if skus is None:
            return rows
        return [row for row in rows if row.kit_sku in skus or row.component_sku in skus]

    # --- figures ---

    def acknowledged(self, order_ids: Collection[str] | None) -> list[AcknowledgedRecord]:
        """The lines of all sales orders that stand for Shopify orders."""
        orders = self._sales.naming(order_ids)
        lines = self._sales.lines("order_id", orders)
        sales = self._sales.joined(lines, orders)
        ids = sorted({one(line["product_id"]) or 0 for line in lines})
        catalogue = read_catalogue(self._client, product_ids=ids)
        return list(acknowledged_of(sales, catalogue.products, self._base()[1], order_ids))

    def commitments(self, skus: Collection[str] | None) -> list[CommitmentRecord]:
        """Open demand: quotations first, for their confirmation turns them into moves."""
        products = self._catalogue(skus).by_id(skus)
        quoting = self._sales.quoted()
        quoted = self._about("sale.order.line", quoting, self._sales.line_fields, skus)
        domain = [["state", "in", list(OPEN_MOVES)], ["location_id.usage", "in", _INSIDE]]
        moves = self._about("stock.move", domain, MOVE_FIELDS, skus)
        known = {line["id"] for line in quoted}
        sold = {one(move.get("sale_line_id")) or 0 for move in moves} - known - {0}
        places, units = self._base(move["location_id"] for move in moves)
        sales = self._sales.of([*quoted, *self._sales.lines("id", sold)])
        return [
            *quotations_out(sales, products, places, units, self._rules),
            *moves_out(moves, products, places, sales, self._rules),
        ]

    def stock(self, skus: Collection[str] | None) -> list[StockRecord]:
        """Quants in internal locations; in virtual ones they are negative counterparts."""
        products = self._catalogue(skus).by_id(skus)
        domain = [["location_id.usage", "=", "internal"]]
        quants = self._about("stock.quant", domain, QUANT_FIELDS, skus)
        places, _ = self._base(quant["location_id"] for quant in quants)
        return list(stock_of(quants, products, places))

    def supply(self, skus: Collection[str] | None) -> list[SupplyRecord]:
        """Open moves into warehouses: receipts, productions, transfers."""
        products = self._catalogue(skus).by_id(skus)
        inside: list[Any] = [["location_dest_id.usage", "in", _INSIDE]]
        if "location_final_id" in self._client.fields("stock.move"):
            inside = ["|", *inside, ["location_final_id.usage", "in", _INSIDE]]
        domain = [["state", "in", list(OPEN_MOVES)], *inside]
        moves = self._about("stock.move", domain, MOVE_FIELDS, skus)
        places, _ = self._base(move["location_dest_id"] for move in moves)
        self._pass.catalogue = None  # the last read of a full load: let go of its products
        return list(moves_in(moves, products, places, self._rules))

    # --- changes ---

    def changes(self, since: datetime) -> list[Change]:
        """See ``OdooChanges``."""
        return self._changes.since(since, self._base()[0])

    def last_change_at(self) -> datetime | None:
        """The place of the newest change within its second."""
        newest = self._changes.newest()
        if newest is None:
            return None
        return max((each.changed_at for each in self.changes(newest)), default=newest)

    def skus_of_document(self, document: str) -> list[str]:
        """The SKUs of a sales order, or of the moves that come from a document."""
        lines = self._client.read(
            "sale.order.line", [["order_id.name", "=", document]], ["product_id"]
        )
        origin = ["|", ["origin", "=", document], ["reference", "=", document]]
        moves = self._client.read("stock.move", origin, ["product_id"])
        ids = sorted({one(each["product_id"]) or 0 for each in (*lines, *moves)})
        return [each.sku for each in read_catalogue(self._client, product_ids=ids).about(None)]

    def request(self, requests: Sequence[OrderRequest]) -> None:
        """See ``OdooOrders``."""
        self._orders.request(requests, self._base()[0])

    def check(self) -> list[str]:
        """What is missing, what the user may not do, and which orders are there twice."""
        version = self._client.version()
        if version < OLDEST:
            return [f"Odoo {version} is too old: this connector reads 17 to 19."]
        problems = [
            f"Odoo has no {model}: install the Inventory app."
            for model in _NEEDED
            if not self._client.fields(model)
        ]
        for model in _READ:
            try:
                self._client.read(model, [["id", "=", 0]], ["write_date"])
            except ContractBroken as refused:
                problems.append(str(refused))
        if problems:
            return problems
        try:
            self._base()
        except ContractBroken as broken:
            problems.append(str(broken))
        return [*problems, *self._orders.check(), *self._sales.told_twice()]

    # --- reading ---

    def _base(self, locations: Iterable[object] = ()) -> tuple[Places, Units]:
        """Warehouses and units; read anew when one of the locations is not known."""
        now, wanted = self._monotonic(), list(locations)
        frame = self._frame
        if frame is None or now > frame[0] + _PLACES_LAST or not all(map(frame[1].knows, wanted)):
            read = self._client.read
            # A warehouse that is archived holds nothing that could be promised.
            warehouses = read("stock.warehouse", [["active", "=", True]], WAREHOUSE_FIELDS)
            places = places_of(
                warehouses,
                read("stock.location", [], LOCATION_FIELDS),
                self._options.unavailable_locations,
            )
            if not places.names:
                raise ContractBroken("Odoo has no warehouse that its user may see.")
            self._frame = frame = now, places, units_of(read("uom.uom", [], UNIT_FIELDS))
        return frame[1], frame[2]

    def _catalogue(self, skus: Collection[str] | None, *, anew: bool = False) -> Catalogue:
        """The products of these SKUs with their kits, as this thread has read them last."""
        kept: Catalogue | None = getattr(self._pass, "catalogue", None)
        if kept is None or anew or not kept.is_of(skus):
            kept = read_catalogue(self._client, skus=skus)
            self._pass.catalogue = kept
        return kept

    def _about(
        self, model: str, domain: list[Any], fields: Sequence[str], skus: Collection[str] | None
    ) -> list[Record]:
        """Records about these SKUs."""
        if skus is None:
            return self._client.read(model, domain, fields)
        ids = sorted(self._catalogue(skus).by_id(skus))
        return [
            record
            for part in parts_of(ids)
            for record in self._client.read(model, [["product_id", "in", part], *domain], fields)
        ]
