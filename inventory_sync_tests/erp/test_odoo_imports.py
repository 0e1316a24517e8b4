"""Orders that are brought into Odoo, which keeps no id unique: each once, or people decide."""

from dataclasses import replace

import pytest

from inventory_sync.domain.errors import ContractBroken, ErpUnavailable, NeedsDecision
from inventory_sync.domain.imports import LANDS_WITHIN
from inventory_sync_tests.erp.conftest import OPTIONS
from inventory_sync_tests.erp.live_contract import ApiImportContract
from inventory_sync_tests.erp.odoo_furniture import LAMP, furniture, sale
from inventory_sync_tests.erp.odoo_sales import OdooFault
from inventory_sync_tests.flow.test_imports import LINE, ORDER, Play, imported


class Lamps(ApiImportContract):
    sku, location, order, line = "WALL-LAMP", "EWR", ORDER, LINE


def asked(version: int, units: int, **changes):
    return Lamps().asked(version, units, **changes)


def states(data) -> list[str]:
    orders = data.tables["sale.order"].values()
    return [order["state"] for order in orders if order["client_order_ref"] == ORDER]


@pytest.fixture
def data():
    return furniture()


@pytest.fixture
def erp(serve, erp_at, data):
    return erp_at(serve(data))


@pytest.mark.parametrize("version", [17, 19])
def test_every_version_takes_an_order_and_what_becomes_of_it(serve, erp_at, version):
    data = furniture(version)
    erp = erp_at(serve(data))
    for step, units in enumerate((3, 5, 0)):
        erp.request([asked(step, units)])
    assert states(data) == ["cancel"]


def test_two_that_were_created_at_once_are_both_left_to_people(erp, data):
    data.before_create.append(
        lambda values, lines: data.create_order({**values, "order_line": [(0, 0, lines[0])]})
    )
    for _ in range(2):
        with pytest.raises(NeedsDecision, match="all stand for one line of a Shopify order"):
            erp.request([asked(1, 3)])
    assert states(data) == ["draft", "draft"]
    assert any("cancel all but" in problem for problem in erp.check())


def test_an_order_whose_lines_another_importer_does_not_name_is_not_doubled(erp, data):
    sale(data, "draft", (LAMP, 3), client_order_ref=ORDER)
    with pytest.raises(NeedsDecision, match=r"stands for .*already: let one importer"):
        erp.request([asked(1, 3)])
    assert states(data) == ["draft"]


def test_a_quotation_that_nobody_could_confirm_is_confirmed_when_asked_again(serve, erp_at, data):
    server = serve(data)
    erp = erp_at(server)
    erp.snapshot(set())
    data.before_create.append(lambda *_: server.canned.extend([(503, {}, "")] * 4))
    with pytest.raises(ErpUnavailable):
        erp.request([asked(1, 3)])
    server.canned.clear()
    assert states(data) == ["draft"]
    assert Lamps().known(erp) == ([("pending", 3)], [3])  # taken once, whoever counts
    erp.request([asked(1, 3)])
    assert states(data) == ["sale"]


@pytest.mark.parametrize(
    ("model", "values"),
    [("sale.order", {"locked": True}), ("sale.order.line", {"qty_delivered": 1.0})],
)
def test_what_people_have_locked_or_begun_to_deliver_is_theirs(erp, data, model, values):
    erp.request([asked(1, 3)])
    data.write(model, max(data.tables[model]), **values)
    erp.request([asked(2, 3)])
    for units in (0, 2):
        with pytest.raises(NeedsDecision, match=f"is for 3 and shall be for {units}"):
            erp.request([asked(3, units)])
    assert states(data) == ["sale"]


STEPS = ("write", "action_cancel", "action_draft", "write", "action_confirm")


@pytest.mark.parametrize("is_done", [True, False])
@pytest.mark.parametrize("dies_at", range(len(STEPS)))
@pytest.mark.parametrize("units", [5, 3])
def test_a_change_of_ours_that_died_at_any_step_is_finished_as_the_shop_has_it_then(
    erp, data, monkeypatch, dies_at, is_done, units
):
    play = imported(Play(erp=erp, places=("EWR",)), sku="WALL-LAMP")
    real = data.call
    made: list[str] = []
    deducted: list[int] = []

    def look() -> None:
        held, acknowledged = Lamps().known(erp)
        deducted.append(sum(each for _, each in held) + 5 - sum(acknowledged))

    def call(model, method, ids, options):
        if method not in STEPS:
            return real(model, method, ids, options)
        made.append(method)
        if is_done or len(made) <= dies_at:
            real(model, method, ids, options)
        if len(made) > dies_at:
            raise OdooFault("psycopg2.OperationalError", "away")
        return True

    play.sell(5, sku="WALL-LAMP")
    monkeypatch.setattr(data, "call", call)
    play.visit()
    monkeypatch.setattr(data, "call", real)
    assert made == list(STEPS[: dies_at + 1])
    look()
    play.sell(units, sku="WALL-LAMP")
    play.later(LANDS_WITHIN)
    play.visit()
    look()
    play.until_quiet()
    (order,) = (o for o in data.tables["sale.order"].values() if o["client_order_ref"] == ORDER)
    assert (play.states(), order["state"]) == ([("done", None)], "sale")
    assert Lamps().known(erp) == ([("order", units)], [units])
    assert min(deducted) >= 5
    # From now on a cancellation is a person's again.
    data.write("sale.order", order["id"], state="cancel")
    with pytest.raises(NeedsDecision, match="is cancelled and shall be for 4"):
        erp.request([asked(9, 4)])


def test_an_order_that_people_have_cancelled_is_not_made_again(erp, data):
    erp.request([asked(1, 3)])
    data.write("sale.order", max(data.tables["sale.order"]), state="cancel")
    with pytest.raises(NeedsDecision, match="is cancelled and shall be for 3"):
        erp.request([asked(2, 3)])
    assert states(data) == ["cancel"]


def test_doctor_names_the_rights_that_writing_needs(erp, serve, erp_at, data, monkeypatch):
    real = data.call

    def call(model, method, ids, options):
        is_asked = method in ("check_access_rights", "has_access")
        if is_asked and (model, options["operation"]) == ("sale.order", "write"):
            return False
        return real(model, method, ids, options)

    monkeypatch.setattr(data, "call", call)
    (problem,) = erp.check()
    assert "may not write sale.order: give it the role Sales" in problem
    assert erp_at(serve(data), replace(OPTIONS, partner_id=None)).check() == []


def test_without_a_customer_nothing_is_written(serve, erp_at, data):
    erp = erp_at(serve(data), replace(OPTIONS, partner_id=None))
    with pytest.raises(ContractBroken, match="write_back"):
        erp.request([asked(1, 3)])
