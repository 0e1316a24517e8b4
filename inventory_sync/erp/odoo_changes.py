"""What has changed in Odoo since an instant, by the stamps of its records.

Put here which records are watched and what their changes are about. Keep out how changes become
events (``api_events.py``).

Odoo compares stamps to the microsecond and tells them cut to the second, and a stamp is the begin
of its transaction. So the whole second is asked for again, and within it a change gets a place by
the record's name and content: it stays where it is however often it is read, and a record that is
changed twice in a second is two changes.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2s
from typing import Any, Final

from inventory_sync.erp.api_rows import Change
from inventory_sync.erp.odoo_client import OdooClient
from inventory_sync.erp.odoo_records import Places, Record, instant, one, text
from inventory_sync.erp.odoo_references import References
from inventory_sync.erp.odoo_rows import (
    MOVE_FIELDS,
    QUANT_FIELDS,
    QUOTATIONS,
    Rules,
    destination,
    document_of,
    ends,
    kind_in,
    kind_out,
)

WATCHED: Final = (
    "stock.move",
    "stock.quant",
    "sale.order",
    "sale.order.line",
    "product.product",
    "product.template",
    "mrp.bom",
    "mrp.bom.line",
)
_LINE_FIELDS: Final = ("order_id", "product_id", "product_uom_qty", "state", "write_date")
_IN_A_SECOND: Final = 1_000_000
_HOLDS: Final = frozenset({"hold", "reservation"})


class OdooChanges:
    """The watched records of one Odoo."""

    def __init__(self, client: OdooClient, references: References, rules: Rules) -> None:
        self._client = client
        self._references = references
        self._rules = rules

    def newest(self) -> datetime | None:
        """The newest stamp of a watched record, to the second."""
        found = []
        for model in WATCHED:
            if self._client.fields(model):
                options = {
                    "domain": [["write_date", "!=", False]],
                    "fields": ["write_date"],
                    "order": "write_date desc",
                    "limit": 1,
                }
                found += self._client.call(model, "search_read", options)
        return max((instant(each["write_date"]) for each in found), default=None)

    def since(self, since: datetime, places: Places) -> list[Change]:
        """Every change of this second or later; a product without a SKU is nobody's."""
        stamp = since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        changed: list[tuple[object, Change]] = [
            *self._moves(stamp, places),
            *self._quants(stamp),
            *self._sales(stamp),
            *self._catalogue(stamp),
        ]
        products = sorted({one(product) or 0 for product, _ in changed})
        records = self._client.read_in("product.product", "id", products, ["default_code"])
        skus = {each["id"]: text(each["default_code"]) for each in records}
        found = [change._replace(sku=skus.get(one(product) or 0)) for product, change in changed]
        return [each for each in found if each.sku]

    def _moves(self, stamp: str, places: Places) -> Iterator[tuple[object, Change]]:
        fields = [*MOVE_FIELDS, "state"]
        for move in self._client.read("stock.move", [["write_date", ">=", stamp]], fields):
            source, target = ends(move, places)
            if source == target:
                continue  # within one warehouse, or between two places of others
            about = kind_out(move, places) if source else kind_in(move, places)
            content = [move["state"], move["product_qty"], one(destination(move))]
            change = _change("stock.move", move, content, _kind_of(move, source, target, about))
            yield move["product_id"], change._replace(about=about, document=document_of(move))
            if source and target:  # the other end belongs to another lane
                other = _change("stock.move.in", move, content, "supply_changed")
                yield move["product_id"], other._replace(about="transfer")

    def _quants(self, stamp: str) -> Iterator[tuple[object, Change]]:
        domain = [["write_date", ">=", stamp], ["location_id.usage", "=", "internal"]]
        for quant in self._client.read("stock.quant", domain, QUANT_FIELDS):
            change = _change("stock.quant", quant, [quant["quantity"]], "stock_adjusted")
            yield quant["product_id"], change

    def _sales(self, stamp: str) -> Iterator[tuple[object, Change]]:
        """Orders with all their lines, and lines of quotations that were changed alone."""
        fields = ("name", "state", self._references.order_field, "write_date")
        since = [["write_date", ">=", stamp]]
        orders = {each["id"]: each for each in self._client.read("sale.order", since, fields)}
        lines = self._client.read_in("sale.order.line", "order_id", sorted(orders), _LINE_FIELDS)
        open_lines = [*since, ["state", "in", list(QUOTATIONS)]]
        alone = self._client.read("sale.order.line", open_lines, _LINE_FIELDS)
        for line in lines:
            order = orders[one(line["order_id"]) or 0]
            kind, about = self._kind_of_order(order)
            content = [line["id"], order["state"]]
            change = _change("sale.order", order, content, kind)
            yield line["product_id"], change._replace(about=about, document=order["name"])
        for line in alone:
            content = [line["state"], line["product_uom_qty"]]
            change = _change("sale.order.line", line, content, "order_changed")
            yield line["product_id"], change._replace(about="pending")

    def _kind_of_order(self, order: Record) -> tuple[str, str]:
        about = self._references.kind(order) or self._rules.quotations.get("sent") or "pending"
        kinds = {"sale": "confirmed", "cancel": "cancelled"}
        if about in _HOLDS:
            return f"hold_{kinds.get(order['state'], 'placed')}", about
        return f"order_{kinds.get(order['state'], 'changed')}", about

    def _catalogue(self, stamp: str) -> Iterator[tuple[object, Change]]:
        """Products and kits: what they are has changed, so what is offered of them may."""
        since = [["write_date", ">=", stamp]]
        for product in self._client.read("product.product", since, ["active", "write_date"]):
            yield product["id"], _change("product.product", product, [product["active"]])
        fields = ["product_variant_ids", "write_date"]
        for template in self._client.read("product.template", since, fields):
            for variant in template["product_variant_ids"]:
                yield variant, _change("product.template", template, [variant])
        yield from self._kits(since)

    def _kits(self, since: list[Any]) -> Iterator[tuple[object, Change]]:
        kits = [["type", "=", "phantom"], *since]
        parts = [["bom_id.type", "=", "phantom"], *since]
        written = [
            *((each, "product_tmpl_id") for each in self._read("mrp.bom", kits)),
            *((each, "parent_product_tmpl_id") for each in self._read("mrp.bom.line", parts)),
        ]
        templates = sorted({one(record[key]) or 0 for record, key in written})
        variants: dict[int | None, list[int]] = defaultdict(list)
        model = "product.product"
        for each in self._client.read_in(model, "product_tmpl_id", templates, ["product_tmpl_id"]):
            variants[one(each["product_tmpl_id"])].append(each["id"])
        for record, key in written:
            for variant in variants[one(record[key])]:
                yield variant, _change(key, record, [variant])

    def _read(self, model: str, domain: list[Any]) -> list[Record]:
        fields = ["product_tmpl_id", "parent_product_tmpl_id", "write_date"]
        return self._client.read(model, domain, fields)


def _kind_of(move: Record, source: str | None, target: str | None, about: str) -> str:
    """What the change of a move is in the words of the contract's events."""
    if source is None:
        if move["state"] != "done":
            return "supply_changed"
        kinds = {"production": "production_completed", "transfer": "transfer_received"}
        return kinds.get(about, "stock_received")
    if move["state"] == "done":
        return "transfer_shipped" if about == "transfer" else "order_shipped"
    return "order_cancelled" if move["state"] == "cancel" else "order_changed"


def _change(
    model: str, record: Record, content: Iterable[object], kind: str = "stock_adjusted"
) -> Change:
    key = "/".join(map(str, (model, record["id"], *content)))
    place = int.from_bytes(blake2s(key.encode(), digest_size=8).digest()) % _IN_A_SECOND
    changed_at = instant(record["write_date"]) + timedelta(microseconds=place)
    return Change(changed_at, key, kind, "stock", None)
