"""The connector ``tryton``: the face of Tryton 8.0 behind its REST API, read with one key.

Put here which question of the contract each of the rooms ``tryton_*.py`` answers, and what the
settings choose. Keep out the order of the reads (``api.py``).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from inventory_sync.domain.errors import ContractBroken
from inventory_sync.domain.extract import OrderRequest
from inventory_sync.erp.api import Skus
from inventory_sync.erp.api_client import Access, ApiClient
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
from inventory_sync.erp.tryton_changes import changes, last_change_at
from inventory_sync.erp.tryton_client import Record, TrytonRest
from inventory_sync.erp.tryton_demand import Drafts, commitments, open_moves, uncovered_lines
from inventory_sync.erp.tryton_forecast import forecast
from inventory_sync.erp.tryton_layout import Layout, StockOf, read_layout
from inventory_sync.erp.tryton_lines import in_stock_units
from inventory_sync.erp.tryton_supply import acknowledged, stock, supply
from inventory_sync.erp.tryton_writing import WRITTEN, TrytonOrders, request_all

_READ: Final = ("company.company", "stock.location", "product.product", "stock.move", "sale.sale")
_LAYOUT_HOLDS: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class TrytonRules:
    """What the settings choose. ``stock_of``: what counts as stock, the storage zone or all of the
    warehouse. ``unavailable``: codes or names of locations whose stock cannot be sold. ``drafts``:
    what a draft sale commits. ``company``: its name, if the key sees several. ``web_shop`` and
    ``customer``: in which shop's name we write, and sales to whom; ``None``: we do not.
    """

    stock_of: StockOf = "storage"
    unavailable: tuple[str, ...] = ()
    drafts: Drafts = "ignore"
    company: str | None = None
    web_shop: str | None = None
    customer: str | None = None


class Tryton:
    """An ``ErpFace`` of one Tryton database."""

    def __init__(
        self,
        client: ApiClient,
        rules: TrytonRules | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._rest = TrytonRest(client)
        self._rules = rules or TrytonRules()
        self._clock = clock
        self._kept: Layout | None = None
        self._kept_until = clock()

    def close(self) -> None:
        """Close the connections."""
        self._rest.client.close()

    def locations(self) -> list[LocationRecord]:
        """The warehouses, by code."""
        return self._layout().records()

    def products(self, skus: Skus) -> Iterable[ProductRecord]:
        """Goods and kits; what is consumable is not tracked."""
        fields = ["code", "template.name", "template.type", "template.consumable"]
        domain = [
            ["active", "in", [True, False]],
            ["code", "!=", None],
            ["template.type", "in", ["goods", "kit"]],
        ]
        for row in self._rest.rows_naming(
            "product.product", domain, fields, key="code", values=skus
        ):
            template = row["template."]
            yield ProductRecord(row["code"], template["name"], not template["consumable"])

    def components(self, skus: Skus) -> Iterable[ComponentRecord]:
        """The parts of kits: of the product itself if it has its own, else of its template."""
        if "product.product.components" not in self._layout().has:
            return
        kits = self._kits(skus)
        fields = ["product.code", "product.default_uom.factor", "unit.factor", "quantity", "fixed"]
        fields += ["parent_template", "parent_product"]
        ids = {part for kit in kits for part in _parts_of(kit)}
        parts = self._rest.rows_naming("product.component", [], fields, key="id", values=ids)
        by_id = {part["id"]: part for part in parts}
        for kit in kits:
            for part_id in _parts_of(kit):
                part = by_id.get(part_id)
                if part and not (part["parent_product"] and not kit["components"]):
                    yield ComponentRecord(
                        kit["code"], part["product."]["code"], in_stock_units(part)
                    )

    def acknowledged(self, order_ids: Collection[str] | None) -> Iterable[AcknowledgedRecord]:
        """The lines of sales that carry a Shopify order."""
        return acknowledged(self._rest, self._layout(), order_ids, self._rules.drafts)

    def commitments(self, skus: Skus) -> Iterable[CommitmentRecord]:
        """Open moves that leave, and sale lines without moves."""
        lines = uncovered_lines(self._rest, self._layout(), skus, self._rules.drafts)
        moves = open_moves(self._rest, self._layout(), skus)
        return commitments(self._rest, self._layout(knowing=moves), lines, moves, skus)

    def stock(self, skus: Skus) -> Iterable[StockRecord]:
        """Tryton's own sums over done moves."""
        return stock(self._rest, self._layout(), skus, self._clock())

    def supply(self, skus: Skus) -> Iterable[SupplyRecord]:
        """Open moves that enter."""
        moves = open_moves(self._rest, self._layout(), skus)
        return supply(self._rest, self._layout(knowing=moves), moves)

    def changes(self, since: datetime) -> Iterable[Change]:
        """Moves, sale lines and due dates since."""
        return changes(self._rest, self._layout(), since, self._clock())

    def last_change_at(self) -> datetime | None:
        """The newest stamp of a move or a sale."""
        return last_change_at(self._rest, self._layout())

    def skus_of_document(self, document: str) -> list[str]:
        """The SKUs on the lines of a sale; other documents always name theirs."""
        model, _, record_id = document.partition(",")
        if model != "sale.sale" or not record_id.isdecimal():
            return []
        lines = self._rest.rows("sale.line", [["sale", "=", int(record_id)]], ["product.code"])
        return [line["product."]["code"] for line in lines if line["product."]]

    def request(self, requests: Sequence[OrderRequest]) -> None:
        """Write sales of the web shop."""
        if not requests:
            return
        orders = self._orders()
        if orders is None:
            raise ContractBroken(
                "Nothing is written to Tryton, for erp.write_back is off: switch it on, and name a"
                " web shop under erp.web_shop and a party under erp.customer."
            )
        request_all(orders, self._layout(), requests)

    def check(self) -> list[str]:
        """Rights that are missing, and settings that do not fit."""
        needed: dict[str, tuple[str, ...]] = {model: ("read",) for model in _READ}
        orders = self._orders()
        if orders is not None:
            needed |= dict.fromkeys(WRITTEN, ("read", "create", "write"))
        rights = self._rest.may(list(needed))
        problems = [
            f"The user of the key may not {right} {model} in Tryton: grant it."
            for model, wanted in needed.items()
            for right in wanted
            if not rights.get(model, {}).get(right)
        ]
        try:
            self._kept = None
            self._layout()
            if orders is not None:
                orders.shop()
                orders.customer()
        except ContractBroken as error:
            problems.append(str(error))
        return problems

    def calls(self) -> int:
        """How many calls were sent so far."""
        return self._rest.client.calls

    def own_figures(self) -> OwnFigures:
        """What Tryton would offer today."""
        rules = self._rules
        layout = read_layout(
            self._rest, stock_of=rules.stock_of, unavailable=(), company=rules.company
        )
        zone = ZoneInfo(layout.time_zone or "UTC")
        return forecast(self._rest, layout, self._clock().astimezone(zone).date())

    def _orders(self) -> TrytonOrders | None:
        shop, customer = self._rules.web_shop, self._rules.customer
        return TrytonOrders(self._rest, shop, customer) if shop and customer else None

    def _kits(self, skus: Skus) -> list[Record]:
        """The kits among these SKUs, and those that one of them is a part of."""
        fields = ["code", "components", "template.components"]
        kit = [
            ["active", "in", [True, False]],
            ["code", "!=", None],
            ["template.type", "=", "kit"],
        ]
        found = self._rest.rows_naming("product.product", kit, fields, key="code", values=skus)
        if skus is not None:
            for path in ("components.product.code", "template.components.product.code"):
                found += self._rest.rows_naming(
                    "product.product", kit, fields, key=path, values=skus
                )
        return list({kit["id"]: kit for kit in found}.values())

    def _layout(self, *, knowing: Iterable[Record] = ()) -> Layout:
        """Where things are; read again after a while, and for a move at a location not in it."""
        kept = self._kept
        places = {move[end] for move in knowing for end in ("from_location", "to_location")}
        is_old = self._clock() >= self._kept_until
        if kept is None or is_old or not places <= kept.types.keys():
            rules = self._rules
            self._kept_until = self._clock() + _LAYOUT_HOLDS
            kept = self._kept = read_layout(
                self._rest,
                stock_of=rules.stock_of,
                unavailable=rules.unavailable,
                company=rules.company,
            )
        return kept


def _parts_of(kit: Record) -> list[int]:
    parts: list[int] = kit["components"] or kit["template."]["components"]
    return parts


def connect(
    url: str,
    key: str,
    rules: TrytonRules,
    *,
    timeout_seconds: float = 30.0,
    parallel_calls: int = 4,
) -> Tryton:
    """The face of the database at ``https://host/<database>``, asked with an application's key."""
    access = Access(
        name="Tryton",
        base_url=url.rstrip("/") + "/",
        headers={"Authorization": f"bearer {key}"},
        secrets=(key,),
        timeout_seconds=timeout_seconds,
        parallel_calls=parallel_calls,
    )
    return Tryton(ApiClient(access), rules)
