"""The connector ``odoo`` keeps what every ERP keeps, against an Odoo of recorded shapes."""

import pytest

from inventory_sync.erp.api import ApiErp
from inventory_sync.erp.odoo import OdooFace
from inventory_sync.erp.odoo_client import odoo_client
from inventory_sync_tests.erp.conftest import LOGIN, OPTIONS
from inventory_sync_tests.erp.live_contract import (
    Act,
    ApiImportContract,
    LiveErpContract,
    WriteBackContract,
)
from inventory_sync_tests.erp.odoo_furniture import (
    CLOCK,
    LAMP,
    NYC_STOCK,
    SUPPLIERS,
    furniture,
    move,
    quant,
    sale,
)
from inventory_sync_tests.erp.odoo_server import OdooData, OdooServer


@pytest.fixture
def data() -> OdooData:
    return furniture()


@pytest.fixture
def erp(data):
    server = OdooServer(data)
    client = odoo_client(server.origin, LOGIN, timeout_seconds=20, parallel_calls=2)
    source = ApiErp(OdooFace(client, OPTIONS))
    yield source
    source.close()
    server.close()


class TestOdooKeepsTheContract(LiveErpContract):
    few = ({"WALL-LAMP"}, {"RETRO-CLOCK"}, {"TABLE-SET"}, {"NO-SUCH-SKU"})

    @pytest.fixture
    def source(self, erp):
        return erp

    @pytest.fixture
    def busy(self, erp, data):
        def order(state: str):
            return lambda: (data.tick(), sale(data, state, (LAMP, 2)))

        def later(model: str, number: int, **values):
            return lambda: (data.tick(), data.write(model, number, **values))

        return erp, [
            Act("a quotation is sent", order("sent"), "WALL-LAMP"),
            Act(
                "it is confirmed",
                lambda: (data.tick(), data.confirm_order(max(data.tables["sale.order"]))),
                "WALL-LAMP",
            ),
            Act(
                "goods come in",
                lambda: (data.tick(), quant(data, LAMP, NYC_STOCK, 7.0)),
                "WALL-LAMP",
            ),
            Act(
                "an order is planned",
                lambda: (data.tick(), move(data, CLOCK, NYC_STOCK, SUPPLIERS, 1)),
                "RETRO-CLOCK",
            ),
            Act("a delivery is cancelled", later("stock.move", 1, state="cancel"), "RETRO-CLOCK"),
            Act("stock is counted", later("stock.quant", 1, quantity=90.0), "RETRO-CLOCK"),
        ]


class TestOdooWritesBack(WriteBackContract):
    sku, location = "WALL-LAMP", "EWR"

    @pytest.fixture
    def writable(self, erp):
        return erp

    @pytest.fixture
    def written(self, data):
        def states(request) -> list[str]:
            orders = data.tables["sale.order"].values()
            named = (o for o in orders if o["client_order_ref"] == request.external_order_id)
            return [order["state"] for order in named]

        return states

    def held(self, source):
        """Odoo's quotation of ours is a reservation, which holds as a hold does."""
        found = super().held(source)
        return {"hold" if kind == "reservation" else kind: each for kind, each in found.items()}


class TestOdooTakesOrders(ApiImportContract):
    sku, location = "WALL-LAMP", "EWR"

    @pytest.fixture
    def writable(self, erp):
        return erp
