"""The connector ``tryton`` on a real Tryton 8.0: its figures, its changes, and what we write."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from typer.testing import CliRunner

from inventory_sync.bench.erp import measure
from inventory_sync.cli.app import app
from inventory_sync.domain.errors import ContractBroken, ErpUnavailable, NeedsDecision
from inventory_sync.domain.imports import LANDS_WITHIN
from inventory_sync.erp import tryton_client
from inventory_sync.erp.api import ApiErp
from inventory_sync.erp.api_rows import OwnFigures
from inventory_sync.erp.tryton import Tryton, TrytonRules, connect
from inventory_sync.erp.tryton_client import as_day
from inventory_sync.settings import load_settings
from inventory_sync.wiring import Databases, erp_source
from inventory_sync_tests.erp.extract_contract import told
from inventory_sync_tests.erp.live_contract import (
    ApiImportContract,
    LiveErpContract,
    WriteBackContract,
)
from inventory_sync_tests.erp.tryton_office import Office, acts
from inventory_sync_tests.erp.tryton_server import CannotBuild, TrytonServer, running
from inventory_sync_tests.flow.test_imports import GRACE, LINE, ORDER, Play
from inventory_sync_tests.settings.samples import ENVIRONMENT, MINIMAL

pytestmark = pytest.mark.xdist_group("tryton")

WRITES = TrytonRules(web_shop="Shop", customer="Customer")
WHOLE = TrytonRules(stock_of="warehouse", unavailable=("QUAR",))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonServer]:
    try:
        with running(tmp_path_factory.mktemp("tryton")) as server:
            yield server
    except CannotBuild as reason:
        pytest.skip(f"There is no real Tryton here: {reason}")


@pytest.fixture(scope="module")
def office(server: TrytonServer) -> Office:
    """The seeded company, only to be read."""
    return Office(server, server.erp, WHOLE)


@pytest.fixture
def own(server: TrytonServer) -> Iterator[Office]:
    """A fresh copy of it that may be changed."""
    office = Office(server, server.own(), WHOLE)
    yield office
    office.erp.close()


def atp(erp: ApiErp) -> dict[tuple[str, str], int]:
    """ATP by the formula of the design, where it is not 0."""
    snapshot = erp.snapshot()
    stock = snapshot.stock.assign(units=lambda f: f.physical_micros - f.unavailable_micros)
    demand = snapshot.commitments.assign(units=lambda f: -f.quantity_micros)
    rows = pd.concat([frame[["sku", "location", "units"]].astype({"sku": str, "location": str})
                      for frame in (stock, demand)])  # fmt: skip
    sums = rows.groupby(["sku", "location"]).units.sum() // 1_000_000
    return {key: int(units) for key, units in sums.items() if units}


def of_main(values: dict[tuple[str, str], int]) -> dict[str, int]:
    return {sku: units for (sku, place), units in values.items() if place == "WH"}


# --- figures ---


def shelves(erp: ApiErp, column: str) -> dict[str, int]:
    """What three SKUs and what belongs to them have on MAIN's shelves."""
    stock = erp.snapshot({"SKU-01", "SKU-03", "SKU-14"}).stock
    main = stock[stock.location == "WH"]
    return dict(zip(main.sku, main[f"{column}_micros"] // 10**6, strict=True))


def test_physical_is_the_zone_that_is_chosen_and_quarantine_is_unavailable(office, server):
    whole = {"SKU-01": 116, "SKU-02": 100, "SKU-03": 100, "SKU-14": 140}
    assert shelves(office.erp, "physical") == whole
    assert shelves(office.erp, "unavailable") == {sku: 9 * (sku == "SKU-01") for sku in whole}
    zone = Office(server, server.erp, TrytonRules()).erp
    stored = {"SKU-01": 107, "SKU-02": 100, "SKU-03": 85, "SKU-14": 100}
    assert shelves(zone, "physical") == stored
    assert shelves(zone, "unavailable") == dict.fromkeys(stored, 0)


BELOW_WHAT_TRYTON_SENDS = {
    "SKU-01": 12 + 9,  # a quotation that waits for credit; quarantine inside the warehouse
    "SKU-06": 18,  # confirmed for a later day
    "SKU-08": 10,  # a transfer that leaves in four days
    "SKU-12": 90,  # a purchase that is due today and not there
    "SKU-15": 4 + 2,  # productions that are not assigned yet
}


def test_atp_is_what_tryton_sends_to_shopify_less_what_it_forgets(office):
    today = datetime.now(UTC).date()
    goods = [["template.type", "=", "goods"]]
    sent = {}
    for name, place in (("WH", "MAIN"), ("EAST", "EAST"), ("WEST", "WEST")):
        context = {
            "company": office.state["company"],
            "locations": [office.state["warehouses"][place]["id"]],
            "with_childs": True,
            "stock_date_end": as_day(today),
            "stock_assign": True,
        }
        rows = office.rest.page("product.product", goods, ["code", "forecast_quantity"], context)
        sent |= {(row["code"], name): int(row["forecast_quantity"]) for row in rows}
    ours = atp(office.erp)
    assert len(sent) == 60
    assert {key: sent[key] - ours.get(key, 0) for key in sent if sent[key] != ours.get(key, 0)} == {
        (sku, "WH"): units for sku, units in BELOW_WHAT_TRYTON_SENDS.items()
    }
    assert of_main(ours)["SKU-03"] == 85
    assert ours["SKU-16", "WEST"] == -5


@pytest.mark.parametrize("stock_of", ["warehouse", "storage"])
def test_every_day_to_come_is_as_tryton_plans_it_move_by_move(server, office, stock_of):
    today = datetime.now(UTC).date()
    rules = TrytonRules(stock_of=stock_of)
    assigned = office.rest.rows("stock.move", [["state", "=", "assigned"]], ["state"])
    at_once = {f"stock.move,{move['id']}" for move in assigned}
    ours = planned_by_us(Office(server, server.erp, rules).erp, today, stock_of, at_once)
    compared = 0
    for sku, product in office.state["products"].items():
        if sku == "KIT-01" or (stock_of, sku) == ("storage", "SKU-14"):
            continue
        context = {
            "company": office.state["company"],
            "product": product,
            "warehouse": office.state["warehouses"]["MAIN"]["id"],
            "stock_skip_warehouse": stock_of == "storage",
        }
        rows = office.rest.page(
            "stock.product_quantities_warehouse", [], ["date", "quantity"], context
        )
        planned = {tryton_client.day(row["date"]): int(row["quantity"]) for row in rows}
        for on in (day for day in planned if day >= today):
            known = sum(units for due, units in ours[sku].items() if due <= on)
            assert known == planned[on], (sku, on)
            compared += 1
    assert compared > 20


def planned_by_us(
    erp: ApiErp, today: date, stock_of: str, at_once: set[str]
) -> dict[str, dict[date, int]]:
    """Stock of MAIN and what comes and goes, by SKU and day.

    Without what differs on purpose: a quotation is no move in Tryton yet, what is overdue or
    undated has no day there, and a purchase does not reach its storage zone before it is received.
    To Tryton, what is assigned (``at_once``) leaves today.
    """
    snapshot = erp.snapshot()
    known: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for row in snapshot.stock[snapshot.stock.location == "WH"].itertuples():
        known[row.sku][today] += row.physical_micros // 10**6
    for rows, sign in ((snapshot.commitments, -1), (snapshot.supply, 1)):
        for row in rows[(rows.location == "WH") & (rows.kind != "hold")].itertuples():
            due = None if pd.isna(row.due_date) else row.due_date.date()
            due = today if row[1] in at_once else due  # its id
            is_bought = stock_of == "storage" and row.kind == "purchase"
            if due is not None and due >= today and not is_bought:
                known[row.sku][due] += sign * (row.quantity_micros // 10**6)
    return known


def test_supply_keeps_what_is_overdue_and_both_ends_of_a_transfer(office):
    supply = office.erp.snapshot().supply.astype({"sku": str, "location": str, "kind": str})
    told_of = {
        (row.sku, row.location, row.kind): (row.quantity_micros // 10**6, row.confirmed)
        for row in supply.itertuples()
        if row.sku in {"SKU-08", "SKU-10", "SKU-12", "SKU-14"}
    }
    assert told_of == {
        ("SKU-08", "EAST", "transfer"): (10, True),
        ("SKU-10", "WH", "purchase"): (70, True),
        ("SKU-12", "WH", "purchase"): (90, True),
        ("SKU-14", "WH", "purchase"): (60, True),
    }
    overdue = supply[supply.sku == "SKU-10"].due_date.iloc[0]
    assert overdue.date() == datetime.now(UTC).date() - timedelta(days=4)
    made = supply[supply.sku == "SKU-18"]
    assert made.groupby("confirmed").quantity_micros.sum().to_dict() == {
        False: 1_000_000,  # a draft is a plan
        True: 9_000_000,
    }


def test_a_kit_is_its_parts_and_its_orders_take_them(office):
    extract = office.erp.extract({"KIT-01"}, ())
    parts = {(row.component_sku, int(row.quantity)) for row in extract.components}
    assert parts == {("SKU-01", 2), ("SKU-02", 1)}
    mine = [row for row in extract.commitments if row.order_id == "sale.sale,11"]
    assert {(row.sku, int(row.quantity)) for row in mine} == {("SKU-01", 6), ("SKU-02", 3)}


def test_drafts_commit_nothing_unless_they_shall(server, office):
    assert not [r for r in office.erp.extract({"SKU-01"}, ()).commitments if r.kind == "pending"]
    pending = Office(server, server.erp, TrytonRules(drafts="pending")).erp
    rows = [r for r in pending.extract({"SKU-01"}, ()).commitments if r.kind == "pending"]
    assert [(int(row.quantity), row.order_id) for row in rows] == [(11, "sale.sale,1")]


# --- the contract of every ERP ---


class TestTrytonKeepsTheContract(LiveErpContract):
    few = ({"SKU-06"}, {"SKU-02"}, {"KIT-01", "SKU-08"}, {"NO-SUCH-SKU"})

    @pytest.fixture
    def source(self, office):
        return office.erp

    @pytest.fixture
    def busy(self, server):
        own = Office(server, server.own(), TrytonRules())
        return own.erp, acts(own)


class TestTrytonTakesReservations(WriteBackContract):
    sku, location = "SKU-09", "EAST"

    @pytest.fixture
    def office(self, server):
        return Office(server, server.own(), WRITES)

    @pytest.fixture
    def writable(self, office):
        return office.erp

    @pytest.fixture
    def written(self, office):
        def states(request):
            rows = office.rest.rows("sale.sale", [["web_id", "!=", None]], ["state", "web_id"])
            return [row["state"] for row in rows if request.external_line_id in row["web_id"]]

        return states


class TestTrytonTakesOrders(ApiImportContract):
    """Here a confirmed sale is processed at once, and belongs to people from then on."""

    sku, location, follows = "SKU-09", "EAST", False

    @pytest.fixture
    def writable(self, server):
        return Office(server, server.own(), WRITES).erp


# --- traps ---


def test_an_order_whose_day_has_passed_is_forgotten_by_tryton_and_not_by_us(own):
    before = of_main(atp(own.erp))["SKU-01"]
    shipment = own.shipment("processing_waiting")
    past = as_day(datetime.now(UTC).date() - timedelta(days=2))
    own.rest.write("stock.shipment.out", shipment, {"planned_date": past})
    context = {
        "company": own.state["company"],
        "locations": [own.state["warehouses"]["MAIN"]["id"]],
        "with_childs": True,
        "stock_date_end": as_day(datetime.now(UTC).date()),
        "stock_assign": True,
    }
    only = [["code", "=", "SKU-01"]]
    (row,) = own.rest.page("product.product", only, ["forecast_quantity"], context)
    assert int(row["forecast_quantity"]) == 110  # it was 97
    assert of_main(atp(own.erp))["SKU-01"] == before


def test_a_day_that_comes_or_passes_is_an_event_though_nothing_was_written(server, own):
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    later = Tryton(own.rest.client, WHOLE, clock=lambda: tomorrow + timedelta(days=4))
    since = datetime.now(UTC) + timedelta(seconds=1)
    due = [change for change in later.changes(since) if change.sku == "SKU-09"]
    assert [change.kind for change in due] == ["supply_changed"]
    assert due[0].changed_at.date() == (datetime.now(UTC) + timedelta(days=5)).date()


def test_a_move_is_a_change_whether_or_not_it_was_ever_written_to(office):
    told_of = {change.key for change in office.face.changes(datetime(2020, 1, 1, tzinfo=UTC))}
    fresh = office.rest.ids("stock.move", [["write_date", "=", None]])
    assert fresh
    assert {f"stock.move,{n}" for n in office.rest.ids("stock.move", [])} <= told_of


def test_one_sku_takes_few_calls_and_no_more_when_there_is_much_else(office, monkeypatch):
    calls: list[str] = []
    real = office.rest.client.post

    def counted(path, *given, **named):
        calls.append(path)
        return real(path, *given, **named)

    office.erp.extract({"SKU-06"}, ())
    monkeypatch.setattr(office.rest.client, "post", counted)
    office.erp.extract({"SKU-06"}, {"gid://shopify/Order/1"}, dated=True)
    assert len(calls) <= 20
    # A sale that is processed between these two calls is counted twice, not never.
    moves = calls.index("rest/model/stock.move/search_read")
    stock = [at for at, path in enumerate(calls) if path.endswith("product.product/search_read")]
    lines = [at for at, path in enumerate(calls) if path.endswith("sale.line/search_read")]
    assert lines[1] < moves < stock[-1]  # the first is about acknowledgements
    assert not [path for path in calls if path.endswith("/search")]


def test_pages_hold_what_one_answer_would_hold(server, office, monkeypatch):
    whole = told(office.erp.extract({"KIT-01", "SKU-15"}, ()))
    events = office.erp.events(0)
    rows = office.erp.snapshot()
    monkeypatch.setattr(tryton_client, "PAGE_ROWS", 3)
    monkeypatch.setattr("inventory_sync.erp.tryton_supply.PAGE_ROWS", 3)
    assert told(office.erp.extract({"KIT-01", "SKU-15"}, ())) == whole
    assert office.erp.events(0) == events
    paged = office.erp.snapshot()
    for name in ("products", "components", "commitments", "supply"):
        pd.testing.assert_frame_equal(getattr(paged, name), getattr(rows, name))
    assert len(paged.stock) == len(rows.stock)


def test_a_wrong_key_and_a_wrong_name_are_one_sentence_each(server):
    with pytest.raises(ErpUnavailable, match="does not accept the key") as told_of:
        ApiErp(connect(server.erp, "canary-7f3a", WHOLE)).snapshot()
    assert "canary" not in str(told_of.value)
    for rules, about in (
        (TrytonRules(unavailable=("NOWHERE",)), "NOWHERE"),
        (TrytonRules(company="Nobody"), r"erp\.company"),
    ):
        with pytest.raises(ContractBroken, match=about):
            ApiErp(connect(server.erp, server.key, rules)).snapshot()


def test_doctor_hears_what_is_missing(server, office):
    assert office.erp.check() == []
    (problem,) = ApiErp(
        connect(server.erp, server.key, TrytonRules(web_shop="Shop", customer="Nobody"))
    ).check()
    assert "erp.customer" in problem


def test_nothing_is_written_unless_it_shall_be(office):
    asked = TestTrytonTakesReservations().asked("R-1", "reserve")
    with pytest.raises(ContractBroken, match=r"erp\.write_back"):
        office.erp.request([asked])
    office.erp.request([])


def test_what_is_shipped_already_is_not_released_and_says_so(server):
    office = Office(server, server.own(), WRITES)
    asked = TestTrytonTakesReservations().asked
    office.erp.request([asked("R-1", "confirm")])
    for refused in (asked("R-1", "release"), asked("R-2", "reserve", 6)):
        with pytest.raises(ContractBroken, match=r"is processing and cannot be .*\.$"):
            office.erp.request([refused])


def test_a_request_that_is_repeated_does_not_undo_what_people_did(server):
    office = Office(server, server.own(), WRITES)
    suite = TestTrytonTakesReservations()
    office.erp.request([suite.asked("R-1", "reserve")])
    (sale,) = office.rest.ids("sale.sale", [["web_id", "!=", None]])
    office.rest.click("sale.sale", sale, "cancel")
    office.erp.request([suite.asked("R-1", "reserve")])
    assert suite.held(office.erp) == {}
    with pytest.raises(ContractBroken, match="is cancelled and cannot be confirmed"):
        office.erp.request([suite.asked("R-1", "confirm")])


class Orders(ApiImportContract):
    sku, location, order, line = "SKU-09", "EAST", ORDER, LINE


def test_an_order_whose_import_died_half_way_is_one_sale_and_no_step_gives_a_unit_back(
    server, monkeypatch
):
    office, suite = Office(server, server.own(), WRITES), Orders()
    play = Play(erp=office.erp, places=("EAST",))
    play.sell(3, sku="SKU-09")
    deducted: list[int] = []
    click = office.rest.click

    def look() -> None:
        held, acknowledged = suite.known(office.erp)
        deducted.append(sum(units for _, units in held) + 3 - sum(acknowledged))

    def watched(model, number, button):
        look()
        click(model, number, button)
        look()
        if button == "quote":
            raise ErpUnavailable("The answer is lost.")

    monkeypatch.setattr(office.rest, "click", watched)
    for wait, known, state in (
        (GRACE, ([("hold", 3)], [3]), "asked"),
        (LANDS_WITHIN, ([("order", 3)], [3]), "answered"),
        (GRACE, ([("order", 3)], [3]), "done"),
    ):
        play.later(wait)
        play.visit()
        assert suite.known(office.erp) == known
        assert [each for each, _ in play.states()] == [state]
    assert deducted == [3] * 4
    (sale,) = office.rest.rows("sale.sale", [["web_id", "!=", None]], ["reference"])
    assert sale["reference"] == ORDER


def test_a_change_that_died_as_a_draft_is_finished_by_the_next_try(server, monkeypatch):
    office, suite = Office(server, server.own(), WRITES), Orders()
    office.erp.request([replace(suite.asked(1, 3), action="reserve")])
    click = office.rest.click

    def dies(model, number, button):
        click(model, number, button)
        raise ErpUnavailable("The answer is lost.")

    monkeypatch.setattr(office.rest, "click", dies)
    with pytest.raises(ErpUnavailable):
        office.erp.request([suite.asked(2, 5)])
    monkeypatch.undo()
    assert suite.known(office.erp) == ([], [])  # it is deducted by us alone
    office.erp.request([replace(suite.asked(2, 5), is_change=True)])
    assert suite.known(office.erp) == ([("order", 5)], [5])


def test_a_sale_that_is_not_processed_follows_the_shop_and_anothers_is_not_doubled(server):
    office, suite = Office(server, server.own(), WRITES), Orders()
    office.erp.request([suite.asked(1, 3)])
    (sale,) = office.rest.ids("sale.sale", [["web_id", "!=", None]])
    with pytest.raises(NeedsDecision, match="is processing for 3 and shall be for 2"):
        office.erp.request([suite.asked(2, 2)])
    # Quotations, as a credit limit leaves them behind.
    for name, units, state in (("91", 5, "processing"), ("92", 0, "cancelled")):
        line = f"{suite.line}{name}"
        held = suite.asked(1, 3, external_line_id=line)
        office.erp.request([replace(held, action="reserve")])
        for version in (2, 3):
            office.erp.request([suite.asked(version, units, external_line_id=line)])
        domain = [["web_id", "like", f"%{line}"]]
        (mine,) = office.rest.rows("sale.sale", domain, ["state", "lines.quantity"])
        assert (mine["state"], mine["lines."][0]["quantity"]) == (state, units or 3)
    number = suite.order.rpartition("/")[2]
    office.rest.write("sale.sale", sale, {"web_id": number})
    with pytest.raises(NeedsDecision, match=f"has the web ID {number} of this order already"):
        office.erp.request([suite.asked(5, 3)])


def test_the_settings_lead_to_the_server(server, tmp_path):
    tryton = (
        f"connector: tryton, url: '{server.erp}', api_key: '${{TRYTON_KEY}}',"
        " stock_of: warehouse, unavailable_locations: [QUAR]"
    )
    file = tmp_path / "inventory_sync.yaml"
    file.write_text(MINIMAL.replace("url: '${ERP_URL}'", tryton))
    settings = load_settings(file, {**ENVIRONMENT, "TRYTON_KEY": server.key})
    told_of: list[str] = []
    with erp_source(settings, Databases(tmp_path, None), tell=told_of.append) as erp:
        assert shelves(erp, "unavailable")["SKU-01"] == 9
        assert len(erp.snapshot().products) == 21
    assert "ERP: 21 rows of products are read" in told_of


def test_bench_erp_lays_trytons_own_figures_beside_ours(server, office, tmp_path, monkeypatch):
    file = tmp_path / "inventory_sync.yaml"
    tryton = f"connector: tryton, url: '{server.erp}', api_key: '{server.key}'"
    file.write_text(MINIMAL.replace("url: '${ERP_URL}'", tryton))
    for name, value in {**ENVIRONMENT, "INVENTORY_SYNC_CONFIG": str(file)}.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(app, ["bench", "erp", "--json", "--sku", "SKU-06"])
    assert done.exit_code == 0, done.output
    told_of = json.loads(done.stdout)
    load, _, one, _, own = told_of["rows"]
    assert (load["skus"], own["rows"], one["skus"]) == (21, 60, 1)
    assert 0 < one["calls"] <= 20
    beside = told_of["comparison"]
    assert (beside["compared"], beside["equal"], beside["unexplained"]) == (60, 55, [])
    assert {(each["cause"].split()[3], each["units"]) for each in beside["differences"]} == {
        ("hold", 12), ("order", 18), ("transfer", 10), ("work", 6), ("purchase", 40)
    }  # fmt: skip


def test_every_difference_is_explained_or_named(server, own):
    past = as_day(datetime.now(UTC).date() - timedelta(days=2))
    for sale in ("partial", "processing_waiting"):
        own.rest.write("stock.shipment.out", own.shipment(sale), {"planned_date": past})
    storage = Office(server, own.url, TrytonRules()).erp
    for erp in (own.erp, storage):
        assert measure(erp, calls=None, own=erp.own_figures).comparison.unexplained == []

    def wrong() -> OwnFigures:
        figures = storage.own_figures()
        return figures._replace(
            quantities={**figures.quantities, ("SKU-20", "EAST"): Decimal(3)},
            counted={name: units for name, units in figures.counted.items() if units != 14},
        )

    comparison = measure(storage, calls=None, own=wrong).comparison
    assert sorted(comparison.unexplained) == [("SKU-02", "WH"), ("SKU-20", "EAST")]
