"""A furniture maker's Odoo: two warehouses, sales in every state, a kit, productions, purchases.

Its times are naive, as Odoo's are: UTC.
"""

from datetime import datetime
from typing import Any, Final

from inventory_sync_tests.erp.odoo_sales import CUSTOMERS
from inventory_sync_tests.erp.odoo_server import OdooData

UNIT, DOZEN = 1, 2
NYC_STOCK, NYC_OUTPUT, NYC_QUARANTINE, EWR_STOCK = 11, 12, 13, 21
TRANSIT, SUPPLIERS, PRODUCTION, LOSS = 30, 41, 42, 43
CLOCK, TABLE, PLANK, SET, LAMP, GIFT = 101, 102, 103, 104, 105, 106
ORDER: Final = "gid://shopify/Order/5001"
SHIPPED: Final = "gid://shopify/Order/5002"
MARCH_9 = datetime.fromisoformat("2026-03-09 03:00:00")

LOCATIONS: Final = (
    (10, "NYC", "view", "10/"),
    (NYC_STOCK, "NYC/Stock", "internal", "10/11/"),
    (NYC_OUTPUT, "NYC/Output", "internal", "10/12/"),
    (NYC_QUARANTINE, "NYC/Stock/Quarantine", "internal", "10/11/13/"),
    (20, "EWR", "view", "20/"),
    (EWR_STOCK, "EWR/Stock", "internal", "20/21/"),
    (TRANSIT, "Inter-warehouse transit", "transit", "30/"),
    (CUSTOMERS, "Partners/Customers", "customer", "40/"),
    (SUPPLIERS, "Partners/Vendors", "supplier", "41/"),
    (PRODUCTION, "Virtual Locations/Production", "production", "42/"),
    (LOSS, "Virtual Locations/Inventory adjustment", "inventory", "43/"),
    (50, "Consignment at a customer", "internal", "50/"),
)


def furniture(version: int = 18, *, has_manufacturing: bool = True) -> OdooData:
    """What the tests look at; each group of figures below says what it is there for."""
    data = OdooData(version, has_manufacturing=has_manufacturing)
    _base(data)
    _products(data)
    _stock(data)
    _sales(data)
    _transfers(data)
    if has_manufacturing:
        _kit(data)
        _production(data)
        _purchases(data)
    data.tick()
    return data


def _base(data: OdooData) -> None:
    data.add("res.company", id=1, name="Furniture Inc.")
    data.add("res.partner", id=7, name="Reservations")
    data.add("crm.team", id=3, name="Online")
    sizes = {UNIT: 1.0, DOZEN: 12.0}
    for number, size in sizes.items():
        more = {"relative_factor": size} if data.version >= 19 else {}
        factor = size if data.version >= 19 else 1 / size
        data.add("uom.uom", id=number, name=f"{size:g}", factor=factor, **more)
    for number, name, usage, path in LOCATIONS:
        data.add("stock.location", id=number, complete_name=name, usage=usage, parent_path=path)
    for number, code, view, stock in ((1, "NYC", 10, NYC_STOCK), (2, "EWR", 20, EWR_STOCK)):
        data.add(
            "stock.warehouse",
            id=number,
            name=f"Warehouse {code}",
            code=code,
            company_id=1,
            view_location_id=view,
            lot_stock_id=stock,
        )


def product(
    data: OdooData, number: int, sku: str | None, *, kind: str = "goods", **more: Any
) -> None:
    """A product with a template of its own, whose id is 100 higher."""
    kept = kind == "goods"
    if data.version >= 18:
        told = {"type": "service" if kind == "service" else "consu", "is_storable": kept}
    else:
        told = {"type": {"goods": "product", "kit": "consu"}.get(kind, kind)}
    data.add("product.template", id=number + 100, name=f"Product {number}", uom_id=UNIT, **told)
    data.add("product.product", id=number, product_tmpl_id=number + 100, default_code=sku, **more)


