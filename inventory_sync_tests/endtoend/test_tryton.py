"""The whole product on a real Tryton: people act by Tryton's own API, and the stores follow.

What the stores must show is worked out from what Tryton itself says, by the plain readings of
``sandbox/tryton/figures.py`` and ``truth.py``. That the rows of the connector are right by
themselves is the matter of ``erp/test_tryton.py``.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from inventory_sync.domain.atp import available_to_promise
from inventory_sync.domain.calendar import LocalToday
from inventory_sync.domain.dated_rows import ProjectionRules
from inventory_sync.domain.projection import curves, project
from inventory_sync.domain.quarantine import judge
from inventory_sync.domain.webhooks import TOPICS, Hint
from inventory_sync.erp.api import ApiErp
from inventory_sync.erp.tryton import TrytonRules, connect
from inventory_sync.erp.tryton_client import day as as_day
from inventory_sync.flow.full_pass import full_pass
from inventory_sync.flow.parts import Parts
from inventory_sync.flow.publish import Wishes
from inventory_sync.sandbox import tryton
from inventory_sync.sandbox.company.demo_orders import SHOP_OF_STORE
from inventory_sync.sandbox.office import Line
from inventory_sync.sandbox.standin import Shop, Wanted, place_order, running
from inventory_sync.sandbox.standin.orders import Order
from inventory_sync.sandbox.tryton.building import DATABASE, CannotBuild, build
from inventory_sync.sandbox.tryton.office import TrytonOffice
from inventory_sync.sandbox.tryton.server import free_port, serving
from inventory_sync.sandbox.tryton.shops import shops as tryton_shops
from inventory_sync.settings import load_settings
from inventory_sync.wiring import Databases, open_parts
from inventory_sync_tests.conftest import fresh_database
from inventory_sync_tests.crash.worker import do_not_wait, work_until_quiet
from inventory_sync_tests.endtoend.stage import quick
from inventory_sync_tests.endtoend.truth import Books, should_show_by, shown, wrong

pytestmark = pytest.mark.xdist_group("tryton")

SETTINGS = Path(tryton.__file__).parent / "inventory_sync.yaml"
ORIGINS = ("http://127.0.0.1:8791", "http://127.0.0.1:8790")


@dataclass(frozen=True)
class Play:
    """A Tryton with its people, the shops, and the product between them."""

    office: TrytonOffice
    shops: dict[str, Shop]
    settings_file: Path
    parts: Parts
    erp_url: str
    key: str
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def sell_online(self, store: str, sku: str, units: int, location_id: int) -> Order:
        """Somebody buys in a shop, which tells us."""
        order = place_order(self.shops[store], [Wanted(sku, units, location_id)])
        self.tell(store, "orders/create", order)
        return order

    def tell(self, store: str, topic: str, order: Order) -> None:
        """A webhook arrives."""
        now, number = self.parts.now(), next(self._numbers)
        names = {"webhook_id": f"webhook-{number}", "event_id": None, "digest": f"digest-{number}"}
        hint = Hint(store=store, topic=topic, subject=TOPICS[topic], ids=(order.gid,),
                    triggered_at=now, received_at=now, told_units=None, **names)  # fmt: skip
        self.parts.ledger.receive([hint])

    def books(self) -> Books:
        """What Tryton says of stock, promises and web orders."""
        figures = self.office.figures
        skus = {product: sku for sku, product in figures.products.items()}
        goods = figures.products.values() - figures.parts.keys()
        stock = [
            {"sku": skus[product], "location": place, "physical": Decimal(units), "unavailable": 0}
            for (product, place), units in figures.stored(goods).items()
        ]
        promised = [
            {"sku": skus[product], "location": place, "quantity": Decimal(units),
             "expires_at": None}
            for (product, place), units, _ in figures.promised(goods)
        ]  # fmt: skip
        parts = [
            {"kit_sku": skus[kit], "component_sku": skus[part], "quantity": Decimal(units)}
            for kit, of in figures.parts.items()
            for part, units in of.items()
        ]
        web = [["sale.web_id", "like", "gid:%"], ["sale.state", "!=", "draft"]]
        lines = self.office.rest.read("sale.line", web, ["quantity", "sale.web_id", "sale.state"])
        known = [
            {"external_line_id": line["sale."]["web_id"].partition(" ")[2],
             "quantity": Decimal(str(line["quantity"]))}
            for line in lines
        ]  # fmt: skip
        products = [{"sku": sku, "tracked": True} for sku in figures.products]
        return Books(products, parts, stock, promised, known)

    def planned(self, sku: str) -> dict[date, int]:
        """Tryton's own plan of the first warehouse, all its zones."""
        context = {
            "product": self.office.figures.products[sku],
            "warehouse": self.office.figures.warehouses["WH"]["id"],
            "company": self.office.figures.state["company"],
        }
        plan = "stock.product_quantities_warehouse"
        rows = self.office.rest.read(plan, [], ["date", "quantity"], context)
        return {as_day(row["date"]): int(row["quantity"]) for row in rows}

    def quoted(self, sku: str) -> int:
        """What quotations of the first warehouse hold."""
        mine = [["product.code", "=", sku], ["sale.state", "=", "quotation"]]
        mine += [["sale.warehouse.code", "=", "WH"]]
        return sum(
            int(r["quantity"]) for r in self.office.rest.read("sale.line", mine, ["quantity"])
        )

    def stores_are_right(self) -> bool:
        """Whether every level of every store shows what follows; after all work is done."""
        work_until_quiet(self.parts)
        allowed = should_show_by(self.books(), self.settings_file, self.shops)
        assert len(allowed) == 84
        assert wrong(shown(self.shops), allowed) == {}
        return True


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory, postgres_server_uri: str) -> Iterator[Play]:
    folder = tmp_path_factory.mktemp("play")
    with ExitStack() as stack:
        try:
            built = build()
            origin = stack.enter_context(serving(built, folder, port=free_port()))
        except CannotBuild as reason:
            pytest.skip(f"There is no real Tryton here: {reason}")
        do_not_wait(stack.enter_context(pytest.MonkeyPatch.context()).setattr)
        stand_in = stack.enter_context(running(tryton_shops(), clock=quick))
        file = folder / "inventory_sync.yaml"
        text = SETTINGS.read_text()
        for before, after in zip(ORIGINS, (origin, stand_in.url), strict=True):
            text = text.replace(before, after)
        file.write_text(text)
        (folder / "tryton_key").write_text(built.state["rest_key"])
        url = next(databases := fresh_database(postgres_server_uri))
        stack.callback(next, databases, None)
        parts = stack.enter_context(open_parts(load_settings(file), Databases(folder, url)))
        erp, today = f"{origin}/{DATABASE}", datetime.now(UTC).date()
        office = TrytonOffice(erp, built.state, today=today)
        stack.callback(office.close)
        shops = {store: stand_in.shops[handle] for store, handle in SHOP_OF_STORE.items()}
        work_until_quiet(parts)  # the lanes hear from here on
        assert full_pass(parts, Wishes()).good
        yield Play(office, shops, file, parts, erp, built.state["rest_key"])


