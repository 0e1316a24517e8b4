"""A line of a document in Tryton: which Shopify order line it is, and how much in stock units.

Put here what several readers need to know of a line or its document. Keep out what it commits.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from inventory_sync.erp.tryton_client import Record, quantity, within
from inventory_sync.erp.tryton_layout import Layout


def identity_fields(layout: Layout) -> list[str]:
    """The fields of a sale line that tell which Shopify order line it is."""
    names = ["sale.number"]
    if "sale.sale.web_id" in layout.has:
        names += ["sale.web_id", "sale.web_shop.name"]
    if "sale.sale.shopify_identifier_char" in layout.has:
        names += ["sale.shopify_identifier_char", "shopify_identifier_char"]
    return names


def identity(line: Record) -> tuple[str | None, str | None]:
    """The Shopify order and order line (gids) that a sale line stands for.

    An order that Tryton's own Shopify module imported carries Shopify's numbers; one that we wrote
    carries both gids in its web ID (``tryton_writing.py``); any other is no Shopify order to us.
    """
    sale = line["sale."]
    number, line_number = sale.get("shopify_identifier_char"), line.get("shopify_identifier_char")
    if number:
        order = f"gid://shopify/Order/{number}"
        return order, f"gid://shopify/LineItem/{line_number}" if line_number else None
    order, gap, external_line = str(sale.get("web_id") or "").partition(" ")
    return (order, external_line) if gap else (None, None)


def document_of(move: Record, line: Record | None = None) -> str:
    """How a move's document is called in ``order_id`` and in events."""
    if line:
        return sale_document(line["sale."])
    production = move.get("production_input") or move.get("production_output")
    if production:
        return f"production,{production}"
    return str(move["shipment"] or move["origin"] or f"stock.move,{move['id']}")


def sale_document(sale: Record) -> str:
    """How a sale is called in ``order_id`` and in events."""
    return f"sale.sale,{sale['id']}"


def in_stock_units(line: Mapping[str, Any]) -> Decimal:
    """The quantity of a sale line in the unit in which its product is stocked."""
    sold_in = within(line, "unit.factor")
    stocked_in = within(line, "product.default_uom.factor")
    number = Decimal(str(line["quantity"] or 0))
    if sold_in and stocked_in:
        number = number * Decimal(str(sold_in)) / Decimal(str(stocked_in))
    return quantity(number)
