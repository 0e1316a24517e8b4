"""An Odoo of recorded shapes, served until a test is over, and the connector that reads it."""

import pytest

from inventory_sync.erp.api import ApiErp
from inventory_sync.erp.odoo import OdooFace, OdooOptions
from inventory_sync.erp.odoo_client import OdooLogin, odoo_client
from inventory_sync_tests.erp.odoo_furniture import furniture
from inventory_sync_tests.erp.odoo_server import DATABASE, KEY, USER, OdooServer

LOGIN = OdooLogin(DATABASE, USER, KEY)
OPTIONS = OdooOptions(
    unavailable_locations=("NYC/Stock/Quarantine",),
    quotations={"sent": "hold"},
    line_field="x_shopify_line_id",
    partner_id=7,
)


@pytest.fixture
def serve():
    """Serves Odoo's data until the test is over."""
    servers: list[OdooServer] = []

    def start(data=None) -> OdooServer:
        servers.append(OdooServer(furniture() if data is None else data))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def erp_at():
    """A connector to a server, as the settings would make it."""
    made: list[ApiErp] = []

    def make(server, options=OPTIONS, login=LOGIN, **more) -> ApiErp:
        more = {"timeout_seconds": 20.0, "parallel_calls": 4, "sleep": lambda _: None} | more
        made.append(ApiErp(OdooFace(odoo_client(server.origin, login, **more), options)))
        return made[-1]

    yield make
    for erp in made:
        erp.close()
