"""Odoo's kits: bills of materials of type ``phantom``, which fit variants by their values.

Put here which bill and which of its lines a product has; pure. Which records are read is
``odoo_catalogue.py``.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Final

from inventory_sync.erp.api_rows import ComponentRecord
from inventory_sync.erp.odoo_records import Product, Products, Record, Units, one, quantity

BOM_FIELDS: Final = ("product_tmpl_id", "product_id", "product_qty", "product_uom_id", "sequence")
BOM_LINE_FIELDS: Final = (
    "bom_id",
    "product_id",
    "product_qty",
    "product_uom_id",
    "bom_product_template_attribute_value_ids",
)
VALUE_FIELDS: Final = ("attribute_id",)


@dataclass(frozen=True)
class Kits:
    """Bills of materials of type kit (``phantom``) with their lines, and the attribute that each
    attribute value belongs to.
    """

    boms: Sequence[Record] = ()
    lines: Sequence[Record] = ()
    attributes: Mapping[int, int | None] = field(default_factory=dict)

    def bom_of(self, product: Product) -> Record | None:
        """The bill of a product as Odoo chooses it: by sequence, its own before its template's."""

        def fits(bom: Record) -> bool:
            if bom["product_id"]:
                return one(bom["product_id"]) == product.id
            return one(bom["product_tmpl_id"]) == product.template_id

        def rank(bom: Record) -> tuple[int, bool, int]:
            return bom["sequence"] or 0, not bom["product_id"], bom["id"]

        candidates = self._by_template.get(product.template_id, ())
        return min(filter(fits, candidates), key=rank, default=None)

    def lines_for(self, bom: Record, product: Product) -> Iterator[Record]:
        """The lines of a bill that apply to this variant: of each attribute that a line names, the
        variant must have one of the values.
        """
        for line in self._by_bom.get(bom["id"], ()):
            wanted: dict[int | None, set[int]] = defaultdict(set)
            for value in line.get("bom_product_template_attribute_value_ids") or ():
                wanted[self.attributes.get(value)].add(value)
            if all(values & product.values for values in wanted.values()):
                yield line

    @cached_property
    def _by_template(self) -> Mapping[int | None, list[Record]]:
        return _grouped(self.boms, "product_tmpl_id")

    @cached_property
    def _by_bom(self) -> Mapping[int | None, list[Record]]:
        return _grouped(self.lines, "bom_id")


def _grouped(records: Iterable[Record], key: str) -> Mapping[int | None, list[Record]]:
    groups: dict[int | None, list[Record]] = defaultdict(list)
    for each in records:
        groups[one(each[key])].append(each)
    return groups


def components_of(products: Products, kits: Kits, units: Units) -> list[ComponentRecord]:
    """The parts of every kit among the products, in the units of the parts' own stock.

    A part without a SKU is named by its id in Odoo: nothing is known of its stock, so the kit
    cannot be promised.
    """
    amounts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for product in products.values():
        bom = kits.bom_of(product)
        if bom is None:
            continue
        made = units.convert(quantity(bom["product_qty"]), bom["product_uom_id"], product.unit_id)
        for line in kits.lines_for(bom, product):
            part = products.get(one(line["product_id"]) or 0)
            amount = quantity(line["product_qty"])
            if part is not None:
                amount = units.convert(amount, line["product_uom_id"], part.unit_id)
            name = part.sku if part else f"odoo:{one(line['product_id'])}"
            amounts[product.sku, name] += amount / (made or 1)
    return [ComponentRecord(kit, part, quantity(each)) for (kit, part), each in amounts.items()]
