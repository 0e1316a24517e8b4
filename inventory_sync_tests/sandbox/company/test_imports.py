"""The demo ERP takes orders by ``order_requests``, as any ERP that is read by ``sql`` may."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from inventory_sync.domain.errors import ContractBroken
from inventory_sync.erp.sql import SqlErp
from inventory_sync.flow.imports import IMPORTS_SCOPE
from inventory_sync.ledger import connect
from inventory_sync.sandbox.company.acme import Acme
from inventory_sync_tests.erp.live_contract import ImportContract
from inventory_sync_tests.flow.test_imports import GRACE, LINE, ORDER, Play

_numbers = iter(range(8_000, 9_000))


class TestAcmeTakesOrders(ImportContract):
    sku, location = "BEECH-CHAIR-GREEN", "NYC"

    @pytest.fixture(autouse=True)
    def new_order(self, company: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        number = next(_numbers)
        monkeypatch.setattr(type(self), "order", f"gid://shopify/Order/{number}")
        monkeypatch.setattr(type(self), "line", f"gid://shopify/LineItem/{number}1")
        Acme(company).adjust_stock(self.sku, self.location, 10)

    @pytest.fixture
    def writable(self, company: Engine) -> Iterator[SqlErp]:
        source = SqlErp(company.url.render_as_string(hide_password=False))
        yield source
        source.close()

    def test_what_is_shipped_is_not_changed(self, writable: SqlErp, company: Engine) -> None:
        writable.request([self.asked(1, 3)])
        rows = writable.extract({self.sku}, ()).commitments
        (order_no,) = {row.order_id for row in rows if row.external_order_id == self.order}
        Acme(company).ship_order(str(order_no))
        for version, units in ((2, 1), (3, 5)):
            with pytest.raises(ContractBroken):
                writable.request([self.asked(version, units)])
        assert self.known(writable) == ([], [3])


def test_an_order_goes_its_whole_way_on_a_real_ledger_and_a_real_erp(
    database: str, company: Engine
) -> None:
    ledger = connect(database)
    source = SqlErp(company.url.render_as_string(hide_password=False))
    play = Play(ledger=ledger, erp=source)
    try:
        for units, state in ((3, "done"), (1, "done"), (0, None)):
            play.sell(units, sku=TestAcmeTakesOrders.sku)
            for _ in range(3):
                play.later(GRACE)
                play.visit()
            assert [each.state for each in ledger.imports()] == ([state] if state else [])
            extract = source.extract({TestAcmeTakesOrders.sku}, {ORDER})
            assert [(row.external_line_id, row.quantity) for row in extract.acknowledged] == [
                (LINE, units)
            ]
        play.sell(2, sku="NO-SUCH-SKU", order_id=f"{ORDER}7", line_id=f"{LINE}7")
        play.later(GRACE)
        play.visit()
        (parked,) = ledger.imports(parked_only=True)
        assert ledger.open_findings(IMPORTS_SCOPE).reason.tolist() == [parked.reason]
    finally:
        source.close()
        ledger.close()


def test_doctor_hears_that_requests_may_not_be_written(company: Engine) -> None:
    url = company.url.render_as_string(hide_password=False)
    reader = company.url.set(username="acme_reader").render_as_string(hide_password=False)
    with company.begin() as connection:
        connection.exec_driver_sql(
            "CREATE ROLE acme_reader LOGIN;"
            " GRANT USAGE ON SCHEMA erp_contract TO acme_reader;"
            " GRANT SELECT ON ALL TABLES IN SCHEMA erp_contract TO acme_reader"
        )
    try:
        for who, problems in ((url, 0), (reader, 1)):
            source = SqlErp(who, imports_orders=True)
            found = source.check()
            source.close()
            assert len(found) == problems
        assert "order_requests" in found[0]
    finally:
        with company.begin() as connection:
            connection.exec_driver_sql("DROP OWNED BY acme_reader; DROP ROLE acme_reader")
