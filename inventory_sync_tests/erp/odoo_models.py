"""The part of Odoo's data model that the connector touches, per version, as Odoo documents it.

A field is its type, or a pair of "many2one", "one2many" or "many2many" and its model.
"""

from collections.abc import Mapping
from typing import Any, Final

Model = dict[str, Any]

_COMMON: Final[Mapping[str, Model]] = {
    "res.company": {"name": "char"},
    "res.partner": {"name": "char"},
    "crm.team": {"name": "char"},
    "uom.uom": {"name": "char", "factor": "float", "active": "boolean"},
    "product.template": {
        "name": "char",
        "type": "char",
        "uom_id": ("many2one", "uom.uom"),
        "active": "boolean",
        "product_variant_ids": ("one2many", "product.product", "product_tmpl_id"),
    },
    "product.product": {
        "product_tmpl_id": ("many2one", "product.template"),
        "default_code": "char",
        "active": "boolean",
        "product_template_attribute_value_ids": (
            "many2many", "product.template.attribute.value"
        ),
    },
    "product.template.attribute.value": {"attribute_id": ("many2one", "product.attribute")},
    "product.attribute": {"name": "char"},
    "stock.warehouse": {
        "name": "char",
        "code": "char",
        "active": "boolean",
        "company_id": ("many2one", "res.company"),
        "view_location_id": ("many2one", "stock.location"),
        "lot_stock_id": ("many2one", "stock.location"),
    },
    "stock.location": {
        "name": "char",
        "complete_name": "char",
        "usage": "char",
        "parent_path": "char",
        "active": "boolean",
        "location_id": ("many2one", "stock.location"),
    },
    "stock.quant": {
        "product_id": ("many2one", "product.product"),
        "location_id": ("many2one", "stock.location"),
        "quantity": "float",
        "reserved_quantity": "float",
    },
    "stock.picking": {"name": "char"},
    "stock.move.line": {
        "product_id": ("many2one", "product.product"),
        "location_id": ("many2one", "stock.location"),
        "location_dest_id": ("many2one", "stock.location"),
        "move_id": ("many2one", "stock.move"),
        "state": "char",
        "quantity": "float",
        "quantity_product_uom": "float",
    },
    "stock.move": {
        "product_id": ("many2one", "product.product"),
        "location_id": ("many2one", "stock.location"),
        "location_dest_id": ("many2one", "stock.location"),
        "product_qty": "float",
        "product_uom_qty": "float",
        "state": "char",
        "date": "datetime",
        "origin": "char",
        "reference": "char",
        "picking_id": ("many2one", "stock.picking"),
        "sale_line_id": ("many2one", "sale.order.line"),
        "purchase_line_id": ("many2one", "purchase.order.line"),
        "raw_material_production_id": ("many2one", "mrp.production"),
        "production_id": ("many2one", "mrp.production"),
    },
    "sale.order": {
        "name": "char",
        "state": "char",
        "locked": "boolean",
        "client_order_ref": "char",
        "origin": "char",
        "partner_id": ("many2one", "res.partner"),
        "company_id": ("many2one", "res.company"),
        "warehouse_id": ("many2one", "stock.warehouse"),
        "team_id": ("many2one", "crm.team"),
        "commitment_date": "datetime",
        "validity_date": "date",
        "order_line": ("one2many", "sale.order.line", "order_id"),
    },
    "sale.order.line": {
        "order_id": ("many2one", "sale.order"),
        "product_id": ("many2one", "product.product"),
        "product_uom_qty": "float",
        "qty_delivered": "float",
        "state": "char",
        "warehouse_id": ("many2one", "stock.warehouse"),
        "x_shopify_line_id": "char",
    },
}  # fmt: skip

_MANUFACTURING: Final[Mapping[str, Model]] = {
    "mrp.production": {"name": "char", "state": "char"},
    "mrp.bom": {
        "type": "char",
        "active": "boolean",
        "sequence": "integer",
        "product_tmpl_id": ("many2one", "product.template"),
        "product_id": ("many2one", "product.product"),
        "product_qty": "float",
        "product_uom_id": ("many2one", "uom.uom"),
        "bom_line_ids": ("one2many", "mrp.bom.line", "bom_id"),
    },
    "mrp.bom.line": {
        "bom_id": ("many2one", "mrp.bom"),
        "product_id": ("many2one", "product.product"),
        "product_qty": "float",
        "product_uom_id": ("many2one", "uom.uom"),
        "parent_product_tmpl_id": ("many2one", "product.template"),
        "bom_product_template_attribute_value_ids": (
            "many2many", "product.template.attribute.value"
        ),
    },
}  # fmt: skip
_PURCHASE: Final[Mapping[str, Model]] = {
    "purchase.order": {"name": "char", "state": "char"},
    "purchase.order.line": {"order_id": ("many2one", "purchase.order"), "product_qty": "float"},
}

COMPUTED: Final = {"product.product": ("free_qty",)}
"""Fields that are computed when they are read, and stand in no table."""

INHERITED: Final = {"product.product": ("product_tmpl_id", "product.template")}
"""Models that show the fields of another one as their own."""


def models(version: int, *, has_manufacturing: bool = True) -> dict[str, Model]:
    """The models of a version with their fields."""
    more = (_MANUFACTURING, _PURCHASE) if has_manufacturing else ()
    found = {
        name: {"id": "integer", "display_name": "char", "write_date": "datetime"} | fields
        for part in (_COMMON, *more)
        for name, fields in part.items()
    }
    if not has_manufacturing:
        for gone in ("raw_material_production_id", "production_id", "purchase_line_id"):
            del found["stock.move"][gone]
    unit = ("many2one", "uom.uom")
    found["sale.order.line"]["product_uom_id" if version >= 19 else "product_uom"] = unit
    if version >= 18:
        found["product.template"]["is_storable"] = "boolean"
        found["stock.move"]["location_final_id"] = ("many2one", "stock.location")
    if version >= 19:
        found["uom.uom"]["relative_factor"] = "float"
    inherited = found["product.template"]
    found["product.product"] = {**inherited, **found["product.product"]}
    for name, fields in COMPUTED.items():
        found[name] |= dict.fromkeys(fields, "float")
    return found
