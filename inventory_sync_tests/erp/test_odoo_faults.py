"""An Odoo that is away, slow, forbids or is not as the settings say: told, and nothing believed."""

import pytest

from inventory_sync.domain.errors import ContractBroken, ErpUnavailable
from inventory_sync.erp.odoo import OdooOptions
from inventory_sync.erp.odoo_client import OdooLogin
from inventory_sync_tests.erp.odoo_furniture import furniture
from inventory_sync_tests.erp.odoo_server import DATABASE, KEY, USER


@pytest.mark.parametrize(
    ("canned", "sentence"),
    [
        ([(503, {"Retry-After": "0"}, "<html>busy</html>")] * 4, "answers 503"),
        ([(200, {"Content-Type": "text/html"}, "<html>maintenance</html>")], "no JSON"),
        ([(500, {"Content-Type": "text/html"}, "<h1>Internal Server Error</h1>")], "no JSON"),
        ([(200, {}, '{"jsonrpc": "2.0", "id": 1, "error": {"message": "Odoo Server Error", "data":'
          ' {"name": "psycopg2.OperationalError", "message": "database does not exist"}}}')],
         "database does not exist"),
        ([(303, {"Location": "/web/database/selector"}, "")], "answers 303"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("version", [18, 19])
def test_an_odoo_that_cannot_answer_is_unavailable(serve, erp_at, canned, sentence, version):
    server = serve(furniture(version))
    erp = erp_at(server)
    erp.extract({"RETRO-CLOCK"}, ())
    server.canned += canned
    with pytest.raises(ErpUnavailable, match=sentence) as raised:
        erp.extract({"RETRO-CLOCK"}, ())
    assert KEY not in str(raised.value)


def test_a_busy_odoo_is_asked_again_as_late_as_it_wants(serve, erp_at):
    server, pauses = serve(), []
    erp = erp_at(server, sleep=pauses.append)
    server.canned += [(429, {"Retry-After": "3"}, ""), (503, {}, "<html>")]
    assert len(erp.snapshot({"RETRO-CLOCK"}).stock) == 2 + 1
    assert pauses[0] == 3 and len(pauses) == 2


def test_a_slow_odoo_is_given_up(serve, erp_at):
    server = serve()
    server.delay_seconds = 0.3
    with pytest.raises(ErpUnavailable, match="in time"):
        erp_at(server, timeout_seconds=0.05).snapshot()


@pytest.mark.parametrize("version", [18, 19])
def test_a_wrong_key_is_told_without_the_key(serve, erp_at, version):
    login = OdooLogin(DATABASE, USER, "wrong-key-987")
    with pytest.raises(ErpUnavailable, match="key") as raised:
        erp_at(serve(furniture(version)), login=login).snapshot()
    assert "wrong-key-987" not in str(raised.value)


@pytest.mark.parametrize("version", [18, 19])
def test_a_missing_right_is_named(serve, erp_at, version):
    data = furniture(version)
    data.forbidden = {"stock.quant"}
    erp = erp_at(serve(data))
    with pytest.raises(ContractBroken, match=r"stock\.quant.*not allowed.*rights"):
        erp.snapshot()
    (problem,) = erp.check()
    assert "stock.quant" in problem


def test_an_old_odoo_is_told(serve, erp_at):
    assert erp_at(serve(furniture(16))).check() == [
        "Odoo 16 is too old: this connector reads 17 to 19."
    ]


def test_a_quarantine_that_is_not_there_is_told(serve, erp_at):
    options = OdooOptions(unavailable_locations=("NYC/Stock/Quarantain",))
    erp = erp_at(serve(), options)
    with pytest.raises(ContractBroken, match="no stock location NYC/Stock/Quarantain"):
        erp.snapshot()
    assert len(erp.check()) == 1


def test_two_warehouses_of_one_name_are_not_mixed_up(serve, erp_at):
    data = furniture()
    data.write("stock.warehouse", 2, code="NYC")
    with pytest.raises(ContractBroken, match=r"same short name.*erp\.company"):
        erp_at(serve(data)).snapshot()