def test_what_can_be_promised_on_a_day_is_the_least_that_tryton_plans_from_then_on(
    play: Play,
) -> None:
    office = play.office
    face = connect(play.erp_url, play.key, TrytonRules(stock_of="warehouse"))
    erp = ApiErp(face)
    judged = judge(erp.snapshot(), play.parts.rules)
    erp.close()
    # Tryton lets go on a day what comes on it, and counts on productions that are drafts.
    rules = ProjectionRules(same_day="supply_first", count_unconfirmed=True)
    now = play.parts.now()
    atp = available_to_promise(judged, judged.snapshot.taken_at)
    steps = project(atp, judged.snapshot, LocalToday(now, {}), rules).steps
    ours = curves(steps[steps["location"] == "WH"])
    compared = 0
    for sku in sorted(office.figures.products.keys() - {"KIT-01"}):
        planned = play.planned(sku)
        held = play.quoted(sku)  # Tryton plans nothing for a quotation
        for day in (day for day in planned if day >= now.date()):
            least = min(units for later, units in planned.items() if later >= day) - held
            curve = ours[sku, "WH"]
            promised = max(u for d, u in zip(curve.days, curve.micros, strict=True) if d <= day)
            assert promised == least * 1_000_000, (sku, day)
            compared += 1
    assert compared > 20


def test_the_stores_show_what_the_company_can_promise(play: Play) -> None:
    assert play.stores_are_right()


def test_the_stores_follow_what_people_do_in_tryton(play: Play) -> None:
    office = play.office
    held = office.place_offline_order([Line("SKU-03", "WH", 30)])
    office.hold_order(held)
    assert play.stores_are_right(), "a quotation that waits for credit keeps its stock"
    sold = office.place_offline_order([Line("SKU-04", "EAST", 9)])
    office.confirm_order(sold)
    bought = office.order_purchase("WEST", {"SKU-16": 20})
    made = office.order_production("WH", "SKU-19", 6)
    moved = office.request_transfer("WH", "EAST", {"SKU-11": 40})
    assert play.stores_are_right(), "what is sold, used up or leaves is promised away"
    office.cancel_hold(held)
    office.ship_order(sold)
    office.receive_purchase(bought)
    office.complete_production(made)
    office.ship_transfer(moved)
    assert play.stores_are_right(), "what is there is offered, and what is on the road is not"
    office.receive_transfer(moved)
    assert play.stores_are_right()

    free = {sku: office.free_units(sku) for sku in ("SKU-03", "SKU-04", "SKU-11", "SKU-19")}
    assert free["SKU-03"]["WH"] == 85
    assert free["SKU-04"]["EAST"] == 11
    assert free["SKU-11"] == {"WH": 60, "EAST": 40, "WEST": 0}
    assert free["SKU-19"]["WH"] == 6


def test_an_online_order_is_deducted_once_from_its_sale_to_its_shipment(play: Play) -> None:
    office = play.office
    before = office.free_units("SKU-05")["WH"]
    order = play.sell_online("b2c-us", "SKU-05", 7, 2001)
    kit = play.sell_online("b2b-us", "KIT-01", 2, 1001)
    assert play.stores_are_right(), "Tryton does not know the orders: they are in flight"
    numbers = {
        each.gid: office.import_web_order(
            each.gid,
            [Line(line.sku or "", "WH", line.current_quantity, line.gid) for line in each.lines],
            channel=store,
        )
        for store, each in (("b2c-us", order), ("b2b-us", kit))
    }
    assert play.stores_are_right(), "now Tryton deducts them, and we no more"
    assert office.free_units("SKU-05")["WH"] == before - 7
    office.change_quantity(numbers[order.gid], 1, 5)
    assert play.stores_are_right(), "Shopify still has two that Tryton took off"
    office.ship_order(numbers[order.gid])
    office.cancel_order(numbers[kit.gid])
    assert play.stores_are_right()
