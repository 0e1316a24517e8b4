"""What Odoo itself would offer now: *Free to Use*, by which its own web shop sells.

Put here that figure, and which of our rows it has in it. It is for comparing alone: demand that is
not reserved is not in it, which is why our figure is another one (docs/erp-odoo.md).
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from inventory_sync.domain.errors import ContractBroken
from inventory_sync.erp.api_rows import OwnFigures
from inventory_sync.erp.odoo_catalogue import Catalogue
from inventory_sync.erp.odoo_client import OdooClient
from inventory_sync.erp.odoo_records import Places, Record, one, quantity
from inventory_sync.erp.odoo_rows import OPEN_MOVES, ends

NAME: Final = "Odoo's free_qty (Free to Use: on hand, less what is reserved)"

_FIGURE: Final = "free_qty"
_LINE: Final = ("product_id", "location_id", "move_id", "state", "quantity_product_uom")
_MOVE: Final = ("state", "location_id", "location_dest_id", "location_final_id")
_NEEDED: Final = {"product.product": (_FIGURE,), "stock.move.line": _LINE}

Pairs = dict[tuple[str, str], Decimal]
"""Units by SKU and warehouse."""


def free_to_use(client: OdooClient, catalogue: Catalogue, places: Places) -> OwnFigures:
    """The figure of all goods in all warehouses; a warehouse is named by the location that all of
    its own lie below, for the word for the warehouse itself differs between versions.

    Raises ``ContractBroken`` when this Odoo lacks a field, or does not let us see it.
    """
    _demand_fields(client)
    goods = _goods(catalogue)
    free: Pairs = {}
    for view, warehouse in places.views.items():
        for each in client.read_ids("product.product", sorted(goods), [_FIGURE], location=view):
            free[goods[each["id"]], warehouse] = quantity(each[_FIGURE])
    counted, besides = _reserved(client, goods, places)
    return OwnFigures(NAME, free, counted, early={}, besides=besides)


def _demand_fields(client: OdooClient) -> None:
    for model, wanted in _NEEDED.items():
        missing = [name for name in wanted if name not in client.fields(model)]
        if missing:
            raise ContractBroken(
                f"This Odoo ({client.version()}) has no {', '.join(missing)} in {model}, so its"
                " own figures cannot be laid beside ours."
            )


def _goods(catalogue: Catalogue) -> Mapping[int, str]:
    """The SKUs that Odoo keeps stock of, by product: no kits, and none that two products share."""
    kept = [
        each
        for each in catalogue.products.values()
        if each.is_active and each.is_counted and catalogue.kits.bom_of(each) is None
    ]
    sharing = Counter(each.sku for each in kept)
    return {each.id: each.sku for each in kept if sharing[each.sku] == 1}


def _reserved(
    client: OdooClient, goods: Mapping[int, str], places: Places
) -> tuple[dict[str, Decimal], Pairs]:
    """What is reserved for each of our commitments, and for anything else."""
    domain = [["state", "not in", ["done", "cancel"]], ["location_id.usage", "=", "internal"]]
    read = client.read("stock.move.line", domain, _LINE)
    lines = [line for line in read if one(line["product_id"]) in goods]
    ids = sorted({one(line["move_id"]) or 0 for line in lines} - {0})
    moves = {move["id"]: move for move in client.read_ids("stock.move", ids, _MOVE)}
    counted: dict[str, Decimal] = defaultdict(Decimal)
    besides: Pairs = defaultdict(Decimal)
    for line in lines:
        place = places.stock(line["location_id"])
        move = moves.get(one(line["move_id"]) or 0)
        amount = quantity(line["quantity_product_uom"])
        if move is not None and _committing(move, places) == place:
            counted[f"move/{move['id']}"] += amount
        elif place is not None:
            besides[goods[one(line["product_id"]) or 0], place] += amount
    return counted, besides


def _committing(move: Record, places: Places) -> str | None:
    """The warehouse in which a move is a commitment of ours."""
    source, target = ends(move, places)
    return source if move["state"] in OPEN_MOVES and source != target else None
