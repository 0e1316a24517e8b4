"""The furniture company in Tryton: products, three warehouses, and documents in every state.

Tryton's own Python runs this (``building.py``), with proteus, its client library: every document is
made and moved on as a person would do it, and nothing is written to tables by hand. Put here how
documents are made. Which ones is data (``books.py``), and what people do later ``office.py``.

    python fill.py trytond.conf DATABASE books.json state.json
"""

import json
import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from proteus import Model, config

Row = dict[str, Any]


class Company:
    """The company as it is being filled; ``state`` is what others need to know of its records."""

    def __init__(self, user: int, books: Row) -> None:
        self.today = date.today()  # noqa: DTZ011 - the day by which Tryton itself goes
        self.user = user
        self.books = books
        self.state: dict[str, Any] = {"today": self.today.isoformat()}
        self.products: dict[str, Any] = {}
        self.places: dict[str, Any] = {}

    def later(self, days: int) -> date:
        """So many days from today."""
        return self.today + timedelta(days=days)

    def fill(self) -> None:
        """Everything, in the order in which one needs the other."""
        self.found()
        self.lay_out()
        self.list_products()
        self.count_stock()
        self.meet_parties()
        self.state["sales"] = {row["name"]: self.sell(row) for row in self.books["sales"]}
        bought = self.books["purchases"]
        self.state["purchases"] = {row["name"]: self.buy(row) for row in bought}
        self.receive_a_part()
        self.write_parts_lists()
        made = self.books["productions"]
        self.state["productions"] = {row["name"]: self.make(row) for row in made}
        self.transfer()
        self.open_web_shops()

    def found(self) -> None:
        """The company, its books, and how one pays."""
        from trytond.modules.account.tests.tools import (
            create_chart,
            create_fiscalyear,
            get_accounts,
        )
        from trytond.modules.account_invoice.tests.tools import (
            create_payment_term,
            set_fiscalyear_invoice_sequences,
        )
        from trytond.modules.company.tests.tools import (
            create_company,
            get_company,
        )
        from trytond.modules.currency.tests.tools import (
            get_currency,
        )

        create_company(currency=get_currency("USD"))
        self.company = get_company()
        self.state["company"] = self.company.id
        create_chart()
        year = create_fiscalyear(today=(self.later(-40), self.later(120)))
        set_fiscalyear_invoice_sequences(year).click("create_period")
        self.accounts = get_accounts()
        self.payment_term = create_payment_term()
        self.payment_term.save()

    def lay_out(self) -> None:
        """Three warehouses; a bin within the storage of the first, and a quarantine outside it."""
        Location = Model.get("stock.location")
        (self.places["MAIN"],) = Location.find([("code", "=", "WH")])
        self.places["MAIN"].name = "Main"
        self.places["MAIN"].save()
        shared = {
            f"{kind}_location": Location.find([("type", "=", kind)], limit=1)[0]
            for kind in ("production", "lost_found")
        }
        for code in ("EAST", "WEST"):
            zones = {
                f"{zone}_location": _saved(
                    Location(name=f"{code} {zone}", code=f"{code}-{zone.upper()}", type="storage")
                )
                for zone in ("input", "output", "storage")
            }
            named = {"name": code.title(), "code": code, "type": "warehouse"}
            self.places[code] = _saved(Location(**named, **zones, **shared))
        main = self.places["MAIN"]
        for code, name, parent in (
            ("BIN", "Bin A", main.storage_location),
            ("QUAR", "Quarantine", main),
        ):
            inner = Location(name=name, code=code, type="storage", parent=parent)
            self.places[code] = _saved(inner)
        self.state["warehouses"] = {
            code: {"id": self.places[code].id}
            | {
                zone: getattr(self.places[code], f"{zone}_location").id
                for zone in ("storage", "input", "output", "production")
            }
            for code in ("MAIN", "EAST", "WEST")
        }

    def list_products(self) -> None:
        """Goods, and one kit of two of them."""
        Category, Template = Model.get("product.category"), Model.get("product.template")
        (unit,) = Model.get("product.uom").find([("name", "=", "Unit")])
        category = Category(name="Accounting", accounting=True)
        category.account_expense = self.accounts["expense"]
        category.account_revenue = self.accounts["revenue"]
        category.save()
        common = {"default_uom": unit, "salable": True, "account_category": category}
        for number, (code, name) in enumerate(self.books["names"].items(), start=11):
            template = Template(name=name, type="goods", list_price=Decimal(number), **common)
            template.purchasable, template.producible = True, code in self.books["made_of"]
            # Tryton heeds the shipping date of a sale only for products with a lead time.
            template.lead_time = timedelta(0)
            template.products[0].suffix_code = code
            template.products[0].cost_price = Decimal(5)
            self.products[code] = _first_product(template)
        code, parts = self.books["kit"]
        template = Template(name="Seating set", type="kit", list_price=Decimal(50), **common)
        template.products[0].suffix_code = code
        for part, units in parts.items():
            template.components.new(product=self.products[part], quantity=units)
        self.products[code] = _first_product(template)
        self.state["products"] = {code: product.id for code, product in self.products.items()}
        self.state["unit"] = unit.id

    def count_stock(self) -> None:
        """What lies where, by an inventory of ten days ago."""
        Inventory = Model.get("stock.inventory")
        for place, units in self.books["opening"].items():
            found = self.places[place]
            location = found.storage_location if found.type == "warehouse" else found
            count = Inventory(location=location, date=self.later(-10), empty_quantity="keep")
            for code, number in units.items():
                line = count.lines.new(product=self.products[code])
                line.quantity, line.expected_quantity = float(number), 0.0
            count.click("confirm")

    def meet_parties(self) -> None:
        """One who supplies, one who buys, and one who buys more than his credit allows."""
        Party = Model.get("party.party")
        self.parties = {}
        for name in ("Supplier", "Customer", "Limited customer"):
            party = Party(name=name)
            party.addresses[0].street, party.addresses[0].city = "1 Mill Road", "Springfield"
            self.parties[name] = _saved(party)
        limited = self.parties["Limited customer"]
        limited.credit_limit_amount = Decimal(50)
        limited.save()
        self.state["parties"] = {
            key: {"id": party.id, "address": party.addresses[0].id}
            for key, party in zip(("supplier", "customer", "limited"), self.parties.values(),
                                  strict=True)
        }  # fmt: skip

    def sell(self, sold: Row) -> int:
        """One sale with one line."""
        Sale = Model.get("sale.sale")
        sale = Sale(party=self.parties["Customer"], payment_term=self.payment_term)
        sale.warehouse = self.places[sold["warehouse"]]
        sale.invoice_method = sale.shipment_method = "order"
        if sold["ship_in_days"] is not None:
            sale.shipping_date = self.later(sold["ship_in_days"])
            sale.sale_date = min(self.today, sale.shipping_date)
        line = sale.lines.new()
        line.product, line.quantity = self.products[sold["code"]], float(sold["units"])
        sale.save()
        buttons = {"draft": (), "quotation": ("quote",), "cancelled": ("quote", "cancel")}
        for button in buttons.get(sold["state"], ("quote", "confirm")):
            sale.click(button)
        for button in sold["shipment"]:
            sale.reload()
            sale.shipments[0].click(button)
        return int(sale.id)

    def buy(self, bought: Row) -> int:
        """One purchase with one line."""
        Purchase = Model.get("purchase.purchase")
        purchase = Purchase(party=self.parties["Supplier"], payment_term=self.payment_term)
        purchase.warehouse, purchase.invoice_method = self.places["MAIN"], "order"
        line = purchase.lines.new()
        line.product, line.quantity = self.products[bought["code"]], float(bought["units"])
        line.unit_price = Decimal("5.0000")
        purchase.save()
        (line,) = purchase.lines
        line.delivery_date_edit = True
        days = bought["due_in_days"]
        line.delivery_date_store = None if days is None else self.later(days)
        purchase.save()
        buttons = {"draft": (), "quotation": ("quote",)}
        for button in buttons.get(bought["state"], ("quote", "confirm")):
            purchase.click(button)
        return int(purchase.id)

    def receive_a_part(self) -> None:
        """Some of the last purchase has come."""
        purchase = Model.get("purchase.purchase")(
            self.state["purchases"][self.books["purchases"][-1]["name"]]
        )
        receipt = Model.get("stock.shipment.in")(supplier=self.parties["Supplier"])
        receipt.warehouse = self.places["MAIN"]
        move = Model.get("stock.move")(purchase.moves[0].id)
        move.quantity = float(self.books["received_units"])
        receipt.incoming_moves.append(move)
        receipt.click("receive")

    def write_parts_lists(self) -> None:
        """What the products that are made are made of."""
        self.lists = {}
        for code, (part, units) in self.books["made_of"].items():
            bom = Model.get("production.bom")(name=f"{code} of {part}")
            bom.inputs.new(product=self.products[part], quantity=float(units))
            bom.outputs.new(product=self.products[code], quantity=1.0)
            self.lists[code] = _saved(bom)
            self.products[code].boms.new(bom=bom)
            self.products[code].save()

    def make(self, made: Row) -> int:
        """One production."""
        production = Model.get("production")(warehouse=self.places["MAIN"])
        production.product, production.bom = self.products["SKU-18"], self.lists["SKU-18"]
        production.quantity = float(made["units"])
        production.planned_date = production.planned_start_date = self.later(made["due_in_days"])
        production.save()
        for step in made["steps"]:
            production.click(step)
        return int(production.id)

    def transfer(self) -> None:
        """Ten of SKU-08 leave for the East in four days."""
        due = self.later(4)
        shipment = Model.get("stock.shipment.internal")()
        shipment.planned_date = shipment.planned_start_date = due
        shipment.from_location = self.places["MAIN"].storage_location
        shipment.to_location = self.places["EAST"].storage_location
        move = shipment.moves.new(product=self.products["SKU-08"], quantity=10.0)
        move.from_location, move.to_location = shipment.from_location, shipment.to_location
        shipment.save()
        shipment.click("wait")
        self.state["internal"] = shipment.id

    def open_web_shops(self) -> None:
        """The shops that online orders are filed under, and the key for the REST API."""
        Shop, Application = Model.get("web.shop"), Model.get("res.user.application")
        Location, Product = Model.get("stock.location"), Model.get("product.product")
        self.state["shops"] = {}
        for name in self.books["web_shops"]:
            shop = Shop(name=name, company=self.company, currency=self.company.currency)
            for code in ("MAIN", "EAST"):
                shop.warehouses.append(Location(self.places[code].id))
            for product in self.products.values():
                shop.products.append(Product(product.id))
            self.state["shops"][name] = _saved(shop).id
        self.state["currency"] = self.company.currency.id
        application = Application(user=Model.get("res.user")(self.user), application="rest")
        self.state["rest_key"] = Application(_saved(application).id).key


def _saved(record: Any) -> Any:
    record.save()
    return record


def _first_product(template: Any) -> Any:
    return Model.get("product.product")(_saved(template).products[0].id)


def main() -> None:
    """Fill the database that ``trytond-admin`` has prepared."""
    configuration, database, books, target = sys.argv[1:]
    client = config.set_trytond(database=database, config_file=configuration)
    company = Company(client.user, json.loads(Path(books).read_text(encoding="utf-8")))
    company.fill()
    Path(target).write_text(json.dumps(company.state, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