def _products(data: OdooData) -> None:
    product(data, CLOCK, "RETRO-CLOCK")
    product(data, TABLE, "OAK-TABLE")
    product(data, PLANK, "OAK-PLANK")
    product(data, SET, "TABLE-SET", kind="kit")
    product(data, LAMP, "WALL-LAMP")
    product(data, GIFT, "GIFT-WRAP", kind="service")
    product(data, 107, None)
    product(data, 108, "WALL-LAMP", active=False)  # the old one of the same name
    product(data, 109, "OLD-STOOL", active=False)


def quant(data: OdooData, product_id: int, location: int, quantity: float, **more: Any) -> int:
    return data.add(
        "stock.quant", product_id=product_id, location_id=location, quantity=quantity, **more
    )


def _stock(data: OdooData) -> None:
    quant(data, CLOCK, NYC_STOCK, 100.0)
    quant(data, CLOCK, NYC_QUARANTINE, 9.0)
    quant(data, CLOCK, NYC_OUTPUT, 5.0)
    quant(data, CLOCK, EWR_STOCK, 20.5)
    quant(data, CLOCK, CUSTOMERS, -40.0)
    quant(data, CLOCK, 50, 3.0)
    quant(data, TABLE, NYC_STOCK, 12.0)
    quant(data, PLANK, NYC_STOCK, 60.0)
    quant(data, LAMP, NYC_STOCK, -2.0)
    quant(data, 107, NYC_STOCK, 8.0)
    quant(data, 108, NYC_STOCK, 77.0)
    quant(data, 109, NYC_STOCK, 1.0)


def sale(
    data: OdooData, state: str, *lines: tuple[int, float], unit: int = UNIT, **more: Any
) -> tuple[int, list[int]]:
    """A sales order in this state, without its moves."""
    number = data.add("sale.order", state=state, **({"warehouse_id": 1} | more))
    data.write("sale.order", number, name=f"S{number:05}")
    uom = "product_uom_id" if data.version >= 19 else "product_uom"
    return number, [
        data.add(
            "sale.order.line",
            order_id=number,
            product_id=product_id,
            product_uom_qty=quantity,
            state=state,
            warehouse_id=1,
            **{uom: unit},
        )
        for product_id, quantity in lines
    ]


def move(
    data: OdooData,
    product_id: int,
    source: int,
    target: int,
    quantity: float,
    state: str = "confirmed",
    **more: Any,
) -> int:
    ends = {"product_id": product_id, "location_id": source, "location_dest_id": target}
    reserved = more.pop("reserved", 0.0)
    number = data.add(
        "stock.move", **ends, product_qty=quantity, state=state, **({"date": MARCH_9} | more)
    )
    if reserved:
        told = {"quantity": reserved, "quantity_product_uom": reserved}
        data.add("stock.move.line", move_id=number, **ends, **told)
        (held,) = (
            each
            for each in data.tables["stock.quant"].values()
            if (each["product_id"], each["location_id"]) == (product_id, source)
        )
        data.write(
            "stock.quant",
            held["id"],
            reserved_quantity=(held["reserved_quantity"] or 0.0) + reserved,
        )
    return number


