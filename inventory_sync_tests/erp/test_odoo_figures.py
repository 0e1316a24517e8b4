"""Odoo's own figure beside ours: each difference has its cause; what is not told is said."""

import json
import re

import pytest
from typer.testing import CliRunner

from inventory_sync.bench.erp import measure
from inventory_sync.cli.app import app
from inventory_sync.erp import odoo_client as client_module
from inventory_sync_tests.erp.odoo_furniture import CLOCK, SET, furniture, product, quant
from inventory_sync_tests.erp.odoo_server import DATABASE, KEY, USER
from inventory_sync_tests.settings.test_settings import ENVIRONMENT, MINIMAL

NYC, EWR = ("RETRO-CLOCK", "NYC"), ("RETRO-CLOCK", "EWR")


def beside(erp):
    return measure(erp, calls=erp.calls, own=erp.own_figures)


@pytest.mark.parametrize("version", [17, 18, 19])
def test_every_difference_to_what_is_free_to_use_has_its_cause(serve, erp_at, version):
    server = serve(furniture(version))
    found = beside(erp_at(server)).comparison
    assert (found.compared, found.unexplained) == (8, [])
    step = 2 if version == 17 else 0  # of two; the first one does not say that it leaves
    uncounted = "commitments of kind {} that it does not count"
    assert {each.cause: (each.pairs, each.units) for each in found.differences} == {
        "stock that is unavailable": (1, 9),
        uncounted.format("order"): (2, 7 + 4 + step),
        uncounted.format("pending"): (2, 6 + 1),
        uncounted.format("transfer"): (1, 3),
        uncounted.format("work"): (1, 6),
        "what it takes off that is no commitment": (1, -9 - step),
        "rows that we set aside": (1, -2),  # stock below nothing
    }


def test_the_figures_are_read_in_pages_of_goods_for_each_warehouse(serve, erp_at, monkeypatch):
    data = furniture()
    data.write("product.template", SET + 100, is_storable=True)  # Odoo counts a kit by its parts
    product(data, 121, "OAK-TABLE")  # two of one name are nobody's
    for number in range(1_000, 1_020):
        product(data, number, f"SKU-{number}")
    server = serve(data)
    erp = erp_at(server)
    monkeypatch.setattr(client_module, "PAGE", 10)
    figures = erp.own_figures()
    assert len(figures.quantities) == 2 * 23
    assert (figures.quantities[NYC], figures.quantities[EWR]) == (77, 20.5)
    assert sum(figures.counted.values()) == 7 + 4 + 2 + 5 + 10 + 10
    assert figures.besides == {NYC: 9}
    told = {sku for sku, _ in figures.quantities}
    assert told.isdisjoint({"OAK-TABLE", "TABLE-SET", "GIFT-WRAP", "OLD-STOOL"})


def test_units_that_odoo_reserves_for_no_move_are_not_explained(serve, erp_at):
    data = furniture()
    quant(data, CLOCK, 21, 5.0, reserved_quantity=1.0)
    assert beside(erp_at(serve(data))).comparison.unexplained == [EWR]


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (lambda data: data.models["product.product"].pop("free_qty"), "no free_qty in product"),
        (lambda data: data.models.pop("stock.move.line"), "quantity_product_uom in stock.move.l"),
        (lambda data: data.forbidden.add("stock.move.line"), "not allowed.*rights"),
    ],
)
def test_an_odoo_that_does_not_tell_is_measured_all_the_same(
    serve, tmp_path, monkeypatch, break_it, sentence
):
    data = furniture()
    break_it(data)
    server = serve(data)
    file = tmp_path / "inventory_sync.yaml"
    odoo = f"connector: odoo, url: '{server.origin}/{DATABASE}', user: {USER}, api_key: '{KEY}'"
    file.write_text(MINIMAL.replace("url: '${ERP_URL}'", odoo))
    for name, value in {**ENVIRONMENT, "INVENTORY_SYNC_CONFIG": str(file)}.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(app, ["bench", "erp", "--json"])
    assert done.exit_code == 0, done.output
    told_of = json.loads(done.stdout)
    assert (len(told_of["rows"]), told_of["comparison"]) == (4, None)
    assert re.search(sentence, told_of["missing"])
    shown = " ".join(CliRunner().invoke(app, ["bench", "erp"]).stdout.split())
    assert re.search(sentence, shown)
