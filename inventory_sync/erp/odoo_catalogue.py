"""The products of Odoo with the kits that they are or are part of, as they are read.

Put here the calls that lead from SKUs to products, bills of materials and their parts. What the
records mean is ``odoo_records.py``.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from inventory_sync.erp.odoo_client import OdooClient
from inventory_sync.erp.odoo_kits import (
    BOM_FIELDS,
    BOM_LINE_FIELDS,
    VALUE_FIELDS,
    Kits,
)
from inventory_sync.erp.odoo_records import (
    PRODUCT_FIELDS,
    Product,
    Products,
    Record,
    one,
    products_of,
)


@dataclass(frozen=True)
class Catalogue:
    """Products, those of the SKUs asked for and those that they share a kit with."""

    products: Products
    kits: Kits
    asked: frozenset[str] | None

    def is_of(self, skus: Collection[str] | None) -> bool:
        """Whether it was read for exactly these SKUs, or for all."""
        return self.asked == (None if skus is None else frozenset(skus))

    def about(self, skus: Collection[str] | None) -> list[Product]:
        """The products of these SKUs."""
        return [each for each in self.products.values() if skus is None or each.sku in skus]

    def by_id(self, skus: Collection[str] | None) -> Products:
        """The same by their ids."""
        return {each.id: each for each in self.about(skus)}


def read_catalogue(
    client: OdooClient,
    *,
    skus: Collection[str] | None = None,
    product_ids: Sequence[int] | None = None,
) -> Catalogue:
    """All products; or those of some SKUs; or those of some ids, without their kits.

    A SKU costs one call if it is in no kit, else a few more, however many products there are.
    """
    if product_ids is not None:
        records = client.read_in("product.product", "id", product_ids, PRODUCT_FIELDS)
        return Catalogue(products_of(records), Kits(), frozenset())
    if skus is None:
        records = client.read("product.product", [["default_code", "!=", False]], PRODUCT_FIELDS)
        return Catalogue(products_of(records), _kits(client, []), None)
    asked = sorted(skus)
    records = client.read_in("product.product", "default_code", asked, PRODUCT_FIELDS)
    if not records:
        return Catalogue({}, Kits(), frozenset(skus))
    ids = [record["id"] for record in records]
    templates = sorted({one(record["product_tmpl_id"]) or 0 for record in records})
    kits = _kits(
        client,
        ["|", ["product_tmpl_id", "in", templates], ["bom_line_ids.product_id", "in", ids]],
    )
    records += _others(client, kits, ids)
    return Catalogue(products_of(records), kits, frozenset(skus))


def _kits(client: OdooClient, which: list[Any]) -> Kits:
    domain = [["type", "=", "phantom"], ["active", "=", True], *which]
    boms = client.read("mrp.bom", domain, BOM_FIELDS)
    if not boms:
        return Kits()
    ids = [bom["id"] for bom in boms]
    lines = client.read_in("mrp.bom.line", "bom_id", ids, BOM_LINE_FIELDS)
    values = sorted(
        {
            value
            for line in lines
            for value in line.get("bom_product_template_attribute_value_ids") or ()
        }
    )
    read = client.read_in("product.template.attribute.value", "id", values, VALUE_FIELDS)
    return Kits(boms, lines, {each["id"]: one(each["attribute_id"]) for each in read})


def _others(client: OdooClient, kits: Kits, known: Sequence[int]) -> list[Record]:
    """The kits and parts that were not asked for."""
    if not kits.boms:
        return []
    templates = sorted({one(bom["product_tmpl_id"]) or 0 for bom in kits.boms})
    parts = sorted({one(line["product_id"]) or 0 for line in kits.lines})
    either = ["|", ["id", "in", parts], ["product_tmpl_id", "in", templates]]
    return client.read("product.product", [["id", "not in", list(known)], *either], PRODUCT_FIELDS)