def _sales(data: OdooData) -> None:
    """Confirmed ones by their moves in every state; overdue ones too; and quotations."""
    _, (reserved,) = sale(data, "sale", (CLOCK, 7), client_order_ref=ORDER, team_id=3)
    data.write("sale.order.line", reserved, x_shopify_line_id="61")
    of_order = {"sale_line_id": reserved, "origin": "S00001", "reserved": 7.0}
    move(data, CLOCK, NYC_STOCK, CUSTOMERS, 7, "assigned", **of_order)
    _, (part, late) = sale(data, "sale", (CLOCK, 11), (TABLE, 4))
    data.write("sale.order", 2, locked=True)
    more = {"origin": "S00002"}
    some = {"sale_line_id": part, "reserved": 4.0}
    move(data, CLOCK, NYC_STOCK, CUSTOMERS, 11, "partially_available", **some, **more)
    overdue = datetime.fromisoformat("2025-12-01 08:00:00")
    move(data, TABLE, NYC_STOCK, CUSTOMERS, 4, "waiting", sale_line_id=late, date=overdue, **more)
    # Picked already, on its way out: one step of two is done.
    final = {"location_final_id": CUSTOMERS} if data.version >= 18 else {}
    move(data, CLOCK, NYC_STOCK, NYC_OUTPUT, 2, "assigned", reserved=2.0, **final)
    if data.version < 18:
        move(data, CLOCK, NYC_OUTPUT, CUSTOMERS, 2, "waiting")
    move(data, CLOCK, NYC_OUTPUT, CUSTOMERS, 5, "assigned", reserved=5.0)
    move(data, CLOCK, NYC_STOCK, CUSTOMERS, 900, "draft")
    move(data, CLOCK, NYC_STOCK, CUSTOMERS, 900, "cancel")
    gone = {"product_id": CLOCK, "location_id": NYC_STOCK, "location_dest_id": CUSTOMERS}
    done = move(data, *gone.values(), 40, "done")
    data.add("stock.move.line", move_id=done, **gone, quantity=40.0, quantity_product_uom=40.0)
    # It was never there to promise.
    move(data, CLOCK, NYC_QUARANTINE, SUPPLIERS, 9, "assigned", reserved=9.0)
    sale(data, "draft", (CLOCK, 500))
    sale(data, "sent", (TABLE, 1), unit=DOZEN, validity_date="2026-03-31")
    _, (shipped,) = sale(data, "sale", (CLOCK, 3), client_order_ref=SHIPPED)
    data.write("sale.order.line", shipped, x_shopify_line_id="gid://shopify/LineItem/62")
    _, (off,) = sale(data, "cancel", (CLOCK, 6), client_order_ref="gid://shopify/Order/5003")
    data.write("sale.order.line", off, x_shopify_line_id="63")
    sale(data, "sale", (LAMP, 1), client_order_ref="4711")  # the customer's own number


def _transfers(data: OdooData) -> None:
    """Between warehouses at once, through transit, and into quarantine."""
    move(data, CLOCK, NYC_STOCK, EWR_STOCK, 10, "assigned", reference="NYC/INT/1", reserved=10.0)
    move(data, TABLE, NYC_STOCK, TRANSIT, 2, "assigned", reserved=2.0)
    move(data, TABLE, TRANSIT, EWR_STOCK, 2, "waiting")
    move(data, PLANK, NYC_STOCK, NYC_QUARANTINE, 3)


def _kit(data: OdooData) -> None:
    """A set of a table and a twelfth of a dozen clocks, and an archived bill."""
    for number, active, sequence in ((1, True, 1), (2, False, 0)):
        data.add(
            "mrp.bom",
            id=number,
            type="phantom",
            active=active,
            sequence=sequence,
            product_tmpl_id=SET + 100,
            product_qty=1.0,
            product_uom_id=UNIT,
        )
    for bom, part, quantity, unit in (
        (1, TABLE, 1.0, UNIT),
        (1, CLOCK, 0.5, DOZEN),
        (2, LAMP, 1.0, UNIT),
    ):
        data.add(
            "mrp.bom.line", bom_id=bom, product_id=part, product_qty=quantity, product_uom_id=unit
        )
    sale(data, "draft", (SET, 1), client_order_ref="gid://shopify/Order/5004")


def _production(data: OdooData) -> None:
    order = data.add("mrp.production", name="NYC/MO/1", state="confirmed")
    materials = {"raw_material_production_id": order, "reserved": 10.0}
    move(data, PLANK, NYC_STOCK, PRODUCTION, 16, "partially_available", **materials)
    move(data, TABLE, PRODUCTION, NYC_STOCK, 4, production_id=order)


def _purchases(data: OdooData) -> None:
    """One on time, one overdue, one that comes in two steps; and a return that may come."""
    line = data.add("purchase.order.line", product_qty=50.0)
    overdue = datetime.fromisoformat("2026-02-01 08:00:00")
    move(data, LAMP, SUPPLIERS, NYC_STOCK, 50, "assigned", purchase_line_id=line)
    move(data, PLANK, SUPPLIERS, NYC_STOCK, 70, purchase_line_id=line, date=overdue)
    final = {"location_final_id": EWR_STOCK} if data.version >= 18 else {}
    move(data, LAMP, SUPPLIERS, EWR_STOCK, 5, "assigned", purchase_line_id=line, **final)
    move(data, LAMP, CUSTOMERS, NYC_STOCK, 1)
