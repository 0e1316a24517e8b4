"""The demo ERP takes orders by ``order_requests``, as any ERP that is read by ``sql`` may."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from inventory_sync.domain.errors import ContractBroken
from inventory_sync.erp.sql import SqlErp
from inventory_sync.sandbox.company.acme import Acme
from inventory_sync_tests.erp.live_contract import ImportContract

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
